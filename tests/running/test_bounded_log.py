"""The log of a wrapped command and what is kept of it stay small, and hold what shows why it ended."""

from __future__ import annotations

from pathlib import Path

from auto_model_monitor.running import RunFolder
from auto_model_monitor.running.bounded_log import BoundedLog
from auto_model_monitor.running.kept_output import KeptOutput

EVIDENCE = b"torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 448.00 MiB"


def lines(first: int, last: int) -> bytes:
    return b"".join(b"step %d loss 0.123 of a long training\n" % number for number in range(first, last))


def written(log: BoundedLog, data: bytes) -> None:
    log.append(data)
    log.flush(60)


def test_a_long_output_is_kept_in_parts(tmp_path: Path):
    """Of a long log the beginning, lines that may be evidence and the end are kept, with their numbers."""
    folder = RunFolder.create(tmp_path)
    log = BoundedLog(folder.path, 1 << 30)
    log.start()
    kept = KeptOutput(folder)
    written(log, lines(1, 60_000) + EVIDENCE + b"\n")
    kept.read_on()
    written(log, lines(60_001, 200_000) + b"end")
    found = dict(kept.lines())
    assert found[1] == b"step 1 loss 0.123 of a long training"
    assert found[60_000] == EVIDENCE
    assert found[199_999] == b"step 199999 loss 0.123 of a long training"
    assert found[200_000] == b"end"
    assert sum(map(len, found.values())) < 3 << 20
    assert dict(KeptOutput(folder).lines()) == found


def test_a_log_stays_below_its_limit(tmp_path: Path):
    """A log beyond its limit keeps its beginning and its end; a reader meanwhile counts every line."""
    folder = RunFolder.create(tmp_path)
    log = BoundedLog(folder.path, 9_000_000)
    log.start()
    kept = KeptOutput(folder)
    for first in range(1, 400_001, 10_000):
        written(log, lines(first, first + 10_000))
        kept.read_on()
    sizes = [Path(path).stat().st_size for path in folder.log_files]
    assert sizes[:2] == [3_000_000, 3_000_000]
    assert sum(sizes) <= 9_000_000
    assert Path(folder.log_files[0]).read_bytes().startswith(lines(1, 100))
    assert Path(folder.log_file).read_bytes().endswith(lines(400_000, 400_001))
    assert kept.lines()[-1] == (400_000, lines(400_000, 400_001).strip())


def test_a_line_without_an_end_stays_small(tmp_path: Path):
    """Five megabytes without a newline are kept as the line's two ends."""
    folder = RunFolder.create(tmp_path)
    log = BoundedLog(folder.path, 1 << 30)
    log.start()
    written(log, b"a" * 5_000_000 + b"z\nnext\n")
    (first, second) = KeptOutput(folder).lines()
    assert first[1].startswith(b"aaa")
    assert first[1].endswith(b"az")
    assert len(first[1]) < 1 << 17
    assert second == (2, b"next")


def test_two_streams_do_not_mix_their_lines(tmp_path: Path):
    """A line that arrives in pieces is not cut by a line of the other stream."""
    folder = RunFolder.create(tmp_path)
    log = BoundedLog(folder.path, 1 << 30, streams=2)
    log.append(b"loss 0.", 0)
    log.append(b"warning\n", 1)
    log.append(b"25\n", 0)
    log.start()
    log.flush(60)
    assert Path(folder.log_file).read_bytes() == b"warning\nloss 0.25\n"
