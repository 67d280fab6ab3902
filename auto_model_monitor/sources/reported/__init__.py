"""Numbers that a training reports by itself, in this very process."""

from ...core.lazy import lazy_names

TYPE_CHECKING = False  # a type checker takes this for true; importing typing would cost more than all else
if TYPE_CHECKING:
    from .reported_source import ReportedSource

__all__ = ["ReportedSource"]

__getattr__, __dir__ = lazy_names(__name__, {"ReportedSource": "reported_source"})
