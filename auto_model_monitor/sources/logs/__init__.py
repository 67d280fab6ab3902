"""Training logs, read as readings."""
