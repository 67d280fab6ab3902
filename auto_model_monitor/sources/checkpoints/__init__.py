"""Checkpoint names below a directory."""
