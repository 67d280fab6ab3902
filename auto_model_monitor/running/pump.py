"""The process between a training and its wrapper: starts the command, passes on and logs its output.

It outlives the wrapper: after ``kill -9`` of the wrapper the training still has its pipes, and its end is
recorded. It imports little, as it stays in memory for the days of a training, and is in a session of its own,
so that no signal of the screen reaches it. The wrapper sends it one request a line:

- ``signal NUMBER FOREGROUND SENDER``: send the signal to the command's process group.
- ``stop REASON``: end the command with SIGINT, SIGTERM and SIGKILL, with a grace period between them.

It answers ``started PID``, ``stopped``, when the command was suspended, and ``ended`` with the record of the
end, a line of ``name=value`` separated by tabs, which is in the file ``end`` of the run's folder, too.
"""

# pathlib and contextlib would cost more than everything else here.
# ruff: noqa: SIM105

from __future__ import annotations

import os
import select
import signal
import sys
import time

from .bounded_log import BoundedLog
from .child_process import start_child
from .descriptors import are_same, close_copy, large_pipe, open_missing_streams
from .end_record import EndRecord
from .relay import Relay

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

STOPPED, TIMED_OUT = "stopped", "timeout"
_FLUSH = 5.0  # seconds that the end waits for a disk that hangs
_FORWARDED = (
    *(signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT),
    *(signal.SIGUSR1, signal.SIGUSR2, signal.SIGCONT),
)
_HARMLESS = (signal.SIGCONT, signal.SIGTSTP, signal.SIGWINCH)
_OF_TERMINALS = (signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU)


