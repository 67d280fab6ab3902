"""Metrics in the rows of a database."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from datetime import timezone as zones

from ...core.clocks import Clock, SystemClock
from ...core.contracts import listed
from ...core.errors import ConfigError, SourceError
from ...core.readings import Reading, ReadingBatch
from ...core.zones import zone_of
from ...tables.known_columns import missing
from ...text.cleaning import for_log_line, for_name
from .row_values import moment_of, number_of

TYPE_CHECKING = False  # a type checker takes this for true; an import of typing costs more than all else
if TYPE_CHECKING:
    from ...tables.sql.sql_connection import SQLConnection

logger = logging.getLogger(__name__)

_MOST_AT_ONCE = 100_000  # rows of one look; the next one reads on
_OVERLAP = 1_000  # rows that are read again, because transactions do not commit in the order of their ids


class SQLSource:
    """Reads rows that are metrics already, from a table or a view of a database.

    Any database that SQLAlchemy knows will do::

        SQLSource("mysql+pymysql://monitor@db/model_monitor", table="performance_data", model="model_name")

    Each look reads what came after the last one by ``cursor``. It reads the last 1,000 rows again, so that
    what was committed late or changed among them is not missed. The first look reads the last ``past`` rows,
    also after a restart; the rules then continue from their last alerts. NULL is no reading; NaN is one.

    Args:
        url: SQLAlchemy's; its driver must be installed. Its password is never shown.
        table: the table or view, also ``schema.table``.
        model: the column that names the model; None where all rows are about one.
        cursor: a column that grows, such as ``id`` or the time of the row's insertion; should have an index.
        metrics: the columns that are metrics, one each; by default all that hold numbers.
        metric: for a table in long form, the column that names the metric, such as ``accuracy``.
        value: for a table in long form, the column that holds the number.
        time: the column with the end of the window that a row is about: then a later row of the same model
            and time replaces it. None takes the rows in the order of ``cursor``.
        timezone: the zone of times that have none, such as ``Asia/Shanghai``.
        where: a condition in SQL, such as ``environment = 'production'``; a colon before a word is written
            with a backslash.
        past: how many rows the first look reads.
        clock: the time; by default the machine's.

    Raises:
        ConfigError: the URL or a setting cannot work.
        MissingExtraError: SQLAlchemy or the database's driver is not installed.
    """

    def __init__(
        self,
        url: str,
        *,
        table: str,
        model: str | None = None,
        cursor: str = "id",
        metrics: Sequence[str] | None = None,
        metric: str | None = None,
        value: str | None = None,
        time: str | None = None,
        timezone: str | tzinfo = "UTC",
        where: str | None = None,
        past: int = 10_000,
        clock: Clock | None = None,
    ) -> None:
        from ...tables.sql.sql_connection import SQLConnection

        _check(metrics, metric, value, past)
        self._database: SQLConnection = SQLConnection(url)
        self._table = table
        self._cursor = cursor
        self._model = model
        self._time = time
        self._zone = zone_of(zones.utc if timezone == "UTC" else timezone)  # a container may lack time zones
        self._where = where
        self._metrics = None if metrics is None else [str(name) for name in metrics]
        self._long = None if metric is None or value is None else (metric, value)
        self._past = past
        self._clock: Clock = clock or SystemClock()
        self._seen: list[tuple[object, str]] = []  # the cursor and the text of each row that is read again
        self._offered: dict[str, None] = {}  # the metrics, in their order
        self._warned: set[str] = set()

    def __repr__(self) -> str:
        """Show the database, without its password, and the table."""
        return f"SQLSource({self._database.shown!r}, table={self._table!r})"

    @property
    def name(self) -> str:
        """The database, without its password, and the table."""
        return f"{self._database.shown} {self._table}"

    @property
    def metric_names(self) -> list[str]:
        """The metrics that the last look found, also those whose columns hold no number yet.

        Raises:
            SourceError: no look has found a metric yet.
        """
        if not self._offered:
            raise SourceError(f"{self.name}: no metric was read yet")
        return list(self._offered)

    def read(self) -> ReadingBatch:
        """Return the readings of the rows that are new.

        Raises:
            SourceError: the database cannot be read, or a column is missing. The next call reads on.
        """
        from .metric_rows import numeric_columns, rows_after

        found: list[Reading] = []
        with self._database.connect() as connection:
            known = numeric_columns(self._database, connection, self._table)
            metrics = self._metric_columns(known)
            columns = self._columns(known, metrics)
            old = {key for _, key in self._seen}
            seen: list[tuple[object, str]] = []
            low = self._seen[0][0] if self._seen else None
            rows = rows_after(
                connection, self._table, columns, self._cursor, low,
                where=self._where, most=self._past if low is None else _MOST_AT_ONCE,
            )  # fmt: skip
            for row in rows:
                values = dict(zip(columns, row, strict=True))
                key = repr(tuple(row))  # NaN does not equal itself, its text does
                seen.append((values[self._cursor], key))
                if key not in old:
                    found += self._readings(values, metrics)
        self._offered = dict.fromkeys([*metrics, *(reading.metric for reading in found)]) or self._offered
        # Without even the rows of the last look, the table was emptied: the next look begins afresh.
        self._seen = _latest(seen)
        return ReadingBatch(time=self._clock.now(), seconds=self._clock.monotonic(), others=found)

    def _columns(self, known: Mapping[str, bool], metrics: Sequence[str]) -> list[str]:
        given = [self._cursor, self._model, self._time, *(self._long or ())]
        for column in given:
            if column is not None and column not in known:
                hint = "; cursor= names one that grows" if column == self._cursor else ""
                raise SourceError(missing(f"{self.name} has no column", column, list(known)) + hint)
        return list(dict.fromkeys([*filter(None, given), *metrics]))

    def _metric_columns(self, known: Mapping[str, bool]) -> list[str]:
        if self._long is not None:
            return []
        if self._metrics is None:
            given = (self._cursor, self._model, self._time)
            found = [name for name, is_number in known.items() if is_number and name not in given]
            if not found:
                raise SourceError(f"{self.name}: no column holds numbers; there are: {', '.join(known)}")
            return found
        found = [name for name in self._metrics if name in known]
        for name in self._metrics:
            if name not in known:
                problem = missing(f"{self.name} has no column", name, list(known))
                if not found:
                    raise SourceError(problem)
                self._warn(name, f"{problem}; the other metrics are read")
        return found

    def _readings(self, row: Mapping[str, object], metrics: Sequence[str]) -> Iterator[Reading]:
        if self._long is not None:
            metric, value = self._long
            pairs = [] if row[metric] is None else [(str(row[metric]), row[value])]
        else:
            pairs = [(name, row[name]) for name in metrics]
        where = row[self._cursor]
        time: datetime | None = None
        if self._time is not None:
            time = moment_of(row[self._time], self._zone)
            if time is None:
                got = for_name(repr(row[self._time]))
                self._warn(self._time, f"{self.name}: the column {self._time!r} has no time but {got}; "
                           "such rows are left out")  # fmt: skip
                return
        step = where if time is None and type(where) is int else None
        model = None if self._model is None or row[self._model] is None else str(row[self._model])
        for metric, given in pairs:
            number = number_of(given)
            if number is not None:
                yield Reading(
                    metric=metric, value=number, name=f"{self._cursor}={where}", step=step, model=model,
                    group=metric.partition("@")[2] or None, time=time,
                )  # fmt: skip
            elif given is not None:
                got = for_name(repr(given))
                self._warn(metric, f"{self.name}: {metric} is no number but {got}; such values are left out")

    def _warn(self, what: str, text: str) -> None:
        if what not in self._warned:
            self._warned.add(what)
            logger.warning("%s", for_log_line(text))


def _latest(seen: list[tuple[object, str]]) -> list[tuple[object, str]]:
    """Return the last rows, those of one cursor value all or none: the next look reads from the first."""
    start = max(len(seen) - _OVERLAP, 0)
    while start and seen[start - 1][0] == seen[start][0]:
        start -= 1
    return seen[start:]


def _check(metrics: Sequence[str] | None, metric: str | None, value: str | None, past: int) -> None:
    problems = []
    if metrics is not None and not listed("metrics", metrics, '["accuracy", "recall"]'):
        problems.append("metrics: expected at least one column, got none")
    if (metric is None) != (value is None):
        given, other = ("value", "metric") if metric is None else ("metric", "value")
        problems.append(f"{other}: expected a column, because {given} is given, got None")
    if metric is not None and metrics is not None:
        problems.append("metrics: expected None, because metric names the column of a long form")
    if past < 1:
        problems.append(f"past: expected at least 1 row, got {past}")
    if problems:
        raise ConfigError(problems)
