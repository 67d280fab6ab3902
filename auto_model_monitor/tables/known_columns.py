"""Tables and columns that are not there, with those that were probably meant."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from ..core.errors import SourceError
from ..core.near_names import nearest
from ..text.cleaning import for_name

_MOST_LISTED = 12


def require_columns(table: str, wanted: Iterable[str], known: Collection[str]) -> None:
    """Check that a table has columns.

    Raises:
        SourceError: it lacks one; the error names the nearest that it has.
    """
    missing = [name for name in dict.fromkeys(wanted) if name not in known]
    if not missing:
        return
    asked = [f"{name!r}{_meant(name, known)}" for name in missing]
    listed = ", ".join(map(repr, list(known)[:_MOST_LISTED]))
    more = f" and {len(known) - _MOST_LISTED} more" if len(known) > _MOST_LISTED else ""
    raise SourceError(f"{table}: expected a column {', '.join(asked)}, got the columns {listed}{more}")


def missing(what: str, asked: str, known: Sequence[str]) -> str:
    """Return an error's text about a name that is not there, with the nearest one and all that are."""
    there = ", ".join(for_name(name) for name in sorted(known)[:20]) or "none"
    return f"{what} {for_name(asked)!r}{_meant(asked, known)}; there are: {there}"


def _meant(name: str, known: Collection[str]) -> str:
    near = nearest(name, known)
    return f" (did you mean {near!r}?)" if near else ""
