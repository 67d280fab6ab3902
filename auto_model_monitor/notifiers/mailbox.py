"""A mailbox that is a folder: each mail a file, for people without an account and for tests."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from ..core.errors import NotificationError
from ..core.messages import Message
from .providers import split_addresses

_RANDOM_ID = re.compile(r"[0-9a-fA-F-]{16,}")


class MailboxNotifier:
    """Writes each message as an ``.eml`` file, which any mail program opens.

    A file appears whole or not at all, and the same message always has the same name, so that a
    second attempt replaces the first.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        sender: str = "auto-model-monitor@localhost",
        receiver: str | Sequence[str] = "you@localhost",
    ) -> None:
        """Take the folder, which is made when the first mail comes, and the two addresses."""
        # A training may change its directory later; what was meant is what is meant now.
        self.folder = Path(folder).absolute()
        self.sender = split_addresses(sender)[0]
        self.receivers = split_addresses(receiver)

    @property
    def name(self) -> str:
        """What the channel is called in logs."""
        return f"mailbox {self.folder}"

    def __repr__(self) -> str:
        """Show the folder."""
        return f"MailboxNotifier({str(self.folder)!r})"

    def path_of(self, message: Message) -> Path:
        """Return where the message stands once it is sent."""
        return self.folder / f"{message.time:%Y%m%d-%H%M%S}-{_short(message)}.eml"

    def send(self, message: Message) -> None:
        """Write the message.

        Raises:
            NotificationError: the folder cannot be written to at the moment.
        """
        problem = self._write(message)
        if problem is not None:
            raise NotificationError(
                f"cannot write the mail into {str(self.folder)!r}: {problem}; "
                "expected a folder with room that may be written to"
            )

    def _write(self, message: Message) -> str | None:
        from .mime import build_email

        mail = build_email(message, sender=self.sender, receivers=self.receivers)
        path = self.path_of(message)
        part = path.with_name(f".{path.name}.{os.getpid()}-{os.urandom(4).hex()}.part")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with part.open("xb") as file:
                file.write(mail.as_bytes())
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
            _sync_folder(self.folder)
        except OSError as error:
            with suppress(OSError):  # what made the writing fail may forbid this too
                part.unlink(missing_ok=True)
            return error.strerror or str(error)
        return None


def _short(message: Message) -> str:
    if _RANDOM_ID.fullmatch(message.id):
        return message.id[:8]
    import hashlib  # ids that count up share their first letters, their digests do not

    return hashlib.sha256(message.id.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return  # elsewhere a folder cannot be opened
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError:
        pass  # some network file systems refuse it; the file itself is safe
    finally:
        os.close(handle)
