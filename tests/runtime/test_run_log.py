"""The run log: one file per run, and no other logging changed."""

from __future__ import annotations

import io
import logging
import re
import subprocess
import sys
from pathlib import Path

import pytest

from auto_model_monitor import setup_logger
from auto_model_monitor.runtime.run_log import LOGGER, run_log


@pytest.fixture
def log_state():
    """The logging state that a run must not change."""

    def state():
        loggers = [logging.getLogger(), *(logging.getLogger(n) for n in logging.root.manager.loggerDict)]
        return [(lg.name, lg.level, lg.propagate, list(lg.handlers), list(lg.filters)) for lg in loggers]

    return state


def test_the_file_is_at_the_documented_path(tmp_path):
    """The log is `log_dir/YYYYMMDD/monitor_YYYYMMDDHHMMSS.log`, in UTF-8, with INFO in it."""
    with run_log(tmp_path) as path:
        logging.getLogger("auto_model_monitor.x").info("分数 %s", "🔥")
    assert re.fullmatch(r"\d{8}/monitor_\d{14}\.log", path.relative_to(tmp_path).as_posix())
    assert path.parent.name == path.name[8:16]
    assert "auto_model_monitor.x - INFO - 分数 🔥" in path.read_text(encoding="utf-8")


def test_every_other_logger_is_the_same_before_during_and_after(tmp_path, log_state):
    """A run changes only the package's logger, and restores it."""
    before = log_state()
    with run_log(tmp_path), run_log(tmp_path / "second"):
        during = log_state()
    assert [s for s in during if s[0] != "auto_model_monitor"] == [
        s for s in before if s[0] != "auto_model_monitor"
    ]
    assert log_state() == before
    assert not LOGGER.isEnabledFor(logging.INFO)


def test_there_is_one_handler_however_many_runs(tmp_path):
    """Two runs in one process share one handler, and each file gets each line once."""
    with run_log(tmp_path / "a") as a, run_log(tmp_path / "b") as b:
        assert len(LOGGER.handlers) == 1
        LOGGER.info("only once")
    assert [path.read_text().count("only once") for path in (a, b)] == [1, 1]


@pytest.mark.parametrize(("root_level", "seen"), [(logging.WARNING, ["w"]), (logging.INFO, ["i", "w"])])
def test_others_get_what_they_would_have_got(tmp_path, root_level, seen):
    """The root's handlers receive our lines by the root's level, once each, with or without a run log."""
    root = logging.getLogger()
    handler = logging.StreamHandler(stream := io.StringIO())
    level = root.level
    root.addHandler(handler)
    root.setLevel(root_level)
    try:
        with run_log(tmp_path):
            LOGGER.debug("d")
            LOGGER.info("i")
            LOGGER.warning("w")
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    assert stream.getvalue().split() == seen


SCRIPT = """
import logging, sys
from pathlib import Path
from auto_model_monitor.runtime.run_log import run_log
with run_log(Path(sys.argv[1]), screen=sys.argv[2] == "screen"):
    logging.getLogger("auto_model_monitor").info("an info")
    logging.getLogger("auto_model_monitor").warning("a warning")
"""


@pytest.mark.parametrize(("mode", "infos"), [("screen", 1), ("quiet", 0)])
def test_the_screen_shows_info_only_in_the_foreground(tmp_path, mode, infos):
    """Without logging configured, the screen shows INFO in the foreground, else only warnings."""
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path), mode], capture_output=True, text=True, check=True
    )
    assert run.stderr.count("an info") == infos
    assert run.stderr.count("a warning") == 1
    assert run.stdout == ""


def test_hostile_text_stays_on_one_line(tmp_path):
    """Line breaks, escape codes, direction marks and invalid bytes in a name forge no line."""
    with run_log(tmp_path) as path:
        LOGGER.info("%s", "a\nb\r2026-01-01 - root - INFO - fake\x1b[31m\u202e\udcff\x85\u2028")
    assert len(path.read_text(encoding="utf-8").splitlines()) == 1
    assert "\x1b" not in path.read_text(encoding="utf-8")


def test_an_unwritable_directory_is_a_warning(tmp_path, caplog):
    """A run whose log cannot be written warns and continues without one."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    with run_log(blocked) as path:
        assert path is None
    assert "cannot be written" in caplog.text


def test_a_full_disk_is_reported_once(capfd):
    """A log file on a full disk makes one warning and no traceback, and the run continues."""
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    from auto_model_monitor.runtime import run_log as module

    file = module._LogFile("/dev/full")
    module._handler.attach(file, None)
    try:
        for n in range(5):
            LOGGER.info("line %d", n)
    finally:
        module._handler.detach(file, None)
        file.close()
    assert "Traceback" not in capfd.readouterr().err


def test_setup_logger_leaves_the_root_alone(tmp_path):
    """The function of 0.2 opens a run log on the package's logger."""
    script = (
        "import logging, sys; from auto_model_monitor import setup_logger;"
        "before = list(logging.root.handlers); logger = setup_logger(sys.argv[1]);"
        "logger.info('hello'); assert logging.root.handlers == before; print(logger.name)"
    )
    run = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "auto_model_monitor"
    assert "hello" in next(tmp_path.rglob("*.log")).read_text()
    assert callable(setup_logger)
