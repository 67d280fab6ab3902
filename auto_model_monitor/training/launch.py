"""Starting a training: its folder, its command, its environment, and the supervisor that stays with it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from . import supervisor
from .devices import shown_device
from .request import TrainingRequest
from .trainer import Trainer

MARK = "AUTO_MODEL_MONITOR_TASK"  # the variable by which everything that a task has started is known
# A training whose output goes into a file would otherwise keep it back until some kilobytes have gathered.
_DEFAULTS = {"PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"}
# What the server needs for its own mails: a training would write it into other logs with its environment.
SECRETS = frozenset(("AUTO_MODEL_MONITOR_AUTH_CODE", "AUTO_MODEL_MONITOR_NOTIFY"))


def launch(
    folder: Path,
    *,
    task_id: str,
    attempt: int,
    trainer: Trainer,
    request: TrainingRequest,
    grace: float,
    environment: Mapping[str, str],
) -> subprocess.Popen[bytes]:
    """Start a training's supervisor, which starts the training.

    Args:
        folder: the task's folder; it is made when needed.
        task_id: what the training and all that it starts are marked with.
        attempt: how often the task has been started, this one included.
        trainer: whose command is run.
        request: what is to be trained.
        grace: seconds between SIGTERM and SIGKILL when it is to end.
        environment: the server's own, on which the training's is built; its :data:`SECRETS` are left out.

    Raises:
        OSError: the folder cannot be written, or no process can be started.
        ConfigError: the request's device is none that the server may see.
    """
    device, shown = shown_device(request.device, environment)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    arguments_file = folder / "request.json"
    seen = replace(request, device=device)
    arguments_file.write_text(json.dumps(seen.values(), indent=1) + "\n", encoding="utf-8")
    command = trainer.argv(seen, str(arguments_file))
    inherited = {name: value for name, value in environment.items() if name not in SECRETS}
    papers = [str(folder), str(attempt), repr(grace)]
    log = os.open(folder / "log.txt", os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", supervisor.__file__, *papers, "--", *command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**_DEFAULTS, **inherited, **shown, MARK: task_id},
            # Ctrl-C in the server's terminal, and the terminal's end, do not reach it there.
            start_new_session=True,
        )
    finally:
        os.close(log)
