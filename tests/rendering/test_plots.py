"""The curve as a picture: drawn for a phone, carried inside the mail, at no risk for the mail."""

from __future__ import annotations

import json
import math
import struct
import subprocess
import sys
from dataclasses import replace
from email import message_from_bytes, policy
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auto_model_monitor import (
    ConfigError,
    CustomParser,
    EmailNotifier,
    MissingExtraError,
    ModelMonitor,
    MonitorConfig,
    Renderer,
)
from auto_model_monitor.core.messages import LARGEST_PICTURE
from auto_model_monitor.notifiers.webhook import content_of
from auto_model_monitor.rendering import pictures as artist
from auto_model_monitor.rendering import plots as plots_room
from auto_model_monitor.rendering.plots import HEIGHT, WIDTH, Plot, draw
from tests.campaigns import examples
from tests.event_alerts import ALL
from tests.rendering.test_curve import points
from tests.rendering.test_mail_card import Reader
from tests.rendering.test_rendering import lower

pytest.importorskip("matplotlib")

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def size_of(png):
    """Return width and height out of the header."""
    assert png[:8] == SIGNATURE
    assert png[12:16] == b"IHDR"
    return struct.unpack(">II", png[16:24])


def pixels(png):
    from matplotlib.image import imread

    return imread(BytesIO(png))


def near(png, colour):
    """Tell whether some pixel has that colour, by two of 255 at most."""
    expected = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return bool((abs(pixels(png)[..., :3] - expected) < 2.5 / 255).all(axis=-1).any())


def course(*values):
    return Plot(points=points(values), title="val_loss", threshold=0.004)


def test_the_picture_is_a_small_png_for_a_phone():
    """A picture of a thousand readings is a PNG of 720 by 420 pixels, opaque, and below 100 kB."""
    many = points([2 * math.exp(-n / 200) + 0.01 * math.sin(n * n) ** 2 for n in range(1000)])
    png = draw(Plot(points=many, title="val_loss", threshold=0.004, best=many[-1], this=many[7]))
    assert size_of(png) == (WIDTH, HEIGHT) == (720, 420)
    assert len(png) < 100_000
    shown = pixels(png)
    assert shown.shape[2] == 3 or (shown[..., 3] == 1).all()


def test_all_that_was_asked_for_is_drawn():
    """The curve, the threshold's line, the best, this one and a gap each have their colour."""
    plain = draw(Plot(points=points([0.02, 0.01])))
    assert near(plain, plots_room._CURVE)
    for colour in (plots_room._THRESHOLD, plots_room._BEST, plots_room._BROKEN):
        assert not near(plain, colour)
    history = points([0.02, math.nan, 0.01, 0.003])
    full = draw(Plot(points=history, threshold=0.004, best=history[3], this=history[2]))
    for colour in (plots_room._CURVE, plots_room._THRESHOLD, plots_room._BEST, plots_room._BROKEN):
        assert near(full, colour)


def test_the_same_course_is_the_same_picture():
    """Nothing but the readings decides on the bytes."""
    assert draw(course(0.02, 0.01, 0.003)) == draw(course(0.02, 0.01, 0.003))


floats = st.floats(allow_nan=True, allow_infinity=True)


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(floats, min_size=1, max_size=12), st.none() | floats, st.data(), st.text(max_size=30))
def test_any_numbers_can_be_drawn(values, threshold, data, title):
    """NaN, infinite, huge, tiny, equal, one alone, any title: there is always a picture."""
    history = points(values)
    mark = st.none() | st.sampled_from(history)
    best = data.draw(mark)
    if best is not None and not math.isfinite(best.value):
        best = None
    png = draw(Plot(points=history, title=title, threshold=threshold, best=best, this=data.draw(mark)))
    assert size_of(png) == (WIDTH, HEIGHT)


@pytest.mark.parametrize("title", ["$\\frac{", "损失", "a" * 500, "", "x\ny", "100%_{}"])
def test_a_title_is_never_a_formula(title, caplog, recwarn):
    """A metric's name is drawn as it is, or left out where a glyph is missing, without a word."""
    assert size_of(draw(replace(course(0.02, 0.01), title=title))) == (WIDTH, HEIGHT)
    assert not caplog.records
    assert not recwarn.list


