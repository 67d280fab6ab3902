"""Reading a log file: this package against a plain loop over its lines and the regexes that one would write.

    python tests/benchmarks/log_files.py [--lines 400000] [--rounds 8] [--json out.json]

One line in ten says something, in the specification's six formats; the others repeat themselves but for
their numbers and a tail of random length. Times are the processor's, the least of several interleaved
rounds, in microseconds a line; ratios are those of the medians of the rounds. Every reader starts anew each
time, so that what it has to learn of a log is counted. The memory is what a process holds and its peak after
the first look, beyond what it had before.

The limit of a line without a logging prefix is 0.45 us, where twelve compiled regexes take 1.02 us.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from auto_model_monitor.core.comparison import Comparison
from auto_model_monitor.sources.logs.log_file import LogFileSource
from auto_model_monitor.sources.logs.log_poll import MOST
from auto_model_monitor.sources.tail.line_follower import LineFollower

TWELVE = [
    re.compile(pattern)
    for pattern in (
        r"Epoch \[(\d+)/(\d+)\] started",
        r"Train Loss: ([\d.]+), Train Accuracy: ([\d.]+)%",
        r"Validation Loss: ([\d.]+), Validation Accuracy: ([\d.]+)%",
        r"Validation macro_F1: ([\d.]+)",
        r"Validation micro_F1: ([\d.]+)",
        r"Validation mAP: ([\d.]+)",
        r"Validation Precision: ([\d.]+)",
        r"Validation Recall: ([\d.]+)",
        r"Learning Rate: ([\d.e-]+)",
        r"Validation Top-k Accuracy: (\{.*\})",
        r"New best model saved with Accuracy: ([\d.]+)%",
        r"Training completed",
    )
]
SAY = (
    "Epoch [{epoch}/9999] started",
    "Train Loss: {loss:.4f}, Train Accuracy: {acc:.2f}%",
    "Validation Loss: {loss:.4f}, Validation Accuracy: {acc:.2f}%",
    "Validation macro_F1: {loss:.4f}",
    "Validation Top-k Accuracy: {{'top1': {acc:.2f}, 'top3': {acc:.2f}, 'top5': {acc:.2f}}}",
    "New best model saved with Accuracy: {acc:.2f}%",
)
SAY_NOTHING = (
    "loading batch {a} of {b} from disk",
    "gradient norm clipped for group {a}",
    "saved 3 files in {loss:.1f} s to /data/out",
    "dataloader worker {a} idle for {b} ms",
    "cuda memory allocated {b} MiB",
    "nothing of note happens at all here, just words",
)


def write(path: Path, count: int, *, prefix: bool) -> int:
    """Write a log of so many lines; return how many numbers it holds."""
    chance = random.Random(1)
    lines, said, numbers = [], 0, 0
    for number in range(count):
        values = {"loss": chance.random(), "acc": 100 * chance.random()}
        values |= {"a": chance.randrange(1, 9999), "b": chance.randrange(1, 9999)}
        if chance.random() < 0.1:
            line = SAY[said % len(SAY)].format(epoch=1 + said // len(SAY), **values)
            numbers += (0, 2, 2, 1, 3, 1)[said % len(SAY)]
            said += 1
        else:
            line = f"{chance.choice(SAY_NOTHING).format(**values)} {'x' * chance.randrange(25)}"
        stamp = f"2026-11-20 12:{number // 60 % 60:02}:{number % 60:02},123 - train - INFO - "
        lines.append(f"{stamp if prefix else ''}{line}\n")
    path.write_text("".join(lines))
    return numbers


def readers(path: Path) -> dict[str, Callable[[], object]]:
    """Return what is compared, by name."""

    def plain() -> None:
        with path.open() as file:
            for _ in file:
                pass

    def twelve() -> None:
        with path.open() as file:
            for line in file:
                for regex in TWELVE:
                    regex.search(line)

    def bytes_alone() -> None:
        follower = LineFollower(path)
        while follower.text():
            pass

    return {
        "for line in file": plain,
        "12 compiled regexes": twelve,
        "LineFollower, text alone": bytes_alone,
        "LogFileSource": lambda: LogFileSource(path).read(),
    }


def measured(path: Path, count: int, rounds: int) -> dict[str, dict[str, float]]:
    """Return the microseconds a line, and the ratios to the peers."""
    times: dict[str, list[float]] = {}
    for _ in range(rounds):
        for name, read in readers(path).items():
            begun = time.process_time()
            read()
            times.setdefault(name, []).append((time.process_time() - begun) / count * 1e6)
    medians = {name: statistics.median(each) for name, each in times.items()}
    ours = medians["LogFileSource"]
    ratios = {f"to {name}": round(ours / medians[name], 3) for name in list(medians)[:2]}
    return {"us a line": {name: round(min(each), 3) for name, each in times.items()}, "ratio": ratios}


def looks(path: Path) -> dict[str, float]:
    """Return the microseconds of a look at a log in which nothing has changed, and at one with a new line."""
    source = LogFileSource(path)
    source.read()
    idle, grown = [], []
    with path.open("a") as file:
        for _ in range(300):
            begun = time.process_time()
            source.read()
            idle.append(time.process_time() - begun)
            file.write("Validation Loss: 0.1234, Validation Accuracy: 56.78%\n")
            file.flush()
            begun = time.process_time()
            source.read().best(Comparison.LOWER)
            grown.append(time.process_time() - begun)
    return {"idle us": 1e6 * statistics.median(idle), "one new line us": 1e6 * statistics.median(grown)}


def memory(path: str) -> dict[str, float]:
    """Return the MiB that the first look takes, for good and at its peak; in a process of its own."""

    def mebibytes(field: str) -> float:
        status = Path("/proc/self/status").read_text().splitlines()
        return int(next(line.split()[1] for line in status if line.startswith(field))) / 1024

    LogFileSource("none")
    before = mebibytes("VmRSS")
    source = LogFileSource(path)
    batch = source.read()
    peak, count = mebibytes("VmHWM"), len(batch)
    del batch
    source.read()
    return {"numbers": count, "peak MiB": peak - before, "held MiB": mebibytes("VmRSS") - before}


def main() -> None:
    """Run it and print the results."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--lines", type=int, default=400_000)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--memory-of", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory_of:
        print(json.dumps(memory(options.memory_of)))
        return
    results: dict[str, object] = {"python": platform.python_version(), "lines": options.lines}
    with tempfile.TemporaryDirectory() as folder:
        for kind, prefix in (("message alone", False), ("asctime - name - level - message", True)):
            path = Path(folder, f"{prefix}.log")
            numbers = write(path, options.lines, prefix=prefix)
            found = len(LogFileSource(path).read())
            assert found == numbers or numbers > MOST, f"expected {numbers} numbers, got {found}"
            results[kind] = measured(path, options.lines, options.rounds)
            command = [sys.executable, __file__, "--memory-of", str(path)]
            done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
            results[kind] |= {"memory": json.loads(done.stdout), "looks": looks(path)}  # type: ignore[operator]
    print(json.dumps(results, indent=2))
    if options.json:
        Path(options.json).write_text(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
