"""Messages stay readable, however much there is to name."""

import pytest

from auricle.core.text import listed


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, ""),
        (2, "0, 1"),
        (13, "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12"),
        (200, "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 188 more"),
    ],
)
def test_of_many_the_first_few_are_named_and_the_others_counted(count, said):
    assert listed([str(i) for i in range(count)]) == said
