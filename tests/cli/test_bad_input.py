"""What people have on their disks, through the verbs they type: what is said, and what is left."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from auricle.audio.io import load
from auricle.cli.main import main
from auricle.core.project import resource
from helpers import RATE, recording, without_pictures

SMALL = ["tracking=none", "cluster.workers=1", "augment=none", "evaluate=scores"]
SMALL += ["dataset=folder", "dataset.path=sounds", "dataset.background=null"]
SMALL += [
    "preprocess.window_s=0.25",
    "network=nearest_neighbours",
    "train.targets=exclusive",
    "train/changes=none",
]
SHIPPED = resource("models/music_speech").resolve()


@pytest.fixture
def auricle(tmp_path, monkeypatch, capfd):
    """Call a verb in an empty folder; give its exit status and all that it said."""
    monkeypatch.chdir(tmp_path)

    def call(verb, *arguments):
        given = SMALL if verb not in ("listen", "classify") else []
        with pytest.raises(SystemExit) as ended:
            main([verb, *given, *arguments])
        out, err = capfd.readouterr()
        return int(ended.value.code or 0), out + err

    return call


@pytest.fixture
def done(auricle):
    """Call a verb that must do its work; give what it said."""

    def call(verb, *arguments):
        status, told = auricle(verb, *arguments)
        assert not status, told
        return told

    return call


@pytest.fixture
def refused(auricle):
    """Call a verb that must refuse; give its one line."""

    def call(verb, *arguments):
        status, told = auricle(verb, *arguments)
        assert status == 1
        assert told.splitlines()[-1].startswith("auricle: ")
        return told

    return call


def two_classes(count=4, seconds=0.5):
    """Write `count` recordings of noise a class, each another."""
    for i in range(count):
        recording(Path(f"sounds/low/{i}.wav"), seconds, i)
        recording(Path(f"sounds/high/{i}.wav"), seconds, 1000 + i)


def noise(seconds, seed, rate=RATE, channels=1):
    shape = (round(seconds * rate), channels)
    return 0.1 * np.random.default_rng(seed).standard_normal(shape)


def written(folder):
    return sorted(p.as_posix() for p in Path(folder).rglob("*") if p.is_file())


def unreadable():
    with Path("reports/unreadable.csv").open(newline="", encoding="utf-8") as file:
        return {Path(row["path"]).name: row for row in csv.DictReader(file)}


# --- folders


def test_a_folder_of_empty_classes_is_refused_and_nothing_written(refused):
    Path("sounds/dog").mkdir(parents=True)
    told = refused("fetch")
    assert "dataset.path=sounds holds no recordings to use" in told
    assert "put them into one folder a class" in told
    assert not Path("data").exists()


def test_fewer_recordings_of_a_class_than_splits_are_refused(done, refused):
    two_classes(2)
    done("fetch")
    told = refused("prepare")
    assert "high has 2 group(s) (high/0.wav, high/1.wav); low has 2 group(s)" in told
    assert "train, validation and test need one each: add recordings" in told
    assert not written("data/processed")


def test_a_class_of_few_beside_one_of_many_is_said(done):
    for label, count in (("rare", 4), ("often", 40)):
        for i in range(count):
            recording(Path(f"sounds/{label}/{i}.wav"), 0.3, 100 * count + i)
    done("fetch")
    told = done("prepare")
    assert "fewer than 5 recordings train rare: add some" in told
    assert "often" not in told


def test_two_hundred_classes_make_a_bundle_that_classifies(done):
    for label in range(200):
        for i in range(3):
            recording(Path(f"sounds/{label:03d}/{i}.wav"), 0.25, 3 * label + i)
    assert "labels 000, 001, 002" in (told := done("fetch"))
    assert "and 188 more" in told
    for verb in ("prepare", "train", "export"):
        done(verb)
    assert len(json.loads(Path("models/classifier/bundle.json").read_text())["labels"]) == 200
    done("classify", "sounds/007/0.wav", "--bundle", "models/classifier")


def test_the_shortest_and_the_longest_are_windowed_alike(done):
    for i in range(8):
        recording(Path(f"sounds/click/{i}.wav"), 0.05, i)
        recording(Path(f"sounds/hum/{i}.wav"), 600 if i == 0 else 5, 1000 + i)
    done("fetch")
    told = done("prepare", "preprocess.window_s=auto")
    assert "windows of 0.5 s" in told
    assert "8 recordings shorter than a window padded" in told


@pytest.mark.parametrize("names", [("Dog", "dog"), ("caf\u00e9", "cafe\u0301")])
def test_folders_whose_names_look_alike_are_refused(names, refused):
    for name in names:
        recording(Path("sounds") / name / "a.wav")
    if len(list(Path("sounds").iterdir())) == 1:
        pytest.skip("this disk takes both names for one")
    told = refused("fetch")
    assert all(name in told for name in names)
    assert not Path("data").exists()


def test_the_labels_that_are_proposed_join_the_two_folders(done, refused):
    recording(Path("sounds/Dog/a.wav"))
    recording(Path("sounds/dog/b.wav"))
    if len(list(Path("sounds").iterdir())) == 1:
        pytest.skip("this disk takes both names for one")
    proposed = refused("fetch").strip().partition("dataset.labels what each stands for: ")[2]
    told = done("fetch", f"dataset.labels={proposed}")
    assert "2 recordings of 2 groups, labels dog" in told


@pytest.mark.parametrize("labels", ["{low: [l], hihg: [h]}", "{lwo: [l], hihg: [h]}"])
def test_labels_of_a_folder_that_is_not_there_are_refused_with_those_that_are(labels, refused):
    two_classes(1)
    told = refused("fetch", f"dataset.labels={labels}")
    assert "dataset.labels names hihg" in told
    assert ", but dataset.path=sounds has recordings in high, low only" in told
    assert not Path("data").exists()


def test_links_that_are_not_followed_are_counted(done):
    two_classes()
    recording(Path("elsewhere/a.wav"))
    Path("sounds/third").symlink_to(Path("elsewhere").resolve())
    Path("sounds/low/gone.wav").symlink_to("nowhere.wav")
    assert "8 recordings of 8 groups, labels high, low; 2 files left out" in done("fetch")
    about = json.loads(Path("data/raw/dataset.json").read_text())
    assert about["notes"]["left_out"] == {"a link to a folder, or to nothing": 2}


# --- recordings


def cut(path, keep):
    data = path.read_bytes()
    path.write_bytes(data[: round(keep * len(data))])


def with_value(path, value):
    samples = noise(1, 7)
    samples[300] = value
    soundfile.write(path, samples, RATE, subtype="FLOAT")


def cut_sound(path):
    soundfile.write(path, noise(6, len(path.name) + ord(path.suffix[1])), RATE)
    cut(path, 0.5)


def locked(path):
    # Even root cannot read it: there is nothing at its beginning.
    path.symlink_to("/proc/self/mem")


BAD = {
    "zero_bytes.wav": (lambda path: path.touch(), "is empty, 0 bytes: copy or export it anew"),
    "zero_frames.wav": (
        lambda path: soundfile.write(path, np.zeros(0), RATE),
        "holds no sound, not one sample: copy or export it anew",
    ),
    "one_of_384k.wav": (
        lambda path: soundfile.write(path, np.zeros(1), 384000),
        "holds no sound, not one sample",
    ),
    "cut.flac": (cut_sound, "is damaged"),
    "words.wav": (lambda path: path.write_text("no sound\n" * 99), "cannot be decoded"),
    "nan.wav": (lambda path: with_value(path, np.nan), "samples that are not finite: export it"),
    "inf.wav": (lambda path: with_value(path, -np.inf), "samples that are not finite: export it"),
    "locked.wav": (locked, "cannot be opened (Input/output error): see to its permissions"),
}
CUT = {
    "cut.wav": (cut_sound, "50% of the length it promises is missing: copy it anew"),
    "cut.mp3": (cut_sound, "of the length it promises is missing: copy it anew"),
    "cut.ogg": (cut_sound, "its last page is missing: copy it anew"),
}


def bad_recordings():
    """Write one bad recording of each kind among good ones, and the odd but good."""
    two_classes()
    for name, (make, _) in (BAD | CUT).items():
        make(Path("sounds/low") / name)
    soundfile.write("sounds/low/eight_channels.wav", noise(1, 9, channels=8), RATE)
    soundfile.write("sounds/low/384k.wav", noise(1, 10, 384000), 384000)
    soundfile.write("sounds/low/one_sample.wav", np.full(1, 0.5), RATE)
    soundfile.write("sounds/low/whole.ogg", noise(1, 11), RATE)


needs_proc = pytest.mark.skipif(
    not Path("/proc/self/mem").exists(), reason="there is no /proc/self/mem, which nobody can read"
)


@needs_proc
def test_bad_recordings_are_left_out_with_reasons_and_the_odd_are_used(done, refused):
    bad_recordings()
    done("fetch")
    told = refused("prepare")
    assert f"{len(BAD)} of 23 recordings cannot be used" in told
    assert "more than dataset.max_unreadable_share=0.05 admits" in told
    assert "mend or remove them, or raise the share" in told
    assert not written("data/processed")
    told = done("prepare", "dataset.max_unreadable_share=0.4")
    assert f"{len(BAD)} recordings left out, see reports/unreadable.csv" in told
    assert f"{len(CUT)} recordings cut off, see reports/unreadable.csv" in told
    assert "1 recordings shorter than a window padded" in told
    rows = unreadable()
    assert set(rows) == {*BAD, *CUT}
    for name, (_, reason) in BAD.items():
        assert rows[name]["used"] == "no"
        assert f"sounds/low/{name} {reason}" in rows[name]["reason"] or (
            f"sounds/low/{name} holds {reason}" in rows[name]["reason"]
        )
    for name, (_, reason) in CUT.items():
        assert rows[name]["used"] == "what is there"
        assert reason in rows[name]["reason"]
    with Path("data/processed/splits.csv").open(newline="", encoding="utf-8") as file:
        used = {Path(row["path"]).name for row in csv.DictReader(file)}
    assert {"eight_channels.wav", "384k.wav", "one_sample.wav", "whole.ogg"} <= used
    assert not used & set(BAD)


@needs_proc
@pytest.mark.parametrize("name", BAD)
def test_a_bad_recording_is_one_line_of_classify_and_listen(name, auricle, refused):
    Path("sounds/low").mkdir(parents=True)
    make, reason = BAD[name]
    path = Path("sounds/low") / name
    make(path)
    told = refused("listen", str(path), "realtime.source.pace=fast")
    assert f"auricle: {path}" in told
    assert reason in told
    status, told = auricle("classify", str(path))
    assert status == 1
    assert told.startswith(str(path))
    assert reason in told
    assert told.count("\n") == 1


def test_eight_channels_and_384_khz_are_the_same_sound(tmp_path):
    t = np.arange(384000) / 384000
    sine = 0.3 * np.sin(2 * np.pi * 440 * t)
    soundfile.write(tmp_path / "a.wav", np.tile(sine[:, None], 8), 384000, subtype="FLOAT")
    heard = load(tmp_path / "a.wav", RATE)
    assert len(heard) == RATE
    middle = slice(2000, 14000)
    assert np.allclose(heard[middle], sine[::24][middle], atol=1e-3)


def test_short_recordings_are_padded_or_skipped_and_counted(done):
    two_classes(5)
    recording(Path("sounds/low/short.wav"), 0.1, 77)
    done("fetch")
    for tails, told, windows in (("pad", "padded", 21), ("skip", "skipped", 20)):
        said = done("prepare", f"preprocess.tails={tails}")
        assert f"1 recordings shorter than a window {told}" in said
        report = json.loads(Path("reports/dataset.json").read_text())
        assert report["recordings"]["shorter_than_a_window"]["clips"] == 1
        assert sum(split["windows"] for split in report["splits"].values()) == windows


def test_nothing_but_short_recordings_leaves_no_windows(done, refused):
    two_classes(4, 0.1)
    done("fetch")
    told = refused("prepare", "preprocess.tails=skip")
    assert "recordings are all shorter than a window of 0.25 s" in told
    assert "set preprocess.tails=pad" in told
    assert written("data/processed") == ["data/processed/splits.csv"]


# --- names

NAMES = ["a b.wav", "it's.wav", 'say "hi".wav', "under_score.wav", "\u00e9t\u00e9 \u97f3.wav",
         "line\nbreak.wav", "${x}.wav", "comma, semi; #.wav", "-dash.wav", "[a].wav"]  # fmt: skip
LABEL = 'one\'s "two" _\n\u00e9'


@pytest.fixture(scope="module")
def named(tmp_path_factory):
    """Build a project of recordings with awkward names in folders with awkward names."""
    folder = tmp_path_factory.mktemp("named")
    with pytest.MonkeyPatch.context() as patch, without_pictures():
        patch.chdir(folder)
        for i, name in enumerate(NAMES):
            recording(Path("sounds") / LABEL / name, 0.5, i)
            recording(Path("sounds/other") / name, 0.5, 100 + i)
        for verb in ("fetch", "prepare", "train", "export", "evaluate", "replay"):
            with pytest.raises(SystemExit) as ended:
                main([verb, *SMALL])
            assert not ended.value.code
    return folder


def test_any_name_goes_from_fetch_to_classify(named, done, monkeypatch):
    monkeypatch.chdir(named)
    files = {f"sounds/{label}/{name}" for label in (LABEL, "other") for name in NAMES}
    with Path("data/processed/splits.csv").open(newline="", encoding="utf-8") as file:
        assert {row["path"] for row in csv.DictReader(file)} == files
    clips = set()
    for split in ("train", "validation", "test"):
        with Path(f"data/processed/{split}.jsonl").open(encoding="utf-8") as file:
            header, *lines = map(json.loads, file)
        assert header["labels"] == sorted([LABEL, "other"])
        clips |= {line["clip"] for line in lines}
    assert clips == files
    assert LABEL in json.loads(Path("reports/metrics.json").read_text())["label"]
    given = ["sounds", "--bundle", "models/classifier", "--format"]
    lines = [json.loads(line) for line in done("classify", *given, "jsonl").splitlines()]
    assert {line["file"] for line in lines} == files
    assert set(lines[0]["probabilities"]) == {LABEL, "other"}
    rows = list(csv.DictReader(done("classify", *given, "csv").splitlines(keepends=True)))
    assert {row["file"] for row in rows} == files


# --- bundles


@pytest.fixture
def bundle(tmp_path):
    recording(tmp_path / "a.wav", 0.5)
    return shutil.copytree(SHIPPED, tmp_path / "bundle")


def change(bundle, **fields):
    path = bundle / "bundle.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def link(path, to):
    path.unlink()
    path.symlink_to(to)


def preprocess(**changes):
    return json.loads((SHIPPED / "bundle.json").read_text())["preprocess"] | changes


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda b: cut(b / "bundle.json", 0.5), "bundle.json cannot be read"),
        (lambda b: cut(b / "model.tflite", 0.5), "is not the file that bundle/bundle.json descri"),
        (lambda b: change(b, schema=99), "has schema 99, this Auricle reads 5: update Auricle"),
        (lambda b: change(b, labels=["a", "b", "c"]), "has 3 labels, but 2 calibration scales"),
        (lambda b: change(b, shape=[3, 3]), "it says (3, 3)"),
        (lambda b: change(b, model="../model"), "model=../model is none of model.tflite, model"),
        (lambda b: change(b, code="os"), "has missing or unknown fields: code"),
        (lambda b: change(b, preprocess=preprocess(window_s=1e9)), "window_s=1000000000.0 must be"),
        (lambda b: link(b / "model.tflite", "/etc/passwd"), "is not the file that bundle/bundle"),
        (lambda b: link(b / "bundle.json", "/etc/passwd"), "bundle.json cannot be read"),
        (lambda b: link(b / "model.tflite", "/dev/zero"), "holds no model.tflite"),
        (lambda b: link(b / "bundle.json", "/dev/zero"), "holds no bundle.json"),
    ],
)
def test_a_damaged_bundle_is_refused_by_listen_and_classify(damage, said, bundle, refused):
    damage(bundle)
    for verb in ("listen", "classify"):
        told = refused(verb, "a.wav", "bundle=bundle")
        assert said in told
        assert told.count("\n") == 1


def test_the_model_of_another_bundle_is_refused(bundle, refused, tmp_path):
    # The same model, but one byte of a weight: it would run, and answer otherwise.
    data = bytearray((bundle / "model.tflite").read_bytes())
    data[len(data) // 2] ^= 1
    (bundle / "model.tflite").write_bytes(data)
    for verb in ("listen", "classify"):
        assert "(its SHA-256 differs): copy or build the bundle anew" in refused(
            verb, "a.wav", "bundle=bundle"
        )


def test_a_bundle_of_links_to_its_own_files_is_heard(bundle, done, tmp_path):
    """As DVC lays it out under cache.type=symlink; what is linked to has to have the hash."""
    whole = done("classify", "a.wav", "--bundle", "bundle")
    (tmp_path / "cache").mkdir()
    for path in list(bundle.iterdir()):
        shutil.move(path, tmp_path / "cache" / path.name)
        path.symlink_to(tmp_path / "cache" / path.name)
    assert done("classify", "a.wav", "--bundle", "bundle") == whole


@pytest.mark.parametrize("where", ["../..", "bundle/bundle.json", "/dev/null", "null", "3"])
def test_what_is_no_bundle_is_refused(where, bundle, refused):
    for verb in ("listen", "classify"):
        told = refused(verb, "a.wav", f"bundle={where}")
        assert "is no bundle (it holds no bundle.json)" in told or "must be a text" in told
        assert where.strip(".") in told or "None" in told


# --- windows, memory, runs


def test_windows_of_another_schema_are_refused_by_each_stage_that_reads_them(
    named, refused, tmp_path
):
    shutil.copytree(named, tmp_path, dirs_exist_ok=True)
    for split in ("train", "validation", "test"):
        path = Path(f"data/processed/{split}.jsonl")
        path.write_text(path.read_text().replace('"schema":4', '"schema":5', 1))
    before = {path: Path(path).read_bytes() for path in written("models") + written("reports")}
    for verb, split in (("train", "train"), ("export", "validation"), ("evaluate", "test")):
        told = refused(verb)
        assert f"{split}.jsonl has schema 5, this Auricle reads 4" in told
        assert "run `auricle prepare` anew" in told
    assert before == {
        path: Path(path).read_bytes() for path in written("models") + written("reports")
    }


def test_more_memory_than_there_is_is_one_line(done, refused):
    two_classes()
    done("fetch")
    told = refused("prepare", "features.n_mels=1000000000000")
    assert "There is not enough memory (Unable to allocate" in told


def test_a_second_training_waits_for_its_turn(refused):
    from filelock import FileLock

    Path(".auricle").mkdir()
    with FileLock(".auricle/train.lock"):
        told = refused("train")
    assert "Another `auricle train` is at work in" in told
    assert "wait until it has ended" in told
