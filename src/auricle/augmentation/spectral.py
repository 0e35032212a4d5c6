"""Changes of a batch's spectra, drawn anew each time: microphones, noise, and labels that mix.

What a recording passes through is most of what tells it from another: these make each window many.
Powers of sounds that sound together add up (on average), and a filter is a factor a frequency.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auricle.augmentation.resampling import paced, warped
from auricle.core.schema import check
from auricle.features import Spectra

Array = npt.NDArray[np.float32]

_KNOTS = 6  # of a random frequency response
_SLOPE_HZ = 400.0  # a band limit is complete so far beyond it
_CUT_DB = (20.0, 90.0)  # what it takes away
_ROUNDING_DBFS = -101.1  # power of what rounding to 16 bits adds
_UNHEARD_DB = 15.0  # a label so far below what else sounds in a window is not in it


_SHARES = ("warp", "speed", "shift", "equalise", "band_limit", "noise", "together", "rounding")
_RANGES = (
    *("warp_factor", "speed_factor", "shift_share"),
    *("band_limit_hz", "noise_snr_db", "together_db", "rounding_db"),
)


@dataclass(frozen=True)
class SpectralAugment:
    """Shares of the windows that are changed in each way, and by how much."""

    warp: float
    warp_factor: list[float]
    speed: float
    speed_factor: list[float]
    shift: float
    shift_share: list[float]
    equalise: float
    equalise_db: float
    band_limit: float
    band_limit_hz: list[float]
    noise: float
    noise_snr_db: list[float]
    together: float
    together_db: list[float]
    rounding: float
    rounding_db: list[float]

    def __post_init__(self) -> None:
        for name in _SHARES:
            check(0 <= getattr(self, name) <= 1, f"{name}={getattr(self, name)} is no share")
        check(self.equalise_db >= 0, f"equalise_db={self.equalise_db} must not be negative")
        for name in _RANGES:
            value = getattr(self, name)
            check(
                len(value) == 2 and value[0] <= value[1],
                f"{name}={value} must be two numbers in order",
            )

        for name in ("warp_factor", "speed_factor"):
            check(getattr(self, name)[0] > 0, f"{name}={getattr(self, name)} must be positive")

    @property
    def any(self) -> bool:
        """Whether anything is changed at all."""
        return max(getattr(self, name) for name in _SHARES) > 0

    @property
    def moves(self) -> bool:
        """Whether anything is moved in time or frequency."""
        return max(self.warp, self.speed, self.shift) > 0


@dataclass(frozen=True)
class Sounds:
    """Windows as powers: what is mixed.

    `power` [shape=(n, rows, columns)]; `levels_dbfs` of each window and `clip_dbfs` of the
    recording it is of [shape=(n,)]; `targets` [shape=(n, labels)].
    """

    power: Array
    levels_dbfs: Array
    clip_dbfs: Array
    targets: Array


def spectral_augment(
    sounds: Sounds,
    others: Sounds | None,
    noises: Sounds | None,
    spectra: Spectra,
    changes: SpectralAugment,
    rng: np.random.Generator,
) -> tuple[Array, Array]:
    """Features and targets of a batch, changed.

    Parameters
    ----------
    sounds
        The batch, n windows.
    others
        As many windows with one label each, to sound together with; null: nothing does.
    noises
        As many windows of no label; null: noise of a random colour only.
    """
    power, targets = sounds.power.copy(), sounds.targets.copy()
    if changes.moves and not spectra.fine_rows:  # a fine spectrum has no frames to move
        power = _moved(power, changes, rng)
    levels_dbfs = sounds.levels_dbfs
    if others is not None:
        levels_dbfs = _mix(power, targets, sounds, others, changes, rng)
    _noise(power, targets, levels_dbfs, sounds, noises, spectra, changes, rng)
    response_db = _equalised(len(power), spectra, changes, rng)
    _limited(response_db, spectra, changes, rng)
    if response_db.any():
        power *= _ratio(response_db)
    _rounded(power, spectra, changes, rng)
    return spectra.from_power(power), targets


def _ratio(decibels: npt.NDArray[np.floating]) -> Array:
    # A factor of Python's, which leaves float32 as it is: numpy's own would make it float64.
    return np.exp(decibels * (math.log(10) / 10)).astype(np.float32)


def _uniform(rng: np.random.Generator, limits: list[float], count: int = 1) -> Array:
    return rng.uniform(limits[0], limits[1], count).astype(np.float32)


def _cells(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Power of white noise in cells, mean 1: two averaged exponentials, as a short window gives."""
    cells: Array = rng.standard_gamma(2.0, shape, np.float32) / np.float32(2)
    return cells


def _moved(power: Array, changes: SpectralAugment, rng: np.random.Generator) -> Array:
    """Return powers [shape=(n, frames, bands)] moved in frequency and in time."""

    def drawn(share: float, limits: list[float], otherwise: float) -> Array:
        value = _uniform(rng, limits, len(power))
        return np.where(rng.random(len(power)) < share, value, np.float32(otherwise))

    factor = drawn(changes.warp, changes.warp_factor, 1.0)
    speed = drawn(changes.speed, changes.speed_factor, 1.0)
    later = drawn(changes.shift, changes.shift_share, 0.0) * np.float32(power.shape[1])
    return paced(warped(power, factor), speed, later)


