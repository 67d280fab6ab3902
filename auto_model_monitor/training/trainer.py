"""Trainers: the commands that a server may start, by name."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ..core.errors import ConfigError
from ..log_parser import LogPattern
from .program_text import program_texts
from .request import TrainingRequest

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_PLACEHOLDERS = frozenset(TrainingRequest.__dataclass_fields__) - {"trainer", "priority"} | {
    "args",
    "args_file",
}


@dataclass(frozen=True, slots=True)
class Trainer:
    """A training command with placeholders for a request's values.

    A part ``{args}`` becomes the whole list of arguments; ``{args_file}`` the path of a JSON file with them;
    ``{model}``, ``{num_epochs}`` and so on become one value each, as in ``--lr={learning_rate}``. No shell is
    involved; in the program of ``sh -c`` a placeholder is refused, and after it allowed:
    ``sh -c 'python train.py "$@"' sh {args}``.

    Attributes:
        name: the name in requests.
        command: the program and its arguments.
        patterns: further formats of its log's lines: :class:`LogPattern`, or regexes with named groups.

    Raises:
        ConfigError: the name, the command or a pattern is invalid.
    """

    name: str
    command: tuple[str, ...]
    patterns: tuple[LogPattern | str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not _NAME.fullmatch(self.name):
            raise ConfigError(
                "trainer: expected a name of at most 64 letters, digits, '.', '_' and '-', such as "
                f"'image-classifier', got {self.name!r}"
            )
        object.__setattr__(self, "command", tuple(self.command))
        if not self.command or not self.command[0]:
            raise ConfigError(
                f"trainer {self.name}: expected a command, such as 'python train.py {{args}}', got none"
            )
        for part in self.command:
            self._check(part)
        for text in program_texts(self.command):
            self._check_program(text)
        object.__setattr__(self, "patterns", log_patterns(self.patterns, f"trainer {self.name}"))

    @classmethod
    def parse(cls, name: str, command: str, patterns: Sequence[LogPattern | str] = ()) -> Trainer:
        """Return a trainer for a command in shell syntax.

        Raises:
            ConfigError: the name, the command or a pattern is invalid, or a quotation mark is not closed.
        """
        try:
            parts = shlex.split(command)
        except ValueError as error:
            raise ConfigError(f"trainer {name}: expected a command, got {command!r}: {error}") from None
        return cls(name, tuple(parts), tuple(patterns))

    def argv(self, request: TrainingRequest, args_file: str) -> list[str]:
        """Return the program and its arguments for a request.

        Args:
            request: the parameters, with the device's name inside the training.
            args_file: the path of the JSON file with the parameters.
        """
        values = {**request.values(), "args_file": args_file}
        argv: list[str] = []
        for part in self.command:
            if part == "{args}":
                argv += request.arguments()
            else:
                argv.append(_fill(part, values))
        return argv

    def _check(self, part: str) -> None:
        whole = _PLACEHOLDER.fullmatch(part)
        if whole is not None and whole[1] not in _PLACEHOLDERS:
            listed = ", ".join(f"{{{name}}}" for name in sorted(_PLACEHOLDERS))
            raise ConfigError(f"trainer {self.name}: expected one of {listed}, got {part}")
        if "{args}" in part and part != "{args}":
            raise ConfigError(
                f"trainer {self.name}: expected {{args}} as a separate part, because it becomes several "
                f"arguments, got {part!r}"
            )
        if "\0" in part:
            raise ConfigError(f"trainer {self.name}: expected a command without NUL, got {part!r}")

    def _check_program(self, text: str) -> None:
        """Refuse a placeholder in a shell's program: a request's value would run there as code."""
        for found in _PLACEHOLDER.finditer(text):
            if found[1] in _PLACEHOLDERS:
                after = "{args}" if found[1] == "args" else found[0]
                inside = '"$@"' if found[1] == "args" else '"$1"'
                raise ConfigError(
                    f"trainer {self.name}: expected no {found[0]} inside a program such as that after sh -c, "
                    f"because a value would run as code; give it as an argument: sh -c 'python train.py "
                    f"{inside}' sh {after}"
                )


def log_patterns(given: Sequence[LogPattern | str], owner: str) -> tuple[LogPattern, ...]:
    """Return formats of log lines, each compiled once.

    Args:
        given: the formats.
        owner: whose they are, for the error.

    Raises:
        ConfigError: a text is no regex with named groups; every problem is listed.
    """
    if isinstance(given, str):
        raise ConfigError(f"{owner}: patterns: expected a list of patterns, got one text: {given!r}")
    patterns: list[LogPattern] = []
    problems: list[str] = []
    for one in given:
        try:
            patterns.append(one if isinstance(one, LogPattern) else LogPattern(one))
        except ConfigError as error:
            problems += [f"{owner}: {problem}" for problem in error.problems]
    if problems:
        raise ConfigError(problems)
    return tuple(patterns)


def _fill(part: str, values: dict[str, Any]) -> str:
    return _PLACEHOLDER.sub(
        lambda found: str(values.get(found[1], "" if found[1] in _PLACEHOLDERS else found[0])), part
    )
