"""A source-filter voice: random speakers, whom `talking` lets talk and `singing` sing.

A glottal pulse train and noise pass a cascade of formant resonators, after Klatt, "Software for a
cascade/parallel formant synthesizer", JASA 67 (1980). The resonators move every 5 ms; filtering
is done on short overlapping frames in the frequency domain, so that all frames of a clip are
computed at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import fft, signal

from auricle.synthesis import phones
from auricle.synthesis.signals import SAMPLE_RATE_HZ, FloatArray, at_rms, drift, log_uniform, smooth

FRAME_RATE_HZ = 200
HOP = SAMPLE_RATE_HZ // FRAME_RATE_HZ
# Frames of two hops leave 22 ms of the transform for the formants to ring out.
TRANSFORM = 512
OVERSAMPLING = 2

Track = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Speaker:
    """What stays the same about a voice."""

    f0_hz: float
    tract: float
    """Factor on all formants: the reciprocal of the vocal tract's length, 1 for an average man."""
    vowels: tuple[phones.Formants, ...]
    upper_formants_hz: tuple[float, float, float]
    bandwidth: float
    open_quotient: float
    tilt: float
    breath: float
    hiss: float
    jitter: float
    shimmer: float
    rate: float
    range_semitones: float
    coarticulation_frames: int
    voiced: bool = True
    """False for a whisper: breath in place of the glottis' pulses."""

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Speaker:
        """Draw a man, a woman or a child, each with an accent and a voice."""
        low_hz, high_hz, short, long = (
            (75.0, 165.0, 0.90, 1.06),
            (145.0, 275.0, 1.05, 1.22),
            (220.0, 360.0, 1.20, 1.40),
        )[rng.choice(3, p=(0.44, 0.41, 0.15))]
        accent = np.exp(rng.normal(0.0, 0.06, (len(phones.VOWELS), 3)))
        inventory = rng.permutation(np.array(phones.VOWELS) * accent)[: rng.integers(5, 11)]
        return cls(
            f0_hz=log_uniform(rng, low_hz, high_hz),
            tract=rng.uniform(short, long),
            vowels=tuple((float(a), float(b), float(c)) for a, b, c in inventory),
            upper_formants_hz=(
                rng.uniform(3200, 3800),
                rng.uniform(4200, 4900),
                rng.uniform(5400, 6400),
            ),
            bandwidth=log_uniform(rng, 0.7, 1.8),
            open_quotient=rng.uniform(0.4, 0.75),
            tilt=rng.uniform(0.0, 0.75),
            breath=log_uniform(rng, 0.03, 1.0),
            hiss=log_uniform(rng, 0.4, 2.2),
            jitter=log_uniform(rng, 0.003, 0.03),
            shimmer=rng.uniform(0.01, 0.12),
            rate=log_uniform(rng, 0.6, 1.35),
            range_semitones=rng.uniform(0.7, 4.0),
            coarticulation_frames=2 * int(rng.integers(3, 8)) + 1,
        )


def frames(steps: Sequence[phones.Step]) -> Track:
    """Return the targets frame by frame, shape (frames, fields of a phone)."""
    ends = np.rint(np.cumsum([seconds for seconds, _ in steps]) * FRAME_RATE_HZ).astype(int)
    return np.repeat(np.array([phone for _, phone in steps]), np.diff(ends, prepend=0), axis=0)


def _glottis(
    rng: np.random.Generator, speaker: Speaker, f0_hz: Track
) -> tuple[FloatArray, FloatArray]:
    """Return the flow derivative and the opening of the glottis, one value a sample.

    The pulse is KLGLOTT88 (Klatt & Klatt, JASA 87 (1990)): flow 27/4 (x^2 - x^3) while open. It is
    made at twice the rate, because its sharp closure would alias.
    """
    rate_hz = SAMPLE_RATE_HZ * OVERSAMPLING
    count = len(f0_hz) * HOP * OVERSAMPLING
    times = np.arange(count) / (HOP * OVERSAMPLING)
    cycles = np.cumsum(np.interp(times, np.arange(len(f0_hz)), f0_hz)) / rate_hz
    pulses = np.arange(int(cycles[-1]) + 3, dtype=np.float64)
    # Jitter moves the instants of closure; between them the phase stays linear.
    cycles = np.interp(cycles, pulses + speaker.jitter * rng.standard_normal(len(pulses)), pulses)
    whole = cycles.astype(int)
    x = (cycles - whole) / speaker.open_quotient
    opened = x < 1.0
    strength = 1.0 + speaker.shimmer * rng.standard_normal(len(pulses))
    pulse = np.where(opened, 2.0 * x - 3.0 * x * x, 0.0) * strength[whole]
    source = signal.resample_poly(pulse, 1, OVERSAMPLING, window=("kaiser", 5.0))
    source = signal.lfilter([1.0 - speaker.tilt], [1.0, -speaker.tilt], source)
    # Equal power whatever the tilt, so that breath keeps its proportion.
    return at_rms(source, 0.0), opened[::OVERSAMPLING].astype(np.float32)


