"""A table of metrics that any program may fill: one row for each evaluation of a model.

::

    from auto_model_monitor import Monitor, SQLSource, performance_data

    url = "mysql+pymysql://monitor:password@db/model_monitor"
    performance_data.insert(url, model_name="model_1", accuracy=0.95, recall=0.90, precision=0.92)
    source = SQLSource(url, table="performance_data", model="model_name")
    Monitor(source, ["accuracy < 90%"], ["dingtalk://token"], schedule="daily 08:00").start_monitoring()

A database can fill it too. Here predictions and their labels lie in a table ``predictions`` with the columns
``id``, ``model_name``, ``prediction`` and ``label``; each label that arrives adds the accuracy of the model's
last 1,000 labelled predictions. In SQLite a trigger runs for each row:

.. code-block:: sqlite

    CREATE TRIGGER record_accuracy AFTER UPDATE OF label ON predictions
    WHEN NEW.label IS NOT NULL
    BEGIN
      INSERT INTO performance_data (model_name, accuracy)
      SELECT NEW.model_name, avg(prediction = label) FROM (
        SELECT prediction, label FROM predictions
        WHERE model_name = NEW.model_name AND label IS NOT NULL ORDER BY id DESC LIMIT 1000
      );
    END;

In PostgreSQL it can run for each statement, so that a thousand labels that come together add one row:

.. code-block:: postgresql

    CREATE FUNCTION record_accuracy() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO performance_data (model_name, accuracy)
      SELECT model_name, (
        SELECT avg((prediction = label)::int) FROM (
          SELECT prediction, label FROM predictions
          WHERE model_name = changed.model_name AND label IS NOT NULL ORDER BY id DESC LIMIT 1000
        ) AS latest
      )
      FROM (SELECT DISTINCT model_name FROM new_rows WHERE label IS NOT NULL) AS changed;
      RETURN NULL;
    END $$;

    CREATE TRIGGER record_accuracy AFTER UPDATE ON predictions
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION record_accuracy();
"""

from __future__ import annotations

TYPE_CHECKING = False  # a type checker takes this for true; an import of typing costs more than all else
if TYPE_CHECKING:
    from collections.abc import Iterator


def insert(
    url: str,
    *,
    model_name: str,
    accuracy: float | None = None,
    recall: float | None = None,
    precision: float | None = None,
    f1: float | None = None,
    auc: float | None = None,
    table: str = "performance_data",
    **further: float | None,
) -> None:
    """Add a row; the first one creates the table, with ``id`` and ``time`` (UTC) beside these columns.

    Args:
        url: SQLAlchemy's, such as ``sqlite:///metrics.db``.
        model_name: the model.
        accuracy: its accuracy; what is None or not finite is stored as NULL, which is no reading.
        recall: its recall.
        precision: its precision.
        f1: its F1 score.
        auc: the area under its ROC curve.
        table: another table, also ``schema.table``.
        further: further metrics; the table must have a column of this name, or be created by this call.

    Raises:
        ConfigError: the table has no such column, or a metric is no number.
        SourceError: the database cannot be reached, is locked or full. The error shows no password.
    """
    from .performance_table import add_row

    metrics = {"accuracy": accuracy, "recall": recall, "precision": precision, "f1": f1, "auc": auc}
    add_row(url, table, model_name, metrics | further)


def rows(url: str, *, table: str = "performance_data") -> Iterator[dict[str, object]]:
    """Yield each row as a dictionary; they are read as they are asked for, however many there are.

    Args:
        url: as in :func:`insert`.
        table: another table, also ``schema.table``.

    Raises:
        SourceError: the database cannot be read, or has no such table.
    """
    from .performance_table import all_rows

    return all_rows(url, table)
