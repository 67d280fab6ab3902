"""The parts of one server that its routes work with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...training import Dispatcher, TaskStore
from ..events import Broadcaster
from ..security import AllowedPaths


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The parts of one server.

    Attributes:
        store: the tasks.
        dispatcher: runs the tasks.
        broadcaster: brings their logs to the clients.
        allowed_paths: where the paths of a request may lead.
        devices: the devices that the page offers.
        trainers: the names of the trainers.
        per_device: how many tasks run on one device.
        most_pending: how many tasks may wait.
    """

    store: TaskStore
    dispatcher: Dispatcher
    broadcaster: Broadcaster
    allowed_paths: AllowedPaths
    devices: Sequence[str]
    trainers: Sequence[str]
    per_device: int
    most_pending: int