ALONE = """
import sys
import matplotlib
before = dict(dict.items(matplotlib.rcParams))  # as they are stored: to ask for the backend loads pyplot
from tests.rendering.test_curve import points
from auto_model_monitor.rendering import Renderer
from tests.rendering.test_rendering import lower
from dataclasses import replace
renderer = Renderer(plots=True)
message = renderer.render(replace(lower(), history=points()))
assert message.pictures
print("matplotlib.pyplot" in sys.modules, dict(dict.items(matplotlib.rcParams)) == before)
"""


def test_nothing_of_the_program_around_is_touched():
    """pyplot stays away, and every setting of matplotlib, its backend too, is what it was."""
    done = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["False", "True"], done.stderr


def test_no_setting_of_the_program_around_has_a_say():
    """Whatever style a training has set, TeX and formulas included, the picture is the same."""
    import matplotlib

    plain = draw(course(0.02, 0.01, 0.003))
    strange = {
        "text.usetex": True,
        "font.size": 40,
        "lines.linewidth": 9,
        "lines.marker": "s",
        "axes.facecolor": "black",
        "figure.dpi": 30,
        "savefig.dpi": 30,
        "savefig.bbox": "tight",
        "figure.autolayout": True,
        "text.color": "red",
        "font.family": ["serif"],
    }
    with matplotlib.rc_context(strange):
        assert draw(course(0.02, 0.01, 0.003)) == plain


PLAIN = """
import sys
from auto_model_monitor import *
from dataclasses import replace
from tests.event_alerts import ALL, TIME
from auto_model_monitor.core.metric_history import Point
history = [Point(time=TIME, number=number, value=0.1 / number, name="x") for number in range(1, 4)]
assert "走势" in Renderer().render(replace(ALL["plateau"], history=history)).text
print({"matplotlib", "numpy", "PIL"} & set(sys.modules))
"""


