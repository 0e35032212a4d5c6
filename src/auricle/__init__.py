"""Auricle: labelled recordings in, a live audio classifier out."""

from importlib.metadata import version

__version__ = version("auricle")
