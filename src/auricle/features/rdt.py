"""Reaction-Diffusion Transform: how a signal differs from itself some moments before and after.

Dogaru and Dogaru, ISETC 2020, doi 10.1109/ISETC50328.2020.9301110.
"""

from dataclasses import dataclass

import numpy as np

from auricle.audio import Samples
from auricle.core.errors import AuricleError
from auricle.core.schema import check
from auricle.features import Features
from auricle.features.spectrum import Array, framed

_LEAST = np.float32(1e-12)


@dataclass(frozen=True)
class Config(Features):
    """Configuration of `kind: rdt`."""

    frame_s: float
    delays_s: list[float]
    relative: bool

    def __post_init__(self) -> None:
        check(self.frame_s > 0, f"frame_s={self.frame_s} must be positive")
        check(bool(self.delays_s), "delays_s is empty: name at least one delay")
        for delay_s in self.delays_s:
            check(delay_s > 0, f"delays_s={delay_s} must be positive")

    def frame(self, sample_rate_hz: int) -> int:
        """Give the samples of a frame."""
        return round(self.frame_s * sample_rate_hz)

    def delays(self, sample_rate_hz: int) -> list[int]:
        """Give the distinct delays in samples, those beyond a quarter of the frame left out.

        Raises
        ------
        AuricleError
            None is left.
        """
        most = self.frame(sample_rate_hz) / 4
        rounded = dict.fromkeys(max(1, round(s * sample_rate_hz)) for s in self.delays_s)
        kept = [delay for delay in rounded if delay <= most]
        check(
            bool(kept),
            f"features.delays_s={self.delays_s} are all longer than a quarter of "
            f"features.frame_s={self.frame_s}: name shorter ones",
        )
        return kept


def extract(windows: Samples, sample_rate_hz: int, config: Config) -> Array:
    """Second differences over each delay [shape=(n_windows, n_frames, n_delays)].

    With frame x of w samples and delay d, over t = d ... w - d - 2, it is a quarter of the mean of
    |x(t - d) + x(t + d) - 2 x(t)|; `relative`, each of them divided by
    |x(t - d)| + |x(t + d)| + 2 |x(t)| first, which is blind to level and at most 1/4. A sine of
    amplitude A and frequency f gives 2 A / pi * sin^2(pi f d / sample_rate).

    Raises
    ------
    AuricleError
        A window is shorter than one frame.
    """
    length = config.frame(sample_rate_hz)
    if windows.shape[1] < length:
        raise AuricleError(
            f"A window of {windows.shape[1]} samples holds no frame of features.frame_s="
            f"{config.frame_s}: lengthen preprocess.window_s or lower features.frame_s"
        )
    frames = framed(windows, length, length)
    delays = config.delays(sample_rate_hz)
    twice = 2 * frames
    found = np.empty((*frames.shape[:2], len(delays)), np.float32)
    for column, delay in enumerate(delays):
        stop = length - delay - 1
        before, after = frames[..., : stop - delay], frames[..., 2 * delay : stop + delay]
        now = twice[..., delay:stop]
        differ = before + after
        differ -= now
        np.abs(differ, out=differ)
        if config.relative:
            differ /= np.abs(before) + np.abs(after) + np.abs(now) + _LEAST
        # By numpy's pairwise sum over the last axis: the same bits for one window and for many.
        found[..., column] = differ.mean(axis=-1) / 4
    return found
