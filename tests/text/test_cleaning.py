"""Hostile text stays harmless in each place that shows or stores it."""

from __future__ import annotations

import html
import json
import shlex
import sqlite3
import subprocess

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from auto_model_monitor.text import cleaning

ANY_TEXT = st.text(st.characters(blacklist_categories=()))
HOSTILE = "a\r\nBcc: x\t\u2028b\x00\x1b[31m\u202egnp\udcff\x85\x9b2J<b>&\"'[x](y)\\"


@given(ANY_TEXT)
@example(HOSTILE)
def test_one_line_stays_one_line(text):
    """A header, a name, a terminal's line and a log's line are one line, and can be encoded."""
    cleaners = (cleaning.for_name, cleaning.for_terminal, cleaning.for_log_line)
    for cleaned in (cleaning.for_header(text, 500), *(clean(text) for clean in cleaners)):
        cleaned.encode()
        assert len(cleaned.splitlines()) <= 1
        assert not set(cleaned) & set("\x1b\x9b\x00\x07\u202e\u2066")


def test_a_header_collapses_white_space_and_is_cut():
    """A header has single spaces, a replacement for what is not text, and an ellipsis where it was cut."""
    assert cleaning.for_header(" a\r\nBcc: x\t\u2028b\x00\x1b[1m\udcff ", 99) == "a Bcc: x b��[1m�"
    assert cleaning.for_header("x" * 600, 500) == "x" * 499 + "…"


def test_a_name_keeps_its_spaces():
    """Two spaces and an emoji in a name are unchanged; what cannot be shown is replaced one for one."""
    assert cleaning.for_name("a  b\n\x1b\u202egnp\udc80\u2029") == "a  b���gnp��"
    assert cleaning.for_name("家族👨‍👩‍👧 é.pt") == "家族👨‍👩‍👧 é.pt"
    assert len(cleaning.for_name("x" * 10_000)) == 4096


@given(ANY_TEXT)
def test_a_body_has_one_kind_of_line_end(text):
    r"""The lines of a body end with ``\n`` to every reader, and it can be encoded."""
    body = cleaning.for_body(text)
    assert body.encode().decode().splitlines() == body.split("\n")[: len(body.splitlines())]


def test_a_body_keeps_blank_lines_and_indents():
    r"""A body keeps blank lines, tabs and leading spaces."""
    assert cleaning.for_body("\n  a\tb\r\n\r\nc\u2028d\x07\udcffe\x0c") == "\n  a\tb\n\nc\nd��e\n"


def test_a_terminal_shows_escapes():
    """A terminal shows a line break, a command, a direction mark and an undecodable byte as escapes."""
    assert cleaning.for_terminal("a\nb\x1b[31m\u202ec\udcff") == "a\\nb\\x1b[31m\\u202ec\\udcff"
    assert cleaning.for_terminal("分数 0.003🔥") == "分数 0.003🔥"


def test_a_log_line_keeps_tabs_and_readable_text():
    """A log line keeps tabs, wide spaces and joined emoji, and escapes what forges a line or hides text."""
    assert cleaning.for_log_line("分数\u3000👨‍👩‍👧\t'x\\'\n") == "分数\u3000👨‍👩‍👧\t'x\\'\\n"
    assert cleaning.for_log_line("\r\x0b\u061c\u200f\u2029\udcff") == "\\r\\x0b\\u061c\\u200f\\u2029\\udcff"


def test_a_traceback_is_indented():
    """Each line of a traceback is indented, also those that an error's text forges."""
    text = "Traceback\n  File x\nValueError: a\n2026-01-01 - root - INFO - fake\r\x1b[2J"
    lines = cleaning.for_traceback(text).splitlines()
    assert lines[0] == "  Traceback"
    assert all(line.startswith("  ") for line in lines)
    assert lines[-1] == "  2026-01-01 - root - INFO - fake\\r\\x1b[2J"


@given(ANY_TEXT)
@example(HOSTILE)
def test_storage_takes_every_text(text):
    """SQLite stores every text, and returns valid text unchanged."""
    stored = cleaning.for_storage(text)
    with sqlite3.connect(":memory:") as database:
        (back,) = database.execute("SELECT ?", (stored,)).fetchone()
    assert back == stored
    try:
        text.encode()
    except UnicodeEncodeError:
        assert "\\ud" in stored
    else:
        assert stored == text


