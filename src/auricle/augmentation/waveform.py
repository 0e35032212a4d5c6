"""Seeded augmentation of training recordings, with audiomentations, before they are windowed."""

import hashlib
import io
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile
from audiomentations.core.transforms_interface import BaseWaveformTransform

from auricle.audio import Samples
from auricle.audio.io import Resampler
from auricle.core.errors import AuricleError
from auricle.core.schema import AUTO, build, check, one_of

_ENOUGH_WINDOWS, _MOST_COPIES = 2500, 8

# Container and coding of each codec, as libsndfile names them.
_CONTAINERS = {
    "vorbis": ("OGG", "VORBIS"),
    "opus": ("OGG", "OPUS"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
}


@dataclass(frozen=True)
class Augment:
    """Chains of transforms; each adds `copies` changed copies of every training recording.

    `chains` maps a chain's name to its steps, in order; a step is a `_target_` of audiomentations
    or of this module. No chains: the recordings alone.
    """

    seed: int
    copies: Any
    chains: dict[str, dict[str, Any]]

    def __post_init__(self) -> None:
        number = isinstance(self.copies, int) and self.copies > 0
        check(
            number or self.copies == AUTO,
            f"copies={self.copies} must be a positive number, or auto",
        )
        for name in self.chains:
            self.chain(name)

    def copies_of(self, windows: int) -> int:
        """Return how many changed copies each chain makes of recordings of so many windows.

        Few windows need many, so that a network sees enough that differs: `auto` makes as many as
        come near 2 500 windows with the recordings, 1 to 8.
        """
        if self.copies != AUTO:
            return int(self.copies)
        return int(np.clip(_ENOUGH_WINDOWS // max(1, windows), 1, _MOST_COPIES))

    def chain(self, name: str) -> Callable[..., Samples]:
        """Build the transforms of a chain."""
        from audiomentations import Compose

        steps = []
        for step, node in (self.chains[name] or {}).items():
            if node is None:  # `augment.chains.NAME.STEP=null` takes a step out
                continue
            key = f"augment.chains.{name}.{step}"
            named = isinstance(node, Mapping) and "_target_" in node
            check(named, f"{key} has no _target_: name a transform")
            transform = build(node, key)
            try:
                steps.append(transform())
            except (AuricleError, ValueError, TypeError, AssertionError) as error:
                raise AuricleError(f"{key}: {error}") from error
        composed: Callable[..., Samples] = Compose(steps)
        return composed


def augment(
    samples: Samples, sample_rate_hz: int, chain: Callable[..., Samples], seed: int, identity: str
) -> Samples:
    """Run a chain over a recording; the same seed and identity give the same samples.

    Both global generators are seeded because audiomentations draws from both.
    """
    digest = hashlib.sha256(f"{seed}/{identity}".encode()).digest()
    random.seed(digest)
    np.random.seed(int.from_bytes(digest[:4], "little"))  # noqa: NPY002
    changed = chain(samples=samples, sample_rate=sample_rate_hz)
    return np.clip(changed, -1, 1).astype(np.float32)


class Room(BaseWaveformTransform):
    """Reverberation of a random room: exponentially decaying noise (Moorer, 1979).

    Parameters
    ----------
    min_rt60_s, max_rt60_s
        Time in which the reverberation decays by 60 dB.
    min_direct_db, max_direct_db
        Level of the direct sound over the reverberation.
    p
        Probability that a recording is changed.
    """

    supports_multichannel = False

    def __init__(
        self,
        min_rt60_s: float,
        max_rt60_s: float,
        min_direct_db: float,
        max_direct_db: float,
        p: float,
    ) -> None:
        super().__init__(p)
        check(
            0 < min_rt60_s <= max_rt60_s,
            f"min_rt60_s={min_rt60_s} must be positive and not above max_rt60_s={max_rt60_s}",
        )
        check(
            min_direct_db <= max_direct_db,
            f"min_direct_db={min_direct_db} must not lie above max_direct_db={max_direct_db}",
        )
        self.min_rt60_s, self.max_rt60_s = min_rt60_s, max_rt60_s
        self.min_direct_db, self.max_direct_db = min_direct_db, max_direct_db

    def randomize_parameters(self, samples: Samples, sample_rate: int) -> None:
        """Draw a room."""
        super().randomize_parameters(samples, sample_rate)
        self.parameters["rt60_s"] = random.uniform(self.min_rt60_s, self.max_rt60_s)
        self.parameters["direct_db"] = random.uniform(self.min_direct_db, self.max_direct_db)
        self.parameters["seed"] = random.getrandbits(32)

    def apply(self, samples: Samples, sample_rate: int) -> Samples:
        """Convolve; the length stays."""
        rt60_s = self.parameters["rt60_s"]
        rng = np.random.default_rng(self.parameters["seed"])
        length = max(2, int(rt60_s * sample_rate))
        # 60 dB are a factor of 1000, ln(1000) = 6.91
        tail = rng.standard_normal(length) * np.exp(-6.91 * np.arange(length) / length)
        response = (tail / np.sqrt(np.sum(np.square(tail)))).astype(np.float32)
        wet = _convolve(samples, response)[: len(samples)]
        gain = 10 ** (-self.parameters["direct_db"] / 20)
        mixed = samples + np.float32(gain) * wet
        return (mixed * (_rms(samples) / max(_rms(mixed), 1e-9))).astype(np.float32)


class Codec(BaseWaveformTransform):
    """A round trip through a lossy codec of libsndfile: what messengers and broadcasters do.

    Parameters
    ----------
    formats
        Some of `vorbis`, `opus`, `mp3`; one is drawn for each recording.
    min_quality, max_quality
        Of the encoder, from 0 (smallest) to 1 (best).
    p
        Probability that a recording is changed.
    """

    supports_multichannel = False

    def __init__(
        self, formats: list[str], min_quality: float, max_quality: float, p: float
    ) -> None:
        super().__init__(p)
        for name in formats:
            one_of("formats", name, tuple(_CONTAINERS))
        check(bool(formats), "formats is empty: name at least one")
        check(
            0 <= min_quality <= max_quality <= 1,
            f"min_quality={min_quality} and max_quality={max_quality} must lie in [0, 1], in order",
        )
        self.formats = list(formats)
        self.min_quality, self.max_quality = min_quality, max_quality

    def randomize_parameters(self, samples: Samples, sample_rate: int) -> None:
        """Draw a codec and its quality."""
        super().randomize_parameters(samples, sample_rate)
        self.parameters["format"] = random.choice(self.formats)
        self.parameters["quality"] = random.uniform(self.min_quality, self.max_quality)

    def apply(self, samples: Samples, sample_rate: int) -> Samples:
        """Encode and decode; the length stays, padding of the codec is cut or filled."""
        container, subtype = _CONTAINERS[self.parameters["format"]]
        memory = io.BytesIO()
        # Opus and MP3 know a few rates only; both know 48 kHz.
        rate = sample_rate if subtype == "VORBIS" else 48000
        there = Resampler(sample_rate, rate).push(samples, last=True)
        # libsndfile's MP3 encoder refuses 1 itself.
        compression = min(0.9999, 1 - self.parameters["quality"])
        with soundfile.SoundFile(
            memory, "w", rate, 1, subtype, format=container, compression_level=compression
        ) as file:
            # libsndfile 1.2 crashes on Vorbis when minutes are written at once.
            for second in range(0, len(there), rate):
                file.write(there[second : second + rate])
        memory.seek(0)
        back, _ = soundfile.read(memory, dtype="float32")
        result = Resampler(rate, sample_rate).push(back, last=True)[: len(samples)]
        return np.pad(result, (0, len(samples) - len(result)))


def _convolve(samples: Samples, response: Samples) -> npt.NDArray[np.float32]:
    size = 1 << (len(samples) + len(response) - 1).bit_length()
    product = np.fft.rfft(samples, size) * np.fft.rfft(response, size)
    return np.fft.irfft(product, size).astype(np.float32)


def _rms(samples: Samples) -> float:
    return float(np.sqrt(np.mean(np.square(samples)) + 1e-20))
