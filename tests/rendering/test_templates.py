"""Tests of what users word themselves."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

import auto_model_monitor
from auto_model_monitor import RenderingError
from auto_model_monitor.rendering import template_problems
from auto_model_monitor.rendering.templates import PLACEHOLDERS, fill, generated

VALUES = {**PLACEHOLDERS, "score": 0.003, "threshold": 0.004, "filename": "a.pt", "epoch": 10}


def test_every_placeholder_is_accepted() -> None:
    """Each documented placeholder can stand alone."""
    for name in PLACEHOLDERS:
        assert template_problems(f"{{{name}}}", "subject") == []


@pytest.mark.parametrize(
    "template",
    [
        "",
        "plain {{braces}}",
        "{score:.6f} {score:g} {score:.1%} {score:>10}",
        "{threshold:.3}",
        "{filename!r:>30} {filename:<40}",
        "{step:,} {epoch:05d}",
        "{previous_best:.4f} {improvement:+.2e}",
    ],
)
def test_usual_templates_have_no_problem(template: str) -> None:
    """Format specifications and conversions that Python users know are fine."""
    assert template_problems(template, "subject") == []


@pytest.mark.parametrize(
    ("template", "expected", "got"),
    [
        ("{fielname}", "one of {filename}", "{fielname}"),
        ("{ filename }", "one of {filename}", "{ filename }"),
        ("{filename.__class__}", "without attribute or index access", "{filename.__class__}"),
        ("{filename[0]}", "without attribute or index access", "{filename[0]}"),
        ("{0.__class__}", "without attribute or index access", "{0.__class__}"),
        ("{0}", "a placeholder with a name", "{0}"),
        ("{}", "a placeholder with a name", "{}"),
        ("{:>5}", "a placeholder with a name", "{:>5}"),
        ("{score:>999999}", "at most 200", "{score:>999999}"),
        ("{score:.201f}", "at most 200", "{score:.201f}"),
        ("{score:>٩٩٩٩٩٩}", "at most 200", "{score:>٩٩٩٩٩٩}"),
        ("{score:" + "9" * 5000 + "}", "at most 200", "{score:999"),
        ("{score:{step}}", "without braces", "{score:{step}}"),
        ("{score:d}", "fits a number", "{score:d}"),
        ("{filename:.6f}", "fits a text", "{filename:.6f}"),
        ("{timestamp:%H:%M}", "fits a text", "{timestamp:%H:%M}"),
        ("{step:q}", "fits a whole number", "{step:q}"),
        ("{score!x}", "fits a number", "{score!x}"),
        ("{score", "balanced braces", "expected '}'"),
        ("score}", "balanced braces", "Single '}'"),
    ],
)
def test_a_problem_says_what_was_expected_and_got(template: str, expected: str, got: str) -> None:
    """Each way to go wrong is found before the night, and never does what it could do."""
    problem, *more = template_problems(template, "email_subject_template")
    assert more == []
    assert problem.startswith("email_subject_template: expected ")
    assert expected in problem
    assert got in problem
    with pytest.raises(RenderingError):
        fill(template, VALUES, "—")


def test_every_problem_is_listed_once() -> None:
    """Two mistakes are two problems, however often each is made."""
    assert len(template_problems("{a} {b} {a} {score}", "subject")) == 2


def test_a_template_that_is_no_text_is_a_problem() -> None:
    """A list instead of a template is a problem, not a crash."""
    assert template_problems(["a"], "subject") == ["subject: expected a text, got list"]  # type: ignore[arg-type]


def test_numbers_are_filled_in_as_they_are() -> None:
    """Without a specification a number looks as it was given; with one as it asks."""
    assert fill("{score} {threshold} {score:.6f}", VALUES, "—") == "0.003 0.004 0.003000"
    assert fill("{threshold} {threshold:.3}", {**VALUES, "threshold": 90}, "—") == "90 90.0"
    assert fill("{epoch:>5}|{epoch:03d}", VALUES, "—") == "   10|010"


def test_what_is_absent_is_a_dash_whatever_the_specification() -> None:
    """A value that does not exist breaks no template that asks for its decimals."""
    values = {**VALUES, "previous_best": None}
    assert fill("{previous_best:.6f}{previous_best}{previous_best!r:>9}", values, "—") == "———"


def test_a_value_is_never_taken_as_a_template() -> None:
    """Braces in a file's name are text."""
    values = {**VALUES, "filename": "{0.__class__}{score}{"}
    assert fill("{filename}", values, "—") == "{0.__class__}{score}{"


def test_a_value_that_does_not_fit_is_a_rendering_error() -> None:
    """What the check cannot foresee is an error of our own family."""
    with pytest.raises(RenderingError):
        fill("{step:c}", {**VALUES, "step": 10**9}, "—")


@given(st.text(alphabet="{}[]!:.<>=+-#,_%0123456789abdefgrs", max_size=30))
def test_a_template_without_problems_can_be_filled(template: str) -> None:
    """The check and the filling agree, and neither raises anything else."""
    problems = template_problems(template, "subject")
    try:
        fill(template, VALUES, "—")
    except RenderingError:
        assert problems
    else:
        assert not problems


@pytest.mark.parametrize(
    ("result", "subject", "text"),
    [
        (("s", ["a", "", "  b"]), "s", "a\n\n  b"),
        (("s", ("a", "b")), "s", "a\nb"),
        (("s", "a\nb"), "s", "a\nb"),
        ((None, ["a"]), None, "a"),
        (["a", "b"], None, "a\nb"),
        (["s", ["a"]], None, "s\n['a']"),
        (("a", "b", "c"), None, "a\nb\nc"),
        (("a", 0.5), None, "a\n0.5"),
        (["a", 0.003, None], None, "a\n0.003\nNone"),
        ("a\nb", None, "a\nb"),
    ],
)
def test_what_a_generator_may_return(result: object, subject: str | None, text: str) -> None:
    """A pair is subject and content; a list, a longer tuple or a text is content alone."""
    assert generated(result) == (subject, text)


@pytest.mark.parametrize(
    "result",
    [None, 3, {}, {"a"}, b"a", [], (), "", " \n", ["", " "], ("s", []), ("s", ""), ("s", None), iter("a")],
)
def test_what_a_generator_may_not_return(result: object) -> None:
    """An empty result, or one that is not a text, is an error that states what was expected."""
    with pytest.raises(RenderingError, match=r"expected .* lines or a text, got "):
        generated(result)


def test_the_check_is_cheap_to_import() -> None:
    """A configuration is checked without loading what only a mail needs."""
    code = (
        "import sys, logging, types; before = set(sys.modules);"
        "p = types.ModuleType('auto_model_monitor'); p.__path__ = sys.argv[1:];"
        "sys.modules['auto_model_monitor'] = p; import auto_model_monitor.rendering.templates;"
        "print(*sorted({m.split('.')[0] for m in set(sys.modules) - before}))"
    )
    command = [sys.executable, "-c", code, *auto_model_monitor.__path__]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert {"html", "uuid", "email", "decimal"}.isdisjoint(loaded.split())