def test_the_public_names_bring_nothing_that_draws():
    """`from auto_model_monitor import *` and a message without plots load neither matplotlib nor NumPy."""
    done = subprocess.run([sys.executable, "-c", PLAIN], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "set()", done.stderr


def test_the_message_carries_the_picture():
    """The HTML names the picture, with a text for those who do not see it; a webhook gets no bytes."""
    alert = replace(lower(), history=points())
    message = Renderer(language="en", plots=True).render(alert)
    (picture,) = message.pictures
    assert size_of(picture.png) == (WIDTH, HEIGHT)
    (image,) = [attributes for tag, attributes in Reader(message.html).tags if tag == "img"]
    assert image["src"] == f"cid:{picture.cid}"
    assert image["width"] == "100%"
    assert image["alt"] == "val_loss █▆▄▁·▁▁ best 0.003, threshold 0.004"
    assert "Trend: █▆▄▁·▁▁ best 0.003" in message.text
    assert "Last 7 scores" in Reader(message.html).text
    json.dumps(content_of(message), allow_nan=False)
    assert content_of(message) == content_of(replace(message, pictures=()))
    assert not any(isinstance(fact, bytes) for fact in message.facts.values())
    assert len(repr(message)) < 20_000
    assert Renderer(language="en", plots=True).render(alert).pictures == message.pictures


@pytest.mark.parametrize("name", ALL)
def test_every_kind_can_be_rendered_with_plots(name):
    """An alert of any kind with a history has a picture or, where it is about no score, none."""
    alert = ALL[name]
    message = Renderer(plots=True).render(replace(alert, history=points()))
    assert bool(message.pictures) == (not name.startswith(("disk", "gpu", "undelivered")))
    assert message.html.count("<img") == len(message.pictures)
    assert Renderer(plots=True).render(alert).pictures == ()


def test_below_the_users_own_words_the_picture_stands():
    """A template or a generator words the text; the picture that was asked for stands below it."""
    message = Renderer(plots=True, content_template="{score:.6f}").render(replace(lower(), history=points()))
    assert message.text == "0.003000"
    assert f"cid:{message.pictures[0].cid}" in message.html


def test_a_failure_in_drawing_costs_nobody_the_mail(monkeypatch, caplog):
    """When drawing fails, bars replace the picture and the log has the reason."""

    def broken(plot):
        raise ValueError("no ink")

    alert = replace(lower(), history=points())
    plain = Renderer().render(alert)
    monkeypatch.setattr(artist, "draw", broken)
    assert Renderer(plots=True).render(alert) == plain
    assert "no ink" in caplog.text


def test_a_picture_over_one_mebibyte_is_left_out_and_said(monkeypatch):
    """A picture that no mail should carry is dropped with a note in the text and on the card."""
    monkeypatch.setattr(artist, "draw", lambda plot: SIGNATURE + bytes(LARGEST_PICTURE))
    message = Renderer(language="en", plots=True).render(replace(lower(), history=points()))
    assert message.pictures == ()
    assert message.text.endswith("Note: the picture of the trend is larger than 1.05 MB and was left out.")
    assert "was left out" in message.html
    assert "<img" not in message.html


def test_without_matplotlib_the_renderer_says_what_to_type(monkeypatch, tmp_path):
    """plots=True without matplotlib is refused immediately with the command that installs it."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [_Hidden, *sys.meta_path])
    config = MonitorConfig(tmp_path, 0.004, log_dir=tmp_path / "logs")
    for build in (lambda: Renderer(plots=True), lambda: ModelMonitor(config, plots=True)):
        with pytest.raises(MissingExtraError, match=r'pip install "auto-model-monitor\[plots\]"'):
            build()
    assert Renderer().render(replace(lower(), history=points())).pictures == ()


class _Hidden:
    """An import system in which matplotlib is not installed."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] == "matplotlib":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def test_plots_beside_a_renderer_is_a_contradiction(tmp_path):
    """Whoever gives a renderer asks that for pictures."""
    config = MonitorConfig(tmp_path, 0.004)
    with pytest.raises(ConfigError, match=r"Renderer\(plots=True\)"):
        ModelMonitor(config, plots=True, renderer=Renderer())


def watched(tmp_path, **arguments):
    """Let a watch find three scores, one by one."""
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    config = MonitorConfig(
        folder, 0.004, log_dir=tmp_path / "logs", parser=CustomParser(r"val_loss_([0-9.]+[0-9])")
    )
    with_plots = ModelMonitor(config, plots=True, **arguments)
    for number, value in enumerate((0.02, 0.01, 0.003)):
        (folder / f"epoch_{number}_val_loss_{value}.pt").touch()
        with_plots.check()
    with_plots.close(30)


def tree(part, depth=0):
    """Return the MIME tree as lines."""
    own = ["  " * depth + part.get_content_type()]
    return own + [
        line
        for inner in (part.iter_parts() if part.is_multipart() else ())
        for line in tree(inner, depth + 1)
    ]


TREE = [
    "multipart/alternative",
    "  text/plain",
    "  multipart/related",
    "    text/html",
    "    image/png",
]


def check_mail(mail):
    """See that a mail has the tree, that its picture decodes and that the HTML names it."""
    assert tree(mail) == TREE
    *_, picture = mail.walk()
    assert picture["Content-Disposition"].content_disposition == "inline"
    assert size_of(picture.get_content()) == (WIDTH, HEIGHT)
    html = mail.get_body(("html",)).get_content()
    assert f"cid:{picture['Content-ID'].strip('<>')}" in html
    assert "走势" in mail.get_body(("plain",)).get_content()
    assert pixels(picture.get_content()).shape[:2] == (HEIGHT, WIDTH)


def test_a_real_server_gets_the_picture(tmp_path, smtp_server):
    """A watch, its outbox on disk and a real mail server: the picture arrives whole, inside the mail."""
    server = smtp_server(tls="ssl")
    mailbox = EmailNotifier("me@qq.com", ["a@qq.com"], "code", host="localhost", port=server.port)
    watched(tmp_path, notifiers=[mailbox])
    (mail,) = server.mails
    check_mail(mail.message)
    assert max(map(len, mail.raw.split(b"\r\n"))) <= 998


def test_a_mailbox_of_files_has_the_picture(tmp_path):
    """The .eml file that stands for a mail carries the same picture."""
    watched(tmp_path)
    (file,) = (tmp_path / "logs" / "mailbox").glob("*.eml")
    check_mail(message_from_bytes(file.read_bytes(), policy=policy.default))
    assert file.stat().st_size < 200_000
