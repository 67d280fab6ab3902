"""Make real failures: run the small programs of ``programs.txt`` and record what they print.

    PYTHON=/path/to/python python tests/diagnosis/real_failures.py FOLDER [NAME…]

``PYTHON`` is an interpreter with torch, transformers, lightning and others. Each program writes
``FOLDER/NAME.log``, whose first line is its cause, framework and exit status. The paths of the machine are
replaced.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

PROGRAMS = Path(__file__).parent / "programs.txt"
_LIMIT = 120  # seconds of one program
_HEADER = re.compile(r"^=== (\S+) (\S+) (\S+)(?: (\S+))?\n", re.MULTILINE)
_NOT_PASSED = ("VIRTUAL_ENV", "PYTHONPATH")
_WARMED_UP = 6  # lines after which a signal comes


class Program(NamedTuple):
    """One program that fails.

    Attributes:
        name: its name.
        cause: the cause of its failure, or none.
        framework: what must be installed.
        launcher: ``sh``, ``torchrun`` or a signal to send, separated by commas.
        text: its code.
    """

    name: str
    cause: str
    framework: str
    launcher: tuple[str, ...]
    text: str


class End(NamedTuple):
    """What a program printed, and its exit status, or minus the signal's number."""

    output: str
    status: int


def programs() -> Iterator[Program]:
    """Return the programs."""
    _, *parts = _HEADER.split(PROGRAMS.read_text("utf-8"))
    for name, cause, framework, launcher, text in zip(*(parts[i::5] for i in range(5)), strict=True):
        yield Program(name, cause, framework, tuple((launcher or "").split(",")), text)


def run(program: Program, python: str) -> End:
    """Run a program in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "train.py").write_text(program.text, "utf-8")
        environment = {
            **{
                name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")
            },
            "PATH": f"{Path(python).parent}:{os.environ['PATH']}",
            "OMP_NUM_THREADS": "1",
            "HF_HUB_DOWNLOAD_TIMEOUT": "2",
            "CUDA_VISIBLE_DEVICES": "",
            "TF_CPP_MIN_LOG_LEVEL": "1",
            # Whatever network this machine has, a download fails.
            "HTTP_PROXY": "http://127.0.0.1:9",
            "HTTPS_PROXY": "http://127.0.0.1:9",
            "NO_PROXY": "localhost,127.0.0.1",
        }
        # Into a file: a worker that outlives its launcher would keep a pipe open.
        with (place / "output.log").open("wb") as output:
            child = subprocess.Popen(
                _command(program, python),
                cwd=place,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            status = _ended(child, program, place / "output.log")
        text = (place / "output.log").read_text("utf-8", errors="replace")
        return End(_without_paths(text, place, python), status)


def _ended(child: subprocess.Popen[bytes], program: Program, log: Path) -> int:
    """Wait for the end, and send the signal of the program once it trains."""
    number = next((signal.Signals[name] for name in program.launcher if name.startswith("SIG")), None)
    end = time.monotonic() + _LIMIT
    while time.monotonic() < end:
        with suppress(subprocess.TimeoutExpired):
            return child.wait(timeout=0.1)
        if number is not None and log.read_bytes().count(b" loss ") >= _WARMED_UP:
            child.send_signal(number)
            number = None
    child.kill()
    return child.wait()


def _command(program: Program, python: str) -> list[str]:
    if "sh" in program.launcher:
        return ["bash", "-c", program.text]
    if "torchrun" in program.launcher:
        return [python, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "train.py"]
    return [python, "train.py"]


def _without_paths(text: str, place: Path, python: str) -> str:
    text = text.replace(str(place.resolve()), "/home/user/exp").replace(str(place), "/home/user/exp")
    text = text.replace(str(Path(python).parents[1]), "/home/user/env")
    base = Path(os.path.realpath(python)).parents[1]
    return text.replace(str(base), "/usr/local").replace(os.uname().nodename, "gpu01")


def main(arguments: list[str]) -> None:
    """Record the programs."""
    folder, *names = arguments
    signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # the children of a background job would ignore it
    Path(folder).mkdir(parents=True, exist_ok=True)
    for program in programs():
        if names and program.name not in names:
            continue
        end = run(program, os.environ.get("PYTHON", sys.executable))
        header = f"{program.cause} {program.framework} {end.status}\n"
        (Path(folder) / f"{program.name}.log").write_text(header + end.output, "utf-8")
        print(program.name, end.status, len(end.output), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
