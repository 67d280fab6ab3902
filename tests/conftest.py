"""What every test can ask for: a mail server that is trusted, and messages."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# The harness beside this file is imported by its plain name, also where pytest imports by path.
sys.path.append(str(Path(__file__).parent))

from smtp_server import SMTPServer

from auto_model_monitor import Message
from tests.campaigns import examples
from tests.leftovers import end_leftovers
from tests.servers.fixtures import mariadb_url, postgresql_url  # noqa: F401  # every test may ask for them

# Hundreds of processes start the program: each would compile the package and every test module again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

CHINA = timezone(timedelta(hours=8), "CST")


# Mails follow the locale; the tests that do not choose a language expect Chinese ones, as 0.2 sent them.
os.environ["LANGUAGE"] = "zh_CN"
# Nor do they find the channels of whoever runs them.
os.environ["AUTO_MODEL_MONITOR_CONFIG"] = os.devnull

# How long an example takes depends on what else the machine does; what a test promises does not.
settings.register_profile("steady", deadline=None, max_examples=examples(100))
settings.load_profile("steady")

# A program that is started in the background ignores Ctrl-C, and so do the programs that it starts; the
# tests that end a watch by a signal would wait for ever.
for _name in ("SIGINT", "SIGTERM", "SIGHUP"):
    _number = getattr(signal, _name, None)
    if _number is not None and signal.getsignal(_number) == signal.SIG_IGN:
        signal.signal(_number, signal.default_int_handler if _name == "SIGINT" else signal.SIG_DFL)


def pytest_xdist_auto_num_workers() -> int:
    """Run one process more than there are processors: most tests wait for a disk, a server or a process."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture(autouse=True)
def _nothing_is_left_running() -> Iterator[None]:
    """Fail a test that leaves a watch or a channel behind: on a fake clock it eats a processor for good."""
    before = set(threading.enumerate())
    yield
    left = end_leftovers(before, 60)
    assert not left, f"the test leaves {', '.join(left)} running: stop the watch"


@pytest.fixture
def smtp_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., SMTPServer]]:
    """Start servers that this process trusts: ``server = smtp_server(tls="starttls", …)``."""
    with ExitStack() as running:

        def start(**options: Any) -> SMTPServer:
            server = running.enter_context(SMTPServer(**options))
            monkeypatch.setenv("SSL_CERT_FILE", server.ca_file)
            return server

        yield start


@pytest.fixture
def redirect(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, SMTPServer], None]:
    """Lead a host name, on every port, to a server on loopback: ``redirect("smtp.qq.com", server)``."""
    connect = socket.create_connection
    routes: dict[str, SMTPServer] = {}

    def create_connection(address: tuple[str, int], *args: Any, **kwargs: Any) -> socket.socket:
        server = routes.get(address[0])
        return connect((server.host, server.port) if server else address, *args, **kwargs)

    monkeypatch.setattr(socket, "create_connection", create_connection)
    return routes.__setitem__


@pytest.fixture
def make_message() -> Callable[..., Message]:
    """Build messages with sensible contents: ``make_message(subject="…")``."""

    def make(**changes: Any) -> Message:
        contents: dict[str, Any] = {
            "id": "0123456789abcdef0123456789abcdef",
            "time": datetime(2026, 11, 20, 12, 34, 56, tzinfo=CHINA),
            "subject": "模型监控通知：val_loss 0.003 低于阈值 0.004",
            "text": "文件：epoch_10_val_loss_0.003.pt\n\n    得分：0.003\n",
            "html": "<!doctype html><p>文件：epoch_10_val_loss_0.003.pt</p>",
        }
        return Message(**(contents | changes))

    return make
