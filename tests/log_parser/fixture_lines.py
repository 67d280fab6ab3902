"""The lines in ``frameworks/``: what programs print, and below each line what it says.

A file begins with ``# program version: what was run``. A line that says something is followed by
``    => {metrics} stage step=n``; all others must say nothing.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

FOLDER = Path(__file__).parent / "frameworks"
MARK = "    => "


class Line(NamedTuple):
    """A line and what it says: metrics, stage and step; None for nothing."""

    text: str
    said: tuple[dict[str, Any], str | None, int | None] | None


def names() -> list[str]:
    """Return the names of the files."""
    return sorted(path.stem for path in FOLDER.glob("*.txt"))


def lines(name: str) -> list[Line]:
    """Return the lines of a file."""
    found: list[Line] = []
    for text in (FOLDER / f"{name}.txt").read_text(encoding="utf-8").split("\n")[1:-1]:
        if not text.startswith(MARK):
            found.append(Line(text, None))
            continue
        metrics, end = json.JSONDecoder().raw_decode(text, len(MARK))
        words = text[end:].split()
        step = next((int(word[5:]) for word in words if word.startswith("step=")), None)
        stage = next((word for word in words if not word.startswith("step=")), None)
        found[-1] = Line(found[-1].text, ({key: float(value) for key, value in metrics.items()}, stage, step))
    return found
