"""Users' texts: templates with ``{placeholders}``, and the results of generators."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from string import Formatter

from ..core.errors import RenderingError
from ..i18n import rounded

#: Every placeholder, with an example value that checks a format specification.
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
    "model": "x",
    "group": "x",
    "value": 0.5,
    "window": "x",
    "rows": 7,
    "low": 0.5,
    "high": 0.5,
}

#: The largest width or precision; ``{score:>999999999}`` would fill the memory.
LARGEST_WIDTH = 200

_KINDS = {str: "a text", int: "a whole number", float: "a number"}
_DIGITS = re.compile(r"\d+")
_FORMATTER = Formatter()


def template_problems(template: str, field_name: str) -> list[str]:
    """Return the problems of a template, each with what was expected and what was got.

    Args:
        template: the template as the user wrote it.
        field_name: the name of the setting; each problem starts with it.
    """
    if not isinstance(template, str):
        return [f"{field_name}: expected a text, got {type(template).__name__}"]
    try:
        parts = list(_FORMATTER.parse(template))
    except ValueError as error:
        return [f"{field_name}: expected balanced braces ({{{{ for one of your own), got: {error}"]
    found = [_problem(field, spec, mark) for _, field, spec, mark in parts if field is not None]
    # The same mistake twice is one problem; a dict keeps the order.
    return [f"{field_name}: {problem}" for problem in dict.fromkeys(found) if problem]


def fill(template: str, values: Mapping[str, str | float | None], absent: str) -> str:
    """Return the template with its placeholders filled.

    Args:
        template: the template; it may be unchecked.
        values: the value of each placeholder; None when there is none.
        absent: the text for None, whatever the format specification.

    Raises:
        RenderingError: a placeholder cannot be filled.
    """
    try:
        return "".join(_filled(template, values, absent))
    except (ValueError, TypeError, OverflowError) as error:
        raise RenderingError(str(error)) from error


def generated(result: object) -> tuple[str | None, str]:
    """Return the subject, if any, and the text of a generator's result.

    Args:
        result: ``(subject, lines)``, or the lines or one text alone; the lines as a list or a tuple.

    Raises:
        RenderingError: it is something else, or empty.
    """
    subject, contents = None, result
    if isinstance(result, tuple) and len(result) == 2:
        head, tail = result
        # ("a", 3) is two lines; ("a", ["b"]) and ("a", "b") are a subject and its content.
        if isinstance(head, str | None) and isinstance(tail, str | list | tuple | None):
            subject, contents = head, tail
    lines = [contents] if isinstance(contents, str) else contents
    if not isinstance(lines, list | tuple):
        got = type(result).__name__
        raise RenderingError(f"expected (subject, lines), lines or a text, got {got}")
    text = "\n".join(map(str, lines))
    if not text.strip():
        raise RenderingError("expected (subject, lines), lines or a text, got nothing to read")
    return subject, text


def _filled(template: str, values: Mapping[str, str | float | None], absent: str) -> Iterator[str]:
    for literal, field, spec, conversion in _FORMATTER.parse(template):
        yield literal
        if field is None:
            continue
        if problem := _problem(field, spec, conversion):
            raise RenderingError(problem)
        value = values[field]
        yield absent if value is None else _formatted(value, spec or "", conversion)


def _formatted(value: str | float, spec: str, conversion: str | None) -> str:
    value = _FORMATTER.convert_field(value, conversion) if conversion else value
    if not spec and isinstance(value, float):
        value = rounded(value)
    try:
        return format(value, spec)
    except ValueError:
        # A threshold of 90 is an int, which refuses ".3"; as the number 90.0 it does not.
        if not isinstance(value, int):
            raise
        return format(float(value), spec)


def _problem(field: str, spec: str | None, conversion: str | None) -> str | None:
    mark = f"!{conversion}" if conversion else ""
    shown = f"{{{field}{mark}{':' + spec if spec else ''}}}"
    if expected := _wanted_instead(field, spec or ""):
        return f"expected {expected}, got {shown[:80]}"
    sample = PLACEHOLDERS[field]
    try:
        _formatted(sample, spec or "", conversion)
    except (ValueError, TypeError, OverflowError) as error:
        return f"expected a format that fits {_KINDS[type(sample)]}, got {shown[:80]} ({error})"
    return None


def _wanted_instead(field: str, spec: str) -> str | None:
    names = " ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    if "." in field or "[" in field:
        return f"a placeholder without attribute or index access, one of {names}"
    if not field or field.isdigit():
        return f"a placeholder with a name, one of {names}"
    if field not in PLACEHOLDERS:
        return f"one of {names}"
    if "{" in spec or "}" in spec:
        return "a format specification without braces"
    if any(len(digits) > 9 or int(digits) > LARGEST_WIDTH for digits in _DIGITS.findall(spec)):
        return f"a width and precision of at most {LARGEST_WIDTH}"
    return None
