"""Numbers that replace missing ones, as the user asks."""

from __future__ import annotations

from collections.abc import Mapping

from .table_protocol import TableRows


def fills_of(rows: TableRows, fill: Mapping[str, str | float] | None) -> dict[str, float]:
    """Return the number that replaces the missing ones of each column.

    Args:
        rows: the rows.
        fill: ``median``, ``mean`` or a number for each column.
    """
    numbers: dict[str, float | None] = {}
    for column, how in (fill or {}).items():
        if how == "median":
            numbers[column] = rows.quantiles(column, (0.5,)).get((), (None,))[0]
        elif how == "mean":
            moments = rows.moments([column]).get(())
            numbers[column] = moments[0].mean if moments else None
        else:
            numbers[column] = float(how)
    return {name: number for name, number in numbers.items() if number is not None}
