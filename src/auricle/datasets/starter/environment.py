"""Sounds that are neither speech nor music, and the noise of rooms under everything else."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from auricle.datasets.starter.signals import (
    SAMPLE_RATE_HZ,
    FloatArray,
    add_at,
    amplitude,
    at_rms,
    band_pass,
    coloured_noise,
    drift,
    log_uniform,
)

Source = Callable[[np.random.Generator, int], FloatArray]


def _times_s(count: int) -> npt.NDArray[np.float64]:
    return np.arange(count) / SAMPLE_RATE_HZ


def hum(rng: np.random.Generator, count: int) -> FloatArray:
    """Return mains hum: 50 or 60 Hz with harmonics that die away upwards."""
    order = np.arange(1, int(rng.integers(3, 20)))
    levels = order ** -rng.uniform(0.5, 2.0) * np.exp(rng.normal(0.0, 0.7, len(order)))
    cycles = float(rng.choice((50.0, 60.0))) * order[:, None] * _times_s(count)
    waves = np.sin(2.0 * np.pi * (cycles + rng.random((len(order), 1))), dtype=np.float32)
    return at_rms(np.einsum("p,pt->t", levels, waves), 0.0)


def rumble(rng: np.random.Generator, count: int) -> FloatArray:
    """Return the low noise of traffic, ventilation and handling, at unit RMS."""
    noise = coloured_noise(rng, count, rng.uniform(-12.0, -6.0))
    return at_rms(noise * np.exp(0.3 * drift(rng, count, 1.0, SAMPLE_RATE_HZ)), 0.0)


def hiss(rng: np.random.Generator, count: int) -> FloatArray:
    """Return steady noise of any colour, at unit RMS."""
    return coloured_noise(rng, count, rng.uniform(-8.0, 3.0))


def room_noise(rng: np.random.Generator, count: int) -> FloatArray:
    """Return the noise floor of a random room and microphone, at unit RMS."""
    noise = coloured_noise(rng, count, rng.uniform(-6.0, 0.0))
    if rng.random() < 0.6:
        noise = noise + rumble(rng, count) * amplitude(rng.uniform(-5.0, 20.0))
    if rng.random() < 0.25:
        noise = noise + hum(rng, count) * amplitude(rng.uniform(-15.0, 10.0))
    return at_rms(noise, 0.0)


def _wind(rng: np.random.Generator, count: int) -> FloatArray:
    gusts = np.exp(0.9 * drift(rng, count, rng.uniform(0.5, 3.0), SAMPLE_RATE_HZ))
    low = coloured_noise(rng, count, -9.0) * gusts
    whistle_hz = log_uniform(rng, 300.0, 1200.0)
    noise = rng.standard_normal(count, dtype=np.float32)
    return low + 0.5 * band_pass(noise, whistle_hz, 1.6 * whistle_hz) * gusts**1.5


def _rain(rng: np.random.Generator, count: int) -> FloatArray:
    drops = rng.random(count, dtype=np.float32) < log_uniform(rng, 0.002, 0.1)
    # Heavy tails: few drops are near, most are far.
    impulses = drops * np.exp(rng.normal(0.0, 1.2, count)) * rng.choice((-1.0, 1.0), count)
    splashes = band_pass(impulses, log_uniform(rng, 300, 2000), log_uniform(rng, 3500, 7500))
    return at_rms(splashes, 0.0) + rng.uniform(0.1, 0.8) * hiss(rng, count)


def _engine(rng: np.random.Generator, count: int) -> FloatArray:
    """Fire cylinders of unequal strength over and over, under the roar of air."""
    speed = np.exp(0.05 * drift(rng, count, 0.5, SAMPLE_RATE_HZ))
    cycles = np.cumsum(log_uniform(rng, 8.0, 40.0) * speed) / SAMPLE_RATE_HZ
    cylinders = int(rng.integers(1, 7))
    strengths = rng.uniform(0.4, 1.0, cylinders)
    phase = (cycles * cylinders) % 1.0
    pulses = (
        np.exp(-phase * rng.uniform(3.0, 15.0))
        * strengths[(cycles * cylinders).astype(int) % cylinders]
    )
    roar = coloured_noise(rng, count, -4.0) * (0.3 + pulses)
    exhaust = band_pass(pulses - pulses.mean(), 30.0, log_uniform(rng, 300.0, 2500.0))
    return at_rms(exhaust, 0.0) + rng.uniform(0.3, 2.0) * at_rms(roar, 0.0)


def _appliance(rng: np.random.Generator, count: int) -> FloatArray:
    """Return a fan or motor: a broad hum of blades with a few whining lines."""
    lines_hz = log_uniform(rng, 80.0, 600.0) * np.array([1.0, 2.0, 3.0, rng.uniform(4.0, 9.0)])
    wander = np.exp(0.004 * drift(rng, count, 1.0, SAMPLE_RATE_HZ))
    cycles = lines_hz[:, None] * np.cumsum(wander) / SAMPLE_RATE_HZ
    levels = rng.uniform(0.0, 0.3, 4).astype(np.float32)
    waves = np.sin(2.0 * np.pi * (cycles + rng.random((4, 1)))).astype(np.float32)
    whine = np.einsum("p,pt->t", levels, waves)
    return coloured_noise(rng, count, rng.uniform(-7.0, -1.0)) + whine


def _impact(rng: np.random.Generator, modes_hz: tuple[float, float], ring_s: float) -> FloatArray:
    """Return one hit on an object: damped modes and a burst of noise, at unit peak."""
    times_s = _times_s(int(max(5.0 * ring_s, 0.01) * SAMPLE_RATE_HZ))
    frequencies_hz = rng.uniform(*modes_hz, (5, 1))
    modes = np.sin(2.0 * np.pi * frequencies_hz * times_s) * rng.uniform(0.1, 1.0, (5, 1))
    modes = (modes * np.exp(-times_s / (ring_s * rng.uniform(0.3, 1.0, (5, 1))))).sum(axis=0)
    burst = rng.standard_normal(len(times_s)) * np.exp(-times_s / (0.2 * ring_s + 0.001))
    hit = modes + rng.uniform(0.3, 2.0) * burst
    return (hit / np.abs(hit).max()).astype(np.float32)


def _hits(
    rng: np.random.Generator,
    count: int,
    rate_hz: float,
    modes_hz: tuple[float, float],
    ring_s: float,
    regular: bool = False,
) -> FloatArray:
    """Hit objects of one sort, at random or at the regular pace of a walker."""
    track = 0.003 * coloured_noise(rng, count, -5.0)
    enough = 10 + int(2.0 * rate_hz * count / SAMPLE_RATE_HZ)
    gaps_s = rng.normal(1.0, 0.06, enough) if regular else rng.gamma(1.2, 1.0 / 1.2, enough)
    onsets_s = rng.random() / rate_hz + np.cumsum(np.maximum(gaps_s, 0.05)) / rate_hz
    sounds = [_impact(rng, modes_hz, ring_s) for _ in range(4)]
    for onset_s in onsets_s[onsets_s * SAMPLE_RATE_HZ < count]:
        sound = sounds[rng.integers(len(sounds))]
        add_at(track, sound * log_uniform(rng, 0.3, 1.0), int(onset_s * SAMPLE_RATE_HZ))
    return track


def _knocks(rng: np.random.Generator, count: int) -> FloatArray:
    return _hits(rng, count, rng.uniform(1, 5), (80, 900), log_uniform(rng, 0.01, 0.06))


def _footsteps(rng: np.random.Generator, count: int) -> FloatArray:
    steps = _hits(rng, count, rng.uniform(1.4, 2.6), (60, 500), rng.uniform(0.01, 0.04), True)
    scuffs = _rustle(rng, count)
    return steps + 0.02 * scuffs


def _keyboard(rng: np.random.Generator, count: int) -> FloatArray:
    return _hits(rng, count, rng.uniform(3, 12), (900, 6000), log_uniform(rng, 0.002, 0.01))


def _dishes(rng: np.random.Generator, count: int) -> FloatArray:
    return _hits(rng, count, rng.uniform(1, 5), (1500, 7000), log_uniform(rng, 0.02, 0.15))


def _rustle(rng: np.random.Generator, count: int) -> FloatArray:
    """Return paper or cloth being moved: noise in fits and starts."""
    fits = np.exp(1.5 * drift(rng, count, rng.uniform(4.0, 25.0), SAMPLE_RATE_HZ))
    starts = np.exp(1.0 * drift(rng, count, 1.5, SAMPLE_RATE_HZ))
    noise = rng.standard_normal(count, dtype=np.float32)
    return at_rms(band_pass(noise, log_uniform(rng, 200, 2500), 7500) * fits * starts, 0.0)


def _crackle(rng: np.random.Generator, count: int) -> FloatArray:
    """Return fire, static or a scratched record: sparse clicks on faint hiss."""
    clicks = rng.random(count, dtype=np.float32) < log_uniform(rng, 2e-4, 5e-3)
    impulses = clicks * rng.standard_cauchy(count).clip(-20, 20)
    return at_rms(band_pass(impulses, 200, 7000), 0.0) + 0.05 * hiss(rng, count)


def _water(rng: np.random.Generator, count: int) -> FloatArray:
    """Return a stream: bubbles that ring upwards, on the noise of the flow."""
    track = 0.2 * hiss(rng, count)
    times_s = _times_s(int(0.05 * SAMPLE_RATE_HZ))
    for onset in rng.integers(0, count, int(log_uniform(rng, 10, 60) * count / SAMPLE_RATE_HZ)):
        f0_hz = log_uniform(rng, 300.0, 2500.0)
        cycles = f0_hz * (times_s + rng.uniform(0.0, 6.0) * times_s**2)
        bubble = np.sin(2.0 * np.pi * cycles) * np.exp(-times_s * log_uniform(rng, 60, 300))
        add_at(track, bubble.astype(np.float32) * log_uniform(rng, 0.1, 1.0), int(onset))
    return track


def _applause(rng: np.random.Generator, count: int) -> FloatArray:
    claps = rng.poisson(log_uniform(rng, 10, 300) / SAMPLE_RATE_HZ, count).astype(np.float32)
    palms = np.exp(-np.arange(160) / rng.uniform(15, 50)) * rng.standard_normal(160)
    crowd = np.convolve(claps * rng.exponential(1.0, count), palms)[:count]
    return band_pass(crowd, 400, 6000)


def _calls(rng: np.random.Generator, count: int) -> FloatArray:
    """Return birds: bursts of fast sweeps, high above any voice."""
    track = 0.02 * coloured_noise(rng, count, -4.0)
    now_s = rng.random()
    while now_s * SAMPLE_RATE_HZ < count:
        times_s = _times_s(int(rng.uniform(0.03, 0.15) * SAMPLE_RATE_HZ))
        f0_hz, sweep_hz = log_uniform(rng, 2200, 5500), rng.uniform(-12000, 12000)
        for _ in range(rng.integers(1, 7)):
            wave = np.sin(2.0 * np.pi * (f0_hz * times_s + 0.5 * sweep_hz * times_s**2))
            add_at(track, wave * np.hanning(len(wave)), int(now_s * SAMPLE_RATE_HZ))
            now_s += len(wave) / SAMPLE_RATE_HZ * rng.uniform(1.1, 2.0)
        now_s += rng.uniform(0.1, 1.2)
    return track


def _beeps(rng: np.random.Generator, count: int) -> FloatArray:
    """Return an alarm: one tone, on and off."""
    times_s = _times_s(count)
    period_s = log_uniform(rng, 0.15, 1.5)
    sounding = (times_s + rng.random()) % period_s < rng.uniform(0.2, 0.6) * period_s
    tone = np.sin(2.0 * np.pi * log_uniform(rng, 700, 4000) * times_s)
    return (tone * sounding).astype(np.float32) + 0.02 * hiss(rng, count)


SOURCES: tuple[tuple[Source, float], ...] = (
    (hiss, 4.0),
    (room_noise, 4.0),
    (rumble, 2.0),
    (hum, 1.0),
    (_wind, 2.0),
    (_rain, 2.0),
    (_engine, 2.0),
    (_appliance, 2.0),
    (_knocks, 1.5),
    (_footsteps, 1.5),
    (_keyboard, 1.5),
    (_dishes, 1.0),
    (_rustle, 2.0),
    (_crackle, 1.0),
    (_water, 1.0),
    (_applause, 1.0),
    (_calls, 0.6),
    (_beeps, 0.6),
)
"""The sources of sound and how often each is heard, in proportion."""


def surround(rng: np.random.Generator, seconds: float) -> FloatArray:
    """Return a scene: one to three sources, each louder or fainter than the one before.

    Parameters
    ----------
    rng
        Source of randomness.
    seconds
        Length of the scene.

    Returns
    -------
    FloatArray
        Samples at -20 dBFS RMS, shape (round(seconds * 16000),).
    """
    count = round(seconds * SAMPLE_RATE_HZ)
    shares = np.array([share for _, share in SOURCES])
    heard = rng.choice(len(SOURCES), int(rng.integers(1, 4)), p=shares / shares.sum())
    scene = np.zeros(count, dtype=np.float32)
    for index in heard:
        scene += at_rms(SOURCES[index][0](rng, count), rng.uniform(-15.0, 0.0))
    return at_rms(scene, -20.0)
