"""Predictions of models in production: the log that writes them, and the source that reads them."""
