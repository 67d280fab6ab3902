"""The settings of a ``[[monitor]]``: the arguments of its source, as its signature describes them."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from ..core.errors import ConfigError
from ..core.paths import expanded
from ..monitor.config.settings_table import Setting

# Each type that an annotation may name, and what a file holds for it.
_TYPES: Mapping[str, tuple[type, ...]] = {
    "str": (str,),
    "PathLike": (str,),
    "Path": (str,),
    "bool": (bool,),
    "int": (int,),
    "float": (int, float),
    "object": (str, int, float, bool, list, dict),
    "Literal": (str,),
    "Sequence": (list,),
    "Collection": (list,),
    "list": (list,),
    "tuple": (list,),
    "Mapping": (dict,),
    "dict": (dict,),
}
_KINDS = {
    str: "a text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    list: "a list of texts",
}
_OF_ONE_TABLE = ("predictions", "labels", "reference", "url", "table", "query", "metric")
_SQLITE = re.compile(r"(sqlite(?:\+\w+)?:///)(?!/|:|file:)(.+)", re.IGNORECASE)  # with a relative path
_ARGUMENT = re.compile(r"^ {4}(\w+): (.*(?:\n {8,}.*)*)", re.MULTILINE)


class SourceKind(NamedTuple):
    """One kind of source.

    Attributes:
        name: the public name of its class.
        named_by: the setting that only a table of this kind has.
    """

    name: str
    named_by: str

    @property
    def source(self) -> type[Any]:
        """The class.

        Raises:
            MissingExtraError: it needs an extra that is not installed.
        """
        found: type[Any] = getattr(import_module(__name__.partition(".")[0]), self.name)
        return found


KINDS = (
    SourceKind("PredictionSource", "predictions"),
    SourceKind("SQLSource", "table"),
    SourceKind("PrometheusSource", "query"),
)


def kind_of(table: Mapping[str, object]) -> SourceKind:
    """Return the kind of source that a table describes.

    Raises:
        ConfigError: it names none, or several.
    """
    found = [kind for kind in KINDS if kind.named_by in table]
    if len(found) == 1:
        return found[0]
    names = ", ".join(kind.named_by for kind in KINDS)
    raise ConfigError(f"source: expected one of {names}, got {'several' if found else 'none'} of them")


@cache
def source_settings(kind: SourceKind) -> Mapping[str, Setting]:
    """Return what a table may hold for a source, out of its signature and its docstring."""
    texts = dict(_ARGUMENT.findall(inspect.getdoc(kind.source) or ""))
    found: dict[str, Setting] = {}
    for name, parameter in inspect.signature(kind.source).parameters.items():
        tree = _annotation(parameter.annotation)
        types = tuple(dict.fromkeys(one for part in _alternatives(tree) for one in _TYPES.get(part, ())))
        if types:
            help_ = " ".join(texts.get(name, "").split())
            found[name] = Setting(_words(types), types, help=help_, choices=_choices(tree))
    return found


def shared_settings(kinds: Iterable[SourceKind]) -> dict[str, Setting]:
    """Return what may stand once for all tables of these kinds: all but the places of one table."""
    return {
        name: setting
        for kind in kinds
        for name, setting in source_settings(kind).items()
        if name not in _OF_ONE_TABLE and name not in required_settings(kind)
    }


def takes_zone_of_the_file(kind: SourceKind) -> bool:
    """Return whether a source has a timezone that is by default that of this machine."""
    parameter = inspect.signature(kind.source).parameters.get("timezone")
    return parameter is not None and parameter.default is None


def make_places_absolute(settings: dict[str, Any], folder: Path) -> None:
    """Make relative paths of files and of SQLite databases relative to the folder of the file."""
    for key in ("predictions", "labels", "reference", "url"):
        value = settings.get(key)
        if isinstance(value, list):
            settings[key] = [_absolute_place(key, one, folder) for one in value]
        elif isinstance(value, str):
            settings[key] = _absolute_place(key, value, folder)


def _absolute_place(key: str, text: str, folder: Path) -> str:
    if sqlite := _SQLITE.fullmatch(text):
        return f"{sqlite[1]}{folder / sqlite[2]}"
    return text if key == "url" or "://" in text else str(folder / expanded(text))


def required_settings(kind: SourceKind) -> list[str]:
    """Return the arguments that have no default."""
    parameters = inspect.signature(kind.source).parameters
    return [name for name, parameter in parameters.items() if parameter.default is parameter.empty]


def _annotation(annotation: object) -> ast.expr:
    """Return what an annotation consists of; it is a text, as the modules postpone its evaluation."""
    return ast.parse(str(annotation), mode="eval").body


def _choices(tree: ast.expr) -> tuple[str, ...]:
    """Return the texts of a ``Literal``."""
    constants = [
        constant.value
        for part in ast.walk(tree)
        if isinstance(part, ast.Subscript) and isinstance(part.value, ast.Name) and part.value.id == "Literal"
        for constant in ast.walk(part.slice)
        if isinstance(constant, ast.Constant)
    ]
    return tuple(text for text in constants if isinstance(text, str))


def _alternatives(tree: ast.expr) -> Iterator[str]:
    if isinstance(tree, ast.BinOp):
        yield from _alternatives(tree.left)
        yield from _alternatives(tree.right)
    elif isinstance(tree, ast.Subscript):
        yield from _alternatives(tree.value)
    elif isinstance(tree, ast.Attribute):
        yield tree.attr
    elif isinstance(tree, ast.Name):
        yield tree.id


def _words(types: tuple[type, ...]) -> str:
    if dict in types and str in types:
        return "a text, a number, a list of texts or a table"
    names = [
        "a table" if one is dict else _KINDS[one] for one in types if not (one is int and float in types)
    ]
    return " or ".join(names)
