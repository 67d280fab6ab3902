"""Stays with one training: starts it, ends it when told to, and writes down how it ended.

A program of its own that outlives the server which started it: ``python -I -S supervisor.py FOLDER ATTEMPT
GRACE -- COMMAND…``. It imports nothing but the standard library's smallest parts, so that it is there in
some milliseconds and costs some megabytes for the days that a training takes. Its standard output and error
are the training's log; its environment is the training's.

Papers that it leaves in the folder, each complete from the moment at which it is there:

- ``claim-N/process``: "this attempt is mine", with its process number and start. Whoever makes it first, the
  supervisor or a server that has come back and found none, decides whether the training is started.
- ``trainer-N``: the process number and start of the training.
- ``exit-N``: how it ended: its exit status or minus the signal, whether it had been told to end before, the
  time, and for a training that could not be started the error's number.

SIGTERM, SIGINT and SIGHUP say: end the training. It gets SIGTERM with its whole process group, GRACE seconds,
then SIGKILL; so does everything that it has started and left behind, also what has left the group, because
on Linux the supervisor is the parent of every orphan below it.
"""

# pathlib and contextlib would cost more than all the rest of it.
# ruff: noqa: PTH103, PTH104, PTH106, PTH108, PTH110, PTH112, PTH123, PTH208, SIM105

from __future__ import annotations

import os
import select
import signal
import sys
import time

_ROOM = 256  # bytes that are put aside on the disk at the start, so that the end can be written on a full one
_LATE = 5.0  # seconds that a full disk gets at the end
_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER
NOT_BEGUN = 126  # its own exit status


def main(arguments: list[str]) -> int:
    """Run one training to its end; return its exit status, 128 and more for a signal."""
    folder, attempt, grace, _, *command = arguments
    told: list[int] = []
    wake = _listen(told)
    adopts = _adopt_orphans()
    try:
        papers = _Papers(folder, attempt)
        if not claim(f"{folder}/claim-{attempt}", f"{os.getpid()} {start_of(os.getpid())}\n"):
            papers.drop()  # a server has come back before this one was there, and starts it anew
            return NOT_BEGUN
    except OSError as error:
        _say(f"the training was not started: {error}")
        return NOT_BEGUN
    if told:
        return papers.ended(-signal.SIGTERM, True, 0)
    child, failure = _spawn(command, papers)
    if failure:
        _say(f"{command[0]!r}: {os.strerror(failure)}")
        return papers.ended(127, False, failure)
    status, end = _wait(child, float(grace), wake, told)
    code = papers.ended(status, end is not None, 0)
    _end_the_rest(child if not adopts else 0, end or time.monotonic() + float(grace), wake)
    return code


def start_of(pid: int) -> str:
    """Return what tells a process from an earlier and a later one of its number; empty when there is none."""
    try:
        fields = _stat(str(pid))
    except FileNotFoundError:
        return "" if os.path.exists("/proc/self/stat") else _start_elsewhere(pid)
    except OSError:
        return ""
    try:
        with open("/proc/sys/kernel/random/boot_id", "rb") as file:
            boot = file.read(8).decode()
    except OSError:
        boot = ""
    # A zombie is no longer running, whoever has not yet asked for its end.
    return "" if fields[0] in (b"Z", b"X") else f"{boot}-{fields[19].decode()}"


def _stat(pid: str) -> list[bytes]:
    """Return what the kernel says of a process, from its state on: the state, the parent and so forth."""
    with open(f"/proc/{pid}/stat", "rb") as file:
        return file.read().rpartition(b")")[2].split()


def _start_elsewhere(pid: int) -> str:
    """Ask ps, where the kernel shows no /proc, as on macOS."""
    with os.popen(f"TZ=UTC LC_ALL=C ps -o stat=,lstart= -p {int(pid)}") as answer:
        state, _, start = answer.read().strip().partition(" ")
    return "" if state.startswith("Z") else "-".join(start.split())


