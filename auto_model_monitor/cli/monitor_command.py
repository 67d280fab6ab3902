"""``auto-model-monitor monitor``: run the monitors and watches of a file."""

from __future__ import annotations

import argparse
import json
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Event, Lock
from types import FrameType
from typing import TYPE_CHECKING, Any

from ..text.cleaning import for_terminal
from ..text.terminal import Terminal
from .command import FAILURE, SUCCESS, WRONG_USAGE, Command
from .option_parser import OptionParser
from .reference_notes import RULES

if TYPE_CHECKING:
    from ..core.alerts import Alert
    from ..core.readings import ReadingBatch
    from ..monitor.loop import Monitor
    from ..settings import FileTable, MonitorFile

_GRACE = 30.0  # seconds in which --once delivers
_TURN = 0.2  # seconds after which a signal is noticed


def add_options(parser: OptionParser) -> None:
    """Add the options of ``monitor``."""
    parser.add_argument("config", metavar="FILE.toml", help="holds [[monitor]] and [[watch]] tables")
    parser.add_argument("--once", action="store_true", help="look once, whatever the schedules are, and exit")
    parser.add_argument("--json", action="store_true", help="write what each look found as one JSON document")
    parser.add_argument(
        "--check", action="store_true", help="check the file, connect to everything, send nothing, and exit"
    )


def run(options: argparse.Namespace, screen: Terminal, errors: Terminal) -> int:
    """Monitor until Ctrl-C or SIGTERM, or once."""
    from ..settings import read_monitor_file

    file = read_monitor_file(options.config)
    if options.check:
        from .monitor_check import check

        return check(file, screen, errors)
    if options.once:
        return _look_once(file, screen, errors, as_json=options.json)
    return _run(file, screen if options.json else None, errors)


def _run(file: MonitorFile, screen: Terminal | None, errors: Terminal) -> int:
    from ..runtime.run_log import run_log
    from .run_monitors import RunningMonitors

    documents = _Documents(screen, lambda text: running.hide(text))  # noqa: PLW0108 - it is made below
    running = RunningMonitors(errors, documents.follow)
    with run_log(file.log_dir, screen=True, hide=running.hide), _signals() as caught:
        running.use(file)
        idle = Event()
        try:
            while not idle.wait(_TURN):
                if caught.ends:
                    break
                if caught.rereads:
                    caught.rereads = False
                    running.reread(file.path)
        finally:
            running.stop()
    return SUCCESS


def _look_once(file: MonitorFile, screen: Terminal, errors: Terminal, *, as_json: bool) -> int:
    """Look once at everything, deliver, and return the worst status."""
    from concurrent.futures import ThreadPoolExecutor

    from ..settings import monitors_of
    from .look_documents import ERROR, errors_of, hidden, lines_of
    from .look_warnings import look_warnings

    hide = file.variables.hide
    monitors = monitors_of(file, errors)
    with look_warnings(errors, hide) as warnings, ThreadPoolExecutor(min(16, len(monitors))) as threads:
        found = [hidden(one, hide) for one in threads.map(_one_look, monitors, file.tables)]
        warnings.are_known(error for document in found for error in document["errors"])
    states = [document["status"] for document in found]
    worst = next((state for state in (ERROR, "alert") if state in states), "ok")
    if as_json:
        screen.say(_json({"status": worst, "monitors": found}))
    else:
        for document in found:
            for line in lines_of(document):
                screen.say(for_terminal(line))
            for line in errors_of(document):
                errors.say(for_terminal(line))
    return {ERROR: WRONG_USAGE, "alert": FAILURE, "ok": SUCCESS}[worst]


def _one_look(monitor: Monitor, table: FileTable) -> dict[str, Any]:
    from .look_documents import look_document

    seen: list[ReadingBatch] = []
    monitor.listeners.append(lambda readings, alerts: seen.append(readings))
    alerts = monitor.check()
    monitor.warn_at_the_end()
    monitor.grace = _GRACE
    monitor.stop()
    readings = seen[0] if seen else None
    failures = {**monitor.failures, **monitor.delivery_queue.undelivered}
    return look_document(table.name, monitor.source.name, readings, alerts, failures)


class _Documents:
    """Writes a document for each look, one a line.

    Args:
        screen: where to; None writes none.
        hide: returns a text without the values of variables.
    """

    def __init__(self, screen: Terminal | None, hide: Callable[[str], str]) -> None:
        self._screen = screen
        self._hide = hide
        self._lock = Lock()

    def follow(self, monitor: Monitor, table: FileTable) -> None:
        """Write the documents of a monitor from now on."""
        if self._screen is None:
            return
        screen = self._screen

        def write(readings: ReadingBatch, alerts: Sequence[Alert]) -> None:
            from .look_documents import hidden, look_document

            failures = monitor.failures
            document = look_document(table.name, monitor.source.name, readings, alerts, failures)
            found = hidden({"status": document["status"], "monitors": [document]}, self._hide)
            with self._lock:
                screen.say(_json(found))

        monitor.listeners.append(write)


def _json(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, allow_nan=False)


class _Caught:
    """The signals so far."""

    ends = False
    rereads = False


@contextmanager
def _signals() -> Iterator[_Caught]:
    """Note the signals that end the monitors, of which the second interrupts, and SIGHUP.

    SIGHUP comes also when the terminal is closed, after which no Ctrl-C can end them.
    """
    caught = _Caught()
    had_a_terminal = os.isatty(0)

    def end(number: int, frame: FrameType | None) -> None:
        if caught.ends:
            raise KeyboardInterrupt
        caught.ends = True

    def reread(number: int, frame: FrameType | None) -> None:
        if had_a_terminal and not os.isatty(0):
            caught.ends = True
        caught.rereads = True

    handlers = {"SIGINT": end, "SIGTERM": end, "SIGHUP": reread}
    numbers = {getattr(signal, name): handler for name, handler in handlers.items() if hasattr(signal, name)}
    before = {number: signal.signal(number, handler) for number, handler in numbers.items()}
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


COMMAND = Command(
    usage="monitor FILE.toml [--once] [--json] [--check]",
    summary="run the monitors of models in production, and watches, of a file",
    essential=("--once", "--json", "--check"),
    examples=(
        "monitor monitor.toml",
        "monitor monitor.toml --check",
        "monitor monitor.toml --once --json",
    ),
    status="0 ended by Ctrl-C or SIGTERM, or nothing to alert; with --once 1 an alert,\n"
    "2 an error; 2 wrong usage or configuration.",
    notes="SIGHUP rereads the file: new tables start, missing ones stop, unchanged ones go on.\n"
    "A file that cannot be used changes nothing, and the log says why.\n\n"
    "${NAME} in a value is a variable of the environment, or of the file that env_file\n"
    f"names. auto-model-monitor schema prints what the file may hold.\n\n{RULES}",
    add_options=add_options,
    run=run,
)
