"""Files of rows: which there are, in which format, and whether they changed."""

from __future__ import annotations

import errno
import glob
import json
import os
import stat
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..core.errors import ConfigError, MonitorError, SourceError
from ..core.file_times import is_settled

Format = Literal["csv", "parquet", "json"]

_FORMATS: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".jsonl": "json",
    ".ndjson": "json",
    ".json": "json",
}
_MAGIC = "*?["
_SHOWN = 60  # characters of a path that is too long
_LONGEST_LINE = 1 << 20  # bytes looked back for the start of a last line


@dataclass(frozen=True, slots=True)
class RowFile:
    """One file.

    Attributes:
        path: where it is.
        format: how its rows are written.
        fingerprint: what changes with its content.
        settled: whether a later change is certain to change the fingerprint.
    """

    path: str
    format: Format
    fingerprint: tuple[str, int, int, int]
    settled: bool = True

    @property
    def name(self) -> str:
        """The path that people know, also of a copy."""
        return self.fingerprint[0]


class RowFiles:
    """The files that a path, a glob pattern or a folder names at the moment.

    Args:
        place: the path. Of a folder, all files of a known format in it, hidden and partial ones excepted.

    Raises:
        ConfigError: the name of a file ends in no known format, or its path cannot be one.
    """

    def __init__(self, place: str) -> None:
        self.place = place
        _require_path(place)
        if not any(character in place for character in _MAGIC) and Path(place).suffix:
            _require_format(place)

    def present(self) -> list[RowFile]:
        """Return the files that are there and not empty, sorted by name.

        Raises:
            SourceError: the file or folder is not there, or cannot be looked at.
        """
        try:
            found = [_row_file(path) for path in self._paths()]
        except MonitorError:
            raise
        except OSError as error:
            text = f"expected rows in {self.place!r}, got {error.strerror or error}; is the path right?"
            raise SourceError(text) from None
        return [file for file in found if file is not None]

    def _paths(self) -> Iterator[str]:
        if Path(self.place).is_dir():
            yield from sorted(_in_folder(self.place))
        elif any(character in self.place for character in _MAGIC) and not Path(self.place).exists():
            yield from sorted(path for path in glob.iglob(self.place, recursive=True) if _format(path))  # noqa: PTH207
        else:
            os.stat(self.place)  # noqa: PTH116 - raises what is wrong with it
            yield self.place


def torn_lines(files: Iterable[RowFile]) -> int:
    """Count the files of JSON lines whose last line is still being written."""
    return sum(_is_torn(file.path) for file in files if file.format == "json")


def is_array(path: str) -> bool:
    """Return whether a file that is not called lines is one JSON array."""
    if Path(path).suffix.lower() != ".json":
        return False
    with Path(path).open("rb") as file:
        return file.read(1024).lstrip()[:1] == b"["


def _in_folder(folder: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name[0] not in "._" and _format(entry.name) and entry.is_file():
                yield entry.path


def _row_file(path: str) -> RowFile | None:
    kind = _require_format(path)
    wall = time.time()
    try:
        state = os.stat(path)  # noqa: PTH116 - tens of thousands of files
    except FileNotFoundError:
        if glob.has_magic(path):
            raise
        return None  # removed since it was listed
    if not stat.S_ISREG(state.st_mode):
        raise SourceError(f"expected a file or a folder of files, got {_kind_of(state.st_mode)}: {path!r}")
    if not state.st_size:
        return None
    found = (path, state.st_size, state.st_mtime_ns, state.st_ino)
    return RowFile(path, kind, found, is_settled(state, wall))


def _require_path(place: str) -> None:
    shown = place if len(place) <= _SHOWN else f"{place[:_SHOWN]}…"
    try:
        os.stat(place)  # noqa: PTH116 - as the engines see it
    except ValueError:
        raise ConfigError(f"expected a path, got one with a null character: {shown!r}") from None
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            text = f"expected a path, got one of {len(place)} characters, which is too long: {shown!r}"
            raise ConfigError(text) from None


def _kind_of(mode: int) -> str:
    return "a pipe" if stat.S_ISFIFO(mode) else "a socket" if stat.S_ISSOCK(mode) else "a device"


def _format(path: str) -> Format | None:
    return _FORMATS.get(Path(path.lower().removesuffix(".gz")).suffix)


def _require_format(path: str) -> Format:
    found = _format(path)
    if found is None:
        names = ", ".join(_FORMATS)
        raise ConfigError(
            f"expected a file that ends in one of {names} (or with .gz behind it), got {path!r}"
        )
    return found


def _is_torn(path: str) -> bool:
    if path.endswith(".gz"):
        return False
    try:
        with Path(path).open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(size - _LONGEST_LINE, 0))
            last = file.read().rpartition(b"\n")[2]
    except OSError:
        return False
    if not last.strip():
        return False
    try:
        json.loads(last)
    except ValueError:
        return True
    return False
