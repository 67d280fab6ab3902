"""Tests of how numbers, times and names are written, and of the catalogue."""

from __future__ import annotations

import math
from dataclasses import fields
from datetime import datetime, timedelta, timezone
from decimal import localcontext
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_model_monitor import AlertKind, MonitorConfig
from auto_model_monitor.i18n import (
    Wording,
    distinct_texts,
    duration_text,
    exact_gain,
    number_text,
    percent_text,
    size_text,
    time_text,
    wording,
    zoned_time_text,
)
from auto_model_monitor.i18n.locale_language import locale_language

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.003, "0.003"),
        (0.00075, "0.00075"),
        (1.2e-05, "1.2e-05"),
        (95.0, "95"),
        (95, "95"),
        (-0.5, "-0.5"),
        (-0.0, "0"),
        (1e22, "1e+22"),
        (float("nan"), "NaN"),
        (83.33333333333333, "83.3333"),
        (0.8999999761581421, "0.9"),
        (0.1 + 0.2, "0.3"),
        (1.23456789e-05, "1.23457e-05"),
        (1234567, "1234567"),
        (float("-inf"), "-inf"),
    ],
)
def test_a_number_is_as_short_as_it_is_exact(value: float, text: str) -> None:
    """A number is written with the fewest digits that mean it."""
    assert number_text(value) == text


@given(st.floats(allow_nan=False))
def test_a_number_has_at_most_six_significant_digits(value: float) -> None:
    """What is written is the number, rounded to six significant digits, and reads back as just that."""
    text = number_text(value)
    assert float(text) == float(f"{value:.6g}")
    assert len(text.partition("e")[0].replace(".", "").strip("-0")) <= 6 or math.isinf(value)


@given(st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_two_numbers_never_look_like_one(value: float, base: float) -> None:
    """A score that is barely below its threshold has as many digits as the difference needs."""
    assert (len(set(distinct_texts(value, base))) == 2) == (value != base)


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_US.UTF-8"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "zh_CN:en"}, "zh"),
        ({"LANG": "de_DE", "LC_MESSAGES": "zh_TW"}, "zh"),
        ({"LANG": "", "LC_ALL": "ZH_cn"}, "zh"),
    ],
)
def test_the_language_is_that_of_the_locale(environ: dict[str, str], language: str) -> None:
    """The first of gettext's variables that is set decides, and a Chinese locale means Chinese mails."""
    assert locale_language(environ) == language


@pytest.mark.parametrize(("locale", "language"), [("zh_CN", "zh"), ("en_GB", "en")])
def test_a_configuration_without_a_language_follows_the_locale(locale, language, monkeypatch) -> None:
    """``MonitorConfig`` and ``Renderer`` choose the locale's language, unless one is given."""
    monkeypatch.setenv("LANGUAGE", locale)
    assert MonitorConfig("checkpoints", 0.1).language == language
    assert wording(None).tag.startswith(language)
    assert MonitorConfig("checkpoints", 0.1, language="zh").language == "zh"


def test_a_number_that_only_derives_from_float_is_written_as_a_float() -> None:
    """A number whose own repr is a constructor call, as NumPy's, is written as its digits."""

    class Float64(float):
        def __repr__(self) -> str:
            return f"np.float64({float(self)})"

    assert number_text(Float64(0.003)) == "0.003"


@pytest.mark.parametrize(
    ("value", "base", "gain"), [(0.0029, 0.0034, 0.0005), (0.003, 0.004, 0.001), (1.1, 1.4, 0.3)]
)
def test_a_difference_is_what_one_computes_by_hand(value: float, base: float, gain: float) -> None:
    """The difference of two decimals shows none of the noise of binary numbers."""
    assert exact_gain(base - value, value, base) == gain
    assert exact_gain(value - base, value, base) == -gain


def test_a_difference_does_not_depend_on_the_programs_decimal_context() -> None:
    """A training script that set three digits of precision gets the same mail."""
    with localcontext() as context:
        context.prec = 1
        assert exact_gain(0.1, 0.1234, 0.2345) == 0.1111


