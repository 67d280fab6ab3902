"""The position that a client reports."""

from __future__ import annotations

import pytest

pytest.importorskip("fastapi")

from auto_model_monitor.api.events import StreamCursor
from auto_model_monitor.api.web.problem_details import HTTPProblem


@pytest.mark.parametrize(
    ("header", "after", "position"),
    [
        (None, None, (0, False)),
        (None, 5, (5, False)),
        ("7", None, (7, False)),
        ("7", 5, (7, False)),
        (" 7 ", None, (7, False)),
        ("7-end", None, (7, True)),
        ("", 5, (5, False)),
    ],
)
def test_a_cursor_is_parsed(header, after, position):
    """The header wins over the query, because a browser that reconnects does not change its address."""
    assert StreamCursor.parse(header, after) == position


@pytest.mark.parametrize("header", ["x", "-1", "7-start", "7.5", "9" * 30, "7-end-end", "٣", "7\n8"])
def test_an_id_of_another_stream_is_refused(header):
    """An id that no stream can have sent is a bad request, not the start of the log."""
    with pytest.raises(HTTPProblem) as found:
        StreamCursor.parse(header, None)
    assert found.value.status == 400
