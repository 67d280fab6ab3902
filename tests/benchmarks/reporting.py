"""What ``monitor.report()`` costs the training: microseconds a call.

``python tests/benchmarks/reporting.py`` prints the processor's time of the calling thread, the median and
the best of many rounds, for one number beside an epoch, and for four beside an epoch and a step.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable

from auto_model_monitor import ModelMonitor

ROUNDS, CALLS = 50, 500


def measure(what: str, report: Callable[[], object]) -> None:
    """Print the cost of one call."""
    rounds = []
    for _ in range(ROUNDS):
        start = time.thread_time()
        for _ in range(CALLS):
            report()
        rounds.append((time.thread_time() - start) / CALLS * 1e6)
        time.sleep(0.02)
    print(f"{what}: {statistics.median(rounds):.2f} us, best {min(rounds):.2f} us")


def main() -> None:
    """Measure."""
    with tempfile.TemporaryDirectory() as folder:
        monitor = ModelMonitor(rules=["val_loss < 0.4"], log_dir=folder, check_interval=1)
        measure("report(val_loss=v, epoch=e)", lambda: monitor.report(val_loss=0.5, epoch=3))
        measure(
            "report of four numbers, epoch and step",
            lambda: monitor.report(loss=0.5, acc=0.3, lr=1e-3, grad_norm=2.0, epoch=3, step=700),
        )
        monitor.stop()


if __name__ == "__main__":
    main()
