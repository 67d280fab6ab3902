"""Every table counts and sums what plain Python does, wherever its rows lie."""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

pytest.importorskip("duckdb")
pytest.importorskip("sqlalchemy")
pytest.importorskip("narwhals")

from auto_model_monitor.tables import (
    DUPLICATES,
    AbsoluteDifference,
    Bins,
    Holds,
    Labels,
    NegativeLog,
    RowCondition,
    Table,
    Windows,
    canonical,
)
from tests.tables.places import OTHER_PLACES, PLACES, ZONE, Row, database

START = datetime(2026, 11, 1)
DAYS = Windows("time", tuple(START.replace(tzinfo=ZoneInfo(ZONE)) + timedelta(days=day) for day in range(4)))
SERVERS = ["mariadb_url", "postgresql_url"]


def made(seed: int) -> tuple[list[Row], list[Row]]:
    """Return predictions, some twice, and labels, some of them twice or of unknown ids."""
    chance = random.Random(seed)

    def prediction(number: int) -> Row:
        seconds = chance.choice([chance.randrange(5 * 86_400), 86_400 * chance.randrange(5)])
        return {
            "id": f"{number:03}",
            "time": START - timedelta(days=1) + timedelta(seconds=seconds, microseconds=number),
            "score": chance.choice([None, math.nan, *(round(chance.random(), 2) for _ in range(8))]),
            "prediction": chance.randrange(2),
            "sex": chance.choice(["f", "F", "m", "true", None, " f"]),
            "remark": chance.choice(["1", "2.5", "x", "1e2", " -3 "]),
        }

    predictions = [prediction(number) for number in range(150)]
    predictions += [prediction(chance.randrange(150)) for _ in range(15)]
    for place, row in enumerate(predictions):
        row["time"] = row["time"].replace(microsecond=place)  # the later of two is certain
    labels = [
        {
            "id": f"{chance.randrange(170):03}",
            "label": chance.choice([0, 1]),
            "time": START + timedelta(days=day),
        }
        for day in range(120)
    ]
    return predictions, labels


class Truth:
    """What plain Python makes of the same rows."""

    def __init__(self, predictions: list[Row], labels: list[Row]) -> None:
        latest = {row["id"]: row for row in sorted(predictions, key=lambda row: row["time"])}
        answers = {row["id"]: row["label"] for row in sorted(labels, key=lambda row: row["time"])}
        copies = Counter(row["id"] for row in predictions)
        self.rows = [
            {**row, "label": answers.get(key), DUPLICATES: copies[key] - 1} for key, row in latest.items()
        ]
        self.left_out = {
            "duplicates": len(predictions) - len(latest),
            "labels_unmatched": len(set(answers) - set(latest)),
        }

    def groups(self, *keys) -> dict[tuple, list[Row]]:
        found = defaultdict(list)
        for row in self.rows:
            found[tuple(key(row) if callable(key) else canonical(row[key]) for key in keys)].append(row)
        return dict(found)


def day(row: Row) -> int | None:
    moment = row["time"].replace(tzinfo=ZoneInfo(ZONE))
    return next((i for i in range(3) if DAYS.edges[i] <= moment < DAYS.edges[i + 1]), None)


def number(value: object) -> float | None:
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if math.isfinite(found) else None


def numbers(rows: list[Row], column: str) -> list[float]:
    return sorted(found for row in rows if (found := number(row[column])) is not None)


@pytest.fixture(
    scope="module",
    params=[
        *PLACES,
        *(pytest.param(p, marks=pytest.mark.servers) for p in OTHER_PLACES),
        *(pytest.param(name, marks=pytest.mark.servers) for name in SERVERS),
    ],
    ids=lambda place: getattr(place, "__name__", place),
)
def looked_at(request, tmp_path_factory) -> Iterator[tuple[Table, Table, Truth]]:
    predictions, labels = made(7)
    place, folder = request.param, tmp_path_factory.mktemp("rows")
    if isinstance(place, str):
        url = request.getfixturevalue(place)
        tables = database(url, "predictions", predictions), database(url, "labels", labels)
    else:
        tables = place(folder, "predictions", predictions), place(folder, "labels", labels)
    return *tables, Truth(predictions, labels)


@pytest.fixture
def look(looked_at):
    table, labels, truth = looked_at
    joined = Labels(table=labels, id="id", label="label", time="time")
    columns = ["time", "score", "prediction", "sex", "remark"]
    with table.open(columns, id="id", time="time", labels=joined) as rows:
        yield rows, truth


