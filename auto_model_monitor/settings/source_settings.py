"""The settings of a ``[[monitor]]``: the arguments of its source, as its signature describes them."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

from ..core.errors import ConfigError
from ..monitor.settings_table import Setting

# Each type that an annotation may name, and what a file holds for it.
_TYPES: Mapping[str, tuple[type, ...]] = {
    "str": (str,),
    "PathLike": (str,),
    "Path": (str,),
    "bool": (bool,),
    "int": (int,),
    "float": (int, float),
    "object": (str, int, float, bool),
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
    return {
        name: Setting(_words(types), types, help=" ".join(texts.get(name, "").split()))
        for name, parameter in inspect.signature(kind.source).parameters.items()
        if (types := _types_of(str(parameter.annotation)))
    }


def required_settings(kind: SourceKind) -> list[str]:
    """Return the arguments that have no default."""
    parameters = inspect.signature(kind.source).parameters
    return [name for name, parameter in parameters.items() if parameter.default is parameter.empty]


def _types_of(annotation: str) -> tuple[type, ...]:
    """Return what a file holds for an annotation; nothing where only Python can hold it."""
    try:
        tree = ast.parse(annotation, mode="eval").body
    except SyntaxError:
        return ()
    return tuple(dict.fromkeys(one for part in _alternatives(tree) for one in _TYPES.get(part, ())))


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
    names = [
        "a table" if one is dict else _KINDS[one] for one in types if not (one is int and float in types)
    ]
    return " or ".join(names)
