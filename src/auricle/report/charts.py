"""Charts in the page's own colours: a matplotlib figure as inline SVG, or as PNG."""

import io
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from auricle.core.files import whole_file

# Each stands for a variable of the page's style, which gives it another shade in the dark.
INK, MUTED, LINE = "#1d2430", "#5d6778", "#dfe4ea"
SERIES = ("#0b66c3", "#c2570c", "#14805e", "#8347c9", "#b3265e", "#0d7590", "#7a6a00", "#4b5563")
_VARIABLES = {
    INK: "--ink",
    MUTED: "--muted",
    LINE: "--line",
    **{colour: f"--s{i}" for i, colour in enumerate(SERIES, 1)},
}
_STYLE: dict[Any, Any] = {
    "font.size": 10,
    "text.color": INK,
    "axes.edgecolor": LINE,
    "axes.labelcolor": MUTED,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": LINE,
    "grid.linewidth": 0.8,
    "xtick.color": LINE,
    "xtick.labelcolor": MUTED,
    "ytick.color": LINE,
    "ytick.labelcolor": MUTED,
    "legend.frameon": False,
    "lines.linewidth": 2,
    "lines.markersize": 5,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
}


def axes(x: str, y: str, width: float = 3.7, height: float = 2.75) -> tuple[Any, Any]:
    """Give a figure with one pair of axes, styled [inches]; small, so that a phone can show it."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        axis = figure.subplots()
        axis.set_xlabel(x)
        axis.set_ylabel(y)
    return figure, axis


def panels(heights: Sequence[float], width: float = 4.4) -> tuple[Any, list[Any]]:
    """Give a figure with axes above each other that share x, styled [inches]."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(width, sum(heights)), layout="constrained")
        rows = figure.subplots(len(heights), sharex=True, height_ratios=list(heights))
    return figure, list(rows)


def legend(axis: Any, handles: Sequence[Any], names: Sequence[str], **where: Any) -> None:
    """Name the lines; names may hold anything."""
    axis.legend(
        list(handles), [plain(name) for name in names], frameon=False, labelcolor=INK, **where
    )


def plain(text: str) -> str:
    """Text as it is, where matplotlib would read formulas, or leave out what begins with `_`."""
    escaped = text.replace("$", r"\$")
    return f" {escaped}" if escaped.startswith("_") else escaped


def svg(figure: Any, name: str) -> str:
    """Inline SVG of a figure: the same bytes each time, colours by CSS variables.

    Parameters
    ----------
    name
        Unlike that of any other figure on the page: it keeps their parts apart.
    """
    import matplotlib as mpl

    memory = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": name}), _any_letters():
        figure.savefig(memory, format="svg", metadata={"Date": None}, transparent=True)
    text = memory.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"<style type=\"text/css\">.*?</style>", "", text, flags=re.DOTALL)
    head, rest = text.split(">", 1)
    head = re.sub(r' (?:width|height|version|xmlns(?::xlink)?)="[^"]*"', "", head)
    # Some ids are hashes of addresses in memory: numbers in their order are the same each time.
    hashed = dict.fromkeys(re.findall(r'\bid="([a-z]+[0-9a-f]{10})"', rest))
    for number, found in enumerate(hashed):
        rest = rest.replace(found, f"h{number}")
    # Figures share a document, where an id may stand once.
    rest = re.sub(r'(?<=\bid=")', f"{name}-", rest)
    rest = re.sub(r'(url\(#|xlink:href="#)', rf"\g<1>{name}-", rest)
    for colour, variable in _VARIABLES.items():
        rest = rest.replace(colour, f"var({variable})")
    return f'{head} aria-hidden="true" focusable="false">{rest.strip()}'


def save_png(figure: Any, path: Path) -> None:
    """Write a figure as a picture on white, whole or not at all."""
    with whole_file(path) as file, _any_letters():
        figure.savefig(file, format="png", dpi=130, facecolor="white", metadata={"Software": None})


@contextmanager
def _any_letters() -> Iterator[None]:
    """Labels may be of a script that matplotlib's own font lacks; the page has others."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield
