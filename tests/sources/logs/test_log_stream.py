"""The log of a training that is piped into this program."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from auto_model_monitor.sources.logs import LogStreamSource
from auto_model_monitor.sources.tail import tailed_pipe
from tests.campaigns import examples


class Pipe:
    """A pipe whose writing end is closed once."""

    def __init__(self) -> None:
        self.end, self.writer = os.pipe()
        self.is_open = True

    def write(self, data: bytes) -> None:
        os.write(self.writer, data)

    def close(self) -> None:
        if self.is_open:
            self.is_open = False
            os.close(self.writer)


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    pipe = Pipe()
    yield pipe
    pipe.close()
    os.close(pipe.end)


def losses(source: LogStreamSource, *, until: int = 10**9) -> list[float]:
    """Read until the stream has ended, or that many were found."""
    found: list[float] = []
    deadline = time.monotonic() + 60
    while not source.ended and len(found) < until and time.monotonic() < deadline:
        found += [reading.value for reading in source.read() if reading.metric == "train_loss"]
    return found


def test_what_is_piped_is_read_to_its_end(pipe: Pipe) -> None:
    """Every line must come, the last one too although nothing ends it, and then the source has ended."""
    source = LogStreamSource(pipe.end)
    assert len(source.read()) == 0
    pipe.write(b"Train Loss: 0.5\nTrain Lo")
    assert losses(source, until=1) == [0.5]
    pipe.write(b"ss: 0.4\nTrain Loss: 0.3")
    pipe.close()
    assert not source.ended
    assert losses(source) == [0.4, 0.3]
    assert source.ended
    assert len(source.read()) == 0


def test_a_reading_says_which_line_it_is_from(pipe: Pipe) -> None:
    """What is piped has no file, but lines."""
    pipe.write(b"Epoch [3/5] started\nTrain Loss: 0.5\n")
    pipe.close()
    source = LogStreamSource(pipe.end)
    found = []
    while not source.ended:
        found += list(source.read())
    (reading,) = found
    assert (reading.name, reading.path, reading.epoch) == ("stdin:2", "", 3)


def test_whoever_writes_waits_for_nobody(pipe: Pipe) -> None:
    """A training can write its log although nothing has read it for long."""
    source = LogStreamSource(pipe.end)
    source.read()
    line = b"Train Loss: 0.5\n"
    count = examples(200_000)
    code = f"import sys; sys.stdout.buffer.write({line!r} * {count})"
    with subprocess.Popen([sys.executable, "-c", code], stdout=pipe.writer) as training:
        pipe.close()
        assert training.wait(timeout=200) == 0  # nothing was read meanwhile
    assert len(losses(source)) == count


def test_what_nobody_reads_is_bounded(pipe: Pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory may not grow for ever: beyond a limit the pipe is full, as with any slow reader."""
    monkeypatch.setattr(tailed_pipe, "_MOST_HELD", 1 << 16)
    source = LogStreamSource(pipe.end)
    source.read()
    count = 100_000
    code = f"import sys; sys.stdout.buffer.write(b'Train Loss: 0.5\\n' * {count})"
    with subprocess.Popen([sys.executable, "-c", code], stdout=pipe.writer) as training:
        pipe.close()
        while len(source._stream._held) < 1 << 16:
            time.sleep(0.01)
        assert training.poll() is None
        assert len(source._stream._held) <= 2 << 16
        assert len(losses(source)) == count
        assert training.wait(timeout=200) == 0


def test_a_bar_is_read_while_it_runs(pipe: Pipe) -> None:
    """tqdm writes no newline for hours: what it shows must be read all the same."""
    source = LogStreamSource(pipe.end)
    state = b"\r%d%%| | 1/9 [00:%02d<00:50, 1it/s, Train Loss: 0.%d]"
    pipe.write(b"Epoch 1/1 started\n" + state % (1, 8, 9) + state % (2, 9, 8) + state % (3, 10, 7) + b"\r 4%")
    assert losses(source, until=1) == [0.8]
    pipe.write(b"| | 3/9 [00:11<00:49, 1it/s, Train Loss: 0.6]\n")
    pipe.close()
    assert losses(source) == [0.6]


def test_a_closed_end_is_the_end() -> None:
    """A descriptor that cannot be read is a log that has ended, not an error."""
    source = LogStreamSource(9999)
    assert losses(source) == []
    assert source.ended
