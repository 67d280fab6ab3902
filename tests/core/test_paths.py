"""Paths as people type them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from auto_model_monitor import ConfigError, MonitorConfig
from auto_model_monitor.core.paths import expanded

NOBODY = "~nosuchuser/checkpoints"


def test_home_is_put_in_its_place(monkeypatch):
    """``~`` becomes the home directory, and any other path stays as it is."""
    monkeypatch.setenv("HOME", "/home/me")
    assert expanded("~/x") == Path("/home/me/x")
    assert expanded("x/~y") == Path("x/~y")


@pytest.mark.parametrize("name", ["watch_dir", "log_dir"])
def test_a_configuration_names_the_setting_of_an_unknown_user(name):
    """A path below the home of a user that does not exist is a problem of its setting."""
    with pytest.raises(ConfigError, match=f"^{name}: expected a path, .* got '~nosuchuser'"):
        MonitorConfig(**{"watch_dir": ".", "threshold": 1.0, name: NOBODY})


@pytest.mark.parametrize(
    "arguments",
    [
        ["watch", NOBODY, "--threshold", "1"],
        ["watch", ".", "--threshold", "1", "--log-dir", NOBODY],
        ["watch", ".", "--threshold", "1", "--notify", f"@{NOBODY}"],
        ["watch", ".", "--threshold", "1", "--content", f"@{NOBODY}"],
        ["watch", "--config", NOBODY],
        ["serve", "--config", NOBODY],
        ["logs", NOBODY],
        ["outbox", NOBODY],
    ],
)
def test_no_command_shows_a_traceback_for_an_unknown_user(arguments, tmp_path):
    """Every command refuses a path below the home of a user that does not exist, in one line."""
    command = [sys.executable, "-m", "auto_model_monitor", *arguments]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=200)
    assert done.returncode in (1, 2)
    assert "~nosuchuser" in done.stderr
    assert "Traceback" not in done.stderr
