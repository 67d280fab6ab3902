"""``auto-model-monitor serve``: serve the API and its page until Ctrl-C or SIGTERM."""

from __future__ import annotations

import argparse
from typing import Any

from ..text.terminal import Terminal
from .command import SUCCESS, Command
from .option_parser import OptionParser, add_channels, add_config, add_settings, whole_number

_NOTES = """\
Anyone with the token can start trainings, which run as you: it is made at the
first start, kept in STORE/token, and shown once in the URL that is printed.
Requests name a trainer, never a command: {args} in the command stands for the
request's values as arguments (--model=resnet18 --num-epochs=10 ...),
{args_file} for a JSON file with them, {model}, {num_epochs} and so on for one
of them. No shell sees any of it. Without --trainer there is image-classifier,
which needs the extra "trainer".

With --rule, --notify or --sender it alerts people about what the rules find in
the log of each training, and about its end. Pending messages are in
STORE/outbox.db; without a mailbox and another channel mails are files in
STORE/mailbox.

--config takes a TOML file with host, port, store, no_auth, allow_path,
allow_host, per_device, max_log, patterns, a table [trainers] of names and
commands (or of tables with command and patterns, for a log format of its own),
and a table [tell] with rules, notify, sender, receiver, language, digest and so
on; relative paths are relative to the file, and options on the command line
win over it."""


def add_options(parser: OptionParser) -> None:
    """Add the options of ``serve``."""
    parser.add_argument("--host", metavar="NAME", help="the address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=whole_number, metavar="PORT", help="default: 8000; 0 takes a free one")
    parser.add_argument("--store", metavar="DIR", help="tasks and their logs (default: training_store)")
    add_config(parser)
    _add_training_options(parser.add_argument_group("trainings"))
    group = parser.add_argument_group("access")
    group.add_argument("--no-auth", action="store_true", help="require no token; on a loopback address only")
    group.add_argument(
        "--allow-host",
        action="append",
        metavar="NAME",
        help="one more name of the server, such as a proxy's; repeatable",
    )
    group = parser.add_argument_group("alerts")
    add_settings(group, "rules", rules="alert when a training meets it, such as 'val_acc >= 90'; repeatable")
    add_channels(parser)


def _add_training_options(group: Any) -> None:
    group.add_argument(
        "--trainer",
        dest="trainers",
        action="append",
        metavar="NAME=COMMAND",
        help="what requests may start; repeatable, the first is the default",
    )
    group.add_argument(
        "--allow-path",
        action="append",
        metavar="DIR",
        help="data and checkpoints have to be below it; repeatable (default: the current directory)",
    )
    group.add_argument(
        "--per-device", type=whole_number, metavar="N", help="trainings on one device (default: 1)"
    )
    group.add_argument(
        "--pattern",
        dest="patterns",
        action="append",
        metavar="REGEX",
        help="one more log format: named groups are metrics, such as 'loss is (?P<val_loss>[0-9.]+)'; "
        "repeatable",
    )
    group.add_argument(
        "--max-log",
        metavar="SIZE",
        help="the largest log of one training on the disk, such as 200M; the oldest part is dropped "
        "(default: 1G)",
    )


def run(options: argparse.Namespace, screen: Terminal, errors: Terminal) -> int:
    """Serve the API and its page until Ctrl-C or SIGTERM."""
    from ..api.server import serve
    from ..api.server_settings import ServerSettings
    from ..settings import others_can_read, warn_of_readers

    settings = ServerSettings.of(options)
    secret = {"auth_code", "notify"} & settings.alerts.keys()
    if secret and options.config is not None and others_can_read(options.config):
        warn_of_readers(options.config, "secrets in [tell]", errors)
    serve(settings, screen, errors)
    return SUCCESS


COMMAND = Command(
    usage="serve [options]",
    summary="start, watch and stop trainings over HTTP, with a live page",
    essential=(
        *("--host", "--port", "--store", "--trainer", "--allow-path", "--rule", "--notify"),
        "--config",
    ),
    examples=(
        "serve",
        "serve --trainer mine='python train.py {args}'",
        'serve --rule "val_acc >= 90" --rule nan --sender you@qq.com',
    ),
    status="0 ended by Ctrl-C or SIGTERM; 1 the port or the store is taken; 2 wrong\n"
    'usage or configuration, or the extra "api" is missing.',
    notes=_NOTES,
    add_options=add_options,
    run=run,
)
