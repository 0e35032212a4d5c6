"""`auricle VERB [overrides]`: the one entry; dvc.yaml calls the same verbs."""

import argparse
import importlib
import os
import re
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from auricle import __version__
from auricle.config import (
    BUILD_FILE,
    CONF_DIR,
    build_overrides,
    compose,
    load_yaml,
    mask,
    parse,
    quoted,
    refuse_passwords,
)
from auricle.errors import AuricleError, told
from auricle.job import STAGES

_EPILOG = """\
Overrides are Hydra's: group=option takes another file of conf/, group.key=value another value.

  auricle explore dataset=folder dataset.path=sounds  look at recordings before training
  auricle repro                                    build everything with the default (dvc repro)
  auricle repro experiment=smoke                   ... a small one, for a first look
  auricle repro dataset=folder dataset.path=sounds ... from your own recordings
  auricle train network.filters=16                 one stage, by hand
  auricle train -m network.filters=8,16            a sweep; each job writes below multirun/
  auricle cross_validate                           how far a score can be trusted
  auricle results                                  compare systems on real recordings
  auricle listen                                   name what sounds at the microphone
  auricle listen talk.wav                          ... in a file
  auricle listen https://radio.example/stream      ... in a stream
  auricle devices                                  list the microphones
  auricle listen bundle=models/classifier          ... with the bundle you built
  auricle classify recordings/ --format csv        a table of what sounds where

`auricle VERB --help` tells more of a verb.
"""

_SOURCE = re.compile(r"realtime[./]source")
_OVERRIDE = re.compile(r"[+~]{0,2}[A-Za-z_][\w./@:-]*=.*|~[A-Za-z_][\w./@]*", re.DOTALL)
_PATH_KEYS = re.compile(
    r"([+]{0,2}(?:(?:[\w./@]+\.)?(?:path|table|table_root|url|cache|store)|evaluate\.noise)|bundle)"
    r"=(.*)",
    re.DOTALL,
)
_URL = re.compile(r"[A-Za-z][\w+.-]*://", re.ASCII)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a verb and exit with its status; a user's mistake is one line, not a traceback."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    # Closed by whoever started it; then this stays open as long as the process.
    sys.stdout = sys.stdout or Path(os.devnull).open("w")  # noqa: SIM115
    try:
        sys.exit(_run(arguments))
    except AuricleError as error:
        sys.stderr.write(f"auricle: {error}\n")
        sys.exit(1)
    except ModuleNotFoundError as error:
        sys.stderr.write(
            f"auricle: `{error.name}` is not installed. Listening needs none of it; the pipeline's "
            "packages come with `make setup` or pip install 'auricle[train]', those of clusters "
            "with 'auricle[cluster]'.\n"
        )
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # Nobody reads any more; what is left in the buffer must not raise again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:  # a full disk, a folder that cannot be written, a file in the way
        sys.stderr.write(f"auricle: {told(error)}\n")
        sys.exit(1)
    except MemoryError as error:
        sys.stderr.write(
            f"auricle: There is not enough memory ({error or 'it said no more'}): shorten "
            "preprocess.window_s, or take a smaller train.batch_size or network\n"
        )
        sys.exit(1)


def _run(arguments: list[str]) -> int:
    # Before argparse sees them: what follows `--` is a path, whatever it looks like.
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    given, after = arguments[:cut], arguments[cut + 1 :]
    options, rest = _parser().parse_known_args(given)
    if options.verb is None:
        _parser().print_help()
        return 0
    if options.verb not in STAGES and {"-m", "--multirun"} & set(rest):
        raise AuricleError(f"`-m` sweeps a stage ({', '.join(STAGES)}), not `{options.verb}`")
    overrides = [quote_path(text) for text in rest if _is_override(text)]
    others = [text for text in rest if not _is_override(text)] + [_path(text) for text in after]
    if options.verb in ("listen", "classify", "devices"):
        for text in rest:
            if text.startswith("-") and [options.verb, text] != ["listen", "-"]:
                raise AuricleError(
                    f"There is no option {text}: see `auricle {options.verb} --help`; "
                    "a file of that name goes after `--`"
                )
    call: Callable[[argparse.Namespace, list[str], list[str]], int] = options.call
    return call(options, overrides, others)


