"""The settings of a decision: what is set wins, what is wrong is named."""

import pytest

from auricle.core.errors import AuricleError
from auricle.inference.decision import Decision
from helpers import decision


def test_what_is_null_is_taken_from_the_bundle():
    stored = decision(hold_s=0.75, gate_dbfs=-70.0)
    asked = Decision(**{**dict.fromkeys(vars(stored)), "threshold": 0.3, "min_duration_s": 1.0})
    assert asked.over(stored, ["music"]) == decision(
        hold_s=0.75, gate_dbfs=-70.0, threshold=0.3, min_duration_s=1.0
    )


@pytest.mark.parametrize("key", ["context_s", "smoothing_s", "hysteresis", "min_duration_s"])
def test_a_negative_setting_is_named(key):
    with pytest.raises(AuricleError, match=f"{key}=-0.1 must not be negative"):
        decision(**{key: -0.1})


@pytest.mark.parametrize("threshold", [0.0, 1.0, 1.5])
def test_a_threshold_that_is_no_probability_is_refused(threshold):
    with pytest.raises(AuricleError, match=f"threshold={threshold} must lie between 0 and 1"):
        decision(threshold=threshold)


def test_a_label_may_be_set_over_what_the_bundle_has_for_all():
    stored = decision(hold_s=0.75)
    asked = Decision(**{**dict.fromkeys(vars(stored)), "hold_s": {"speech": 2.0}})
    assert asked.over(stored, ["speech", "music"]).hold_s == {"speech": 2.0, "music": 0.75}
    with pytest.raises(AuricleError, match=r"speach is none of speech, music"):
        decision(hold_s={"speach": 1.0}).over(stored, ["speech", "music"])


@pytest.mark.parametrize("value", ["loud", True, {"speech": "loud"}])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(AuricleError, match="must be a number"):
        decision(hold_s=value)
