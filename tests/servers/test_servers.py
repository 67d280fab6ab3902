"""The servers of the tests start, and hold the texts of this package."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.servers


@pytest.mark.parametrize("server", ["mariadb_url", "postgresql_url"])
def test_a_server_answers(server, request):
    """The server accepts the user and the password of its URL."""
    sqlalchemy = pytest.importorskip("sqlalchemy")
    database = sqlalchemy.create_engine(request.getfixturevalue(server))
    with database.connect() as connection:
        assert connection.execute(sqlalchemy.text("select 1")).scalar() == 1
    database.dispose()
