"""A log file, followed through all that logs go through."""

from __future__ import annotations

import logging
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import tracemalloc
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from threading import Semaphore, Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_model_monitor import SourceError
from auto_model_monitor.sources.tail import LineFollower, Restart
from auto_model_monitor.sources.tail.bar_states import BarStates
from auto_model_monitor.sources.tail.lines import MARK, cut
from tests.campaigns import examples

CAMPAIGNS = int(os.environ.get("LINE_FOLLOWER_CAMPAIGNS", "0")) or examples(200)


def read(follower: LineFollower, most: int = 1 << 20) -> list[str]:
    return follower.text(most).lines()


def finish(follower: LineFollower) -> list[str]:
    return follower.text(1 << 20, at_end=True).lines()


def drained(follower: LineFollower) -> list[str]:
    got: list[str] = []
    while found := read(follower):
        got += found
    return got


def append(path: Path, data: bytes | str) -> None:
    with path.open("ab") as file:
        file.write(data.encode() if isinstance(data, str) else data)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "train.log"


def test_lines_come_once_as_they_are_ended(log: Path) -> None:
    """Each line must come once, when its newline is there, with the place just after it."""
    log.write_bytes(b"one\ntwo\nthr")
    follower = LineFollower(log)
    assert read(follower) == ["one", "two"]
    assert (read(follower), follower.offset) == ([], 8)
    append(log, "ee\n\nfour")
    assert read(follower) == ["three", ""]
    assert read(follower) == []
    assert (finish(follower), finish(follower)) == (["four"], [])


def test_a_line_written_letter_by_letter_is_one_line(log: Path) -> None:
    """However a writer's buffer cuts a line, also within a character, it must come as one."""
    follower = LineFollower(log)
    log.touch()
    got = []
    for byte in "损失 0.5 🔥\r\nnext\n".encode():
        append(log, bytes([byte]))
        got += read(follower)
    assert got == ["损失 0.5 🔥", "next"]


@pytest.mark.parametrize("most", [1, 7, 64, 1 << 20])
def test_a_small_read_leaves_the_rest_for_the_next(log: Path, most: int) -> None:
    """However small a read is, no line is lost or repeated."""
    lines = [f"line {n} " + "x" * (n % 50) for n in range(300)]
    log.write_text("\n".join(lines) + "\n")
    follower = LineFollower(log, max_line=64)
    got: list[str] = []
    while found := read(follower, most):
        got += found
    assert got == lines


