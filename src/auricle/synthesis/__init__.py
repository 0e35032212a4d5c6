"""Generated sound: speech, music, both and neither, of which the starter corpus is made.

It stands in where no recordings are at hand: every clip is made by signal processing from a seed,
with nothing to download and no licence to heed. Each clip has speakers, scores or a scene of its
own, and passes a random channel, the same for all kinds, so that nothing but the sound itself
tells them apart.
"""

from auricle.synthesis.render import BACKGROUND, KINDS, render_clip
from auricle.synthesis.signals import SAMPLE_RATE_HZ

__all__ = ["BACKGROUND", "KINDS", "SAMPLE_RATE_HZ", "render_clip"]
