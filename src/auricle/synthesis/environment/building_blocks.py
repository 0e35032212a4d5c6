"""What the generators of sounds are put together from: drones, resonances, sounds in turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from scipy import signal

from auricle.synthesis.signals import (
    SAMPLE_RATE_HZ,
    FloatArray,
    add_at,
    amplitude,
    at_rms,
    coloured_noise,
    drift,
    log_uniform,
)

Curve = npt.NDArray[np.floating]

TABLE = 1024


def drone(rng: np.random.Generator, f0_hz: Curve, slope_db: float, spread_db: float) -> FloatArray:
    """Return a tone rich in harmonics, at unit RMS.

    Parameters
    ----------
    rng
        Source of randomness.
    f0_hz
        Pitch of each sample, shape (count,).
    slope_db
        Fall of the harmonics an octave.
    spread_db
        Standard deviation of their levels around that line; two such timbres alternate slowly.
    """
    orders = np.arange(1, max(2, int(0.45 * SAMPLE_RATE_HZ / max(float(f0_hz.max()), 20.0))))
    orders = orders[: TABLE // 4]
    levels_db = slope_db * np.log2(orders) + spread_db * rng.standard_normal((2, len(orders)))
    spectrum = np.zeros((2, TABLE // 2 + 1), dtype=np.complex128)
    spectrum[:, orders] = 10.0 ** (levels_db / 20.0) * np.exp(
        2j * np.pi * rng.random((2, len(orders)))
    )
    tables = np.fft.irfft(spectrum, TABLE).astype(np.float32)
    cycles = np.cumsum(f0_hz) / SAMPLE_RATE_HZ
    places = (cycles % 1.0 * TABLE).astype(int) % TABLE
    blend = 0.5 + 0.5 * np.tanh(drift(rng, len(f0_hz), 1.0, SAMPLE_RATE_HZ))
    return at_rms(tables[0][places] * blend + tables[1][places] * (1.0 - blend), 0.0)


def per_cycle(rng: np.random.Generator, f0_hz: Curve, spread: float) -> FloatArray:
    """Return a strength for each cycle of a pitch, around 1: what makes a motor rough."""
    cycle = (np.cumsum(f0_hz) / SAMPLE_RATE_HZ).astype(int)
    return np.exp(spread * rng.standard_normal(cycle[-1] + 1)).astype(np.float32)[cycle]


def resonate(samples: Curve, centres_hz: Sequence[float], widths_hz: Sequence[float]) -> FloatArray:
    """Pass `samples` through resonators one after the other (Klatt, JASA 67, 1980)."""
    for centre_hz, width_hz in zip(centres_hz, widths_hz, strict=True):
        radius = np.exp(-np.pi * width_hz / SAMPLE_RATE_HZ)
        b = 2.0 * radius * np.cos(2.0 * np.pi * min(centre_hz, 7800.0) / SAMPLE_RATE_HZ)
        samples = signal.lfilter([1.0 - b + radius**2], [1.0, -b, radius**2], samples)
    return samples.astype(np.float32)


def body(rng: np.random.Generator, samples: Curve, low_hz: float, high_hz: float) -> FloatArray:
    """Add two to five resonances of a hollow thing between two frequencies, at unit RMS."""
    rung = 0.15 * at_rms(samples, 0.0)
    for _ in range(rng.integers(2, 6)):
        centre_hz = log_uniform(rng, low_hz, high_hz)
        still = np.full(len(samples), centre_hz)
        rung += at_rms(glide(samples, still, centre_hz * rng.uniform(0.05, 0.6)), 0.0) * np.float32(
            amplitude(rng.uniform(-15.0, 0.0))
        )
    return at_rms(rung, 0.0)


def glide(samples: Curve, centre_hz: Curve, width_hz: float) -> FloatArray:
    """Pass `samples` through one resonance that moves: it is mixed to 0 Hz, smoothed and back."""
    turn = np.exp(2j * np.pi * (np.cumsum(centre_hz) / SAMPLE_RATE_HZ)).astype(np.complex64)
    radius = float(np.exp(-np.pi * width_hz / SAMPLE_RATE_HZ))
    baseband = signal.lfilter([1.0 - radius], [1.0, -radius], samples * turn.conj())
    return np.asarray(2.0 * (baseband * turn).real, dtype=np.float32)


def curve(points: Sequence[float], count: int) -> FloatArray:
    """Return straight lines through evenly spaced `points`, shape (count,)."""
    return np.interp(
        np.linspace(0.0, len(points) - 1.0, count), np.arange(len(points)), points
    ).astype(np.float32)


def swell(count: int, attack: float, release: float) -> FloatArray:
    """Return an envelope that rises and falls smoothly, in shares of its length."""
    place = np.linspace(0.0, 1.0, count)
    edges = np.minimum(place / max(attack, 1e-3), (1.0 - place) / max(release, 1e-3))
    return np.sin(0.5 * np.pi * edges.clip(0.0, 1.0)).astype(np.float32) ** 2


def in_turn(
    rng: np.random.Generator,
    count: int,
    make: Callable[[], FloatArray],
    pause_s: tuple[float, float],
) -> FloatArray:
    """Let one sound follow the other, loud and less loud, over a faint room."""
    track = np.float32(amplitude(rng.uniform(-60.0, -25.0))) * coloured_noise(rng, count, -5.0)
    pace = np.log(rng.uniform(*pause_s))
    now = int(rng.uniform(0.0, 0.4) * SAMPLE_RATE_HZ)
    while now < count:
        sound = at_rms(make(), rng.uniform(-8.0, 0.0))
        add_at(track, sound, now)
        now += len(sound) + int(np.exp(rng.normal(pace, 0.4)) * SAMPLE_RATE_HZ)
    return track
