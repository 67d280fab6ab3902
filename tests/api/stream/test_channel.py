"""What all streams of a task share."""

from __future__ import annotations

import pytest

pytest.importorskip("fastapi")

from hypothesis import given
from hypothesis import strategies as st

from auto_model_monitor.api.stream.channel import WRITE, Channel
from auto_model_monitor.api.stream.frames import entry_frames
from auto_model_monitor.training import StoredEntry


def entries(first, last, size=20):
    stored = [StoredEntry(seq, b"%d" % seq + b"x" * size) for seq in range(first, last + 1)]
    return first, entry_frames(stored)


def frames(first, last, size=20):
    return b"".join(entries(first, last, size)[1])


def read(channel, seq):
    """Read everything that is held behind a number."""
    pieces = []
    while (found := channel.after(seq)) is not None:
        pieces.append(found[0])
        assert found[1] > seq
        seq = found[1]
    return b"".join(pieces), seq


def test_what_has_piled_up_is_one_piece():
    """Everything behind a client's number comes at once; beyond the end there is nothing."""
    channel = Channel(10**6)
    channel.extend(*entries(1, 3))
    channel.extend(*entries(4, 10))
    assert channel.after(0) == (frames(1, 10), 10)
    assert channel.after(7) == (frames(8, 10), 10)
    assert channel.after(10) is None
    assert channel.after(99) is None
    assert channel.last == 10


def test_clients_at_one_number_share_the_bytes():
    """A piece is put together once, however many clients stand at the same number."""
    channel = Channel(10**6)
    channel.extend(*entries(1, 50))
    assert channel.after(0)[0] is channel.after(0)[0]
    before = channel.after(0)[0]
    channel.extend(*entries(51, 51))
    assert channel.after(0) == (before + frames(51, 51), 51)


def test_a_write_is_bounded():
    """No piece is longer than one write, unless a single event is."""
    channel = Channel(10**7)
    channel.extend(*entries(1, 300, size=1000))
    piece, _seq = channel.after(0)
    assert WRITE - 2000 < len(piece) <= WRITE
    assert read(channel, 0) == (frames(1, 300, 1000), 300)
    channel.extend(*entries(301, 301, size=2 * WRITE))
    assert channel.after(300) == (frames(301, 301, 2 * WRITE), 301)


def test_only_so_much_is_held():
    """Beyond its bytes a channel drops the oldest; whoever is behind reads the store."""
    channel = Channel(10_000)
    for seq in range(1, 1001):
        channel.extend(*entries(seq, seq, size=100))
    assert channel.after(0) is None
    held, last = read(channel, 990)
    assert (held, last) == (frames(991, 1000, 100), 1000)
    assert sum(map(len, channel._frames)) <= 10_000


def test_a_hole_is_left_to_the_store():
    """Where entries were left out on the way, nothing is handed out across the hole."""
    channel = Channel(10**6)
    channel.extend(*entries(1, 5))
    channel.extend(*entries(9, 10))
    assert channel.after(5) is None
    assert channel.after(8) == (frames(9, 10), 10)


pieces = st.lists(st.tuples(st.integers(1, 8), st.booleans(), st.integers(0, 300)), max_size=30)


@given(pieces, st.integers(200, 5000))
def test_whatever_comes_it_is_handed_out_in_order_or_not_at_all(given_pieces, most):
    """Over any arrivals, with holes and repeats, a piece is the entries behind the number asked for."""
    channel, last = Channel(most), 0
    for count, skipped, size in given_pieces:
        if not skipped:
            channel.extend(*entries(last + 1, last + count, size))
            channel.extend(*entries(last + 1, last + count, size))  # heard twice
        last += count
        for seq in range(max(0, last - 12), last + 1):
            found = channel.after(seq)
            if found is not None:
                assert found[0].startswith(b"id: %d\n" % (seq + 1))
                assert found[0].count(b"\n\n") == found[1] - seq
    assert channel.last <= last
