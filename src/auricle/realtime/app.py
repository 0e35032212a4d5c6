"""`auricle listen`: a source, the engine and the sinks, put together."""

import os
import signal
import sys
import threading
import uuid
from dataclasses import dataclass

from auricle.core.errors import describe_os_error
from auricle.core.project import resource
from auricle.inference.decision import Decision
from auricle.inference.scorer import Scorer
from auricle.realtime.engine import Engine
from auricle.realtime.events import Session
from auricle.realtime.privacy import dump_nothing
from auricle.realtime.settings import Realtime
from auricle.realtime.sinks import Sink
from auricle.realtime.sinks.build import notes_of, sinks_of
from auricle.realtime.sources import NoMicrophoneError, Source


@dataclass(frozen=True)
class Listen:
    """Configuration of `auricle listen` (`conf/listen.yaml`)."""

    bundle: str
    realtime: Realtime
    decision: Decision


def listen(config: Listen, instead: Listen | None = None) -> int:
    """Name what sounds until the source ends or Ctrl-C; give the exit status.

    `instead` is listened to where there is no microphone, which is said.

    Raises
    ------
    AuricleError
        The bundle or the source cannot be used.
    """
    if config.realtime.never_store_audio:
        dump_nothing()
    scorer = Scorer(resource(config.bundle))
    try:
        return _run(config, scorer)
    except NoMicrophoneError as error:
        if instead is None:
            raise
        sys.stderr.write(f"There is no microphone to listen to: {error}\n")
        return _run(instead, scorer, again=True)


def _run(config: Listen, scorer: Scorer, again: bool = False) -> int:
    source, bundle = config.realtime.listened_to, scorer.bundle
    decision = config.decision.over(bundle.decision, bundle.labels)
    session = session_of(source, scorer)
    sinks = sinks_of(config.realtime, decision, bundle.labels)
    engine = Engine(source, scorer, decision, config.realtime.engine, session, sinks)
    if threading.current_thread() is threading.main_thread():
        _end_on_signals(engine)
    status, begun, failed = 0, list[Sink](), True
    try:
        for sink in sinks:
            sink.begin(session, engine.health)
            begun.append(sink)
        for sink in sinks:
            for line in [*_head(session)[again:], *notes_of(config.realtime)]:
                sink.note(line)
        status, failed = _until_it_ends(engine), False
    finally:
        # Of a source that never gave anything, its error says enough.
        summary = "" if failed and not engine.health.windows else _summary(engine)
        status = max(status, _end(begun, engine, summary))
    if engine.hangs or any(sink.hangs for sink in sinks):
        # A device or a screen that never returns must not keep the process alive; all is written.
        os._exit(status)
    return status


def session_of(source: Source, scorer: Scorer) -> Session:
    """Say who listens to what, for the sinks."""
    bundle = scorer.bundle
    return Session(
        run_id=str(uuid.uuid4()),
        bundle=bundle.name,
        bundle_folder=str(scorer.folder),
        bundle_sha256=bundle.model_sha256,
        labels=bundle.labels,
        sample_rate_hz=bundle.preprocess.sample_rate_hz,
        hop_s=bundle.preprocess.step_s,
        source=source.name,
        demonstration=getattr(source, "demonstration", False),
    )


def _head(session: Session) -> list[str]:
    lines = [
        f"Bundle {session.bundle} ({session.bundle_folder}): names {', '.join(session.labels)}, "
        f"a decision each {session.hop_s:g} s."
    ]
    if session.demonstration:
        lines.append(
            f"This is a demonstration: the recording {session.source} (generated speech, music, "
            "both, neither) plays in place of a microphone. Ctrl-C ends it."
        )
    return lines


def _end_on_signals(engine: Engine) -> None:
    def interrupt(*_: object) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second one would cut the end short
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupt)
    for name in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, lambda *_: engine.stop())


def _until_it_ends(engine: Engine) -> int:
    try:
        engine.run()
    except KeyboardInterrupt:
        return 130  # as shells expect of Ctrl-C
    return 0


def _end(sinks: list[Sink], engine: Engine, summary: str) -> int:
    """End them all, whatever becomes of one of them; give the exit status."""
    status = 0
    for sink in sinks:
        try:
            sink.end(summary)
        except KeyboardInterrupt:
            engine.stop()
            status = 130
        except BrokenPipeError:
            pass  # nobody reads it
        except OSError as error:
            sys.stderr.write(f"auricle: {describe_os_error(error)}\n")
            status = 1
    return status


def _summary(engine: Engine) -> str:
    health = engine.health
    text = f"Heard {health.heard_s:.2f} s in {health.windows} windows; "
    text += f"dropped {health.dropped_s:.2f} s."
    if health.gaps:
        text += f" {health.gaps} gaps, {health.missing_s:.1f} s missing."
    worst = health.latency.quantile_s(0.99)
    if worst is not None:
        text += f" Decided {1000 * worst:.0f} ms after the end of a window (99th percentile)."
    return text
