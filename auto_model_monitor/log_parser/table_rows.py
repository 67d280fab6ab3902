"""Tables in a log: a line of headings, and below it lines of numbers."""

from __future__ import annotations

from ..core.comparison import names_a_metric
from ..core.numbers import compiled, to_float
from .entries import Number, ParsedLine, Stage
from .layout import BLANK
from .metric_names import EPOCH, STEP, TOTAL_EPOCHS, metric_name
from .table_heads import (
    BLANKS,
    COMMAS,
    LINES,
    PIPES,
    SPLIT_PIPES,
    UNSURE,
    general_columns_of,
    split_of_others,
)
from .values import whole

# How the headings of a table begin: those of Ultralytics, YOLOv5 and scikit-learn.
_HEADS = (
    r"\s{0,40}Epoch\s{2,40}(?:GPU|gpu)_mem\s",
    r"\s{0,40}Class\s{2,40}Images\s",
    r"\s{0,40}classes\s{2,40}top1_acc",
    r"\s{1,40}precision\s{2,20}recall\s{2,20}f1-score\s{2,20}support",
)
_CELLS = r"\s{2,}|\t|,|(?<=mAP@\.5) "
_MOST = 40  # columns
_SPECIAL = {
    "box": "box_loss",
    "obj": "obj_loss",
    "cls": "cls_loss",
    "Box(P": "precision",
    "P": "precision",
    "R": "recall",
    "mAP@.5": "mAP50",
    "mAP@.5:.95": "mAP50-95",
    "mAP50-95)": "mAP50-95",
}
_BEGINS = r"\s*[-+.(\[]?(?:[0-9]|nan)"
_MISSING = ("", "-", "--", "n/a", "N/A", "NA", "None")
_OVERALL = ("", "-", "all", "overall", "mean", "average", "avg", "total")
_REPORT = ("report",)
_ROWS = {
    "macro avg": ("precision", "recall", "macro_f1"),
    "micro avg": ("", "", "micro_f1"),
    "accuracy": ("accuracy",),
}


def columns_of(blank: str, message: str) -> tuple[str, ...]:
    """Return what the columns are below a line of headings, nothing when it is no such line.

    A column of no interest is the empty string; ``all`` stands for the one that names what a row is about.

    Args:
        blank: the line without its numbers.
        message: the same without what a logging format puts before it.
    """
    return _known_columns_of(blank) or general_columns_of(message)


def _known_columns_of(blank: str) -> tuple[str, ...]:
    if "  " not in blank and "\t" not in blank and "," not in blank:
        return ()
    if len(blank) > 2000 or not any(compiled(head).match(blank) for head in _HEADS):
        return ()
    if "f1-score" in blank:
        return _REPORT
    text = blank.split(BLANK, 1)[0].strip().removesuffix(":")
    cells = [cell.strip().rstrip(":") for cell in compiled(_CELLS).split(text)][:_MOST]
    split = split_of_others([metric_name(cell) for cell in cells])
    found = [_column(cell, split=split) for cell in cells]
    return tuple(found) if any(name not in ("", EPOCH, STEP, "all") for name in found) else ()


def row_of(line: str, columns: tuple[str, ...]) -> ParsedLine | None:
    """Return the content of a row below those headings, None when the line is no row."""
    if columns == _REPORT:
        return _report_row(line)
    if columns[0] == SPLIT_PIPES:
        return _row_of_splits(line, columns[1:])
    return _general_row(line, columns) if columns[0] in (PIPES, BLANKS, COMMAS) else _known_row(line, columns)


def _known_row(line: str, columns: tuple[str, ...]) -> ParsedLine | None:
    cells = line.strip().split(",") if "," in line and " " not in line else line.split(None, len(columns))
    if len(cells) < len(columns) or (columns[0] == "all") != (cells[0] == "all"):
        return None
    if any(to_float(cell) is not None for beyond in cells[len(columns) :] for cell in beyond.split()[:1]):
        return None  # of another width
    metrics: dict[str, Number] = {}
    step = None
    for name, cell in zip(columns, cells, strict=False):
        value = None if name in ("", "all") else _value(name, cell.rstrip(":"))
        if value is None:
            if name not in ("", "all"):
                return None  # a line that is no row
        elif name == STEP:
            step = int(value["step"])
        else:
            metrics.update(value)
    return ParsedLine(metrics, _stage(columns), step)


