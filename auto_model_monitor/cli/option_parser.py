"""The parser of a command's options: made from the table of settings, with errors that help."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from ..monitor.config.monitor_config import AUTH_CODE, AUTH_CODE_FILE
from ..monitor.config.settings_table import SETTINGS, Setting
from ..text.cleaning import for_terminal

PROGRAM = "auto-model-monitor"

#: Why the authorisation code is no option, and where it belongs.
SECRET = f"""\
The authorisation code is no option, because every user of the machine can see
the options of a process. Put it into the environment variable
{AUTH_CODE}, into a file that {AUTH_CODE_FILE}
names, or as auth_code into the file of --config."""


class OptionParser(argparse.ArgumentParser):
    """A parser that keeps the line breaks of its texts, takes no abbreviations, and repeats no URL.

    Args:
        full: show every option with all its spellings, not the essential ones alone.
        options: what ``argparse.ArgumentParser`` takes.

    Attributes:
        takes_command: whether what follows ``--`` is a command, which becomes ``command``.
    """

    def __init__(self, *, full: bool = True, **options: Any) -> None:
        formatter = _FullFormatter if full else _ShortFormatter
        self.takes_command = False
        super().__init__(allow_abbrev=False, add_help=False, formatter_class=formatter, **options)
        self.add_argument("-h", "--help", action="help", help="show this help and exit")

    def error(self, message: str) -> NoReturn:
        """Exit with status 2 and the message, in which a URL, which may hold a secret, is cut short."""
        super().error(for_terminal(_without_urls(message)))

    def parse(self, arguments: Sequence[str]) -> argparse.Namespace:
        """Return the options; exit with a suggestion where one is unknown."""
        command: list[str] = []
        if self.takes_command:
            arguments, command = self._split(arguments)
        options, unknown = self.parse_known_args(arguments)
        if command:
            options.command = command
        if unknown:
            known = [flag for flag in self._option_string_actions if flag.startswith("--")]
            texts = [_with_suggestion(argument, known) for argument in unknown]
            self.error(f"unrecognized arguments: {', '.join(texts)}")
        return options

    def _split(self, arguments: Sequence[str]) -> tuple[Sequence[str], list[str]]:
        """Return our options and the command behind ``--``."""
        if "--" in arguments:
            place = arguments.index("--")
            if place + 1 == len(arguments):
                self.error(f"expected a command after --, as in: {self.prog} -- python train.py; got none")
            return arguments[:place], list(arguments[place + 1 :])
        _, unknown = self.parse_known_args(arguments)
        word = next((word for word in unknown if not word.startswith("-")), None)
        if word is not None:
            place = arguments.index(word)
            line = " ".join([self.prog, *arguments[:place], "--", *arguments[place:]])
            self.error(f"expected -- before the command, as in: {line}")
        return arguments, []

    def keep_essential(self, names: Sequence[str]) -> None:
        """Hide every option from the help but those of these flags."""
        for action in self._actions:
            if action.option_strings and not {"--help", *names} & {*action.option_strings}:
                action.help = argparse.SUPPRESS

    def spelling_of(self) -> dict[str, tuple[str, str]]:
        """Return for each setting's name its name as an attribute of the options, and its spelling there."""
        spellings: dict[str, tuple[str, str]] = {}
        for action in self._actions[1:]:  # without --help
            spelling = action.option_strings[0] if action.option_strings else str(action.metavar)
            for name in (action.dest, spelling.lstrip("-").replace("-", "_")):
                spellings[name] = action.dest, spelling
        return spellings


class _FullFormatter(argparse.RawDescriptionHelpFormatter):
    """Shows an option's metavar once, after all its spellings."""

    def _format_action_invocation(self, action: argparse.Action) -> str:
        if not action.option_strings or action.nargs == 0:
            return super()._format_action_invocation(action)
        return f"{', '.join(self._spellings(action))} {action.metavar}"

    def _spellings(self, action: argparse.Action) -> Sequence[str]:
        return action.option_strings


class _ShortFormatter(_FullFormatter):
    """Shows the first spelling of each option alone."""

    def _spellings(self, action: argparse.Action) -> Sequence[str]:
        return action.option_strings[:1]


class _RefusedOption(argparse.Action):
    """Refuses an option that would show the code, without repeating the value."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any, **__: Any) -> NoReturn:
        parser.error(f"{self.option_strings[0]} is not taken. {' '.join(SECRET.split())}")


class VersionOption(argparse.Action):
    """Reads the version only on demand, because that takes time."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any, **__: Any) -> NoReturn:
        from importlib.metadata import PackageNotFoundError, version

        try:
            number = version(PROGRAM)
        except PackageNotFoundError:
            number = "(not installed)"
        sys.stdout.write(f"{PROGRAM} {number}\n")
        parser.exit(0)


def add_settings(container: Any, *names: str, table: Mapping[str, Setting] = SETTINGS, **helps: str) -> None:
    """Add the options of settings, as the table describes them.

    Args:
        container: a parser or one of its groups.
        names: the settings.
        table: describes them.
        helps: other texts for some of them.
    """
    for name in names:
        setting = table[name]
        options: dict[str, Any] = {"dest": name, "help": helps.get(name, setting.help)}
        if setting.types == (bool,):
            options |= {"action": "store_true", "default": None}
        else:
            options["metavar"] = setting.metavar
        if list in setting.types:
            options["action"] = "append"
        elif setting.types == (int,):
            options["type"] = whole_number
        elif float in setting.types and str not in setting.types:
            options["type"] = _number
        container.add_argument(*setting.flags, **options)


def add_channels(parser: OptionParser) -> None:
    """Add the options of what sends messages."""
    add_settings(parser.add_argument_group("channels"), "notify")
    group = parser.add_argument_group("mail")
    add_settings(group, "sender", "receiver", "language")
    add_settings(group, "smtp_user", "smtp_host", "smtp_port", "smtp_security")
    parser.add_argument("--auth-code", "--password", nargs="?", action=_RefusedOption, help=argparse.SUPPRESS)


def add_config(parser: OptionParser, content: str = "settings in a file; options win over it") -> None:
    """Add the option of the configuration file."""
    parser.add_argument("--config", metavar="FILE.toml", help=content)


def whole_number(text: str) -> int:
    """Return the number that a text is."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a whole number, got {text!r}") from None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a number, got {text!r}") from None


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """Return ``"; did you mean …?"`` with the known word that is nearest, nothing if none is near."""
    from difflib import get_close_matches  # wanted by an error alone

    nearest = get_close_matches(word.lower(), known, n=1)
    return f"; did you mean {nearest[0]!r}?" if nearest else ""


def _with_suggestion(argument: str, known: Sequence[str]) -> str:
    flag = argument.partition("=")[0]
    return f"{argument}{did_you_mean(flag, known) if flag.startswith('-') else ''}"


def _without_urls(message: str) -> str:
    words = message.split()
    return " ".join(f"{word.partition('://')[0]}://***" if "://" in word else word for word in words)
