"""A bundle that fits together is loaded; one that does not is refused, and says why."""

import dataclasses
import json
import shutil
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest

from auricle import __version__
from auricle.audio.preprocess import Preprocess
from auricle.core.errors import AuricleError
from auricle.core.files import digest
from auricle.features import extract
from auricle.features.mfcc import Config as Mfcc
from auricle.inference.bundle import SCHEMA, Bundle, load
from auricle.inference.calibration import Calibration
from auricle.inference.model_files import MODEL_FILE
from auricle.inference.scorer import LiteRTModel, Scorer
from auricle.inference.trade_off import TradeOff
from auricle.networks import NetworkInput
from auricle.networks.cnn import cnn
from auricle.training.saving import to_litert
from helpers import RATE, bundle_of

FEATURES = Mfcc("mfcc", 512, 160, False, 40, 0.0, None, None, "window", 13)
SHAPE = (22, 13)


TRADE_OFF = TradeOff(
    [0.5, 0.7, 0.9],
    {"speech": 2.0, "music": 0.0},
    {"speech": [20, 6, 1], "music": [0, 0, 0]},
    {"speech": [1.0, 0.9, 0.7], "music": []},
)


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(0)
    of = NetworkInput(*SHAPE, np.full(13, 2, np.float32), np.full(13, 30, np.float32))
    return cnn(
        of,
        2,
        filters=2,
        kernel_size=3,
        time_steps=2,
        dropout=0.1,
        l2=0.0,
        batch_norm_momentum=0.9,
    )


@pytest.fixture(scope="module")
def made(network, tmp_path_factory):
    """Make a bundle in a folder, as export does."""
    folder = tmp_path_factory.mktemp("bundle")
    (folder / MODEL_FILE).write_bytes(to_litert(network))
    Bundle(
        name="tiny — é",
        schema=SCHEMA,
        auricle_version=__version__,
        labels=["speech", "music"],
        preprocess=Preprocess(RATE, 0.25, 0.125, "pad", []),
        features=FEATURES,
        shape=list(SHAPE),
        calibration=Calibration([1.0, 0.5], [0.0, -0.25], "independent"),
        thresholds={"speech": 0.5, "music": 0.4},
        trade_off=TRADE_OFF,
        decision=bundle_of().decision,
        dataset={"name": "test", "fingerprint": "0" * 64},
        model="model.tflite",
        model_sha256=digest(folder / MODEL_FILE),
    ).save(folder)
    return folder


@pytest.fixture
def bundle(made, tmp_path):
    """Copy the bundle, for a test to damage."""
    return shutil.copytree(made, tmp_path / "bundle")


def change(folder, **changes):
    """Change fields of bundle.json; `...` takes a field out."""
    path = folder / "bundle.json"
    content = json.loads(path.read_text(encoding="utf-8")) | changes
    path.write_text(json.dumps({k: v for k, v in content.items() if v is not ...}))


def sound(count):
    noise = np.random.default_rng(0).standard_normal((count, 4000))
    return (0.1 * noise).astype(np.float32)


def test_a_bundle_comes_back_as_it_was_saved(made, tmp_path):
    bundle = load(made)
    assert bundle.name == "tiny — é"
    assert bundle.features == FEATURES
    assert bundle.preprocess == Preprocess(RATE, 0.25, 0.125, "pad", [])
    assert bundle.calibration == Calibration([1.0, 0.5], [0.0, -0.25], "independent")
    assert bundle.decision.threshold is None
    bundle.save(tmp_path)
    assert (tmp_path / "bundle.json").read_bytes() == (made / "bundle.json").read_bytes()


def test_logits_are_those_of_keras(made, network):
    windows = sound(20)
    ours = Scorer(made).logits(windows)
    theirs = np.asarray(network(extract(windows, RATE, FEATURES), training=False))
    assert ours.shape == (20, 2)
    assert np.abs(ours - theirs).max() < 1e-5


