"""Configuration, checked and turned into objects.

YAML under `conf/` owns the values. A dataclass is the schema of a group: `parse` merges the two,
refuses what does not fit, and hands plain objects on; no stage sees a Hydra container. A group
with a `_target_` names the class or function it configures, whose arguments are then the schema.
"""

import dataclasses
import difflib
import functools
import importlib
import inspect
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, get_type_hints

from omegaconf import MISSING, DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from auricle.core.errors import AuricleError

T = TypeVar("T")

# A value that is to fit the recordings.
AUTO = "auto"

# What a `_target_` may name. A configuration file must not be able to name any code whatever.
ALLOWED_TARGETS = re.compile(
    r"auricle\.(datasets|networks|augmentation|training\.baselines)\.[\w.]+"
    r"|audiomentations\.\w+|keras\.optimizers\.\w+"
)


# Where classes and functions are now that a `_target_` of an older version may name.
_MOVED = {
    "auricle.augment.": "auricle.augmentation.waveform.",
    "auricle.datasets.gathered.Gathered": "auricle.datasets.relabelled.Relabelled",
    "auricle.datasets.joined.Joined": "auricle.datasets.concatenated.Concatenated",
    "auricle.datasets.manifest.dataset.": "auricle.datasets.manifest.",
    "auricle.datasets.published.dataset.": "auricle.datasets.published.",
    "auricle.datasets.starter.corpus.": "auricle.datasets.starter.",
    "auricle.networks.baselines.": "auricle.training.baselines.",
}


def parse(config: DictConfig | Mapping[str, Any], schema: type[T]) -> T:
    """Check a composed configuration and turn it into objects.

    `schema` is a dataclass with a field a group; groups it does not name are left alone.

    Raises
    ------
    AuricleError
        A key is unknown, missing or of a wrong type or value; the full key is named.
    """
    node = config if isinstance(config, DictConfig) else OmegaConf.create(dict(config))
    hints = get_type_hints(schema)
    groups = {}
    for field in dataclasses.fields(schema):  # type: ignore[arg-type]  # T is a dataclass
        if field.name not in node:
            raise AuricleError(
                f"The configuration has no group `{field.name}`: run `auricle compose`"
            )
        groups[field.name] = parse_group(node[field.name], hints[field.name], field.name)
    return schema(**groups)


def parse_group(node: Any, schema: Any, key: str) -> Any:
    """Check one group against its schema: a `_target_`, a choice of schemas, or a dataclass."""
    if isinstance(node, Mapping) and not isinstance(node, DictConfig):
        node = OmegaConf.create(dict(node))
    if isinstance(node, DictConfig) and "_target_" in node:
        return build(node, key)
    if isinstance(node, DictConfig) and hasattr(schema, "KINDS"):
        schema = schema.KINDS.schema_for(node)
    if dataclasses.is_dataclass(schema):
        return _checked(node, schema, key)
    check(schema is not str or isinstance(node, str), f"`{key}`={node} must be a text")
    return OmegaConf.to_container(node, resolve=True) if OmegaConf.is_config(node) else node


def build(node: DictConfig | Mapping[str, Any], key: str) -> Any:
    """Turn a `_target_` group into an object.

    A dataclass is made; a function or any other class is returned with its keyword arguments
    filled in (`functools.partial`), for the caller to add what only the run knows.
    """
    node = node if isinstance(node, DictConfig) else OmegaConf.create(dict(node))
    check("_target_" in node, f"`{key}` has no _target_: name what it configures")
    name = str(node["_target_"])
    _refuse_moved(name, key)
    if not ALLOWED_TARGETS.fullmatch(name):
        raise AuricleError(
            f"{key}._target_={name} is not allowed: it must be in auricle.datasets, "
            "auricle.networks, auricle.augmentation, auricle.training.baselines, audiomentations "
            "or keras.optimizers"
        )
    module, _, attribute = name.rpartition(".")
    try:
        target = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise AuricleError(f"{key}._target_={name} cannot be imported: {error}") from error
    arguments = OmegaConf.masked_copy(node, [str(k) for k in node if k != "_target_"])
    if dataclasses.is_dataclass(target):
        return _checked(arguments, target, key)
    return functools.partial(target, **_checked(arguments, target, key, make=False))


