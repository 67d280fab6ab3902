"""Fixtures that start each server once for all tests of a process; the tests are marked ``servers``."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session")
def mariadb_url() -> Iterator[str]:
    """The SQLAlchemy URL of a MariaDB, whose database has another charset than utf8mb4."""
    from tests.servers.running_servers import mariadb_server  # for POSIX alone

    with mariadb_server() as url:
        yield url


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """The SQLAlchemy URL of a PostgreSQL."""
    from tests.servers.running_servers import postgresql_server

    with postgresql_server() as url:
        yield url
