"""What all streams of a task share."""

from __future__ import annotations

import pytest

pytest.importorskip("fastapi")

from hypothesis import given
from hypothesis import strategies as st

from auto_model_monitor.api.events.channel import Channel, Reader
from auto_model_monitor.api.events.frames import WRITE, pieces
from auto_model_monitor.training import StoredEntry


def entries(first, last, size=20):
    return [StoredEntry(seq, b"%d" % seq + b"x" * size) for seq in range(first, last + 1)]


def some(first, last, size=20):
    made = pieces(entries(first, last, size))
    return made, sum(len(piece.data) for piece in made)


def frames(first, last, size=20):
    return b"".join(b"id: %d\ndata: %b\n\n" % entry[:2] for entry in entries(first, last, size))


def read(channel, seq):
    """Read everything that is held behind a number."""
    found = []
    while (piece := channel.after(seq)) is not None:
        found.append(piece.data)
        assert (piece.first, piece.last > seq) == (seq + 1, True)
        seq = piece.last
    return b"".join(found), seq


@given(st.integers(1, 10**6), st.lists(st.integers(0, WRITE + 100), max_size=40))
def test_entries_become_pieces_of_one_write(first, sizes):
    """Pieces are the events in their order, each at most one write long unless a single event is longer."""
    stored = [StoredEntry(first + index, b"x" * size) for index, size in enumerate(sizes)]
    made = pieces(stored)
    assert b"".join(piece.data for piece in made) == b"".join(
        b"id: %d\ndata: %b\n\n" % entry[:2] for entry in stored
    )
    assert [seq for piece in made for seq in range(piece.first, piece.last + 1)] == [e.seq for e in stored]
    assert all(len(piece.data) <= WRITE or piece.first == piece.last for piece in made)
    assert len(made) <= 2 * (sum(sizes) // WRITE + 1) or not made


def test_what_has_piled_up_is_one_piece():
    """Everything behind a client's number comes at once; beyond the end there is nothing."""
    channel = Channel(10**6)
    channel.extend(*some(1, 3))
    channel.extend(*some(4, 10))
    channel.extend(*some(11, 11))
    assert channel.after(0)[1:] == (11, frames(1, 11))
    assert channel.after(3)[1:] == (11, frames(4, 11))
    assert channel.after(10)[1:] == (11, frames(11, 11))
    assert channel.after(11) is None
    assert channel.after(99) is None
    assert channel.last == 11


def test_whoever_is_within_a_piece_reads_the_store():
    """A number that no piece begins behind is left to the store, which knows every entry."""
    channel = Channel(10**6)
    channel.extend(*some(1, 10))
    assert channel.after(5) is None


def test_clients_at_one_number_share_the_bytes():
    """A piece is put together once, however many clients stand at the same number."""
    channel = Channel(10**6)
    channel.extend(*some(1, 50))
    channel.extend(*some(51, 60))
    before = channel.after(0).data
    assert channel.after(0).data is before
    channel.extend(*some(61, 61))
    assert channel.after(0)[1:] == (61, before + frames(61, 61))


def test_a_write_is_bounded():
    """No piece is longer than one write, unless a single event is."""
    channel = Channel(10**7)
    channel.readers.add(Reader())
    for seq in range(1, 301):
        channel.extend(*some(seq, seq, size=1000))
    piece = channel.after(0).data
    assert WRITE - 2000 < len(piece) <= WRITE
    assert read(channel, 0) == (frames(1, 300, 1000), 300)
    channel.extend(*some(301, 301, size=2 * WRITE))
    assert channel.after(300)[1:] == (301, frames(301, 301, 2 * WRITE))


def test_only_so_much_is_held():
    """Beyond its bytes a channel drops the oldest; whoever is behind reads the store."""
    channel = Channel(10_000)
    channel.readers.add(Reader())
    for seq in range(1, 1001):
        channel.extend(*some(seq, seq, size=100))
    assert channel.after(0) is None
    assert read(channel, 990) == (frames(991, 1000, 100), 1000)
    assert 4000 < sum(len(piece.data) for piece in channel._pieces) == channel._bytes <= 10_000


def test_what_every_stream_has_is_dropped():
    """As long as all clients keep up, next to nothing is held; for one that is behind, what it needs is."""
    channel = Channel(10**7)
    quick, slow = Reader(), Reader()
    channel.readers |= {quick, slow}
    for seq in range(1, 2001):
        channel.extend(*some(seq, seq, size=1000))
        quick.seq = slow.seq = seq
        assert channel._bytes <= 3 * WRITE
    for seq in range(2001, 3001):
        channel.extend(*some(seq, seq, size=1000))
        quick.seq = seq
    assert read(channel, 2000) == (frames(2001, 3000, 1000), 3000)


def test_a_hole_is_left_to_the_store():
    """Where entries were left out on the way, nothing is handed out across the hole."""
    channel = Channel(10**6)
    channel.extend(*some(1, 5))
    channel.extend(*some(9, 10))
    assert channel.after(5) is None
    assert channel.after(8)[1:] == (10, frames(9, 10))


arrivals = st.lists(st.tuples(st.integers(1, 8), st.booleans(), st.integers(0, 300)), max_size=30)


@given(arrivals, st.integers(200, 5000))
def test_whatever_comes_it_is_handed_out_in_order_or_not_at_all(arriving, most):
    """Over any arrivals, with holes and repeats, a piece is the entries behind the number asked for."""
    channel, last = Channel(most), 0
    channel.readers.add(Reader())
    for count, is_missing, size in arriving:
        if not is_missing:
            channel.extend(*some(last + 1, last + count, size))
            channel.extend(*some(last + 1, last + count, size))  # heard twice
        last += count
        for seq in range(max(0, last - 12), last + 1):
            found = channel.after(seq)
            assert channel._bytes == sum(len(piece.data) for piece in channel._pieces)
            if found is not None:
                assert found.data.startswith(b"id: %d\n" % (seq + 1))
                assert found.data.count(b"\n\n") == found.last - seq
        if not is_missing:
            assert channel.after(last - count) is not None
            assert channel.last == last
