"""Speech by espeak-ng, where it is installed: a synthesizer unlike the one in `voice`."""

from __future__ import annotations

import functools
import io
import shutil
import subprocess

import numpy as np
import soundfile
import soxr

from auricle.core.errors import AuricleError
from auricle.synthesis.signals import SAMPLE_RATE_HZ, FloatArray, at_rms, fit, rms

# Languages whose spelling is close enough to sound for made-up words in Latin letters.
LANGUAGES = (
    *("af", "an", "az", "bs", "ca", "cs", "cy", "da", "de", "en-029", "en-gb", "en-gb-scotland"),
    *("en-gb-x-gbclan", "en-gb-x-rp", "en-us", "eo", "es", "es-419", "et", "eu", "fi", "fr-be"),
    *("fr-fr", "ga", "gn", "hr", "ht", "hu", "ia", "id", "is", "it", "la", "lb", "lt", "lv"),
    *("mi", "ms", "nb", "nci", "nl", "om", "pap", "pl", "pt", "pt-br", "qu", "ro", "sk", "sl"),
    *("sq", "sv", "sw", "tk", "tn", "tr", "vi", "cmn-latn-pinyin", "haw"),
)
VARIANTS = (
    *("m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "f1", "f2", "f3", "f4", "f5"),
    *("klatt", "klatt2", "klatt3", "klatt4", "klatt5", "klatt6", "croak", "whisper", "whisperf"),
    *("adam", "Alicia", "Andrea", "Annie", "antonio", "aunty", "belinda", "boris", "caleb"),
    *("david", "Denis", "ed", "edward", "grandma", "grandpa", "gustave", "Hugo", "iven2"),
    *("Jacky", "john", "kaukovalta", "Lee", "linda", "Marco", "max", "Michael", "miguel"),
    *("Nguyen", "norbert", "pablo", "paul", "pedro", "quincy", "rob", "sandro", "shelby"),
    *("steph", "Storm", "travis", "victor", "zac"),
)

ONSETS = (
    *("b", "c", "d", "f", "g", "h", "j", "k", "l", "m", "n", "p", "r", "s", "t", "v", "w"),
    *("y", "z", "st", "tr", "br", "pr", "pl", "kr", "sh", "ch", "gr", "fl", "sl", "th"),
)
VOWELS = ("a", "e", "i", "o", "u", "ai", "ou", "ee", "ie", "au")
CODAS = ("", "", "", "n", "s", "t", "r", "l", "m", "k", "nd")


@functools.cache
def version() -> str | None:
    """Return the version line of espeak-ng, or None where it is not on the PATH."""
    if shutil.which("espeak-ng") is None:
        return None
    answer = subprocess.run(["espeak-ng", "--version"], capture_output=True, text=True, check=False)
    return answer.stdout.strip() or None


def _text(rng: np.random.Generator, words: int) -> str:
    """Return `words` made-up words and numbers, with a comma or full stop here and there.

    One text in four is a list, whose words are said one by one.
    """
    stops = (0.1, 0.45, 0.4, 0.05) if rng.random() < 0.25 else (0.86, 0.06, 0.06, 0.02)
    text = []
    for _ in range(words):
        if rng.random() < 0.2:
            word = str(int(10.0 ** rng.uniform(0.0, 4.5)))
        else:
            word = "".join(
                str(rng.choice(ONSETS)) + str(rng.choice(VOWELS)) + str(rng.choice(CODAS))
                for _ in range(rng.integers(1, 4))
            )
        text.append(word + str(rng.choice(("", ",", ".", "?"), p=stops)))
    return " ".join(text)


def _run(voice: str, rate: int, pitch: int, prosody_range: int, text: str) -> FloatArray:
    """Return what espeak-ng says at 16 kHz, empty where it lacks the voice."""
    marked_up = f'<speak><prosody range="{prosody_range}%">{text}</prosody></speak>'
    command = ["espeak-ng", "-m", "-v", voice, "-s", str(rate), "-p", str(pitch), "--stdout"]
    wave = subprocess.run([*command, marked_up], capture_output=True, check=False).stdout
    # espeak-ng cannot seek back on a pipe, so the header's lengths are false; past its 44 bytes
    # comes nothing but 16-bit samples.
    if len(wave) <= 44:
        return np.zeros(0, dtype=np.float32)
    rate_hz = soundfile.info(io.BytesIO(wave)).samplerate
    samples = np.frombuffer(wave[44 : len(wave) - len(wave) % 2], "<i2").astype(np.float32) / 32768
    return np.asarray(soxr.resample(samples, rate_hz, SAMPLE_RATE_HZ), dtype=np.float32)


def _shorten_pauses(samples: FloatArray, longest_s: float) -> FloatArray:
    """Cut silences, 35 dB below the whole, down to `longest_s`."""
    frame = SAMPLE_RATE_HZ // 100
    frames = samples[: len(samples) // frame * frame].reshape(-1, frame)
    sounding = np.sqrt(np.mean(frames**2, axis=1)) > 0.018 * rms(samples)
    index = np.arange(len(frames))
    last_sound = np.maximum.accumulate(np.where(sounding, index, -len(frames)))
    return frames[index - last_sound <= 100 * longest_s].reshape(-1)


def speak(rng: np.random.Generator, seconds: float, longest_pause_s: float = 0.4) -> FloatArray:
    """Let a random voice of espeak-ng talk.

    Parameters
    ----------
    rng
        Source of randomness.
    seconds
        Length of the talk.
    longest_pause_s
        Upper limit of the pauses.

    Returns
    -------
    FloatArray
        Samples at -20 dBFS RMS, shape (round(seconds * 16000),).

    Raises
    ------
    AuricleError
        If espeak-ng is missing or says nothing in any voice.
    """
    if version() is None:
        raise AuricleError("espeak-ng is not on the PATH; install it, or generate without it.")
    count = round(seconds * SAMPLE_RATE_HZ)
    language = str(rng.choice(LANGUAGES))
    voices = (f"{language}+{rng.choice(VARIANTS)}", language, "en")
    manner = (int(rng.integers(80, 260)), int(rng.integers(5, 85)), int(rng.integers(0, 220)))
    talk = np.zeros(0, dtype=np.float32)
    while len(talk) < count:
        missing_s = seconds - len(talk) / SAMPLE_RATE_HZ
        text = _text(rng, 4 + int(2.2 * missing_s))
        answers = (_run(voice, *manner, text) for voice in voices)
        spoken = next((answer for answer in answers if answer.any()), None)
        if spoken is None:
            raise AuricleError(
                f"espeak-ng says nothing in the voices {', '.join(voices)}; "
                "try `espeak-ng --voices`, or generate without it."
            )
        talk = np.append(talk, _shorten_pauses(spoken, longest_pause_s))
    return at_rms(fit(talk, count), -20.0)
