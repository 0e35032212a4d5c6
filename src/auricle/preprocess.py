"""From a recording to its windows: steps that travel in the bundle, the same live."""

import math
from dataclasses import dataclass

import numpy as np

from auricle.audio import Samples, Windower, sliding_windows
from auricle.config import check, one_of

_MAX_RATE_HZ, _MAX_WINDOW_S = 384000, 60


@dataclass(frozen=True)
class Preprocess:
    """How sound is cut into windows.

    Lengths in samples are rounded down, as a listener that counts whole samples must.
    """

    sample_rate_hz: int
    window_s: float
    hop_s: float
    short_clips: str

    def __post_init__(self) -> None:
        check(
            0 < self.sample_rate_hz <= _MAX_RATE_HZ,
            f"sample_rate_hz={self.sample_rate_hz} must be positive, at most {_MAX_RATE_HZ}",
        )
        for name in ("window_s", "hop_s"):
            value = getattr(self, name)
            check(0 < value < math.inf, f"{name}={value} must be positive and finite")
        # A window is held in memory many times over, and a bundle from elsewhere may ask for any.
        check(
            self.window_s <= _MAX_WINDOW_S,
            f"window_s={self.window_s} must be at most {_MAX_WINDOW_S}",
        )
        check(self.window > 0, f"window_s={self.window_s} must hold at least one sample")
        check(self.hop > 0, f"hop_s={self.hop_s} must be at least one sample")
        one_of("short_clips", self.short_clips, ("pad", "skip"))

    @property
    def window(self) -> int:
        """Samples in a window."""
        # A float product can fall just short of a whole number: 0.35 * 20 is 6.999...
        return int(self.window_s * self.sample_rate_hz + 1e-6)

    @property
    def hop(self) -> int:
        """Samples from the start of one window to the start of the next."""
        return int(self.hop_s * self.sample_rate_hz + 1e-6)

    @property
    def step_s(self) -> float:
        """Seconds from window to window as it is: a hop of whole samples."""
        return self.hop / self.sample_rate_hz

    def windows(self, samples: Samples) -> Samples:
        """Windows of a whole recording [shape=(n_windows, window)]; the last partial one is left.

        A recording shorter than a window is padded with zeros to one, or has none
        (`short_clips`). An empty one has none.
        """
        if 0 < len(samples) < self.window and self.short_clips == "pad":
            samples = np.pad(samples, (0, self.window - len(samples)))
        return sliding_windows(samples, self.window, self.hop)

    def windower(self) -> Windower:
        """Give a cutter for a stream of blocks."""
        return Windower(self.window, self.hop)
