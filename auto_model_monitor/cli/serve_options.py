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

With --rule, --notify or --sender people are told: of what the rules find in
the log of each training, and of its end. What is owed is in STORE/outbox.db;
without a mailbox and another channel mails are files in STORE/mailbox.

--config takes a TOML file with host, port, store, no_auth, allow_path,
allow_host, per_device, a table [trainers] of names and commands, and a table
[tell] with rules, notify, sender, receiver, language and so on; relative paths
are relative to the file, and options given here win over it."""


def add_serve(
    add: Callable[..., argparse.ArgumentParser],
    commands: Any,
    add_telling: Callable[[argparse.ArgumentParser], None],
) -> None:
    """Add the command ``serve``."""
    command = add(
        commands,
        "serve",
        "start, watch and stop trainings over HTTP, with a page that shows them live",
        [
            "serve",
            "serve --allow-path /data --trainer mine='python train.py {args}'",
            'serve --rule "val_acc >= 90" --rule nan --sender you@qq.com',
        ],
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
    group = command.add_argument_group("telling people")
    group.add_argument(
        "--rule",
        dest="rules",
        action="append",
        metavar="TEXT",
        help="what to tell of each training, such as 'val_acc >= 90'; may be repeated",
    )
    add_telling(command)
