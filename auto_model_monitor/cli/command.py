"""A command of the program: its options, its two helps, and what it runs."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from dataclasses import dataclass

from ..core.errors import ConfigError
from ..text.terminal import Terminal
from .option_parser import PROGRAM, OptionParser

SUCCESS, FAILURE, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command.

    Attributes:
        usage: the command line, without the program's name.
        summary: one sentence in lower case, without its full stop.
        essential: the flags that ``--help`` shows; ``help COMMAND`` shows all.
        examples: command lines, without the program's name where they start with it.
        status: the meaning of the exit statuses.
        notes: what only ``help COMMAND`` shows.
        add_options: adds the options to a parser.
        run: does the work with the options, standard output and standard error; returns the exit status.
    """

    usage: str
    summary: str
    essential: tuple[str, ...]
    examples: tuple[str, ...]
    status: str
    notes: str = ""
    add_options: Callable[[OptionParser], None]
    run: Callable[[argparse.Namespace, Terminal, Terminal], int]

    @property
    def name(self) -> str:
        """The word after the program's name."""
        return self.usage.partition(" ")[0]

    def parser(self, *, full: bool = False) -> OptionParser:
        """Return the parser, whose help is the reference if ``full``."""
        parser = OptionParser(
            full=full,
            prog=f"{PROGRAM} {self.name}",
            usage=f"{PROGRAM} {self.usage}",
            description=f"{self.summary[0].upper()}{self.summary[1:]}.",
            epilog=self._epilog(full),
        )
        self.add_options(parser)
        if not full:
            parser.keep_essential(self.essential)
        return parser

    def _epilog(self, full: bool) -> str:
        lines = [example if "|" in example else f"{PROGRAM} {example}" for example in self.examples]
        examples = "\n".join(["example:" if len(lines) == 1 else "examples:", *(f"  {x}" for x in lines)])
        more = self.notes if full else f"All options and notes: {PROGRAM} help {self.name}"
        return "\n\n".join(filter(None, [examples, f"status: {self.status}", more]))

    def in_words_of_options(self, error: ConfigError, options: argparse.Namespace) -> ConfigError:
        """Return the error with ``--threshold`` for ``threshold`` where that is what the user writes."""
        spellings = {}
        config = getattr(options, "config", None)
        for name, (attribute, spelling) in self.parser().spelling_of().items():
            if config is None or getattr(options, attribute, None) not in (None, False):
                spellings[name] = spelling
        names = re.compile(rf"(^|: )({'|'.join(map(re.escape, spellings))})(?=: )")
        return ConfigError(
            [
                # A problem of the file names the file and the file's own key.
                problem
                if config is not None and problem.startswith(f"{config}: ")
                else names.sub(lambda found: f"{found[1]}{spellings[found[2]]}", problem, count=1)
                for problem in error.problems
            ]
        )
