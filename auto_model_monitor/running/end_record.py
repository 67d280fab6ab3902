"""The record of a command's end: a line of ``name=value`` separated by tabs in its run's file ``end``."""

# ruff: noqa: PTH104, PTH123

from __future__ import annotations

import os
import time

from . import system_state

RECORD = "end"
_RESERVED = 1024  # bytes reserved on the disk at the start, so that the record fits on a full disk


class EndRecord:
    """Collects what will be known at the end.

    Args:
        folder: where the record is written; empty to write none.

    Attributes:
        values: the fields by name.
        complete: it is written.
    """

    def __init__(self, folder: str) -> None:
        self.values: dict[str, object] = {}
        self.complete = False
        self._folder = folder
        self._began = time.time()
        self._oom_kills = system_state.oom_kills()
        self._reserve()

    def write(self, **values: object) -> str:
        """Complete the record and write it, if that is possible; return its line."""
        self.values.update(
            values,
            started=f"{self._began:.3f}",
            ended=f"{time.time():.3f}",
            oom_kills=system_state.oom_kills() - self._oom_kills,
            shm_full=int(system_state.is_full("/dev/shm")),
            disk_full=system_state.full_disk(),
        )
        line = "\t".join(f"{name}={' '.join(str(value).split())}" for name, value in self.values.items())
        if self._folder:
            self._store(line.encode("utf-8", "surrogateescape") + b"\n")
        self.complete = True
        return line

    @property
    def _draft(self) -> str:
        return f"{self._folder}/{RECORD}.draft"

    def _reserve(self) -> None:
        if self._folder:
            try:
                with open(self._draft, "wb") as file:
                    file.write(b"\n" * _RESERVED)
            except OSError:
                pass

    def _store(self, data: bytes) -> None:
        try:
            with open(self._draft, "r+b") as file:
                file.write(data)
                file.truncate()
            os.rename(self._draft, f"{self._folder}/{RECORD}")
        except OSError:
            pass
