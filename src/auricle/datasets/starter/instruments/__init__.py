"""Instruments: random timbres that turn a pitch and a length into a waveform. A file a kind."""

from auricle.datasets.starter.instruments.additive import Additive
from auricle.datasets.starter.instruments.bars import Bar
from auricle.datasets.starter.instruments.chip import Chip
from auricle.datasets.starter.instruments.modulated import Modulated
from auricle.datasets.starter.instruments.piano import Piano
from auricle.datasets.starter.instruments.plucked import Plucked
from auricle.datasets.starter.instruments.subtractive import Subtractive
from auricle.datasets.starter.instruments.tone import Envelope, Instrument

MELODIC: tuple[type[Instrument], ...] = (
    *(Additive, Plucked, Modulated, Subtractive),
    *(Piano, Bar, Chip),
)
SUSTAINED: tuple[type[Additive | Modulated | Subtractive], ...] = (Additive, Modulated, Subtractive)

__all__ = ["MELODIC", "SUSTAINED", "Envelope", "Instrument", "Plucked"]
