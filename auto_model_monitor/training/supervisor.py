"""Supervise one training: start it, end it on request, and record how it ended.

``python -I -S supervisor.py FOLDER ATTEMPT GRACE -- COMMAND…`` is a standalone program that outlives the
server. It imports so little because it stays in memory for the days of a training. Its output is the
training's log; its environment is the training's. Its state files, each complete once it exists:

- ``claim-N/process``: the pid and start time of who has claimed the attempt. The first to create it, this
  supervisor or a restarted server, decides whether the training starts.
- ``trainer-N``: the training's pid and start time.
- ``exit-N``: the exit status or minus the signal, whether an end was requested before, the time, and the
  errno if the command could not be started.

SIGTERM, SIGINT and SIGHUP request the end of the training: its process group receives SIGTERM, and SIGKILL
GRACE seconds later. So does every process that the training leaves behind, in other groups too: on Linux the
supervisor is the parent of every orphan below it.
"""

# pathlib and contextlib would cost more than everything else here.
# ruff: noqa: PTH103, PTH104, PTH106, PTH108, PTH110, PTH112, PTH123, PTH208, SIM105

from __future__ import annotations

import os
import select
import signal
import sys
import time

_RESERVED = 256  # bytes reserved on the disk at the start, so that the exit status fits on a full disk
_WRITE_TIMEOUT = 5.0  # seconds to retry writing the exit status
_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER
NOT_STARTED = 126  # the supervisor's own exit status


def main(arguments: list[str]) -> int:
    """Run one training to its end; return its exit status, 128 and more for a signal."""
    folder, attempt, grace, _, *command = arguments
    requests: list[int] = []  # signals that request the end
    wake = _install_handlers(requests)
    adopts = _adopt_orphans()
    try:
        files = _StateFiles(folder, attempt)
        if not claim(f"{folder}/claim-{attempt}", f"{os.getpid()} {start_of(os.getpid())}\n"):
            os.unlink(files.draft)  # a restarted server claimed the attempt first and starts the task again
            return NOT_STARTED
    except OSError as error:
        _log(f"the training was not started: {error}")
        return NOT_STARTED
    if requests:
        return files.write_exit(-signal.SIGTERM, True, 0)
    child, failure = _spawn(command, files)
    if failure:
        _log(f"{command[0]!r}: {os.strerror(failure)}")
        return files.write_exit(127, False, failure)
    status, deadline = _wait(child, float(grace), wake, requests)
    code = files.write_exit(status, deadline is not None, 0)
    _end_leftovers(0 if adopts else child, deadline or time.monotonic() + float(grace), wake)
    return code


def start_of(pid: int) -> str:
    """Return what distinguishes a process from others with the same pid; empty if it does not run."""
    try:
        fields = _stat(str(pid))
    except FileNotFoundError:
        return "" if os.path.exists("/proc/self/stat") else _start_by_ps(pid)
    except OSError:
        return ""
    try:
        with open("/proc/sys/kernel/random/boot_id", "rb") as file:
            boot = file.read(8).decode()
    except OSError:
        boot = ""
    # A zombie has ended, even if its parent has not collected it yet.
    return "" if fields[0] in (b"Z", b"X") else f"{boot}-{fields[19].decode()}"


def _stat(pid: str) -> list[bytes]:
    """Return the fields of /proc/PID/stat from the state on: state, parent and so on."""
    with open(f"/proc/{pid}/stat", "rb") as file:
        return file.read().rpartition(b")")[2].split()


def _start_by_ps(pid: int) -> str:
    """Return the start time on systems without /proc, as macOS."""
    with os.popen(f"TZ=UTC LC_ALL=C ps -o stat=,lstart= -p {int(pid)}") as answer:
        state, _, start = answer.read().strip().partition(" ")
    return "" if state.startswith("Z") else "-".join(start.split())


def claim(path: str, text: str) -> bool:
    """Create a directory with a file ``process`` in it; return False if another process was first.

    Atomic on every file system: a directory cannot be renamed onto one that is not empty.
    """
    draft = f"{path}.{os.getpid()}"
    os.makedirs(draft, 0o700, exist_ok=True)
    _write(f"{draft}/process", text)
    try:
        os.rename(draft, path)
    except OSError:
        os.unlink(f"{draft}/process")
        os.rmdir(draft)
        if os.path.isdir(path):
            return False
        raise
    return True


