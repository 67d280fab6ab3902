"""Cleaners of foreign text, each named by what it protects.

File names, log lines, metrics and error texts come from other programs. They may contain line breaks,
terminal commands, marks that reverse the writing direction, markup, and bytes that are not text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

REPLACEMENT = "\ufffd"

_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
# Control characters, which a terminal obeys; lone surrogates, which no encoder accepts; and the marks
# that reverse the writing direction, with which a name could seem to end in something else.
_UNSAFE = "\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff"
_UNSAFE_IN_TEXT = re.compile(f"[{_UNSAFE}]")
_UNSAFE_IN_NAME = re.compile(f"[\t-\r\u2028\u2029{_UNSAFE}]")
_UNSAFE_IN_LOG = re.compile(f"[\n-\r\u061c\u200e\u200f\u2028\u2029{_UNSAFE}]")
_LONGEST_NAME = 4096  # characters, as the longest path
_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")

# What moves a terminal's cursor or colours it: CSI, then OSC and its kin (a title, a link), then the rest.
_TERMINAL_COMMANDS = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\|$)|\x1b[ -/]*[0-~]?"
)
# What separates words or lines becomes a blank, such as a form feed; what rings or wipes out becomes nothing.
_TERMINAL_CONTROLS: dict[int, str | None] = {
    **dict.fromkeys([*range(8), *range(14, 28), *range(127, 160), 0xFEFF]),
    **dict.fromkeys([10, 11, 12, 13, *range(28, 32), 0x85, 0x2028, 0x2029], " "),
}
_WIPED_OUT = re.compile("([^\b]*)(\b+)")

_HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;", "\r": "&#13;"})
# Mail programs make links by themselves: "0.95.pt" is a domain to them, "0.000750" a telephone number,
# "2026-11-20" a date. They search within one piece of text, so each of these characters stands in a <span>
# of its own. A zero-width character has the same effect, but is copied with the name.
_LINKABLE = re.compile(r"[.@:/_]|(?<=[0-9])-(?=[0-9])|[0-9]{4}(?=[0-9])")

_CHAT_LOOKALIKES = str.maketrans("[]<>", "［］＜＞")
_WECOM_LOOKALIKES = str.maketrans("*`", "＊｀")
_WECOM_HEADING = re.compile(r"^(\s*)#", re.MULTILINE)
_MARKDOWN_MARKS = re.compile(r"[\\`*_~|]")
_MARKDOWN_LINE_START = re.compile(r"^(#|[-+=](?=\s|[-+=]|$)|\d+(?=[.)]\s))", re.MULTILINE)
_MARKDOWN_NUMBER = re.compile(r"^\\(\d+)", re.MULTILINE)
_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)

_PROMETHEUS = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})

_HIDDEN = "***"
_SECRET_IN_URL = re.compile(r"(://[^\s/:@]+:)[^\s/@]+(?=@)")
_NAMED_SECRET = re.compile(
    r"""((?i:\b[\w-]*(?:token|secret|password|passwd|api[_-]?key|access[_-]?key|auth[_-]?code)["']?\s?[=:]\s?["']?
        |--[\w-]*(?:token|secret|password|api-?key)\s))(?=[^\s"',;&]*[A-Za-z])[^\s"',;&]{6,}""",
    re.VERBOSE,
)
#: Tokens that services give in a form of their own.
_KNOWN_SECRET = re.compile(
    r"\b(?:hf_[A-Za-z0-9]{16,}|sk-[\w-]{16,}|gh[pousr]_[A-Za-z0-9]{16,}|AKIA[A-Z0-9]{16}|xox[abp]-[\w-]{10,}"
    r"|eyJ[\w-]{10,}\.[\w-]+\.[\w-]+)"
)


def for_header(text: str, limit: int) -> str:
    """Return the text on one line of at most ``limit`` characters, white space collapsed.

    For a mail's headers, a title, a table's cell, or a server's answer that is quoted.
    """
    return _shortened(_UNSAFE_IN_TEXT.sub(REPLACEMENT, " ".join(text.split())), limit)


def for_body(text: str) -> str:
    r"""Return the text with ``\n`` line ends, and ``�`` for what no message may contain."""
    return _UNSAFE_IN_TEXT.sub(REPLACEMENT, _LINE_ENDS.sub("\n", text))


def for_name(text: str) -> str:
    """Return a name on one line, its spaces unchanged, ``�`` for what no message may contain."""
    return _UNSAFE_IN_NAME.sub(REPLACEMENT, _shortened(text, _LONGEST_NAME))


def for_terminal(text: str) -> str:
    """Return the text on one line, with escapes for what a terminal obeys or cannot show."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _escape(c) for c in text)


def for_log_line(text: str) -> str:
    """Return the text on one line, with escapes for what forges a line of a log or reverses its direction."""
    return text if text.isprintable() else _UNSAFE_IN_LOG.sub(_escape_match, text)


def for_traceback(text: str) -> str:
    """Return a traceback whose lines are all indented, so that none can pass for a line of the log."""
    return "\n".join(f"  {for_log_line(line)}" for line in text.split("\n"))


def for_storage(text: str) -> str:
    """Return the text as a database or a file in UTF-8 can hold it.

    A path may contain bytes that are not text; Python holds them as lone surrogates. They become escapes.
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def for_file_name(text: str) -> str:
    """Return an id as a header and a file's name can hold it: itself, or its digest."""
    if _TOKEN.fullmatch(text):
        return text
    import hashlib  # needed for the ids of other programs alone

    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def for_html(text: str) -> str:
    """Return the text as HTML that shows and copies as the text, and in which no program finds a link."""
    pieces: list[str] = []
    end = 0
    for match in _LINKABLE.finditer(text):
        pieces += for_attribute(text[end : match.start()]), _apart(match[0])
        end = match.end()
    return "".join([*pieces, for_attribute(text[end:])])


def for_attribute(text: str) -> str:
    """Return the text for an attribute of an HTML tag, or for a document's title."""
    return text.translate(_HTML)


def for_chat(text: str) -> str:
    """Return a text in which no link, no mention, no picture and no tag can be written.

    The four characters that those need become their full-width twins: whether a backslash hides them
    differs between clients.
    """
    return for_body(text).translate(_CHAT_LOOKALIKES)


def for_markdown(text: str) -> str:
    """Return a text that reads the same as Markdown, line for line, without links and mentions."""
    text = _MARKDOWN_MARKS.sub(r"\\\g<0>", for_chat(text))
    text = _MARKDOWN_LINE_START.sub(r"\\\1", _INDENT.sub(lambda found: "\u00a0" * len(found[0]), text))
    # A backslash hides a sign, but not a digit: there it stands before the full stop.
    return _MARKDOWN_NUMBER.sub(r"\1\\", text).replace("\n", "  \n")


def for_wecom(text: str) -> str:
    """Return a text that reads the same in WeCom's Markdown, which knows no backslash."""
    return _WECOM_HEADING.sub(r"\1＃", for_chat(text).translate(_WECOM_LOOKALIKES))


def for_prometheus_label(text: str) -> str:
    """Return the text for a label's value in the text format of Prometheus."""
    return text.translate(_PROMETHEUS)


def for_shell(command: Sequence[str]) -> str:
    r"""Return a command as one printable line for a shell, with ``$'\x0a'`` for what is not printable."""
    import shlex  # needed for a suggestion on the command line alone

    line = shlex.join(command)
    return line if line.isprintable() else " ".join(map(_shell_word, command))


def from_terminal(text: str) -> str:
    r"""Return a line of a terminal without commands; of several states between ``\r`` the last."""
    if text.isprintable():
        return text
    if "\x1b" in text or "\x9b" in text:
        text = _TERMINAL_COMMANDS.sub("", text)
    if "\r" in text:
        states = [state for state in text.split("\r") if state.strip(" \b\0")]
        text = states[-1] if states else ""
    text = text.translate(_TERMINAL_CONTROLS)
    return _without_backspaces(text.rstrip("\b ")) if "\b" in text else text


def _without_backspaces(text: str) -> str:
    """Return a text without what backspaces take back, for other text to overwrite."""
    kept, place = "", 0
    for found in _WIPED_OUT.finditer(text):
        kept += found[1]
        kept = kept[: max(0, len(kept) - len(found[2]))]
        place = found.end()
    return kept + text[place:]


def without_secrets(text: str) -> str:
    """Return what a training printed with tokens, passwords and keys in it replaced by ``***``."""
    text = _SECRET_IN_URL.sub(rf"\1{_HIDDEN}", text)
    text = _NAMED_SECRET.sub(rf"\1{_HIDDEN}", text)
    return _KNOWN_SECRET.sub(_HIDDEN, text)


def text_of(thing: object, convert: Callable[[object], str] = str) -> str:
    """Return a user's object as a text, also where its own methods fail."""
    try:
        return convert(thing)
    except Exception:
        return f"an unprintable {type(thing).__name__}"


def describe_error(error: BaseException) -> str:
    """Return an error's kind and text, also where its own methods fail."""
    return text_of(error, lambda _: f"{type(error).__name__}: {error}")


def _shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _escape_match(match: re.Match[str]) -> str:
    return _escape(match[0])


def _apart(character: str) -> str:
    # A long name or path may be broken after these; <wbr> is not copied.
    if character == "_":
        return "_<wbr>"
    return f"<span>{character}</span>{'<wbr>' if character == '/' else ''}"


def _shell_word(word: str) -> str:
    import shlex

    if word.isprintable():
        return shlex.quote(word)
    return f"$'{''.join(map(_shell_character, word))}'"


def _shell_character(character: str) -> str:
    if character.isprintable() and character not in "\\'":
        return character
    # A byte that is no text comes back as it is; any other lone surrogate has no byte, only a code.
    errors = "surrogateescape" if "\udc80" <= character <= "\udcff" else "surrogatepass"
    return "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", errors))
