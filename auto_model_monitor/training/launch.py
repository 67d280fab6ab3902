"""Launch a training: its folder, command, environment and supervisor."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from . import supervisor
from .devices import visible_device
from .request import TrainingRequest
from .trainer import Trainer

TASK_VARIABLE = "AUTO_MODEL_MONITOR_TASK"  # the environment variable that marks every process of a task
# Without it Python buffers kilobytes of output before they reach the log file.
_DEFAULTS = {"PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"}
# Not passed on: a training may write its environment into its own logs.
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
        folder: the task's folder; created if needed.
        task_id: marks the training and every process that it starts.
        attempt: the number of this launch, from 1.
        trainer: provides the command.
        request: the training's parameters.
        grace: seconds between SIGTERM and SIGKILL.
        environment: the server's environment, which the training inherits without :data:`SECRETS`.

    Raises:
        OSError: the folder cannot be written, or no process can start.
        ConfigError: the server does not see the request's device.
    """
    device, device_variables = visible_device(request.device, environment)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    arguments_file = folder / "request.json"
    local_request = TrainingRequest.trusted({**asdict(request), "device": device})
    arguments_file.write_text(json.dumps(local_request.values(), indent=1) + "\n", encoding="utf-8")
    command = trainer.argv(local_request, str(arguments_file))
    inherited = {name: value for name, value in environment.items() if name not in SECRETS}
    log = os.open(folder / "log.txt", os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        return subprocess.Popen(
            [
                sys.executable,
                "-I",
                "-S",
                supervisor.__file__,
                str(folder),
                str(attempt),
                repr(grace),
                "--",
                *command,
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**_DEFAULTS, **inherited, **device_variables, TASK_VARIABLE: task_id},
            # Ctrl-C and hang-up of the server's terminal do not reach it there.
            start_new_session=True,
        )
    finally:
        os.close(log)
