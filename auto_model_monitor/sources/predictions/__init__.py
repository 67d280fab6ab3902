"""Predictions of models in production: the log that writes them, and the source that reads them."""

from __future__ import annotations

from ...core.lazy import lazy_names

TYPE_CHECKING = False  # a type checker takes this for true; an import of typing costs more than all else
if TYPE_CHECKING:
    from .prediction_log import PredictionLog
    from .prediction_source import PredictionSource

__all__ = ["PredictionLog", "PredictionSource"]

__getattr__, __dir__ = lazy_names(
    __name__, {"PredictionLog": "prediction_log", "PredictionSource": "prediction_source"}
)
