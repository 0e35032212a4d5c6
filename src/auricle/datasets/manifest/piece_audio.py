"""From the published files to a piece: decode, cut or join, level; and what it must sound like."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import numpy.typing as npt

from auricle.audio import Samples
from auricle.audio.io import Resampler, cut_off, load
from auricle.audio.level import level_dbfs
from auricle.audio.windows import sliding_windows
from auricle.core.errors import AuricleError
from auricle.core.schema import check
from auricle.datasets.manifest.pieces import Piece
from auricle.features.spectrum import hann

RECIPE = 1  # counted up when the same files are made into another piece, so that it is made anew

_WINDOW_S = 0.05  # a window of the level: shorter than most pauses within speech
_ACTIVE_DB = 30.0  # what is that much below the loudest window is a pause
_SILENCE_DBFS = -100.0
_LARGE_FILE_POINTER = b"version https://git-lfs"

# The sketch: mean power of mel bands over the frames that are no pause. It knows no time, so that
# a join that falls a little otherwise changes little.
_SKETCH_HZ, _N_FFT, _HOP, _BANDS = 16000, 512, 256, 20
_LOW_HZ, _HIGH_HZ = 100.0, 7000.0
_STEP_DB = 0.25  # 256 steps: down to -64 dB of the whole


@dataclass(frozen=True)
class Form:
    """What every piece that comes from its origin is made into."""

    sample_rate_hz: int
    most_peak: float
    trim_db: float
    least_share: float
    sketch_db: float
    joined_sketch_db: float

    def __post_init__(self) -> None:
        check(self.sample_rate_hz > 0, f"sample_rate_hz={self.sample_rate_hz} must be positive")
        check(0 < self.most_peak <= 1, f"most_peak={self.most_peak} must lie in (0, 1]")
        check(0 < self.least_share <= 1, f"least_share={self.least_share} must lie in (0, 1]")
        for name in ("trim_db", "sketch_db", "joined_sketch_db"):
            check(getattr(self, name) > 0, f"{name}={getattr(self, name)} must be positive")

    @property
    def what_is_made(self) -> tuple[float, ...]:
        """The values that the samples depend on; the others only say what is refused."""
        return self.sample_rate_hz, self.most_peak, self.trim_db


def make_piece(piece: Piece, files: Mapping[str, bytes], form: Form) -> Samples:
    """Make a piece [shape=(n,)] at `form.sample_rate_hz` of the files it comes from, by path.

    Raises
    ------
    AuricleError
        A file is no sound, is cut off, has another sampling rate, or is too short; or what comes
        out does not sound as the manifest says.
    """
    decoded = [_decode(path, files[path], piece.rates_hz, form) for path in piece.paths]
    joined = len(decoded) > 1
    samples = _join(decoded, piece, form) if joined else _cut(decoded[0], piece, form)
    difference = sketch_difference_db(sketch(samples, form.sample_rate_hz), piece.sketch)
    most = form.joined_sketch_db if joined else form.sketch_db
    if difference > most:
        raise AuricleError(
            f"{piece.paths[0]} does not sound as the manifest says: its spectrum differs by "
            f"{difference:.1f} dB on average, more than {most:g}"
        )
    return _level(samples, piece, form)


def sketch(samples: Samples, sample_rate_hz: int) -> str:
    """Give the mean spectrum of what is no pause, as 40 hexadecimal digits.

    Two digits for each of 20 bands, equally wide in mel from 100 Hz to 7 kHz, from low to high: its
    share of the power of all, in steps of 0.25 dB; ff is all of it, 00 is 64 dB below or less.
    Level does not matter.
    """
    signal = Resampler(sample_rate_hz, _SKETCH_HZ).push(samples, last=True)
    signal = np.pad(signal, (0, max(0, _N_FFT - len(signal))))
    frames = np.lib.stride_tricks.sliding_window_view(signal, _N_FFT)[::_HOP]
    power = np.square(np.abs(np.fft.rfft(frames * hann(_N_FFT)))).astype(np.float64)
    whole = power.sum(axis=1)
    mean = power[whole >= whole.max() * 10 ** (-_ACTIVE_DB / 10)].mean(axis=0)
    bins_hz = np.fft.rfftfreq(_N_FFT, 1 / _SKETCH_HZ)
    ends = np.searchsorted(bins_hz, _band_edges_hz())
    bands = np.add.reduceat(mean, ends)[:_BANDS]  # the last is what lies above
    level_db = 10 * np.log10(np.maximum(bands, 1e-30) / max(bands.sum(), 1e-30))
    return bytes(np.clip(np.round(255 + level_db / _STEP_DB), 0, 255).astype(np.uint8)).hex()


def sketch_difference_db(one: str, other: str) -> float:
    """Mean absolute difference of two sketches."""
    steps = [np.frombuffer(bytes.fromhex(text), np.uint8).astype(float) for text in (one, other)]
    return float(np.abs(steps[0] - steps[1]).mean() * _STEP_DB)


def _band_edges_hz() -> npt.NDArray[np.float64]:
    low, high = (2595 * np.log10(1 + hz / 700) for hz in (_LOW_HZ, _HIGH_HZ))
    edges: npt.NDArray[np.float64] = 700 * (10 ** (np.linspace(low, high, _BANDS + 1) / 2595) - 1)
    return edges


def _decode(path: str, content: bytes, rates_hz: Sequence[int], form: Form) -> Samples:
    if content.startswith(_LARGE_FILE_POINTER):
        raise AuricleError(f"{path} is a pointer of Git LFS, not the file")
    found: set[int] = set()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "origin").with_suffix(PurePosixPath(path).suffix)
        file.write_bytes(content)
        try:
            samples = load(file, form.sample_rate_hz, tap=lambda _, rate: found.add(rate))
            broken = cut_off(file, len(samples) / form.sample_rate_hz)
        except AuricleError as error:
            raise AuricleError(str(error).replace(str(file), path)) from error
    if broken:
        raise AuricleError(f"{path} is cut off: {broken}")
    if not found <= set(rates_hz):
        wanted = " or ".join(map(str, rates_hz))
        raise AuricleError(f"{path} has {found.pop()} samples a second, not {wanted}")
    return samples


def _cut(samples: Samples, piece: Piece, form: Form) -> Samples:
    start, stop = (
        round(at * form.sample_rate_hz) for at in (piece.start_s, piece.start_s + piece.seconds)
    )
    return _long_enough(samples[start:stop], piece, form)


def _join(clips: Sequence[Samples], piece: Piece, form: Form) -> Samples:
    joined = np.concatenate([_trim(samples, form) for samples in clips])
    return _long_enough(joined[: round(piece.seconds * form.sample_rate_hz)], piece, form)


def _trim(samples: Samples, form: Form) -> Samples:
    """Leave out the silence before and after, in steps of 10 ms."""
    step = max(1, form.sample_rate_hz // 100)
    levels = level_dbfs(sliding_windows(samples, step, step))
    loud = np.flatnonzero(levels >= levels.max(initial=_SILENCE_DBFS) - form.trim_db)
    return samples[loud[0] * step : (loud[-1] + 1) * step] if len(loud) else samples[:0]


def _long_enough(samples: Samples, piece: Piece, form: Form) -> Samples:
    seconds = len(samples) / form.sample_rate_hz
    if seconds < form.least_share * piece.seconds:
        raise AuricleError(
            f"{piece.paths[0]} gives {seconds:g} s from {piece.start_s:g} s on, and "
            f"{piece.seconds:g} s are wanted"
        )
    return samples


def _level(samples: Samples, piece: Piece, form: Form) -> Samples:
    """Set the active level: the power of the windows within 30 dB of the loudest."""
    window = round(_WINDOW_S * form.sample_rate_hz)
    cut = samples if len(samples) >= window else np.pad(samples, (0, window - len(samples)))
    levels = level_dbfs(sliding_windows(cut, window, window)).astype(np.float64)
    if levels.max() <= _SILENCE_DBFS:
        raise AuricleError(f"{piece.paths[0]} is silent")
    if piece.level_dbfs is None:
        return samples
    active = levels[levels >= levels.max() - _ACTIVE_DB]
    level = 10 * np.log10(np.mean(10 ** (active / 10)))
    gain = min(10 ** ((piece.level_dbfs - level) / 20), form.most_peak / np.abs(samples).max())
    return (samples * np.float32(gain)).astype(np.float32)
