"""Configuration is refused where it is wrong, by its full key; every option of conf/ is right."""

import dataclasses
import functools
import importlib
import inspect
import itertools
from dataclasses import dataclass
from typing import get_args, get_type_hints

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf

from auricle.core.compose import CONF_DIR, build_overrides, compose
from auricle.core.errors import AuricleError
from auricle.core.schema import build, parse, parse_group
from auricle.core.secrets import mask, refuse_passwords
from auricle.features import Features
from auricle.features.log_mel import Config as LogMel
from auricle.pipeline.runner import STAGES as VERBS
from auricle.realtime.app import Listen

STAGES = [module for module, _ in VERBS.values()]

OPTIONS = [
    (path.parent.relative_to(CONF_DIR).as_posix(), path.stem)
    for path in sorted(CONF_DIR.rglob("*.yaml"))
    if path.parent != CONF_DIR and not path.stem.startswith("_")
]
# What an option must be told, because only a user can know it.
NEEDED = {
    ("dataset", "folder"): ["dataset.path=sounds"],
    ("dataset", "urbansound8k_background"): ["dataset.parts.background.path=sounds"],
    ("experiment", "noise_recognition"): ["dataset.parts.background.path=sounds"],
    ("realtime/source", "file"): ["realtime.source.path=talk.wav"],
    ("realtime/source", "url"): ["realtime.source.url=http://localhost/talk.wav"],
}


@dataclass(frozen=True)
class Inner:
    depth: int
    names: list[str]


@dataclass(frozen=True)
class Outer:
    rate_hz: int
    share: float
    title: str
    maybe: float | None
    inner: Inner

    def __post_init__(self):
        if self.share > 1:
            raise AuricleError(f"share={self.share} must not be above 1")


@dataclass(frozen=True)
class Schema:
    outer: Outer


for group in (Inner, Outer):
    group.__module__ = "auricle.core.schema"  # the types of Auricle's own classes are enforced

GOOD = {
    "rate_hz": 16000,
    "share": 0.5,
    "title": "a",
    "maybe": None,
    "inner": {"depth": 1, "names": ["b"]},
}


def parse_outer(**changes):
    node = {k: v for k, v in {**GOOD, **changes}.items() if v is not ...}
    return parse({"outer": node, "of another stage": {"a": 1}}, Schema).outer


@functools.cache
def stage_config(stage):
    return importlib.import_module(f"auricle.pipeline.{stage}").Config


def test_what_fits_becomes_plain_objects():
    assert parse_outer() == Outer(16000, 0.5, "a", None, Inner(1, ["b"]))
    assert type(parse_outer().inner.names) is list
    assert parse_outer(share=1).share == 1.0
    assert parse_outer(maybe=2.5).maybe == 2.5


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"rate_hx": 1}, r"no key `outer\.rate_hx`: did you mean `outer\.rate_hz`\?"),
        ({"inner": {"dept": 1, "names": []}}, r"`outer\.inner\.dept`.*`outer\.inner\.depth`"),
        ({"rate_hz": ...}, r"`outer\.rate_hz` is missing"),
        ({"inner": {"depth": 1}}, r"`outer\.inner\.names` is missing"),
        ({"rate_hz": "many"}, r"`outer\.rate_hz`.*many"),
        ({"rate_hz": 1.5}, r"`outer\.rate_hz`.*1\.5"),
        ({"rate_hz": None}, r"`outer\.rate_hz`"),
        ({"share": [1]}, r"`outer\.share`"),
        ({"inner": {"depth": 1, "names": "b"}}, r"`outer\.inner\.names`"),
        ({"inner": 3}, r"`outer\.inner` is 3, but a group of keys is wanted"),
        ({"inner": None}, r"`outer\.inner` is None, but a group of keys is wanted"),
        ({"inner": ...}, r"`outer\.inner` is missing"),
        ({"share": 7.0}, r"^outer\.share=7\.0 must not be above 1"),
    ],
)
def test_what_does_not_fit_is_named_by_its_full_key(changes, told):
    with pytest.raises(AuricleError, match=told):
        parse_outer(**changes)


