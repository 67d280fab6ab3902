"""The folder of one wrapped command: ``LOG_DIR/runs/N``.

- ``output.log``: its output as it came; also ``output.log.first`` and ``output.log.1`` beyond its limit.
- ``output.index``: when the output had which length.
- ``name``: what messages call it.
- ``command``: the working directory and the command, separated by zero bytes.
- ``end``: how it ended, written by the process that outlives the wrapper.
- ``reported``: exists once someone is responsible for the message about its end.
- ``lock``: locked as long as the command or its wrapper runs.
"""

# Imported before the command starts: pathlib and contextlib would delay it.
# ruff: noqa: PTH103, PTH110, PTH118, PTH123, PTH208

from __future__ import annotations

import os

from .bounded_log import FIRST, NAME, PREVIOUS
from .descriptors import open_missing_streams

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from .command_end import CommandEnd

_MODE = 0o600


class RunFolder:
    """One run's files.

    Args:
        path: the folder, which exists.
        lock: the descriptor that keeps it locked; None if this process does not run it.
    """

    def __init__(self, path: str, lock: int | None = None) -> None:
        self.path = path
        self.lock = lock

    @classmethod
    def create(cls, log_dir: str | os.PathLike[str]) -> RunFolder:
        """Create the folder of the next run; two runs at the same time get two.

        Raises:
            OSError: it cannot be written.
        """
        open_missing_streams()  # the lock must not become a standard stream of the command
        runs = os.path.join(os.path.abspath(log_dir), "runs")  # noqa: PTH100
        os.makedirs(runs, 0o700, exist_ok=True)
        number = max([0, *_numbers(runs)]) + 1
        while True:
            path = f"{runs}/{number}"
            try:
                os.mkdir(path, 0o700)  # noqa: PTH102
            except FileExistsError:
                number += 1
                continue
            return cls(path, _locked(path))

    @property
    def log_file(self) -> str:
        """The file that grows while the command runs."""
        return f"{self.path}/{NAME}"

    @property
    def log_files(self) -> list[str]:
        """The files of the output, oldest first: several once it outgrew its limit."""
        paths = [f"{self.path}/{name}" for name in (FIRST, PREVIOUS, NAME)]
        return [path for path in paths if os.path.exists(path)]

    @property
    def command(self) -> list[str]:
        """The command and its arguments; empty if they are not known."""
        return self._command_file()[1:]

    @property
    def working_directory(self) -> str:
        """Where the command was started; empty if that is not known."""
        return "".join(self._command_file()[:1])

    def write_command(self, command: list[str]) -> None:
        """Record what is run, and where.

        Raises:
            OSError: the disk is full.
        """
        with open(f"{self.path}/command", "wb", opener=_private) as file:
            file.write(b"\0".join(os.fsencode(word) for word in (os.getcwd(), *command)))  # noqa: PTH109

    @property
    def name(self) -> str:
        """What messages call the command; empty if that is not known."""
        try:
            with open(f"{self.path}/name", encoding="utf-8", errors="surrogateescape") as file:
                return file.read()
        except OSError:
            return ""

    def write_name(self, name: str) -> None:
        """Record what messages call the command.

        Raises:
            OSError: the disk is full.
        """
        with open(
            f"{self.path}/name", "w", encoding="utf-8", errors="surrogateescape", opener=_private
        ) as file:
            file.write(name)

    def end(self) -> CommandEnd | None:
        """Return how the command ended; None if it runs, or no whole record of its end was written."""
        from .command_end import CommandEnd

        try:
            with open(f"{self.path}/end", encoding="utf-8", errors="surrogateescape") as file:
                line = file.readline()
            return CommandEnd.from_record(line, self) if "ended=" in line else None
        except (OSError, ValueError, OverflowError, LookupError):  # cut off, as where a machine stopped
            return None

    def is_running(self) -> bool:
        """Return whether the command or its wrapper still runs."""
        try:
            lock = _locked(self.path)
        except OSError:
            return True
        if lock is None:
            return True
        os.close(lock)
        return False

    def claim_report(self) -> bool:
        """Take the responsibility for the message about the end; return False if someone else has it.

        Raises:
            OSError: the disk is full.
        """
        try:
            os.close(os.open(f"{self.path}/reported", os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _MODE))
        except FileExistsError:
            return False
        return True

    def release(self) -> None:
        """Let others see that this process has finished with the run."""
        if self.lock is not None:
            os.close(self.lock)
            self.lock = None

    def _command_file(self) -> list[str]:
        try:
            with open(f"{self.path}/command", "rb") as file:
                return [os.fsdecode(word) for word in file.read().split(b"\0")]
        except OSError:
            return []


def unreported_runs(log_dir: str | os.PathLike[str]) -> Iterator[RunFolder]:
    """Yield the runs that have ended without a message, because their wrapper was killed; oldest first."""
    runs = os.path.join(os.path.abspath(log_dir), "runs")  # noqa: PTH100
    for number in sorted(_numbers(runs)):
        folder = RunFolder(f"{runs}/{number}")
        if not os.path.exists(f"{folder.path}/reported") and not folder.is_running():
            yield folder


def _numbers(runs: str) -> list[int]:
    try:
        return [int(name) for name in os.listdir(runs) if name.isdecimal()]
    except OSError:
        return []


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC, _MODE)


def _locked(path: str) -> int | None:
    """Lock a folder; return the descriptor, or None if another process has it or it cannot be locked."""
    import fcntl

    file = os.open(f"{path}/lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _MODE)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        return None
    return file
