"""The package as a whole: its names, its weight, and what it must not do when it is imported."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
import typing

import pytest

import auto_model_monitor


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout


def test_the_names_of_version_0_2_are_there():
    """Whatever a script for 0.2 imports can be imported."""
    names = "ModelMonitor MonitorConfig BaseParser DefaultParser CustomParser BaseNotifier EmailNotifier"
    for name in [*names.split(), "setup_logger"]:
        assert name in auto_model_monitor.__all__
        assert hasattr(auto_model_monitor, name)


def test_the_version_is_there_and_costs_the_import_nothing():
    """``__version__`` is that of the distribution, which is asked for it only when somebody asks."""
    assert auto_model_monitor.__version__ == importlib.metadata.version("auto_model_monitor")
    assert "__version__" in dir(auto_model_monitor)
    assert run("import sys, auto_model_monitor; print('importlib.metadata' in sys.modules)") == "False\n"


def test_the_annotations_of_a_configuration_can_be_evaluated():
    """``typing.get_type_hints`` finds the type of every field of a MonitorConfig."""
    hints = typing.get_type_hints(auto_model_monitor.MonitorConfig)
    assert hints.keys() == auto_model_monitor.MonitorConfig.__dataclass_fields__.keys()
    assert hints["parser"] == auto_model_monitor.BaseParser | None
    assert typing.get_type_hints(auto_model_monitor.MonitorConfig.__init__)["threshold"] == float | None


def test_the_table_of_contents_is_sorted_and_complete():
    """__all__ is in order, and every name in it exists."""
    assert list(auto_model_monitor.__all__) == sorted(auto_model_monitor.__all__)
    assert all(hasattr(auto_model_monitor, name) for name in auto_model_monitor.__all__)


def test_import_brings_the_standard_library_only():
    """Importing every public name loads no other distribution, no mail and no network module."""
    code = (
        "import sys; before = set(sys.modules); from auto_model_monitor import *;"
        "print(*sorted({m.partition('.')[0] for m in set(sys.modules) - before}))"
    )
    loaded = set(run(code).split()) - {"auto_model_monitor"}
    assert loaded <= sys.stdlib_module_names
    assert not loaded & {"smtplib", "ssl", "email", "asyncio", "http", "socket", "uuid"}


def test_a_plain_import_loads_no_room():
    """`import auto_model_monitor` alone loads none of its modules; each comes with its first name."""
    code = (
        "import sys, auto_model_monitor as a; print(*(m for m in sys.modules if m.startswith('auto_model')));"
        "a.ParseError; print(*(m for m in sys.modules if m.startswith('auto_model')))"
    )
    bare, with_an_error = run(code).splitlines()
    assert bare == "auto_model_monitor"
    rooms = {name.split(".")[1] for name in with_an_error.split() if "." in name}
    assert rooms == {"core"}


def test_what_people_write_first_is_cheap():
    """Importing the monitor and its configuration loads four modules, and nothing that makes their parts."""
    code = (
        "import dataclasses, logging, re, sys; before = set(sys.modules);"
        "from auto_model_monitor import ModelMonitor, MonitorConfig;"
        "print(*sorted(set(sys.modules) - before))"
    )
    loaded = {name.removeprefix("auto_model_monitor").lstrip(".") for name in run(code).split()}
    faces = {"", "core", "core.lazy", "monitor", "monitor.config", "runtime", "__future__", "importlib"}
    ours = {"monitor.checkpoints", "monitor.config.monitor_config", "monitor.loop", "runtime.lifecycle"}
    assert loaded <= {*faces, *ours, "atexit", "math"}


def test_an_unknown_name_is_an_attribute_error():
    """A misspelt name fails as it does in any module."""
    with pytest.raises(AttributeError, match="has no attribute 'ModelMonitors'"):
        auto_model_monitor.ModelMonitors  # noqa: B018
    assert "ModelMonitor" in dir(auto_model_monitor)


def test_import_changes_nothing():
    """Importing adds no handler, no signal handler, no thread and prints nothing."""
    code = (
        "import logging, signal, threading; h = signal.getsignal(signal.SIGTERM);"
        "import auto_model_monitor;"
        "assert not logging.root.handlers and not logging.getLogger('auto_model_monitor').handlers;"
        "assert signal.getsignal(signal.SIGTERM) is h and threading.active_count() == 1"
    )
    assert run(code) == ""


def test_every_public_name_says_what_it_is():
    """Each public name has a docstring of its own."""
    for name in auto_model_monitor.__all__:
        assert (getattr(auto_model_monitor, name).__doc__ or "").strip(), name