def _tract(formants_hz: Track, bandwidths_hz: Track) -> npt.NDArray[np.complex64]:
    """Return the response of the resonator cascade, shape (frames, TRANSFORM // 2 + 1).

    Each is the two-pole resonator of Klatt (1980), with unit gain at 0 Hz.
    """
    radius = np.exp(-np.pi * bandwidths_hz / SAMPLE_RATE_HZ)
    c = (-(radius**2)).astype(np.float32)
    b = (2.0 * radius * np.cos(2.0 * np.pi * formants_hz / SAMPLE_RATE_HZ)).astype(np.float32)
    delay = np.exp(-2j * np.pi * np.arange(TRANSFORM // 2 + 1) / TRANSFORM).astype(np.complex64)
    response = np.ones((len(b), len(delay)), dtype=np.complex64)
    for k in range(b.shape[1]):
        response *= 1.0 - delay * (b[:, k, None] + c[:, k, None] * delay)
    gain = np.prod(1.0 - b - c, axis=1, keepdims=True)
    return np.asarray(gain / response, dtype=np.complex64)


def _spectra(samples: FloatArray) -> npt.NDArray[np.complex64]:
    """Return the spectra of Hann-windowed frames of two hops, shape (frames, bins)."""
    padded = np.pad(samples, HOP // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, 2 * HOP)[::HOP]
    window = signal.get_window("hann", 2 * HOP).astype(np.float32)
    return np.asarray(fft.rfft(frames * window, TRANSFORM), dtype=np.complex64)


def _overlap_add(spectra: npt.NDArray[np.complex64], count: int) -> FloatArray:
    """Sum the frames of `_spectra` again, including what rang on after each."""
    frames = fft.irfft(spectra, TRANSFORM)
    parts = -(-TRANSFORM // HOP)
    frames = np.pad(frames, ((0, 0), (0, parts * HOP - TRANSFORM))).reshape(-1, parts, HOP)
    hops = np.zeros((len(frames) + parts, HOP), dtype=np.float32)
    for part in range(parts):
        hops[part : part + len(frames)] += frames[:, part]
    return hops.reshape(-1)[HOP // 2 : HOP // 2 + count]


def synthesise(
    rng: np.random.Generator, speaker: Speaker, targets: Track, f0_hz: Track
) -> FloatArray:
    """Voice the phones in `targets`, shape (frames, 9), at the pitch in `f0_hz`, shape (frames,).

    Returns samples at -20 dBFS RMS, shape (frames * HOP,).
    """
    count = len(targets) * HOP
    lower = smooth(targets[:, :3], speaker.coarticulation_frames)
    wander = [drift(rng, len(lower), 12.0, FRAME_RATE_HZ) for _ in range(3)]
    lower *= 1.0 + 0.015 * np.stack(wander, axis=1)
    upper = np.tile(speaker.upper_formants_hz, (len(lower), 1))
    formants_hz = np.minimum(np.hstack((lower, upper)) * speaker.tract, 0.48 * SAMPLE_RATE_HZ)
    levels = np.maximum(smooth(targets[:, 3:6], 5), 0.0)
    if not speaker.voiced:
        levels = levels @ np.array([[0.0, 0.8, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    hiss_hz, hiss_width_hz, nasality = smooth(targets[:, 6:], 5).T
    # Coupling to the nose mostly damps the lower formants.
    bandwidths_hz = speaker.bandwidth * (
        np.array([70.0, 90.0, 130.0, 190.0, 260.0, 340.0])
        + nasality[:, None] * np.array([150.0, 150.0, 200.0, 0.0, 0.0, 0.0])
    )
    pulses, opened = _glottis(rng, speaker, f0_hz)
    frame_times = np.arange(count) / HOP
    voicing, aspiration, frication = (
        np.interp(frame_times, np.arange(len(levels)), level).astype(np.float32)
        for level in levels.T
    )
    noise = rng.standard_normal(count, dtype=np.float32)
    # Turbulence at the glottis comes and goes with its opening.
    breath = noise * (0.3 + 0.7 * opened) * (speaker.breath * voicing + aspiration) * 0.15
    spectra = _spectra(pulses * voicing + breath) * _tract(formants_hz, bandwidths_hz)
    bins_hz = np.linspace(0.0, SAMPLE_RATE_HZ / 2, TRANSFORM // 2 + 1, dtype=np.float32)
    distance = (bins_hz - hiss_hz[:, None] * np.sqrt(speaker.tract)) / hiss_width_hz[:, None]
    hiss = noise * frication * (0.3 * speaker.hiss) * np.where(voicing > 0.1, 0.4 + opened, 1.0)
    spectra += _spectra(hiss) * (1.0 / (1.0 + distance**2)).astype(np.float32)
    return at_rms(_overlap_add(spectra, count), -20.0)
