"""A throat that calls: a glottis whose pitch glides, and a mouth that opens and closes.

Beasts and people without words differ in pitch, in the length of the vocal tract, in roughness
and in rhythm. No consonants, no sequence of vowels: that is what makes it no speech.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import signal

from auricle.synthesis.environment.building_blocks import Curve, curve, resonate, swell
from auricle.synthesis.signals import SAMPLE_RATE_HZ, FloatArray, at_rms, drift, log_uniform

SOUND_M_S = 350.0
"""Speed of sound in warm, moist air."""


@dataclass(frozen=True)
class Throat:
    """What stays the same about one animal or person."""

    f0_hz: float
    formants_hz: tuple[float, ...]
    widths: float
    open_quotient: float
    jitter: float
    rough: float
    """Strengths of the pulses differ, every second one is weaker."""
    breath: float
    effort: float
    """From 0 to 1: a glottis that snaps shut has stronger high harmonics."""

    @classmethod
    def draw(
        cls,
        rng: np.random.Generator,
        f0_hz: tuple[float, float],
        tract_m: tuple[float, float],
        rough: tuple[float, float],
        breath: tuple[float, float],
    ) -> Throat:
        """Draw a throat; its formants are those of a tube of `tract_m`, none quite in place.

        A tube closed at the glottis rings at odd multiples of c / 4L (Fant, "Acoustic Theory of
        Speech Production", 1960).
        """
        first_hz = SOUND_M_S / (4.0 * log_uniform(rng, *tract_m))
        odd = np.arange(1.0, 7000.0 / first_hz, 2.0) * first_hz
        odd *= np.exp(rng.normal(0.0, 0.12 / np.sqrt(np.arange(1, len(odd) + 1))))
        return cls(
            f0_hz=log_uniform(rng, *f0_hz),
            formants_hz=tuple(float(hz) for hz in odd),
            widths=log_uniform(rng, 0.06, 0.2),
            open_quotient=rng.uniform(0.3, 0.9),
            jitter=log_uniform(rng, 0.005, 0.05),
            rough=rng.uniform(*rough),
            breath=log_uniform(rng, *breath),
            effort=rng.uniform(0.3, 0.95),
        )

    def filter(self, samples: Curve, opening: float) -> FloatArray:
        """Pass through the tract; a mouth nearly closed lowers the formants and damps them."""
        first = 0.45 + 0.55 * opening
        centres_hz = [hz * (0.5 + 0.5 * first) for hz in self.formants_hz]
        centres_hz[0] = self.formants_hz[0] * first
        widths_hz = [self.widths * hz * (2.0 - opening) + 40.0 for hz in centres_hz]
        return resonate(samples, centres_hz, widths_hz)

    def phonate(self, rng: np.random.Generator, f0_hz: Curve) -> FloatArray:
        """Return pulses of the glottis (KLGLOTT88: Klatt & Klatt, JASA 87, 1990) with breath."""
        twice_hz = np.repeat(f0_hz, 2)  # at twice the rate, since the closure would alias
        cycles = np.cumsum(twice_hz) / (2 * SAMPLE_RATE_HZ)
        cycles = cycles - min(cycles[0], 0.0)
        steps = np.arange(int(cycles[-1]) + 3, dtype=np.float64)
        shaken = steps + (self.jitter + 0.06 * self.rough) * rng.standard_normal(len(steps))
        cycles = np.maximum(np.interp(cycles, np.maximum.accumulate(shaken), steps), 0.0)
        whole = cycles.astype(int)
        place = (cycles - whole) / self.open_quotient
        strength = 1.0 + 0.5 * self.rough * rng.standard_normal(len(steps))
        strength[::2] *= 1.0 - 0.6 * self.rough
        pulse = np.where(place < 1.0, 2.0 * place - 3.0 * place**2, 0.0) * strength[whole]
        tone = signal.resample_poly(pulse, 1, 2, window=("kaiser", 5.0))
        tone = at_rms(tone - self.effort * np.append(0.0, tone[:-1]), 0.0)
        opened = (place[::2] < 1.0).astype(np.float32)
        return tone + self.breath * rng.standard_normal(len(tone), dtype=np.float32) * (
            0.3 + 0.7 * opened
        )

    def call(
        self,
        rng: np.random.Generator,
        seconds: float,
        semitones: Sequence[float],
        opening: Sequence[float],
        trill: tuple[float, float] = (0.0, 0.0),
        attack: float = 0.1,
    ) -> FloatArray:
        """Call once.

        Parameters
        ----------
        rng
            Source of randomness.
        seconds
            Length of the call.
        semitones
            Pitch above `f0_hz`, evenly spaced in time; each call departs from it a little.
        opening
            Of the mouth, from 0 to 1, evenly spaced in time.
        trill
            Rate in Hz and depth of a tremor, in pitch and loudness.
        attack
            Share of the call in which it swells.

        Returns
        -------
        FloatArray
            Samples at unit RMS, shape (round(seconds * 16000),).
        """
        count = max(round(seconds * SAMPLE_RATE_HZ), 64)
        rate_hz, depth = trill
        tremor = depth * np.sin(2.0 * np.pi * rate_hz * np.arange(count) / SAMPLE_RATE_HZ)
        course: Curve = curve([s + rng.normal(0.0, 0.15 * abs(s) + 0.3) for s in semitones], count)
        course = course + 0.15 * drift(rng, count, 15.0, SAMPLE_RATE_HZ) + 1.5 * tremor
        pulses = self.phonate(rng, self.f0_hz * 2.0 ** (course / 12.0))
        source = (pulses * (1.0 + tremor)).astype(np.float32)
        mouth = curve(opening, count)
        low, high = min(opening), max(opening)
        share = (mouth - low) / max(high - low, 1e-6)
        voice = at_rms(self.filter(source, high) * (0.3 + 0.7 * mouth), 0.0)
        if high > low:
            closed = at_rms(self.filter(source, low), 0.0)
            voice = (voice * share + 0.5 * closed * (1.0 - share)).astype(np.float32)
        return at_rms(voice * swell(count, attack, rng.uniform(0.15, 0.5)), 0.0)

    def breathe(self, rng: np.random.Generator, loudness: Curve, opening: float) -> FloatArray:
        """Return breath alone through the tract, as loud as `loudness` says, at unit RMS."""
        noise = rng.standard_normal(len(loudness), dtype=np.float32)
        flow = self.filter(noise, opening)
        # What leaves the lips radiates as its derivative, less so below: it brightens.
        bright = flow - 0.7 * np.append(np.float32(0.0), flow[:-1])
        return at_rms(bright * loudness, 0.0)
