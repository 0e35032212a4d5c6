"""Near-identical recordings: the same sound under another name, found by its spectral peaks.

A fingerprint is the constellation of a recording's spectral peaks (A. Wang, "An industrial-strength
audio search algorithm", ISMIR 2003): where they lie outlives codecs, levels, filters and cuts. An
index of pairs of peaks proposes which recordings to lay over each other and how far apart; each
proposal is then verified peak by peak, as a local alignment scored by log-likelihood ratios (Karlin
and Altschul, PNAS 87, 1990), so that an excerpt is found in what it was cut from.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import maximum_filter1d

from auricle.audio import Samples
from auricle.audio.io import Resampler
from auricle.core.parallel import progress
from auricle.features.spectrum import hann

Fingerprint = npt.NDArray[np.int64]
Integers = npt.NDArray[np.int64]

# Telephony's band survives every usual codec and rate, so nothing else is looked at.
_RATE_HZ = 8000
_N_FFT = 512  # 64 ms: harmonics of speech stand apart, and words keep their onsets
_HOP = 64  # 8 ms: an arbitrary cut moves a peak by half of it at most
_BINS = range(10, 224)  # 156 Hz to 3.5 kHz; clear of a DC offset, and of resamplers' edges
_BINS_PER_FRAME = 512  # a peak is frame * _BINS_PER_FRAME + bin
_BLOCK = 4096  # frames whose spectra are held at once

# A peak is the largest of its neighbourhood, and rises in time: a steady tone has none.
_NEAR_BINS, _NEAR_FRAMES = 5, 8
_RISE = 10**0.2  # 2 dB: more than what a codec or dither does to a steady tone
_LOUD_FRAMES = 62  # half a second, before and after
_BELOW_LOUD = 10**-4.5  # 45 dB below the loudest nearby, codecs keep little
_FLOOR = 1e-10  # -100 dB of a full-scale sine: 16-bit dither lies below

# Pairs of peaks, for the index.
_FAN_OUT = 6
_PAIR_FRAMES = range(2, 61)
_PAIR_BINS = 63
_MOST_PAIRS = 8_000_000  # in the index; of more, the same share of all recordings' is kept
_NEXT = 256  # how many with the same hash a pair is compared with: bounds what is common to all
_CHUNK = 50_000  # pairs that ask the index at once
_FEWEST_SHARED = 8  # pairs that make a proposal
_PROPOSALS = 3  # per two recordings, from different chunks

# Verification.
_SHIFT = 1  # frames and bins by which peaks of the same sound differ
_KEPT = 0.3, 0.55, 0.8  # shares of the peaks that survive in bad to good copies
_RIVALS = 16  # other offsets that a match is compared with,
_RIVAL_FRAMES = 1250  # at most 10 s away,
_RIVAL_PEAKS = 32  # found from so many peaks of the same bin
_LEAST_SCORE = 40.0  # nats; see near_identical
_LEAST_SIMILARITY = 0.25  # above that at other offsets
_LEAST_SHARED_S = 0.6  # similarity times duration: more than a sample that two pieces use
_LEAST_PEAKS = 16


@dataclass(frozen=True)
class Match:
    """Two recordings that share sound.

    Parameters
    ----------
    first, second
        Indices into the sequence of fingerprints, first < second.
    similarity
        Share of the peaks, of the one with fewer, that the other has too at the same times and
        frequencies, within the part that both hold: 1 for a plain copy, about 0.7 for a small MP3.
    """

    first: int
    second: int
    similarity: float


def fingerprint(samples: Samples, sample_rate_hz: int) -> Fingerprint:
    """Spectral peaks of a recording [shape=(n_peaks,)], in order of time, then frequency.

    About 70 peaks a second, 8 bytes each: 2 MB an hour. Level and polarity do not matter.

    Parameters
    ----------
    samples
        Mono signal [shape=(n,)].
    sample_rate_hz
        Its rate; below 8 kHz the upper part of the band is missing.

    Returns
    -------
    Fingerprint
        frame * 512 + bin of each peak, in frames of 8 ms and bins of 15.6 Hz. Empty where there is
        nothing to tell by: silence, steady tones, less than 64 ms.
    """
    signal = Resampler(sample_rate_hz, _RATE_HZ).push(samples, last=True)
    if len(signal) < _N_FFT:
        return np.zeros(0, np.int64)
    frames = np.lib.stride_tricks.sliding_window_view(signal, _N_FFT)[::_HOP]
    found = [np.zeros(0, np.int64)]
    for start in range(0, len(frames), _BLOCK):
        # Neighbouring frames on both sides make the blocks' peaks those of the whole.
        before = max(0, start - _LOUD_FRAMES)
        peaks = _peaks(frames[before : start + _BLOCK + _LOUD_FRAMES]) + before * _BINS_PER_FRAME
        at = peaks // _BINS_PER_FRAME
        # What begins or ends with the recording is an edge of it, no onset.
        inside = (at > 0) & (at < len(frames) - 1)
        found.append(peaks[inside & (at >= start) & (at < start + _BLOCK)])
    return np.concatenate(found)


def _peaks(frames: Samples) -> Fingerprint:
    """Peaks of frames [shape=(n_frames, n_fft)], counted from the first of them."""
    spectrum = np.fft.rfft(frames * (hann(_N_FFT) * np.float32(4 / _N_FFT)))
    seen = slice(_BINS.start - _NEAR_BINS, _BINS.stop + _NEAR_BINS)
    power = np.square(spectrum.real[:, seen]) + np.square(spectrum.imag[:, seen])
    nearby = maximum_filter1d(power, 2 * _NEAR_FRAMES + 1, axis=0, mode="nearest")
    nearby = maximum_filter1d(nearby, 2 * _NEAR_BINS + 1, axis=1, mode="nearest")
    loudest = maximum_filter1d(power.max(axis=1), 2 * _LOUD_FRAMES + 1, mode="nearest")
    least = np.maximum(loudest * np.float32(_BELOW_LOUD), np.float32(_FLOOR))
    highest = (power == nearby) & (power > least[:, None])
    frame, column = np.nonzero(highest[:, _NEAR_BINS:-_NEAR_BINS])
    around = frame[:, None] + np.arange(-_NEAR_FRAMES, _NEAR_FRAMES + 1)
    lowest = power[np.clip(around, 0, len(power) - 1), column[:, None] + _NEAR_BINS].min(axis=1)
    rises = power[frame, column + _NEAR_BINS] > lowest * np.float32(_RISE)
    peaks: Fingerprint = (frame * _BINS_PER_FRAME + column + _BINS.start)[rises]
    return peaks


def near_identical(fingerprints: Sequence[Fingerprint]) -> list[Match]:
    """Find all pairs of recordings that share sound, in order of their indices.

    Found are copies, and excerpts of two seconds and more, through codecs (Opus from 16 kbit/s),
    resampling, filters, changes of level, clipping and slight noise; whole clips from about one
    second on, if they are as eventful as speech. Not found are copies at another speed or pitch,
    what leaves few peaks (steady tones, silence, a single knock), and most of what repeats exactly
    in a short time. Of a sound with more than 256 copies, each is found with some of the others.

    A match has 40 nats of evidence that the peaks fall together by being the same sound rather
    than by chance, chance being that of two sounds with as many peaks in each bin and at each
    moment as these have, and that of the same two at other offsets. Chance alone reached 21 nats
    in two million pairs of recordings; a plain copy has about 100 a second. A second or less that
    two pieces of music have from one library of samples is no match, nor are drum loops of the
    same strikes in another order; loops that differ by a few strikes are.

    Beside the fingerprints it needs about 0.4 GB, whatever their number: above 5 hours of sound a
    share of the pairs of peaks is indexed, which at 50 hours still finds excerpts of 2 s.
    """
    proposals: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for first, second, offset, shared in _proposals(fingerprints):
        of_pair = proposals.setdefault((first, second), [])
        of_pair.append((shared, offset))
        of_pair.sort(reverse=True)
        del of_pair[_PROPOSALS:]
    matches = []
    for (first, second), of_pair in sorted(proposals.items()):
        similarity = max(
            _similarity(fingerprints[first], fingerprints[second], offset + more)
            for _, offset in of_pair
            for more in range(2 * _SHIFT + 1)
        )
        if similarity:
            matches.append(Match(first, second, similarity))
    return matches


def _pairs(peaks: Fingerprint, share: float) -> tuple[npt.NDArray[np.uint32], Integers]:
    """Hashes of pairs of peaks and the frames of the first of each [shape=(n_pairs,)]."""
    frame, column = np.divmod(peaks, _BINS_PER_FRAME)
    partners = np.zeros(len(peaks), np.int64)
    hashes, frames = [np.zeros(0, np.uint32)], [np.zeros(0, np.int64)]
    for step in range(1, len(peaks)):
        later, higher = frame[step:] - frame[:-step], column[step:] - column[:-step]
        if later.min() >= _PAIR_FRAMES.stop:
            break
        fits = (later >= _PAIR_FRAMES.start) & (later < _PAIR_FRAMES.stop)
        fits &= (np.abs(higher) <= _PAIR_BINS) & (partners[:-step] < _FAN_OUT)
        partners[:-step] += fits
        at = np.flatnonzero(fits)
        # 8 bits of frequency, 7 of interval, 6 of time between them.
        code = (column[at] << 13) | ((higher[at] + _PAIR_BINS) << 6) | later[at]
        # Fibonacci hashing (Knuth, TAOCP 6.4): one to one, so that a threshold keeps the same
        # share of the codes in every recording.
        spread = (code.astype(np.uint64) * np.uint64(2654435769) & np.uint64(2**32 - 1)).astype(
            np.uint32
        )
        kept = spread < share * 2**32
        hashes.append(spread[kept])
        frames.append(frame[at][kept])
    return np.concatenate(hashes), np.concatenate(frames)


def _proposals(fingerprints: Sequence[Fingerprint]) -> Iterator[tuple[int, int, int, int]]:
    """First, second, offset in frames of the second, and how many pairs of peaks say so."""
    expected = _FAN_OUT * sum(len(peaks) for peaks in fingerprints)
    share = min(1.0, _MOST_PAIRS / max(1, expected))
    hashes, frames, counts = [np.zeros(0, np.uint32)], [np.zeros(0, np.int32)], []
    for peaks in fingerprints:
        codes, at = _pairs(peaks, share)
        earliest_first = np.argsort(at, kind="stable")
        hashes.append(codes[earliest_first])
        frames.append(at[earliest_first].astype(np.int32))
        counts.append(len(codes))
    code, frame = np.concatenate(hashes), np.concatenate(frames)
    del hashes, frames
    owner = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    order = np.argsort(code, kind="stable")  # and so by recording within a hash
    code, frame, owner = code[order], frame[order], owner[order]
    place = np.empty(len(order), np.int32)  # in the index, of each pair by recording and time
    place[order] = np.arange(len(order), dtype=np.int32)
    del order
    chunks = list(_chunks(counts))
    for start, stop in progress(chunks, len(chunks), "Comparing"):
        yield from _asked(place[start:stop], code, frame, owner)


def _chunks(counts: list[int]) -> Iterator[tuple[int, int]]:
    """Ranges of pairs, of whole recordings where these are not longer than a chunk."""
    start = stop = 0
    for count in counts:
        if stop > start and stop + count - start > _CHUNK:
            yield start, stop
            start = stop
        stop += count
        while stop - start > _CHUNK:
            yield start, start + _CHUNK
            start += _CHUNK
    if stop > start:
        yield start, stop


def _asked(
    place: npt.NDArray[np.int32],
    code: npt.NDArray[np.uint32],
    frame: npt.NDArray[np.int32],
    owner: npt.NDArray[np.int32],
) -> Iterator[tuple[int, int, int, int]]:
    """Proposals of a chunk of pairs, each compared with the next in the index of its hash."""
    span = 2 * (int(frame.max()) + 1)
    # Both are int64, so that what is made of them is.
    lowest, seconds = owner[place].min().astype(np.int64), owner.max().astype(np.int64) + 1
    keys = [np.zeros(0, np.int64)]
    at = np.sort(place)  # neighbours in the index are read together
    for further in range(1, _NEXT + 1):
        at = at[at + further < len(code)]
        at = at[code[at + further] == code[at]]
        if not len(at):
            break
        one = at[owner[at] != owner[at + further]]
        other = one + further
        which = (owner[one] - lowest) * seconds + owner[other]
        keys.append(which * span + (frame[other] - frame[one] + span // 2))
    key = np.concatenate(keys)
    del keys
    key.sort()
    most = key[_FEWEST_SHARED - 1 :]
    many = np.flatnonzero(most - key[: len(most)] <= 2 * _SHIFT)
    shared = np.searchsorted(key, key[many] + 2 * _SHIFT, side="right") - many
    which, apart = np.divmod(key[many], span)
    best_first = np.lexsort((-shared, which))
    _, best = np.unique(which[best_first], return_index=True)
    for i in best_first[best]:
        first, second = divmod(int(which[i]), int(seconds))
        yield first + int(lowest), second, int(apart[i]) - span // 2, int(shared[i])


def _similarity(first: Fingerprint, second: Fingerprint, offset: int) -> float:
    """Share of peaks that agree where `second` is `offset` frames later; 0 without evidence."""
    first = first + offset * _BINS_PER_FRAME
    begin = max(first[0], second[0]) // _BINS_PER_FRAME - _SHIFT
    end = min(first[-1], second[-1]) // _BINS_PER_FRAME + _SHIFT
    # The one with fewer peaks is asked how many it shares: noise only adds some to the other.
    few, many = sorted((first, second), key=lambda peaks: len(_between(peaks, begin, end)))
    few = _between(few, begin, end)
    inside = _between(many, begin, end)
    if not len(few):
        return 0.0
    agree = _agree(few, inside)
    by_chance = _chance(few, inside)
    start, stop, score = max(
        (_best_stretch(gain) for gain in _gains(agree, by_chance)), key=lambda found: found[2]
    )
    if score < _LEAST_SCORE:
        return 0.0
    few, agree, by_chance = few[start:stop], agree[start:stop], by_chance[start:stop]
    # The whole stretch is weighed again: a part of it would be one that repeats by luck.
    elsewhere = _elsewhere(few, many)
    score = max(gain.sum() for gain in _gains(agree, np.maximum(by_chance, elsewhere)))
    similarity = float(agree.mean())
    shared_s = similarity * float(few[-1] - few[0]) / _BINS_PER_FRAME * _HOP / _RATE_HZ
    enough = (
        score >= _LEAST_SCORE
        and agree.sum() >= _LEAST_PEAKS
        and shared_s >= _LEAST_SHARED_S
        and similarity - elsewhere.mean() >= _LEAST_SIMILARITY
    )
    return similarity if enough else 0.0


def _gains(
    agree: npt.NDArray[np.bool_], by_chance: npt.NDArray[np.float64]
) -> Iterator[npt.NDArray[np.float64]]:
    """Log-likelihood ratios of each peak: a share of copies' peaks agrees, or what chance gives."""
    for kept in _KEPT:
        likely = np.maximum(by_chance, kept)
        yield np.where(agree, np.log(likely / by_chance), np.log((1 - likely) / (1 - by_chance)))


