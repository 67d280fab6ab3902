"""The process between a training and its wrapper: starts the command, passes on and logs its output.

It outlives the wrapper: after ``kill -9`` of the wrapper the training still has its pipes, and its end is
recorded. It imports little, as it stays in memory for the days of a training, and is in a session of its own,
so that no signal of the screen reaches it. The wrapper sends it one request a line:

- ``signal NUMBER FOREGROUND SENDER``: send the signal to the command's process group.
- ``foreground``: the wrapper has the keyboard again.
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

from .bounded_log import BoundedLog
from .child_process import start_child
from .connections import Connections
from .descriptors import open_missing_streams
from .end_record import EndRecord
from .escalation import Escalation
from .relay import Relay

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

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
        escalation: the signals that end the command if that is requested.
        keeps_running: neither a hang-up nor a closed reader of the output ends the command.
        requests: the pipe from the wrapper.
        answers: the pipe to the wrapper.
    """

    def __init__(
        self,
        folder: str,
        limit: int,
        *,
        escalation: Escalation,
        keeps_running: bool,
        requests: int,
        answers: int,
    ) -> None:
        self._folder = folder
        self._escalation = escalation
        self._keeps_running = keeps_running
        self._requests: int | None = requests
        self._answers = answers
        self._unread = b""
        self._relays: list[Relay] = []
        self._child = 0
        self._status: int | None = None
        self._unreported = False
        self._record = EndRecord(folder)
        self._connections = Connections()
        self._terminal = self._connections.terminal
        self._log = self._open_log(limit)
        self._woken, self._wake = os.pipe()
        os.set_blocking(self._wake, False)
        os.set_blocking(self._woken, False)

    def run(self, command: list[str], *, foreground: bool) -> None:
        """Run the command; return when neither it nor a process that it left can write any more.

        Args:
            command: the program and its arguments.
            foreground: the wrapper has the keyboard.
        """
        if foreground and self._terminal:
            self._terminal.enter()
        failure = self._start(command)
        if failure:
            self._leave_terminal()
            self._report(not_started=failure)
            return
        self._start_relays()
        self._answer(f"started {self._child}")
        while not (self._record.complete and all(relay.finished for relay in self._relays)):
            self._wait()
            self._reap()
            for number in self._escalation.due():
                self._send(number)
                self._send(signal.SIGCONT)  # a suspended command does not end otherwise
            if self._unreported and all(relay.drained for relay in self._relays):
                self._report_change()
        if self._terminal:
            self._terminal.close()

    def _start(self, command: list[str]) -> int:
        """Start the command; return the errno if it cannot be started."""
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        if self._keeps_running:
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
        # The command gets back those that act by default here; what the caller ignores stays ignored.
        defaults = [
            number for number in (*_FORWARDED, *_OF_TERMINALS) if signal.getsignal(number) != signal.SIG_IGN
        ]
        for number in defaults:
            signal.signal(number, signal.SIG_IGN if number in _OF_TERMINALS else self._on_signal)
        self._child, failure = start_child(
            command,
            self._connections.streams,
            defaults=defaults,
            terminal=self._terminal is not None,
        )
        return failure

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        # With a wrapper they come through it, where a signal to all processes arrives, too.
        if self._requests is None:
            self._send(number)

    def _start_relays(self) -> None:
        self._connections.close_copies()
        self._log.start()
        for number, (source, target, logged) in enumerate(self._connections.outputs):
            relay = Relay(
                source,
                target,
                self._log if logged else BoundedLog("", 0),
                number=number,
                terminal=self._terminal is not None and source == self._terminal.master,
                keeps_reading=self._keeps_running,
                on_change=self._wake_up,
            )
            self._relays.append(relay)
            relay.start()

    def _open_log(self, limit: int) -> BoundedLog:
        try:
            return BoundedLog(self._folder, limit, len(self._connections.outputs))
        except OSError:  # the disk is full, or read-only
            return BoundedLog("", 0)

    def _wake_up(self) -> None:
        try:
            os.write(self._wake, b".")
        except BlockingIOError:  # it has been woken often enough
            pass

    def _wait(self) -> None:
        """Wait for a request, a signal, a key, the end of an output or the next step of a stop."""
        waiting = select.poll()
        reading, writing = self._terminal.wanted if self._terminal else (None, None)
        for file in (self._woken, self._requests, reading):
            if file is not None:
                waiting.register(file, select.POLLIN)
        if writing is not None:
            waiting.register(writing, select.POLLOUT)
        left = self._escalation.seconds_left
        for file, event in waiting.poll(None if left is None else 1000 * left + 1):
            if file == self._woken:
                os.read(self._woken, 4096)
            elif file == self._requests:
                self._read_requests()
            elif self._terminal and self._terminal.pass_keys(hung_up=bool(event & select.POLLHUP)):
                self._record.values.update(sent_signal=int(signal.SIGINT), signal_sender="terminal")

    def _read_requests(self) -> None:
        assert self._requests is not None
        data = os.read(self._requests, 4096)
        if not data:  # the wrapper has ended, perhaps by SIGKILL
            os.close(self._requests)
            self._requests = None
            self._leave_terminal()
            return
        *lines, self._unread = (self._unread + data).split(b"\n")
        for line in lines:
            kind, _, rest = line.decode("utf-8", "replace").partition(" ")
            if kind == "stop" and self._status is None and self._escalation.begin():
                self._record.values["reason"] = rest
            elif kind == "foreground" and self._terminal and self._status is None:
                self._terminal.enter()
            elif kind == "signal":
                number, foreground, sender = rest.split(" ", 2)
                self._forward(int(number), foreground == "1", sender)

    def _forward(self, number: int, foreground: bool, sender: str) -> None:
        if number not in _HARMLESS:
            self._record.values.update(sent_signal=number, signal_sender=sender)
        if self._terminal and number == signal.SIGCONT and foreground and self._status is None:
            self._terminal.enter()
        if self._terminal and number == signal.SIGWINCH:
            self._terminal.resize()
        else:
            self._send(number)

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
            self._unreported = True
            for relay in self._relays:
                relay.drain()
            if os.WIFSTOPPED(status):
                continue
            self._status = os.waitstatus_to_exitcode(status)
            self._escalation.cancel()
            self._record.values["peak_memory"] = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
            if self._terminal:
                self._terminal.close_slave()

    def _report_change(self) -> None:
        """Report that the command has ended or was suspended, now that its output is where it should be."""
        self._unreported = False
        self._leave_terminal()
        if self._status is None:
            self._answer("stopped")
        else:
            self._report(status=self._status)

    def _leave_terminal(self) -> None:
        if self._terminal:
            self._terminal.leave()

    def _report(self, **values: object) -> None:
        """Record the end on the disk, and report it to the wrapper."""
        self._log.flush(_FLUSH)
        self._answer("ended " + self._record.write(**values, requested=self._escalation.cause))
        os.close(self._answers)

    def _answer(self, line: str) -> None:
        try:
            os.write(self._answers, line.encode("utf-8", "surrogateescape") + b"\n")
        except OSError:  # the wrapper has ended
            pass


def main(arguments: list[str]) -> None:
    """Run one command."""
    folder, limit, grace, timeout, keeps, foreground, requests, answers, *command = arguments
    open_missing_streams()
    for file in (int(requests), int(answers)):
        os.set_inheritable(file, False)
    os.setsid()
    pump = Pump(
        folder,
        int(limit),
        escalation=Escalation(float(grace), float(timeout)),
        keeps_running=keeps == "1",
        requests=int(requests),
        answers=int(answers),
    )
    pump.run(command, foreground=foreground == "1")
    os._exit(0)
