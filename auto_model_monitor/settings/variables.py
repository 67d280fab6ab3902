"""Variables in a file of settings: ``${NAME}`` from the environment or a file of ``NAME=value`` lines."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ..core.errors import ConfigError, MonitorError
from ..core.paths import expanded
from .config_problems import ConfigProblems

_LARGEST = 1_000_000  # bytes
_LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)", re.DOTALL)
_QUOTED = re.compile(r"""(?:'(?P<plain>[^']*)'|"(?P<escaped>(?:[^"\\]|\\.)*)")\s*(?:#.*)?""")
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r"}
_REFERENCE = re.compile(r"\$(\$)?\{([A-Za-z_][A-Za-z0-9_]*)\}")
_SHORTEST_SECRET = 4  # characters; hiding "1" would hide every one


def read_env_file(path: str | os.PathLike[str]) -> dict[str, str]:
    r"""Return the variables of a file such as ``.env``.

    A line is ``NAME=value`` or ``export NAME=value``. Further ``=`` belong to the value. A value in single
    quotes is verbatim; in double quotes ``\n``, ``\t`` and ``\"`` are escapes; without quotes it ends
    before `` #``. Blank lines and those that begin with ``#`` count for nothing.

    Raises:
        ConfigError: it cannot be read, or a line is none of these; the error shows no value.
    """
    file = os.fspath(path)
    try:
        with expanded(path).open("rb") as opened:
            text = opened.read(_LARGEST).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        raise ConfigError(f"env_file: expected a file that can be read, got {file!r}: {reason}") from None
    variables: dict[str, str] = {}
    problems: list[str] = []
    for number, line in enumerate(map(str.strip, text.splitlines()), 1):
        if not line or line.startswith("#"):
            continue
        found = _LINE.fullmatch(line)
        value = None if found is None else _value_of(found[2])
        if found is None or value is None:
            problems.append(f"env_file: {file}: expected NAME=value at line {number}, got something else")
        else:
            variables[found[1]] = value
    if problems:
        raise ConfigError(problems)
    return variables


def _value_of(text: str) -> str | None:
    """Return the value behind the ``=``; None where a quote is left open."""
    if text[:1] not in ("'", '"'):
        return re.split(r"(?:^|\s)#", text, maxsplit=1)[0].rstrip()
    found = _QUOTED.fullmatch(text)
    if found is None:
        return None
    if found["plain"] is not None:
        return found["plain"]
    return _ESCAPE.sub(lambda escape: _ESCAPED.get(escape[1], escape[1]), found["escaped"])


class Variables:
    """Fills in ``${NAME}``, and hides what it filled in from errors; ``$${NAME}`` stands for itself.

    Args:
        values: the variables of the file; those of the environment win over them.
    """

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = {**values, **os.environ}
        self._used: dict[str, str] = {}

    def filled(self, settings: Mapping[str, Any], place: str = "") -> dict[str, Any]:
        """Return the settings with the value of each variable in place of its name.

        Raises:
            ConfigError: with every variable that there is not.
        """
        problems = ConfigProblems()
        filled = {name: self._fill(value, f"{place}{name}", problems) for name, value in settings.items()}
        problems.raise_any()
        return filled

    @contextmanager
    def hidden(self) -> Iterator[None]:
        """Replace the values by their names in an error that the block raises."""
        try:
            yield
        except ConfigError as error:
            raise ConfigError([self.hide(problem) for problem in error.problems]) from None
        except MonitorError as error:
            raise type(error)(self.hide(str(error))) from None

    def hide(self, text: str) -> str:
        """Return a text with the names of the variables in place of their values."""
        for value, name in sorted(self._used.items(), key=lambda used: -len(used[0])):
            text = text.replace(value, f"${{{name}}}")
        return text

    def _fill(self, value: Any, place: str, problems: ConfigProblems) -> Any:
        if isinstance(value, str):
            return _REFERENCE.sub(lambda found: self._one(found, place, problems), value)
        if isinstance(value, list):
            return [self._fill(one, place, problems) for one in value]
        if isinstance(value, dict):
            return {name: self._fill(one, place, problems) for name, one in value.items()}
        return value

    def _one(self, found: re.Match[str], place: str, problems: ConfigProblems) -> str:
        escaped, name = found.groups()
        if escaped:
            return found[0][1:]
        value = self._values.get(name)
        if value is None:
            text = f"{place}: expected the variable {name} in the environment or in env_file, got none"
            problems.append(text)
            return ""
        if len(value) >= _SHORTEST_SECRET:
            self._used[value] = name
        return value
