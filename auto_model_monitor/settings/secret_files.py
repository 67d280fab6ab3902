"""Files that hold secrets: a warning where other people of the machine can read them."""

from __future__ import annotations

import os
import stat

from ..core.paths import expanded
from ..text.cleaning import for_terminal
from ..text.terminal import Terminal


def others_can_read(path: str | os.PathLike[str]) -> bool:
    """Return whether other people of this machine can read the file."""
    if os.name != "posix":
        return False  # the mode means nothing there
    mode = expanded(path).stat().st_mode
    return bool(mode & (stat.S_IRGRP | stat.S_IROTH))


def warn_of_readers(path: str, content: str, screen: Terminal) -> None:
    """Warn that other people of this machine can read a file that holds a secret."""
    name = for_terminal(path)
    text = f"warning: {name} holds {content} and others can read it; type: chmod 600 {name}"
    screen.say(screen.paint(text, "yellow"))
