"""Sets of recordings as their authors published them: fetched whole, held against their layout."""

from auricle.datasets.published.published_dataset import Published

__all__ = ["Published"]
