"""The verbs: each imports what it runs only when it is called."""

import argparse
import importlib.util
import os
import sys
import time
from pathlib import Path
from typing import Any

from auricle.cli.overrides import SOURCE, URL
from auricle.core.compose import BUILD_FILE, CONF_DIR, build_overrides, compose, load_yaml, quoted
from auricle.core.errors import AuricleError
from auricle.core.schema import parse
from auricle.core.secrets import mask, refuse_passwords
from auricle.pipeline.runner import STAGES


def run_repro(options: argparse.Namespace, overrides: list[str], others: list[str]) -> int:
    """Keep what is asked for in `conf/build.yaml`, then become `dvc repro`."""
    from auricle.core.files import write_text
    from auricle.pipeline.dvc_setup import make_ready

    flags = _only_flags(others)
    if importlib.util.find_spec("dvc") is None:  # said now, not by a child
        raise ModuleNotFoundError(name="dvc")
    if not Path("dvc.yaml").is_file():
        raise AuricleError(f"There is no dvc.yaml in {Path.cwd()}: run this in the checkout")
    make_ready()
    kept = [] if options.reset else build_overrides()
    wanted = smoke(overrides) if overrides or _smoking() else kept
    refuse_passwords(wanted)
    if options.reset or wanted != kept:
        from auricle.pipeline.compose_config import accepted

        accepted(compose("config", wanted))  # nothing is written that would not build
        text = BUILD_FILE.read_text(encoding="utf-8") if BUILD_FILE.is_file() else ""
        head = "".join(line for line in text.splitlines(keepends=True) if line.startswith("#"))
        write_text(BUILD_FILE, head + _yaml_list(wanted))
    # dvc.yaml calls `auricle`, also where the environment was not activated.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    sys.stdout.flush()
    sys.stderr.flush()
    # In place of this process, so that Ctrl-C is DVC's own to handle.
    command = [sys.executable, "-m", "dvc", "repro", *flags]
    os.execve(sys.executable, command, {**os.environ, "PATH": path})


def run_compose(options: argparse.Namespace, overrides: list[str], others: list[str]) -> int:
    """Write `params.yaml`."""
    from auricle.pipeline.compose_config import compose_config

    _only_flags(others, allowed=False)
    compose_config(smoke(overrides) if overrides else [])
    return 0


def run_stage(options: argparse.Namespace, overrides: list[str], others: list[str]) -> int:
    """Run a stage once, or a sweep of it; give the exit status."""
    flags = _only_flags(others)
    if options.params and options.multirun:
        raise AuricleError("--params is for one run: give a sweep (-m) overrides instead")
    if options.params:
        from omegaconf import OmegaConf

        from auricle.core.files import need_file

        if overrides or flags:
            raise AuricleError("--params takes everything from its file: give no overrides with it")
        path = need_file(Path(options.params), "run `auricle compose` first")
        config = load_yaml(path)
        if not OmegaConf.is_dict(config):
            raise AuricleError(f"{path} holds no groups: write it anew with `auricle compose`")
        _work(options.verb, config)
        return 0
    wanted = [*build_overrides(), *smoke(overrides)]
    refuse_passwords(wanted)
    flags += ["--cfg", options.cfg] if options.cfg else []
    if flags:
        return _with_hydra(options.verb, wanted, [*flags, *["-m"] * options.multirun])
    if options.multirun:
        from auricle.experiments.sweep import sweep

        return 1 if sweep(f"sweep {options.verb}", (options.verb,), wanted).failed else 0
    _work(options.verb, compose("config", wanted))
    return 0


def run_explore(options: argparse.Namespace, overrides: list[str], others: list[str]) -> int:
    """Look at a dataset before training."""
    from auricle.explore.explore_dataset import explore

    _only_flags(others, allowed=False)
    wanted = [*build_overrides(), *smoke(overrides)]
    refuse_passwords(wanted)
    begun = time.perf_counter()
    _tell("explore", begun, explore(wanted).summary)
    return 0


def run_cross_validate(options: argparse.Namespace, overrides: list[str], others: list[str]) -> int:
    """Train and test on each fold in turn; give the exit status."""
    from auricle.experiments.cross_validation import cross_validate

    _only_flags(others, allowed=False)
    wanted = [*build_overrides(), *smoke(overrides)]
    refuse_passwords(wanted)
    return 1 if cross_validate(wanted).failed else 0


def run_results(options: argparse.Namespace, overrides: list[str], others: list[str]) -> int:
    """Compare systems."""
    from auricle.experiments.comparison.compare import results

    _only_flags(others, allowed=False)
    refuse_passwords(overrides)
    if _smoking():
        sys.stderr.write("AURICLE_SMOKE is set: nothing is measured, the page is written anew.\n")
    begun = time.perf_counter()
    _tell("results", begun, results(overrides, measuring=not _smoking()).summary)
    return 0


