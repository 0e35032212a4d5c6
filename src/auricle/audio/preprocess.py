"""From a recording to its windows: steps that travel in the bundle, the same live."""

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from auricle.audio import Samples
from auricle.audio.transforms import Step
from auricle.audio.windows import Windower, missing_zeros, sliding_windows
from auricle.core.schema import AUTO, check, one_of, parse_group

_MAX_RATE_HZ, _MAX_WINDOW_S = 384000, 60


@dataclass(frozen=True)
class Preprocess:
    """How sound is cut into windows, after `steps` that see the whole recording.

    Lengths in samples are rounded down, as a listener that counts whole samples must.
    """

    sample_rate_hz: int
    window_s: float
    hop_s: float
    tails: str
    steps: list[dict[str, Any]] = field(hash=False)

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
        one_of("tails", self.tails, ("pad", "skip"))
        kinds = [step.kind for step in self._steps]
        check(
            "trim" not in kinds or "fit" in kinds[kinds.index("trim") :],
            "steps has a trim, after which recordings are of any length: add {kind: fit} after it",
        )

    @cached_property
    def _steps(self) -> list[Step]:
        return [parse_group(step, Step, f"steps[{i}]") for i, step in enumerate(self.steps)]

    @property
    def why_not_live(self) -> str:
        """What of a recording must be known before its first window; empty: nothing."""
        kinds = ", ".join(step.kind for step in self._steps)
        return f"preprocess.steps ({kinds}) need the whole recording" if kinds else ""

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

    @property
    def length_s(self) -> float:
        """Seconds in a window as it is: whole samples."""
        return self.window / self.sample_rate_hz

    def windows_in(self, context_s: float | None) -> int:
        """Return how many windows, the newest included, lie within the last `context_s` seconds.

        That is one where there is no context.
        """
        return 1 + max(0, math.floor(((context_s or 0) - self.window_s) / self.hop_s + 1e-6))

    def windows(self, samples: Samples) -> Samples:
        """Windows of a whole recording [shape=(n_windows, window)].

        What is left after the last whole window, if it is half a hop or more, makes another one,
        filled up with zeros; so does all of a recording shorter than a window (`tails: pad`), or
        it is left out (`skip`). An empty recording has no window.
        """
        for step in self._steps:
            samples = step.apply(samples, self.sample_rate_hz)
        count, length = self.windows_of(len(samples)), len(samples)
        needed = (count - 1) * self.hop + self.window if count else 0
        if needed > length:
            samples = np.pad(samples, (0, needed - length))
        return sliding_windows(samples, self.window, self.hop)

    def windows_of(self, length: int) -> int:
        """Return how many windows a recording of so many samples has."""
        whole = 1 + (length - self.window) // self.hop if length >= self.window else 0
        if self.tails == "skip":
            return whole
        rest = length - whole * self.hop
        return whole + (missing_zeros(rest, self.window, self.hop, not whole) is not None)

    def heard(self, length: int) -> int:
        """Return how many samples of a recording of so many are in a window."""
        count = self.windows_of(length)
        gaps = max(0, self.hop - self.window) * max(0, count - 1)
        return min(length, (count - 1) * self.hop + self.window) - gaps if count else 0

    def windower(self) -> Windower:
        """Give a cutter for a stream of blocks; `steps` are not for streams."""
        return Windower(self.window, self.hop)

    def end(self, windower: Windower) -> Samples:
        """Last window of a stream that is over, if there is one [shape=(0 or 1, window)]."""
        return windower.pad()[: 1 if self.tails == "pad" else 0]


@dataclass(frozen=True)
class PreprocessSettings:
    """How sound is to be cut: `Preprocess`, with lengths that may be `auto`."""

    sample_rate_hz: int
    window_s: Any
    hop_s: Any
    tails: str
    steps: list[dict[str, Any]] = field(hash=False)

    def __post_init__(self) -> None:
        for name in ("window_s", "hop_s"):
            value = getattr(self, name)
            number = isinstance(value, int | float) and not isinstance(value, bool)
            check(number or value == AUTO, f"{name}={value} must be a number of seconds, or auto")
        self.fitted(0.25, 0.25)

    def fitted(self, window_s: float, hop_s: float) -> Preprocess:
        """Return what is set, with these lengths where it is `auto`; a hop leaves no gap."""
        window_s = window_s if self.window_s == AUTO else float(self.window_s)
        hop_s = min(hop_s, window_s) if self.hop_s == AUTO else float(self.hop_s)
        return Preprocess(self.sample_rate_hz, window_s, hop_s, self.tails, self.steps)
