"""Instruments: random timbres that turn a pitch and a length into a waveform."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt
from scipy import signal

from auricle.datasets.starter.signals import (
    SAMPLE_RATE_HZ,
    FloatArray,
    band_pass,
    log_uniform,
    rms,
)

HIGHEST_PARTIAL_HZ = 7600.0


class Instrument(Protocol):
    """Anything that can be drawn at random and then played."""

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Self:
        """Draw a timbre."""

    def tone(self, rng: np.random.Generator, f0_hz: float, seconds: float) -> FloatArray:
        """Play one note at about unit RMS; it may ring on after `seconds`."""


@dataclass(frozen=True)
class Envelope:
    """Attack, decay to a sustained level, release."""

    attack_s: float
    decay_s: float
    sustain: float
    release_s: float

    @classmethod
    def held(cls, rng: np.random.Generator) -> Self:
        """Draw the envelope of something blown or bowed."""
        return cls(
            log_uniform(rng, 0.01, 0.15),
            log_uniform(rng, 0.1, 1.0),
            rng.uniform(0.5, 1.0),
            log_uniform(rng, 0.04, 0.3),
        )

    @classmethod
    def struck(cls, rng: np.random.Generator) -> Self:
        """Draw the envelope of something hit or plucked."""
        return cls(
            log_uniform(rng, 0.001, 0.01),
            log_uniform(rng, 0.2, 3.0),
            0.0,
            log_uniform(rng, 0.05, 0.5),
        )

    def times(self, seconds: float) -> npt.NDArray[np.float64]:
        """Return the instants of a note held for `seconds`, release included, in s."""
        return np.arange(int((seconds + self.release_s) * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ

    def gains(self, seconds: float) -> FloatArray:
        """Return the gain at each of `times`."""
        times_s = self.times(seconds)
        gains = np.minimum(times_s / self.attack_s, 1.0) * (
            self.sustain + (1.0 - self.sustain) * np.exp(-times_s / self.decay_s)
        )
        # -60 dB at the end of the release, so that the cut is not heard.
        released_s = np.maximum(times_s - seconds, 0.0)
        return (gains * np.exp(-6.9 * released_s / self.release_s)).astype(np.float32)


@dataclass(frozen=True)
class Vibrato:
    """A slow wave on the pitch that sets in after the attack."""

    rate_hz: float
    depth: float

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Self:
        """Draw a vibrato, for half of the players none."""
        return cls(rng.uniform(4.0, 7.0), rng.uniform(0.0, 0.009) * float(rng.random() < 0.5))

    def cycles(
        self, rng: np.random.Generator, f0_hz: float, times_s: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.float64]:
        """Return the phase of a tone in cycles; its mean frequency is `f0_hz`."""
        onset = np.minimum(times_s / 0.3, 1.0)
        wave = np.sin(2.0 * np.pi * (self.rate_hz * times_s + rng.random()))
        return np.cumsum(f0_hz * (1.0 + self.depth * onset * wave)) / SAMPLE_RATE_HZ


def _sine(cycles: npt.NDArray[np.float64]) -> FloatArray:
    """Return sin(2 pi cycles); whole cycles are dropped first for single precision's sake."""
    return np.sin((2.0 * np.pi * (cycles - np.rint(cycles))).astype(np.float32))


