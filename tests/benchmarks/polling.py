"""Polling a directory: this package against the limit, its predecessor and two file watchers.

    python tests/benchmarks/polling.py [--max 1000000] [--json out.json]

Times are the processor's, medians over several rounds; ratios are medians of the ratios within a round
to a bare ``os.scandir`` loop in the same process. The predecessor has this package's import name, so it
runs in an environment of its own, which is made in a temporary folder unless ``--old-python`` names one;
``--peers-python`` likewise for watchdog and watchfiles.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

HERE = Path(__file__).parent
CASES = {"idle": "nothing changed", "first": "first look", "one": "one new file"}
LIMITS = {"idle": "stat", "first": "bare first", "one": "bare one"}
Row = dict[str, float]


def environment(folder: Path, *packages: str) -> str:
    """Make a virtual environment with these packages and return its interpreter."""
    print("making an environment with", *packages, file=sys.stderr)
    venv.create(folder, with_pip=True)
    python = str(folder / ("Scripts" if sys.platform == "win32" else "bin") / "python")
    subprocess.run([python, "-m", "pip", "install", "-q", *packages], check=True)
    return python


def fill(folder: Path, count: int) -> Path:
    """Make a folder of so many checkpoints, unless it is there."""
    if folder.is_dir():
        return folder
    print(f"making {count} names", file=sys.stderr)
    folder.mkdir(parents=True)
    chance = random.Random(1)
    for number in range(count):
        loss, accuracy = chance.uniform(0.003, 3), chance.random()
        (folder / f"epoch_{number}_val_loss_{loss:.6f}_acc_{accuracy:.2f}.pt").touch()
    return folder


def fill_tree(folder: Path) -> Path:
    """Make a tree of a thousand folders with ten checkpoints in each."""
    for number in range(1000):
        below = folder / f"run_{number // 10}" / f"version_{number}"
        if not below.is_dir():
            below.mkdir(parents=True)
            for epoch in range(10):
                (below / f"epoch_{epoch}_val_loss_0.{epoch}.pt").touch()
    return folder


def run(python: str, script: str, *arguments: object) -> object:
    """Run a script of this folder elsewhere and return what it prints as JSON."""
    command = [python, str(HERE / script), *map(str, arguments)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, cwd=tempfile.gettempdir())
    return json.loads(done.stdout.decode().splitlines()[-1])


def summed_up(rounds: list[Row]) -> Row:
    """Return the medians of the times and of the ratios within each round."""
    row = {case: statistics.median(times[case] for times in rounds) for case in CASES}
    for case, limit in LIMITS.items():
        if limit in rounds[0] and limit != "stat":
            row[f"{case} ratio"] = statistics.median(times[case] / times[limit] for times in rounds)
    if "stat" in rounds[0]:
        row["stat"] = statistics.median(times["stat"] for times in rounds)
    return row


def compare(folder: Path, count: int, pythons: dict[str, str], rounds: int) -> dict[str, Row]:
    """Return each contender's row for one folder."""
    table = {}
    for name, python in pythons.items():
        few = rounds if name in ("ours", "bare scandir") or count < 1_000_000 else min(rounds, 3)
        table[name] = summed_up(run(python, "contenders.py", name, folder, few))  # type: ignore[arg-type]
        print(line(count, name, table[name]), file=sys.stderr, flush=True)
    return table


def lines(results: dict[int, dict[str, Row]]) -> Iterable[str]:
    """Yield the readable table."""
    yield f"{'names':>9} {'contender':<13}" + "".join(f"{CASES[case]:>22}" for case in CASES)
    for count, table in results.items():
        for name, row in table.items():
            yield line(count, name, row)


def line(count: int, name: str, row: Row) -> str:
    """Return one line of the table."""
    cells = [f"{shown(row[case])} {ratio(row, case)}" for case in CASES]
    return f"{count:>9} {name:<13}" + "".join(f"{cell:>22}" for cell in cells)


def shown(seconds: float) -> str:
    """Return a time with its unit."""
    if seconds < 0.001:
        return f"{seconds * 1e6:.1f} us"
    return f"{seconds * 1e3:.1f} ms" if seconds < 1 else f"{seconds:.2f} s "


def ratio(row: Row, case: str) -> str:
    """Return the ratio to the bare loop in brackets."""
    return f"({row[f'{case} ratio']:5.2f}x)" if f"{case} ratio" in row else "        "


def verdicts(largest: Row) -> dict[str, bool]:
    """Hold what the package promises against what was measured."""
    return {
        "idle at most 20 us": largest["idle"] <= 20e-6,
        "first look at most 2.5 x bare scandir": largest["first ratio"] <= 2.5,
        "one new file at most 1.6 x bare scandir": largest["one ratio"] <= 1.6,
    }


def watching(root: Path, largest: int) -> dict[str, object]:
    """Measure what a running watch costs."""
    ten_thousand = fill(root / "10000", 10_000)
    return {
        "share at 10000 names, one second": run(sys.executable, "watching.py", "share", ten_thousand),
        "the same where times are not trusted": run(
            sys.executable, "watching.py", "share-untrusted", ten_thousand
        ),
        "bytes a name": run(sys.executable, "watching.py", "memory", root / str(largest)),
        "idle pass over a tree": run(sys.executable, "watching.py", "tree", fill_tree(root / "tree")),
    }


def main() -> None:
    """Measure, print, and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--max", type=int, default=1_000_000, help="the largest number of names")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, help="where to write the results")
    parser.add_argument("--keep-dir", type=Path, help="keep the folders of names here, for the next time")
    parser.add_argument("--old-python", help="an interpreter that has auto-model-monitor 0.2.2")
    parser.add_argument("--peers-python", help="an interpreter that has watchdog and watchfiles")
    parser.add_argument("--only-ours", action="store_true", help="leave the others out")
    options = parser.parse_args()
    with ExitStack() as stack:
        temporary = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        root = options.keep_dir or temporary
        pythons = {"bare scandir": sys.executable, "ours": sys.executable}
        if not options.only_ours:
            old = options.old_python or environment(temporary / "old", "auto-model-monitor==0.2.2")
            peers = options.peers_python or environment(temporary / "peers", "watchdog", "watchfiles")
            pythons |= {"0.2.2": old, "watchdog": peers, "watchfiles": peers}
        counts = [count for count in (1000, 10_000, 100_000, 1_000_000) if count <= options.max]
        results = {}
        for count in counts:
            folder = fill(root / str(count), count)
            results[count] = compare(folder, count, pythons, options.rounds)
        report = {
            "python": platform.python_version(),
            "machine": platform.platform(),
            "seconds of processor time": results,
            "promises": verdicts(results[counts[-1]]["ours"]),
            "watching": watching(root, counts[-1]),
        }
    print("\n".join(lines(results)))
    print(json.dumps({key: report[key] for key in ("promises", "watching")}, indent=2))
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