def test_a_group_that_is_not_there_is_named():
    with pytest.raises(AuricleError, match="no group `outer`: run `auricle compose`"):
        parse({}, Schema)


@settings(deadline=None, max_examples=30)
@given(
    key=st.sampled_from(sorted(GOOD)),
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text("ab1. "),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text("xy"), inner),
        max_leaves=4,
    ),
)
def test_any_value_is_taken_or_refused_in_one_line(key, value):
    try:
        parsed = parse_outer(**{key: value})
    except AuricleError as error:
        assert "outer." in str(error)
    else:
        assert isinstance(parsed, Outer)


@pytest.mark.parametrize(
    "target",
    [
        "os.system",
        "builtins.eval",
        "auricle.cli.main.main",
        "auricle.core.files.whole_folder",
        "audiomentations.core.utils.os.system",
        "keras.optimizers.schedules.os",
        "xauricle.datasets.folder.Folder",
        "subprocess.Popen",
        "",
    ],
)
def test_a_target_that_is_not_allowed_is_not_imported(target):
    with pytest.raises(AuricleError, match=r"network\._target_=.* is not allowed"):
        build({"_target_": target, "command": "true"}, "network")


@pytest.mark.parametrize("target", ["auricle.datasets.absent.Thing", "audiomentations.Absent"])
def test_a_target_that_does_not_exist_is_named(target):
    with pytest.raises(AuricleError, match=rf"dataset\._target_={target} cannot be imported"):
        build({"_target_": target}, "dataset")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("auricle.augment.Room", "auricle.augmentation.waveform.Room"),
        ("auricle.datasets.gathered.Gathered", "auricle.datasets.relabelled.Relabelled"),
        ("auricle.datasets.joined.Joined", "auricle.datasets.concatenated.Concatenated"),
        ("auricle.datasets.starter.corpus.Starter", "auricle.datasets.starter.Starter"),
        ("auricle.datasets.manifest.dataset.Manifest", "auricle.datasets.manifest.Manifest"),
        ("auricle.datasets.published.dataset.Published", "auricle.datasets.published.Published"),
        ("auricle.networks.baselines.random_forest", "auricle.training.baselines.random_forest"),
    ],
)
def test_a_target_that_has_moved_is_refused_with_its_new_name(old, new):
    with pytest.raises(AuricleError, match=rf"network\._target_={old} has moved: write {new} "):
        build({"_target_": old}, "network")
    module, _, name = new.rpartition(".")
    assert hasattr(importlib.import_module(module), name)


def test_a_listener_decides_as_its_bundle_says_unless_it_is_told_otherwise():
    decision = parse(compose("listen", []), Listen).decision
    assert set(vars(decision).values()) == {None}
    held = parse(compose("listen", ["decision.hold_s=2"]), Listen).decision
    assert held == dataclasses.replace(decision, hold_s=2)
    assert set(vars(decision)) == set(OmegaConf.load(CONF_DIR / "decision" / "default.yaml"))


def test_keywords_of_a_target_are_checked_like_keys():
    node = {"_target_": "audiomentations.Gain", "min_gain_bd": 1.0}
    with pytest.raises(
        AuricleError, match=r"`gain\.min_gain_bd`: did you mean `gain\.min_gain_db`"
    ):
        build(node, "gain")


def test_what_the_run_supplies_cannot_be_configured():
    node = OmegaConf.load(CONF_DIR / "network" / "cnn.yaml")
    with pytest.raises(AuricleError, match=r"no key `network\.labels`"):
        build(OmegaConf.merge(node, {"labels": 3}), "network")


URLS = [
    ("http://ann:secret@host/path", "http://***@host/path"),
    ("see https://u:p@a.b:80/x?y=1 and rtsp://c:d@e", "see https://***@a.b:80/x?y=1 and "
     "rtsp://***@e"),
    ("http://ann:se@cret@host", "http://***@host"),
    ("http://:secret@host", "http://***@host"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "shown"), URLS)
def test_users_and_passwords_of_urls_are_masked(text, shown):
    assert mask(text) == shown


