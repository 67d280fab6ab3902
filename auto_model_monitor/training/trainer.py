"""Trainers: the commands that a server may start, by name."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import Any

from ..core.errors import ConfigError
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
    involved.

    Attributes:
        name: the name in requests.
        command: the program and its arguments.

    Raises:
        ConfigError: the name or the command is invalid.
    """

    name: str
    command: tuple[str, ...]

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

    @classmethod
    def parse(cls, name: str, command: str) -> Trainer:
        """Return a trainer for a command in shell syntax.

        Raises:
            ConfigError: the name or the command is invalid, or a quotation mark is not closed.
        """
        try:
            parts = shlex.split(command)
        except ValueError as error:
            raise ConfigError(f"trainer {name}: expected a command, got {command!r}: {error}") from None
        return cls(name, tuple(parts))

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


def _fill(part: str, values: dict[str, Any]) -> str:
    return _PLACEHOLDER.sub(
        lambda found: str(values.get(found[1], "" if found[1] in _PLACEHOLDERS else found[0])), part
    )
