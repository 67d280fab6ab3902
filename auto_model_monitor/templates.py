"""Templates for subjects and contents: ``{placeholders}`` with format specifications, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from string import Formatter

from .errors import RenderingError

#: Every placeholder, with a value of its kind on which a format specification is tried.
PLACEHOLDERS: Mapping[str, str | int | float] = {
    "filename": "x",
    "score": 0.5,
    "threshold": 0.5,
    "condition": "x",
    "timestamp": "x",
    "metric": "x",
    "epoch": 7,
    "step": 7,
    "previous_best": 0.5,
    "improvement": 0.5,
    "watch_dir": "x",
    "host": "x",
    "path": "x",
}

#: The largest width or precision; ``{score:>999999999}`` would fill the memory.
LARGEST_WIDTH = 200

_NUMBERS = re.compile(r"\d+")
_FORMATTER = Formatter()


def template_problems(template: str, field_name: str) -> list[str]:
    """Return what is wrong with a template, each problem with what was wanted and what was got.

    Args:
        template: the template as the user wrote it.
        field_name: the name of the setting, with which each problem begins.
    """
    if not isinstance(template, str):
        return [f"{field_name}: wanted a text, got {type(template).__name__}"]
    try:
        parts = list(_FORMATTER.parse(template))
    except ValueError as error:
        wanted = "wanted balanced braces ({{ and }} stand for a brace of your own)"
        return [f"{field_name}: {wanted}, got {_braces(error)}"]
    found = [_field_problem(*part[1:]) for part in parts if part[1] is not None]
    # The same mistake twice is one problem; dict keeps the order.
    return [f"{field_name}: {problem}" for problem in dict.fromkeys(found) if problem]


def fill(template: str, values: Mapping[str, str | float | None], absent: str) -> str:
    """Return the template with its placeholders filled.

    Args:
        template: a template without problems.
        values: the value of each placeholder; None where there is none.
        absent: what stands for None, whatever the format specification.

    Raises:
        RenderingError: when a placeholder cannot be filled.
    """
    try:
        return "".join(_filled(template, values, absent))
    except RenderingError:
        raise
    except (ValueError, TypeError, OverflowError) as error:
        raise RenderingError(str(error)) from error


def _filled(template: str, values: Mapping[str, str | float | None], absent: str) -> Iterator[str]:
    for literal, field, spec, conversion in _FORMATTER.parse(template):
        yield literal
        if field is None:
            continue
        # Checked again, because a template may come here unchecked.
        if problem := _field_problem(field, spec, conversion):
            raise RenderingError(problem)
        value = values[field]
        yield absent if value is None else _formatted(value, spec or "", conversion)


def _formatted(value: str | float, spec: str, conversion: str | None) -> str:
    if conversion:
        return format(_FORMATTER.convert_field(value, conversion), spec)
    # A threshold of 90 is an int, of which "{threshold:.3}" would be refused: a specification speaks of
    # the number, not of how it was typed.
    if spec and isinstance(value, int) and spec[-1] not in "bcdoxX":
        value = float(value)
    return format(value, spec)


def _field_problem(field: str | None, spec: str | None, conversion: str | None) -> str | None:
    field = field or ""
    shown = f"{{{field}{'!' + conversion if conversion else ''}{':' + spec if spec else ''}}}"
    if problem := _name_problem(field):
        return f"{problem}, got {shown}"
    if spec and ("{" in spec or "}" in spec):
        return f"wanted no braces inside a format specification, got {shown}"
    if any(len(digits) > 9 or int(digits) > LARGEST_WIDTH for digits in _NUMBERS.findall(spec or "")):
        return f"wanted a width and precision of at most {LARGEST_WIDTH}, got {shown}"
    try:
        _formatted(PLACEHOLDERS[field], spec or "", conversion)
    except (ValueError, TypeError, OverflowError) as error:
        kind = {str: "a text", int: "a whole number", float: "a number"}[type(PLACEHOLDERS[field])]
        return f"wanted a format that fits {kind}, got {shown} ({error})"
    return None


def _name_problem(field: str) -> str | None:
    if field in PLACEHOLDERS:
        return None
    names = " ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    if "." in field or "[" in field:
        return "wanted a plain placeholder without attribute or index access"
    if not field or field.isdigit():
        return f"wanted a placeholder with a name, one of {names}"
    return f"wanted one of {names}"


def _braces(error: ValueError) -> str:
    return str(error).strip().replace("Single '", "a single '").replace(" encountered in format string", "")