class Pump:
    """Runs one command to its end, and its output to its end.

    Args:
        folder: of the run; empty if none could be written.
        limit: bytes of the log.
        grace: seconds between the signals of a stop.
        timeout: seconds after which the command is stopped; 0 for never.
        keeps_running: neither a hang-up nor a closed reader of the output ends the command.
        requests: the pipe from the wrapper.
        answers: the pipe to the wrapper.
    """

    def __init__(
        self,
        folder: str,
        limit: int,
        *,
        grace: float,
        timeout: float,
        keeps_running: bool,
        requests: int,
        answers: int,
    ) -> None:
        self._folder = folder
        self._limit = limit
        self._grace = grace
        self._timeout = timeout
        self._keeps_running = keeps_running
        self._requests: int | None = requests
        self._answers = answers
        self._unread = b""
        self._relays: list[Relay] = []
        self._child = 0
        self._status: int | None = None
        self._steps: list[tuple[float, int]] = []  # what is still to be sent, on the monotonic clock
        self._record = EndRecord(folder)
        self._woken, self._wake = os.pipe()
        os.set_blocking(self._wake, False)
        os.set_blocking(self._woken, False)

    def run(self, command: list[str]) -> None:
        """Run the command; return when neither it nor a process that it left can write any more."""
        defaults = self._install_handlers()
        failure = self._start(command, defaults)
        if failure:
            self._report(not_started=failure)
            return
        self._answer(f"started {self._child}")
        deadline = time.monotonic() + self._timeout
        if self._timeout:
            self._steps = [(deadline, 0)]
        while not (self._record.complete and all(relay.finished for relay in self._relays)):
            self._wait()
            self._reap()
            self._take_steps()
            if (
                self._status is not None
                and not self._record.complete
                and all(relay.drained for relay in self._relays)
            ):
                self._report(status=self._status)

    def _install_handlers(self) -> list[signal.Signals]:
        """Handle signals; return those whose default action the command gets back."""
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        if self._keeps_running:
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
        defaults = [number for number in (*_FORWARDED, *_OF_TERMINALS) if not _is_ignored(number)]
        for number in defaults:
            signal.signal(number, signal.SIG_IGN if number in _OF_TERMINALS else self._on_signal)
        return defaults

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        # With a wrapper they come through it, where a signal to all processes arrives, too.
        if self._requests is None:
            self._send(number)

    def _start(self, command: list[str], defaults: list[signal.Signals]) -> int:
        """Start the command and the passing on of its output; return the errno if it cannot be started."""
        same = are_same(1, 2)
        outputs = [large_pipe()] if same else [large_pipe(), large_pipe()]
        log = self._open_log(len(outputs))
        streams = (0, outputs[0][1], outputs[-1][1])
        self._child, failure = start_child(command, streams, defaults=defaults, terminal=False)
        for number, (reading, writing) in enumerate(outputs):
            os.close(writing)
            relay = Relay(
                reading,
                1 + number,
                log,
                number=number,
                terminal=False,
                keeps_reading=self._keeps_running,
                on_change=self._wake_up,
            )
            self._relays.append(relay)
            if not failure:
                relay.start()
        for file in (0, 2) if same else (0,):
            close_copy(file)
        self._log = log
        return failure

    def _open_log(self, streams: int) -> BoundedLog:
        try:
            return BoundedLog(self._folder, self._limit, streams)
        except OSError as error:
            self._record.values["log_error"] = error.strerror
            return BoundedLog("", self._limit)

    def _wake_up(self) -> None:
        try:
            os.write(self._wake, b".")
        except BlockingIOError:  # it has been woken often enough
            pass

    def _wait(self) -> None:
        """Wait for a request, a signal, the end of an output or the next step of a stop."""
        files = [self._woken] if self._requests is None else [self._woken, self._requests]
        seconds = max(0.0, self._steps[0][0] - time.monotonic()) if self._steps else None
        ready = select.select(files, [], [], seconds)[0]
        if self._woken in ready:
            try:
                os.read(self._woken, 4096)
            except BlockingIOError:
                pass
        if self._requests in ready:
            self._read_requests()

    def _read_requests(self) -> None:
        assert self._requests is not None
        data = os.read(self._requests, 4096)
        if not data:  # the wrapper has ended, perhaps by SIGKILL
            os.close(self._requests)
            self._requests = None
            return
        *lines, self._unread = (self._unread + data).split(b"\n")
        for line in lines:
            kind, _, rest = line.decode("utf-8", "replace").partition(" ")
            if kind == "signal":
                number, _, sender = rest.split(" ", 2)
                if int(number) not in _HARMLESS:
                    self._record.values.update(sent_signal=number, signal_sender=sender)
                self._send(int(number))
            elif kind == "stop":
                self._stop(STOPPED, rest)

    def _stop(self, how: str, reason: str) -> None:
        if self._status is not None or "requested" in self._record.values:
            return
        self._record.values.update(requested=how, reason=reason)
        now = time.monotonic()
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
        self._steps = [(now + place * self._grace, int(number)) for place, number in enumerate(numbers)]

    def _take_steps(self) -> None:
        while self._steps and self._status is None and self._steps[0][0] <= time.monotonic():
            _, number = self._steps.pop(0)
            if not number:
                self._stop(TIMED_OUT, "")
                return
            self._send(number)
            self._send(signal.SIGCONT)  # one that is suspended does not end otherwise

    def _send(self, number: int) -> None:
        if self._child and self._status is None:
            try:
                os.killpg(self._child, number)
            except OSError:  # it ends at this moment
                pass

    def _reap(self) -> None:
        while self._status is None:
            child, status, usage = os.wait4(self._child, os.WNOHANG | os.WUNTRACED)
            if not child:
                return
            if os.WIFSTOPPED(status):
                self._answer("stopped")
                continue
            self._status = os.waitstatus_to_exitcode(status)
            self._steps = []
            unit = 1 if sys.platform == "darwin" else 1024
            self._record.values["peak_memory"] = usage.ru_maxrss * unit
            for relay in self._relays:
                relay.drain()

    def _report(self, **values: object) -> None:
        """Record the end on the disk, and report it to the wrapper."""
        self._log.flush(_FLUSH)
        self._answer("ended " + self._record.write(**values))
        os.close(self._answers)

    def _answer(self, line: str) -> None:
        try:
            os.write(self._answers, line.encode("utf-8", "surrogateescape") + b"\n")
        except OSError:  # the wrapper has ended
            pass


def _is_ignored(number: int) -> bool:
    return signal.getsignal(number) == signal.SIG_IGN


def main(arguments: list[str]) -> None:
    """Run one command."""
    folder, limit, grace, timeout, keeps, requests, answers, *command = arguments
    open_missing_streams()
    for file in (int(requests), int(answers)):
        os.set_inheritable(file, False)
    os.setsid()
    pump = Pump(
        folder,
        int(limit),
        grace=float(grace),
        timeout=float(timeout),
        keeps_running=keeps == "1",
        requests=int(requests),
        answers=int(answers),
    )
    pump.run(command)
    os._exit(0)
