"""`auricle VERB [overrides]`: the one entry; dvc.yaml calls the same verbs."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from auricle import __version__
from auricle.cli.overrides import as_path, is_override, quote_path
from auricle.cli.verbs import (
    run_classify,
    run_compose,
    run_cross_validate,
    run_devices,
    run_explore,
    run_listen,
    run_repro,
    run_results,
    run_stage,
)
from auricle.core.errors import AuricleError, describe_os_error
from auricle.pipeline.runner import STAGES

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
        sys.stderr.write(f"auricle: {describe_os_error(error)}\n")
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
    overrides = [quote_path(text) for text in rest if is_override(text)]
    others = [text for text in rest if not is_override(text)] + [as_path(text) for text in after]
    if options.verb in ("listen", "classify", "devices"):
        for text in rest:
            if text.startswith("-") and [options.verb, text] != ["listen", "-"]:
                raise AuricleError(
                    f"There is no option {text}: see `auricle {options.verb} --help`; "
                    "a file of that name goes after `--`"
                )
    call: Callable[[argparse.Namespace, list[str], list[str]], int] = options.call
    return call(options, overrides, others)


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
        run_repro,
        "build everything that is not up to date",
        "[overrides]",
        "Overrides are kept in conf/build.yaml, then `dvc repro` runs the stages they touch.\n"
        "Without overrides, what was asked for last is built. Other flags (--force, --dry ...)\n"
        "go on to dvc.",
    )
    repro.add_argument("--reset", action="store_true", help="empty conf/build.yaml first")
    add("compose", run_compose, "write params.yaml from conf/ (a stage of dvc.yaml)", "[overrides]")
    swept = "sweep over values (a=1,2): each job reads the project and writes below multirun/"
    for name, (_, about) in STAGES.items():
        verb = add(name, run_stage, about, "[-m] [overrides]")
        verb.add_argument("-m", "--multirun", action="store_true", help=swept)
        verb.add_argument("--params", metavar="FILE", help="read FILE instead of composing conf/")
        verb.add_argument("--cfg", choices=("job", "hydra", "all"), help="show the configuration")
    add(
        "explore",
        run_explore,
        "listen to and look at a dataset before training",
        "[overrides]",
        "Measures every recording and writes reports/explore.html, a page with figures, examples\n"
        "to hear and what to do about it, and reports/explore.csv, a row a recording.",
    )
    add(
        "cross_validate",
        run_cross_validate,
        "train and test on each fold in turn, and give the spread",
        "[overrides]",
        "Groups are dealt into cross_validation.folds folds, or the authors' are taken\n"
        "(dataset.split=fold); each is tested once for each of cross_validation.seeds.",
    )
    add(
        "results",
        run_results,
        "compare systems on real recordings, each under the same evaluation",
        "[overrides]",
        "Measures what references/results.csv lacks, which takes hours, and writes\n"
        "references/results.md. conf/results says what is compared; results.only=[NAME] takes\n"
        "some sets or systems only.",
    )
    add(
        "listen",
        run_listen,
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
        run_devices,
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
        run_classify,
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
