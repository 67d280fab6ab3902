"""Stands for Keras where it is not installed: its ``ModelCheckpoint`` formats the path that it was given."""


class ModelCheckpoint:
    """Keeps the path."""

    def __init__(self, filepath):
        self.filepath = filepath
