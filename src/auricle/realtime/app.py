"""`auricle listen`: what a person sees of the engine."""

import signal
import sys
import threading
from dataclasses import dataclass, field
from typing import TextIO

from auricle.bundle import Classifier
from auricle.config import resource
from auricle.decision import Change, Decision
from auricle.realtime.engine import Engine, Moment, Realtime


@dataclass(frozen=True)
class Listen:
    """Configuration of `auricle listen` (`conf/listen.yaml`)."""

    bundle: str
    realtime: Realtime
    decision: Decision


@dataclass
class PlainLines:
    """A line as each sound begins and ends."""

    out: TextIO = field(default_factory=lambda: sys.stdout)
    _begun: dict[str, float] = field(default_factory=dict)

    def moment(self, moment: Moment) -> None:
        """Say what changed in one window."""
        self.changes(moment.changes)

    def changes(self, changes: list[Change]) -> None:
        """Say what began and ended."""
        for change in changes:
            if change.kind == "begin":
                self._begun[change.label] = change.time_s
                self._say(change.time_s, f"{change.label} begins ({change.confidence:.0%})")
            else:
                lasted = change.time_s - self._begun.pop(change.label, change.time_s)
                text = f"{change.label} ends after {lasted:.2f} s ({change.confidence:.0%})"
                self._say(change.time_s, text)

    def line(self, text: str) -> None:
        """Say anything else."""
        self.out.write(text + "\n")
        self.out.flush()

    def _say(self, time_s: float, text: str) -> None:
        minutes, seconds = divmod(time_s, 60)
        self.line(f"{int(minutes):02d}:{seconds:05.2f}  {text}")


def listen(config: Listen) -> int:
    """Name what sounds until the source ends or Ctrl-C; give the exit status."""
    sink = PlainLines()
    classifier = Classifier(resource(config.bundle))
    bundle = classifier.bundle
    decision = config.decision.over(bundle.decision)
    source = config.realtime.source
    sink.line(
        f"Bundle {bundle.name} ({classifier.folder}): names {', '.join(bundle.labels)}, "
        f"a decision each {bundle.preprocess.hop_s:g} s."
    )
    if source.demonstration:
        sink.line(
            f"This is a demonstration: the recording {source.path} (generated speech, music, "
            "both, neither) plays in place of a microphone. Ctrl-C ends it."
        )
    else:
        sink.line(f"Listening to {source.name}. Ctrl-C ends it.")
    engine = Engine(source, classifier, decision, config.realtime, sink.moment)
    _stop_on_terminate(engine)
    status = 0
    try:
        engine.run()
    except KeyboardInterrupt:
        status = 130  # as shells expect of Ctrl-C
    sink.changes(engine.finish())
    counts, rate = engine.counts, bundle.preprocess.sample_rate_hz
    sink.line(
        f"Heard {counts.samples / rate:.2f} s in {counts.windows} windows; "
        f"dropped {counts.dropped_samples / rate:.2f} s."
    )
    return status


def _stop_on_terminate(engine: Engine) -> None:
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, lambda *_: engine.stop())