def _best_stretch(gain: npt.NDArray[np.float64]) -> tuple[int, int, float]:
    """First, last + 1 and sum of the neighbours with the largest sum."""
    total = np.concatenate([[0.0], np.cumsum(gain)])
    stop = int(np.argmax(total - np.minimum.accumulate(total)))
    start = int(np.argmin(total[: stop + 1]))
    return start, stop, float(total[stop] - total[start])


def _between(peaks: Fingerprint, begin: int, end: int) -> Fingerprint:
    """Peaks of frames begin to end, both included."""
    part: Fingerprint = peaks[
        slice(*np.searchsorted(peaks, [begin * _BINS_PER_FRAME, (end + 1) * _BINS_PER_FRAME]))
    ]
    return part


def _agree(peaks: Fingerprint, others: Fingerprint) -> npt.NDArray[np.bool_]:
    """Whether each of some peaks lies at one of the others, or next to it."""
    agree = np.zeros(len(peaks), bool)
    for later in range(-_SHIFT, _SHIFT + 1):
        # A peak of neither end of the band, so that bins next to it are of the same frame.
        lowest = peaks + later * _BINS_PER_FRAME - _SHIFT
        nearest = others[np.minimum(np.searchsorted(others, lowest), len(others) - 1)]
        agree |= (nearest >= lowest) & (nearest <= lowest + 2 * _SHIFT)
    return agree


