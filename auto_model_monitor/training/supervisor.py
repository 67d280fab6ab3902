"""Stays with one training: starts it, ends it when told to, and writes down how it ended.

A program of its own that outlives the server which started it: ``python -I -S supervisor.py FOLDER ATTEMPT
GRACE -- COMMAND…``. It imports nothing but the standard library's smallest parts, so that it is there in
some milliseconds and costs some megabytes for the days that a training takes. Its standard output and error
are the training's log; its environment is the training's.

Papers that it leaves in the folder, each complete from the moment at which it is there:

- ``claim-N``: "this attempt is mine", with its process number and start. Whoever makes it first, the
  supervisor or a server that has come back and found none, decides whether the training is started.
- ``trainer-N``: the process number and start of the training.
- ``exit-N``: how it ended: its exit status or minus the signal, whether it had been told to end before, the
  time, and for a training that could not be started the error's number.

SIGTERM, SIGINT and SIGHUP say: end the training. It gets SIGTERM with its whole process group, GRACE seconds,
then SIGKILL; so does everything that it has started and left behind, also what has left the group, because
on Linux the supervisor is the parent of every orphan below it.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time

_ROOM = 256  # bytes that are put aside on the disk at the start, so that the end can be written on a full one
_LATE = 5.0  # seconds that a full disk gets at the end
_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER


def main(arguments: list[str]) -> int:
    """Run one training to its end; return its exit status, 128 and more for a signal."""
    folder, attempt, grace, _, *command = arguments
    told: list[int] = []
    wake = _listen(told)
    _adopt_orphans()
    me = f"{os.getpid()} {start_of(os.getpid())}\n"
    if not claim(os.path.join(folder, f"claim-{attempt}"), me):
        return 0  # a server has come back before this one was there, and starts it anew
    papers = _Papers(folder, attempt)
    if told:
        return papers.ended(-signal.SIGTERM, True, 0)
    child, error = _spawn(command)
    if error:
        os.write(2, f"{command[0]}: could not be started: {os.strerror(error)}\n".encode("utf-8", "replace"))
        return papers.ended(127, False, error)
    papers.started(child)
    status, asked = _wait(child, float(grace), wake, told)
    papers.keep(status, asked, 0)
    _end_the_rest(child, float(grace), wake)
    return papers.ended(status, asked, 0)


def start_of(pid: int) -> str:
    """Return what tells a process from an earlier and a later one of its number; empty when there is none."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
        with open("/proc/sys/kernel/random/boot_id", "rb") as file:
            boot = file.read(8).decode()
    except FileNotFoundError:
        return _start_elsewhere(pid) if not os.path.exists("/proc/self/stat") else ""
    except (ProcessLookupError, PermissionError):
        return ""
    # A zombie is no longer running, whoever has not yet asked for its end.
    return "" if fields[0] in (b"Z", b"X") else f"{boot}-{fields[19].decode()}"


def _start_elsewhere(pid: int) -> str:
    """Ask ps, where the kernel shows no /proc, as on macOS."""
    with os.popen(f"ps -o stat=,lstart= -p {int(pid)}") as answer:
        state, _, start = answer.read().strip().partition(" ")
    return "" if state.startswith("Z") else "-".join(start.split())


def claim(path: str, text: str) -> bool:
    """Make a file that did not exist; return whether it was made, False when somebody was earlier."""
    draft = f"{path}.{os.getpid()}"
    _write(draft, text)
    try:
        os.link(draft, path)
    except FileExistsError:
        return False
    except OSError:  # a file system without links
        try:
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return False
        os.write(file, text.encode())
        os.fsync(file)
        os.close(file)
    finally:
        os.unlink(draft)
    return True


