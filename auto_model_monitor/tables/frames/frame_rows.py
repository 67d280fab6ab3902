"""The queries that a look at a frame makes, in Narwhals."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone, tzinfo
from typing import Any

from ...core.errors import SourceError
from ...core.extras import extra
from ..table_values import (
    Bins,
    Key,
    Keys,
    Kind,
    Moments,
    RankSum,
    RowCondition,
    Value,
    Windows,
    canonical,
    interpolated,
)
from ..time_texts import read_text
from .frame_expressions import FrameExpressions

with extra("production"):
    import narwhals as nw

_ALL = "__all"  # a key that all rows share: an engine groups by at least one


class FrameRows:
    """The rows of one look at a frame.

    Args:
        frame: a lazy frame of Narwhals.
        kinds: what its columns hold.
        naive: the columns of times without a zone.
        zone: their zone.
        left_out: the rows that are not among them, by reason.
        fills: the numbers that replace missing ones.
    """

    def __init__(
        self,
        frame: Any,
        kinds: Mapping[str, Kind],
        naive: Sequence[str],
        zone: tzinfo,
        left_out: Mapping[str, int],
        fills: Mapping[str, float] | None = None,
    ) -> None:
        self._frame = frame
        self._kinds = dict(kinds)
        self._naive = naive
        self._zone = zone
        self._left_out = dict(left_out)
        self._fills = dict(fills or {})
        self._expressions = FrameExpressions(kinds, naive, zone, self._fills)

    def filled(self, fills: Mapping[str, float]) -> FrameRows:
        """Return the same rows with numbers that replace missing ones."""
        return FrameRows(self._frame, self._kinds, self._naive, self._zone, self._left_out, fills)

    def selected(self, where: Sequence[RowCondition], keys: Sequence[Key]) -> FrameRows:
        """Return the rows that fulfil conditions."""
        frame = self._filtered(where)
        return FrameRows(frame, self._kinds, self._naive, self._zone, self._left_out, self._fills)

    def columns(self) -> Mapping[str, Kind]:
        """Return the columns."""
        return self._kinds

    def left_out(self) -> Mapping[str, int]:
        """Count what could not be used."""
        return self._left_out

    def counts(self, by: Sequence[Key] = (), where: Sequence[RowCondition] = ()) -> Mapping[Keys, int]:
        """Count the rows of each group."""
        found: dict[Keys, int] = {}
        for cells, row in self._grouped(by, [], where, [nw.len().alias("rows_")]):
            found[cells] = found.get(cells, 0) + int(row["rows_"])
        return found

    def moments(
        self,
        values: Sequence[Value],
        by: Sequence[Key] = (),
        where: Sequence[RowCondition] = (),
        about: Mapping[Value, float] | None = None,
    ) -> Mapping[Keys, tuple[Moments, ...]]:
        """Sum values of each group."""
        centres = [about.get(value, 0.0) if about else 0.0 for value in values]
        sums = [nw.len().alias("rows_")]
        for number in range(len(values)):
            one, shifted = nw.col(f"v{number}"), nw.col(f"s{number}")
            sums += [one.count().alias(f"n{number}"), one.min().alias(f"l{number}")]
            sums += [one.max().alias(f"h{number}"), shifted.sum().alias(f"t{number}")]
            sums += [nw.col(f"q{number}").sum().alias(f"u{number}")]
        expressions = []
        for number, (value, centre) in enumerate(zip(values, centres, strict=True)):
            column = self._expressions.value(value)
            shifted = column - centre
            expressions += [column.alias(f"v{number}"), shifted.alias(f"s{number}")]
            expressions += [(shifted * shifted).alias(f"q{number}")]
        found: dict[Keys, tuple[Moments, ...]] = {}
        for cells, row in self._grouped(by, expressions, where, sums):
            moments = tuple(_moments(row, number, centre) for number, centre in enumerate(centres))
            former = found.get(cells)
            found[cells] = tuple(a + b for a, b in zip(former, moments, strict=True)) if former else moments
        return found

    def quantiles(
        self,
        column: str,
        fractions: Sequence[float],
        by: Sequence[Key] = (),
        where: Sequence[RowCondition] = (),
    ) -> Mapping[Keys, tuple[float, ...]]:
        """Return exact quantiles of a column's numbers."""
        keys, frame = self._keyed(by, [self._expressions.number(column).alias("v0")], where)
        value = nw.col("v0")
        numbers = frame.filter(~value.is_null())
        ranked = numbers.with_columns(
            (value.rank("ordinal").over(*keys).cast(nw.Int64) - 1).alias("place"),
            nw.len().over(*keys).cast(nw.Int64).alias("rows_"),
        )
        near = nw.lit(False)
        for fraction in fractions:
            wanted = (nw.col("rows_") - 1).cast(nw.Float64) * fraction
            near = near | ((nw.col("place") > wanted - 1.0) & (nw.col("place") < wanted + 1.0))
        places: dict[Keys, dict[int, float]] = {}
        sizes: dict[Keys, int] = {}
        spelled = _Spellings(by)
        for row in _rows(ranked.filter(near)):
            cells = _cells(row, by)
            spelled.check(row)
            places.setdefault(cells, {})[int(row["place"])] = float(row["v0"])
            sizes[cells] = int(row["rows_"])
        return {
            cells: tuple(interpolated(at, sizes[cells], fraction) for fraction in fractions)
            for cells, at in places.items()
        }

    def rank_sums(
        self, column: str, of: Key, within: Sequence[Key] = (), where: Sequence[RowCondition] = ()
    ) -> Mapping[Keys, RankSum]:
        """Rank a column's numbers within each group, and sum the ranks by a further key."""
        by = (*within, of)
        keys, frame = self._keyed(by, [self._expressions.number(column).alias("v0")], where)
        value, group = nw.col("v0"), [_ALL, *keys[1:-1]]
        ranked = frame.filter(~value.is_null()).with_columns(value.rank("average").over(*group).alias("r"))
        sums = ranked.group_by(*keys).agg(nw.len().alias("rows_"), nw.col("r").sum().alias("ranks_"))
        found: dict[Keys, RankSum] = {}
        spelled = _Spellings(within)
        for row in _rows(sums):
            spelled.check(row)
            cells, one = _cells(row, by), RankSum(int(row["rows_"]), float(row["ranks_"]))
            found[cells] = found[cells] + one if cells in found else one
        return found

    def span(self, column: str) -> tuple[datetime, datetime] | None:
        """Return the earliest and the latest time of a column."""
        times = self._expressions.times(column)
        (row,) = _rows(self._frame.select(times.min().alias("first_"), times.max().alias("last_")))
        first, last = self._time(row["first_"]), self._time(row["last_"])
        return None if first is None or last is None else (first, last)

    def records(self) -> Iterator[dict[str, object]]:
        """Yield the rows themselves, converted and filled."""
        filled = [self._expressions.number(name).alias(name) for name in self._fills]
        for row in _rows(self._frame.with_columns(*filled) if filled else self._frame):
            yield {name: self._plain(row[name], kind) for name, kind in self._kinds.items()}

    def _grouped(
        self, by: Sequence[Key], values: Sequence[Any], where: Sequence[RowCondition], sums: Sequence[Any]
    ) -> Iterator[tuple[Keys, dict[str, Any]]]:
        keys, frame = self._keyed(by, values, where)
        for row in _rows(frame.group_by(*keys).agg(*sums)):
            yield _cells(row, by), row

    def _keyed(
        self, by: Sequence[Key], values: Sequence[Any], where: Sequence[RowCondition]
    ) -> tuple[list[str], Any]:
        """Return the names of the keys, one that all rows share before them, and the frame."""
        keys = [self._expressions.key(key).alias(f"k{number}") for number, key in enumerate(by)]
        frame = self._filtered(where).with_columns(nw.lit(1).alias(_ALL), *keys, *values)
        return [_ALL, *(f"k{number}" for number in range(len(by)))], frame

    def _filtered(self, where: Sequence[RowCondition]) -> Any:
        frame = self._frame
        for one in where:
            frame = frame.filter(self._expressions.condition(one))
        return frame

    def _time(self, value: Any) -> datetime | None:
        if isinstance(value, datetime):
            return (value if value.tzinfo else value.replace(tzinfo=self._zone)).astimezone(timezone.utc)
        if isinstance(value, float):
            return datetime.fromtimestamp(value, timezone.utc)
        return read_text(value, self._zone)

    def _plain(self, value: Any, kind: Kind) -> object:
        if kind == "time":
            return self._time(value)
        if isinstance(value, str):
            return value.strip() or None
        return None if isinstance(value, float) and not math.isfinite(value) else value


