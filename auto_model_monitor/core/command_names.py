"""What people call a command."""

from __future__ import annotations

import os
from collections.abc import Sequence

_SCRIPTS = (".py", ".sh", ".ipynb", ".jl", ".R")


def command_name(command: Sequence[str]) -> str:
    """Return what people call a command: the script or the module that it runs, else the program."""
    for number, word in enumerate(command):
        if word == "-m" and number + 1 < len(command):
            return command[number + 1]
        if word.endswith(_SCRIPTS):
            break
    else:
        word = command[0]
    return os.path.basename(word) or word  # noqa: PTH119
