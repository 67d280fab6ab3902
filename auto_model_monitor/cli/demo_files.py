"""Where a demo keeps its files, and the mailbox in which its mails arrive."""

from __future__ import annotations

import tempfile
from pathlib import Path
from queue import Queue
from typing import NamedTuple

from ..core.errors import ConfigError
from ..core.messages import Message
from ..core.paths import expanded
from ..notifiers.mailbox import MailboxNotifier


class Received(NamedTuple):
    """A mail that has arrived, and its files."""

    message: Message
    eml: Path
    html: Path


class ShownMailbox(MailboxNotifier):
    """A mailbox in a folder, with a queue of the mails that arrive."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        # A SimpleQueue asked with timeout=0 can wait forever on CPython 3.10, if preempted in the call.
        self.arrived: Queue[Received] = Queue()

    def send(self, message: Message) -> None:
        super().send(message)
        eml = self.path_of(message)
        html = eml.with_suffix(".html")
        html.write_text(message.html, encoding="utf-8")
        self.arrived.put(Received(message, eml, html))


def folder_for(folder: str | None) -> Path:
    """Return the folder of a demo: the given one, which must be new or empty, or a temporary one.

    Raises:
        ConfigError: the folder cannot be used.
    """
    if folder is None:
        return Path(tempfile.mkdtemp(prefix="monitor-demo-"))
    home = expanded(folder).absolute()
    try:
        home.mkdir(parents=True, exist_ok=True)
        used = any(home.iterdir())
    except OSError as error:
        raise ConfigError(
            f"--keep: expected a folder that can be written to, got {folder!r}: {error}"
        ) from None
    if used:
        raise ConfigError(f"--keep: expected a new or an empty folder, got {folder!r}, which holds something")
    return home
