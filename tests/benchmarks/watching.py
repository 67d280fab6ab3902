"""What a running watch costs: processor share, memory for each name, and idle passes over a tree.

``python watching.py share|share-untrusted|memory|tree FOLDER`` prints one JSON object.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from auto_model_monitor.core.comparison import Comparison
from auto_model_monitor.parsers import CustomParser
from auto_model_monitor.sources.checkpoints import filesystems
from auto_model_monitor.sources.checkpoints.directory import DirectorySource

PATTERN = r"val_loss_([0-9.]+)"


def share(folder: str, *, trusted: bool) -> dict[str, float]:
    """Watch at an interval of one second for ten seconds."""
    if not trusted:
        filesystems.is_trusted = lambda directory, device: False
    source = DirectorySource(folder, CustomParser(PATTERN))
    source.read()
    time.sleep(0.2)
    source.read()
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(10):
        source.read().best(Comparison.LOWER)
        time.sleep(1)
    return {"share": (time.process_time() - cpu) / (time.perf_counter() - wall)}


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def memory(folder: str) -> dict[str, float]:
    """Return the bytes that a name costs while nothing changes, and at the peak of a look that lists."""
    source = DirectorySource(folder, CustomParser(PATTERN))
    before = _resident()
    source.read()
    held = _resident()
    source._tree._root.freshness.forget()
    source.read()
    status = Path("/proc/self/status").read_text()
    peak = 1024 * int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))
    return {"held": (held - before) / source.seen, "peak": (peak - before) / source.seen}


def tree(folder: str) -> dict[str, float]:
    """Return the seconds of an idle pass over a tree, and of one bare stat for each of its directories."""
    source = DirectorySource(folder, CustomParser(PATTERN), recursive=True)
    source.read()
    time.sleep(0.2)
    source.read()
    folders = [path for path, _, _ in os.walk(folder)]
    idle, bare = [], []
    for _ in range(20):
        began = time.process_time()
        source.read()
        middle = time.process_time()
        for path in folders:
            os.stat(path)  # noqa: PTH116
        idle.append(middle - began)
        bare.append(time.process_time() - middle)
    return {"folders": len(folders), "idle": statistics.median(idle), "stats": statistics.median(bare)}


def main() -> None:
    """Print one measurement as JSON."""
    what, folder = sys.argv[1:]
    if what.startswith("share"):
        result = share(folder, trusted=what == "share")
    else:
        result = memory(folder) if what == "memory" else tree(folder)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
