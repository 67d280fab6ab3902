"""Alerts and messages as JSON: what is stored reads back equal, from older versions too."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_model_monitor import Alert, AlertKind, Comparison, Level, Reading, RenderingError
from auto_model_monitor.core import Picture
from auto_model_monitor.core.messages import LARGEST_PICTURE
from auto_model_monitor.delivery.outbox.outbox_json import (
    alert_from_json,
    alert_to_json,
    message_from_json,
    message_to_json,
)
from tests.event_alerts import ALL
from tests.fakes import alert, message

_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=20)
_NUMBER = st.floats(allow_nan=False)
_ALERTS = st.builds(
    Alert,
    rule=_TEXT,
    time=st.datetimes(timezones=st.none() | st.timezones()),
    kind=st.sampled_from(AlertKind),
    level=st.sampled_from(Level),
    resolved=st.booleans(),
    reading=st.none()
    | st.builds(Reading, metric=_TEXT, value=_NUMBER, name=_TEXT, epoch=st.none() | st.integers(0, 10**9)),
    comparison=st.none() | st.sampled_from(Comparison),
    threshold=st.none() | _NUMBER,
    previous_best=st.none() | _NUMBER,
    details=st.dictionaries(_TEXT, st.none() | _TEXT | _NUMBER | st.integers()),
)


@given(_ALERTS)
def test_an_alert_is_what_it_was(found):
    """Every field of any alert survives, names that no encoding knows included."""
    kept = alert_from_json(alert_to_json(found))
    assert kept == found or found.time.tzinfo is not None
    assert (kept.time.isoformat(), kept.reading, kept.details, kept.id) == (
        found.time.isoformat(),
        found.reading,
        found.details,
        found.id,
    )


@pytest.mark.parametrize("name", ALL)
def test_every_kind_is_kept(name):
    """An alert of any kind can be kept and read back."""
    assert repr(alert_from_json(alert_to_json(ALL[name]))) == repr(ALL[name])


def test_what_an_older_version_kept_is_still_read():
    """An alert from before there were kinds is a hit that is not over."""
    record = json.loads(alert_to_json(alert()))
    for key in ("kind", "resolved", "details"):
        del record[key]
    kept = alert_from_json(json.dumps(record))
    assert (kept.kind, kept.resolved, kept.details) == (AlertKind.HIT, False, {})
    assert kept.reading == alert().reading


def test_a_message_is_what_it_was():
    """A message survives with its facts."""
    assert message_from_json(message_to_json(message())) == message()


@given(st.lists(st.binary(max_size=200), max_size=3))
def test_pictures_are_kept_byte_by_byte(pngs):
    """A message survives with its pictures, whatever their bytes are."""
    pictures = tuple(Picture(cid=f"c{n}@host", png=png, alt="▁█ \udcff") for n, png in enumerate(pngs))
    kept = replace(message(), pictures=pictures)
    assert message_from_json(message_to_json(kept)) == kept


def test_a_message_from_before_there_were_pictures_is_still_read():
    """A message that an older version kept has no pictures."""
    record = json.loads(message_to_json(message()))
    del record["pictures"]
    assert message_from_json(json.dumps(record)) == message()


@pytest.mark.parametrize("cid", ["", "a b", "<a@b>", "a\r\nBcc: x", "é"])
def test_a_picture_has_a_name_that_headers_can_carry(cid):
    """A content-ID that could break a header is refused, and so is a picture over one mebibyte."""
    with pytest.raises(RenderingError, match="content-ID"):
        Picture(cid=cid, png=b"")
    with pytest.raises(RenderingError, match="1048576 bytes, got 1048577"):
        Picture(cid="a@b", png=bytes(LARGEST_PICTURE + 1))