def _refuse_moved(name: str, key: str) -> None:
    for old, new in _MOVED.items():
        if name.startswith(old):
            raise AuricleError(
                f"{key}._target_={name} has moved: write {name.replace(old, new)} where it stands "
                "(conf/, conf/build.yaml or an override), then `auricle compose`"
            )


def check(condition: bool, message: str) -> None:
    """Raise an `AuricleError` with `message` unless the condition holds: for `__post_init__`."""
    if not condition:
        raise AuricleError(message)


def one_of(name: str, value: object, choices: Sequence[object]) -> None:
    """Refuse a value that is none of the choices."""
    check(value in choices, f"{name}={value} is none of {', '.join(map(str, choices))}")


def _checked(node: Any, target: Any, key: str, make: bool = True) -> Any:
    """Hold values against the arguments of a dataclass, function or class; say what does not fit.

    Gives the dataclass, or with `make=False` the arguments that were given.
    """
    if not isinstance(node, DictConfig) or node._is_none():
        raise AuricleError(f"`{key}` is {node!r}, but a group of keys is wanted")
    arguments = _arguments(target)
    nested = {name for name, (kind, _) in arguments.items() if _is_group(kind)}
    schema = dataclasses.make_dataclass(
        "Schema",
        [
            (name, Any if name in nested else kind, dataclasses.field(default=default))
            for name, (kind, default) in arguments.items()
        ],
    )
    try:
        merged = OmegaConf.merge(OmegaConf.structured(schema), node)
    except OmegaConfBaseException as error:
        raise AuricleError(_explain(key, error, list(arguments))) from error
    missing = sorted(OmegaConf.missing_keys(merged))
    if missing:
        raise AuricleError(f"`{key}.{missing[0]}` is missing: give it a value")
    values = OmegaConf.to_container(merged, resolve=True)
    assert isinstance(values, dict)  # the schema is a mapping
    given: dict[str, Any] = {str(name): values[name] for name in node}
    for name in nested:
        given[name] = parse_group(node[name], arguments[name][0], f"{key}.{name}")
    if not make:
        return given
    try:
        return target(**given)
    except AuricleError as error:
        # From __post_init__, which knows its own names only; what it built names full keys.
        told = str(error)
        raise AuricleError(told if f"{key}." in told else f"{key}.{told}") from error


def _is_group(kind: Any) -> bool:
    return dataclasses.is_dataclass(kind) or hasattr(kind, "KINDS")


def _explain(key: str, error: OmegaConfBaseException, known: list[str]) -> str:
    name = str(error.full_key or "")
    if "not in" in str(error) and name not in known:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.0)
        hint = f"did you mean `{key}.{near[0]}`?" if near else "the group has no keys"
        return f"There is no key `{key}.{name}`: {hint} (known: {', '.join(known)})"
    return f"`{key}.{name}`: {str(error).splitlines()[0]}"


@functools.cache
def _arguments(target: Any) -> dict[str, tuple[Any, Any]]:
    """Type and default of what configures a target.

    That is the fields of a dataclass, the keyword-only arguments of a function, all arguments of
    another class. Annotations of our own code are enforced; those of other libraries are often
    loose, so only their names are.
    """
    ours = target.__module__.partition(".")[0] == "auricle"
    is_class = inspect.isclass(target)
    source = target.__init__ if is_class and not dataclasses.is_dataclass(target) else target
    hints = get_type_hints(source) if ours else {}
    arguments = {}
    for name, parameter in inspect.signature(target).parameters.items():
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            continue
        if not is_class and parameter.kind is not parameter.KEYWORD_ONLY:
            continue
        required = parameter.default is parameter.empty
        typed = ours and required  # a default may be of another type than the annotation says
        arguments[name] = (hints[name] if typed else Any, MISSING if required else None)
    return arguments
