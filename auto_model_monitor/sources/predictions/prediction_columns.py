"""Which columns of a table of predictions mean what."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields, replace

from ...core.errors import SourceError
from ...core.near_names import nearest

_MOST_SHOWN = 20  # columns that an error lists


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionColumns:
    """The columns of a table of predictions by what they mean; None where there is no such column.

    Attributes:
        id: what a label refers to.
        time: when the prediction was made.
        prediction: the model's answer.
        score: its probability of the positive class.
        label: the right answer.
        model: the model's name.
        version: the model's version.
        latency: how long it took.
        error: the type of the error where there was one.
        groups: the columns by whose values metrics are computed too.
        features: the columns whose quality is watched; None for all that mean nothing else.
    """

    id: str | None = "id"
    time: str | None = "time"
    prediction: str | None = "prediction"
    score: str | None = "score"
    label: str | None = "label"
    model: str | None = "model"
    version: str | None = "version"
    latency: str | None = "latency"
    error: str | None = "error"
    groups: tuple[str, ...] = ()
    features: tuple[str, ...] | None = None

    def found_in(
        self, known: Collection[str], table: str, elsewhere: Iterable[str] = ()
    ) -> PredictionColumns:
        """Return the columns that a table has.

        A column under its default name may be missing, one that the user named may not.

        Args:
            known: the table's columns.
            table: the table's name, for errors.
            elsewhere: the roles whose columns are in another table, which has them.

        Raises:
            SourceError: a column that was named is missing; the error lists the nearest.
        """
        found: dict[str, str | None] = {}
        for field in fields(self)[:-2]:
            role, column = field.name, getattr(self, field.name)
            if column is None or column in known or role in elsewhere:
                found[role] = column
            elif column == field.default:
                found[role] = None
            else:
                raise missing_column(role, column, known, table)
        for role, columns in (("groups", self.groups), ("features", self.features or ())):
            for column in columns:
                if column not in known:
                    raise missing_column(role, column, known, table)
        return replace(self, **found, features=self._features(known, found))  # type: ignore[arg-type]

    @property
    def by(self) -> tuple[str, ...]:
        """The columns whose values are groups; the versions of a model are groups too."""
        version = () if self.version is None or self.version in self.groups else (self.version,)
        return *self.groups, *version

    @property
    def used(self) -> list[str]:
        """All columns that a look asks for."""
        roles = [getattr(self, field.name) for field in fields(self)[:-2]]
        return list(dict.fromkeys([*filter(None, roles), *self.groups, *(self.features or ())]))

    def _features(self, known: Iterable[str], found: dict[str, str | None]) -> tuple[str, ...]:
        if self.features is not None:
            return self.features
        return tuple(column for column in known if column not in found.values())


def missing_column(role: str, column: str, known: Collection[str], table: str) -> SourceError:
    """Return the error about a column that a table does not have."""
    names = list(known)
    listed = ", ".join(names[:_MOST_SHOWN]) + (", …" if len(names) > _MOST_SHOWN else "")
    near = nearest(column, names)
    meant = f"; is {near!r} meant?" if near else ""
    return SourceError(f"{role}: expected a column {column!r} in {table}, got {listed}{meant}")
