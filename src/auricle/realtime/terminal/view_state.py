"""What the terminal view knows, and the styles in which it shows it.

Colours are the terminal's own sixteen, so that they suit its background; nothing is told by colour
alone.
"""

from collections import deque
from dataclasses import dataclass, field

from rich.segment import Segment
from rich.style import Style

from auricle.realtime.events import Health, Session, Trouble, Update
from auricle.realtime.terminal.history import History

Line = list[Segment]

PLAIN, BOLD, DIM = Style(), Style(bold=True), Style(dim=True)
ALARM = Style(color="red", bold=True)
ALARM_BAR = Style(color="red", bold=True, reverse=True)
_LABELS = [Style(color=name) for name in ("magenta", "green", "cyan", "blue")]
METER = Style(color="cyan")


@dataclass
class ViewState:
    """All that the view knows.

    `update` is the last one, or none where nothing is heard; `up_s` how long it listens; `since_s`
    when in the stream each label that is on began; `open` each open trouble with the `up_s` when it
    began; `told` the last events, the newest first, each with its time.
    """

    session: Session
    health: Health
    past: History
    up_s: float = 0.0
    update: Update | None = None
    since_s: dict[str, float] = field(default_factory=dict)
    open: dict[str, tuple[Trouble, float]] = field(default_factory=dict)
    told: deque[tuple[str, str, Style]] = field(default_factory=lambda: deque(maxlen=200))


def of_label(index: int, bold: bool = False) -> Style:
    """Give the style of a label of the bundle."""
    style = _LABELS[index % len(_LABELS)]
    return style + BOLD if bold else style