def may_be_row(line: str, columns: tuple[str, ...]) -> bool:
    """Return whether a line that holds nothing by itself looks like a row below those headings."""
    if columns[0] in (PIPES, SPLIT_PIPES):
        return compiled(LINES).search(line) is not None
    return columns[0] not in (BLANKS, COMMAS) or compiled(_BEGINS).match(line) is not None


def _general_row(line: str, columns: tuple[str, ...]) -> ParsedLine | None:
    style, *names = columns
    cells = _cells(line, style)
    if len(cells) != len(names):
        return None
    metrics: dict[str, Number] = {}
    step = None
    for name, cell in zip(names, cells, strict=True):
        value = _value(name.removeprefix(UNSURE), cell.removesuffix("%")) if name else None
        if value is None:
            if name in (EPOCH, STEP) or not (cell in _MISSING or _is_remark(name, cell, style)):
                return None
        elif name == STEP:
            step = int(value["step"])
        elif not name.startswith(UNSURE) or "." in cell:
            metrics.update(value)
    trained = any(name == "loss" or name.startswith("train") for name in names)
    stage = _stage(tuple(names)) if trained else Stage.VALIDATION
    return ParsedLine(metrics, stage, step) if metrics.keys() - {EPOCH, TOTAL_EPOCHS} else None


def _is_remark(name: str, cell: str, style: str) -> bool:
    """Return whether a cell that is no number leaves its row one: not the label of one class of many."""
    if name and not name.startswith(UNSURE):
        return False
    return style != PIPES or not cell[:1].isalpha() or cell.lower() in _OVERALL


def _row_of_splits(line: str, splits: tuple[str, ...]) -> ParsedLine | None:
    """Read a row such as ``accuracy | 0.535 | 0.533`` below ``Training | Validation``."""
    label, *cells = _cells(line, PIPES) or [""]
    name = metric_name(label, structured=True) if label else None
    if len(cells) != len(splits) or name is None or name.counts or not names_a_metric(label):
        return None
    found = {
        name.metric(split=split): to_float(cell.removesuffix("%"))
        for split, cell in zip(splits, cells, strict=True)
    }
    metrics: dict[str, Number] = {metric: value for metric, value in found.items() if value is not None}
    return ParsedLine(metrics, Stage.EPOCH_END) if metrics else None


def _cells(line: str, style: str) -> list[str]:
    if style == BLANKS:
        return line.split()
    if style == COMMAS:
        return [cell.strip() for cell in line.split(",")]
    cells = [cell.strip() for cell in compiled(LINES).split(line.strip())]
    return cells[not cells[0] : len(cells) - (not cells[-1])] if len(cells) > 1 else []


def _value(name: str, text: str) -> dict[str, Number] | None:
    """Return the numbers of a cell; None when it holds none of its column's kind."""
    if name in (EPOCH, STEP):
        count, slash, total = text.partition("/")
        reached, of = whole(count), whole(total)
        if reached is None or (slash and of is None):
            return None
        return {name: reached} if of is None else {name: reached, TOTAL_EPOCHS: of}
    value = to_float(text)
    return None if value is None else {name: value}


def _column(cell: str, *, split: str) -> str:
    if cell in _SPECIAL:
        return _SPECIAL[cell]
    if cell in ("Class", "classes"):
        return "all"
    found = metric_name(cell)
    if found is None:
        return ""
    if found.counts:
        return found.base if found.base in (EPOCH, STEP) else ""
    # fastai measures what is neither of its losses on the validation set
    return found.metric(split="" if found.base == "loss" else split)


def _stage(columns: tuple[str, ...]) -> Stage:
    if columns[0] == "all":
        return Stage.VALIDATION
    return Stage.EPOCH_END if any(name.startswith("val") for name in columns) else Stage.TRAINING


def _report_row(line: str) -> ParsedLine | None:
    """Read a row of scikit-learn's ``classification_report``."""
    for label, names in _ROWS.items():
        text = line.strip()
        if text.startswith(label):
            values = [to_float(cell) for cell in text.removeprefix(label).split()]
            if len(values) > len(names) and None not in values:
                metrics = {
                    name: value
                    for name, value in zip(names, values, strict=False)
                    if name and value is not None
                }
                return ParsedLine(dict(metrics), Stage.VALIDATION)
    return None
