"""Rows put where each implementation of a table reads them."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from auto_model_monitor.tables import Table, table_of

Row = dict[str, object]
ZONE = "Asia/Shanghai"
SQL_TYPES = {"score": "DOUBLE PRECISION", "prediction": "INTEGER", "label": "INTEGER", "time": "TIMESTAMP"}


def _text(value: object) -> object:
    return value.isoformat(sep=" ") if isinstance(value, datetime) else value


def csv_file(folder: Path, name: str, rows: list[Row]) -> Table:
    path = folder / f"{name}.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows({key: _text(value) for key, value in row.items()} for row in rows)
    return table_of(path, timezone=ZONE)


def folder_of_parts(folder: Path, name: str, rows: list[Row]) -> Table:
    parts = folder / name
    parts.mkdir()
    csv_file(parts, "part-0", rows[:40])
    json_lines(parts, "part-1", rows[40:])
    return table_of(parts, timezone=ZONE)


def json_lines(folder: Path, name: str, rows: list[Row]) -> Table:
    path = folder / f"{name}.jsonl"
    path.write_text("".join(json.dumps(row, default=_text) + "\n" for row in rows))
    return table_of(path, timezone=ZONE)


def pandas_frame(folder: Path, name: str, rows: list[Row]) -> Table:
    pandas = pytest.importorskip("pandas")
    return table_of(pandas.DataFrame(rows), timezone=ZONE)


def parquet_file(folder: Path, name: str, rows: list[Row]) -> Table:
    import duckdb

    csv_file(folder, name, rows)
    duckdb.sql(f"COPY (FROM '{folder / name}.csv') TO '{folder / name}.parquet'")
    return table_of(folder / f"{name}.parquet", timezone=ZONE)


def polars_frame(folder: Path, name: str, rows: list[Row]) -> Table:
    polars = pytest.importorskip("polars")
    return table_of(polars.DataFrame(rows, infer_schema_length=None), timezone=ZONE)


def polars_lazy_frame(folder: Path, name: str, rows: list[Row]) -> Table:
    polars = pytest.importorskip("polars")
    return table_of(polars.DataFrame(rows, infer_schema_length=None).lazy(), timezone=ZONE)


def arrow_table(folder: Path, name: str, rows: list[Row]) -> Table:
    pyarrow = pytest.importorskip("pyarrow")
    return table_of(pyarrow.Table.from_pylist(rows), timezone=ZONE)


def sqlite_file(folder: Path, name: str, rows: list[Row]) -> Table:
    return database(f"sqlite:///{folder / 'rows.db'}", name, rows)


def database(url: str, name: str, rows: list[Row]) -> Table:
    sqlalchemy = pytest.importorskip("sqlalchemy")
    types = SQL_TYPES | {"time": "DATETIME(6)"} if url.startswith("mysql") else SQL_TYPES
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.pool.NullPool)
    columns = ", ".join(f"{key} {types.get(key, 'VARCHAR(40)')}" for key in rows[0])
    insert = sqlalchemy.text(
        f"INSERT INTO {name} ({', '.join(rows[0])}) VALUES ({', '.join(':' + key for key in rows[0])})"
    )
    plain = [{key: _storable(value, url) for key, value in row.items()} for row in rows]
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text(f"DROP TABLE IF EXISTS {name}"))
        connection.execute(sqlalchemy.text(f"CREATE TABLE {name} ({columns})"))
        connection.execute(insert, plain)
    return table_of(url, table=name, timezone=ZONE)


def _storable(value: object, url: str) -> object:
    if isinstance(value, datetime):
        return _text(value) if url.startswith("sqlite") else value
    return None if isinstance(value, float) and math.isnan(value) else value


PLACES: list[Callable[[Path, str, list[Row]], Table]] = [
    csv_file, json_lines, parquet_file, folder_of_parts, pandas_frame, sqlite_file
]  # fmt: skip
OTHER_PLACES = [arrow_table, polars_frame, polars_lazy_frame]
