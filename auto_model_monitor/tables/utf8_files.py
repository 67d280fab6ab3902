"""Files of text in other encodings, as copies in UTF-8, which is all that DuckDB reads."""

from __future__ import annotations

import codecs
import gzip
import io
import logging
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from ..core.errors import ConfigError, SourceError
from ..text.cleaning import for_log_line
from .row_files import RowFile
from .scratch_folder import scratch_folder

logger = logging.getLogger(__name__)

_UTF_8 = "utf-8"
_MARKS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_NAMES = {"gb18030": "GB18030", "cp1252": "Latin-1"}  # as a person calls what can only be guessed
_BLOCK = 1 << 20  # bytes
_ENOUGH_LINES = 1000  # lines with other letters than those of ASCII, from which an encoding is guessed


class UTF8Files:
    """Gives the files of a table in UTF-8: those in another encoding as copies for one look.

    Without a chosen encoding each file is read in the one that it seems to have: UTF-8, UTF-16, GB18030 (with
    GBK and GB2312) or Latin-1. What can only be guessed is a warning, once.

    Args:
        encoding: that of all files, as Python names it; None recognises it.

    Raises:
        ConfigError: there is no such encoding.
    """

    def __init__(self, encoding: str | None = None) -> None:
        self._encoding = None if encoding is None else text_encoding(encoding)
        self._known: dict[tuple[str, int, int, int], str] = {}
        self._warned: set[str] = set()

    @contextmanager
    def readable(self, files: Sequence[RowFile]) -> Iterator[list[RowFile]]:
        """Yield the files, with the paths of the copies where there are some.

        Raises:
            SourceError: a file cannot be read or copied, or its encoding is not recognised.
        """
        encodings = [self._encoding_of(file) for file in files]
        self._known = {file.fingerprint: e for file, e in zip(files, encodings, strict=True)}
        if all(encoding == _UTF_8 for encoding in encodings):
            yield list(files)
            return
        with scratch_folder() as folder:
            yield [
                file if encoding == _UTF_8 else _copied(file, encoding, Path(folder, str(number)))
                for number, (file, encoding) in enumerate(zip(files, encodings, strict=True))
            ]

    def _encoding_of(self, file: RowFile) -> str:
        if file.format == "parquet":
            return _UTF_8
        if self._encoding is not None:
            return self._encoding
        known = self._known.get(file.fingerprint)
        if known is None:
            try:
                known = _recognised(file.path)
            except (OSError, EOFError) as error:
                raise SourceError(f"{file.path} cannot be read: {error}") from None
            if known is None:
                raise SourceError(
                    f"{file.path}: expected UTF-8, UTF-16, GB18030 or Latin-1, got text in another encoding; "
                    "encoding = 'big5', 'shift_jis' or the like states which"
                )
            if known in _NAMES and known not in self._warned:
                self._warned.add(known)
                text = "%s: expected UTF-8, read as what looks like %s; encoding = %r confirms it"
                logger.warning(text, for_log_line(file.path), _NAMES[known], known)
        return known


def text_encoding(name: str) -> str:
    """Return Python's name of an encoding of text.

    Raises:
        ConfigError: there is none of this name.
    """
    try:
        found = codecs.lookup(name)
        "id,time\n".encode(found.name).decode(found.name)  # base64 and the like are no encodings of text
    except (LookupError, ValueError, TypeError):
        text = f"encoding: expected one such as 'utf-8', 'gb18030' or 'utf-16', got {name!r}"
        raise ConfigError(text) from None
    return found.name


def _recognised(path: str) -> str | None:
    lines: list[bytes] = []
    rest = b""
    with opened(path) as file:
        while len(lines) < _ENOUGH_LINES and (block := file.read(_BLOCK)):
            if not rest and not lines and (wide := _wide(block)):
                return wide
            if rest.isascii() and block.isascii():  # nearly every block of nearly every file
                rest = block[block.rfind(b"\n") + 1 :]
                continue
            found, newline, end = (rest + block).rpartition(b"\n")
            rest = end[:_BLOCK]
            if newline and not found.isascii():
                lines += [line for line in found.split(b"\n") if not line.isascii()]
    return _guessed(lines[:_ENOUGH_LINES] or ([] if rest.isascii() else [rest]))


def _wide(start: bytes) -> str | None:
    """Return which UTF-16 a file begins with; in one of tables each delimiter has a zero beside it."""
    if start[:2] in _MARKS:
        return _MARKS[start[:2]]
    sample = start[:1024]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if 8 * max(even, odd) < len(sample) or 8 * min(even, odd) > max(even, odd):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _guessed(lines: Sequence[bytes]) -> str | None:
    """Return the encoding of lines with other letters than those of ASCII; a few of them may be damaged."""
    decoded = [_decoded(line, _UTF_8) for line in lines]
    if 2 * decoded.count(None) <= len(lines) or any(b"\0" in line for line in lines):
        return _UTF_8
    letters = "".join(_decoded(line, "gb18030") or "" for line in lines)
    foreign = [letter for letter in letters if letter > "\x7f"]
    # In Latin-1 a foreign letter stands between two of ASCII: as GB18030 the pair is a rare character.
    common = sum(_is_common_chinese(letter) for letter in foreign)
    if common and 2 * common >= len(foreign):
        return "gb18030"
    return "cp1252" if _are_latin(lines) else None


def _are_latin(lines: Sequence[bytes]) -> bool:
    texts = [_decoded(line, "cp1252") for line in lines]
    foreign = [letter for letter in "".join(text or "" for text in texts) if letter > "\x7f"]
    letters = sum(letter.isalpha() for letter in foreign)
    return 10 * texts.count(None) <= len(texts) and 2 * letters > len(foreign)


def _decoded(line: bytes, encoding: str) -> str | None:
    try:
        return line.decode(encoding)
    except ValueError:
        return None


def _is_common_chinese(letter: str) -> bool:
    try:
        return bool(letter.encode("gb2312"))
    except ValueError:
        return False


def _copied(file: RowFile, encoding: str, copy: Path) -> RowFile:
    """Return a copy of a file in UTF-8, in which bytes that are no text stay: their rows are counted."""
    ending = Path(file.path.removesuffix(".gz")).suffix
    path = copy.with_suffix(ending)
    errors = "replace" if "16" in encoding or "32" in encoding else "surrogateescape"
    try:
        with (
            opened(file.path) as raw,
            io.TextIOWrapper(raw, encoding=encoding, errors=errors, newline="") as text,
            path.open("w", encoding=_UTF_8, errors=errors, newline="") as out,
        ):
            shutil.copyfileobj(text, out, _BLOCK)
    except (OSError, EOFError, UnicodeError) as error:
        raise SourceError(f"{file.path} cannot be read as {encoding}: {error}") from None
    return replace(file, path=str(path))


def opened(path: str) -> io.BufferedReader | gzip.GzipFile:
    """Open a file, packed or not, to read its bytes."""
    return gzip.open(path) if path.endswith(".gz") else Path(path).open("rb")
