"""``serve``: one process with one event loop, and the dispatcher's thread beside it."""

from __future__ import annotations

import os
import socket
import stat
import sys
from contextlib import closing
from pathlib import Path

from ..runtime.run_log import run_log
from ..text.cleaning import for_terminal
from ..text.terminal import Terminal
from ..training import TaskState, TaskStore
from .alerting import monitor_factory
from .application import create_app
from .security import stored_token
from .server_settings import ServerSettings
from .serving import UvicornServer, max_streams, open_listener, url_of

_UNENCRYPTED = (
    "Other machines reach this server, and what they send can be read on the way, including the token: on a "
    "network that you share, leave it on 127.0.0.1 behind `ssh -L 8000:localhost:8000` or a proxy with TLS."
)


def serve(settings: ServerSettings, screen: Terminal, errors: Terminal) -> None:
    """Serve until Ctrl-C or SIGTERM; running trainings continue.

    Raises:
        MonitorError: the port or the store is in use, or a setting cannot work.
    """
    with closing(open_listener(settings.host, settings.port)) as listener, run_log(None, screen=True):
        store = TaskStore(settings.store)
        with closing(store):
            _run(settings, store, listener, screen, errors)
            _report_end(settings, store, screen)


def _run(
    settings: ServerSettings, store: TaskStore, listener: socket.socket, screen: Terminal, errors: Terminal
) -> None:
    token = None if settings.no_auth else stored_token(store.path)
    app = create_app(
        store,
        settings.trainers,
        token=token,
        allow_paths=settings.allow_path,
        allowed_hosts=settings.names,
        per_device=settings.per_device,
        most_streams=max_streams(),
        patterns=settings.patterns,
        max_log=settings.max_log,
        watch=monitor_factory(settings.alerts, store.path, errors),
    )

    def report_start() -> None:
        _report_access(store, url_of(listener, settings.host), token, screen)
        _report_choices(settings, screen)
        if not settings.is_local:
            errors.say(errors.paint(_UNENCRYPTED, "yellow"))

    UvicornServer(app, report_start).run(sockets=[listener])


def _report_access(store: TaskStore, url: str, token: str | None, screen: Terminal) -> None:
    file = for_terminal(str(store.path / "token"))
    if token is None:
        screen.say(f"Open {url}/ — without a token: every program of this machine may start trainings.")
    elif _output_is_readable_by_others():
        screen.say(f"Open {url}/ with the token in {file}")
        screen.say("The token is not shown here, because others can read the file that receives this output.")
    else:
        screen.say(f"Open {url}/?token={token}")
        screen.say(f"The token is stored in {file}")


def _report_choices(settings: ServerSettings, screen: Terminal) -> None:
    names = ", ".join(trainer.name for trainer in settings.trainers)
    roots = ", ".join(_root_text(os.path.realpath(root)) for root in settings.allow_path)
    screen.say(f"Trainers: {names}. Data and checkpoints: below {roots}.")
    if settings.alerts:
        rules = ", ".join(for_terminal(rule) for rule in settings.alerts.get("rules", ()))
        screen.say(f"Messages about: {rules + ', and ' if rules else ''}the end of each training.")
    screen.say("Ctrl-C stops the server; trainings continue without it.")


def _root_text(root: str) -> str:
    return for_terminal(root) + ("" if Path(root).is_dir() else " (which is missing now)")


def _report_end(settings: ServerSettings, store: TaskStore, screen: Terminal) -> None:
    running, pending = store.count(TaskState.RUNNING), store.count(TaskState.PENDING)
    if not running and not pending:
        screen.say("The server has stopped. Nothing runs.")
        return
    again = f"the next start with --store {for_terminal(settings.store)}"
    continues = "1 training continues" if running == 1 else f"{running} trainings continue"
    parts = [f"{continues}; {again} finds {'it' if running == 1 else 'them'}"]
    if pending:
        parts.append(f"{again} also starts {pending} from the queue")
    screen.say(f"The server has stopped. {'; '.join(parts)}.")


def _output_is_readable_by_others() -> bool:
    """Return whether standard output is stored where others can read it: nohup's file, systemd's journal."""
    try:
        status = os.fstat(sys.stdout.fileno())
    except (OSError, ValueError, AttributeError):
        return False
    is_open_file = stat.S_ISREG(status.st_mode) and bool(status.st_mode & 0o044)
    return os.name == "posix" and (is_open_file or stat.S_ISSOCK(status.st_mode))