def test_counts(look):
    """Rows are counted by windows, groups, labels, predictions and bins, each id once."""
    rows, truth = look
    assert {key: rows.left_out()[key] for key in truth.left_out} == truth.left_out
    found = truth.groups(day, "sex", "label", "prediction")
    assert rows.counts([DAYS, "sex", "label", "prediction"]) == {key: len(of) for key, of in found.items()}
    edges = (0.25, 0.5, 0.75)

    def bin_of(row: Row) -> int | None:
        score = number(row["score"])
        return None if score is None else sum(edge <= score for edge in edges)

    found = truth.groups(bin_of)
    assert rows.counts([Bins("score", edges)]) == {key: len(of) for key, of in found.items()}
    assert rows.counts() == {(): len(truth.rows)}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        (("score", "missing", None), lambda row: number(row["score"]) is None),
        (("sex", "present", None), lambda row: canonical(row["sex"]) is not None),
        (("score", ">=", 0.5), lambda row: (number(row["score"]) or 0) >= 0.5),
        (("score", "outside", (0.2, 0.8)), lambda row: not 0.2 <= (number(row["score"]) or 0.5) <= 0.8),
        (("sex", "in", ("f", "m")), lambda row: canonical(row["sex"]) in ("f", "m")),
        (("sex", "not in", ("f", "m")), lambda row: canonical(row["sex"]) not in ("f", "m", None)),
        (("label", "==", True), lambda row: row["label"] == 1),
        (("label", "==", "1.0"), lambda row: row["label"] == 1),
        (("sex", "==", 1), lambda row: row["sex"] == "true"),
        (("prediction", "!=", "cat"), lambda row: True),
        (("time", "<", DAYS.edges[2]), lambda row: row["time"] < DAYS.edges[2].replace(tzinfo=None)),
    ],
    ids=lambda value: " ".join(map(str, value[:2])) if isinstance(value, tuple) else "",
)  # fmt: skip
def test_conditions(look, condition, holds):
    """A condition selects the rows that plain Python selects, and its sum is their number."""
    rows, truth = look
    one = RowCondition(column=condition[0], operator=condition[1], value=condition[2])
    expected = sum(map(holds, truth.rows))
    assert sum(rows.counts(where=[one]).values()) == expected
    assert rows.moments([Holds(one)])[()][0].total == expected


def test_moments(look):
    """Sums of numbers, of text that is a number, of differences and losses are those of plain Python."""
    rows, truth = look
    values = ["score", "remark", AbsoluteDifference("label", "score"), NegativeLog("score", True), DUPLICATES]
    found = rows.moments(values, ["prediction"], about={"score": 0.5})
    for key, of in truth.groups("prediction").items():
        score, remark, difference, loss, duplicates = found[key]
        expected = numbers(of, "score")
        assert (score.rows, score.missing) == (len(expected), len(of) - len(expected))
        assert (score.low, score.high) == (expected[0], expected[-1])
        assert score.total == pytest.approx(math.fsum(expected), rel=1e-12)
        assert score.squares == pytest.approx(math.fsum((x - 0.5) ** 2 for x in expected), rel=1e-12)
        assert remark.total == pytest.approx(math.fsum(numbers(of, "remark")), rel=1e-12)
        pairs = [(row["label"], number(row["score"])) for row in of]
        both = [abs(label - value) for label, value in pairs if None not in (label, value)]
        assert (difference.rows, difference.total) == (len(both), pytest.approx(math.fsum(both), rel=1e-12))
        losses = [-math.log(max(1 - value, 2.220446049250313e-16)) for value in expected]
        assert loss.total == pytest.approx(math.fsum(losses), rel=1e-12)
        assert duplicates.total == sum(row[DUPLICATES] for row in of)


def test_quantiles(look):
    """Quantiles are exact and interpolated as NumPy does."""
    numpy = pytest.importorskip("numpy")
    rows, truth = look
    found = rows.quantiles("score", (0, 0.5, 0.95, 1), [DAYS, "prediction"])
    expected = {key: numbers(of, "score") for key, of in truth.groups(day, "prediction").items()}
    assert found == {
        key: pytest.approx(numpy.quantile(of, (0, 0.5, 0.95, 1)).tolist(), rel=1e-12)
        for key, of in expected.items()
        if of
    }


