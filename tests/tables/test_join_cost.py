"""The join with labels in a database without any index."""

from __future__ import annotations

import pytest

pytest.importorskip("duckdb")
sqlalchemy = pytest.importorskip("sqlalchemy")

from auto_model_monitor.tables import Labels, table_of  # noqa: E402 - only where the extra is

ROWS = 20_000


@pytest.fixture(
    params=[
        "sqlite",
        *(pytest.param(name, marks=pytest.mark.servers) for name in ("mariadb_url", "postgresql_url")),
    ]
)
def url(request, tmp_path):
    return (
        f"sqlite:///{tmp_path}/d.db" if request.param == "sqlite" else request.getfixturevalue(request.param)
    )


@pytest.mark.timeout(60)
def test_labels_without_an_index_are_joined_in_seconds(url):
    """The cost of a look grows with the rows and not with their square, which would take an hour here."""
    engine = sqlalchemy.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("CREATE TABLE join_p (id INTEGER, prediction INTEGER)"))
        connection.execute(sqlalchemy.text("CREATE TABLE join_l (id INTEGER, label INTEGER)"))
        for table, column in (("join_p", "prediction"), ("join_l", "label")):
            rows = [{"id": number, "value": number % 2} for number in range(ROWS)]
            connection.execute(
                sqlalchemy.text(f"INSERT INTO {table} (id, {column}) VALUES (:id, :value)"), rows
            )
    engine.dispose()
    labels = Labels(table=table_of(url, table="join_l"), id="id", label="label")
    with table_of(url, table="join_p").open(["prediction"], id="id", labels=labels) as rows:
        assert rows.counts(["prediction", "label"]) == {("0", "0"): ROWS // 2, ("1", "1"): ROWS // 2}
        assert rows.left_out()["labels_unmatched"] == 0