@pytest.mark.parametrize(
    "text",
    ["http://host:8080/path", "https://host/a@b", "mail ann@host", "a:b@c", "http://[::1]:80/"],
)
def test_texts_without_a_password_stay_as_they_are(text):
    assert mask(text) == text
    refuse_passwords([text])


@pytest.mark.parametrize("text", [text for text, _ in URLS])
def test_a_password_in_configuration_is_refused_without_showing_it(text):
    with pytest.raises(AuricleError, match="environment variable") as refused:
        refuse_passwords(["fine", text])
    assert "secret" not in str(refused.value)
    assert "cret" not in str(refused.value)


@pytest.mark.parametrize("group", ["tracking.uri", "cluster.address"])
def test_a_password_in_a_url_of_the_configuration_is_refused(group):
    config = compose("config", [f"{group}=http://ann:secret@host"])
    stage = stage_config("fetch_dataset" if group.startswith("cluster") else "train_model")
    with pytest.raises(AuricleError, match=r"\*\*\*@host holds a user, password or token"):
        parse(config, stage)


def together():
    """Give options that can be composed at once, one of each group: to compose takes its time."""
    by_group = {}
    for group, option in OPTIONS:
        if not group.startswith("realtime"):
            chosen = [f"{group}={option}", *NEEDED.get((group, option), [])]
            by_group.setdefault(group, []).append(chosen)
    experiments = by_group.pop("experiment")  # they choose options of other groups
    rows = itertools.zip_longest(*by_group.values(), fillvalue=[])
    return [*([text for chosen in row for text in chosen] for row in rows), *experiments]


@pytest.mark.parametrize("overrides", together(), ids=" ".join)
def test_every_option_composes_and_is_accepted(overrides):
    config = compose("config", overrides)
    for stage in STAGES:
        schema = stage_config(stage)
        assert isinstance(parse(config, schema), schema)


@pytest.mark.parametrize(
    ("group", "option"), [key for key in OPTIONS if key[0].startswith("realtime")]
)
def test_every_option_of_the_listener_composes_and_is_accepted(group, option):
    choice = [] if option == "default" else [f"{group}={option}"]
    needed = NEEDED.get((group, option), [])
    assert isinstance(parse(compose("listen", [*choice, *needed]), Listen), Listen)


@pytest.mark.parametrize(
    ("group", "option"), sorted(key for key in NEEDED if key != ("realtime/source", "url"))
)
def test_an_option_that_needs_a_value_says_which(group, option):
    key = NEEDED[group, option][0].partition("=")[0]
    if group in ("dataset", "experiment"):
        config, schema = compose("config", [f"{group}={option}"]), stage_config("fetch_dataset")
    else:
        config, schema = compose("listen", [f"{group}={option}"]), Listen
    with pytest.raises(AuricleError, match=f"`{key}` is missing"):
        parse(config, schema)


@pytest.mark.parametrize(
    ("override", "near"),
    [
        ("train.epoch=3", "train.epochs"),
        ("feature.n_mels=3", "features.n_mels"),
        ("network.filter=16", "network.filters"),
        ("dataset.test_shar=0.1", "dataset.test_share"),
    ],
)
def test_an_override_of_no_key_names_the_nearest(override, near):
    key = override.partition("=")[0]
    with pytest.raises(AuricleError, match=f"no key `{key}`: did you mean `{near}`"):
        compose("config", [override])


@pytest.mark.parametrize("override", ["features=fmcc", "train.epochs=[1", "train=3", "+=3"])
def test_an_override_that_cannot_be_composed_is_one_error(override):
    with pytest.raises(AuricleError):
        compose("config", [override])


def test_the_smoke_experiment_is_the_default_shrunk():
    default, smoke = compose("config", []), compose("config", ["experiment=smoke"])
    changed = {
        f"{group}.{key}"
        for group in default
        if OmegaConf.is_dict(default[group])
        for key in default[group]
        if default[group][key] != smoke[group][key]
    }
    assert changed == {
        *("dataset.name", "dataset.minutes_per_class", "train.epochs"),
        *("evaluate.bootstrap", "evaluate.sweeps", "evaluate.nothing", "evaluate.naive"),
    }


