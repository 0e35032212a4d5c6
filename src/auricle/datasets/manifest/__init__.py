"""Recordings that a table in git names, each taken from where its author published it."""

from auricle.datasets.manifest.manifest_dataset import Manifest

__all__ = ["Manifest"]
