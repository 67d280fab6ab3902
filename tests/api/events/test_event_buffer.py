"""The buffer that all streams of a task share."""

from __future__ import annotations

import pytest

pytest.importorskip("fastapi")

from hypothesis import given
from hypothesis import strategies as st

from auto_model_monitor.api.events.event_buffer import EventBuffer, Subscriber
from auto_model_monitor.api.events.sse_frames import MAX_WRITE, encode
from auto_model_monitor.training import StoredEntry


def entries(first, last, size=20):
    return [StoredEntry(seq, b"%d" % seq + b"x" * size) for seq in range(first, last + 1)]


def some(first, last, size=20):
    made = encode(entries(first, last, size))
    return made, sum(len(chunk.data) for chunk in made)


def frames(first, last, size=20):
    return b"".join(b"id: %d\ndata: %b\n\n" % entry[:2] for entry in entries(first, last, size))


def read(buffer, seq):
    """Read everything that is held after a number."""
    found = []
    while (chunk := buffer.after(seq)) is not None:
        found.append(chunk.data)
        assert (chunk.first, chunk.last > seq) == (seq + 1, True)
        seq = chunk.last
    return b"".join(found), seq


@given(st.integers(1, 10**6), st.lists(st.integers(0, MAX_WRITE + 100), max_size=40))
def test_entries_become_chunks_of_one_write(first, sizes):
    """Chunks are the events in order, each at most one write long unless a single event is longer."""
    stored = [StoredEntry(first + index, b"x" * size) for index, size in enumerate(sizes)]
    made = encode(stored)
    assert b"".join(chunk.data for chunk in made) == b"".join(
        b"id: %d\ndata: %b\n\n" % entry[:2] for entry in stored
    )
    assert [seq for chunk in made for seq in range(chunk.first, chunk.last + 1)] == [e.seq for e in stored]
    assert all(len(chunk.data) <= MAX_WRITE or chunk.first == chunk.last for chunk in made)
    assert len(made) <= 2 * (sum(sizes) // MAX_WRITE + 1) or not made


def test_waiting_events_are_one_chunk():
    """Everything after a client's number comes as one chunk; after the end there is nothing."""
    buffer = EventBuffer(10**6)
    buffer.extend(*some(1, 3))
    buffer.extend(*some(4, 10))
    buffer.extend(*some(11, 11))
    assert buffer.after(0)[1:] == (11, frames(1, 11))
    assert buffer.after(3)[1:] == (11, frames(4, 11))
    assert buffer.after(10)[1:] == (11, frames(11, 11))
    assert buffer.after(11) is None
    assert buffer.after(99) is None
    assert buffer.last == 11


def test_a_number_inside_a_chunk_is_left_to_the_store():
    """A number inside a chunk is left to the store, which has every entry."""
    buffer = EventBuffer(10**6)
    buffer.extend(*some(1, 10))
    assert buffer.after(5) is None


def test_clients_at_one_number_share_the_bytes():
    """Chunks are joined once for all clients that are at the same number."""
    buffer = EventBuffer(10**6)
    buffer.extend(*some(1, 50))
    buffer.extend(*some(51, 60))
    before = buffer.after(0).data
    assert buffer.after(0).data is before
    buffer.extend(*some(61, 61))
    assert buffer.after(0)[1:] == (61, before + frames(61, 61))


def test_a_write_is_bounded():
    """No chunk is longer than one write, unless a single event is."""
    buffer = EventBuffer(10**7)
    buffer.subscribers.add(Subscriber())
    for seq in range(1, 301):
        buffer.extend(*some(seq, seq, size=1000))
    chunk = buffer.after(0).data
    assert MAX_WRITE - 2000 < len(chunk) <= MAX_WRITE
    assert read(buffer, 0) == (frames(1, 300, 1000), 300)
    buffer.extend(*some(301, 301, size=2 * MAX_WRITE))
    assert buffer.after(300)[1:] == (301, frames(301, 301, 2 * MAX_WRITE))


def test_the_held_bytes_are_bounded():
    """A full buffer drops the oldest events; clients that are behind read the store."""
    buffer = EventBuffer(10_000)
    buffer.subscribers.add(Subscriber())
    for seq in range(1, 1001):
        buffer.extend(*some(seq, seq, size=100))
    assert buffer.after(0) is None
    assert read(buffer, 990) == (frames(991, 1000, 100), 1000)
    assert 4000 < sum(len(chunk.data) for chunk in buffer._chunks) == buffer._bytes <= 10_000


def test_what_every_stream_has_is_dropped():
    """While all clients keep up, little is held; for a client that is behind, its events stay."""
    buffer = EventBuffer(10**7)
    quick, slow = Subscriber(), Subscriber()
    buffer.subscribers |= {quick, slow}
    for seq in range(1, 2001):
        buffer.extend(*some(seq, seq, size=1000))
        quick.seq = slow.seq = seq
        assert buffer._bytes <= 3 * MAX_WRITE
    for seq in range(2001, 3001):
        buffer.extend(*some(seq, seq, size=1000))
        quick.seq = seq
    assert read(buffer, 2000) == (frames(2001, 3000, 1000), 3000)


def test_a_gap_is_left_to_the_store():
    """No chunk spans a gap in the entries."""
    buffer = EventBuffer(10**6)
    buffer.extend(*some(1, 5))
    buffer.extend(*some(9, 10))
    assert buffer.after(5) is None
    assert buffer.after(8)[1:] == (10, frames(9, 10))


arrivals = st.lists(st.tuples(st.integers(1, 8), st.booleans(), st.integers(0, 300)), max_size=30)


@given(arrivals, st.integers(200, 5000))
def test_any_arrivals_are_returned_in_order_or_not_at_all(arriving, most):
    """For any arrivals, with gaps and repeats, a chunk is the entries that follow the requested number."""
    buffer, last = EventBuffer(most), 0
    buffer.subscribers.add(Subscriber())
    for count, is_missing, size in arriving:
        if not is_missing:
            buffer.extend(*some(last + 1, last + count, size))
            buffer.extend(*some(last + 1, last + count, size))  # a repeat
        last += count
        for seq in range(max(0, last - 12), last + 1):
            found = buffer.after(seq)
            assert buffer._bytes == sum(len(chunk.data) for chunk in buffer._chunks)
            if found is not None:
                assert found.data.startswith(b"id: %d\n" % (seq + 1))
                assert found.data.count(b"\n\n") == found.last - seq
        if not is_missing:
            assert buffer.after(last - count) is not None
            assert buffer.last == last