def claim(path: str, text: str) -> bool:
    """Make a folder with a paper in it; return whether it was made, False when somebody was earlier.

    A folder cannot be renamed to one that holds something, on any file system.
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


class _Papers:
    """What is written down of one attempt."""

    def __init__(self, folder: str, attempt: str) -> None:
        """Take the folder, and put aside the room that the end will need."""
        self._folder = folder
        self._attempt = attempt
        self._draft = f"{folder}/exit-{attempt}.{os.getpid()}"
        _write(self._draft, " " * _ROOM)

    def drop(self) -> None:
        """Leave nothing behind."""
        os.unlink(self._draft)

    def started(self) -> None:
        """Write down which process the training is: the one that calls this."""
        path = f"{self._folder}/trainer-{self._attempt}"
        try:
            _write(f"{path}.draft", f"{os.getpid()} {start_of(os.getpid())}\n")
            os.rename(f"{path}.draft", path)
        except OSError as error:  # a full disk; the training goes on, and can be found by its mark
            _say(f"{path} could not be written: {error}")

    def ended(self, status: int, asked: bool, failure: int) -> int:
        """Write down the end; return the status that this process ends with."""
        text = f"{status} {int(asked)} {time.time():.6f} {failure}\n"
        late = time.monotonic() + _LATE
        while True:
            try:
                _write(self._draft, text.ljust(_ROOM), os.O_WRONLY | os.O_CREAT)
                os.rename(self._draft, f"{self._folder}/exit-{self._attempt}")
                break
            except OSError as error:
                # The server learns it from this process, if it is its parent.
                if time.monotonic() > late or not os.path.isdir(self._folder):
                    _say(f"the exit status {status} could not be written: {error}")
                    break
                time.sleep(0.2)
        return status if status >= 0 else 128 - status


def _say(text: str) -> None:
    """Say something in the training's log."""
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


def _adopt_orphans() -> bool:
    """Become the parent of everything below that loses its own; return whether the kernel can do that."""
    if sys.platform != "linux":
        return False
    try:
        import ctypes

        return bool(ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0) == 0)
    except (ImportError, OSError, AttributeError):
        return False


def _spawn(command: list[str], papers: _Papers) -> tuple[int, int]:
    """Start the training in a session of its own; return its number, and the error's number or 0.

    Its paper is there before it is, so that no training runs of which nobody knows.
    """
    reading, writing = os.pipe()  # a program that has started has closed it
    child = os.fork()
    if not child:
        try:
            os.setsid()
            papers.started()
            # Python ignores these, and what is ignored stays so in a program that is started.
            for name in ("SIGPIPE", "SIGXFSZ"):
                signal.signal(getattr(signal, name), signal.SIG_DFL)
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


def _wait(child: int, grace: float, wake: int, told: list[int]) -> tuple[int, float | None]:
    """Wait for the training's end, and bring it about when told to.

    Returns:
        Its status, and when its grace is over, None when nobody expected its end.
    """
    end = None
    while True:
        status = _reap(child)
        if status is not None:
            return status, end
        if told and end is None:
            end = time.monotonic() + grace
            os.killpg(child, signal.SIGTERM)
        elif end is not None and time.monotonic() >= end:
            os.killpg(child, signal.SIGKILL)
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


def _end_the_rest(group: int, end: float, wake: int) -> None:
    """End whatever the training has left behind: SIGTERM, and SIGKILL at ``end``.

    Args:
        group: the process group that all of it belongs to; 0 stands for all that is below this process.
        end: on the monotonic clock.
        wake: what can be read when a process has ended.
    """
    number, pause = int(signal.SIGTERM), 0.02
    while any([_send(one, number) for one in ([-group] if group else _below())]):
        number = 0  # once is enough; from now on only look
        if time.monotonic() >= end:
            number, pause = int(signal.SIGKILL), min(1.0, 2 * pause)
        _pause(wake, pause)
        _reap(0)


def _send(pid: int, number: int) -> bool:
    """Send a signal to a process, or to the group ``-pid``; return whether there is one."""
    try:
        os.kill(pid, number)
    except PermissionError:  # it belongs to another user by now
        return True
    except OSError:
        return False
    return True


def _below() -> set[int]:
    """Return every process that descends from this one."""
    _reap(0)
    parents, below = _parents(), {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in below} - below:
        below |= more
    return below - {os.getpid()}


def _parents() -> dict[int, int]:
    """Return the parent of every process."""
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                parents[int(name)] = int(_stat(name)[1])
            except OSError:
                pass
    return parents


def _pause(wake: int, seconds: float | None) -> None:
    """Wait for a signal, such as the one that says that a child has ended."""
    if select.select([wake], [], [], seconds)[0]:
        try:
            os.read(wake, 4096)
        except BlockingIOError:
            pass


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
