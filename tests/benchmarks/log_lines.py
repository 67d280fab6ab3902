"""What it costs to read a training's log: a record above a ``NullHandler``, a line, the memory.

``python log_lines.py records|lines|memory`` prints one JSON object; times are microseconds of wall clock, the
best of many short rounds in which the contenders take turns, so that what else the machine does hits all.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from auto_model_monitor.log_parser import LogReader
from auto_model_monitor.sources.logs.log_handler import TrainingLogHandler

ROUNDS = 40
EACH = 2000
NUMBER = r"([-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?)"
TWELVE = [
    re.compile(source)
    for source in (
        r"Epoch \[(\d+)/(\d+)\]",
        rf"Train Loss: {NUMBER}",
        rf"Train Accuracy: {NUMBER}%",
        rf"Validation Loss: {NUMBER}",
        rf"Validation Accuracy: {NUMBER}%",
        rf"Validation macro_F1: {NUMBER}",
        rf"Validation micro_F1: {NUMBER}",
        rf"Validation mAP: {NUMBER}",
        rf"Validation Precision: {NUMBER}",
        rf"Validation Recall: {NUMBER}",
        r"Top-k Accuracy: (\{.*?\})",
        rf"New best model saved with Accuracy: {NUMBER}%",
    )
]
WITHOUT = {
    "numbers put in": ("step %d done in %.2f s", 3, 2.5),
    "a text put in": ("saved %s in %.1f s", "/runs/a/b.pt", 2.5),
    "an f-string": ("saved 3 files to /data/run/exp1 in 2.5 s",),
    "no number": ("Loading the dataset from its cache, this may take a while",),
    "other pairs": ("DataLoader: batch size: 32, workers: 4",),
}
WITH = {
    "numbers put in": ("Train Loss: %.4f, Train Accuracy: %.2f%%", 0.5234, 82.45),
    "an f-string": ("Train Loss: 0.5234, Train Accuracy: 82.45%",),
    "one of them": ("Validation macro_F1: 0.7654",),
}


class TwelvePatterns(logging.Handler):
    """What is usually written: a dozen regexes, each searched for in each message."""

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        for pattern in TWELVE:
            found = pattern.search(message)
            if found is not None:
                self.last = found.groups()


def best_of(contenders: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Return the microseconds that one call of each takes."""
    best = dict.fromkeys(contenders, float("inf"))
    for _ in range(ROUNDS):
        for name, call in contenders.items():
            began = time.perf_counter()
            for _ in range(EACH):
                call()
            best[name] = min(best[name], (time.perf_counter() - began) / EACH * 1e6)
    return best


def of_handlers(handlers: dict[str, logging.Handler], arguments: tuple[object, ...]) -> dict[str, float]:
    """Return what a record costs above a ``NullHandler``, with each of the handlers."""
    calls: dict[str, Callable[[], object]] = {}
    for name, handler in handlers.items():
        logger = logging.getLogger(f"benchmark.{name}")
        logger.propagate, logger.handlers = False, [handler]
        logger.setLevel(logging.INFO)
        calls[name] = lambda info=logger.info: info(*arguments)
    found = best_of(calls)
    null = found.pop("null")
    above = {name: round(cost - null, 2) for name, cost in found.items()}
    return {"null": round(null, 2), **above}


def records() -> dict[str, object]:
    """Measure records that hold no metric, and such that do."""
    with tempfile.TemporaryDirectory() as folder:
        file = logging.FileHandler(Path(folder, "log.txt"))
        file.setFormatter(logging.Formatter("%(asctime)s - %(name)s - %(levelname)s - %(message)s"))
        ours = TrainingLogHandler()
        handlers = {"null": logging.NullHandler(), "ours": ours, "twelve": TwelvePatterns(), "file": file}
        found: dict[str, object] = {}
        for title, kinds in (("without a metric", WITHOUT), ("with a metric", WITH)):
            rows = {kind: of_handlers(handlers, arguments) for kind, arguments in kinds.items()}
            mean = {name: round(sum(row[name] for row in rows.values()) / len(rows), 2) for name in handlers}
            found[title] = {"mean": mean, **rows}
            ours.read()
        file.close()
    return {"us above a NullHandler": found}


def lines() -> dict[str, float]:
    """Measure what the reader takes for a line that it has seen the like of, and for one that it has not."""
    reader = LogReader()
    kinds = {
        "specification": "Train Loss: 0.5234, Train Accuracy: 82.45%",
        "with a prefix": "2025-10-29 10:15:23,123 - train - INFO - Train Loss: 0.5, Train Accuracy: 82%",
        "transformers": "{'loss': '0.69', 'grad_norm': '0.38', 'learning_rate': '4e-05', 'epoch': '0.5'}",
        "prose": "saved 3 files to /data/run/exp1 in 2.5 s",
        "prose with a prefix": "2025-10-29 10:15:23,123 - train - INFO - saved 3 files in 2.5 s",
    }
    known = best_of({name: lambda line=line: reader.parse_line(line) for name, line in kinds.items()})
    strange = [f"copied block {number:x}k of the index to its shard" for number in range(20_000)]
    began = time.perf_counter()
    for line in strange:
        reader.parse_line(line)
    known["prose never seen before"] = (time.perf_counter() - began) / len(strange) * 1e6
    return {name: round(cost, 2) for name, cost in known.items()}


def memory() -> dict[str, object]:
    """Return by how many MiB the process grows over two million records that nobody reads."""
    handler = TrainingLogHandler()
    record = logging.LogRecord("t", logging.INFO, "f", 1, "loss: %.6f, acc: %.4f, run %x", (), None)
    sizes = []
    for number in range(2_000_001):
        record.args = (number / 7, number / 9, number % 1000)
        handler.handle(record)
        if number % 500_000 == 0:
            sizes.append(round(_resident() / 2**20, 1))
    batch = handler.read()
    return {"MiB after each half million": sizes, "numbers kept": len(batch)}


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    print(json.dumps({"records": records, "lines": lines, "memory": memory}[sys.argv[1]](), indent=2))
