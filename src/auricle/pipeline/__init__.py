"""The stages of the pipeline: each is a dataclass of the configuration it reads and a function."""
