"""The number regex, the parts of a name, and the capture groups of a pattern."""

import math
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auto_model_monitor.core.capture_groups import literal_in, site_of, whole_number
from auto_model_monitor.core.numbers import (
    NUMBER,
    is_whole,
    number_splitter,
    positional,
    to_float,
    tokens,
)

number = re.compile(NUMBER)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1.0),
        ("0.5", 0.5),
        (".5", 0.5),
        ("1.25e-05", 1.25e-05),
        ("1E+3", 1000.0),
        ("5.e-3", 0.005),
        ("-0.5", -0.5),
        ("+2", 2.0),
        ("inf", math.inf),
        ("-Infinity", -math.inf),
        ("1e999", math.inf),
    ],
)
def test_every_spelling_of_a_number_is_taken_in_whole(text, value):
    """The number pattern takes in all of a number, and its value is what Python reads."""
    assert number.fullmatch(text)
    assert to_float(text) == value


@pytest.mark.parametrize("text", ["nan", "NaN", "-nan"])
def test_nan_is_a_number(text):
    """NaN is read in any case, with or without a sign."""
    assert math.isnan(to_float(text))


def test_a_dot_that_ends_a_number_adds_nothing():
    """Of ``5.`` the pattern takes the ``5``, so that ``5.pt`` keeps its extension."""
    assert number.match("5.pt")[0] == "5"


@pytest.mark.parametrize(
    "text", ["nano", "info", "finance", "infinite", "١٢", "x", "", "-", ".", "e5", "1_000"]
)
def test_what_is_no_number_has_no_value(text):
    """Words that begin like a number, digits of other scripts and Python's ``1_000`` are none."""
    assert to_float(text) is None
    assert not number.fullmatch(text)


def test_two_dots_are_taken_in_and_refused():
    """``1.2.3`` is one piece of text without a value, never 1.2."""
    assert number.match("1.2.3")[0] == "1.2.3"
    assert to_float("1.2.3") is None
    assert number.match("1e-5.5")[0] == "1e-5.5"
    assert to_float("1e-5.5") is None


@pytest.mark.parametrize(
    ("text", "first"),
    [("loss_-0.5", "-0.5"), ("loss=-0.5", "-0.5"), ("x--0.5", "-0.5"), ("loss-0.5", "0.5"), ("5-0.5", "5")],
)
def test_a_hyphen_after_a_letter_or_digit_is_no_sign(text, first):
    """A hyphen is a sign only where it cannot join two parts."""
    assert number.search(text)[0] == first


@given(st.floats(allow_nan=False))
@settings(deadline=None)
def test_every_float_that_python_writes_is_read_back(value):
    """``repr`` of any float is one number with its value."""
    assert to_float(repr(value)) == value


@given(st.floats(), st.sampled_from(["repr", ".4f", ".3e", "g"]))
@settings(deadline=None)
def test_every_float_is_found_in_a_name(value, spec):
    """A float in a name is found whole, however it was formatted."""
    text = repr(value) if spec == "repr" else format(value, spec)
    found = number.search(f"val_loss_{text}_x.pt")
    assert found[0] == text.rstrip(".")


def test_is_whole_tells_an_integer_from_a_fraction():
    """Only digits with a sign are written as an integer."""
    assert [is_whole(text) for text in ("12", "-3", "1.0", "1e3", "nan")] == [True, True, False, False, False]


def test_tokens_split_words_from_numbers():
    """A number of its own differs from one that letters precede or follow."""
    found = [(token.head, token.number) for token in tokens("resnet50_yolov8n_10k_loss0.53_-0.5_7")]
    assert found == [("resnet", "50"), ("", ""), ("", ""), ("loss", "0.53"), ("", "-0.5"), ("", "7")]


@pytest.mark.parametrize(
    "stem", ["2024-05-01_12-30.pt", "20240501-123000.pt", "mobilenet_0.5_224.pth", "5-1.2.3x"]
)
def test_a_date_is_no_score_by_its_place(stem):
    """Dates, times and the sizes of networks do not look like an epoch and a score."""
    assert positional(stem) is None


