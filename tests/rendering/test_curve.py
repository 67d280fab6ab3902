"""What a message shows of the scores so far, where nothing can draw."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_model_monitor import AlertKind, Renderer
from auto_model_monitor.core import Point
from auto_model_monitor.core.thinning import evenly_thinned
from auto_model_monitor.rendering.scales import Scale
from auto_model_monitor.rendering.sparkline import WIDTH, sparkline
from tests.event_alerts import ALL, TIME
from tests.rendering.test_mail_card import Reader
from tests.rendering.test_rendering import NAME, PLACE, lower

NAN = math.nan
VALUES = [0.021, 0.0162, 0.0102, 0.0052, NAN, 0.0041, 0.003]


def points(values=VALUES, *, last=NAME, epoch=True):
    """Return readings, the last of which is the one of :func:`tests.rendering.test_rendering.lower`."""
    names = [*(f"epoch_{n}.pt" for n in range(1, len(values))), last]
    return tuple(
        Point(time=TIME, number=n, value=v, name=name, epoch=n if epoch else None)
        for n, (v, name) in enumerate(zip(values, names, strict=True), 1)
    )


ZH = """\
走势：█▆▄▁·▁▁ 最好 0.003，阈值 0.004

最近 7 个分数：
轮次 1：0.021
轮次 2：0.0162
轮次 3：0.0102
轮次 4：0.0052
轮次 5：NaN
轮次 6：0.0041
轮次 7：0.003（本次，最好）"""

EN = """\
Trend: █▆▄▁·▁▁ best 0.003, threshold 0.004

