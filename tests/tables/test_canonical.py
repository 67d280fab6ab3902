"""What stands for a value: labels that a person would call equal are."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest

from auto_model_monitor.tables import canonical


@pytest.mark.parametrize(
    "value", [1, "1", True, "true", "True", 1.0, "1.0", " 1 ", "+1", Decimal("1.0"), b"1"]
)
def test_ways_to_write_one_are_equal(value: object):
    """``1``, ``"1"``, ``true`` and ``1.0`` are the same label."""
    assert canonical(value) == "1"


@pytest.mark.parametrize("value", [None, math.nan, math.inf, "", "  "])
def test_no_value_is_missing(value: object):
    """None, NaN, infinities and blanks are no label."""
    assert canonical(value) is None


@pytest.mark.parametrize(
    ("value", "text"), [(0.5, "0.5"), ("f", "f"), (-0.0, "0"), (10**20, str(10**20)), ("-2.0", "-2")]
)
def test_others_stay_as_they_are(value: object, text: str):
    """A text and a fraction stay what they are."""
    assert canonical(value) == text