@given(st.floats(), st.floats())
def test_a_difference_of_any_two_numbers_raises_nothing(value: float, base: float) -> None:
    """Infinities and NaN have a difference too, or none that can be shown."""
    number_text(exact_gain(base - value, value, base))
    percent_text(base - value, base)


@pytest.mark.parametrize(
    ("change", "base", "text"),
    [
        (0.0005, 0.0035, "14.3%"),
        (-0.0005, 0.0035, "14.3%"),
        (0.001, 0.004, "25%"),
        (0.00625, 0.925, "0.68%"),
        (1e-9, 1.0, "<0.01%"),
        (1.0, 0.0, None),
        (1e9, 1e-3, None),
        (float("inf"), 1.0, None),
    ],
)
def test_a_percentage_is_short_and_left_out_where_it_says_nothing(
    change: float, base: float, text: str | None
) -> None:
    """A percentage has at most one decimal or two digits, and none is given of zero."""
    assert percent_text(change, base) == text


@pytest.mark.parametrize(
    ("offset", "zone"),
    [
        (timedelta(hours=8), " UTC+08:00"),
        (timedelta(hours=-3, minutes=-30), " UTC-03:30"),
        (timedelta(0), " UTC"),
        (None, ""),
    ],
)
def test_a_time_names_its_zone(offset: timedelta | None, zone: str) -> None:
    """The time is that of its own zone, which stands behind it."""
    tz = None if offset is None else timezone(offset)
    time = datetime(2026, 11, 20, 20, 34, 12, 999_999, tzinfo=tz)
    assert time_text(time) == "2026-11-20 20:34:12"
    assert zoned_time_text(time) == f"2026-11-20 20:34:12{zone}"


def texts(words: Wording) -> dict[str, str]:
    """Return every text of a language; the names of metrics stand in one of them alone."""
    found: dict[str, str] = {}
    for field in (field for field in fields(Wording) if field.name != "metrics"):
        value = getattr(words, field.name)
        table = {field.name: value} if isinstance(value, str) else value
        found |= {f"{field.name} {key}": text for key, text in table.items()}
    return found


def test_both_languages_have_the_same_gaps() -> None:
    """A text of one language names the same values as its twin, so that neither loses one."""
    zh, en = texts(wording("zh")), texts(wording("en"))
    assert list(zh) == list(en)
    for key in zh:
        gaps = [{name for _, name, _, _ in Formatter().parse(t[key]) if name} for t in (zh, en)]
        assert gaps[0] == gaps[1], key


def test_every_kind_of_alert_has_its_sentence() -> None:
    """No kind that an alert can have is without words."""
    for language in ("zh", "en"):
        assert {kind.value for kind in AlertKind} <= set(wording(language).event_sentences)


@pytest.mark.parametrize(
    ("seconds", "zh", "en"),
    [
        (0, "0 秒", "0 s"),
        (45.4, "45 秒", "45 s"),
        (60, "1 分钟", "1 min"),
        (3599.9, "1 小时", "1 h"),
        (7500, "2 小时 5 分钟", "2 h 5 min"),
        (86400 * 2 + 300, "2 天", "2 d"),
        (86400 + 3600 * 3, "1 天 3 小时", "1 d 3 h"),
        (float("nan"), "—", "—"),
        (-1, "—", "—"),
    ],
)
def test_a_duration_is_told_in_its_two_largest_units(seconds: float, zh: str, en: str) -> None:
    """A person reads hours and minutes, not seconds."""
    assert duration_text(seconds, wording("zh").duration_units) == zh
    assert duration_text(seconds, wording("en").duration_units) == en


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (999, "999 B"), (999_600, "1 MB"), (4_200_000_000, "4.2 GB"), (10**18, "1000 PB")],
)
def test_a_size_is_told_in_decimal_units(size: int, text: str) -> None:
    """Sizes have decimal units, as those of disks."""
    assert size_text(size) == text
