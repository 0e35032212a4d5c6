"""The view of a listener in a terminal."""