Last 7 scores:
Epoch 1: 0.021
Epoch 2: 0.0162
Epoch 3: 0.0102
Epoch 4: 0.0052
Epoch 5: NaN
Epoch 6: 0.0041
Epoch 7: 0.003 (this one, best)"""


@pytest.mark.parametrize(("language", "text"), [("zh", ZH), ("en", EN)])
def test_the_text_to_the_letter(language, text):
    """The text is the one without a history, an empty line, and this."""
    renderer = Renderer(language=language, **PLACE)
    before = renderer.render(lower()).text
    assert renderer.render(replace(lower(), history=points())).text == f"{before}\n\n{text}"


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", ["not_finite", "stalled", "plateau", "diverged", "finished", "hit_resolved"])
def test_every_alert_about_a_score_shows_it(language, name):
    """An alert about a score shows the scores so far, in its text and on its card."""
    alert = ALL[name]
    history = points([0.02, 0.01, alert.reading.value], last=alert.reading.name)
    message = Renderer(language=language).render(replace(alert, history=history))
    shown = Reader(message.html)
    assert shown.open == []
    for piece in ("0.02", "0.01", {"zh": "本次", "en": "this one"}[language]):
        assert piece in message.text
        assert piece in shown.text
    assert (
        sum("height:" in (attributes.get("style") or "") for tag, attributes in shown.tags if tag == "div")
        > 2
    )


@pytest.mark.parametrize("name", ["disk", "undelivered"])
def test_what_is_about_no_score_shows_none(name):
    """A full disk and a refused message have no curve."""
    alert = ALL[name]
    assert Renderer().render(replace(alert, history=points())) == Renderer().render(alert)


@pytest.mark.parametrize("values", [[], [0.003], [NAN, NAN, math.inf]])
def test_too_little_shows_nothing(values):
    """One reading, or none that is a number, is no curve."""
    history = points(values) if values else ()
    alert = lower()
    assert Renderer().render(replace(alert, history=history)) == Renderer().render(alert)


def test_the_users_own_words_stay_alone():
    """Below the text of a template or a generator no line is added."""
    own = Renderer(content_template="{score:.6f}")
    alert = lower()
    assert own.render(replace(alert, history=points())) == own.render(alert)


def test_rows_without_epoch_and_step_have_the_time():
    """Without an epoch or a step, a row has the time of its score, else its file."""
    seen = [replace(point, time=TIME + timedelta(seconds=n)) for n, point in enumerate(points(epoch=False))]
    text = Renderer().render(replace(lower(), history=seen)).text
    assert "\n20:34:14：0.0102\n" in text
    text = Renderer().render(replace(lower(), history=points(epoch=False))).text
    assert "\nepoch_3.pt：0.0102\n" in text


def test_the_table_has_the_last_ten_and_no_gap():
    """Of many scores the last ten are listed, and none before one that was left out."""
    long = points([0.02 - n / 1000 for n in range(16)] + [0.003])
    text = Renderer().render(replace(lower(), history=long)).text
    assert text.count("\n轮次 ") == 10
    gap = (*long[:-4], *long[-3:])
    text = Renderer().render(replace(lower(), history=gap)).text
    assert re.findall(r"轮次 (\d+)：0", text) == ["15", "16", "17"]


def test_a_better_one_of_before_keeps_the_mark():
    """Where the best so far is no longer there, none that is there is called the best."""
    alert = replace(lower(previous=0.001), history=points())
    text = Renderer(language="en").render(alert).text
    assert "best 0.001, threshold 0.004" in text
    assert "(this one)" in text


def test_a_direction_that_nobody_knows_names_no_best():
    """Of a metric whose direction is not known, none is called the best."""
    reading = replace(ALL["stalled"].reading, metric="zorp")
    alert = replace(ALL["stalled"], comparison=None, reading=reading, history=points())
    text = Renderer(language="en").render(alert).text
    assert "Trend: █▆▄▁·▁▁\n" in text
    assert "(best)" not in text


floats = st.lists(st.floats(), min_size=1, max_size=200)


@given(floats)
def test_a_sparkline_is_one_short_line(values):
    """Any numbers make one line of at most 24 bars, the last value last, a dot for a non-finite one."""
    line = sparkline(values)
    assert 1 <= len(line) == min(len(values), WIDTH)
    assert set(line) <= set("▁▂▃▄▅▆▇█·")
    assert (line[-1] == "·") == (not math.isfinite(values[-1]))


@given(floats)
def test_a_short_choice_keeps_the_ends(values):
    """Of many numbers the few that are shown hold the lowest and, in another bar, the highest."""
    finite = [value for value in values if math.isfinite(value)]
    kept = evenly_thinned(values, WIDTH)
    if finite:
        assert min(finite) in kept or max(finite) in kept
    assert set(map(repr, kept)) <= {*map(repr, values), "nan"}


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ([1.0, 1.0, 1.0], "▅▅▅"),
        ([0.0, 1.0], "▁█"),
        ([1.0, 0.1, 0.01, 0.001], "█▆▃▁"),
        ([-1.7e308, 1.7e308], "▁█"),
        ([5e-324, 0.0], "▅▅"),
        ([1.0, NAN, math.inf, 2.0], "▁··█"),
    ],
)
def test_bars_by_hand(values, line):
    """Equal numbers stand in the middle, and powers of ten equally far apart."""
    assert sparkline(values) == line


@given(floats, st.floats(allow_nan=False, allow_infinity=False))
def test_a_scale_places_every_number_and_ticks_within(values, other):
    """Places are from 0 to 1, and ticks are few, rising and within the span."""
    scale = Scale(values)
    assert 0 <= scale.place(other) <= 1
    finite = [value for value in values if math.isfinite(value)]
    ticks = scale.ticks()
    assert len(ticks) <= 11
    assert ticks == sorted(set(ticks))
    if ticks and not scale.logarithmic:
        assert min(finite) <= ticks[0] <= ticks[-1] <= max(finite)


def test_kinds_that_show_a_curve_are_all_but_two():
    """A new kind of alert shows its scores unless somebody decides otherwise."""
    assert {ALL[name].kind for name in ("disk", "undelivered")} == {AlertKind.DISK, AlertKind.UNDELIVERED}
