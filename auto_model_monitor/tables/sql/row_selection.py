"""Which rows a look is about: each id once, with its latest label, under conditions; as one query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...core.extras import extra
from ..table_values import DUPLICATES, Kind, RowCondition
from .dialects import Expression, SqlDialect
from .expressions import Expressions
from .sql_rows import Run

with extra("production"):
    import sqlalchemy as sa

_LARGEST = 1e15  # whole numbers beyond are written as they are


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """Rows in the engine.

    Attributes:
        rows: the table, view or subquery.
        kinds: what its columns hold.
        key: the id by which rows are the same prediction, from :func:`id_text`.
        time: the column that says which of several is later.
        position: the column that says it otherwise: the row's number in its file.
    """

    rows: sa.FromClause
    kinds: Mapping[str, Kind]
    key: Expression | None = None
    time: str | None = None
    position: str | None = None


class RowSelection:
    """Selects the rows of a look.

    Args:
        run: executes a query.
        dialect: the engine's.

    Attributes:
        left_out: the rows that are not among them, by reason.
    """

    def __init__(self, run: Run, dialect: SqlDialect) -> None:
        self._run = run
        self._dialect = dialect
        self._answers: sa.FromClause | None = None
        self._answered = 0  # ids that have a label
        self.left_out: dict[str, int] = {}

    def of(self, relation: Relation, columns: Sequence[str], where: Sequence[RowCondition]) -> sa.Select[Any]:
        """Return the rows that fulfil the conditions, each id once."""
        conditions = self._expressions(relation).conditions(where)
        chosen = [relation.rows.c[name] for name in columns]
        if relation.key is None:
            return sa.select(*chosen).where(*conditions)
        once, further, _ = self._once(
            relation, [*chosen, relation.key.label("__id")], conditions, relation.key
        )
        self.left_out["duplicates"] = further
        return once

    def labelled(self, predictions: sa.Select[Any], labels: Relation, label: str) -> sa.Select[Any]:
        """Return the predictions with the latest label of their id, if there is one.

        Args:
            predictions: from :meth:`of`.
            labels: the labels, with an id.
            label: the column of the answer.
        """
        key = labels.key
        assert key is not None
        given = RowCondition(column=label, operator="present")
        conditions = [*self._expressions(labels).conditions([given]), key.is_not(None)]
        answer = labels.rows.c[label].label("__label")
        once, _, self._answered = self._once(labels, [answer, key.label("__id")], conditions, key)
        answers, asked = _materialized(once), predictions.subquery()
        self._answers = answers
        columns = [column for column in asked.c if column.name != label]
        joined = asked.outerjoin(answers, asked.c["__id"] == answers.c["__id"])
        return sa.select(*columns, answers.c["__label"].label(label)).select_from(joined)

    def count_unmatched(self, predictions: Relation) -> None:
        """Count the labels whose id no prediction has, with or without the conditions.

        Args:
            predictions: all of them, with an id.
        """
        answers, key = self._answers, predictions.key
        assert answers is not None
        assert key is not None
        ids = _materialized(sa.select(key.label("__id")))
        without = answers.outerjoin(ids, answers.c["__id"] == ids.c["__id"])
        unmatched = sa.select(sa.func.count()).select_from(without).where(ids.c["__id"].is_(None))
        self.left_out["labels_unmatched"] = int(self._one(unmatched)[0])

    def count_others(self, label: Expression) -> None:
        """Count the labels whose id no prediction has, of all predictions.

        Args:
            label: the column of the labels that the predictions were joined with.
        """
        (joined,) = self._one(sa.select(sa.func.count(label)))
        self.left_out["labels_unmatched"] = self._answered - int(joined)

    def _one(self, query: Any) -> Sequence[Any]:
        (row,) = self._run(query)
        return row

    def _expressions(self, relation: Relation) -> Expressions:
        return Expressions(dict(relation.rows.c.items()), relation.kinds, self._dialect, {})

    def _once(
        self,
        relation: Relation,
        columns: Sequence[Expression],
        conditions: Sequence[Expression],
        key: Expression,
    ) -> tuple[sa.Select[Any], int, int]:
        """Return the rows with each id once, the later one, the number of the others, and of the ids."""
        count = sa.select(sa.func.count(key), sa.func.count(key.distinct())).where(*conditions)
        rows, ids = self._one(count.select_from(relation.rows))
        if rows == ids:
            once = sa.select(*columns, sa.literal_column("0").label(DUPLICATES)).where(*conditions)
            return once, 0, int(ids)
        number = sa.func.row_number().over(partition_by=key, order_by=self._latest_first(relation, columns))
        more = sa.case((key.is_(None), 0), else_=sa.func.count().over(partition_by=key) - 1)
        numbered = sa.select(*columns, more.label(DUPLICATES), number.label("__number"))
        all_rows = numbered.where(*conditions).subquery()
        kept = [column for column in all_rows.c if column.name != "__number"]
        first = sa.or_(all_rows.c["__number"] == 1, all_rows.c["__id"].is_(None))
        return sa.select(*kept).where(first), int(rows) - int(ids), int(ids)

    def _latest_first(self, relation: Relation, columns: Sequence[Expression]) -> list[Expression]:
        """Return an order that is the same at each look."""
        order: list[Expression] = []
        if relation.time is not None:
            times = self._dialect.times(relation.rows.c[relation.time], relation.kinds[relation.time])
            # Where NULL stands differs between engines.
            order += [sa.case((times.compared.is_(None), 1), else_=0), times.compared.desc()]
        if relation.position is not None:
            return [*order, relation.rows.c[relation.position].desc()]
        return [*order, *(column.desc() for column in columns)]


def _materialized(query: sa.Select[Any]) -> sa.CTE:
    """Return a query, whose ids differ, that is computed once: databases index its result for a join.

    No expression is indexed, so that each row would be compared with each. MariaDB has no MATERIALIZED.
    """
    for dialect in ("mysql", "mariadb"):
        query = query.prefix_with("DISTINCT", dialect=dialect)
    rows = query.cte()
    for dialect in ("sqlite", "postgresql"):
        rows = rows.prefix_with("MATERIALIZED", dialect=dialect)
    return rows


def id_text(column: Expression, kind: Kind) -> Expression:
    """Return an id as text, so that ``42``, ``42.0`` and ``"42"`` meet; NULL where it is missing."""
    if kind != "number":
        text = sa.func.trim(column if kind == "text" else sa.cast(column, sa.String))
        # pandas writes whole numbers in a column with gaps as 42.0.
        whole = sa.func.substr(text, 1, sa.func.length(text) - 2)
        return sa.case((text.like("%.0"), whole), (text != "", text))
    whole_number = sa.cast(column, sa.BigInteger)
    written = sa.case(
        (sa.cast(whole_number, sa.Double) == sa.cast(column, sa.Double), sa.cast(whole_number, sa.String)),
        else_=sa.cast(column, sa.String),
    )
    return sa.case(
        (sa.and_(column > -_LARGEST, column < _LARGEST), written), else_=sa.cast(column, sa.String)
    )
