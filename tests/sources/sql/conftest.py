"""Each test that asks for ``database_url`` runs on SQLite, MariaDB and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

servers = pytest.mark.servers


@pytest.fixture(
    params=[
        "sqlite",
        pytest.param("mariadb_url", marks=servers),
        pytest.param("postgresql_url", marks=servers),
    ]
)
def database_url(request, tmp_path) -> str:
    """The URL of a database without tables."""
    sqlalchemy = pytest.importorskip("sqlalchemy")
    url = f"sqlite:///{tmp_path}/metrics.db"
    if request.param != "sqlite":
        url = request.getfixturevalue(request.param)
        database = sqlalchemy.create_engine(url)
        metadata = sqlalchemy.MetaData()
        metadata.reflect(database)
        metadata.drop_all(database)
        database.dispose()
    return url


@pytest.fixture
def execute(database_url) -> Iterator[Callable[..., Any]]:
    """Execute statements, each in a transaction of its own, and return the rows of the last."""
    sqlalchemy = pytest.importorskip("sqlalchemy")
    database = sqlalchemy.create_engine(database_url)

    def run(*statements: str) -> Any:
        rows = None
        for statement in statements:
            with database.begin() as connection:
                # Without parameters a percent sign is one.
                result = connection.execution_options(no_parameters=True).exec_driver_sql(statement)
                rows = result.fetchall() if result.returns_rows else None
        return rows

    yield run
    database.dispose()