def run_listen(options: argparse.Namespace, overrides: list[str], others: list[str]) -> int:
    """Listen live; give the exit status."""
    from auricle.realtime.app import Listen, listen

    if len(others) > 1:
        given = mask(", ".join(others))
        raise AuricleError(f"listen takes one file, {len(others)} were given: {given}")
    if _smoking():
        sys.stderr.write("AURICLE_SMOKE is set: the demonstration plays, whatever was asked for.\n")
        others = []
        overrides = [text for text in overrides if not SOURCE.match(text)]
        overrides.append("realtime/source=demonstration")
    if others == ["-"]:
        overrides = ["realtime/source=stdin", *overrides]
    elif others:
        key = "url" if URL.match(others[0]) else "path"
        overrides = [f"realtime.source.{key}={quoted(others[0])}", *overrides]
    for key, kind in (("path", "file"), ("url", "url"), ("url_env", "url")):
        if any(text.startswith(f"realtime.source.{key}=") for text in overrides):
            overrides = [f"realtime/source={kind}", *overrides]
    config, instead = parse(compose("listen", overrides), Listen), None
    if not any(SOURCE.match(text) for text in overrides):
        # Nobody asked for a microphone: where there is none, there is still something to hear.
        shown = compose("listen", [*overrides, "realtime/source=demonstration"])
        instead = parse(shown, Listen)
    return listen(config, instead)


def run_devices(options: argparse.Namespace, overrides: list[str], others: list[str]) -> int:
    """List the microphones."""
    from auricle.realtime.app import Listen
    from auricle.realtime.sources.devices.meter import devices
    from auricle.realtime.sources.microphone import Config as Microphone

    _only_flags(others, allowed=False)
    config = parse(compose("listen", overrides), Listen)
    source = config.realtime.listened_to
    if not isinstance(source, Microphone):
        raise AuricleError(f"devices lists microphones, and {source.name} is none: leave it out")
    return devices(source.backend, options.seconds)


def run_classify(options: argparse.Namespace, overrides: list[str], others: list[str]) -> int:
    """Classify files; give the exit status."""
    from auricle.core.project import resource
    from auricle.inference.classify import classify
    from auricle.inference.scorer import Scorer
    from auricle.realtime.app import Listen

    if not others:
        raise AuricleError(
            "classify wants at least one file or folder: auricle classify a.wav (a name that "
            "holds `=` goes after `--`)"
        )
    if options.windows and options.format == "csv":
        raise AuricleError("--windows gives JSON lines: leave out --format csv")
    if options.bundle:
        overrides = [*overrides, f"bundle={quoted(options.bundle)}"]
    config = parse(compose("listen", overrides), Listen)
    scorer = Scorer(resource(config.bundle))
    return classify(others, scorer, config.decision, options.format, options.windows)


def _with_hydra(verb: str, overrides: list[str], flags: list[str]) -> int:
    """Let Hydra answer what it is asked of the configuration (--cfg, --info ...)."""
    import hydra

    sys.argv = [f"auricle {verb}", *overrides, *flags]
    run = hydra.main(version_base="1.3", config_path=str(CONF_DIR), config_name="config")
    run(lambda config: _work(verb, config))()
    return 0


def _work(verb: str, config: Any) -> None:
    from auricle.core.project import ProjectPaths
    from auricle.pipeline.runner import exclusive, run

    begun, here = time.perf_counter(), ProjectPaths(Path())
    with exclusive(verb):
        done = run(verb, config, here, here)
    _tell(STAGES[verb][0], begun, done.summary)


def _tell(name: str, begun: float, summary: str) -> None:
    """Say in a line what was done, and how long it took."""
    from rich.console import Console

    Console(stderr=True, soft_wrap=True).print(
        f"{name} ({time.perf_counter() - begun:.1f} s): {summary}", highlight=False, markup=False
    )


def _only_flags(others: list[str], allowed: bool = True) -> list[str]:
    wrong = [text for text in others if not (allowed and text.startswith("-"))]
    if wrong:
        raise AuricleError(f"`{wrong[0]}` is neither an override (group.key=value) nor a flag")
    return others


def _smoking() -> bool:
    return os.environ.get("AURICLE_SMOKE", "0") not in ("", "0")


def smoke(overrides: list[str]) -> list[str]:
    """With AURICLE_SMOKE, `experiment=smoke` takes the place of any experiment."""
    if not _smoking():
        return overrides
    sys.stderr.write("AURICLE_SMOKE is set: experiment=smoke is used.\n")
    return ["experiment=smoke", *(o for o in overrides if not o.startswith("experiment="))]


def _yaml_list(items: list[str]) -> str:
    from omegaconf import OmegaConf

    return OmegaConf.to_yaml(OmegaConf.create(items)) if items else "[]\n"
