"""Sound from files, as blocks of mono float samples at one rate."""

import math
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from auricle.audio import Samples
from auricle.core.errors import AuricleError

# Is shown what is decoded [shape=(n, channels)] and its rate, before anything is done to it.
Tap = Callable[[Samples, int], None]

BLOCK_S = 10.0
_REMEDY = "copy or export it anew, or remove it"
# Encoders pad and trim by less; more is sound that was lost.
_LEAST_MISSING = 0.02
_OGG_PAGE = 65307  # bytes, the longest there can be
SUFFIXES = frozenset(
    f".{name}"
    for name in (
        *("aac", "aif", "aifc", "aiff", "au", "caf", "flac", "m4a", "mka", "mp2", "mp3", "mp4"),
        *("oga", "ogg", "opus", "rf64", "snd", "w64", "wav", "wave", "webm", "wma"),
    )
)


def pcm16_to_float(pcm: npt.NDArray[np.int16]) -> Samples:
    """Scale 16-bit samples to [-1, 1): by 32768, as every decoder does, so that 0.25 is exact."""
    return pcm.astype(np.float32) / np.float32(32768)


class Resampler:
    """Resample a stream of mono blocks (soxr, high quality); any block sizes, the same samples.

    Parameters
    ----------
    from_hz, to_hz
        Sampling rates of what is pushed and of what comes out.
    """

    def __init__(self, from_hz: int, to_hz: int) -> None:
        self._stream = (
            None if from_hz == to_hz else soxr.ResampleStream(from_hz, to_hz, 1, dtype="float32")
        )

    def push(self, block: Samples, last: bool = False) -> Samples:
        """Take a block [shape=(n,)], give what can be given; with `last`, all that is left."""
        if self._stream is None:
            return block
        resampled: Samples = self._stream.resample_chunk(block, last=last)
        return resampled


def read_blocks(
    path: Path, sample_rate_hz: int, block_s: float = BLOCK_S, tap: Tap | None = None
) -> Iterator[Samples]:
    """Decode a sound file to mono float32 blocks at `sample_rate_hz`.

    libsndfile decodes what it knows; ffmpeg, where it is installed, everything else. Channels are
    averaged. Memory is bounded by the block, however long the file. `tap` is shown each block as
    the file has it; what ffmpeg decodes, as the mean of the channels.

    Raises
    ------
    AuricleError
        The file is missing, damaged, empty, no sound, or holds values that are not finite.
    """
    if path.is_dir():
        raise AuricleError(f"{path} is a folder, and holds no sound file: check its name")
    if not path.is_file():
        raise AuricleError(f"There is no file {path}: check its name")
    _refuse_unopened(path)
    given = 0
    for block in _decoded(path, sample_rate_hz, block_s, tap):
        given += len(block)
        yield block
    if not given:
        raise AuricleError(f"{path} holds no sound, not one sample: {_REMEDY}")


def _refuse_unopened(path: Path) -> None:
    try:
        with path.open("rb") as file:
            empty = not file.read(1)
    except OSError as error:
        raise AuricleError(
            f"{path} cannot be opened ({error.strerror}): see to its permissions"
        ) from error
    if empty:
        raise AuricleError(f"{path} is empty, 0 bytes: {_REMEDY}")


def _decoded(path: Path, sample_rate_hz: int, block_s: float, tap: Tap | None) -> Iterator[Samples]:
    try:
        file = soundfile.SoundFile(path)
    except soundfile.LibsndfileError as error:
        ffmpeg = shutil.which("ffmpeg")
        if ffmpeg is None:
            raise AuricleError(
                f"{path} cannot be decoded ({error.error_string}); "
                "if it is a sound file, install ffmpeg or convert it to WAV or FLAC"
            ) from error
        yield from _read_with_ffmpeg(ffmpeg, path, sample_rate_hz, block_s, tap)
        return
    with file:
        resampler = Resampler(file.samplerate, sample_rate_hz)
        frames = max(1, round(block_s * file.samplerate))
        try:
            while len(block := file.read(frames, dtype="float32", always_2d=True)):
                if tap:
                    tap(_checked(block, path), file.samplerate)
                yield resampler.push(_checked(block, path).mean(axis=1))
        except soundfile.LibsndfileError as error:
            raise AuricleError(
                f"{path} is damaged ({error.error_string}): copy or export it anew"
            ) from error
        yield resampler.push(np.zeros(0, np.float32), last=True)


