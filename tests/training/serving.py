"""A server in a separate process that can be killed: a dispatcher that reads commands from its input.

Started as a program, it prints "ready", and answers each order with one line. ``KILL_AT`` names a point at
which it kills itself with SIGKILL: ``Class.method:before`` or ``:after``, and the number of the call.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


class Server:
    """The server's process; ``command`` sends a command and returns the answer, or None if it was killed."""

    def __init__(self, store: Path, trainers: dict[str, list[str]], *, kill_at: str = "", **options) -> None:
        orders = {"store": str(store), "trainers": trainers, "options": options}
        self.process = subprocess.Popen(
            [sys.executable, __file__, json.dumps(orders)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "KILL_AT": kill_at, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
            encoding="utf-8",
        )

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_) -> None:
        self.kill()

    def ready(self) -> Server:
        """Return when it runs, or has been killed by itself."""
        self._line()
        return self

    def command(self, order: str, *words: object) -> str | None:
        try:
            self.process.stdin.write(json.dumps([order, *words]) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            return None
        return self._line()

    def kill(self, how: int = signal.SIGKILL) -> int:
        """Kill it; return how it ended."""
        self.process.send_signal(how)
        return self.ended()

    def ended(self) -> int:
        status = self.process.wait(60)
        self.process.stdin.close()
        self.process.stdout.close()
        return status

    def _line(self) -> str | None:
        line = self.process.stdout.readline()
        return line.rstrip("\n") if line.endswith("\n") else None


def main() -> None:
    """Serve until the input ends or somebody kills it."""
    from auto_model_monitor.training import Dispatcher, TaskStore, Trainer
    from tests.training.trainings import request

    logging.basicConfig(level="ERROR")
    orders = json.loads(sys.argv[1])
    arm(os.environ["KILL_AT"])
    store = TaskStore(orders["store"])
    trainers = [Trainer(name, tuple(command)) for name, command in orders["trainers"].items()]
    dispatcher = Dispatcher(store, trainers, **{"interval": 0.02, **orders["options"]})
    dispatcher.start()
    print("ready", flush=True)
    for line in sys.stdin:
        order, *words = json.loads(line)
        if order == "submit":
            print(dispatcher.submit(request(**words[0])).id, flush=True)
        elif order == "cancel":
            print(dispatcher.cancel(words[0]).state.value, flush=True)
    dispatcher.stop()
    store.close()


def arm(point: str) -> None:
    """Let the named call of a method be the last thing that this process does."""
    if not point:
        return
    from auto_model_monitor.training import dispatcher, running_task, running_tasks, store, task_log

    where, when, number = point.split(":")
    owner_name, name = where.split(".")
    owners = {
        "Dispatcher": dispatcher.Dispatcher,
        "RunningTasks": running_tasks.RunningTasks,
        "running_tasks": running_tasks,
        "RunningTask": running_task.RunningTask,
        "TaskLog": task_log.TaskLog,
        "TaskStore": store.TaskStore,
        "store": store.task_store,
        "log_rows": store.log_rows,
        "changes": store.changes,
    }
    owner = owners[owner_name]
    method = getattr(owner, name)
    calls = iter(range(1, 1_000_000))

    def fatal(*args, **kwargs):
        last = next(calls) == int(number)
        if last and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = method(*args, **kwargs)
        if last:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, fatal)


if __name__ == "__main__":
    main()
