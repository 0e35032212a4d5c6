"""Instruments: random timbres that turn a pitch and a length into a waveform. A file a kind."""

from auricle.synthesis.instruments.additive import Additive
from auricle.synthesis.instruments.bars import Bar
from auricle.synthesis.instruments.chip import Chip
from auricle.synthesis.instruments.modulated import Modulated
from auricle.synthesis.instruments.piano import Piano
from auricle.synthesis.instruments.plucked import Plucked
from auricle.synthesis.instruments.subtractive import Subtractive
from auricle.synthesis.instruments.tone import Envelope, Instrument

MELODIC: tuple[type[Instrument], ...] = (
    *(Additive, Plucked, Modulated, Subtractive),
    *(Piano, Bar, Chip),
)
SUSTAINED: tuple[type[Additive | Modulated | Subtractive], ...] = (Additive, Modulated, Subtractive)

__all__ = ["MELODIC", "SUSTAINED", "Envelope", "Instrument", "Plucked"]