class _StateFiles:
    """The state files of one attempt; reserves the space that the exit status needs."""

    def __init__(self, folder: str, attempt: str) -> None:
        self._folder = folder
        self._attempt = attempt
        self.draft = f"{folder}/exit-{attempt}.{os.getpid()}"
        _write(self.draft, " " * _RESERVED)

    def write_trainer(self) -> None:
        """Record the calling process as the training."""
        path = f"{self._folder}/trainer-{self._attempt}"
        try:
            _write(f"{path}.draft", f"{os.getpid()} {start_of(os.getpid())}\n")
            os.rename(f"{path}.draft", path)
        except OSError as error:  # a full disk; the training can still be found by its marked environment
            _log(f"{path} could not be written: {error}")

    def write_exit(self, status: int, requested: bool, failure: int) -> int:
        """Record the end; return the exit status of the supervisor itself."""
        text = f"{status} {int(requested)} {time.time():.6f} {failure}\n"
        deadline = time.monotonic() + _WRITE_TIMEOUT
        while True:
            try:
                _write(self.draft, text.ljust(_RESERVED), os.O_WRONLY | os.O_CREAT)
                os.rename(self.draft, f"{self._folder}/exit-{self._attempt}")
                break
            except OSError as error:
                # The server still gets it from the supervisor's own exit status, if it is the parent.
                if time.monotonic() > deadline or not os.path.isdir(self._folder):
                    _log(f"the exit status {status} could not be written: {error}")
                    break
                time.sleep(0.2)
        return status if status >= 0 else 128 - status


def _log(text: str) -> None:
    try:
        os.write(2, f"auto-model-monitor: {text}\n".encode("utf-8", "replace"))
    except OSError:
        pass


def _write(path: str, text: str, flags: int = os.O_WRONLY | os.O_CREAT | os.O_TRUNC) -> None:
    content = text.encode()
    file = os.open(path, flags, 0o600)
    try:
        if os.write(file, content) < len(content):
            raise OSError(f"{path} could be written in part only")
        os.fsync(file)
    finally:
        os.close(file)


def _install_handlers(requests: list[int]) -> int:
    """Record stop signals in ``requests``; return a file that becomes readable with each signal."""
    wake, writer = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda got, _: requests.append(got))
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])  # the server may block signals
    return wake


def _adopt_orphans() -> bool:
    """Become the parent of every orphan below; return whether the kernel supports it."""
    try:
        import ctypes

        return bool(ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0) == 0)
    except (ImportError, OSError, AttributeError):
        return False


def _spawn(command: list[str], files: _StateFiles) -> tuple[int, int]:
    """Start the training in its own session; return its pid, and an errno or 0.

    Its state file exists before the training runs, so that none runs unrecorded.
    """
    reading, writing = os.pipe()  # a successful exec closes it
    child = os.fork()
    if not child:
        try:
            os.setsid()
            files.write_trainer()
            _reset_ignored_signals()
            os.execvp(command[0], command)
        except OSError as error:
            os.write(writing, str(error.errno).encode())
        finally:
            os._exit(127)
    os.close(writing)
    failure = int(os.read(reading, 16) or b"0")
    os.close(reading)
    if failure:
        os.waitpid(child, 0)
    return child, failure


def _reset_ignored_signals() -> None:
    """Do not pass them on: Python ignores SIGPIPE, a shell SIGINT and SIGQUIT of a background job."""
    for number in signal.valid_signals():
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


def _wait(child: int, grace: float, wake: int, requests: list[int]) -> tuple[int, float | None]:
    """Wait for the training to end, and end it on request.

    Returns:
        Its status, and the deadline of its grace; None if no end was requested.
    """
    deadline = None
    while True:
        status = _reap(child)
        if status is not None:
            return status, deadline
        if requests and deadline is None:
            deadline = time.monotonic() + grace
            os.killpg(child, signal.SIGTERM)
        elif deadline is not None and time.monotonic() >= deadline:
            os.killpg(child, signal.SIGKILL)
        _pause(wake, None if deadline is None else max(0.05, deadline - time.monotonic()))


def _reap(child: int) -> int | None:
    """Collect every process that has ended; return the training's status if it is among them."""
    found = None
    try:
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            if ended[0] == child:
                found = os.waitstatus_to_exitcode(ended[1])
    except ChildProcessError:
        pass
    return found


def _end_leftovers(group: int, deadline: float, wake: int) -> None:
    """End what the training left behind: SIGTERM, and SIGKILL at the deadline.

    Args:
        group: the process group to end; 0 for every descendant of this process.
        deadline: on the monotonic clock.
        wake: becomes readable when a process has ended.
    """
    number, pause = int(signal.SIGTERM), 0.02
    while any([_send(pid, number) for pid in ([-group] if group else _descendants())]):
        number = 0  # SIGTERM once; from now on only check
        if time.monotonic() >= deadline:
            number, pause = int(signal.SIGKILL), min(1.0, 2 * pause)
        _pause(wake, pause)
        _reap(0)


def _send(pid: int, number: int) -> bool:
    """Send a signal to a process, or to the group ``-pid``; return whether it exists."""
    try:
        os.kill(pid, number)
    except PermissionError:  # it belongs to another user by now
        return True
    except OSError:
        return False
    return True


def _descendants() -> set[int]:
    """Return the pid of every process that descends from this one."""
    _reap(0)
    parents = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            parents[int(name)] = int(_stat(name)[1])
        except OSError:
            pass
    found = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {os.getpid()}


def _pause(wake: int, seconds: float | None) -> None:
    """Wait for a signal, at most ``seconds``."""
    if select.select([wake], [], [], seconds)[0]:
        os.read(wake, 4096)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