def test_a_window_scores_the_same_alone_and_among_others(made):
    classifier, windows = Scorer(made), sound(70)
    together = classifier.logits(windows)
    for i in range(len(windows)):
        assert np.array_equal(classifier.logits(windows[i : i + 1])[0], together[i])
    assert np.array_equal(classifier.logits(windows[::-1])[::-1], together)


def test_threads_do_not_take_each_others_scores(made):
    classifier, windows = Scorer(made), sound(200)
    alone = classifier.logits(windows)
    with ThreadPoolExecutor(4) as pool:
        parts = pool.map(classifier.logits, np.split(windows, 20))
        assert np.array_equal(np.concatenate(list(parts)), alone)


def test_no_windows_have_no_scores(made):
    assert Scorer(made).logits(sound(0)).shape == (0, 2)


def test_a_bundle_may_be_moved(bundle):
    moved = bundle.rename(bundle.with_name("moved elsewhere"))
    assert np.array_equal(Scorer(moved).logits(sound(1)), Scorer(moved).logits(sound(1)))


def test_a_folder_without_a_bundle_is_named_with_remedies(tmp_path):
    with pytest.raises(AuricleError, match=r"no bundle .*`auricle repro`.*bundle=FOLDER"):
        load(tmp_path)


def test_a_bundle_without_its_model_is_refused(bundle):
    (bundle / MODEL_FILE).unlink()
    with pytest.raises(AuricleError, match=r"holds no model\.tflite"):
        load(bundle)


