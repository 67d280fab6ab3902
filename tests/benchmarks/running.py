"""What a wrapper around a command costs, beside GPUAlert, ``script -qec`` and the bare command.

    python tests/benchmarks/running.py [--gpualert PROGRAM] [--rounds 11] [--json out.json]

``process`` is the process side alone (start, signals, output, log), ``run`` the whole command with its watch
and its message of the end, written as a file. Their rounds take turns. Start and end are the wall time of
``true``; a first byte is timed from its writing to its reading; the throughput goes to /dev/null; processor
time and memory are those of our processes, the command's left out. Linux only.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
PIPE, NULL = subprocess.PIPE, subprocess.DEVNULL
Wrap = Callable[[list[str]], list[str]]
CLOCK = """
import os, time
for _ in range(20):
    os.write(1, b"%.9f\\n" % time.monotonic())
    time.sleep(0.1)
"""
LINES = """
import os, time
began = time.monotonic()
for number in range(1, {count} + 1):
    os.write(1, b"epoch 1 step %d loss 0.1234 lr 0.001 grad_norm 0.5 2.31 it/s\\n" % number)
    time.sleep(max(0.0, began + number / 1000 - time.monotonic()))
"""
LIMITS = {"start and end": 0.15, "first byte": 0.02, "MB a second": 300, "share of a core": 0.005, "MiB": 40}


def contenders(logs: str, gpualert: str | None) -> dict[str, Wrap]:
    """Return how each contender wraps a command."""
    wrapping = [sys.executable, str(ROOT / "tests" / "running" / "wrapping.py"), logs, "{}", "--"]
    ours = [sys.executable, "-m", "auto_model_monitor", "run", "--log-dir", logs, "--"]
    found: dict[str, Wrap] = {
        "bare": lambda command: command,
        "process": lambda command: [*wrapping, *command],
        "run": lambda command: [*ours, *command],
        "script": lambda command: ["script", "-qec", shlex.join(command), "/dev/null"],
    }
    if gpualert:
        found["gpualert"] = lambda command: [gpualert, "run", "--verbose", "--no-notify", "--", *command]
    return found


def seconds(command: list[str], env: dict[str, str]) -> float:
    """Return the wall time of a command."""
    began = time.perf_counter()
    subprocess.run(command, stdin=NULL, stdout=NULL, stderr=NULL, check=False, env=env)
    return time.perf_counter() - began


def latencies(command: list[str], env: dict[str, str]) -> list[float]:
    """Return the seconds from the writing of each line to its reading."""
    with subprocess.Popen(command, stdin=NULL, stdout=PIPE, stderr=NULL, env=env) as process:
        assert process.stdout is not None
        found = [(time.monotonic(), line) for line in process.stdout]
    return [read - float(line) for read, line in found if line.strip().replace(b".", b"").isdigit()]


def tree(pid: int) -> list[int]:
    """Return a process and those below it, the command (what is started last) left out."""
    path = Path(f"/proc/{pid}/task/{pid}/children")
    children = [int(child) for child in path.read_text().split()]
    return [pid, *(below for child in children for below in tree(child))]


def cost(command: list[str], env: dict[str, str], count: int) -> dict[str, float]:
    """Return the processor time and the memory of the wrapper's processes at 1,000 lines a second."""
    with subprocess.Popen(command, stdin=NULL, stdout=PIPE, stderr=NULL, env=env) as process:
        assert process.stdout is not None
        lines = iter(process.stdout)
        warm = count // 4
        for _ in zip(range(warm), lines, strict=False):
            pass
        pids = tree(process.pid)[:-1]
        before, began = used(pids), time.monotonic()
        for _ in zip(range(count - warm - 100), lines, strict=False):
            pass
        share = (used(pids) - before) / (time.monotonic() - began)
        memory = [resident(pid) for pid in pids]
        for _ in lines:
            pass
    return {"share of a core": share, "MiB": sum(memory), "MiB of each": memory}  # type: ignore[dict-item]


def used(pids: list[int]) -> float:
    """Return the processor time of the threads of some processes."""
    files = [file for pid in pids for file in Path(f"/proc/{pid}/task").glob("*/schedstat")]
    return sum(int(file.read_text().split()[0]) for file in files) / 1e9


def resident(pid: int) -> float:
    """Return the memory of a process, what it shares with others divided among them, in MiB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return round(sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024, 1)


def measure(wrap: Wrap, env: dict[str, str], options: argparse.Namespace) -> dict[str, object]:
    """Return what one contender needs, start and end left out."""
    size = options.megabytes << 20
    passed = seconds(wrap(["head", "-c", str(size), "/dev/zero"]), env) - seconds(wrap(["true"]), env)
    waits = latencies(wrap([sys.executable, "-c", CLOCK]), env)
    count = options.seconds * 1000
    result: dict[str, object] = {
        "MB a second": round(size / 1e6 / max(passed, 1e-3)),
        "first byte": waits[0] if waits else None,
        "median byte": statistics.median(waits) if waits else None,
    }
    return result | cost(wrap([sys.executable, "-c", LINES.format(count=count)]), env, count)


def main() -> None:
    """Measure, print and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gpualert", help="GPUAlert's program")
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--seconds", type=int, default=12, help="of 1,000 lines each")
    parser.add_argument("--megabytes", type=int, default=1024)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        env = {**os.environ, "HOME": home, "XDG_CONFIG_HOME": home, "PYTHONPATH": str(ROOT)}
        wraps = contenders(str(Path(home, "logs")), options.gpualert)
        times: dict[str, list[float]] = {name: [] for name in wraps}
        for _ in range(options.rounds):
            for name, wrap in wraps.items():
                times[name].append(seconds(wrap(["true"]), env))
        report: dict[str, dict[str, object]] = {}
        for name, wrap in wraps.items():
            medians = statistics.median(times[name]), statistics.median(times["bare"])
            report[name] = {"start and end": medians[0] - medians[1]}
            if name != "bare":
                report[name] |= measure(wrap, env, options)
    text = json.dumps({"limits": LIMITS, "load": os.getloadavg()[0], "contenders": report}, indent=2)
    print(text)
    if options.json:
        options.json.write_text(text + "\n")


if __name__ == "__main__":
    main()
