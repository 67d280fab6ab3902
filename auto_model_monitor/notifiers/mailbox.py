"""A folder as mailbox: each mail is a file; for users without a mail account and for tests."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from ..core.errors import NotificationError
from ..core.messages import Message
from ..core.private_files import make_private_directory, open_private
from .providers import split_addresses

_RANDOM_ID = re.compile(r"[0-9a-fA-F-]{16,}")


class MailboxNotifier:
    """Writes each message as an ``.eml`` file, which any mail program opens.

    A file is written atomically, and a message always has the same file name, so a retry replaces it.

    Args:
        folder: created with the first mail.
        sender: the address in ``From``.
        receiver: one address, several separated by commas, or a list.

    Attributes:
        name: the name in logs: ``mailbox /path``.
        folder: absolute, as of construction: a training may change its working directory later.

    Raises:
        ValueError: an address is malformed.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        sender: str = "auto-model-monitor@localhost",
        receiver: str | Sequence[str] = "you@localhost",
    ) -> None:
        self.folder = Path(folder).absolute()
        self.name = f"mailbox {self.folder}"
        self.sender = split_addresses(sender)[0]
        self.receivers = split_addresses(receiver)

    def __repr__(self) -> str:
        """Show the folder."""
        return f"MailboxNotifier({str(self.folder)!r})"

    def path_of(self, message: Message) -> Path:
        """Return the file of the message."""
        return self.folder / f"{message.time:%Y%m%d-%H%M%S}-{_short(message)}.eml"

    def send(self, message: Message) -> None:
        """Write the message.

        Raises:
            NotificationError: the file cannot be written now.
        """
        problem = self._write(message)
        if problem is not None:
            raise NotificationError(
                f"{self.name}: expected a writable folder with free space, got: {problem}; "
                "free space or change the folder's permissions"
            )

    def _write(self, message: Message) -> str | None:
        from .mime import build_email

        mail = build_email(message, sender=self.sender, receivers=self.receivers)
        path = self.path_of(message)
        part = path.with_name(f".{path.name}.{os.getpid()}-{os.urandom(4).hex()}.part")
        try:
            make_private_directory(self.folder)
            with open(open_private(part, os.O_WRONLY | os.O_EXCL), "wb") as file:  # noqa: PTH123
                file.write(mail.as_bytes())
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
            _sync_folder(self.folder)
        except OSError as error:
            with suppress(OSError):  # it may fail for the same reason
                part.unlink(missing_ok=True)
            return error.strerror or str(error)
        return None


def _short(message: Message) -> str:
    if _RANDOM_ID.fullmatch(message.id):
        return message.id[:8]
    import hashlib  # ids such as "alert-1" share their first letters, their digests do not

    return hashlib.sha256(message.id.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return  # only POSIX systems open folders
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError:
        pass  # some network file systems refuse it; the file itself is synchronised
    finally:
        os.close(handle)
