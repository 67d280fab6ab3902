"""Parsers: from a checkpoint's name to the score in it."""

from .base import BaseParser
from .custom import CustomParser
from .default import DefaultParser
from .suggestion import suggest_pattern

__all__ = ["BaseParser", "CustomParser", "DefaultParser", "suggest_pattern"]
