"""The way from a sound to a recording: room, microphone, amplifier, noise, codec, level.

All kinds of clips pass the same channels, so that a classifier cannot tell them by the channel;
without this, models trained on generated sound fail on recordings.
"""

from __future__ import annotations

import io

import numpy as np
import soundfile
from scipy import signal

from auricle.synthesis.environment import room_noise
from auricle.synthesis.signals import (
    SAMPLE_RATE_HZ,
    FloatArray,
    amplitude,
    at_rms,
    coloured_noise,
    fit,
    log_uniform,
    rms,
)

# Container and encoding; what the installed libsndfile lacks is left out.
CODECS = tuple(
    (container, encoding)
    for container, encoding in (("OGG", "VORBIS"), ("OGG", "OPUS"), ("MP3", "MPEG_LAYER_III"))
    if container in soundfile.available_formats()
    and encoding in soundfile.available_subtypes(container)
)


def reverberate(
    rng: np.random.Generator, samples: FloatArray, decay_s: float, wet_db: float
) -> FloatArray:
    """Add the response of a room: noise that decays by 60 dB in `decay_s` (Moorer, CMJ 3, 1979).

    The air swallows high frequencies first, so the noise is darker than white; `wet_db` is the
    energy of the reverberation relative to the direct sound.
    """
    count = int(min(decay_s, 2.0) * SAMPLE_RATE_HZ)
    decay = np.exp(-6.9 * np.arange(count) / (decay_s * SAMPLE_RATE_HZ)).astype(np.float32)
    response = coloured_noise(rng, count, rng.uniform(-5.0, 0.0)) * decay
    response *= amplitude(wet_db) / np.sqrt(np.sum(response**2))
    delay = int(rng.uniform(0.001, 0.02) * SAMPLE_RATE_HZ)
    wet = signal.oaconvolve(samples, response)[: len(samples)]
    heard = samples.copy()
    heard[delay:] += wet[: len(samples) - delay]
    return heard


def equalise(rng: np.random.Generator, samples: FloatArray) -> FloatArray:
    """Colour the sound as loudspeakers and microphones do: a smooth random curve in dB."""
    knots = np.linspace(0.0, 1.0, int(rng.integers(5, 14)))
    curve_db = rng.normal(0.0, rng.uniform(0.0, 5.0), len(knots))
    curve_db += rng.uniform(-9.0, 9.0) * (knots - 0.5)
    points = np.linspace(0.0, 1.0, 129)
    gains = 10.0 ** (np.interp(points, knots, curve_db) / 20.0)
    kernel = signal.firwin2(257, points, gains).astype(np.float32)
    return np.asarray(signal.oaconvolve(samples, kernel, "same"), dtype=np.float32)


def limit_band(rng: np.random.Generator, samples: FloatArray) -> FloatArray:
    """Cut the lows as small speakers do, the highs as telephones and old recordings do."""
    if rng.random() < 0.35:
        order, edge_hz = int(rng.integers(1, 4)), log_uniform(rng, 40.0, 400.0)
        sections = signal.butter(order, edge_hz, "highpass", fs=SAMPLE_RATE_HZ, output="sos")
        samples = signal.sosfilt(sections, samples)
    if rng.random() < 0.35:
        order, edge_hz = int(rng.integers(1, 6)), log_uniform(rng, 2800.0, 7600.0)
        sections = signal.butter(order, edge_hz, "lowpass", fs=SAMPLE_RATE_HZ, output="sos")
        samples = signal.sosfilt(sections, samples)
    return samples.astype(np.float32)


def encode(rng: np.random.Generator, samples: FloatArray) -> FloatArray:
    """Pass the sound through a lossy codec and back.

    It is written by the second: libsndfile's Vorbis encoder keeps each write on the stack.
    """
    container, encoding = CODECS[rng.integers(len(CODECS))]
    compression = rng.uniform(0.2, 0.95)
    headroom = 1.3 * float(np.abs(samples).max()) + 1e-9
    file = io.BytesIO()
    with soundfile.SoundFile(
        file, "w", SAMPLE_RATE_HZ, 1, encoding, format=container, compression_level=compression
    ) as encoder:
        for start in range(0, len(samples), SAMPLE_RATE_HZ):
            encoder.write(samples[start : start + SAMPLE_RATE_HZ] / headroom)
    file.seek(0)
    decoded, _ = soundfile.read(file, dtype="float32")
    return fit(decoded * np.float32(headroom), len(samples))


def transmit(rng: np.random.Generator, samples: FloatArray) -> FloatArray:
    """Send a sound through a random channel.

    Parameters
    ----------
    rng
        Source of randomness.
    samples
        The sound, shape (count,).

    Returns
    -------
    FloatArray
        What is recorded, shape (count,), its peak between -40 and -6 dBFS.
    """
    if rng.random() < 0.6:
        samples = reverberate(
            rng, samples, decay_s=log_uniform(rng, 0.08, 1.5), wet_db=rng.uniform(-18.0, 4.0)
        )
    samples = limit_band(rng, equalise(rng, samples))
    if rng.random() < 0.2:
        samples = np.tanh(samples * log_uniform(rng, 0.5, 5.0) / (3.0 * max(rms(samples), 1e-6)))
    noise_db = 20.0 * np.log10(max(rms(samples), 1e-6)) - rng.triangular(8.0, 50.0, 65.0)
    samples = samples + at_rms(room_noise(rng, len(samples)), noise_db)
    if CODECS and rng.random() < 0.4:
        samples = encode(rng, samples)
    peak = amplitude(rng.uniform(-40.0, -6.0))
    return (samples * (peak / max(float(np.abs(samples).max()), 1e-9))).astype(np.float32)