def test_rank_sums(look):
    """The area under the ROC curve from sums of ranks is that of all pairs, where ties count half."""
    rows, truth = look
    for within, groups in (([], truth.groups()), ([DAYS], truth.groups(day))):
        found = rows.rank_sums("score", "label", within)
        for key, of in groups.items():
            right, wrong = (
                numbers([row for row in of if row["label"] == label], "score") for label in (1, 0)
            )
            labelled = rows.rank_sums(
                "score", "label", within, [RowCondition(column="label", operator="present")]
            )
            ranks = labelled[(*key, "1")]
            area = (ranks.ranks - ranks.rows * (ranks.rows + 1) / 2) / (ranks.rows * len(wrong))
            pairs = [(a > b) + (a == b) / 2 for a in right for b in wrong]
            assert area == pytest.approx(sum(pairs) / len(pairs), rel=1e-12)
            assert sum(one.rows for cells, one in found.items() if cells[:-1] == key) == len(
                numbers(of, "score")
            )


def test_span_and_records(look):
    """The earliest and the latest time are in UTC, and records are the rows themselves."""
    rows, truth = look
    times = [row["time"].replace(tzinfo=ZoneInfo(ZONE)).astimezone(timezone.utc) for row in truth.rows]
    assert rows.span("time") == (min(times), max(times))
    found = Counter(
        (one["time"], canonical(one["prediction"]), number(one["score"])) for one in rows.records()
    )
    expected = zip(times, truth.rows, strict=True)
    assert found == Counter((time, str(row["prediction"]), number(row["score"])) for time, row in expected)


def test_filling(looked_at):
    """Nothing is filled unless asked; then the sums have the median, and missing numbers count as before."""
    table, _, truth = looked_at
    missing = RowCondition(column="score", operator="missing")
    expected = numbers(truth.rows, "score")
    numpy = pytest.importorskip("numpy")
    median = float(numpy.median(expected))
    with table.open(["score"], id="id", time="time", fill={"score": "median"}) as rows:
        (score,) = rows.moments(["score"])[()]
        gaps = len(truth.rows) - len(expected)
        assert score.rows == len(truth.rows)
        assert score.total == pytest.approx(math.fsum(expected) + gaps * median, rel=1e-12)
        assert rows.counts(where=[missing]) == {(): gaps}


def test_a_look_under_conditions(looked_at):
    """A look under conditions has their rows alone, and of unfiltered ids none counts as unmatched."""
    table, labels, truth = looked_at
    since = RowCondition(column="time", operator=">=", value=DAYS.edges[1])
    joined = Labels(table=labels, id="id", label="label", time="time")
    with table.open(["time"], [since], id="id", time="time", labels=joined) as rows:
        chosen = [row for row in truth.rows if row["time"] >= DAYS.edges[1].replace(tzinfo=None)]
        assert sum(rows.counts(["label"]).values()) == len(chosen)
        assert rows.left_out()["labels_unmatched"] == truth.left_out["labels_unmatched"]


def test_selected_rows(looked_at):
    """Selected rows, whose keys the engine may have computed, are counted, summed and ranked as before."""
    table, labels, truth = looked_at
    joined = Labels(table=labels, id="id", label="label", time="time")
    since = RowCondition(column="time", operator=">=", value=DAYS.edges[1])
    by = [DAYS, "sex", "label"]
    with table.open(["time", "score", "sex"], id="id", time="time", labels=joined) as rows:
        expected = rows.counts(by, [since])
        summed = rows.moments(["score", DUPLICATES], by, [since])
        halves = rows.quantiles("score", (0.5,), [DAYS], [since])
        ranks = rows.rank_sums("score", "label", [DAYS], [since])
        chosen = rows.selected([since], by)
        for _ in range(2):  # of selected rows some are selected again
            assert chosen.counts(by) == expected
            assert chosen.quantiles("score", (0.5,), [DAYS]) == halves
            assert chosen.rank_sums("score", "label", [DAYS]) == ranks
            found = chosen.moments(["score", DUPLICATES], by)
            assert {k: [(m.rows, pytest.approx(m.total)) for m in of] for k, of in summed.items()} == {
                key: [(one.rows, one.total) for one in of] for key, of in found.items()
            }
            chosen = chosen.selected([since], by)
    assert sum(expected.values()) < len(truth.rows)
