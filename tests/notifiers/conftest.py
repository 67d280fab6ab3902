"""What the tests of the channels ask for: servers that check signatures, and a network without proxies."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from fakes import FakeClock
from robot_server import RobotServer


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands at noon."""
    return FakeClock()


@pytest.fixture
def robot_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., RobotServer]]:
    """Start servers that judge requests: ``server = robot_server(DingTalk(secret="SEC…"))``."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    with ExitStack() as running:

        def start(judge: Any = None, certificate: Any = None) -> RobotServer:
            if certificate is not None:
                monkeypatch.setenv("SSL_CERT_FILE", certificate.ca_file)
            return running.enter_context(RobotServer(judge, certificate))

        yield start
