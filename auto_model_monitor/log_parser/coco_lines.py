"""The lines of COCO's evaluator: which precision a number is, the numbers before it decide."""

from __future__ import annotations

from ..core.numbers import compiled, to_float
from .entries import ParsedLine, Stage

_LINE = (
    r"\s{0,8}Average (?:Precision|Recall)\s{1,8}\((AP|AR)\) @\[ IoU=([0-9.]+)(:[0-9.]+)?\s{0,8}"
    r"\| area=\s{0,8}(\w{1,12}) \| maxDets=\s{0,4}([0-9]{1,6})[^\]\n]{0,40}\] = (-?[0-9.]+)\s{0,40}\Z"
)
_USUAL = ("20", "100", "300")  # detections that are looked at, of people, of things and of LVIS


def is_coco_line(line: str) -> bool:
    """Return whether a line is one of the evaluator's."""
    return ") @[ IoU=" in line


def coco_line(line: str) -> ParsedLine | None:
    """Return the content of such a line: ``AP``, ``AP50``, ``AP_small``, ``AR``, ``AR10``.

    What was not measured, which is written as -1, is no reading.
    """
    found = compiled(_LINE).search(line)
    value = to_float(found[6]) if found else None
    overlap = to_float(found[2]) if found else None
    if found is None or value is None or value < 0 or overlap is None:
        return None
    metric = found[1] if found[3] else f"{found[1]}{round(100 * overlap)}"
    if found[4] != "all":
        metric += f"_{found[4]}"
    elif found[1] == "AR" and found[5] not in _USUAL:
        metric += found[5]
    return ParsedLine({metric: value}, Stage.VALIDATION)
