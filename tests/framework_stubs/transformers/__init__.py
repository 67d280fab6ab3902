"""Stands for transformers where a block of the README makes a callback and nothing is trained."""


class TrainerCallback:
    """The base class of callbacks."""