def _mix(
    power: Array,
    targets: Array,
    sounds: Sounds,
    others: Sounds,
    changes: SpectralAugment,
    rng: np.random.Generator,
) -> Array:
    """Let windows of one label sound with one of another, and have both; give their levels."""
    single = (sounds.targets.sum(axis=1) == 1) & (others.targets.sum(axis=1) == 1)
    differ = (sounds.targets != others.targets).any(axis=1)
    rows = np.flatnonzero(single & differ & (rng.random(len(power)) < changes.together))
    gain_db = sounds.clip_dbfs[rows] - others.clip_dbfs[rows]
    gain_db = gain_db - _uniform(rng, changes.together_db, len(rows))
    power[rows] += _ratio(gain_db)[:, None, None] * others.power[rows]
    over_db = sounds.levels_dbfs[rows] - (others.levels_dbfs[rows] + gain_db)
    ours = sounds.targets[rows] * (over_db > -_UNHEARD_DB)[:, None]
    theirs = others.targets[rows] * (over_db < _UNHEARD_DB)[:, None]
    targets[rows] = np.maximum(ours, theirs)
    levels_dbfs = sounds.levels_dbfs.copy()
    # A label is drowned by noise only where the louder of the two is.
    levels_dbfs[rows] = np.maximum(levels_dbfs[rows], others.levels_dbfs[rows] + gain_db)
    return levels_dbfs


def _noise(
    power: Array,
    targets: Array,
    levels_dbfs: Array,
    sounds: Sounds,
    noises: Sounds | None,
    spectra: Spectra,
    changes: SpectralAugment,
    rng: np.random.Generator,
) -> None:
    """Add sound of no label, or coloured noise, at a ratio to the recording as a whole."""
    chosen = rng.random(len(power)) < changes.noise
    recorded = chosen & (rng.random(len(power)) < 0.5 if noises else np.zeros(len(power), bool))
    noise_dbfs = sounds.clip_dbfs - _uniform(rng, changes.noise_snr_db, len(power))
    noise_dbfs = noise_dbfs.astype(np.float32)
    if noises:
        rows = np.flatnonzero(recorded)
        gain_db = noise_dbfs[rows] - noises.clip_dbfs[rows]
        power[rows] += _ratio(gain_db)[:, None, None] * noises.power[rows]
    rows = np.flatnonzero(chosen & ~recorded)
    curve_db = _curves(rng, len(rows), 6.0, 12.0, spectra)
    cells = _cells(rng, power[rows].shape) * _ratio(curve_db)
    scale = _ratio(noise_dbfs[rows]) / spectra.total(cells)
    power[rows] += scale[:, None, None] * cells
    drowned = chosen & (levels_dbfs < noise_dbfs - _UNHEARD_DB)
    targets[drowned] = 0


def _curves(
    rng: np.random.Generator, count: int, spread_db: float, tilt_db: float, spectra: Spectra
) -> Array:
    """Smooth random curves over log frequency [shape=(count, rows, columns)], in dB."""
    place = np.log(np.maximum(spectra.cells_hz, 50.0) / 50.0)
    place = place / place.max() * (_KNOTS - 1)
    low = np.minimum(place.astype(int), _KNOTS - 2)
    share = (place - low).astype(np.float32)
    knots = rng.normal(0, spread_db, (count, _KNOTS))
    knots += rng.uniform(-tilt_db, tilt_db, (count, 1)) * np.linspace(-0.5, 0.5, _KNOTS)
    knots = knots.astype(np.float32)
    return knots[:, low] * (1 - share) + knots[:, low + 1] * share


def _equalised(
    count: int, spectra: Spectra, changes: SpectralAugment, rng: np.random.Generator
) -> Array:
    """Frequency responses in dB; most are flat where few are equalised."""
    curves = _curves(rng, count, changes.equalise_db, 2 * changes.equalise_db, spectra)
    return curves * (rng.random(count) < changes.equalise)[:, None, None]


def _limited(
    response_db: Array, spectra: Spectra, changes: SpectralAugment, rng: np.random.Generator
) -> None:
    for row in np.flatnonzero(rng.random(len(response_db)) < changes.band_limit):
        if rng.random() < 0.75:
            beyond_hz = spectra.cells_hz - _uniform(rng, changes.band_limit_hz)
            slope_hz = _SLOPE_HZ
        else:
            lowest_hz = rng.uniform(80.0, 400.0)
            beyond_hz, slope_hz = lowest_hz - spectra.cells_hz, lowest_hz
        cut = np.clip(beyond_hz / slope_hz, 0, 1)
        response_db[row] -= (cut * rng.uniform(*_CUT_DB)).astype(np.float32)


def _rounded(
    power: Array, spectra: Spectra, changes: SpectralAugment, rng: np.random.Generator
) -> None:
    """Add what rounding to 16 bits would, had the recording been so much quieter."""
    rows = np.flatnonzero(rng.random(len(power)) < changes.rounding)
    quieter_db = _uniform(rng, changes.rounding_db, len(rows))
    cells = _cells(rng, power[rows].shape)
    scale = _ratio(_ROUNDING_DBFS + quieter_db) / float(spectra.cells_hz.max())
    power[rows] += scale[:, None, None] * cells
