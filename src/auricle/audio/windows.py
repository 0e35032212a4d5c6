"""Windows of a signal: of the whole of it, or of a stream of blocks."""

import numpy as np

from auricle.audio import Samples


def sliding_windows(samples: Samples, window: int, hop: int) -> Samples:
    """View of the whole windows of a signal [shape=(n_windows, window)]; the rest is left out.

    Window i starts at sample i * hop. A signal shorter than a window has none.
    """
    if len(samples) < window:
        return np.zeros((0, window), np.float32)
    return np.lib.stride_tricks.sliding_window_view(samples, window)[::hop]


class Windower:
    """Cut a stream of blocks into the windows that `sliding_windows` gives for the whole of it."""

    def __init__(self, window: int, hop: int) -> None:
        self.window, self.hop = window, hop
        self._rest = np.zeros(0, np.float32)
        self._skip = 0  # samples to pass over, where a hop is longer than a window

    @property
    def lacks(self) -> int:
        """How many samples the next window waits for."""
        return self.window + self._skip - len(self._rest)

    def push(self, block: Samples) -> Samples:
        """Take a block of any size, give the windows it completes [shape=(n_windows, window)]."""
        skipped = min(self._skip, len(block))
        self._skip -= skipped
        samples = np.concatenate([self._rest, block[skipped:]])
        windows = sliding_windows(samples, self.window, self.hop)
        used = len(windows) * self.hop
        self._skip += max(0, used - len(samples))
        self._rest = samples[used:]
        return windows
