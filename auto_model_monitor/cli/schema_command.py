"""``auto-model-monitor schema``: the JSON Schema of the file of ``monitor``."""

from __future__ import annotations

import argparse
import json

from ..text.terminal import Terminal
from .command import SUCCESS, Command
from .option_parser import OptionParser


def add_options(parser: OptionParser) -> None:
    """Add no options."""


def run(options: argparse.Namespace, screen: Terminal, errors: Terminal) -> int:
    """Print the schema."""
    from ..settings import file_schema

    screen.say(json.dumps(file_schema(), indent=2, ensure_ascii=False))
    return SUCCESS


COMMAND = Command(
    usage="schema",
    summary="print the JSON Schema of the file of monitor, for editors",
    essential=(),
    examples=("schema > monitor.schema.json",),
    status="0 printed; 2 the extra production is not installed.",
    notes="An editor with Taplo (Even Better TOML) completes and checks the file that begins with\n"
    "#:schema ./monitor.schema.json",
    add_options=add_options,
    run=run,
)
