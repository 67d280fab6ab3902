"""The rules of the house: plain words, names that stand once, small pieces, arguments that editors show."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from enum import Enum
from pathlib import Path

import pytest

import auto_model_monitor

pytestmark = pytest.mark.contract

PACKAGE = Path(auto_model_monitor.__file__).parent
README = Path(__file__).parents[1] / "README.md"
KINDS = (".py", ".js", ".html", ".css", ".md")
# The words of the package's former prose, which engineers do not search for.
WORDS = "told tells? telling nobody anew so[_ ]many who(m?)ever heard manieth at[_ ]once said"
DIALECT = re.compile(rf"(?<![a-z])({'|'.join(re.split(' (?![^[]*])', WORDS))})(?![a-z])", re.IGNORECASE)
MOST_OF_THEM = 40


def modules() -> Iterator[tuple[Path, str]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path.relative_to(PACKAGE), path.read_text("utf-8")


def functions(text: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def twice(names: list[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})


def test_the_former_dialect_stays_out():
    """At most forty words of the former dialect stand in the package and the README together."""
    english = (path for path in PACKAGE.rglob("*") if path.suffix in KINDS and ".zh" not in path.suffixes)
    found = [
        f"{path}:{number}: {match[0]}"
        for path in (*english, README)
        if path.exists()
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        for match in DIALECT.finditer(line)
    ]
    assert len(found) <= MOST_OF_THEM, f"{len(found)} words:\n" + "\n".join(found)


def test_no_module_and_no_class_name_stands_twice():
    """Each module and each class of the package has a name of its own."""
    texts = {path: text for path, text in modules() if not path.stem.startswith("__")}
    assert twice([path.stem for path in texts]) == []
    classes = (re.findall(r"^ *class (\w+)", text, re.MULTILINE) for text in texts.values())
    assert twice([name for names in classes for name in names]) == []


def test_modules_and_functions_stay_small():
    """A module has at most 300 lines, a function at most 40 below its docstring."""
    large = [f"{path}: {text.count(chr(10))} lines" for path, text in modules() if text.count("\n") > 300]
    for path, text in modules():
        for node in functions(text):
            body = node.body[ast.get_docstring(node, clean=False) is not None :]
            lines = (node.end_lineno or 0) - body[0].lineno + 1 if body else 0
            large += [f"{path}: {node.name} has {lines} lines"] if lines > 40 else []
    assert large == []


def test_no_init_hides_its_arguments():
    """An ``__init__`` has no docstring, because editors show that of the class."""
    hidden = [
        f"{path}:{node.lineno}"
        for path, text in modules()
        for node in functions(text)
        if node.name == "__init__" and ast.get_docstring(node)
    ]
    assert hidden == []


@pytest.mark.parametrize("name", auto_model_monitor.__all__)
def test_a_public_class_shows_its_arguments(name: str):
    """The docstring of each public class describes every argument that it takes."""
    thing = getattr(auto_model_monitor, name)
    if not inspect.isclass(thing) or issubclass(thing, (BaseException, Enum)) or inspect.isabstract(thing):
        return
    text = inspect.getdoc(thing) or ""
    names = [
        name
        for name in inspect.signature(thing).parameters
        if name[:1] != "_" and name not in ("args", "value")
    ]
    assert [name for name in names if not re.search(rf"^ *{name}\b.*:", text, re.MULTILINE)] == []