def _normal(tone: npt.NDArray[np.floating]) -> FloatArray:
    """Bring the first half second, which the ear judges by, to unit RMS."""
    return (tone / max(rms(tone[: SAMPLE_RATE_HZ // 2]), 1e-6)).astype(np.float32)


@dataclass(frozen=True)
class Additive:
    """Partials with a body's resonances: winds, strings, organs, pianos, bells."""

    amplitudes: FloatArray
    body_db: FloatArray
    inharmonicity: float
    partial_decay: float
    breath: float
    envelope: Envelope
    vibrato: Vibrato

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Self:
        """Draw a timbre."""
        order = np.arange(1, int(rng.integers(3, 25)) + 1)
        amplitudes = order ** -rng.uniform(0.5, 2.2) * np.exp(rng.normal(0.0, 0.6, len(order)))
        if rng.random() < 0.25:  # closed pipes lack the even partials
            amplitudes[1::2] *= rng.uniform(0.0, 0.3)
        struck = rng.random() < 0.5
        return cls(
            amplitudes=amplitudes.astype(np.float32),
            body_db=rng.normal(0.0, 5.0, 16).astype(np.float32),
            inharmonicity=log_uniform(rng, 1e-5, 1e-3) if struck else 0.0,
            partial_decay=log_uniform(rng, 0.1, 1.5) if struck else 0.0,
            breath=0.0 if struck else log_uniform(rng, 0.002, 0.08),
            envelope=(Envelope.struck if struck else Envelope.held)(rng),
            vibrato=Vibrato(5.0, 0.0) if struck else Vibrato.draw(rng),
        )

    def tone(self, rng: np.random.Generator, f0_hz: float, seconds: float) -> FloatArray:
        """Play one note; the partials of stiff strings are stretched (Fletcher, JASA 36, 1964)."""
        times_s = self.envelope.times(seconds)
        order = np.arange(1, len(self.amplitudes) + 1)
        ratios = order * np.sqrt(1.0 + self.inharmonicity * order**2)
        kept = ratios * f0_hz < HIGHEST_PARTIAL_HZ
        ratios, order = ratios[kept], order[kept]
        octaves = np.log2(ratios * f0_hz / 55.0) * 2.0  # the body's knots lie half an octave apart
        body = 10.0 ** (np.interp(octaves, np.arange(len(self.body_db)), self.body_db) / 20.0)
        cycles = self.vibrato.cycles(rng, f0_hz, times_s)
        waves = _sine(ratios[:, None] * cycles + rng.random((len(ratios), 1)))
        if self.partial_decay:
            rates = (self.partial_decay * order).astype(np.float32)
            waves *= np.exp(-rates[:, None] * times_s.astype(np.float32))
        # Summed by einsum, not BLAS, whose result may depend on the number of threads.
        tone = np.einsum("p,pt->t", (self.amplitudes[kept] * body).astype(np.float32), waves)
        if self.breath:
            noise = rng.standard_normal(len(tone), dtype=np.float32)
            tone += self.breath * rms(tone) * band_pass(noise, f0_hz, 8.0 * f0_hz + 500.0)
        return _normal(tone * self.envelope.gains(seconds))


@dataclass(frozen=True)
class Plucked:
    """A plucked string after Karplus & Strong, Computer Music Journal 7 (1983)."""

    ring_s: float
    loss: float
    softness: float
    position: float
    damping_s: float

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Self:
        """Draw a string and a finger."""
        return cls(
            ring_s=log_uniform(rng, 0.6, 6.0),
            loss=rng.uniform(0.05, 0.5),
            softness=rng.uniform(0.0, 0.8),
            position=rng.uniform(0.08, 0.45),
            damping_s=log_uniform(rng, 0.02, 0.3),
        )

    def tone(self, rng: np.random.Generator, f0_hz: float, seconds: float) -> FloatArray:
        """Pluck once: a burst of noise circulates in a lossy, fractional delay of one period."""
        period = SAMPLE_RATE_HZ / f0_hz
        delay = int(period - self.loss)
        fraction = period - self.loss - delay
        gain = 10.0 ** (-3.0 * period / (SAMPLE_RATE_HZ * self.ring_s))
        taps = gain * np.convolve((1.0 - self.loss, self.loss), (1.0 - fraction, fraction))
        burst = np.zeros(int((seconds + self.damping_s) * SAMPLE_RATE_HZ), dtype=np.float32)
        burst[:delay] = rng.uniform(-1.0, 1.0, delay)[: len(burst)]
        burst = signal.lfilter([1.0 - self.softness], [1.0, -self.softness], burst)
        # The finger's place silences the partials with a node there.
        place = max(int(self.position * period), 1)
        burst[place:] -= burst[:-place].copy()
        loop = np.concatenate(([1.0], np.zeros(delay - 1), -taps))
        tone = signal.lfilter(np.ones(1, np.float32), loop.astype(np.float32), burst)
        held = np.arange(len(tone)) / SAMPLE_RATE_HZ - seconds
        return _normal(tone * np.exp(-6.9 * np.maximum(held, 0.0) / self.damping_s))


@dataclass(frozen=True)
class Modulated:
    """Two-operator frequency modulation after Chowning, JAES 21 (1973)."""

    ratio: float
    index: float
    index_decay_s: float
    envelope: Envelope
    vibrato: Vibrato

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Self:
        """Draw a timbre; whole ratios sound like brass or reeds, others like bells."""
        envelope = Envelope.struck if rng.random() < 0.6 else Envelope.held
        return cls(
            ratio=float(rng.choice((1.0, 1.0, 2.0, 2.0, 3.0, 4.0, 1.41, 3.5, 7.0))),
            index=log_uniform(rng, 0.3, 5.0),
            index_decay_s=log_uniform(rng, 0.1, 3.0),
            envelope=envelope(rng),
            vibrato=Vibrato.draw(rng),
        )

    def tone(self, rng: np.random.Generator, f0_hz: float, seconds: float) -> FloatArray:
        """Play one note; the index is limited where side bands would alias."""
        times_s = self.envelope.times(seconds)
        cycles = self.vibrato.cycles(rng, f0_hz, times_s)
        limit = max((HIGHEST_PARTIAL_HZ - f0_hz) / (self.ratio * f0_hz) - 1.0, 0.0)
        index = min(self.index, limit) * (0.1 + 0.9 * np.exp(-times_s / self.index_decay_s))
        tone = _sine(cycles + index * _sine(self.ratio * cycles) / (2.0 * np.pi))
        return _normal(tone * self.envelope.gains(seconds))


@dataclass(frozen=True)
class Subtractive:
    """Detuned saws or squares through a low-pass: synthesizers, and bowed strings."""

    square: bool
    detuning: tuple[float, ...]
    cutoff_hz: float
    envelope: Envelope
    vibrato: Vibrato

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Self:
        """Draw a timbre of one to three oscillators."""
        spread = rng.uniform(0.0, 0.008)
        return cls(
            square=bool(rng.random() < 0.35),
            detuning=tuple(1.0 + spread * rng.uniform(-1.0, 1.0, rng.integers(1, 4))),
            cutoff_hz=log_uniform(rng, 500.0, 6000.0),
            envelope=(Envelope.held if rng.random() < 0.7 else Envelope.struck)(rng),
            vibrato=Vibrato.draw(rng),
        )

    def tone(self, rng: np.random.Generator, f0_hz: float, seconds: float) -> FloatArray:
        """Play one note; steps are rounded by polynomials (Välimäki & Huovilainen, 2007)."""
        cycles = self.vibrato.cycles(rng, f0_hz, self.envelope.times(seconds))
        tone = np.zeros(len(cycles))
        for detuning in self.detuning:
            phase = detuning * cycles + rng.random()
            tone += _saw(phase, f0_hz)
            if self.square:  # a square is the difference of two saws half a cycle apart
                tone -= _saw(phase + 0.5, f0_hz)
        cutoff_hz = min(self.cutoff_hz + f0_hz, 0.45 * SAMPLE_RATE_HZ)
        sections = signal.butter(2, cutoff_hz, fs=SAMPLE_RATE_HZ, output="sos")
        return _normal(signal.sosfilt(sections, tone) * self.envelope.gains(seconds))


def _saw(cycles: npt.NDArray[np.float64], f0_hz: float) -> npt.NDArray[np.float64]:
    """Return a band-limited saw: its step is replaced by two parabolas, a sample wide each."""
    step = f0_hz / SAMPLE_RATE_HZ
    phase = cycles - np.floor(cycles)
    after = np.minimum(phase / step, 1.0) - 1.0
    before = np.maximum((phase - 1.0) / step, -1.0) + 1.0
    return np.asarray(2.0 * phase - 1.0 + after**2 - before**2, dtype=np.float64)


MELODIC: tuple[type[Instrument], ...] = (Additive, Plucked, Modulated, Subtractive)
SUSTAINED: tuple[type[Additive | Modulated | Subtractive], ...] = (Additive, Modulated, Subtractive)


def drum_kit(rng: np.random.Generator) -> tuple[FloatArray, ...]:
    """Render a bass drum, a snare, a cymbal and a tom or shaker, each half a second."""
    times_s = np.arange(int(0.5 * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    noise = rng.standard_normal((4, len(times_s)))

    def decay(seconds: float) -> npt.NDArray[np.float64]:
        return np.exp(-times_s / seconds)

    def membrane(f0_hz: float, drop_cycles: float) -> npt.NDArray[np.float64]:
        """Return a skin's tone, whose pitch falls as its tension eases."""
        return np.sin(2.0 * np.pi * (f0_hz * times_s + drop_cycles * (1.0 - decay(0.03))))

    bass = membrane(rng.uniform(40, 75), rng.uniform(1, 5)) * decay(rng.uniform(0.06, 0.2))
    bass += rng.uniform(0.0, 0.4) * noise[0] * decay(0.003)
    snare = band_pass(noise[1], rng.uniform(150, 1500), 7000) * decay(rng.uniform(0.04, 0.15))
    snare += rng.uniform(0.0, 1.0) * membrane(rng.uniform(150, 260), 1.0) * decay(0.07)
    plates_hz = rng.uniform(3000, 7500, (4, 1))
    ring = np.sign(np.sin(2.0 * np.pi * plates_hz * times_s)).sum(axis=0)
    cymbal = band_pass(noise[2] + 0.4 * ring, rng.uniform(3000, 6000), 7800)
    cymbal *= decay(log_uniform(rng, 0.015, 0.25))
    if rng.random() < 0.5:
        other = membrane(rng.uniform(80, 400), rng.uniform(0, 2)) * decay(rng.uniform(0.05, 0.2))
    else:
        other = band_pass(noise[3], 2500, 7500) * decay(rng.uniform(0.02, 0.08))
    drums = np.stack((bass, snare, cymbal, other)).astype(np.float32)
    levels = np.array([[1.0], [0.8], [0.35], [0.6]], dtype=np.float32)
    return tuple(levels * drums / np.abs(drums).max(axis=1, keepdims=True))
