"""Sound within a page."""

import base64
import io

import numpy as np
import soundfile

from auricle.audio import Samples
from auricle.audio.io import Resampler

# Sampling rates that MPEG layer III knows.
_MP3_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)


def audio_uri(samples: Samples, sample_rate_hz: int) -> str:
    """Sound [shape=(n,)] as MP3 in a `data:` address, the same bytes each time."""
    rate = sample_rate_hz if sample_rate_hz in _MP3_RATES else 48000
    samples = Resampler(sample_rate_hz, rate).push(samples, last=True)
    memory = io.BytesIO()
    soundfile.write(memory, np.clip(samples, -1, 1), rate, format="MP3", subtype="MPEG_LAYER_III")
    return "data:audio/mpeg;base64," + base64.b64encode(memory.getvalue()).decode()
