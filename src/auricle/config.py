"""Configuration: where it lies, how it is composed, checked and turned into objects.

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
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import yaml
from omegaconf import MISSING, DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from auricle.errors import AuricleError

T = TypeVar("T")

_CHECKOUT = Path(__file__).resolve().parents[2]
_INSTALLED = Path(__file__).resolve().parent / "share"

# What a `_target_` may name. A configuration file must not be able to name any code whatever.
ALLOWED_TARGETS = re.compile(
    r"auricle\.(datasets|networks|augment)\.[\w.]+|audiomentations\.\w+|keras\.optimizers\.\w+"
)
# User, password or token of a URL: all that stands before the last @ of its authority.
_CREDENTIALS = re.compile(r"(?<=://)[^/?#\s]+(?=@)")


def resource(path: str) -> Path:
    """Path of something the project ships: the working folder's, the checkout's or the wheel's."""
    for root in (Path(), _CHECKOUT, _INSTALLED):
        if (root / path).exists():
            return root / path
    return Path(path)


CONF_DIR = (_CHECKOUT if (_CHECKOUT / "conf" / "config.yaml").is_file() else _INSTALLED) / "conf"
BUILD_FILE = CONF_DIR / "build.yaml"


def compose(name: str, overrides: Sequence[str], with_hydra: bool = False) -> DictConfig:
    """Compose `conf/NAME.yaml` with Hydra overrides, without running a Hydra job.

    `with_hydra` keeps the group `hydra`, which says how jobs are run.
    """
    from hydra import compose as hydra_compose
    from hydra import initialize_config_dir
    from hydra.core.global_hydra import GlobalHydra
    from hydra.errors import HydraException

    GlobalHydra.instance().clear()
    try:
        with initialize_config_dir(config_dir=str(CONF_DIR), version_base="1.3"):
            return hydra_compose(
                config_name=name, overrides=list(overrides), return_hydra_config=with_hydra
            )
    except yaml.YAMLError as error:
        raise AuricleError(f"A file of {CONF_DIR} is no YAML: {_one_line(error)}") from error
    except (HydraException, OmegaConfBaseException, ValueError) as error:  # group=3: ValueError
        raise AuricleError(_explain_override(name, mask(str(error)))) from error


def build_overrides() -> list[str]:
    """Read `conf/build.yaml`: the overrides of what is being built."""
    if not BUILD_FILE.is_file():
        return []
    content = OmegaConf.to_container(load_yaml(BUILD_FILE))
    if not isinstance(content, list) or not all(isinstance(line, str) for line in content):
        raise AuricleError(
            f"{BUILD_FILE} must be a YAML list of Hydra overrides such as `- network.filters=8`; "
            "`auricle repro --reset` empties it"
        )
    return [str(line) for line in content]


def load_yaml(path: Path) -> Any:
    """Read a YAML file as Hydra would."""
    try:
        return OmegaConf.load(path)
    except (yaml.YAMLError, OSError, UnicodeDecodeError) as error:
        raise AuricleError(f"{path} cannot be read as YAML: {_one_line(error)}") from error


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
    if isinstance(node, DictConfig) and hasattr(schema, "schema_for"):
        schema = schema.schema_for(node)  # features: by their `kind`
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
    if not ALLOWED_TARGETS.fullmatch(name):
        raise AuricleError(
            f"{key}._target_={name} is not allowed: it must be in auricle.datasets, "
            "auricle.networks, auricle.augment, audiomentations or keras.optimizers"
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


def mask(text: str) -> str:
    """Hide user, password or token of every URL in a text."""
    return _CREDENTIALS.sub("***", text)


def refuse_passwords(texts: Iterable[str]) -> None:
    """Refuse URLs with a user, password or token: they would be stored with the outputs."""
    for text in texts:
        if _CREDENTIALS.search(text):
            raise AuricleError(
                f"{mask(text)} holds a user, password or token, which would be stored in "
                "configuration files: put it into an environment variable instead "
                "(MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD for tracking.uri)"
            )


def quoted(text: str) -> str:
    """Quote a value of an override, so that any text goes through Hydra as it is."""
    from hydra.core.override_parser.types import Quote, QuotedString

    # OmegaConf would take ${...} in a file's name for a reference.
    escaped = re.sub(r"(\\*)\$\{", lambda m: m[1] * 2 + r"\${", text)
    return QuotedString(text=escaped, quote=Quote.single).with_quotes()


def check(condition: bool, message: str) -> None:
    """Raise an `AuricleError` with `message` unless the condition holds: for `__post_init__`."""
    if not condition:
        raise AuricleError(message)


def one_of(name: str, value: object, choices: Sequence[object]) -> None:
    """Refuse a value that is none of the choices."""
    check(value in choices, f"{name}={value} is none of {', '.join(map(str, choices))}")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _explain_override(name: str, message: str) -> str:
    """Name the nearest valid key where Hydra only says that an override has none."""
    refused = re.match(r"Could not override '([\w.]+)'", message)
    if refused is None:
        return f"The configuration cannot be composed: {message}"
    known = _keys(compose(name, []))
    if refused[1] in known:  # the key of a mapping, which has its own already
        return f"`{refused[1]}` cannot be set so: {' '.join(message.split())}"
    near = difflib.get_close_matches(refused[1], known, n=1, cutoff=0.0)
    return f"There is no key `{refused[1]}`: did you mean `{near[0]}`?"


def _keys(node: Any, prefix: str = "") -> list[str]:
    if not isinstance(node, DictConfig) or node._is_none():
        return []
    names = [str(key) for key in node]
    inner = [k for name in names for k in _keys(node._get_node(name), f"{prefix}{name}.")]
    return [f"{prefix}{name}" for name in names] + inner


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
    return dataclasses.is_dataclass(kind) or hasattr(kind, "schema_for")


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
