"""``auto-model-monitor evaluate``: compare a model on its training rows with the same in production."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import asdict

from ..evaluation import MetricValue
from ..evaluation.intervals import PROPORTIONS, newcombe
from ..i18n import number_text
from ..text.cleaning import for_terminal
from ..text.terminal import Terminal, table
from .command import FAILURE, SUCCESS, Command
from .option_parser import OptionParser, whole_number

Values = Mapping[str, MetricValue]

_COUNTS = ("rows", "labelled")  # whose gap means nothing
_COLUMNS = {
    "label": "the column of the right answer",
    "prediction": "the column of the model's answer",
    "score": "the column of the probability of the positive class",
    "id": "the column by which rows are the same: of several the last counts",
}


def add_options(parser: OptionParser) -> None:
    """Add the options of ``evaluate``."""
    parser.add_argument("train", metavar="TRAIN", help="the rows of the training: a file, a pattern, a URL")
    parser.add_argument("production", metavar="PRODUCTION", help="the rows from production")
    for name, text in _COLUMNS.items():
        parser.add_argument(
            f"--{name}", metavar="COLUMN", default=name, help=f"{text}; by default {name!r}, if it is there"
        )
    parser.add_argument("--labels", metavar="FILE", help="where the labels of PRODUCTION lie, if not in it")
    parser.add_argument("--group", metavar="COLUMN", action="append", help="a column of groups; repeatable")
    parser.add_argument(
        "--positive", metavar="LABEL", default="1", help="the label that precision, recall and AUC are about"
    )
    parser.add_argument(
        "--min-rows", metavar="N", type=whole_number, default=1, help="the fewest rows of a group"
    )
    parser.add_argument("--json", action="store_true", help="write JSON for programs")


def run(options: argparse.Namespace, screen: Terminal, errors: Terminal) -> int:
    """Print the metrics on both tables, and their gap."""
    train = _metrics(options, options.train)
    production = _metrics(options, options.production, options.labels)
    both = (name for name in production if name in train and name not in _COUNTS)
    gap = {name: _gap(train[name], production[name]) for name in both}
    if options.json:
        parts = {"train": train, "production": production, "gap": gap}
        screen.say(json.dumps({part: _as_json(values) for part, values in parts.items()}, indent=2))
    else:
        _show(train, production, gap, screen)
    if gap:
        return SUCCESS
    errors.say(
        "Not enough data: no metric is defined on both. --label, --prediction and --score name columns."
    )
    return FAILURE


def _metrics(options: argparse.Namespace, place: str, labels: str | None = None) -> Values:
    from ..sources.predictions.prediction_columns import PredictionColumns
    from ..sources.predictions.table_metrics import table_metrics
    from ..tables import canonical, table_of

    columns = PredictionColumns(
        **{name: getattr(options, name) for name in _COLUMNS},
        time=None,
        model=None,
        version=None,
        groups=tuple(options.group or ()),
        features=(),
    )
    found = table_metrics(
        table_of(place),
        columns,
        labels=None if labels is None else table_of(labels),
        positive=canonical(options.positive) or "",
        min_rows=options.min_rows,
    )
    return {metric: value for (_, metric), value in found.values.items()}


def _gap(train: MetricValue, production: MetricValue) -> MetricValue:
    """Return production less training, with an interval where both are proportions."""
    low = high = None
    name = production.metric.partition("@")[0]
    if name in PROPORTIONS and None not in (train.low, train.high, production.low, production.high):
        low, high = newcombe(
            production.value,
            (production.low or 0.0, production.high or 0.0),
            train.value,
            (train.low or 0.0, train.high or 0.0),
        )
    rows = min(train.rows, production.rows)
    difference = production.value - train.value
    return MetricValue(metric=production.metric, value=difference, rows=rows, low=low, high=high)


def _as_json(values: Values) -> dict[str, dict[str, object]]:
    return {name: {k: v for k, v in asdict(found).items() if k != "metric"} for name, found in values.items()}


def _show(train: Values, production: Values, gap: Values, screen: Terminal) -> None:
    rows = [("metric", "train", "n", "production", "n", "gap")]
    for name in dict.fromkeys((*train, *production)):
        if "_micro" in name:  # it is the accuracy
            continue
        one, other = train.get(name), production.get(name)
        cells = (
            *(_value(one), "" if one is None else str(one.rows)),
            *(_value(other), "" if other is None else str(other.rows)),
        )
        rows.append((for_terminal(name), *cells, _value(gap.get(name)) if name not in _COUNTS else ""))
    for line in table(rows, (False, *[True] * 5), screen.columns):
        screen.say(line)
    screen.say()
    screen.say("In brackets: 95 % intervals. -: not enough data, such as one class or no rows.")


def _value(found: MetricValue | None) -> str:
    if found is None:
        return "-"
    text = number_text(found.value, 3)
    if found.low is None or found.high is None:
        return text
    return f"{text} [{number_text(found.low, 3)}, {number_text(found.high, 3)}]"


COMMAND = Command(
    usage="evaluate TRAIN PRODUCTION [options]",
    summary="compare a model's metrics in training and in production",
    essential=("--label", "--prediction", "--score", "--group", "--positive", "--json"),
    examples=(
        "evaluate train.csv production.csv --label target",
        "evaluate train.parquet 'log/*.jsonl' --group sex --json",
    ),
    status="0 the metrics were computed; 1 a table cannot be read, or no metric is\n"
    "defined on both; 2 wrong usage.",
    notes="The rows hold what the model answered: this command runs no model.\n"
    "Metrics are those of scikit-learn; a metric that the rows do not define is\n"
    "left out. The gap is production less training.",
    add_options=add_options,
    run=run,
)
