"""Fixtures of the tests of trainings."""

from __future__ import annotations

from contextlib import ExitStack, closing

import pytest

from auto_model_monitor.training import TaskStore
from tests.training.trainings import Work, kill_all


@pytest.fixture(autouse=True)
def no_process_is_left(request):
    """Whatever becomes of a test, none of its trainings outlives it."""
    path = request.getfixturevalue("tmp_path") if "tmp_path" in request.fixturenames else None
    yield
    if path is not None:
        kill_all([folder.name for folder in path.glob("**/tasks/*")])


@pytest.fixture
def store(tmp_path):
    with closing(TaskStore(tmp_path / "store")) as opened:
        yield opened


@pytest.fixture
def work(tmp_path):
    """Start dispatchers: ``work(shell("exit 3"), per_device=2)``; no process of theirs outlives the test."""
    with ExitStack() as running:

        def start(*trainers, path=None, **options):
            made = running.enter_context(closing(Work(path or tmp_path / "store", trainers, **options)))
            return made.start()

        yield start