def load(path: Path, sample_rate_hz: int, tap: Tap | None = None) -> Samples:
    """Decode a whole sound file to mono float32 [shape=(n,)] at `sample_rate_hz`."""
    blocks = read_blocks(path, sample_rate_hz, tap=tap)
    return np.concatenate([np.zeros(0, np.float32), *blocks])


def cut_off(path: Path, duration_s: float) -> str:
    """Say how a file that could be decoded is shorter than it promises; nothing where it is not.

    A download that broke off still decodes, as far as it goes.
    """
    try:
        with soundfile.SoundFile(path) as file:
            if file.format == "OGG":
                return "" if _ends_with_last_page(path) else "its last page is missing"
            frames, log = file.frames, file.extra_info
            if found := re.search(r"^data : (\d+) \(should be \d+\)", log, re.MULTILINE):
                # The size in a WAV header; programs that stream leave it 0 or as large as can be.
                width = re.search(r"Block Align *: (\d+)", log)
                size = int(found[1])
                streamed = size == 0 or size >= 0x7FFFF000
                frames = frames if streamed or not width else size // int(width[1])
            promised_s = frames / file.samplerate
    except (soundfile.LibsndfileError, OverflowError):
        return ""
    missing = 1 - duration_s / promised_s if 0 < promised_s < math.inf else 0.0
    return f"{missing:.0%} of the length it promises is missing" if missing > _LEAST_MISSING else ""


def _ends_with_last_page(path: Path) -> bool:
    """Whether an Ogg file ends with a whole page that says it is the last."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _OGG_PAGE))
        tail = file.read()
    page = tail[max(0, tail.rfind(b"OggS")) :]
    if len(page) < 27 or len(page) < 27 + page[26]:
        return False
    return bool(page[5] & 4) and len(page) >= 27 + page[26] + sum(page[27 : 27 + page[26]])


def _checked(block: Samples, path: Path) -> Samples:
    if not np.isfinite(block).all():
        raise AuricleError(f"{path} holds samples that are not finite: export it again")
    return block


def _read_with_ffmpeg(
    ffmpeg: str, path: Path, sample_rate_hz: int, block_s: float, tap: Tap | None
) -> Iterator[Samples]:
    """Decode with ffmpeg, its own resampler left out: it only decodes, at the file's rate."""
    rate = _ffmpeg_rate(path)
    command = [ffmpeg, "-nostdin", "-v", "error", "-i", f"file:{path}", "-map", "0:a:0"]
    command += ["-ac", "1", "-f", "f32le", "-"]
    # A pipe that nobody reads would fill up and stop ffmpeg; a file takes all it says.
    with tempfile.TemporaryFile() as told:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=told) as process:
            assert process.stdout  # it was asked for
            resampler = Resampler(rate, sample_rate_hz)
            bytes_per_block = 4 * max(1, round(block_s * rate))
            while data := process.stdout.read(bytes_per_block):
                block = np.frombuffer(data[: len(data) // 4 * 4], "<f4")
                if tap:
                    tap(_checked(block, path)[:, None], rate)
                yield resampler.push(_checked(block, path))
            yield resampler.push(np.zeros(0, np.float32), last=True)
        told.seek(0)
        message = told.read().decode(errors="replace").strip().splitlines()
    if process.returncode:
        reason = message[-1] if message else f"exit status {process.returncode}"
        raise AuricleError(f"{path} cannot be decoded, by ffmpeg either ({reason}): {_REMEDY}")


def _ffmpeg_rate(path: Path) -> int:
    ffprobe = shutil.which("ffprobe")
    if ffprobe is None:
        raise AuricleError(f"{path} needs ffprobe, which comes with ffmpeg: install ffmpeg whole")
    command = [ffprobe, "-v", "error", "-select_streams", "a:0", "-show_entries"]
    command += ["stream=sample_rate", "-of", "csv=p=0", f"file:{path}"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    rate = result.stdout.strip().split("\n")[0].strip(",")
    if not rate.isdigit():
        raise AuricleError(
            f"{path} cannot be decoded, by ffmpeg either: it holds no sound that they "
            f"know; {_REMEDY}"
        )
    return int(rate)
