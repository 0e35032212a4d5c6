"""Where the configuration lies, and how Hydra composes it."""

import difflib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from auricle.core.errors import AuricleError
from auricle.core.project import CHECKOUT, INSTALLED
from auricle.core.secrets import mask

CONF_DIR = (CHECKOUT if (CHECKOUT / "conf" / "config.yaml").is_file() else INSTALLED) / "conf"


BUILD_FILE = CONF_DIR / "build.yaml"


def compose(name: str, overrides: Sequence[str], with_hydra: bool = False) -> DictConfig:
    """Compose `conf/NAME.yaml` with Hydra overrides, without running a Hydra job.

    `with_hydra` keeps the group `hydra`, which says how jobs are run.
    """
    from hydra import compose as hydra_compose
    from hydra import initialize_config_dir
    from hydra.core.config_store import ConfigStore
    from hydra.core.global_hydra import GlobalHydra
    from hydra.errors import HydraException

    GlobalHydra.instance().clear()
    # `decision: bundle` sets no key, so that the bundle says it all: its keys are those of default.
    keys = load_yaml(CONF_DIR / "decision" / "default.yaml")
    ConfigStore.instance().store(group="decision", name="bundle", node=dict.fromkeys(keys))
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


def to_plain(config: DictConfig) -> dict[str, Any]:
    """Plain values of a composed configuration."""
    container = OmegaConf.to_container(config, resolve=True)
    assert isinstance(container, dict)  # the root of a configuration is a mapping
    return {str(key): value for key, value in container.items()}


def quoted(text: str) -> str:
    """Quote a value of an override, so that any text goes through Hydra as it is."""
    from hydra.core.override_parser.types import Quote, QuotedString

    # OmegaConf would take ${...} in a file's name for a reference.
    escaped = re.sub(r"(\\*)\$\{", lambda m: m[1] * 2 + r"\${", text)
    return QuotedString(text=escaped, quote=Quote.single).with_quotes()


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
