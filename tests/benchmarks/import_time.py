"""How long importing the package takes, against three modules of the standard library.

    python tests/benchmarks/import_time.py [--old-python PYTHON] [--json out.json]

Each import is timed inside a fresh interpreter, so that its own start does not count; medians,
the contenders in turn.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
STANDARD = "import dataclasses, logging, re"


def inside(python: str, statement: str, *, cwd: Path) -> float:
    """Return the seconds that the statement itself takes in a fresh interpreter."""
    code = f"import time; began = time.perf_counter(); {statement}; print(time.perf_counter() - began)"
    done = subprocess.run([python, "-c", code], check=True, cwd=cwd, capture_output=True, text=True)
    return float(done.stdout.splitlines()[-1])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--old-python", help="an interpreter that has auto-model-monitor 0.2.2")
    parser.add_argument("--rounds", type=int, default=31)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    own = sys.executable
    contenders = {
        "standard": (own, STANDARD, ROOT),
        "ours, what people write": (own, "from auto_model_monitor import ModelMonitor, MonitorConfig", ROOT),
        "ours, the bare package": (own, "import auto_model_monitor", ROOT),
        "ours, every public name": (own, "from auto_model_monitor import *", ROOT),
    }
    if options.old_python:
        old = options.old_python
        contenders["standard, old python"] = (old, STANDARD, Path(os.sep))
        contenders["0.2.2"] = (old, "import auto_model_monitor", Path(os.sep))
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(options.rounds):
        for name, (python, statement, cwd) in contenders.items():
            times[name].append(inside(python, statement, cwd=cwd))
    medians = {name: statistics.median(found) for name, found in times.items()}
    for name, median in medians.items():
        base = medians["standard, old python" if name == "0.2.2" else "standard"]
        print(f"{name:<24} {median * 1e3:7.1f} ms  {median / base:5.2f}x")
    if options.json:
        options.json.write_text(json.dumps(medians, indent=2) + "\n")


if __name__ == "__main__":
    main()
