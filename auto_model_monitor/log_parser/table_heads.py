"""Headings of tables that no row of the known ones describes: cells of which one surely names a metric."""

from __future__ import annotations

from collections.abc import Sequence

from ..core.numbers import compiled
from .layout import BLANK
from .metric_names import EPOCH, STEP, MetricName, is_accounting, metric_name, names_measure
from .vocabulary import SPLITS, words_of

#: What stands first among the columns: how cells are set apart, and that columns are splits, rows metrics.
PIPES, BLANKS, COMMAS, SPLIT_PIPES = "|", " ", ",", "||"
#: Stands before the name of a column whose heading names nothing known: only a fraction counts there.
UNSURE = "~"
LINES = r"[|│┃]"
_LONGEST, _LONGEST_CELL, _MOST_WORDS = 400, 32, 4
_MOST = 40  # columns
_CELL = r"[\w#][\w #@%./()\[\]:+-]*"
_WORD = r"[\w#][\w#@%./()\[\]:+-]*"
_COUNTERS = {"E": EPOCH, "#": STEP}  # spaCy's


def general_columns_of(message: str) -> tuple[str, ...]:
    """Return what the columns are below a line of headings, nothing where it is none.

    Args:
        message: a line without its numbers and without what a logging format puts before it.
    """
    if BLANK in message or len(message) > _LONGEST:
        return ()
    text = message.strip()
    if compiled(LINES).search(text):
        return _between_lines(text)
    if "," in text:
        cells = [cell.strip() for cell in text.split(",")]
        return _named(COMMAS, cells) if all(map(compiled(_WORD).fullmatch, cells)) else ()
    cells = compiled(r"\s{2,}|\t").split(text)
    if len(cells) > 2:
        return _named(BLANKS, cells)
    cells = text.split()  # one blank between them: each has to be known
    known = len(cells) > 2 and all(metric_name(cell) or is_accounting(cell) for cell in cells)
    return _named(BLANKS, cells) if known else ()


def _between_lines(text: str) -> tuple[str, ...]:
    cells = [cell.strip() for cell in compiled(LINES).split(text)]
    if not cells[0]:
        cells = cells[1:]
    if cells and not cells[-1]:
        cells = cells[:-1]
    splits = cells[1:] if cells and cells[0].lower() not in SPLITS else cells
    if len(splits) > 1 and all(cell.lower() in SPLITS for cell in splits):
        return (SPLIT_PIPES, *(SPLITS[cell.lower()] for cell in splits))
    return _named(PIPES, cells)


def _named(style: str, cells: list[str]) -> tuple[str, ...]:
    if not 1 < len(cells) <= _MOST or not all(map(_is_heading, cells)):
        return ()
    found = [metric_name(cell) or metric_name(cell, structured=True) for cell in cells]
    if not any(map(_is_sure, cells, found)):
        return ()
    split = split_of_others(found)
    return (style, *(_column(cell, split) for cell in cells))


def split_of_others(names: Sequence[MetricName | None]) -> str:
    """Return the split of columns that name none, beside ``valid_loss``.

    fastai measures what is neither of its losses on the validation set; where another column is of the
    validation, as Keras' ``val_accuracy`` is, the others are not.
    """
    validated = {name.base for name in names if name and name.split == "val"}
    return "val" if validated == {"loss"} else ""


def _is_sure(cell: str, name: MetricName | None) -> bool:
    return name is not None and not name.counts and any(map(names_measure, words_of(cell)))


def _is_heading(cell: str) -> bool:
    return (
        len(cell) <= _LONGEST_CELL
        and len(cell.split()) <= _MOST_WORDS
        and compiled(_CELL).fullmatch(cell) is not None
    )


def _column(cell: str, split: str) -> str:
    if cell in _COUNTERS:
        return _COUNTERS[cell]
    name = metric_name(cell.rstrip(":"))
    if name is None or name.weak:
        name = metric_name(cell.rstrip(":"), structured=True)
        unsure = name.metric() if name and not name.counts and words_of(cell) else ""
        return f"{UNSURE}{unsure}" if unsure else ""
    if name.counts:
        return name.base if name.base in (EPOCH, STEP) else ""
    return name.metric(split="" if name.base == "loss" else split)
