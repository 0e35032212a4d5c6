"""A recording, measured while it is decoded: level, silence, clipping, bandwidth, DC offset."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from auricle.audio import Samples
from auricle.audio.preprocess import Preprocess
from auricle.audio.windows import Windower
from auricle.core.schema import check
from auricle.datasets.clips import Clip
from auricle.datasets.inspection import Inspected, inspect
from auricle.features.spectrum import hann

_N_FFT = 2048  # samples a frame of the mean spectrum
_BITS = {"PCM_S8": 8, "PCM_U8": 8}  # of what has fewer than the 16 of everything else
_NOTHING = 2.0**-32  # power of half a 16-bit step: digital silence, dithered or not, lies below


@dataclass(frozen=True)
class Explore:
    """What counts as silent, clipped, too few; how many examples are shown."""

    silence_db: float
    clipped_run: int
    bandwidth_db: float
    few_groups: int
    shortcut: float
    level_gap_db: float
    bandwidth_gap_hz: float
    examples_per_class: int
    most_examples: int
    excerpt_s: float

    def __post_init__(self) -> None:
        for name in ("silence_db", "clipped_run", "bandwidth_db", "excerpt_s"):
            check(getattr(self, name) > 0, f"{name}={getattr(self, name)} must be positive")
        not_negative = ("few_groups", "level_gap_db", "bandwidth_gap_hz")
        for name in (*not_negative, "examples_per_class", "most_examples"):
            check(getattr(self, name) >= 0, f"{name}={getattr(self, name)} must not be negative")
        check(0.5 <= self.shortcut <= 1, f"shortcut={self.shortcut} must lie in [0.5, 1]")


@dataclass(frozen=True)
class Measured:
    """What was found in one recording, at its own rate.

    `level_dbfs` is the mean power of the windows that are not silent, without DC offset; `peak` is
    the largest absolute sample, of full scale, `offset` the mean sample. Shares are of windows
    (`silent`, of which `digital` hold nothing at all) or of samples (`clipped`, in `clipped_runs`
    runs). `channels` is 0 where ffmpeg decoded, which gives their mean. `bandwidth_hz` is 0 where
    nothing sounds; `loudest_s` is where the loudest `excerpt_s` begin.
    """

    inspected: Inspected
    format: str = ""
    sample_rate_hz: int = 0
    channels: int = 0
    seconds: float = 0.0
    level_dbfs: float = -120.0
    peak: float = 0.0
    silent: float = 1.0
    digital: float = 1.0
    clipped: float = 0.0
    clipped_runs: int = 0
    bandwidth_hz: float = 0.0
    offset: float = 0.0
    loudest_s: float = 0.0


def measure(clip: Clip, preprocess: Preprocess, explore: Explore) -> Measured:
    """Decode a recording once and measure it.

    Raises
    ------
    AuricleError
        The file is no longer the one that was fetched.
    """
    form, channels, bits = _header(Path(clip.path))
    meter = Meter(preprocess.window_s, explore, bits)
    inspected = inspect(clip, preprocess.sample_rate_hz, meter.push)
    if inspected.problem:
        return Measured(inspected, format=form)
    return meter.measured(inspected, form, channels)


def _header(path: Path) -> tuple[str, int, int]:
    """Format, channels and bits a sample, as libsndfile reads them from a file's header."""
    try:
        info = soundfile.info(path)
    except (soundfile.LibsndfileError, OSError):
        return path.suffix.lstrip(".").upper(), 0, 16
    return f"{info.format} {info.subtype}", info.channels, _BITS.get(info.subtype, 16)


class Meter:
    """Measures sound block by block; what it keeps is four numbers a second.

    Parameters
    ----------
    window_s
        Length of the windows whose levels are taken.
    bits
        Of a sample as it is stored, which say how large full scale is.
    """

    def __init__(self, window_s: float, explore: Explore, bits: int = 16) -> None:
        self._window_s, self._explore = window_s, explore
        self._full_scale = 1 - 2.0 ** (1 - bits)
        self._rate = 0
        self._count = self._clipped = self._runs = self._run = 0
        self._sum = self._squares = self._peak = 0.0
        self._powers: list[npt.NDArray[np.float64]] = []
        self._spectrum = np.zeros(_N_FFT // 2 + 1)

    def push(self, block: Samples, sample_rate_hz: int) -> None:
        """Take the next samples [shape=(n, channels)]."""
        if not self._rate:
            self._rate = sample_rate_hz
            window = max(1, round(self._window_s * sample_rate_hz))
            self._windows, self._frames = Windower(window, window), Windower(_N_FFT, _N_FFT)
        mono = block.mean(axis=1)
        self._count += len(mono)
        self._sum += float(mono.sum(dtype=np.float64))
        self._squares += float(np.square(mono, dtype=np.float64).sum())
        largest = np.abs(block).max(axis=1)
        self._peak = max(self._peak, float(largest.max(initial=0.0)))
        self._clip(largest >= self._full_scale)
        windows = self._windows.push(mono)
        self._powers.append(np.mean(np.square(windows, dtype=np.float64), axis=1))
        spectrum = np.fft.rfft(self._frames.push(mono) * hann(_N_FFT))
        self._spectrum += np.square(np.abs(spectrum)).sum(axis=0)

    def _clip(self, full: npt.NDArray[np.bool_]) -> None:
        """Count samples at full scale, and runs of them; a run may go on in the next block."""
        self._clipped += int(full.sum())
        enough = self._explore.clipped_run
        full = np.concatenate([np.ones(self._run, bool), full])  # what has gone before
        edges = np.flatnonzero(np.diff(full, prepend=False, append=False))
        lengths = edges[1::2] - edges[::2]
        counted_before = self._run == enough
        self._runs += int((lengths >= enough).sum()) - counted_before
        self._run = min(enough, int(lengths[-1])) if len(full) and full[-1] else 0

    def measured(self, inspected: Inspected, form: str, channels: int) -> Measured:
        """Sum up, once all has been pushed."""
        powers = np.concatenate(self._powers)
        if not len(powers):  # shorter than a window
            powers = np.array([self._squares / self._count])
        # A DC offset is no sound, and would hide pauses.
        offset = self._sum / self._count
        powers = np.maximum(0.0, powers - offset**2)
        active = powers > max(_NOTHING, powers.max() / 10 ** (self._explore.silence_db / 10))
        level = powers[active].mean() if active.any() else 0.0
        heard = np.flatnonzero(
            self._spectrum > self._spectrum.max() / 10 ** (self._explore.bandwidth_db / 10)
        )
        return Measured(
            inspected,
            form,
            self._rate,
            channels,
            seconds=self._count / self._rate,
            level_dbfs=10 * float(np.log10(max(level, 1e-12))),
            peak=self._peak,
            silent=1 - float(active.mean()),
            digital=float((powers <= _NOTHING).mean()),
            clipped=self._clipped / self._count,
            clipped_runs=self._runs,
            bandwidth_hz=float(heard[-1]) * self._rate / _N_FFT if len(heard) else 0.0,
            offset=offset,
            loudest_s=self._loudest_s(powers),
        )

    def _loudest_s(self, powers: npt.NDArray[np.float64]) -> float:
        """Seconds at which the `excerpt_s` of most power begin."""
        length = min(len(powers), max(1, round(self._explore.excerpt_s / self._window_s)))
        sums = np.convolve(powers, np.ones(length), "valid")
        return float(np.argmax(sums)) * self._window_s
