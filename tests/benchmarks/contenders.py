"""One contender at polling, in a process and an environment of its own.

``python contenders.py NAME FOLDER ROUNDS`` prints, as JSON, the seconds of processor time that NAME needs
for the first look at FOLDER, for a look at which nothing has changed, and for one with one new file, and
beside each what a bare ``os.scandir`` loop took just before, so that ratios are of one moment.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

PATTERN = r"val_loss_([0-9.]+)"
NEW = "epoch_{}_val_loss_0.001_acc_0.95.pt"
Look = Callable[[], object]


def bare_scandir(folder: str) -> Look:
    """Make the limit: read the directory and do nothing with it."""

    def look() -> None:
        with os.scandir(folder) as entries:
            for _ in entries:
                pass

    return look


def one_stat(folder: str) -> Look:
    """Make the limit of an idle look."""
    return lambda: os.stat(folder)  # noqa: PTH116


def ours(folder: str) -> Look:
    """Make this package's source; a look includes the choice of the best score."""
    sys.path.insert(0, str(Path(__file__).parents[2]))
    from auto_model_monitor.core.comparison import Comparison
    from auto_model_monitor.parsers import CustomParser
    from auto_model_monitor.sources.checkpoints.directory import DirectorySource

    source = DirectorySource(folder, CustomParser(PATTERN))
    return lambda: source.read().best(Comparison.LOWER)


def version_0_2_2(folder: str) -> Look:
    """Make the published 0.2.2 with a notifier that accepts everything."""
    import auto_model_monitor.monitor.loop as old
    from auto_model_monitor import CustomParser, MonitorConfig

    class Accepting:
        def __init__(self, **options: object) -> None: ...

        def send_notification(self, score: float, filename: str) -> bool:
            return True

    old.EmailNotifier = Accepting
    logs = tempfile.mkdtemp()
    parser = CustomParser(PATTERN)
    monitor = old.ModelMonitor(
        MonitorConfig(folder, 0.004, "a@b.c", "a@b.c", "x", log_dir=logs, parser=parser)
    )
    logging.disable()
    return monitor._check_new_files


def watchdog(folder: str) -> Look:
    """Make what watchdog's PollingObserver does at each poll: a snapshot and its difference."""
    from watchdog.utils.dirsnapshot import DirectorySnapshot, DirectorySnapshotDiff

    last: list[DirectorySnapshot] = []

    def look() -> None:
        snapshot = DirectorySnapshot(folder, recursive=False)
        if last:
            DirectorySnapshotDiff(last.pop(), snapshot)
        last.append(snapshot)

    return look


class Watchfiles:
    """Watches with watchfiles' ``force_polling``; it polls in a thread, so its looks are computed."""

    DELAY = 0.2

    def __init__(self, folder: str) -> None:
        """Remember the folder."""
        self.folder = folder

    def measure(self) -> dict[str, float]:
        """Return the three times: a poll is ``delay * share / (1 - share)`` of the processor's time."""
        from watchfiles._rust_notify import RustNotify

        began = time.process_time()
        notify = RustNotify([self.folder], False, True, int(self.DELAY * 1000), False, False)
        first = time.process_time() - began
        with notify:
            time.sleep(1.0)
            wall, began = time.perf_counter(), time.process_time()
            time.sleep(max(3.0, 6 * first))
            share = (time.process_time() - began) / (time.perf_counter() - wall)
        idle = self.DELAY * share / max(1 - share, 1e-9)
        # It scans anew whatever has changed, so one new file costs what nothing costs.
        return {"first": first, "idle": idle, "one": idle}


CONTENDERS: dict[str, Callable[[str], Look]] = {
    "bare scandir": bare_scandir,
    "ours": ours,
    "0.2.2": version_0_2_2,
    "watchdog": watchdog,
}


def timed(look: Look) -> float:
    """Return the processor's seconds of one look."""
    began = time.process_time()
    look()
    return time.process_time() - began


def timed_idle(look: Look) -> float:
    """Return the processor's seconds of an idle look, by a thousand of them where they are short."""
    once = timed(look)
    if once > 0.001:
        return once
    began = time.process_time()
    for _ in range(1000):
        look()
    return (time.process_time() - began) / 1000


def one_round(make: Callable[[str], Look], folder: str, number: int) -> dict[str, float]:
    """Return the times of the three cases and of the limit beside each."""
    bare = bare_scandir(folder)
    times = {"bare first": timed(bare)}
    look = make(folder)
    times["first"] = timed(look)
    time.sleep(0.2)  # let the last change get older than the clock's tick
    look()
    times["idle"] = timed_idle(look)
    times["stat"] = timed_idle(one_stat(folder))
    new = Path(folder, NEW.format(9_000_000 + number))
    new.touch()
    try:
        times["bare one"] = timed(bare)
        times["one"] = timed(look)
    finally:
        new.unlink()
    return times


def main() -> None:
    """Print the rounds as JSON."""
    name, folder, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
    results = []
    for number in range(rounds):
        if name == "watchfiles":
            bare = timed(bare_scandir(folder))
            results.append(Watchfiles(folder).measure() | {"bare first": bare, "bare one": bare})
        else:
            results.append(one_round(CONTENDERS[name], folder, number))
    print(json.dumps(results))


if __name__ == "__main__":
    main()