def test_windows_line_ends_and_marks_are_left_out(log: Path) -> None:
    """A byte order mark and the carriage return of Windows are no part of a line."""
    log.write_bytes(b"\xef\xbb\xbfloss: 0.5\r\nloss: 0.4\r\n")
    assert read(LineFollower(log)) == ["loss: 0.5", "loss: 0.4"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_what_powershell_redirects_is_read(log: Path, encoding: str) -> None:
    """A log in UTF-16 must be read as text, wherever its bytes are torn and a newline's byte occurs."""
    data = "\ufeffloss: 0.5\r\n损失Ċ਍: 0.4\r\n10%\r20%\r30%".encode(encoding)
    follower = LineFollower(log)
    log.touch()
    got: list[str] = []
    for byte in data:
        append(log, bytes([byte]))
        got += read(follower)
    assert got == ["loss: 0.5", "损失Ċ਍: 0.4", "10%"]
    resumed = LineFollower(log, offset=follower.offset, identity=follower.identity)
    assert finish(resumed) == ["20%", "30%"]


def test_bytes_that_are_no_text_are_replaced(log: Path) -> None:
    """What is not UTF-8 must neither end the reading nor be dropped in silence."""
    log.write_bytes(b"loss \xff\xfe 0.5\nnext\n")
    assert read(LineFollower(log)) == ["loss \ufffd\ufffd 0.5", "next"]


def test_what_only_a_terminal_understands_is_left_out(log: Path) -> None:
    """Colours, titles, links and control characters must not stand in a line."""
    log.write_bytes(
        b"\x1b[1;32mEpoch\x1b[0m \x1b]0;title\x071\x1b[K/\x1b]8;;http://x\x1b\\2\x1b]8;;\x1b\\\x07\n"
        b"a\tb\x00c\x08\x7f\n\xc2\x9b31mred\x1b(B\n"
    )
    assert read(LineFollower(log)) == ["Epoch 1/2", "a\tbc", "red"]


def test_of_a_finished_bar_the_last_state_counts(log: Path) -> None:
    """Of a bar that was ended by a newline, what stood last is the line, although it was wiped out."""
    bar = b"\r 0%|  | loss=0.9\r50%|# | loss=0.5\r100%|##| loss=0.1"
    log.write_bytes(bar + b"\n" + bar + b"\r                 \r\nkeras 1/2\x08\x08\x08\rkeras 2/2\r\n")
    assert read(LineFollower(log)) == ["100%|##| loss=0.1", "100%|##| loss=0.1", "keras 2/2"]


def test_a_bar_that_goes_on_gives_a_state_of_each_tenth(log: Path) -> None:
    """A bar writes no newline for hours: each read must return the states that are decided, none twice."""
    log.write_bytes(b"start\n\r 8% loss=0.9\r 9% loss=0.8\r 10% lo")
    follower = LineFollower(log)
    assert read(follower) == ["start"]
    assert read(follower) == []
    append(log, "ss=0.7\r 11% loss=0.6\r 20% loss=0.5")
    assert read(follower) == [" 9% loss=0.8"]
    append(log, "\nend\n")
    assert read(follower) == [" 11% loss=0.6", " 20% loss=0.5", "end"]


def test_a_bar_longer_than_any_line_gives_states(log: Path) -> None:
    """A bar that has written more than a line may hold must neither be cut nor kept in memory."""
    states = b"".join(b"\r%6d it loss=0.5" % n for n in range(20_000))
    log.write_bytes(states)
    follower = LineFollower(log, max_line=1000)
    got: list[str] = []
    while found := read(follower, 4096):
        got += found
    assert all(text.endswith("it loss=0.5") and len(text) == 18 for text in got)
    assert (len(got), got[-1]) == (19, "  9999 it loss=0.5")
    append(log, "\n")
    assert read(follower) == [" 19999 it loss=0.5"]


def test_a_line_that_is_too_long_is_cut_with_a_mark(log: Path) -> None:
    """Of an over-long line the beginning must come, once, and the next line whole."""
    log.write_bytes(b"x" * 5000 + b"\nnext\n" + b"y" * 5000)
    follower = LineFollower(log, max_line=100)
    assert read(follower) == ["x" * 100 + MARK, "next", "y" * 100 + MARK]
    append(log, b"y" * 50_000)
    assert read(follower) == []
    assert read(LineFollower(log, offset=follower.offset, identity=follower.identity)) == []
    append(log, b"yy\nafter\n")
    assert read(follower) == ["after"]


def test_memory_is_bounded_whatever_the_file_holds(log: Path) -> None:
    """Sixty-four MiB in one line may not be held in memory to find its end."""
    with log.open("wb") as file:
        for _ in range(64):
            file.write(b"x" * (1 << 20))
        file.write(b"\nnext\n")
    follower = LineFollower(log)
    tracemalloc.start()
    try:
        got = read(follower) + read(follower)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert got == ["x" * 65536 + MARK, "next"]
    assert peak < 8 << 20


def test_truncation_begins_anew(log: Path) -> None:
    """A file that was emptied must be read from its start, also when nothing is in it yet."""
    log.write_bytes(b"one\ntwo\n")
    follower = LineFollower(log)
    read(follower)
    log.write_bytes(b"")
    assert read(follower) == []
    assert (follower.restarts, follower.restart, follower.offset) == (1, Restart.TRUNCATED, 0)
    append(log, "three\n")
    assert read(follower) == ["three"]
    assert follower.restarts == 1


@pytest.mark.parametrize("longer", [0, 1, 5000])
def test_truncation_is_seen_although_the_file_has_grown_past_its_old_size(log: Path, longer: int) -> None:
    """A run that restarted in place between two reads is read from its start."""
    log.write_bytes(b"".join(b"old %d\n" % n for n in range(100)))
    follower = LineFollower(log)
    read(follower)
    new = b"".join(b"new %d\n" % n for n in range(100)) + b"x" * longer + b"\n"
    os.utime(log, ns=(0, 0))
    log.write_bytes(new)
    assert read(follower) == new.decode().splitlines()
    assert follower.restart is Restart.TRUNCATED


def test_the_rest_of_a_renamed_file_comes_before_the_new_one(log: Path) -> None:
    """Rotation by renaming may lose nothing: neither what was written just before, nor an unended line."""
    log.write_bytes(b"one\n")
    follower = LineFollower(log)
    read(follower)
    append(log, "two\nunended")
    log.rename(log.with_suffix(".log.1"))
    log.write_bytes(b"three\n")
    assert read(follower) == ["two", "unended"]
    assert read(follower) == ["three"]
    assert (follower.restarts, follower.restart) == (1, Restart.ROTATED)


def test_a_writer_may_go_on_in_the_renamed_file(log: Path) -> None:
    """As long as nothing is in the new file, the writer may not know of it: the old one is read on."""
    log.write_bytes(b"one\n")
    follower = LineFollower(log)
    read(follower)
    old = log.with_suffix(".1")
    log.rename(old)
    append(old, "two\n")
    assert read(follower) == ["two"]
    log.touch()
    append(old, "three\n")
    assert read(follower) == ["three"]
    append(log, "four\n")
    append(old, "three and a half\n")
    assert read(follower) == ["three and a half"]
    assert read(follower) == ["four"]


def test_rotation_twice_between_two_reads_is_survived(log: Path) -> None:
    """Where two rotations lie between two reads, the open file's rest and the present file are read."""
    log.write_bytes(b"one\n")
    follower = LineFollower(log)
    read(follower)
    append(log, "two\n")
    for n, text in ((1, "lost\n"), (2, "three\n")):
        log.rename(log.with_suffix(f".{n}"))
        log.write_text(text)
    assert (read(follower)) + read(follower) == ["two", "three"]


def test_copying_and_truncating_is_rotation_too(log: Path) -> None:
    """With ``copytruncate`` the file stays the same one; what is written after it must be read."""
    log.write_bytes(b"one\ntwo\n")
    follower = LineFollower(log)
    read(follower)
    shutil.copy(log, log.with_suffix(".1"))
    os.truncate(log, 0)
    append(log, "three\n")
    assert read(follower) == ["three"]


def test_the_hole_that_truncating_leaves_is_no_line(log: Path) -> None:
    """A shell's ``>`` writes on where it was: the zeros before it may neither be shown nor read for ever."""
    with log.open("wb", buffering=0) as writer:
        writer.write(b"old\n" * 1000)
        follower = LineFollower(log)
        assert len(read(follower)) == 1000
        os.truncate(log, 0)
        writer.seek(20 << 20)
        writer.write(b"new\npart")
        assert read(follower) == ["new"]
        writer.write(b"ial\n")
        assert read(follower) == ["partial"]
    assert follower.restarts == 1


def test_a_longer_copy_of_the_same_log_is_read_on(log: Path, tmp_path: Path) -> None:
    """What rsync fetches again and again is one log: nothing may come twice, and no line torn."""
    whole = "".join(f"line {n} of the log of a far machine\n" for n in range(200))
    follower = LineFollower(log)
    got: list[str] = []
    for end in (1000, 1013, 4000, len(whole)):
        copy = tmp_path / ".train.log.partial"
        copy.write_text(whole[:end])
        copy.replace(log)
        got += read(follower)
    assert got == whole.splitlines()
    assert follower.restarts == 0


def test_a_file_written_anew_under_the_same_name_is_another_one(log: Path) -> None:
    """A deleted log's inode is reused immediately on many file systems: the new log is read."""
    log.write_bytes(b"old 1\nold 2\n")
    follower = LineFollower(log)
    read(follower)
    log.unlink()
    log.write_bytes(b"new 1\nnew 2\nnew 3\n")
    assert read(follower) == ["new 1", "new 2", "new 3"]
    assert follower.restart is Restart.REPLACED


def test_another_file_after_a_restart_is_read_from_its_start(log: Path) -> None:
    """Where the file is another one by now, an offset of before the restart must not count."""
    log.write_bytes(b"old 1\nold 2\n")
    follower = LineFollower(log)
    read(follower)
    follower.close()
    log.unlink()
    log.write_bytes(b"new 1\nnew 2\nnew 3\n")
    resumed = LineFollower(log, offset=follower.offset, identity=follower.identity)
    assert read(resumed) == ["new 1", "new 2", "new 3"]
    assert resumed.restarts == 1


def test_a_link_that_points_elsewhere_is_rotation(tmp_path: Path) -> None:
    """``latest.log`` may be a link to the log of the day."""
    monday, tuesday, link = tmp_path / "monday", tmp_path / "tuesday", tmp_path / "latest.log"
    monday.write_bytes(b"1\n")
    tuesday.write_bytes(b"2\n")
    link.symlink_to(monday)
    follower = LineFollower(link)
    assert read(follower) == ["1"]
    link.unlink()
    link.symlink_to(tuesday)
    assert read(follower) == ["2"]


def test_a_missing_or_deleted_log_is_an_error_and_read_later(log: Path) -> None:
    """No file is an error that passes, and what was left of a deleted one comes first."""
    follower = LineFollower(log)
    with pytest.raises(SourceError, match="nothing is there; unless the path is wrong"):
        read(follower)
    log.write_bytes(b"one\n")
    assert read(follower) == ["one"]
    append(log, "two")
    log.unlink()
    assert read(follower) == ["two"]
    with pytest.raises(SourceError, match=r"train\.log"):
        read(follower)
    log.write_bytes(b"three\n")
    assert read(follower) == ["three"]


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


@pytest.mark.parametrize(
    ("make", "said"),
    [(Path.mkdir, "a directory"), (os.mkfifo, "logs -"), (make_socket, "a socket")],
)
def test_what_is_no_file_is_never_opened(log: Path, make: Callable[[Path], None], said: str) -> None:
    """A directory, a FIFO (which would hang, or break its writer's pipe) or a socket must be refused."""
    make(log)
    follower = LineFollower(log)
    with pytest.raises(SourceError, match=said):
        read(follower)
    log.rmdir() if log.is_dir() else log.unlink()
    log.write_bytes(b"one\n")
    assert read(follower) == ["one"]


def test_a_device_is_never_opened() -> None:
    """A device may block, or do something when it is opened."""
    with pytest.raises(SourceError, match="a device"):
        read(LineFollower("/dev/zero"))


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to be somebody else for a while")
def test_an_unreadable_log_is_an_error_and_read_later() -> None:
    """A file without the right to read it must be complained of, and read when the right is there."""
    program = """if True:
        import os, sys
        from auto_model_monitor.core.errors import SourceError
        from auto_model_monitor.sources.tail.line_follower import LineFollower
        follower = LineFollower(sys.argv[1])
        os.setgroups([])
        os.setuid(65534)
        try:
            follower.text()
        except SourceError as error:
            print(error, flush=True)
        sys.stdin.readline()
        print(follower.text().lines(), flush=True)
    """
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        log = Path(folder, "train.log")
        log.write_bytes(b"one\n")
        log.chmod(0o000)
        command = [sys.executable, "-c", program, str(log)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            assert "chmod u+r" in process.stdout.readline()
            log.chmod(0o644)
            process.stdin.write("\n")
            process.stdin.flush()
            assert process.stdout.readline() == "['one']\n"


def test_it_follows_what_was_meant_when_it_was_made(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A training may change its directory; a relative path means what it meant before."""
    log.write_bytes(b"one\n")
    monkeypatch.chdir(tmp_path)
    follower = LineFollower("train.log")
    monkeypatch.chdir("/")
    assert read(follower) == ["one"]


def test_an_idle_read_costs_no_reading(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing has changed, nothing is read, however long the last line has been waiting."""
    log.write_bytes(b"one\nunended")
    follower = LineFollower(log)
    read(follower)
    system_read, reads = os.read, []

    def counted(file: int, count: int) -> bytes:
        reads.append(count)
        return system_read(file, count)

    monkeypatch.setattr(os, "read", counted)
    assert (read(follower), reads) == ([], [])
    append(log, "\n")
    assert read(follower) == ["unended"]
    assert reads


PIECES = [b"loss 0.5", "损失".encode(), b"\xff", b"\x1b[1m", b"\b", b"\0", b"\r", b"\n", b"\n", b"\r\n"]


@given(st.lists(st.sampled_from(PIECES)).map(b"".join), st.integers(1, 9))
def test_a_text_in_pieces_holds_what_it_holds_as_a_whole(data: bytes, size: int) -> None:
    """However the bytes of a log arrive, its lines are the same."""
    expected, _ = cut(data, max_line=1000, at_end=True, bars=BarStates())
    found: list[str] = []
    bars, rest, in_bar = BarStates(), b"", False
    for start in range(0, len(data) + size, size):
        rest += data[start : start + size]
        text, used = cut(rest, max_line=1000, at_end=start >= len(data), bars=bars, in_bar=in_bar)
        in_bar = rest[:used].endswith(b"\r") if used else in_bar
        found, rest = [*found, *text.lines()], rest[used:]
    assert found == expected.lines()


def test_lines_are_counted_as_an_editor_counts_them(log: Path) -> None:
    """The number of a line must be that of an editor, whatever was cut, and begin again with the file."""
    log.write_bytes(b"1\n2\r\n\n4\r4\r4\n" + b"5" * 5000)
    follower = LineFollower(log, max_line=100)
    assert (len(follower.text().lines()), follower.first) == (5, 1)
    append(log, "5\n6\n7\r7\r7")
    assert (follower.text().data, follower.first) == (b"6\n", 6)
    append(log, "7\n8\n")
    assert (follower.text().data, follower.first) == (b"77\n8\n", 7)
    log.write_bytes(b"1\n2\n")
    assert (follower.text().data, follower.first) == (b"1\n2\n", 1)
    append(log, "3\n4\n")
    follower.skip_to_end()
    append(log, "5\n")
    assert (follower.text().data, follower.first) == (b"5\n", 5)


class PatientHandler(RotatingFileHandler):
    """Rotates as the standard library does it, once for each permission."""

    allowed = Semaphore(0)
    waits = False

    def doRollover(self) -> None:
        self.waits = True
        self.allowed.acquire(timeout=200)
        super().doRollover()


def test_a_logger_that_rotates_beside_the_reader_loses_nothing(log: Path) -> None:
    """While another thread logs and rotates at any moment, every line must come once and in order."""
    logger = logging.Logger("training")
    handler = PatientHandler(log, maxBytes=20_000, backupCount=100)
    logger.addHandler(handler)
    expected = [f"epoch {n}: loss: {n / 7}" for n in range(10_000)]
    thread = Thread(target=lambda: [logger.info(line) for line in expected])
    follower = LineFollower(log)
    got: list[str] = []
    thread.start()
    rotations = 0
    while thread.is_alive():
        got += drained(follower)
        if handler.waits and follower.restarts == rotations:
            rotations += 1
            handler.waits = False
            handler.allowed.release()
    got += drained(follower)
    handler.close()
    assert got == expected
    assert follower.restarts > 10


class Writer:
    """Writes numbered lines into a log in random pieces, and rotates it in random ways."""

    def __init__(self, path: Path, chance: random.Random) -> None:
        self.path, self.chance = path, chance
        self.pending = b""
        self.written: list[str] = []
        self.archives = 0
        path.touch()

    def write(self) -> None:
        for _ in range(self.chance.randint(0, 30)):
            text = f"{len(self.written)} " + "x" * self.chance.choice([0, 5, 60, 400])
            self.written.append(text)
            self.pending += text.encode() + self.chance.choice([b"\n", b"\n", b"\r\n"])
        count = self.chance.randint(0, len(self.pending))
        append(self.path, self.pending[:count])
        self.pending = self.pending[count:]

    def ends_its_line(self) -> bool:
        append(self.path, self.pending)
        self.pending = b""
        return self.path.stat().st_size > 0

    def rename(self) -> None:
        self.write()
        self.ends_its_line()
        self.archives += 1
        self.path.rename(self.path.with_suffix(f".{self.archives}"))
        self.path.touch()

    def truncate(self) -> None:
        self.archives += 1
        shutil.copy(self.path, self.path.with_suffix(f".{self.archives}"))
        os.truncate(self.path, 0)

    def replace_by_copy(self) -> None:
        copy = self.path.with_suffix(".copy")
        shutil.copy(self.path, copy)
        copy.replace(self.path)


@pytest.mark.parametrize("seed", range(CAMPAIGNS))
def test_whatever_happens_every_line_comes_once_and_in_order(log: Path, seed: int) -> None:
    """Over random pieces, reads, rotations and restarts of the reader, no line is lost, torn or repeated.

    Rotations come at the end of a line, as loggers make them, when there is something to rotate, and one
    between two reads; a truncation and a restart of the reader come after a read, because what nobody has
    read then is nowhere any more.
    """
    chance = random.Random(seed)
    writer, follower = Writer(log, chance), LineFollower(log)
    got: list[str] = []
    for _ in range(120):
        writer.write()
        action = chance.choice(["read", "read", "read", "rename", "truncate", "replace_by_copy", "restart"])
        if action == "read":
            got += read(follower, chance.choice([1, 500, 1 << 20]))
            continue
        if action in ("rename", "truncate") and not writer.ends_its_line():
            continue
        if action != "replace_by_copy":
            got += drained(follower)
        if action == "restart":
            follower.close()
            follower = LineFollower(log, offset=follower.offset, identity=follower.identity)
        else:
            getattr(writer, action)()
    append(log, writer.pending)
    while found := finish(follower):
        got += found
    assert got == writer.written
