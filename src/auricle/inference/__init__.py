"""A bundle at work: windows of sound in, probabilities and events out."""