def _chance(peaks: Fingerprint, others: Fingerprint) -> npt.NDArray[np.float64]:
    """Probability that each of some peaks agrees with one of others by chance alone.

    Chance keeps how many of the others lie in each bin, and in each frame, but not which of them
    in which: steady tones and common rhythms agree by chance.
    """
    frame, column = np.divmod(peaks, _BINS_PER_FRAME)
    other_frame, other_column = np.divmod(others, _BINS_PER_FRAME)
    in_bin = np.bincount(other_column, minlength=_BINS_PER_FRAME)
    in_bins = np.convolve(in_bin, np.ones(2 * _SHIFT + 1), "same")[column]
    in_frames = np.searchsorted(other_frame, frame + _SHIFT, side="right") - np.searchsorted(
        other_frame, frame - _SHIFT
    )
    # Where the others have none, one could have been.
    expected = np.maximum(in_bins, 1) * np.maximum(in_frames, 1) / len(others)
    return np.clip(expected, 1e-3, 0.9)


def _elsewhere(peaks: Fingerprint, others: Fingerprint) -> npt.NDArray[np.float64]:
    """How often each of some peaks agrees with the others where the two are laid otherwise.

    The same samples of a drum machine in another order, the beeps of two alarms of a kind: they
    agree nearly as well at other offsets, those that most pairs of peaks of one frequency suggest.
    """
    frame, column = np.divmod(peaks, _BINS_PER_FRAME)
    others = _between(others, frame[0] - _RIVAL_FRAMES, frame[-1] + _RIVAL_FRAMES)
    other_frame, other_column = np.divmod(others, _BINS_PER_FRAME)
    order = np.argsort(other_column, kind="stable")
    bounds = np.searchsorted(other_column[order], [column, column + 1])
    # At most so many for each peak, lest a long steady sound make it quadratic.
    later = [
        (other_frame[order[begin:end]][:_RIVAL_PEAKS] - at)
        for begin, end, at in zip(*bounds, frame, strict=True)
    ]
    offsets, votes = np.unique(np.concatenate(later), return_counts=True)
    rivals = offsets[np.argsort(-votes, kind="stable")]
    rivals = rivals[(np.abs(rivals) > 2 * _SHIFT) & (np.abs(rivals) <= _RIVAL_FRAMES)][:_RIVALS]
    agreed = np.zeros(len(peaks))
    tried = np.ones(len(peaks))
    for offset in rivals:
        moved = frame + offset
        agreed += _agree(peaks + offset * _BINS_PER_FRAME, others)
        tried += (moved >= other_frame[0]) & (moved <= other_frame[-1])
    rate: npt.NDArray[np.float64] = np.clip(agreed / tried, 1e-3, 0.9)
    return rate