def _is_override(text: str) -> bool:
    return bool(_OVERRIDE.fullmatch(text)) and not _URL.match(text)


def _path(text: str) -> str:
    """Write a path so that it is taken for nothing else."""
    return f"./{text}" if text == "-" or _URL.match(text) else text


def _parser() -> argparse.ArgumentParser:
    formatter = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog="auricle",
        description="Labelled recordings in, a live audio classifier out.",
        epilog=_EPILOG,
        formatter_class=formatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"auricle {__version__}")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", title="verbs")

    def add(
        name: str, call: Callable[..., int], about: str, usage: str, details: str = ""
    ) -> argparse.ArgumentParser:
        verb = verbs.add_parser(
            name,
            help=about,
            description=f"{about[0].upper()}{about[1:]}.\n\n{details}".strip(),
            usage=f"auricle {name} {usage}",
            formatter_class=formatter,
            allow_abbrev=False,
        )
        verb.set_defaults(call=call)
        return verb

    repro = add(
        "repro",
        _repro,
        "build everything that is not up to date",
        "[overrides]",
        "Overrides are kept in conf/build.yaml, then `dvc repro` runs the stages they touch.\n"
        "Without overrides, what was asked for last is built. Other flags (--force, --dry ...)\n"
        "go on to dvc.",
    )
    repro.add_argument("--reset", action="store_true", help="empty conf/build.yaml first")
    add("compose", _compose, "write params.yaml from conf/ (a stage of dvc.yaml)", "[overrides]")
    swept = "sweep over values (a=1,2): each job reads the project and writes below multirun/"
    for name, (_, about) in STAGES.items():
        verb = add(name, _stage, about, "[-m] [overrides]")
        verb.add_argument("-m", "--multirun", action="store_true", help=swept)
        verb.add_argument("--params", metavar="FILE", help="read FILE instead of composing conf/")
        verb.add_argument("--cfg", choices=("job", "hydra", "all"), help="show the configuration")
    add(
        "explore",
        _explore,
        "listen to and look at a dataset before training",
        "[overrides]",
        "Measures every recording and writes reports/explore.html, a page with figures, examples\n"
        "to hear and what to do about it, and reports/explore.csv, a row a recording.",
    )
    add(
        "cross_validate",
        _cross_validate,
        "train and test on each fold in turn, and give the spread",
        "[overrides]",
        "Groups are dealt into cross_validation.folds folds, or the authors' are taken\n"
        "(dataset.split=fold); each is tested once for each of cross_validation.seeds.",
    )
    add(
        "results",
        _results,
        "compare systems on real recordings, each under the same evaluation",
        "[overrides]",
        "Measures what references/results.csv lacks, which takes hours, and writes\n"
        "references/results.md. conf/results says what is compared; results.only=[NAME] takes\n"
        "some sets or systems only.",
    )
    add(
        "listen",
        _listen,
        "name what sounds, live",
        "[FILE | URL | -] [overrides]",
        "FILE is listened to as if it were the microphone. URL is a stream (http, https, rtsp,\n"
        "rtmp, rtmps, srt, udp, rtp), opened by ffmpeg. - is raw samples on standard input, as\n"
        "realtime.source.format, rate_hz and channels say (s16le, 16000, 1). Where there is none\n"
        "of these, nor a microphone, a demonstration plays.\n"
        "After `--` an argument is a path even where it looks like an override.",
    )
    devices = add(
        "devices",
        _devices,
        "list the microphones, with their levels",
        "[--seconds S] [overrides]",
        "`auricle listen realtime.source.device=NAME` takes one: an index, an identity or a part\n"
        "of it.",
    )
    devices.add_argument(
        "--seconds", type=float, default=1.0, metavar="S", help="how long each is heard (1)"
    )
    classify = add(
        "classify",
        _classify,
        "name what sounds in files",
        "PATH... [options] [overrides]",
        "PATH is a sound file or a folder of them. The exit status is 1 if any file failed.\n"
        "After `--` an argument is a path even where it looks like an override.",
    )
    classify.add_argument("--format", default="text", choices=("text", "jsonl", "csv"))
    classify.add_argument(
        "--windows",
        action="store_true",
        help="a JSON line a file: the probabilities of each window",
    )
    classify.add_argument("--bundle", metavar="DIR", help="bundle to use (models/music_speech)")
    return parser


