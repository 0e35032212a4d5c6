"""Where it is told: on the screen, in files. A file a sink, twins behind one protocol."""

from auricle.audio import Samples
from auricle.realtime.events import Health, Session, Sound, Trouble, Update


class Sink:
    """Something that is told what is heard, in order, by one thread; it takes what it wants.

    A sink that cannot tell raises `OSError`: the others say so, and listening goes on. `refresh_s`:
    after how long a screen is to be drawn anew although nothing was told. `hangs`: it did not
    return from its end.
    """

    wants_audio = False
    wants_updates = False
    refresh_s = 60.0
    hangs = False

    def begin(self, session: Session, health: Health) -> None:
        """Learn who listens to what; `health` is kept up to date by the engine.

        Raises
        ------
        OSError
            It will not be able to tell: better not to listen at all.
        """

    def note(self, text: str) -> None:
        """Take a line about the listener itself."""

    def audio(self, start_s: float, samples: Samples) -> None:
        """Take the next samples [shape=(n,)] at the bundle's rate, before what is heard in them."""

    def update(self, update: Update) -> None:
        """Take what is known at the end of a window."""

    def sound(self, sound: Sound) -> None:
        """Take a sound that begins, goes on or ends."""

    def trouble(self, trouble: Trouble) -> None:
        """Take a trouble that begins or ends."""

    def refresh(self) -> None:
        """Draw a screen anew: something was told since, or `refresh_s` have passed."""

    def hurry(self) -> None:
        """Wait for nobody any more, in whatever thread: the listener was told to end."""

    def end(self, summary: str) -> None:
        """Complete what is open; nothing comes after it. An empty summary is not worth saying."""
