"""Real recordings, where they lie beside the checkout: what is admitted, and how it is split."""

from collections import Counter
from pathlib import Path

import pytest

from auricle.core.compose import compose
from auricle.core.parallel import Cluster
from auricle.core.schema import parse
from auricle.datasets.splits import split
from auricle.pipeline.fetch_dataset import Config
from helpers import ROOT

DATA = ROOT.parent / "shared" / "data"

pytestmark = pytest.mark.skipif(
    not (DATA / "SOURCES.csv").is_file(), reason="the recordings of ../shared/data are not here"
)


def test_only_recordings_whose_licences_allow_it_are_shipped_with(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The counts are those of the recordings' own description."""
    monkeypatch.chdir(ROOT)
    dataset = parse(compose("config", ["experiment=music_speech"]), Config).dataset
    listing = dataset._part("recordings").fetch(tmp_path, Cluster("loky", 1, None))
    assert Counter(clip.labels for clip in listing.clips) == {
        ("music",): 354,
        ("speech",): 297,
        (): 236,
    }
    assert not listing.notes["from_origin"]  # no server was asked
    groups = {
        name: len({clip.group for clip in listing.clips if clip.labels == (name,)})
        for name in ("music", "speech")
    }
    assert groups == {"music": 111, "speech": 269}
    neither = {clip.group for clip in listing.clips if not clip.labels}
    assert not [clip.licence for clip in listing.clips if "NC" in clip.licence]
    assert not [clip.licence for clip in listing.clips if "GPL" in clip.licence]
    side = split(listing.clips, dataset)
    sides = Counter((clip.group, side[clip.path]) for clip in listing.clips)
    assert len(sides) == sum(groups.values()) + len(neither)  # each group is on one side
