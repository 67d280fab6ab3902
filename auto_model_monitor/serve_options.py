"""The options of the command ``serve``."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

SERVE_NOTES = """\
status: 0 ended by Ctrl-C or SIGTERM; 1 the port or the store is taken; 2 wrong
usage or configuration, or the extra "api" is missing.

Whoever has the token may start trainings, which run as you: it is made at the
first start, kept in STORE/token, and shown once in the URL that is printed.
Requests name a trainer, never a command: {args} in the command stands for the
request's values as arguments (--model=resnet18 --num-epochs=10 ...),
{args_file} for a JSON file with them, {model}, {num_epochs} and so on for one
of them. No shell sees any of it. Without --trainer there is image-classifier,
which needs the extra "trainer".

--config takes a TOML file with host, port, store, no_auth, allow_path,
allow_host, per_device and a table [trainers] of names and commands; relative
paths are relative to the file, and options given here win over it."""


def add_serve(add: Callable[..., argparse.ArgumentParser], commands: Any) -> None:
    """Add the command ``serve``."""
    command = add(
        commands,
        "serve",
        "start, watch and stop trainings over HTTP, with a page that shows them live",
        ["serve", "serve --allow-path /data --trainer mine='python train.py {args}'"],
        SERVE_NOTES,
    )
    command.add_argument("--host", metavar="NAME", help="where to listen (default: 127.0.0.1)")
    command.add_argument("--port", type=int, metavar="PORT", help="default: 8000; 0 takes a free one")
    command.add_argument("--store", metavar="DIR", help="tasks and their logs (default: training_store)")
    command.add_argument("--config", metavar="FILE.toml", help="settings in a file")
    group = command.add_argument_group("trainings")
    group.add_argument(
        "--trainer",
        dest="trainers",
        action="append",
        metavar="NAME=COMMAND",
        help="what requests may start; may be repeated, the first is the default",
    )
    group.add_argument(
        "--allow-path",
        action="append",
        metavar="DIR",
        help="data and checkpoints have to be below it; may be repeated (default: the current directory)",
    )
    group.add_argument(
        "--per-device", type=int, metavar="N", help="how many trainings run on one device (default: 1)"
    )
    group = command.add_argument_group("access")
    group.add_argument("--no-auth", action="store_true", help="ask for no token; on a loopback address only")
    group.add_argument(
        "--allow-host",
        action="append",
        metavar="NAME",
        help="one more name under which people reach the server, such as a proxy's; may be repeated",
    )
