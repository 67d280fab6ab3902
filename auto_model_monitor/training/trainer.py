"""Trainers: the commands that the server's owner lets people start, by name."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import Any

from ..core.errors import ConfigError
from .request import TrainingRequest

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_PLACE = re.compile(r"\{([a-z_]+)\}")
_PLACES = frozenset(TrainingRequest.__dataclass_fields__) - {"trainer", "priority"} | {"args", "args_file"}


@dataclass(frozen=True, slots=True)
class Trainer:
    """A command that trains, in which a request's values have their places.

    A part of the command that is ``{args}`` becomes the whole list of arguments; ``{args_file}`` becomes the
    path of a JSON file that holds them; ``{model}``, ``{num_epochs}`` and the like become one value, as in
    ``--lr={learning_rate}``. No shell ever sees any of it.

    Attributes:
        name: what requests call it.
        command: the program and its arguments.

    Raises:
        ConfigError: the name or the command is none.
    """

    name: str
    command: tuple[str, ...]

    def __post_init__(self) -> None:
        """Check both."""
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
        """Make a trainer of a command that is written as for a shell; it is split here, once.

        Raises:
            ConfigError: the name or the command is none, or a quotation mark has no partner.
        """
        try:
            parts = shlex.split(command)
        except ValueError as error:
            raise ConfigError(f"trainer {name}: expected a command, got {command!r}: {error}") from None
        return cls(name, tuple(parts))

    def argv(self, request: TrainingRequest, args_file: str) -> list[str]:
        """Return the program and its arguments for a request.

        Args:
            request: what is to be trained, its device as the trainer is to see it.
            args_file: the path of the JSON file with the request's values.
        """
        values = {**request.values(), "args_file": args_file}
        argv: list[str] = []
        for part in self.command:
            if part == "{args}":
                argv += request.arguments()
            else:
                argv.append(_filled(part, values))
        return argv

    def _check(self, part: str) -> None:
        whole = _PLACE.fullmatch(part)
        if whole is not None and whole[1] not in _PLACES:
            listed = ", ".join(f"{{{name}}}" for name in sorted(_PLACES))
            raise ConfigError(f"trainer {self.name}: expected one of {listed}, got {part}")
        if "{args}" in part and part != "{args}":
            raise ConfigError(
                f"trainer {self.name}: expected {{args}} as a part of its own, because it becomes several "
                f"arguments, got {part!r}"
            )
        if "\0" in part:
            raise ConfigError(f"trainer {self.name}: expected a command without NUL, got {part!r}")


def _filled(part: str, values: dict[str, Any]) -> str:
    return _PLACE.sub(lambda found: str(values.get(found[1], "" if found[1] in _PLACES else found[0])), part)
