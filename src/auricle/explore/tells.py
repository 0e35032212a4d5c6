"""Whether level, bandwidth or the file's format would tell the classes without any sound."""

from auricle.explore.shortcuts import Threshold, best_threshold
from auricle.explore.survey import Recording, Survey, bandwidth_hz, level_dbfs
from auricle.features.spectrum import Spectrum


def level_threshold(survey: Survey) -> Threshold | None:
    """How well level alone tells a class."""
    return best_threshold(survey.of(level_dbfs), survey.groups)


def bandwidth_threshold(survey: Survey) -> Threshold | None:
    """How well bandwidth alone tells a class, as far as the features can hear it."""
    highest = survey.preprocess.sample_rate_hz / 2
    values = survey.of(lambda each: min(bandwidth_hz(each), highest))
    return best_threshold(values, survey.groups)


def level_tells(survey: Survey) -> bool:
    """Whether a model that knows the level would need nothing else."""
    best, explore = level_threshold(survey), survey.explore
    return best is not None and best.tells(explore.shortcut, explore.level_gap_db)


def bandwidth_tells(survey: Survey) -> bool:
    """Whether a model that knows the bandwidth would need nothing else."""
    best, explore = bandwidth_threshold(survey), survey.explore
    return best is not None and best.tells(explore.shortcut, explore.bandwidth_gap_hz)


def kind(recording: Recording) -> str:
    """Format, rate and channels of a file."""
    found = recording.found
    channels = {0: "", 1: ", mono", 2: ", stereo"}.get(found.channels, f", {found.channels} ch")
    return f"{found.format}, {found.sample_rate_hz} Hz{channels}"


def keeps_level(survey: Survey) -> bool:
    """Whether the features tell how loud a window is."""
    return isinstance(survey.features, Spectrum) and survey.features.level == "absolute"
