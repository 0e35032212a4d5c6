"""A dataset before training: measured, looked at, heard; what would mislead a model is named."""
