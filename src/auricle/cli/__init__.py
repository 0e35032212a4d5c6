"""The command line: `auricle VERB [overrides]`."""
