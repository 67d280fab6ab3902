"""What the programs print that people train with."""

from __future__ import annotations

import re
from datetime import datetime, timezone

import pytest

from auto_model_monitor import LogReader
from auto_model_monitor.core.numbers import number_splitter
from auto_model_monitor.log_parser.known_formats import COMPLETED, KEY_VALUE_FORMATS, SENTENCE_FORMATS
from auto_model_monitor.log_parser.plain_text import plain
from auto_model_monitor.log_parser.prefix import prefix_of
from tests.log_parser import fixture_lines

TIME = datetime(2026, 11, 20, tzinfo=timezone.utc)


def said(reader: LogReader, text: str) -> object:
    entry = reader.read(text, time=TIME)
    if not entry.own_metrics and entry.stage is None:
        return None
    stage = None if entry.stage is None else entry.stage.value
    return {name: float(value) for name, value in entry.own_metrics.items()}, stage, entry.step


@pytest.mark.parametrize("name", fixture_lines.names())
def test_each_line_says_what_stands_below_it(name: str) -> None:
    """Every metric, stage and step of a program's lines is read, and nothing else."""
    reader = LogReader()
    for line in fixture_lines.lines(name):
        found, expected = said(reader, line.text), line.said
        assert repr(found) == repr(expected), line.text  # nan is not equal to itself


@pytest.mark.parametrize("name", fixture_lines.names())
def test_lines_say_the_same_when_their_shapes_are_known(name: str) -> None:
    """A reader that has seen the log before reads it as one that has not, but for what bars leave out."""
    reader = LogReader()
    for line in fixture_lines.lines(name):
        reader.parse_line(line.text)
    for line in fixture_lines.lines(name):
        found = said(reader, line.text)
        if "it/s" not in line.text and "reached" not in line.text:
            assert repr(found) == repr(line.said), line.text


@pytest.mark.parametrize("name", fixture_lines.names())
def test_a_log_in_pieces_is_the_same_log(name: str) -> None:
    """A reader made in the middle of a log from another's state continues as that would."""
    reader = LogReader()
    for line in fixture_lines.lines(name):
        fresh = LogReader()
        fresh.resume(reader.state())
        assert repr(said(fresh, line.text)) == repr(line.said), line.text
        reader.parse_line(line.text)


def blanks() -> list[str]:
    """Return the messages of all lines without their numbers."""
    found = []
    for name in fixture_lines.names():
        for line in fixture_lines.lines(name):
            blank = "\0".join(number_splitter()(plain(line.text))[::2])
            found.append(blank[prefix_of(blank).end :].lstrip())
    return found


@pytest.mark.parametrize(
    ("name", "needs", "pattern"),
    [(row.name, row.needs, row.head) for row in KEY_VALUE_FORMATS]
    + [(row.name, row.needs, row.pattern) for row in SENTENCE_FORMATS]
    + [("the end of a training", "", pattern) for pattern in COMPLETED],
)
def test_each_row_of_the_table_has_its_line(name: str, needs: str, pattern: str) -> None:
    """No format stands in the table of which there is no line among those of the programs."""
    regex = re.compile(pattern.replace("#", "\0"), re.IGNORECASE)
    hits = [blank for blank in blanks() if regex.match(blank)]
    assert hits, name
    assert all(needs in blank.lower() for blank in hits)
