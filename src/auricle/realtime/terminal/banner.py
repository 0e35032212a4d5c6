"""Words in large letters, for terminals: a font of five rows."""

from functools import cache

# Three times fifteen signs, each above its five rows of up to five columns.
_FONT = (
    "A     B     C     D     E     F     G     H     I     J     K     L     M     N     O",
    ".##.. ###.. .###. ###.. ####. ####. .###. #..#. ###.. ..##. #..#. #.... #...# #...# .##..",
    "#..#. #..#. #.... #..#. #.... #.... #.... #..#. .#... ...#. #.#.. #.... ##.## ##..# #..#.",
    "####. ###.. #.... #..#. ###.. ###.. #.##. ####. .#... ...#. ##... #.... #.#.# #.#.# #..#.",
    "#..#. #..#. #.... #..#. #.... #.... #..#. #..#. .#... #..#. #.#.. #.... #...# #..## #..#.",
    "#..#. ###.. .###. ###.. ####. #.... .###. #..#. ###.. .##.. #..#. ####. #...# #...# .##..",
    "P     Q     R     S     T     U     V     W     X     Y     Z     0     1     2     3",
    "###.. .##.. ###.. .###. ##### #..#. #...# #...# #...# #...# ####. .##.. .#... ###.. ###..",
    "#..#. #..#. #..#. #.... ..#.. #..#. #...# #...# .#.#. .#.#. ...#. #.##. ##... ...#. ...#.",
    "###.. #..#. ###.. .##.. ..#.. #..#. #...# #.#.# ..#.. ..#.. .##.. ##.#. .#... .##.. .##..",
    "#.... #.##. #.#.. ...#. ..#.. #..#. .#.#. ##.## .#.#. ..#.. #.... #..#. .#... #.... ...#.",
    "#.... .###. #..#. ###.. ..#.. .##.. ..#.. #...# #...# ..#.. ####. .##.. ###.. ####. ###..",
    "4     5     6     7     8     9     -     _     &     +     /     (     )     '     .",
    "#..#. ####. .##.. ####. .##.. .##.. ..... ..... .##.. ..... ..#.. .#... #.... #.... .....",
    "#..#. #.... #.... ...#. #..#. #..#. ..... ..... #..#. .#... ..#.. #.... .#... #.... .....",
    "####. ###.. ###.. ..#.. .##.. .###. ###.. ..... .##.. ###.. .#... #.... .#... ..... .....",
    "...#. ...#. #..#. .#... #..#. ...#. ..... ..... #..#. .#... #.... #.... .#... ..... .....",
    "...#. ###.. .##.. .#... .##.. .##.. ..... ####. .##.# ..... #.... .#... #.... ..... #....",
)
_ROWS = 5
_HALVES = {"..": " ", "#.": "▀", ".#": "▄", "##": "█"}


def _glyphs() -> dict[str, list[str]]:
    glyphs = {" ": ["..."] * _ROWS}
    for top in range(0, len(_FONT), _ROWS + 1):
        for at, sign in enumerate(_FONT[top][::6]):
            cells = [row[6 * at : 6 * at + 5] for row in _FONT[top + 1 : top + 1 + _ROWS]]
            width = max(len(cell.rstrip(".")) for cell in cells)
            glyphs[sign] = [cell[:width] for cell in cells]
    return glyphs


_GLYPHS = _glyphs()


@cache
def large(word: str, size: int) -> list[str] | None:
    """Give the lines that show a word, all of one width; none where a sign of it has no letter.

    A point of the font is a column and half a line at `size` 1, two columns and a line at 2, and so
    on by even sizes.
    """
    signs = [_GLYPHS.get(sign) for sign in word.upper()]
    if None in signs:
        return None
    rows = [".".join(sign[i] for sign in signs if sign) for i in range(_ROWS)]
    if size == 1:
        pairs = zip(rows[::2], [*rows[1::2], "." * len(rows[0])], strict=True)
        return ["".join(_HALVES[a + b] for a, b in zip(*pair, strict=True)) for pair in pairs]
    lines = ("".join(("█" if dot == "#" else " ") * size for dot in row) for row in rows)
    return [line for line in lines for _ in range(size // 2)]
