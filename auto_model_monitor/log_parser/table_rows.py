"""Tables in a log: a line of headings, and below it lines of numbers."""

from __future__ import annotations

from ..core.numbers import compiled, to_float
from .entries import Number, ParsedLine, Stage
from .layout import BLANK
from .metric_names import EPOCH, STEP, TOTAL_EPOCHS, metric_name
from .values import whole

# How the headings of a table begin: those of Ultralytics, YOLOv5, scikit-learn, fastai and of many a script.
_HEADS = (
    r"\s{0,40}Epoch\s{2,40}(?:GPU|gpu)_mem\s",
    r"\s{0,40}Class\s{2,40}Images\s",
    r"\s{0,40}classes\s{2,40}top1_acc",
    r"\s{0,40}(?:Iter|iter|Epoch|epoch|Step|step)(?:\s{2,40}|\t)[A-Za-z_][\w /-]{0,40}(?:\s{2}|\t|\Z)",
    r"(?:Iter|iter|Epoch|epoch|Step|step),[A-Za-z_][\w /,-]{0,400}\Z",
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
_REPORT = ("report",)
_ROWS = {
    "macro avg": ("precision", "recall", "macro_f1"),
    "micro avg": ("", "", "micro_f1"),
    "accuracy": ("accuracy",),
}


def columns_of(blank: str) -> tuple[str, ...]:
    """Return what the columns are below a line of headings, nothing when it is no such line.

    A column of no interest is the empty string; ``all`` stands for the one that names what a row is about.
    """
    if "  " not in blank and "\t" not in blank and "," not in blank:
        return ()
    if len(blank) > 2000 or not any(compiled(head).match(blank) for head in _HEADS):
        return ()
    if "f1-score" in blank:
        return _REPORT
    text = blank.split(BLANK, 1)[0].strip().removesuffix(":")
    cells = [cell.strip().rstrip(":") for cell in compiled(_CELLS).split(text)][:_MOST]
    validated = any(cell.startswith("val") for cell in cells)
    found = [_column(cell, split="val" if validated else "") for cell in cells]
    return tuple(found) if any(name not in ("", EPOCH, STEP, "all") for name in found) else ()


def row_of(line: str, columns: tuple[str, ...]) -> ParsedLine | None:
    """Return the content of a row below those headings, None when the line is no row."""
    if columns == _REPORT:
        return _report_row(line)
    cells = line.strip().split(",") if "," in line and " " not in line else line.split(None, len(columns))
    if len(cells) < len(columns) or (columns[0] == "all") != (cells[0] == "all"):
        return None
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
