"""``auto-model-monitor help``: the reference of a command, and the guides."""

from __future__ import annotations

import argparse
from importlib.resources import files

from ..core.errors import ConfigError
from ..i18n.locale_language import locale_language
from ..monitor.config.settings_table import LANGUAGES
from ..text.terminal import Terminal
from .command import SUCCESS, Command
from .option_parser import OptionParser, add_settings, did_you_mean

_FOLDER = files(__package__.partition(".")[0]) / "docs"


def add_options(parser: OptionParser) -> None:
    """Add the options of ``help``."""
    parser.add_argument(
        "topic", nargs="?", metavar="COMMAND|TOPIC", help="a command, or the topic of a guide"
    )
    add_settings(parser, "language", language="the guide's language, zh or en (default: the locale's)")


def run(options: argparse.Namespace, screen: Terminal, errors: Terminal) -> int:
    """Show the reference of a command, a guide, or what there is."""
    from .main import NAMES, command_of

    language = options.language or locale_language()
    if language not in LANGUAGES:
        raise ConfigError(f"language: expected 'zh' or 'en', got {language!r}")
    topic, guides = options.topic, _guides()
    if topic is None:
        _show_overview(sorted(guides), screen)
        return SUCCESS
    if topic not in NAMES and topic not in guides:
        known = [*NAMES, *sorted(guides.difference(NAMES))]
        suggestion = did_you_mean(topic, known) or f"; there are {', '.join(known)}"
        raise ConfigError(f"help: expected a command or a topic, got {topic!r}{suggestion}")
    if topic in NAMES:
        screen.say(command_of(topic).parser(full=True).format_help().rstrip())
    if topic in NAMES and topic in guides:
        screen.say()
    if topic in guides:
        screen.say((_FOLDER / f"{topic}.{language}.md").read_text("utf-8").rstrip())
    return SUCCESS


def _guides() -> set[str]:
    """Return the topics, each of which has a guide in every language."""
    if not _FOLDER.is_dir():
        return set()
    names = {file.name for file in _FOLDER.iterdir()}
    topics = {name.partition(".")[0] for name in names}
    return {topic for topic in topics if all(f"{topic}.{lang}.md" in names for lang in LANGUAGES)}


def _show_overview(topics: list[str], screen: Terminal) -> None:
    from .main import overview

    screen.say(overview().format_help().rstrip())
    if topics:
        screen.say()
        screen.say(f"guides (help TOPIC): {', '.join(topics)}")


COMMAND = Command(
    usage="help [COMMAND|TOPIC] [options]",
    summary="show all options of a command, or a guide",
    essential=("--language",),
    examples=("help", "help watch", "help rules --language zh"),
    status="0 shown; 2 there is no such command or topic.",
    add_options=add_options,
    run=run,
)
