"""A wrapped command on a terminal sees a terminal, and so does the person in front of it."""

from __future__ import annotations

import os
import shlex
import signal
from pathlib import Path

from tests.running.screens import on_screen
from tests.running.wrapping import arguments, python
from tests.waiting import until

INTERRUPTED = """
import signal, time
interrupts = []
signal.signal(signal.SIGINT, lambda *_: (print("interrupted"), interrupts.append(1)))
print("ready")
while not interrupts: time.sleep(0.01)
time.sleep(0.3)
"""


def log_of(log_dir: Path) -> bytes:
    return (log_dir / "runs" / "1" / "output.log").read_bytes()


def test_it_sees_the_terminal(tmp_path: Path):
    """All three streams are a terminal of our window's size, which follows it, and keys reach the command."""
    code = """
import os, signal
signal.signal(signal.SIGWINCH, lambda *_: print("resized", *os.get_terminal_size()))
print([os.isatty(file) for file in range(3)])
print(ascii(input("name? ")))
"""
    with on_screen(*arguments(tmp_path, *python(code))) as screen:
        screen.wait_for(b"[True, True, True]\r\nname? ")
        screen.resize(33, 77)
        screen.wait_for(b"resized 77 33\r\n")
        screen.press(b"b\xc3\xa4r\r")
        screen.wait_for(b"'b\\xe4r'\r\n")
        assert screen.status() == 0
    assert log_of(tmp_path).startswith(b"[True, True, True]\nname? resized 77 33\n")


def test_ctrl_c_reaches_it_once(tmp_path: Path):
    """Ctrl-C interrupts the command once, and the record names the terminal as the sender."""
    with on_screen(*arguments(tmp_path, *python(INTERRUPTED))) as screen:
        screen.wait_for(b"ready")
        until(screen.is_raw)
        screen.press(b"\x03")
        screen.wait_for(b"interrupted")
        assert screen.status() == 0
    assert screen.shown.count(b"interrupted") == 1
    assert b"sent_signal=2\tsignal_sender=terminal" in (tmp_path / "runs" / "1" / "end").read_bytes()


def test_ctrl_c_reaches_it_once_behind_a_pipe(tmp_path: Path):
    """Where only standard input is a terminal, as before a pager, Ctrl-C interrupts the command once, too."""
    reading, writing = os.pipe()
    output = os.fdopen(reading, "rb")
    with on_screen(*arguments(tmp_path, *python(INTERRUPTED)), closing={1: writing, 2: writing}) as screen:
        os.close(writing)
        assert output.readline() == b"ready\n"
        assert not screen.is_raw()
        screen.press(b"\x03")
        assert output.read() == b"interrupted\n"
        assert screen.status() == 0
    output.close()


def test_a_shell_suspends_and_continues_it(tmp_path: Path):
    """Ctrl-Z gives the terminal back to the shell, and fg continues the command where it was."""
    code = "print('ready'); print('got', input()); print('end')"
    words = shlex.join(arguments(tmp_path, *python(code)))
    with on_screen("env", "LC_ALL=C", "HISTFILE=/dev/null", "bash", "--norc", "-i") as screen:
        screen.press(b"PS1='shell> '\r")
        screen.wait_for(b"shell> ")
        screen.press(words.encode() + b"\r")
        screen.wait_for(b"ready\r\n")
        screen.press(b"\x1a")
        screen.wait_for(b"Stopped")
        screen.wait_for(b"shell> ")
        screen.press(b"fg\r")
        screen.wait_for(b"wrapping.py")
        until(screen.is_raw)
        screen.press(b"word\r")
        screen.wait_for(b"got word\r\nend\r\n")
        screen.wait_for(b"shell> ")
        screen.press(b"exit\r")
        assert screen.status() == 0


def test_the_terminal_is_as_before_when_the_wrapper_is_killed(tmp_path: Path):
    """After kill -9 of the wrapper the terminal edits lines again, and the command goes on."""
    code = """
import pathlib, time
print("ready")
while not pathlib.Path("go").exists(): time.sleep(0.01)
print("end")
"""
    with on_screen(
        "sh",
        "-c",
        f'cd {shlex.quote(str(tmp_path))} && "$@"; echo killed; read word',
        "-",
        *arguments(tmp_path, *python(code)),
    ) as screen:
        screen.wait_for(b"ready")
        until(screen.is_raw)
        pid = int(Path(f"/proc/{screen.pid}/task/{screen.pid}/children").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)
        screen.wait_for(b"killed")
        until(lambda: not screen.is_raw())
        (tmp_path / "go").touch()
        screen.wait_for(b"end")
    until((tmp_path / "runs" / "1" / "end").exists)


def test_a_background_child_outlives_it(tmp_path: Path):
    """A process that the command leaves behind on the terminal goes on, and does not hold up the end."""
    code = """
import pathlib, subprocess, sys
subprocess.Popen(["sh", "-c", "while ! test -e go; do sleep 0.02; done; echo alive; touch done"])
print("end")
"""
    with on_screen(
        "sh",
        "-c",
        f'cd {shlex.quote(str(tmp_path))} && "$@"; echo status $?; read word',
        "-",
        *arguments(tmp_path, *python(code)),
    ) as screen:
        screen.wait_for(b"end\r\n")
        screen.wait_for(b"status 0\r\n")
        (tmp_path / "go").touch()
        screen.wait_for(b"alive\r\n")
    until((tmp_path / "done").exists)