def _repro(options: argparse.Namespace, overrides: list[str], others: list[str]) -> int:
    from auricle.building import make_ready
    from auricle.files import write_text
    from auricle.stages.compose_config import accepted

    flags = _only_flags(others)
    importlib.import_module("dvc")  # said now where it is missing, not by a child
    if not Path("dvc.yaml").is_file():
        raise AuricleError(f"There is no dvc.yaml in {Path.cwd()}: run this in the checkout")
    make_ready()
    kept = [] if options.reset else build_overrides()
    wanted = _smoke(overrides) if overrides or _smoking() else kept
    refuse_passwords(wanted)
    if options.reset or wanted != kept:
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


def _compose(options: argparse.Namespace, overrides: list[str], others: list[str]) -> int:
    from auricle.stages.compose_config import compose_config

    _only_flags(others, allowed=False)
    compose_config(_smoke(overrides) if overrides else [])
    return 0


def _stage(options: argparse.Namespace, overrides: list[str], others: list[str]) -> int:
    flags = _only_flags(others)
    if options.params and options.multirun:
        raise AuricleError("--params is for one run: give a sweep (-m) overrides instead")
    if options.params:
        from omegaconf import OmegaConf

        from auricle.files import need_file

        if overrides or flags:
            raise AuricleError("--params takes everything from its file: give no overrides with it")
        path = need_file(Path(options.params), "run `auricle compose` first")
        config = load_yaml(path)
        if not OmegaConf.is_dict(config):
            raise AuricleError(f"{path} holds no groups: write it anew with `auricle compose`")
        _work(options.verb, config)
        return 0
    wanted = [*build_overrides(), *_smoke(overrides)]
    refuse_passwords(wanted)
    flags += ["--cfg", options.cfg] if options.cfg else []
    if flags:
        return _with_hydra(options.verb, wanted, [*flags, *["-m"] * options.multirun])
    if options.multirun:
        from auricle.sweep import sweep

        return 1 if sweep(f"sweep {options.verb}", (options.verb,), wanted).failed else 0
    _work(options.verb, compose("config", wanted))
    return 0


def _explore(options: argparse.Namespace, overrides: list[str], others: list[str]) -> int:
    from auricle.explore.run import explore

    _only_flags(others, allowed=False)
    wanted = [*build_overrides(), *_smoke(overrides)]
    refuse_passwords(wanted)
    begun = time.perf_counter()
    _tell("explore", begun, explore(wanted).told)
    return 0


def _cross_validate(options: argparse.Namespace, overrides: list[str], others: list[str]) -> int:
    from auricle.cross_validation import cross_validate

    _only_flags(others, allowed=False)
    wanted = [*build_overrides(), *_smoke(overrides)]
    refuse_passwords(wanted)
    return 1 if cross_validate(wanted).failed else 0


def _results(options: argparse.Namespace, overrides: list[str], others: list[str]) -> int:
    from auricle.comparison.run import results

    _only_flags(others, allowed=False)
    refuse_passwords(overrides)
    if _smoking():
        sys.stderr.write("AURICLE_SMOKE is set: nothing is measured, the page is written anew.\n")
    begun = time.perf_counter()
    _tell("results", begun, results(overrides, measuring=not _smoking()).told)
    return 0


