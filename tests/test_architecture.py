"""ARCHITECTURE.md is true: its rooms are those of the package, and its journeys name functions that exist."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from importlib.util import find_spec
from operator import attrgetter
from pathlib import Path

import pytest

import auto_model_monitor

PACKAGE = Path(auto_model_monitor.__file__).parent
TEXT = PACKAGE.joinpath("ARCHITECTURE.md").read_text("utf-8")
STEPS = re.findall(r"^\d+\. `([\w.]+):([\w.]+)`", TEXT, re.M)


@pytest.mark.parametrize(("module", "name"), sorted(set(STEPS)))
def test_each_function_exists(module, name):
    """Each step of a journey names a function of the package, in the module that defines it."""
    if module.startswith("api."):
        pytest.importorskip("fastapi")
    function = attrgetter(name)(import_module(f"auto_model_monitor.{module}"))
    assert callable(function)
    owner = inspect.unwrap(function).__module__
    assert owner == f"auto_model_monitor.{module}"


def test_every_line_of_a_journey_is_a_step():
    """There are five journeys, and each of their steps is written as module:function."""
    numbered = re.findall(r"^\d+\. ", TEXT, re.M)
    assert len(re.findall(r"^## Journey \d: ", TEXT, re.M)) == 5
    assert len(numbered) == len(STEPS)


def test_the_table_lists_the_rooms():
    """The table of rooms holds every room of the package and no other."""
    listed = {
        room for row in re.findall(r"^\| \d \| (.*?) \|", TEXT, re.M) for room in re.findall(r"`(\w+)`", row)
    }
    rooms = {
        folder.name
        for folder in PACKAGE.iterdir()
        if folder.is_dir() and find_spec(f"auto_model_monitor.{folder.name}").origin
    }
    assert listed == rooms