@pytest.mark.parametrize("path", sorted((CONF_DIR / "experiment").glob("*.yaml")), ids=str)
def test_an_experiment_sets_no_key_of_the_dataset(path):
    assert "dataset" not in yaml.safe_load(path.read_text(encoding="utf-8"))


def test_the_list_of_what_is_built_is_checked(tmp_path, monkeypatch):
    path = tmp_path / "build.yaml"
    monkeypatch.setattr("auricle.core.compose.BUILD_FILE", path)
    assert build_overrides() == []
    path.write_text("- train.epochs=3\n- features=log_mel\n")
    assert build_overrides() == ["train.epochs=3", "features=log_mel"]
    for wrong in ("train: 3\n", "- a: 1\n", "- 3\n"):
        path.write_text(wrong)
        with pytest.raises(AuricleError, match=r"must be a YAML list .*`auricle repro --reset`"):
            build_overrides()


def commented(lines, node):
    """Whether a mapping's keys have a comment, each or on what lies below it."""
    for key, value in node.value:
        above = lines[key.start_mark.line]
        if key.value in EXEMPT or " # " in above:
            continue
        last = lines[value.end_mark.line - (value.end_mark.column == 0)]
        if isinstance(value, yaml.MappingNode) and value.value and not value.flow_style:
            yield from commented(lines, value)
        elif " # " not in last:
            yield f"{key.start_mark.line + 1}: {above.strip()}"


# What these keys mean is said once for all files: Hydra's own, and what names the file's object.
EXEMPT = {"defaults", "hydra", "_target_", "kind", "name"}


@pytest.mark.parametrize(
    "path",
    [p for p in sorted(CONF_DIR.rglob("*.yaml")) if p.parent.name != "experiment"],
    ids=lambda path: path.relative_to(CONF_DIR).as_posix(),
)
def test_every_value_has_a_comment(path):
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# ")
    root = yaml.compose(text)
    uncommented = list(commented(text.splitlines(), root)) if root.id == "mapping" else []
    assert uncommented == []


def reachable(kind, found):
    """Collect the dataclasses that a configuration class is made of."""
    for inner in get_args(kind):
        reachable(inner, found)
    if not dataclasses.is_dataclass(kind) or kind in found:
        return found
    found.add(kind)
    for hint in get_type_hints(kind).values():
        reachable(hint, found)
    return found


def targets(node):
    """Find every `_target_` of our own in a configuration."""
    if isinstance(node, dict):
        name = node.get("_target_", "")
        yield from [name] if name.startswith("auricle.") else []
        for value in node.values():
            yield from targets(value)


def owned():
    """Collect what our configuration is checked against: dataclasses, functions, classes."""
    found = reachable(Listen, set())
    for stage in STAGES:
        reachable(stage_config(stage), found)
    for path in CONF_DIR.rglob("*.yaml"):
        for name in targets(yaml.safe_load(path.read_text(encoding="utf-8"))):
            module, _, attribute = name.rpartition(".")
            target = getattr(importlib.import_module(module), attribute)
            found |= reachable(target, set()) | {target}
    for kind in ("mfcc", "log_mel"):
        reachable(importlib.import_module(f"auricle.features.{kind}").Config, found)
    return sorted(found, key=lambda c: f"{c.__module__}.{c.__qualname__}")


@pytest.mark.parametrize("schema", owned(), ids=lambda schema: schema.__qualname__)
def test_values_are_in_yaml_and_not_in_code(schema):
    defaults = [
        name
        for name, parameter in inspect.signature(schema).parameters.items()
        if parameter.default is not parameter.empty
    ]
    assert defaults == []


def test_a_choice_of_schemas_goes_by_kind():
    node = compose("config", ["features=log_mel"]).features
    assert isinstance(parse_group(node, Features, "features"), LogMel)
    node = compose("config", ["features=log_mel", "+features.n_mfcc=13"]).features
    with pytest.raises(AuricleError, match=r"no key `features\.n_mfcc`"):
        parse_group(node, Features, "features")
