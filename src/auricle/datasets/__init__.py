"""Recordings and their labels: where they come from, how they are split, how windows are kept."""
