"""Augmentation: of waveforms in preparation, of spectra in training."""
