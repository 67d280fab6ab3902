"""What the tests of the sources share: a clock that obeys, and a way to write checkpoints."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from threading import Event

import pytest

from auto_model_monitor import BaseParser, CustomParser, DirectorySource


class ObedientClock:
    """A clock that stands until it is told.

    What a test writes is younger than this clock, so that no listing is spared on whatever kernel;
    after ``pass_by(3600)`` every stamp is old enough to be trusted.
    """

    def __init__(self) -> None:
        self.wall = time.time()
        self.seconds = 1000.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.wall, timezone.utc)

    def monotonic(self) -> float:
        return self.seconds

    def wait(self, event: Event, seconds: float) -> bool:
        return event.is_set()

    def pass_by(self, seconds: float) -> None:
        self.wall += seconds
        self.seconds += seconds


class Counter:
    """Counts the calls of ``os.stat``, ``os.listdir`` and ``os.scandir`` that a look makes."""

    def __init__(self) -> None:
        self.stats = 0
        self.listings = 0

    def take(self) -> tuple[int, int]:
        counted = (self.stats, self.listings)
        self.stats = self.listings = 0
        return counted


@pytest.fixture
def clock() -> ObedientClock:
    return ObedientClock()


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Counter:
    """Count what is asked of the file system."""
    counter = Counter()
    stat, listdir, scandir = os.stat, os.listdir, os.scandir

    def counted_stat(*args: object, **kwargs: object) -> os.stat_result:
        counter.stats += 1
        return stat(*args, **kwargs)  # type: ignore[arg-type]

    def counted_listdir(path: str) -> list[str]:
        counter.listings += 1
        return listdir(path)

    def counted_scandir(path: str) -> Iterator[os.DirEntry[str]]:
        counter.listings += 1
        return scandir(path)

    monkeypatch.setattr(os, "stat", counted_stat)
    monkeypatch.setattr(os, "listdir", counted_listdir)
    monkeypatch.setattr(os, "scandir", counted_scandir)
    return counter


@pytest.fixture
def watch(clock: ObedientClock) -> Callable[..., DirectorySource]:
    """Make a source that reads ``loss_<number>``: ``watch(folder, recursive=True)``."""

    def make(folder: Path | str, parser: BaseParser | None = None, **options: bool) -> DirectorySource:
        return DirectorySource(folder, parser or CustomParser(r"loss_([0-9.]+)"), clock=clock, **options)

    return make


@pytest.fixture
def write() -> Callable[..., None]:
    """Write empty files: ``write(folder, "a", "b/c")``."""

    def make(folder: Path, *names: str) -> None:
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).touch()

    return make
