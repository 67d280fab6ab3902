"""What the routes work with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..training import Dispatcher, TaskStore
from .events import FanOut
from .roots import Roots


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """The parts of one server.

    Attributes:
        store: where the tasks are.
        dispatcher: what runs them.
        fan_out: what brings their logs to the clients.
        roots: where paths may lead.
        devices: what the page offers.
        trainers: the names of what may be started.
        per_device: how many tasks run on one device.
        most_pending: how many may wait.
    """

    store: TaskStore
    dispatcher: Dispatcher
    fan_out: FanOut
    roots: Roots
    devices: Sequence[str]
    trainers: Sequence[str]
    per_device: int
    most_pending: int
