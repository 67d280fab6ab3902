"""The contract of a table: rows that stay where they lie, while counts and sums of them come here."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from .table_values import Key, Keys, Kind, Moments, RankSum, RowCondition, Value


class TableRows(Protocol):
    """The rows of one look at a table: each method is one query, and only aggregates leave the engine.

    Results are in no order. Rows whose keys are the same canonical text are one group.
    """

    @abstractmethod
    def columns(self) -> Mapping[str, Kind]:
        """Return the columns that the rows have; none where there is no file or it is empty."""
        ...

    @abstractmethod
    def selected(self, where: Sequence[RowCondition], keys: Sequence[Key]) -> TableRows:
        """Return the rows that fulfil conditions, for several queries by the same keys.

        An engine may hold them, with their keys, in place of the rows before, which are not used any more.

        Args:
            where: what a row must fulfil, all of them.
            keys: what the rows will be grouped by.
        """
        ...

    @abstractmethod
    def counts(self, by: Sequence[Key] = (), where: Sequence[RowCondition] = ()) -> Mapping[Keys, int]:
        """Count the rows of each group that occurs.

        Args:
            by: what a row is grouped by.
            where: what a row must fulfil, all of them.
        """
        ...

    @abstractmethod
    def moments(
        self,
        values: Sequence[Value],
        by: Sequence[Key] = (),
        where: Sequence[RowCondition] = (),
        about: Mapping[Value, float] | None = None,
    ) -> Mapping[Keys, tuple[Moments, ...]]:
        """Sum values of each group that occurs, all in one pass.

        Args:
            values: what is summed; the result has them in this order.
            by: what a row is grouped by.
            where: what a row must fulfil, all of them.
            about: the number that is taken off a value before it is squared, such as a reference's mean, by
                default 0. Without it the variance of large numbers loses its digits.
        """
        ...

    @abstractmethod
    def quantiles(
        self,
        column: str,
        fractions: Sequence[float],
        by: Sequence[Key] = (),
        where: Sequence[RowCondition] = (),
    ) -> Mapping[Keys, tuple[float, ...]]:
        """Return exact quantiles of a column's numbers, interpolated linearly as in NumPy.

        Args:
            column: the column's name.
            fractions: from 0 to 1.
            by: what a row is grouped by; a group without numbers is not in the result.
            where: what a row must fulfil, all of them.
        """
        ...

    @abstractmethod
    def rank_sums(
        self,
        column: str,
        of: Key,
        within: Sequence[Key] = (),
        where: Sequence[RowCondition] = (),
    ) -> Mapping[Keys, RankSum]:
        """Rank a column's numbers within each group, and sum the ranks by a further key, such as the label.

        The area under the ROC curve is ``(ranks - P (P + 1) / 2) / (P N)`` of P positive and N negative rows
        and the positives' sum of ranks (Mann & Whitney 1947): exact, with ties, of any number of scores.

        Args:
            column: the column's name; rows without a number are left out.
            of: the last key of the result.
            within: its other keys: the rows among which a row is ranked.
            where: what a row must fulfil, all of them.
        """
        ...

    @abstractmethod
    def span(self, column: str) -> tuple[datetime, datetime] | None:
        """Return the earliest and the latest time of a column, in UTC; None where there is none."""
        ...

    @abstractmethod
    def left_out(self) -> Mapping[str, int]:
        """Count what could not be used.

        ``unreadable``: lines of files that are no rows. ``duplicates``: rows whose id another row has, which
        counts instead. ``labels_unmatched``: labelled ids that no prediction has.
        """
        ...

    @abstractmethod
    def records(self) -> Iterator[dict[str, object]]:
        """Yield the rows themselves, converted and filled: for export. Monitoring needs no row."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """The table of the right answers, of which the later counts where an id has several.

    Attributes:
        table: where they lie: in the same engine as the predictions.
        id: the column that both tables have; its values are compared by their canonical text.
        label: the column of the answer, under which the joined rows have it too.
        time: the column that says which of several labels is later. Without it the later row in files and
            frames counts, in a database the greater label.
    """

    table: Table
    id: str
    label: str
    time: str | None = None


class Table(Protocol):
    """Where rows lie: files, a frame or a database."""

    @property
    @abstractmethod
    def name(self) -> str:
        """What it is, as a person would call it; never with a password."""
        ...

    @abstractmethod
    def fingerprint(self) -> Hashable | None:
        """Return what stays equal while no row changes, cheaply; None where only a query finds out.

        Raises:
            SourceError: it cannot be looked at now.
        """
        ...

    @abstractmethod
    def columns(self) -> Mapping[str, Kind]:
        """Return the columns; none where there is no file yet or it is empty.

        Raises:
            SourceError: it cannot be read now.
        """
        ...

    @abstractmethod
    def open(
        self,
        columns: Sequence[str],
        where: Sequence[RowCondition] = (),
        *,
        id: str | None = None,
        time: str | None = None,
        labels: Labels | None = None,
        fill: Mapping[str, str | float] | None = None,
    ) -> AbstractContextManager[TableRows]:
        """Look at the rows: all queries see the same ones as far as the engine can hold them.

        Args:
            columns: those that will be asked for.
            where: what a row must fulfil, all of them.
            id: the column by which rows are the same prediction: of several the later counts.
            time: the column that says which is later.
            labels: the answers that are joined by their id; the rows without one have none.
            fill: what replaces missing numbers of a column in sums: ``median``, ``mean`` or a number. They
                still count as ``missing``.

        Raises:
            SourceError: it cannot be read now, or a column is missing; the error names the nearest.
        """
        ...
