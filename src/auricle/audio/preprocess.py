"""From a recording to its windows: steps that travel in the bundle, the same live."""

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from auricle.audio import Samples
from auricle.audio.transforms import Step
from auricle.audio.windows import Windower, sliding_windows
from auricle.core.schema import check, one_of, parse_group

_MAX_RATE_HZ, _MAX_WINDOW_S = 384000, 60


@dataclass(frozen=True)
class Preprocess:
    """How sound is cut into windows, after `steps` that see the whole recording.

    Lengths in samples are rounded down, as a listener that counts whole samples must.
    """

    sample_rate_hz: int
    window_s: float
    hop_s: float
    short_clips: str
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
        one_of("short_clips", self.short_clips, ("pad", "skip"))
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
        """Windows of a whole recording [shape=(n_windows, window)]; the last partial one is left.

        A recording shorter than a window is padded with zeros to one, or has none
        (`short_clips`). An empty one has none.
        """
        for step in self._steps:
            samples = step.apply(samples, self.sample_rate_hz)
        if 0 < len(samples) < self.window and self.short_clips == "pad":
            samples = np.pad(samples, (0, self.window - len(samples)))
        return sliding_windows(samples, self.window, self.hop)

    def windower(self) -> Windower:
        """Give a cutter for a stream of blocks; `steps` are not for streams."""
        return Windower(self.window, self.hop)
