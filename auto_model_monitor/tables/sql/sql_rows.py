"""The queries that a look at a table makes, in SQL."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from ...core.errors import SourceError
from ...core.extras import extra
from ..table_values import Key, Keys, Kind, Moments, RankSum, RowCondition, Value, canonical, interpolated
from .dialects import SqlDialect
from .expressions import Expressions

with extra("production"):
    import sqlalchemy as sa

Hold = Callable[["sa.Select[Any]"], "sa.FromClause"]
"""Replaces the rows of a look by those of a query, which the engine then holds."""

Run = Callable[["sa.Select[Any]"], Iterable[Sequence[Any]]]
"""Executes a query and returns its rows."""

T = TypeVar("T")


class SqlRows:
    """The rows of one look, in an engine that understands SQL.

    Args:
        run: executes a query.
        relation: the rows.
        kinds: what its columns hold.
        dialect: the engine's.
        left_out: the rows that are not among them, by reason.
        fills: the numbers that replace missing ones.
        hold: makes a table of a query; None where the engine may not.
        where: what a row must fulfil.
        held: the columns of the relation that keys are computed in already.
    """

    def __init__(
        self,
        run: Run,
        relation: sa.FromClause,
        kinds: Mapping[str, Kind],
        dialect: SqlDialect,
        left_out: Mapping[str, int],
        fills: Mapping[str, float] | None = None,
        hold: Hold | None = None,
        where: Sequence[sa.ColumnElement[bool]] = (),
        held: Mapping[Key, sa.ColumnElement[Any]] | None = None,
    ) -> None:
        self._run = run
        self._relation = relation
        self._kinds = dict(kinds)
        self._dialect = dialect
        self._left_out = dict(left_out)
        self._fills = dict(fills or {})
        self._hold = hold
        self._where = list(where)
        self._expressions = Expressions(dict(relation.c.items()), kinds, dialect, self._fills, held)

    def filled(self, fills: Mapping[str, float]) -> SqlRows:
        """Return the same rows with numbers that replace missing ones."""
        return SqlRows(
            self._run, self._relation, self._kinds, self._dialect, self._left_out, fills, self._hold
        )

    def selected(self, where: Sequence[RowCondition], keys: Sequence[Key]) -> SqlRows:
        """Return the rows that fulfil conditions, with their keys in columns if the engine holds them."""
        conditions = self._expressions.conditions(where)
        own = self._run, self._relation, self._kinds, self._dialect, self._left_out, self._fills
        if self._hold is None:
            return SqlRows(*own, where=[*self._where, *conditions])
        names = {key: f"__key{number}" for number, key in enumerate(dict.fromkeys(keys))}
        computed = [self._expressions.key(key).label(name) for key, name in names.items()]
        query = sa.select(*self._relation.c, *computed).select_from(self._relation).where(*conditions)
        relation = self._hold(query)
        held = {key: relation.c[name] for key, name in names.items()}
        return SqlRows(self._run, relation, *own[2:], held=held)

    def columns(self) -> Mapping[str, Kind]:
        """Return the columns."""
        return self._kinds

    def left_out(self) -> Mapping[str, int]:
        """Count what could not be used."""
        return self._left_out

    def counts(self, by: Sequence[Key] = (), where: Sequence[RowCondition] = ()) -> Mapping[Keys, int]:
        """Count the rows of each group."""
        keyed = self._keyed(by, [], where)
        keys = _keys(keyed, len(by))
        query = sa.select(*keys, sa.func.count()).select_from(keyed).group_by(*keys)
        found: dict[Keys, int] = {}
        for *raw, rows in self._run(query):
            if rows:  # without keys a table without rows has one group of none
                cells = _cells(raw, by)
                found[cells] = found.get(cells, 0) + int(rows)
        return found

    def moments(
        self,
        values: Sequence[Value],
        by: Sequence[Key] = (),
        where: Sequence[RowCondition] = (),
        about: Mapping[Value, float] | None = None,
    ) -> Mapping[Keys, tuple[Moments, ...]]:
        """Sum values of each group."""
        keyed = self._keyed(by, [self._expressions.value(value) for value in values], where)
        keys = _keys(keyed, len(by))
        centres = [about.get(value, 0.0) if about else 0.0 for value in values]
        sums: list[Any] = []
        for number, centre in enumerate(centres):
            value = keyed.c[f"v{number}"]
            shifted = value - centre if centre else value
            sums += [sa.func.count(value), sa.func.sum(shifted), sa.func.sum(shifted * shifted)]
            sums += [sa.func.min(value), sa.func.max(value)]
        query = sa.select(*keys, sa.func.count(), *sums).select_from(keyed).group_by(*keys)
        found: dict[Keys, tuple[Moments, ...]] = {}
        for row in self._run(query):
            raw, rows, numbers = row[: len(by)], int(row[len(by)]), row[len(by) + 1 :]
            if rows:
                moments = tuple(_moments(rows, numbers[5 * i : 5 * i + 5], c) for i, c in enumerate(centres))
                cells = _cells(raw, by)
                before = found.get(cells)
                found[cells] = (
                    tuple(a + b for a, b in zip(before, moments, strict=True)) if before else moments
                )
        return found

    def quantiles(
        self,
        column: str,
        fractions: Sequence[float],
        by: Sequence[Key] = (),
        where: Sequence[RowCondition] = (),
    ) -> Mapping[Keys, tuple[float, ...]]:
        """Return exact quantiles of a column's numbers."""
        keyed = self._keyed(by, [self._expressions.number(column)], where)
        keys, value = _keys(keyed, len(by)), keyed.c.v0
        aggregate = self._dialect.quantiles(value, fractions)
        if aggregate is not None:
            query = sa.select(*keys, aggregate).where(value.is_not(None)).group_by(*keys)
            of_group = {tuple(raw): found for *raw, found in self._run(query)}
            return self._once({raw: tuple(found) for raw, found in of_group.items() if found}, by)
        place = (sa.func.row_number().over(partition_by=keys or None, order_by=value) - 1).label("place")
        rows = sa.func.count().over(partition_by=keys or None).label("rows_")
        ranked = sa.select(*keys, value, place, rows).where(value.is_not(None)).subquery()
        wanted = [_near(ranked.c.place, (ranked.c.rows_ - 1) * sa.literal(f, sa.Double)) for f in fractions]
        places: dict[tuple[Any, ...], dict[int, float]] = {}
        sizes: dict[tuple[Any, ...], int] = {}
        for *raw, number, index, size in self._run(sa.select(ranked).where(sa.or_(*wanted))):
            places.setdefault(tuple(raw), {})[int(index)] = float(number)
            sizes[tuple(raw)] = int(size)
        found = {raw: tuple(interpolated(at, sizes[raw], f) for f in fractions) for raw, at in places.items()}
        return self._once(found, by)

    def rank_sums(
        self, column: str, of: Key, within: Sequence[Key] = (), where: Sequence[RowCondition] = ()
    ) -> Mapping[Keys, RankSum]:
        """Rank a column's numbers within each group, and sum the ranks by a further key."""
        by = (*within, of)
        keyed = self._keyed(by, [self._expressions.number(column)], where)
        keys, value = _keys(keyed, len(by)), keyed.c.v0
        group = keys[:-1]
        rank: sa.ColumnElement[Any] = sa.func.rank().over(partition_by=group or None, order_by=value)
        # The same partition and order as above, so that the rows are sorted once.
        ties = sa.func.count().over(partition_by=group or None, order_by=value, range_=(0, 0))
        ranked = sa.select(*keys, (rank + (ties - 1) * sa.literal(0.5, sa.Double)).label("r"))
        ranks = ranked.where(value.is_not(None)).subquery()
        ranked_keys = _keys(ranks, len(by))
        query = sa.select(*ranked_keys, sa.func.count(), sa.func.sum(ranks.c.r)).group_by(*ranked_keys)
        found: dict[Keys, RankSum] = {}
        groups: dict[tuple[Any, ...], None] = {}
        for *raw, rows, total in self._run(query):
            cells, sums = _cells(raw, by), RankSum(int(rows), float(total))
            groups[tuple(raw[:-1])] = None
            found[cells] = found[cells] + sums if cells in found else sums
        self._once(groups, within)
        return found

    def span(self, column: str) -> tuple[datetime, datetime] | None:
        """Return the earliest and the latest time of a column."""
        times = self._dialect.times(self._relation.c[column], self._kinds[column])
        query = sa.select(sa.func.min(times.compared), sa.func.max(times.compared))
        ((first, last),) = self._run(query.select_from(self._relation))
        if first is None:
            return None
        begin, end = times.read(first), times.read(last)
        return None if begin is None or end is None else (begin, end)

    def records(self) -> Iterator[dict[str, object]]:
        """Yield the rows themselves, converted and filled."""
        selected: list[Any] = []
        readers: dict[str, Callable[[Any], object]] = {}
        for name, kind in self._kinds.items():
            column: sa.ColumnElement[Any] = self._relation.c[name]
            readers[name] = _plain
            if kind == "time":
                times = self._dialect.times(column, kind)
                column, readers[name] = times.compared, times.read
            selected.append(self._expressions.number(name) if name in self._fills else column)
        for row in self._run(sa.select(*selected).select_from(self._relation)):
            yield {
                name: None if value is None else readers[name](value)
                for name, value in zip(readers, row, strict=True)
            }

    def _keyed(self, by: Sequence[Key], values: Sequence[Any], where: Sequence[RowCondition]) -> sa.Subquery:
        """Return keys and values of the rows as columns, so that no expression stands in GROUP BY."""
        keys = [self._expressions.key(key).label(f"k{number}") for number, key in enumerate(by)]
        labelled = [value.label(f"v{number}") for number, value in enumerate(values)]
        query = sa.select(*keys, *labelled, sa.literal_column("1").label("row_"))
        conditions = [*self._where, *self._expressions.conditions(where)]
        return query.select_from(self._relation).where(*conditions).subquery()

    def _once(self, found: Mapping[tuple[Any, ...], T], by: Sequence[Key]) -> Mapping[Keys, T]:
        """Return the groups by their canonical keys.

        Raises:
            SourceError: two groups, which were ranked apart, are the same.
        """
        result: dict[Keys, T] = {}
        for raw, value in found.items():
            cells = _cells(raw, by)
            if cells in result:
                text = f"expected one spelling of {cells} in the columns {_names(by)}, got several"
                raise SourceError(f"{text}, such as {raw}: write the values alike")
            result[cells] = value
        return result


