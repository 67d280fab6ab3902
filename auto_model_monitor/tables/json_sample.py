"""What the lines of JSON in files hold, from a sample of each file."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from sys import intern

from .row_files import RowFile
from .table_values import Kind

_SAMPLE = 1 << 16  # bytes at the start and at the end of a file
_MOST_LINES = 50  # that are looked at there


class JsonSamples:
    """What the lines of files hold; a file that has not changed is not looked at again."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int, int, int], dict[str, Kind | None]] = {}

    def kinds(self, files: Iterable[RowFile]) -> dict[str, Kind]:
        """Return the keys of the objects in files, with what their values are; text where they differ.

        Of keys that differ in upper and lower case alone the first counts, as readers in SQL see it.
        """
        known = self._known  # the path may be that of a copy
        self._known = {one.fingerprint: known.get(one.fingerprint) or _kinds_in(one.path) for one in files}
        kinds: dict[str, Kind | None] = {}
        spelt: dict[str, str] = {}
        for of_file in self._known.values():
            for key, kind in of_file.items():
                if spelt.setdefault(key.lower(), key) == key:
                    kinds[key] = _common(kinds.get(key), kind)
        return {name: kind or "text" for name, kind in kinds.items()}


def _kinds_in(path: str) -> dict[str, Kind | None]:
    """Return what the values of each key are; None where there is none."""
    kinds: dict[str, Kind | None] = {}
    for row in _sampled_rows(path):
        for key, value in row.items():
            if key and "\0" not in key:  # no engine has a column of such a name
                kinds[intern(key)] = _common(kinds.get(key), _kind(value))
    return kinds


def _sampled_rows(path: str) -> Iterator[dict[str, object]]:
    for line in _sampled_lines(path):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(row, dict):
            yield row


def _sampled_lines(path: str) -> list[bytes]:
    if path.endswith(".gz"):
        with gzip.open(path) as packed:
            return packed.read(_SAMPLE).splitlines()[:_MOST_LINES]
    with Path(path).open("rb") as file:
        first = file.read(_SAMPLE)
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - _SAMPLE, 0))
        last = file.read() if size > _SAMPLE else b""
    return [*first.splitlines()[:_MOST_LINES], *last.splitlines()[-_MOST_LINES:]]


def _common(known: Kind | None, kind: Kind | None) -> Kind | None:
    return known if kind is None else kind if known in (None, kind) else "text"


def _kind(value: object) -> Kind | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "time" if isinstance(value, str) and _is_time(value) else "text"


def _is_time(text: str) -> bool:
    if not 10 <= len(text) <= 35:
        return False
    try:
        datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return False
    return not text.isdigit()
