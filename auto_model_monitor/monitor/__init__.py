"""The loop, and the monitors of checkpoints, logs and groups."""