def _names(by: Sequence[Key]) -> list[str]:
    return [key if isinstance(key, str) else key.column for key in by]


def _keys(keyed: sa.FromClause, number: int) -> list[sa.ColumnElement[Any]]:
    return [keyed.c[f"k{index}"] for index in range(number)]


def _cells(raw: Sequence[Any], by: Sequence[Key]) -> Keys:
    return tuple(
        canonical(value) if isinstance(key, str) else None if value is None else int(value)
        for value, key in zip(raw, by, strict=True)
    )


def _moments(rows: int, numbers: Sequence[Any], about: float) -> Moments:
    count, shifted, squares, low, high = numbers
    return Moments(
        rows=int(count),
        missing=rows - int(count),
        about=about,
        shifted=float(shifted or 0.0),
        squares=float(squares or 0.0),
        low=None if low is None else float(low),
        high=None if high is None else float(high),
    )


def _near(place: sa.ColumnElement[Any], wanted: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """Hold for the one or two rows that a quantile lies at or between."""
    return sa.and_(place > wanted - 1.0, place < wanted + 1.0)


def _plain(value: Any) -> object:
    """Return a value as it is, None where it is missing."""
    if isinstance(value, str):
        return value.strip() or None
    return None if isinstance(value, float) and not math.isfinite(value) else value