def _listen(options: argparse.Namespace, overrides: list[str], others: list[str]) -> int:
    from auricle.realtime.app import Listen, listen

    if len(others) > 1:
        given = mask(", ".join(others))
        raise AuricleError(f"listen takes one file, {len(others)} were given: {given}")
    if _smoking():
        sys.stderr.write("AURICLE_SMOKE is set: the demonstration plays, whatever was asked for.\n")
        others = []
        overrides = [text for text in overrides if not _SOURCE.match(text)]
        overrides.append("realtime/source=demonstration")
    if others == ["-"]:
        overrides = ["realtime/source=stdin", *overrides]
    elif others:
        key = "url" if _URL.match(others[0]) else "path"
        overrides = [f"realtime.source.{key}={quoted(others[0])}", *overrides]
    for key, kind in (("path", "file"), ("url", "url"), ("url_env", "url")):
        if any(text.startswith(f"realtime.source.{key}=") for text in overrides):
            overrides = [f"realtime/source={kind}", *overrides]
    config, instead = parse(compose("listen", overrides), Listen), None
    if not any(_SOURCE.match(text) for text in overrides):
        # Nobody asked for a microphone: where there is none, there is still something to hear.
        shown = compose("listen", [*overrides, "realtime/source=demonstration"])
        instead = parse(shown, Listen)
    return listen(config, instead)


def _devices(options: argparse.Namespace, overrides: list[str], others: list[str]) -> int:
    from auricle.realtime.app import Listen
    from auricle.realtime.devices.meter import devices
    from auricle.realtime.sources.microphone import Config as Microphone

    _only_flags(others, allowed=False)
    config = parse(compose("listen", overrides), Listen)
    source = config.realtime.listened_to
    if not isinstance(source, Microphone):
        raise AuricleError(f"devices lists microphones, and {source.name} is none: leave it out")
    return devices(source.backend, options.seconds)


def _classify(options: argparse.Namespace, overrides: list[str], others: list[str]) -> int:
    from auricle.bundle import Classifier
    from auricle.classify import classify
    from auricle.config import resource
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
    classifier = Classifier(resource(config.bundle))
    return classify(others, classifier, config.decision, options.format, options.windows)


def quote_path(override: str) -> str:
    """Quote the value of an override that is a path, so that any file name goes through Hydra.

    A sweep over paths is written `dataset.path=choice(a,b)`: a comma belongs to a name.
    """
    match = _PATH_KEYS.fullmatch(override)
    if match is None or re.fullmatch(r"null|\?\?\?|choice\(.*\)|(['\"]).*\1", match[2], re.DOTALL):
        return override
    return f"{match[1]}={quoted(match[2])}"


def _with_hydra(verb: str, overrides: list[str], flags: list[str]) -> int:
    """Let Hydra answer what it is asked of the configuration (--cfg, --info ...)."""
    import hydra

    sys.argv = [f"auricle {verb}", *overrides, *flags]
    run = hydra.main(version_base="1.3", config_path=str(CONF_DIR), config_name="config")
    run(lambda config: _work(verb, config))()
    return 0


def _work(verb: str, config: Any) -> None:
    from auricle.job import Places, alone, run

    begun, here = time.perf_counter(), Places(Path())
    with alone(verb):
        done = run(verb, config, here, here)
    _tell(STAGES[verb][0], begun, done.told)


def _tell(name: str, begun: float, told: str) -> None:
    """Say in a line what was done, and how long it took."""
    from rich.console import Console

    Console(stderr=True, soft_wrap=True).print(
        f"{name} ({time.perf_counter() - begun:.1f} s): {told}", highlight=False, markup=False
    )


def _only_flags(others: list[str], allowed: bool = True) -> list[str]:
    wrong = [text for text in others if not (allowed and text.startswith("-"))]
    if wrong:
        raise AuricleError(f"`{wrong[0]}` is neither an override (group.key=value) nor a flag")
    return others


def _smoking() -> bool:
    return os.environ.get("AURICLE_SMOKE", "0") not in ("", "0")


def _smoke(overrides: list[str]) -> list[str]:
    """With AURICLE_SMOKE, `experiment=smoke` takes the place of any experiment."""
    if not _smoking():
        return overrides
    sys.stderr.write("AURICLE_SMOKE is set: experiment=smoke is used.\n")
    return ["experiment=smoke", *(o for o in overrides if not o.startswith("experiment="))]


def _yaml_list(items: list[str]) -> str:
    from omegaconf import OmegaConf

    return OmegaConf.to_yaml(OmegaConf.create(items)) if items else "[]\n"
