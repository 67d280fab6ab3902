"""Run a training command as if nothing were around it."""

# Imported before the command starts: what is not needed for that is imported later.

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress

from ..core.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from threading import Event

    from .command_end import CommandEnd
    from .kept_output import KeptOutput
    from .received_signals import ReceivedSignals
    from .run_folder import RunFolder

VARIABLE = "AUTO_MODEL_MONITOR_RUN"  # the environment variable that names the run's folder to the command
MAX_LOG = 1 << 30
GRACE = 30.0
_FOREGROUND_INTERVAL = 1.0  # seconds; a shell does not report that a running job has come to the foreground
_LOOK = 2.0  # seconds between two looks at a long log
_LONG = 2 << 20  # bytes of a log that need not be read before the end
_KEPT = 10.0  # seconds that the end waits for the reading of a log
_BOOT = "import sys; sys.path.insert(0, sys.argv.pop(1)); from {0}.pump import main; main(sys.argv[1:])"


class WrappedCommand:
    """A command whose signals, input, output and exit status are as they would be without a wrapper.

    A process of its own, the pump, starts the command, passes on what it writes and appends it to
    ``folder.log_file``; it goes on when this process is killed. Readers of the output follow that file.

    :meth:`start` and :meth:`wait` belong in the main thread. Between them signals wait, and everything else
    may be imported and started.

    Args:
        command: the program, looked up in PATH, and its arguments.
        folder: where the log and the record of the end are written; None to write neither.
        max_log: bytes that the log may have; beyond them its middle is dropped.
        timeout: seconds after which the command is stopped.
        grace: seconds that it has after SIGINT, and again after SIGTERM, when it is stopped.
        keep_running: a hang-up, as at logout, does not end it, nor does a closed reader of its output.
        on_signal: called in the main thread with each signal that is passed on; it must not wait.

    Raises:
        ConfigError: the command is empty, or the system is Windows.

    Example:
        >>> command = WrappedCommand(["python", "train.py"], folder=RunFolder.create("logs"))
        >>> end = command.run()
        >>> sys.exit(end.exit_code)
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        folder: RunFolder | None,
        max_log: int = MAX_LOG,
        timeout: float | None = None,
        grace: float = GRACE,
        keep_running: bool = False,
        on_signal: Callable[[int], None] | None = None,
    ) -> None:
        if os.name != "posix":
            raise ConfigError(
                "expected Linux or macOS, got Windows, which has neither signals nor process groups for run; "
                "write the output to a file and follow it: auto-model-monitor logs train.log"
            )
        if not command:
            raise ConfigError("expected a command, such as: python train.py; got none")
        self._command = list(command)
        self._folder = folder
        self._max_log = max_log
        self._timeout = timeout or 0.0
        self._grace = grace
        self._keeps_running = keep_running or signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
        self._on_signal = on_signal
        self._signals: ReceivedSignals | None = None
        self._pump = 0
        self._requests = self._answers = -1
        self._record = ""
        self._kept: KeptOutput | None = None
        self._ended = self._suspended = False

    def start(self) -> None:
        """Start the command.

        Raises:
            OSError: no process can be started.
        """
        from .descriptors import open_missing_streams
        from .received_signals import ReceivedSignals

        open_missing_streams()
        if self._folder is not None:
            with suppress(OSError):  # the disk is full: the training starts nevertheless
                self._folder.write_command(self._command)
        self._signals = ReceivedSignals((signal.SIGHUP,) if self._keeps_running else ())
        mask = self._signals.block()
        requests, self._requests = os.pipe()
        self._answers, answers = os.pipe()
        inherited = [requests, answers]
        if self._folder is not None and self._folder.lock is not None:
            inherited.append(self._folder.lock)
        for file in inherited:
            os.set_inheritable(file, True)
        self._pump = os.posix_spawn(
            sys.executable, self._pump_command(requests, answers), self._environment(), setsigmask=mask
        )
        for file in (requests, answers):
            os.close(file)

    def wait(self) -> CommandEnd:
        """Pass signals on until the command ends; return how it ended."""
        import threading
        from dataclasses import replace

        from .command_end import CommandEnd

        assert self._signals is not None, "start() comes first"
        main, has_keyboard = threading.get_ident(), os.isatty(0)
        threading.Thread(target=self._follow, args=(main,), daemon=True).start()
        ended = threading.Event()
        reader = threading.Thread(target=self._keep, args=(ended,), daemon=True)
        reader.start()
        while not self._ended:
            if self._suspended:
                self._suspended = False
                os.kill(os.getpid(), signal.SIGSTOP)
            background = has_keyboard and not _in_foreground()
            received = self._signals.next(_FOREGROUND_INTERVAL if background else None)
            if background and _in_foreground():
                self._request("foreground")
            if received is not None:
                self._request(f"signal {received[0]} {int(_in_foreground())} {received[1]}")
                if self._on_signal is not None:
                    self._on_signal(received[0])
        self._signals.restore()
        os.waitpid(self._pump, os.WNOHANG)
        ended.set()
        reader.join(_KEPT)
        end = CommandEnd.from_record(self._record, self._folder, self._command[0])
        return end if reader.is_alive() else replace(end, kept=self._kept)

    def run(self) -> CommandEnd:
        """Start the command and wait for its end."""
        self.start()
        return self.wait()

    def stop(self, reason: str) -> None:
        """End the command: SIGINT, after the grace period SIGTERM, after another SIGKILL; from any thread.

        Args:
            reason: why, in one line.
        """
        self._request("stop " + " ".join(reason.split()))

    def _pump_command(self, requests: int, answers: int) -> list[str]:
        package = __package__ or ""
        root = os.path.abspath(__file__)  # noqa: PTH100
        for _ in range(package.count(".") + 2):
            root = os.path.dirname(root)  # noqa: PTH120
        settings = (
            self._folder.path if self._folder is not None else "",
            *(self._max_log, self._grace, self._timeout, int(self._keeps_running), int(_in_foreground())),
            *(requests, answers),
        )
        start = [sys.executable, "-I", "-S", "-c", _BOOT.format(package), root]
        return [*start, *map(str, settings), *self._command]

    def _environment(self) -> dict[str, str]:
        ours = {} if self._folder is None else {VARIABLE: self._folder.path}
        # Without it Python keeps kilobytes of output to itself.
        return {"PYTHONUNBUFFERED": "1", **os.environ, **ours}

    def _request(self, line: str) -> None:
        with suppress(OSError):  # the command has ended
            os.write(self._requests, line.encode("utf-8", "replace") + b"\n")

    def _keep(self, ended: Event) -> None:
        """Read a long log while it grows."""
        while self._folder is not None and not ended.wait(_LOOK):
            # Only the message of the end needs it: no error of it concerns the command.
            with suppress(Exception):
                if self._kept is None and os.stat(self._folder.log_file).st_size > _LONG:  # noqa: PTH116
                    from .kept_output import KeptOutput

                    self._kept = KeptOutput(self._folder)
                if self._kept is not None:
                    self._kept.read_on()

    def _follow(self, main: int) -> None:
        """Read the pump's answers in a thread, and wake the main thread."""
        unread = b""
        while data := os.read(self._answers, 4096):
            *lines, unread = (unread + data).split(b"\n")
            for line in lines:
                kind, _, rest = line.decode("utf-8", "surrogateescape").partition(" ")
                if kind == "stopped":
                    self._suspended = True
                    signal.pthread_kill(main, signal.SIGCHLD)
                elif kind == "ended":
                    self._record = rest
        self._ended = True
        signal.pthread_kill(main, signal.SIGCHLD)


def _in_foreground() -> bool:
    """Return whether this process may read from the terminal."""
    for file in (0, 1, 2):
        try:
            return os.tcgetpgrp(file) == os.getpgrp()
        except OSError:
            continue
    return False
