"""Notify when a training has finished, crashed or was interrupted."""

from ..core.lazy import lazy_names

TYPE_CHECKING = False  # a type checker takes this for true; an import of typing costs more than all else
if TYPE_CHECKING:
    from .done_notice import Completion, notify_when_done

__all__ = ["Completion", "notify_when_done"]

__getattr__, __dir__ = lazy_names(__name__, {"Completion": "done_notice", "notify_when_done": "done_notice"})
