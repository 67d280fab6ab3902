"""How many functions and modules of the package a fact passes on its way, counted in all threads.

``python tests/benchmarks/hops.py`` counts these journeys, or the given ones:

- ``name``: from a name in a directory to the mail that a server gets;
- ``log``: from a line in the log of a served training to the event that a subscriber receives;
- ``task``: from a POST to the running task.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from inspect import CO_OPTIMIZED
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT)]

from smtp_server import SMTPServer  # noqa: E402

from auto_model_monitor.api import create_app  # noqa: E402
from auto_model_monitor.training import StoredEntry, Task, TaskState, TaskStore  # noqa: E402
from tests.api.live import TRAINER, Live, Puppet  # noqa: E402
from tests.waiting import until  # noqa: E402

PACKAGE = f"{ROOT / 'auto_model_monitor'}/"


class Hops:
    """Counts the functions of the package that are called in a block, in this thread and in later ones."""

    def __init__(self) -> None:
        self._functions: set[tuple[str, str]] = set()
        self._is_counting = False
        threading.setprofile(self._note)
        sys.setprofile(self._note)

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Count what is called in the block."""
        self._is_counting = True
        try:
            yield
        finally:
            self._is_counting = False

    def close(self) -> None:
        """Stop to profile this thread and later ones."""
        sys.setprofile(None)
        threading.setprofile(None)  # type: ignore[arg-type]

    def _note(self, frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        # The bodies of modules and classes, and the parts of a function, are no hops.
        if (
            self._is_counting
            and event == "call"
            and code.co_flags & CO_OPTIMIZED
            and code.co_filename.startswith(PACKAGE)
            and not code.co_name.endswith(">")
        ):
            self._functions.add((code.co_filename, _name_of(code)))

    def report(self, journey: str) -> None:
        """Print the figures, and with ``--list`` each function."""
        modules = {path for path, _ in self._functions}
        print(f"{journey}: {len(self._functions)} functions in {len(modules)} modules")
        if "--list" in sys.argv:
            for path, name in sorted(self._functions):
                print(f"  {path.removeprefix(PACKAGE)}: {name}")


def _name_of(code: CodeType) -> str:
    if sys.version_info >= (3, 11):
        return code.co_qualname
    return f"{code.co_name}, line {code.co_firstlineno}"


def name() -> None:
    """A checkpoint appears, and the mail about it reaches a server."""
    from auto_model_monitor import ModelMonitor, MonitorConfig

    with tempfile.TemporaryDirectory() as folder, SMTPServer(tls="none", auth=False) as server:
        config = MonitorConfig(
            Path(folder) / "checkpoints",
            0.004,
            "you@example.com",
            smtp_host=server.host,
            smtp_port=server.port,
            smtp_security="none",
            log_dir=Path(folder) / "logs",
        )
        Path(config.watch_dir).mkdir()
        monitor = ModelMonitor(config)
        monitor.check()  # what starts once is no part of the journey
        (Path(config.watch_dir) / "val_loss=0.003.pt").touch()
        with closing(Hops()) as hops, hops.counting():
            alerts = monitor.check()
            server.wait_for_mails(1, 30)
        monitor.stop()
        assert len(alerts) == len(server.mails) == 1
    hops.report("a name to a mail")


def log() -> None:
    """A served training prints a line with a metric, and a subscriber receives the event."""
    with closing(Hops()) as hops, _server() as (server, folder):
        puppet = Puppet(folder / "save")
        stream = server.stream(server.start(puppet, folder))
        puppet.say(
            "Epoch [1/3] started", "Validation Loss: 0.5"
        )  # what happens once is no part of the journey
        stream.take(2)
        with hops.counting():
            puppet.say("Validation Loss: 0.4")
            (event,) = stream.take(1)
        assert event.data["metrics"]["val_loss"] == 0.4
        puppet.end()
        stream.take(1)
        puppet.let_go()
    hops.report("a log line to an event")


def task() -> None:
    """A client posts a training, and the server publishes that it runs."""
    with closing(Hops()) as hops, _server() as (server, folder):
        _run(server, folder, "first", nullcontext())  # what happens once is no part of the journey
        _run(server, folder, "second", hops.counting())
    hops.report("a POST to a running task")


def _run(server: Served, folder: Path, name: str, counting: AbstractContextManager[None]) -> None:
    puppet = Puppet(folder / "save" / name)
    server.runs.clear()
    with counting:
        task_id = server.start(puppet, folder)
        assert server.runs.wait(30)
    puppet.end()
    until(lambda: server.ask("GET", f"/api/v2/training/{task_id}")["status"] == "completed")
    puppet.let_go()


class Served(Live):
    """A server whose ``runs`` is set when it publishes that a task runs."""

    def __init__(self, app: Any) -> None:
        self.runs = threading.Event()
        publish = app.state.broadcaster.publish

        def note(task: Task, entries: Sequence[StoredEntry]) -> None:
            publish(task, entries)
            if task.state is TaskState.RUNNING:
                self.runs.set()

        app.state.broadcaster.publish = note
        super().__init__(app)


@contextmanager
def _server() -> Iterator[tuple[Served, Path]]:
    """Serve an empty store in this process, in threads that are profiled."""
    with tempfile.TemporaryDirectory() as name, closing(TaskStore(Path(name) / "store")) as store:
        server = Served(create_app(store, [TRAINER], token=None, allow_paths=[name]))
        try:
            yield server, Path(name)
        finally:
            server.stop()


JOURNEYS: dict[str, Callable[[], None]] = {"name": name, "log": log, "task": task}


def main() -> None:
    """Count one journey, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("journey", nargs="*", choices=[*JOURNEYS, []])
    parser.add_argument("--list", action="store_true", help="print each function")
    for journey in parser.parse_args().journey or JOURNEYS:
        JOURNEYS[journey]()


if __name__ == "__main__":
    main()
