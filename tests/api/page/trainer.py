"""A trainer that learns nothing and logs what a real one logs.

It waits for a line in the named pipe ``baton`` of its save path, if there is one, before each epoch, and
ends when nobody holds the other end any more: so a test says when an epoch happens.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterator
from itertools import repeat
from pathlib import Path

VALUES = dict(argument[2:].split("=", 1) for argument in sys.argv[1:])
EPOCHS = int(VALUES["num-epochs"])
BATON = Path(VALUES["save-path"], "baton")


def say(line: str) -> None:
    print(line, flush=True)


def turns() -> Iterator[str]:
    if not BATON.exists():
        yield from repeat("", EPOCHS)
        return
    pipe = os.open(BATON, os.O_RDONLY | os.O_NONBLOCK)  # comes too late? then there is nobody to wait for
    os.set_blocking(pipe, True)
    with os.fdopen(pipe, encoding="utf-8") as baton:
        yield from baton


def epoch(number: int) -> None:
    fall = math.exp(-number / 3)
    accuracy = 98.3 - 70 * fall
    say(f"Epoch [{number}/{EPOCHS}] started")
    say(f"Learning Rate: {float(VALUES['learning-rate']) * 0.9**number:.3e}")
    say(f"Train Loss: {2 * fall + 0.05:.4f}, Train Accuracy: {99.1 - 70 * fall:.2f}%")
    say(f"Validation Loss: {2 * fall + 0.21:.4f}, Validation Accuracy: {accuracy:.2f}%")
    say(f"Validation macro_F1: {accuracy / 100 - 0.004:.4f}")
    say(f"Validation micro_F1: {accuracy / 100:.4f}")
    say(f"Validation mAP: {accuracy / 100 + 0.007:.4f}")
    say(f"Validation Top-k Accuracy: {{'top1': {accuracy:.2f}, 'top3': {99 - 20 * fall:.2f}, 'top5': 99.9}}")
    say(f"New best model saved with Accuracy: {accuracy:.2f}%")


say(f"Training {VALUES['model']} on {VALUES['train-path']}")
done = 0
for turn in turns():
    if turn.startswith("say "):
        say(turn[4:].rstrip("\n"))
        continue
    if turn.startswith("exit"):
        sys.exit(0)
    if turn.startswith("chat"):
        for line in range(5000):
            say(f"a line without a number to keep ({line})")
        continue
    done += 1
    epoch(done)
    if done == EPOCHS:
        break
if done < EPOCHS:
    sys.exit("the baton was dropped")
say("Training completed")
