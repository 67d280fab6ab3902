"""The program as people run it: a process of its own, watched by what it says."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

PROGRAM = [sys.executable, "-m", "auto_model_monitor"]
# On a machine under load starting the watch and a delivery may take more than the usual seconds.
_PATIENT = """
import sys
from auto_model_monitor.cli import main, run_command
from auto_model_monitor.completion.wrapped_run import WrappedRun
run_command._START = WrappedRun.__init__.__kwdefaults__["grace"] = 100.0
sys.exit(main.main(sys.argv[1:]))
"""
PATIENT_PROGRAM = [sys.executable, "-c", _PATIENT]


def program(
    *arguments: str, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the program to its end."""
    command = [*PROGRAM, *arguments]
    return subprocess.run(
        command, check=False, capture_output=True, encoding="utf-8", env=env, cwd=cwd, timeout=200
    )


class Running:
    """A watch that runs; what it has said on stderr is in `said`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.said = ""
        self.out = ""

    def wait_for(self, text: str) -> str:
        """Return the line that holds the text, once it is said."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said += line
            if text in line:
                return line
        raise AssertionError(f"the program ended without saying {text!r}:\n{self.said}")

    def wait_for_all(self, *texts: str) -> None:
        """Wait until each of the texts has been said, in any order."""
        missing = [text for text in texts if text not in self.said]
        while missing:
            line = self.wait_for("")
            missing = [text for text in missing if text not in line]

    def end(self, how: int = signal.SIGTERM) -> int:
        """Tell it to end; return its status."""
        self.process.send_signal(how)
        self.out, rest = self.process.communicate(timeout=200)
        self.said += rest
        return self.process.returncode


@contextmanager
def watching(
    *arguments: str, env: Mapping[str, str] | None = None, command: str = "watch"
) -> Iterator[Running]:
    """Run ``watch`` inside the block; whatever happens there, it has ended behind it."""
    pipe = subprocess.PIPE
    words = [*PROGRAM, command, *arguments]
    with subprocess.Popen(words, stdout=pipe, stderr=pipe, encoding="utf-8", env=env) as process:
        try:
            yield Running(process)
        finally:
            if process.poll() is None:
                process.kill()