@given(ANY_TEXT)
@example("x/../y")
@example("a" * 500)
@example("")
def test_a_file_name_is_a_short_token(text):
    """A file's name out of an id has no separator, no leading dot, and the same value on every call."""
    name = cleaning.for_file_name(text)
    assert 0 < len(name) <= 128
    assert name.isascii()
    assert not set(name) & set("/\\ \n:")
    assert not name.startswith((".", "-"))
    assert name == cleaning.for_file_name(text)


def test_a_legible_id_stays_legible():
    """An id of letters, digits, dots and dashes is its own file name."""
    assert cleaning.for_file_name("alert-2026.1_a") == "alert-2026.1_a"


@given(ANY_TEXT)
@example("<script>&amp;\"'0.95.pt a@b.c 2026-11-20 0000750")
def test_html_shows_the_text_and_nothing_else(text):
    """HTML opens no tag but its own spans, and reads back as the text."""
    shown = cleaning.for_html(text)
    bare = shown.replace("<span>", "").replace("</span>", "").replace("<wbr>", "")
    assert not set(bare) & set("<>\"'")
    assert html.unescape(bare.replace("&#13;", "\r")) == html.unescape(html.escape(text))
    assert not set(cleaning.for_attribute(text)) & set("<>\"'\r")


@pytest.mark.parametrize("text", ["[x](http://e.com)", "<@all>", "![p](y)", "<font color=red>"])
def test_chat_shows_no_link_and_no_mention(text):
    """No bracket that starts a link, a mention, a picture or a tag reaches a chat robot."""
    for clean in (cleaning.for_chat, cleaning.for_markdown, cleaning.for_wecom):
        assert not set(clean(text)) & set("[]<>")


def test_markdown_reads_as_the_text():
    """A heading, a list, emphasis and an indent read as typed, line for line."""
    assert cleaning.for_markdown("# a\n1. b\n  *c*\n- d") == (
        "\\# a  \n1\\. b  \n\u00a0\u00a0\\*c\\*  \n\\- d"
    )
    assert cleaning.for_wecom("# a *b* `c`\n  ## d") == "＃ a ＊b＊ ｀c｀\n  ＃# d"


def test_a_prometheus_label_is_one_quoted_word():
    """A quote, a backslash and a line break do not end a label's value."""
    text = 'a"b\\c\nd'
    assert json.loads(f'"{cleaning.for_prometheus_label(text)}"') == text


@given(st.lists(ANY_TEXT.filter(lambda text: "\0" not in text), min_size=1))
def test_a_shell_command_is_one_printable_line(command):
    """A command for a shell is one printable line."""
    assert cleaning.for_shell(command).isprintable()


def test_bash_reads_the_command_back():
    """Bash reads hostile words back byte for byte; plain words are quoted as :mod:`shlex` quotes them."""
    words = ["a b", "x\n\x1b[31m", "it's\t\\", "\udcff分数", "$(reboot)"]
    script = f"printf '%s\\0' {cleaning.for_shell(words)}"
    printed = subprocess.run(["bash", "-c", script], capture_output=True, check=True).stdout
    assert printed.split(b"\0")[:-1] == [word.encode("utf-8", "surrogateescape") for word in words]
    assert cleaning.for_shell(["a b", "c"]) == shlex.join(["a b", "c"])


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("loss 0.3", "loss 0.3"),
        ("\x1b[32mloss\x1b[0m 0.3\x07", "loss 0.3"),
        ("10%\r50%\r100%\r", "100%"),
        ("\x1b]0;a title\x07loss\x9b1m 0.3", "loss 0.3"),
        ("loss\t0.3", "loss\t0.3"),
        ("\r \r", ""),
    ],
)
def test_a_terminals_line_is_read_as_a_person_reads_it(text, read):
    """A line of a terminal loses its commands, and keeps the last state of a progress bar."""
    assert cleaning.from_terminal(text) == read


class _Broken(Exception):
    def __str__(self):
        raise RuntimeError("no text")


def test_an_unprintable_object_has_a_text():
    """An object whose own methods fail is named by its type."""
    assert cleaning.text_of(_Broken()) == "an unprintable _Broken"
    assert cleaning.describe_error(_Broken()) == "an unprintable _Broken"
    assert cleaning.describe_error(ValueError("x")) == "ValueError: x"
    assert cleaning.text_of("x", repr) == "'x'"
