"""Which table a path, a pattern, a URL or a frame is."""

from __future__ import annotations

import os

from ..core.errors import ConfigError
from ..core.paths import expanded
from .row_files import RowFiles
from .table_protocol import Table


def table_of(
    thing: object, *, table: str | None = None, timezone: str = "UTC", encoding: str | None = None
) -> Table:
    """Return the table that something is.

    Args:
        thing: the path of a file (CSV, Parquet, JSON lines, also ``.gz``), a glob pattern or a folder of
            them; the URL of a database; or a frame of pandas, Polars, PyArrow, Ibis or Spark.
        table: the name of the database's table.
        timezone: the zone of times that state none, such as ``Asia/Shanghai``.
        encoding: that of files of text, such as ``gb18030``; None recognises it.

    Raises:
        ConfigError: it is none of these, or there is no such time zone or encoding.
    """
    check_zone(timezone)
    if isinstance(thing, str) and "://" in thing:
        from .sql.database_table import DatabaseTable

        if table is None:
            raise ConfigError(
                "table: expected the name of the database's table, such as orders in sqlite:///m.db#orders, "
                "got none"
            )
        return DatabaseTable(thing, table, timezone)
    if isinstance(thing, (str, os.PathLike)):
        from .duckdb_table import DuckDBTable

        return DuckDBTable(RowFiles(str(expanded(thing))), timezone, encoding)
    if _package(thing) in ("pandas", "pyarrow"):
        from .duckdb_table import DuckDBTable

        return DuckDBTable(thing, timezone)
    from .frames.frame_table import FrameTable

    return FrameTable(thing, timezone)


def check_zone(name: str) -> None:
    """Check the name of a time zone.

    Raises:
        ConfigError: there is none of this name.
    """
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        text = f"timezone: expected one such as Asia/Shanghai, got {name!r}"
        raise ConfigError(text) from None


def _package(thing: object) -> str:
    return type(thing).__module__.partition(".")[0]
