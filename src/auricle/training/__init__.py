"""Training: batches, losses, the loop over epochs, baselines, and MLflow, which records it."""
