"""A trainer that prints the lines that arrive in the named pipe ``lines`` of its save path.

Without a pipe it says what a real one would, and ends. ``model`` tells it how to behave:
``stubborn`` ignores SIGTERM, ``failing`` ends with an exception.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

VALUES = dict(argument[2:].split("=", 1) for argument in sys.argv[1:])
EPOCHS = int(VALUES["num-epochs"])
PIPE = Path(VALUES["save-path"], "lines")


def say(line: str) -> None:
    print(line, flush=True)


if VALUES["model"] == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if VALUES["model"] == "failing":
    raise ValueError("no images in the folder")
if PIPE.exists():
    with PIPE.open(encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("exit "):
                sys.exit(int(line[5:]))
            say(line.rstrip("\n"))
    sys.exit(0)
for epoch in range(1, EPOCHS + 1):
    say(f"Epoch [{epoch}/{EPOCHS}] started")
    say(f"Train Loss: {1 / epoch:.4f}, Train Accuracy: {90 - 10 / epoch:.2f}%")
    say(f"Validation Loss: {1.1 / epoch:.4f}, Validation Accuracy: {88 - 10 / epoch:.2f}%")
    say(f"Validation macro_F1: {0.9 - 0.1 / epoch:.4f}")
    say("Validation Top-k Accuracy: {'top1': 78.92, 'top3': 92.34, 'top5': 96.78}")
    say(f"New best model saved with Accuracy: {88 - 10 / epoch:.2f}%")
say("Training completed")
