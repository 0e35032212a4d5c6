"""Numbers and names as a person would say them."""


def percent(value: float) -> str:
    """0.973 -> 97.3 %; all or none without a decimal."""
    text = f"{100 * value:.1f}"
    return f"{text.removesuffix('.0')}\N{NO-BREAK SPACE}%"


def counted(number: int, one: str, many: str | None = None) -> str:
    """1 recording, 12 recordings."""
    return f"{number:,} {one if number == 1 else many or one + 's'}".replace(
        ",", "\N{NO-BREAK SPACE}"
    )


def joined(names: list[str], word: str = "and") -> str:
    """List names: a, b and c."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {word} {names[-1]}"
