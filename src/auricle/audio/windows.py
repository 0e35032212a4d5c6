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
        self._none_yet = True

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
        self._none_yet = self._none_yet and not len(windows)
        return windows

    def pad(self) -> Samples:
        """End the stream: give what is left, filled up with zeros [shape=(0 or 1, window)]."""
        missing = missing_zeros(len(self._rest), self.window, self.hop, self._none_yet)
        if missing is None:
            return np.zeros((0, self.window), np.float32)
        return np.pad(self._rest, (0, missing))[None]


def missing_zeros(rest: int, window: int, hop: int, first: bool) -> int | None:
    """How many zeros make a window of the last samples, or none if they are not worth one.

    Half a hop of samples that no window before it holds is; of the `first` window, any is.

    Parameters
    ----------
    rest
        Samples from where that window would start to the end; all are, of the first one.
    """
    new = rest if first else rest - max(0, window - hop)
    least = 1 if first else min(hop, window) / 2
    return window - rest if new >= least else None