def test_a_description_cut_off_is_refused(bundle):
    text = (bundle / "bundle.json").read_bytes()
    for keep in (0, 1, len(text) // 2, len(text) - 3):
        (bundle / "bundle.json").write_bytes(text[:keep])
        with pytest.raises(AuricleError, match=r"bundle\.json cannot be read .*anew"):
            load(bundle)


@pytest.mark.parametrize("schema", [0, 4, 6, "5", None])
def test_another_schema_is_refused_with_both(bundle, schema):
    change(bundle, schema=schema)
    with pytest.raises(AuricleError, match=rf"has schema {schema!r}, this Auricle reads 5"):
        load(bundle)


@pytest.mark.parametrize("content", ["[]", "1", '"words"', "null"])
def test_what_is_no_description_is_refused(bundle, content):
    (bundle / "bundle.json").write_text(content)
    with pytest.raises(AuricleError, match="has schema"):
        load(bundle)


def test_another_model_file_is_refused(bundle):
    data = bytearray((bundle / MODEL_FILE).read_bytes())
    data[-1] ^= 1
    (bundle / MODEL_FILE).write_bytes(data)
    with pytest.raises(AuricleError, match="its SHA-256 differs"):
        load(bundle)


@pytest.mark.parametrize(("key", "value"), [("labels", ...), ("dataset", ...), ("more", 1)])
def test_a_missing_or_unknown_field_is_named(bundle, key, value):
    change(bundle, **{key: value})
    with pytest.raises(AuricleError, match=f"missing or unknown fields: {key}"):
        load(bundle)


@pytest.mark.parametrize("value", [None, 1, "words", [], {}, [1, 2], {"a": 1}])
@pytest.mark.parametrize(
    "key",
    ["labels", "thresholds", "preprocess", "features", "shape", "calibration", "decision"],
)
def test_a_field_of_a_wrong_kind_is_refused_in_one_line(bundle, key, value):
    change(bundle, **{key: value})
    with pytest.raises(AuricleError, match=r"bundle\.json|the bundle's"):
        Scorer(bundle)


def test_features_of_an_unknown_kind_name_no_code(bundle):
    features = json.loads((bundle / "bundle.json").read_text())["features"]
    change(bundle, features=features | {"kind": "os"})
    with pytest.raises(AuricleError, match=r"features\.kind=os is none of"):
        load(bundle)


def test_a_key_that_was_mistyped_is_named_in_full(bundle):
    features = json.loads((bundle / "bundle.json").read_text())["features"]
    features["hop_lenght"] = features.pop("hop_length")
    change(bundle, features=features)
    with pytest.raises(AuricleError, match=r"features\.hop_lenght.*did you mean"):
        load(bundle)


def test_labels_that_are_not_as_many_as_the_scores_are_refused(bundle):
    change(
        bundle,
        labels=["speech", "music", "noise"],
        calibration={"scale": [1.0] * 3, "offset": [0.0] * 3, "targets": "independent"},
        thresholds={"speech": 0.5, "music": 0.5, "noise": 0.5},
        trade_off=dataclasses.asdict(bundle_of().trade_off),
    )
    with pytest.raises(AuricleError, match=r"gives 2 scores.*names 3 labels"):
        Scorer(bundle)


@pytest.mark.parametrize(
    "changes",
    [
        {"labels": ["speech"]},
        {"thresholds": {"speech": 0.5}},
        {"thresholds": {"speech": 0.5, "noise": 0.5}},
        {
            "trade_off": {
                "thresholds": [],
                "hours": {"a": 1},
                "false_events": {"a": []},
                "named": {"a": []},
            }
        },
        {"calibration": {"scale": [1.0], "offset": [0.0, 0.0], "targets": "independent"}},
    ],
)
def test_fields_that_do_not_fit_the_labels_are_refused(bundle, changes):
    change(bundle, **changes)
    with pytest.raises(AuricleError, match=r"bundle\.json has .* build the bundle anew"):
        load(bundle)


def test_features_of_another_shape_than_the_model_takes_are_refused(bundle):
    content = json.loads((bundle / "bundle.json").read_text())
    change(bundle, features=content["features"] | {"n_mfcc": 20})
    with pytest.raises(AuricleError, match=r"takes \(22, 13\).*have the shape \(22, 20\)"):
        Scorer(bundle)


def test_a_model_file_of_words_is_refused(bundle):
    (bundle / MODEL_FILE).write_text("these are words, not a network")
    change(bundle, model_sha256=digest(bundle / MODEL_FILE))
    with pytest.raises(AuricleError, match=r"model\.tflite is no model that LiteRT can run"):
        Scorer(bundle)
    with pytest.raises(AuricleError, match="is no model"):
        LiteRTModel(bundle / MODEL_FILE)


@pytest.mark.parametrize(
    "text", ['{"a": "${oc.env:HOME}"}', '{"features": {"_target_": "os.system"}}']
)
def test_a_bundle_that_refers_to_anything_is_refused(tmp_path, text):
    (tmp_path / "bundle.json").write_text(text)
    with pytest.raises(AuricleError, match="a bundle is data"):
        load(tmp_path)


@pytest.mark.parametrize(("per_hour", "threshold"), [(10, 0.5), (4, 0.7), (0.5, 0.9)])
def test_a_listener_that_asks_for_fewer_false_events_has_a_higher_threshold(
    made, per_hour, threshold
):
    found = load(made)
    asked = dataclasses.replace(found.decision, false_events_per_hour={"speech": per_hour})
    assert found.thresholds_for(asked) == {"speech": threshold, "music": 0.4}


def test_a_budget_that_no_threshold_keeps_is_refused_with_the_least_that_one_does(made):
    found = load(made)
    asked = dataclasses.replace(found.decision, false_events_per_hour={"speech": 0.1})
    with pytest.raises(AuricleError, match=r"=0.1 cannot be kept: .* ask for 1 or more"):
        found.thresholds_for(asked)


def test_a_bundle_that_keeps_its_own_budget_keeps_its_thresholds(made):
    found = dataclasses.replace(
        load(made), decision=dataclasses.replace(bundle_of().decision, false_events_per_hour=4)
    )
    assert found.thresholds_for(found.decision) == found.thresholds


def test_a_budget_that_a_bundle_knows_nothing_about_is_refused_unless_a_threshold_is_set(made):
    found = load(made)
    asked = dataclasses.replace(found.decision, false_events_per_hour=5)
    with pytest.raises(AuricleError, match="does not know how often music is named falsely"):
        found.thresholds_for(asked)
    told_so = dataclasses.replace(asked, threshold={"music": 0.8})  # what the error advises
    assert found.thresholds_for(told_so) == {"speech": 0.7, "music": 0.4}
    assert told_so.rule("music", 0.4).on == 0.8
