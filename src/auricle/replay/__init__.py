"""Recordings whose truth is known through the live engine: how soon and how rightly it tells."""
