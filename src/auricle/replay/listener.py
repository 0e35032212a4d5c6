"""The engine hears a playlist: what it told, and when."""

from collections.abc import Sequence
from dataclasses import dataclass

from auricle.core.errors import AuricleError
from auricle.inference.scorer import Scorer
from auricle.realtime.engine import Engine
from auricle.realtime.events import Health, Session, Sound, Update
from auricle.realtime.sinks import Sink
from auricle.replay.playlist import Played, Playlist, Recording
from auricle.replay.replay_settings import Replay


@dataclass(frozen=True)
class Event:
    """A sound as the engine told it, from `start_s` to `end_s`.

    `told_s` and `ended_s` are when it told that it began and that it ended: the ends of the windows
    in which it decided so. All are times of the playlist.
    """

    label: str
    start_s: float
    end_s: float
    told_s: float
    ended_s: float
    confidence: float


@dataclass(frozen=True)
class Replayed:
    """What was played, and what was told of it; `left_out` recordings were not played."""

    played: list[Played]
    events: list[Event]
    windows: int
    left_out: int

    @property
    def seconds(self) -> float:
        """Length of the playlist."""
        return self.played[-1].until_s if self.played else 0.0


class Listener(Sink):
    """A sink that remembers what is told, and in which window.

    Changes are told before the update of the window that they were decided in.
    """

    wants_updates = True

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._changes: list[Sound] = []
        self._told_s: dict[str, float] = {}

    def sound(self, sound: Sound) -> None:
        """Keep what begins or ends until its window is known."""
        if sound.kind != "ongoing":
            self._changes.append(sound)

    def update(self, update: Update) -> None:
        """Date what was told since the last window."""
        self.date(update.end_s)

    def date(self, now_s: float) -> None:
        """Say when what was told since the last time was told."""
        for sound in self._changes:
            if sound.kind == "start":
                self._told_s[sound.label] = now_s
            else:
                told_s = self._told_s.pop(sound.label)
                self.events.append(
                    Event(sound.label, sound.start_s, sound.end_s, told_s, now_s, sound.confidence)
                )
        self._changes.clear()


def replay(recordings: Sequence[Recording], scorer: Scorer, settings: Replay) -> Replayed:
    """Play recordings to the engine, with the bundle's own decision, as fast as it can.

    Raises
    ------
    AuricleError
        A recording cannot be decoded, or the engine did not hear all there was.
    """
    playlist, listener, bundle = Playlist(recordings, settings), Listener(), scorer.bundle
    preprocess = bundle.preprocess
    session = Session(
        run_id=playlist.name,
        bundle=bundle.name,
        bundle_folder=str(scorer.folder),
        bundle_sha256=bundle.model_sha256,
        labels=bundle.labels,
        sample_rate_hz=preprocess.sample_rate_hz,
        hop_s=preprocess.step_s,
        source=playlist.name,
        demonstration=False,
    )
    engine = Engine(playlist, scorer, bundle.decision, settings.engine, session, [listener])
    engine.run()
    listener.date(playlist.samples / preprocess.sample_rate_hz)
    refuse_unheard(engine.health, preprocess.windows_of(playlist.samples))
    left_out = len(recordings) - len(playlist.played)
    return Replayed(playlist.played, listener.events, engine.health.windows, left_out)


def refuse_unheard(health: Health, windows: int) -> None:
    """Refuse figures of an engine that did not hear each of the `windows` there were.

    Raises
    ------
    AuricleError
        What it missed.
    """
    if health.windows != windows or health.dropped_s or health.gaps or health.overflows:
        raise AuricleError(
            f"The engine heard {health.windows} of {windows} windows, dropped "
            f"{health.dropped_s:g} s, and found {health.gaps} gaps and {health.overflows} "
            "overflows in a source that has none, so its events mean nothing: run it again, and "
            "report it if it stays so"
        )
