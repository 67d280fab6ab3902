"""Frames of Polars, Ibis and Spark as tables."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from zoneinfo import ZoneInfo

from ...core.errors import ConfigError, SourceError
from ...core.extras import extra
from ..fills import fills_of
from ..known_columns import require_columns
from ..table_protocol import Labels, TableRows
from ..table_values import DUPLICATES, Kind, RowCondition
from .frame_expressions import FrameExpressions
from .frame_rows import FrameRows

with extra("production"):
    import narwhals as nw

_ID, _LABEL, _PLACE = "__id", "__label", "__place"


class FrameTable:
    """Rows in a frame, whose engine counts and sums them.

    Args:
        frame: of Polars, Ibis or Spark, lazy or not.
        zone: the time zone of times without one.

    Raises:
        ConfigError: Narwhals does not know such a frame.
    """

    def __init__(self, frame: Any, zone: str = "UTC") -> None:
        self._kind = type(frame).__module__.partition(".")[0]
        try:
            given = nw.from_native(frame)
        except TypeError:
            text = f"expected a path, a URL or a frame, got one of type {type(frame).__name__}"
            raise ConfigError(text) from None
        # Of equal times the later row counts, where the frame has an order.
        self._has_order = isinstance(given, nw.DataFrame)
        self._frame: Any = given.with_row_index(_PLACE).lazy() if isinstance(given, nw.DataFrame) else given
        self._zone = ZoneInfo(zone)

    @property
    def name(self) -> str:
        """The kind of the frame."""
        return f"the {self._kind} frame"

    def fingerprint(self) -> Hashable | None:
        """Return the same of a frame of Polars, which is as it was given; None of those that may change."""
        return self.name if self._kind == "polars" and self._has_order else None

    def columns(self) -> Mapping[str, Kind]:
        """Return the columns."""
        schema = self._frame.collect_schema()
        return {name: _kind(dtype) for name, dtype in schema.items() if name != _PLACE}

    @contextmanager
    def open(
        self,
        columns: Sequence[str],
        where: Sequence[RowCondition] = (),
        *,
        id: str | None = None,
        time: str | None = None,
        labels: Labels | None = None,
        fill: Mapping[str, str | float] | None = None,
    ) -> Iterator[TableRows]:
        """Look at the rows; each query reads them again, unless the engine keeps them."""
        key = id or (labels.id if labels else None)
        wanted = [*columns, *(one.column for one in where), *filter(None, (key, time))]
        try:
            kinds, chosen = self._chosen(wanted)
            every = chosen
            for one in where:
                chosen = chosen.filter(self._expressions(kinds).condition(one))
            left_out = {"unreadable": 0}
            kinds = {name: kinds[name] for name in columns}
            if key is not None:
                chosen, left_out["duplicates"] = self._once(chosen, key, time)
                kinds[DUPLICATES] = "number"
            if key is not None and labels is not None:
                chosen, kinds[labels.label], unmatched = self._labelled(chosen, every, key, labels)
                left_out["labels_unmatched"] = unmatched
            rows = FrameRows(chosen, kinds, self._naive(), self._zone, left_out)
            yield rows.filled(fills_of(rows, fill))
        except nw.exceptions.NarwhalsError as error:
            raise SourceError(f"{self.name} cannot be read: {error}") from None

    def _chosen(self, columns: Sequence[str]) -> tuple[dict[str, Kind], Any]:
        known = dict(self.columns())
        wanted = list(dict.fromkeys(columns))
        require_columns(self.name, wanted, known)
        places = [_PLACE] if self._has_order else []
        return {name: known[name] for name in wanted}, self._frame.select(*wanted, *places)

    def _expressions(self, kinds: Mapping[str, Kind]) -> FrameExpressions:
        return FrameExpressions(kinds, self._naive(), self._zone, {})

    def _naive(self) -> list[str]:
        schema = self._frame.collect_schema().items()
        return [name for name, dtype in schema if not (dtype == nw.Datetime and dtype.time_zone)]

    def _once(self, frame: Any, id: str, time: str | None) -> tuple[Any, int]:
        """Return the rows with each id once, the later one, and the number of the others."""
        keyed = frame.with_columns(_id_text(id, dict(self.columns())[id]).alias(_ID))
        named = keyed.filter(~nw.col(_ID).is_null())
        order = [time] if time else []
        order += [_PLACE] if self._has_order else [name for name in self.columns() if name in _names(frame)]
        counted = named.with_columns((nw.len().over(_ID) - 1).alias(DUPLICATES))
        once = counted.unique(_ID, keep="last", order_by=list(dict.fromkeys(order)))
        nameless = keyed.filter(nw.col(_ID).is_null()).with_columns(nw.lit(0).alias(DUPLICATES))
        same = [nw.col(DUPLICATES).cast(nw.Int64)]
        return nw.concat([once.with_columns(*same), nameless.with_columns(*same)]), _count(named) - _count(
            once
        )

    def _labelled(self, frame: Any, every: Any, key: str, labels: Labels) -> tuple[Any, Kind, int]:
        table = labels.table
        if not isinstance(table, FrameTable) or table._kind != self._kind:
            raise ConfigError(
                f"labels: expected a frame like {self.name}, got {table.name}: "
                "the labels must lie where the predictions lie"
            )
        fields = [labels.id, labels.label, *filter(None, [labels.time])]
        kinds, given = table._chosen(fields)
        present = RowCondition(column=labels.label, operator="present")
        given, _ = table._once(
            given.filter(table._expressions(kinds).condition(present)), labels.id, labels.time
        )
        given = given.filter(~nw.col(_ID).is_null()).select(_ID, nw.col(labels.label).alias(_LABEL))
        ids = every.select(_id_text(key, dict(self.columns())[key]).alias(_ID))
        unmatched = _count(given.join(ids, on=_ID, how="anti"))
        kept = [name for name in _names(frame) if name != labels.label]
        joined = frame.select(*kept).join(given, on=_ID, how="left").rename({_LABEL: labels.label})
        return joined, kinds[labels.label], unmatched


def _names(frame: Any) -> list[str]:
    return list(frame.collect_schema().names())


def _count(frame: Any) -> int:
    return int(frame.select(nw.len().alias("n")).collect().item())


def _kind(dtype: Any) -> Kind:
    if dtype.is_numeric():
        return "number"
    if dtype == nw.Boolean:
        return "boolean"
    return "time" if dtype in (nw.Datetime, nw.Date) else "text"


def _id_text(name: str, kind: Kind) -> Any:
    """Return an id as text, so that ``42``, ``42.0`` and ``"42"`` meet; null where it is missing."""
    text = (
        nw.col(name).cast(nw.String).str.strip_chars() if kind != "text" else nw.col(name).str.strip_chars()
    )
    text = text.str.replace_all(r"\.0$", "")
    return nw.when(text != "").then(text)
