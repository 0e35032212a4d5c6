"""Many runs of the pipeline: sweeps, cross-validation, the comparison of systems."""
