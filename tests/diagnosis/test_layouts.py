"""The layouts of tracebacks and prefixes of processes, and which of several failures counts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from auto_model_monitor.diagnosis import diagnose

# === name|cause|exit status|line|beginning of the frame|rank, then the output
_, *PARTS = re.split(
    r"^=== (.+)\n", Path(__file__).with_name("layouts.txt").read_text("utf-8"), flags=re.MULTILINE
)
LAYOUTS = dict(zip(PARTS[::2], PARTS[1::2], strict=True))


@pytest.mark.parametrize("header", LAYOUTS, ids=lambda header: header.split("|")[0])
def test_the_failure_that_counts_is_found(header: str):
    """Of each layout the cause, its line, the place in the user's files and the process are found."""
    _, cause, status, line, frame, rank = header.split("|")
    found = diagnose(LAYOUTS[header], int(status) if status else None)
    assert found.cause == cause, found
    assert not line or found.line == int(line), found
    assert (found.frame or "").startswith(frame), found
    assert not rank or found.rank == rank, found
