"""The key under which an outbox keeps the alerts of a watch of a directory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..parsers import BaseParser, CustomParser
from ..text.cleaning import for_storage

_PACKAGE = __name__.partition(".")[0] + "."


def watch_key(directory: Path, mode: str, parser: BaseParser) -> str:
    """Return what distinguishes this watch from the others in an outbox.

    The key consists of data alone, so that a parser's class may be renamed, moved or run as a script.

    Args:
        directory: the watched directory, absolute.
        mode: ``lower`` or ``higher``.
        parser: what reads the names; its ``identity`` belongs to the key.
    """
    return f"{directory}\n{mode}\n{parser.identity}"


def legacy_keys_of(directory: Path, modes: set[str], parser: BaseParser) -> Callable[[str], bool]:
    """Return what recognises the keys that versions 0.3 and 0.4 gave to the same watch.

    Those ended in ``module.Class pattern metric``. A class of a user's own is recognised in any module and
    under any name.

    Args:
        directory: the watched directory, absolute.
        modes: the modes that the watch may have been recorded with.
        parser: what reads the names.
    """
    ours = _is_ours(type(parser).__module__ + ".")
    pattern = parser.pattern.pattern if isinstance(parser, CustomParser) else ""
    whole, ending = for_storage(f" {pattern} {parser.metric}"), for_storage(f" {parser.metric}")
    prefix = for_storage(f"{directory}\n")

    def recognises(key: str) -> bool:
        mode, _, reader = key.removeprefix(prefix).partition("\n")
        kind = reader.partition(" ")[0]
        if not key.startswith(prefix) or mode not in modes or _is_ours(kind) != ours:
            return False
        if not ours:
            return "." in kind and reader.endswith(whole if pattern else ending)
        return reader == f"{kind}{whole}" and kind.endswith(f".{type(parser).__name__}")

    return recognises


def _is_ours(module: str) -> bool:
    return module.startswith(_PACKAGE)