class _Spellings:
    """Refuses groups that were ranked apart although they are the same, such as ``1`` and ``1.0``.

    Args:
        by: what the rows were ranked by.
    """

    def __init__(self, by: Sequence[Key]) -> None:
        self._by = by
        self._raw: dict[Keys, tuple[Any, ...]] = {}

    def check(self, row: Mapping[str, Any]) -> None:
        """Take note of the group of a row.

        Raises:
            SourceError: the same group came in another spelling.
        """
        cells = _cells(row, self._by)
        raw = tuple(row[f"k{number}"] for number in range(len(self._by)))
        if self._raw.setdefault(cells, raw) != raw:
            text = f"expected one spelling of {cells}, got {self._raw[cells]} and {raw}"
            raise SourceError(f"{text}: write the values alike")


def _rows(frame: Any) -> Iterator[dict[str, Any]]:
    rows: Iterator[dict[str, Any]] = frame.collect().iter_rows(named=True)
    return rows


def _cells(row: Mapping[str, Any], by: Sequence[Key]) -> Keys:
    return tuple(_cell(row[f"k{number}"], key) for number, key in enumerate(by))


def _cell(value: Any, key: Key) -> str | int | None:
    if isinstance(key, (Windows, Bins)):
        return None if value is None else int(value)
    return canonical(value)


def _moments(row: Mapping[str, Any], number: int, about: float) -> Moments:
    count, low, high = int(row[f"n{number}"]), row[f"l{number}"], row[f"h{number}"]
    return Moments(
        rows=count,
        missing=int(row["rows_"]) - count,
        about=about,
        shifted=float(row[f"t{number}"] or 0.0),
        squares=float(row[f"u{number}"] or 0.0),
        low=None if low is None else float(low),
        high=None if high is None else float(high),
    )
