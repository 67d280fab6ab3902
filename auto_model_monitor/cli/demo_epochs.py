"""The epochs of the demo's training, which is a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..core.errors import MonitorError

EPOCHS = 12


def demo_epochs(checkpoints: Path) -> Iterator[dict[str, Any]]:
    """Run the training, and yield its results of each epoch."""
    with _process(checkpoints) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(EPOCHS):
            try:
                process.stdin.write("next\n")
                process.stdin.flush()
            except OSError:
                break
            line = process.stdout.readline()
            if not line:
                break
            yield json.loads(line)
        else:
            return
        raise MonitorError("the training of the demo ended early; its error stands above")


@contextmanager
def _process(checkpoints: Path) -> Iterator[subprocess.Popen[str]]:
    script = Path(__file__).with_name("demo_training.py")
    # -I keeps this package's folder off the module path; with a session of its own it gets no Ctrl-C.
    command = [sys.executable, "-I", str(script), str(checkpoints)]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()
