"""Delivery: the outbox stores each message before it is sent; the queue runs one worker per notifier."""

from ..core.lazy import lazy_names

TYPE_CHECKING = False  # importing typing would cost more than this module
if TYPE_CHECKING:
    from .backoff import Backoff
    from .outbox import Closable, Delivery, DeliveryState, Outbox
    from .outbox.fallback import FallbackOutbox
    from .outbox.lock import WatchLock
    from .outbox.memory import MemoryOutbox
    from .outbox.outbox_schema import SCHEMA_VERSION
    from .outbox.sqlite import SQLiteOutbox
    from .queue import DeliveryMessages, DeliveryQueue
    from .worker import DeliveryWorker

__all__ = [
    "SCHEMA_VERSION",
    "Backoff",
    "Closable",
    "Delivery",
    "DeliveryMessages",
    "DeliveryQueue",
    "DeliveryState",
    "DeliveryWorker",
    "FallbackOutbox",
    "MemoryOutbox",
    "Outbox",
    "SQLiteOutbox",
    "WatchLock",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "SCHEMA_VERSION": "outbox.outbox_schema",
        "Backoff": "backoff",
        "Closable": "outbox",
        "Delivery": "outbox",
        "DeliveryMessages": "queue",
        "DeliveryQueue": "queue",
        "DeliveryState": "outbox",
        "DeliveryWorker": "worker",
        "FallbackOutbox": "outbox.fallback",
        "MemoryOutbox": "outbox.memory",
        "Outbox": "outbox",
        "SQLiteOutbox": "outbox.sqlite",
        "WatchLock": "outbox.lock",
    },
)