class _Papers:
    """What is written down of one attempt."""

    def __init__(self, folder: str, attempt: str) -> None:
        """Take the folder, and put aside the room that the end will need."""
        self._folder = folder
        self._attempt = attempt
        self._draft = os.path.join(folder, f"exit-{attempt}.draft")
        _write(self._draft, " " * _ROOM)

    def started(self, child: int) -> None:
        """Write down which process the training is."""
        path = os.path.join(self._folder, f"trainer-{self._attempt}")
        try:
            _write(f"{path}.draft", f"{child} {start_of(child)}\n")
            os.rename(f"{path}.draft", path)
        except OSError as error:  # a full disk; the training goes on
            os.write(2, f"auto-model-monitor: {path} could not be written: {error}\n".encode())

    def keep(self, status: int, asked: bool, error: int) -> None:
        """Write down the end; what the training has left behind may still be there."""
        text = f"{status} {int(asked)} {time.time():.6f} {error}\n"
        end = time.monotonic() + _LATE
        while True:
            try:
                _write(self._draft, text.ljust(_ROOM), os.O_WRONLY | os.O_CREAT)
                os.rename(self._draft, os.path.join(self._folder, f"exit-{self._attempt}"))
                return
            except OSError:
                if time.monotonic() > end:
                    return  # the server reads the status from this process, if it is its parent
            time.sleep(0.2)

    def ended(self, status: int, asked: bool, error: int) -> int:
        """Write down the end, if that is not done; return the status of this process."""
        if os.path.exists(self._draft):
            self.keep(status, asked, error)
        return status if status >= 0 else 128 - status


def _write(path: str, text: str, flags: int = os.O_WRONLY | os.O_CREAT | os.O_TRUNC) -> None:
    file = os.open(path, flags, 0o600)
    try:
        os.write(file, text.encode())
        os.fsync(file)
    finally:
        os.close(file)


def _listen(told: list[int]) -> int:
    """Hear the signals; return a file that can be read when one has come."""
    wake, writer = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda got, _: told.append(got))
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return wake


def _adopt_orphans() -> None:
    """Become the parent of everything below that loses its own, where the kernel can do it."""
    if sys.platform == "linux":
        try:
            import ctypes

            ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
        except (ImportError, OSError, AttributeError):
            pass


def _spawn(command: list[str]) -> tuple[int, int]:
    """Start the training in a session of its own; return its number, and the error's number or 0."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.setsid()
            # Python ignores these; what is ignored stays ignored in a program that is started.
            for name in ("SIGPIPE", "SIGXFSZ"):
                if hasattr(signal, name):
                    signal.signal(getattr(signal, name), signal.SIG_DFL)
            os.execvp(command[0], command)
        except OSError as error:
            os.write(writing, str(error.errno).encode())
        finally:
            os._exit(127)
    os.close(writing)
    error = int(os.read(reading, 16) or b"0")
    os.close(reading)
    if error:
        os.waitpid(child, 0)
    return child, error


def _wait(child: int, grace: float, wake: int, told: list[int]) -> tuple[int, bool]:
    """Wait for the training's end, and bring it about when told to; return its status and whether it was."""
    end = None
    while True:
        ended = _reap(child)
        if ended is not None:
            return ended, end is not None
        if told and end is None:
            end = time.monotonic() + grace
            _signal(child, signal.SIGTERM)
        elif end is not None and time.monotonic() >= end:
            _signal(child, signal.SIGKILL)
        _pause(wake, None if end is None else max(0.05, end - time.monotonic()))


def _reap(child: int) -> int | None:
    """Collect every process that has ended; return the training's status if it is among them."""
    found = None
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return found
        if not pid:
            return found
        if pid == child:
            found = os.waitstatus_to_exitcode(status)


def _end_the_rest(child: int, grace: float, wake: int) -> None:
    """End whatever the training has left behind: first its group, then all that is below this process."""
    end = time.monotonic() + grace
    number = signal.SIGTERM
    while _signal(child, number) | _signal_below(number):
        if number == signal.SIGTERM:
            number = 0  # once is enough; from now on only look
        if time.monotonic() >= end:
            number = signal.SIGKILL
        _pause(wake, 0.02)
        _reap(child)


def _signal(group: int, number: int) -> bool:
    """Send a signal to a process group; return whether there is one."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _signal_below(number: int) -> bool:
    """Send a signal to every process below this one; return whether there is any."""
    parents: dict[int, int] = {}
    for name in os.listdir("/proc") if os.path.isdir("/proc/self") else ():
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    state, parent = file.read().rpartition(b")")[2].split()[:2]
            except OSError:
                continue
            if state not in (b"Z", b"X"):
                parents[int(name)] = int(parent)
    me, below = os.getpid(), set()
    while True:
        more = {pid for pid, parent in parents.items() if parent == me or parent in below} - below
        if not more:
            break
        below |= more
    for pid in below:
        try:
            os.kill(pid, number)
        except (ProcessLookupError, PermissionError):
            pass
    return bool(below)


def _pause(wake: int, seconds: float | None) -> None:
    """Wait for a signal."""
    if select.select([wake], [], [], seconds)[0]:
        try:
            os.read(wake, 4096)
        except BlockingIOError:
            pass


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