@pytest.mark.parametrize(
    ("pattern", "before", "signed"),
    [
        (r"val_loss_([0-9.]+)", "val_loss_", True),
        (r"epoch_\d+_acc_([0-9.]+)", "_acc_", True),
        (r"loss[_=]([0-9.]+)", "loss_", True),
        (r"loss-([0-9.]+)", "loss-", False),
        (r"loss\-([0-9.]+)", "loss-", False),
        (r"loss[-_]([0-9.]+)", "loss_", False),
        (r"loss-?([0-9.]+)", "loss-", False),
        (r"(?:val|test)_(?:x)loss=([0-9.]+)", "loss=", True),
        (r".*([0-9.]+)", "", True),
        (r"([0-9.]+)", "", True),
    ],
)
def test_the_text_before_a_group_is_known(pattern, before, signed):
    """The text just before a group is found, and whether the pattern takes a hyphen as a separator."""
    site = site_of(re.compile(pattern), 1)
    assert (site.before, site.signed) == (before, signed)


def test_parentheses_that_capture_nothing_do_not_count():
    """Groups are counted as ``re`` counts them, past sets, escapes, flags, comments and look-arounds."""
    source = r"(?i)[(](?#(a)\((?:x)(?=y)(?<!z)(?P<one>a)(b)(?P=one)loss=(\d+)"
    pattern = re.compile(source)
    assert pattern.groups == 3
    assert site_of(pattern, 3).before == "loss="


@pytest.mark.parametrize(
    ("pattern", "name", "whole"),
    [
        (r"_([0-9.]+)", "loss_1.2e-05_x", "1.2e-05"),
        (r".*([0-9]+)", "loss_12.5", "12.5"),
        (r".*([0-9]+)", "loss=-1.5e-05.pt", "-1.5e-05"),
        (r".*([0-9.]+)", "loss_0.003.pt", "0.003"),
        (r"loss-([0-9.]+)", "loss-0.5", "0.5"),
        (r"loss(-?[0-9.]+)", "loss-0.5", "-0.5"),
        (r"acc_([0-9.]+)e[0-9]+", "acc_95e10", "95"),
        (r"_([0-9.]+)", "loss_1.2.3", "1.2.3"),
        (r"_(.*)\.pt", "loss_0.5_x.pt", None),
        (r"(.)", "x0.5", None),
    ],
)
def test_a_group_is_completed_to_its_number(pattern, name, whole):
    """A group that begins or stops inside a number yields all of it; one that holds more yields nothing."""
    found = re.search(pattern, name)
    assert whole_number(name, *found.span(1), site_of(re.compile(pattern), 1)) == whole


@pytest.mark.parametrize(
    "piece", ["1", "1.", ".", "-", "a", "a1", "1a", "=", "_1", "1e", "e-", "1e5", "nan", "=1", "[", "+ "]
)
def test_a_long_name_costs_linear_time(piece):
    """Two hundred thousand characters take a moment, where a quadratic pattern would take minutes."""
    text = piece * (200_000 // len(piece)) + "x"
    begin = time.process_time()
    list(tokens(text))
    number.findall(text)
    positional(text)
    assert time.process_time() - begin < 10


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Train Loss: 0.5234, 82.45%", ["Train Loss: ", "0.5234", ", ", "82.45", "%"]),
        ("-0.5 .5 +1e-05 1E+3", ["-", "0.5", " .", "5", " +", "1e-05", " ", "1E+3", ""]),
        ("top1 f1 Acc@5 mAP50-95 top-3 Top 5 _7", ["top1 f1 Acc@5 mAP50-95 top-3 Top 5 _7"]),
        ("1.2.3 3/10 10:15:23 2025-10-29 2.5s 5. 5...", None),
        ("00:01<00:02", ["", "00:01<00:02", ""]),
        ("", [""]),
    ],
)
def test_numbers_are_set_apart_from_words(text, parts):
    """What begins like a number stands apart to its end; digits of words, signs and dots stay with words."""
    found = number_splitter()(text)
    assert "".join(found) == text
    expected = parts or [
        "",
        "1.2.3",
        " ",
        "3/10",
        " ",
        "10:15:23",
        " ",
        "2025-10-29",
        " ",
        "2.5s",
        " ",
        "5",
        ". ",
        "5",
        "...",
    ]
    assert found == expected


@pytest.mark.parametrize(
    ("pattern", "literal"),
    [
        (r"loss is (?P<x>[0-9.]+)", "loss is "),
        (r"\bval_loss=(?P<x>\S+) end\.", "val_loss="),
        (r"a|bcd", ""),
        (r"(?i)loss", ""),
        (r"(?x)loss  # a comment", ""),
        (r"abc?de+f", "ab"),
        (r"ab{0}cd", "cd"),
        (r"(?:foo)ba", "ba"),
        (r"x*", ""),
    ],
)
def test_a_literal_is_found_that_each_match_holds(pattern, literal):
    """A text that every match holds is found; where any doubt is left, none is."""
    assert literal_in(re.compile(pattern)) == literal
