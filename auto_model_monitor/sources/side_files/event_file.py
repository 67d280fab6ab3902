"""TensorBoard's event files, read without TensorBoard.

A file is a row of records: the length in eight bytes, four bytes of checksum, a protocol buffer, four bytes
of checksum; see ``tensorflow/core/lib/io/record_writer.h`` and ``tensorboard/compat/proto/event.proto``.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from ..tail.tailed_file import TailedFile
from .records import SideFileEntry, parse_record

_HEAD, _FOOT = 12, 4
_PIECE = 1 << 20
_MOST = 1 << 16  # bytes of a record; what is longer holds pictures or graphs, and no number
_FLOATS = {1: "<f", 2: "<d"}  # DT_FLOAT and DT_DOUBLE of a tensor
_FIXED = {1: 8, 5: 4}  # bytes of a field, by its kind


class EventFile:
    """Scalars by their tags, as PyTorch, Lightning and Keras write them.

    Attributes:
        waits: it must be read again although nothing has changed.
        repeats: whether entries come again when the file is rewritten or copied.

    Args:
        path: the file.
        split: what the numbers were measured on, where the tags do not state it.
    """

    waits = False
    repeats = True

    def __init__(self, path: str, *, split: str = "") -> None:
        self._file = TailedFile(path)
        self._split = split
        self._restarts = 0
        self._skips = 0
        self._number = 0
        self._epoch: int | None = None

    def entries(self, *, at_end: bool) -> Iterator[SideFileEntry]:
        """Yield what was written since, one scalar after the other.

        Raises:
            SourceError: the file cannot be read now.
        """
        done = 1
        while done:
            data = self._file.chunk(_PIECE).data
            if self._file.restarts != self._restarts:
                self._restarts, self._skips, self._number, self._epoch = self._file.restarts, 0, 0, None
            found, done = self._cut(data)
            self._file.done(done)
            yield from found

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _cut(self, data: bytes) -> tuple[list[SideFileEntry], int]:
        """Return the entries of the complete records, and how many bytes are consumed."""
        found: list[SideFileEntry] = []
        start = min(self._skips, len(data))
        self._skips -= start
        while start + _HEAD <= len(data):
            (length,) = struct.unpack_from("<Q", data, start)
            end = start + _HEAD + length + _FOOT
            if length > _MOST:
                self._skips = max(0, end - len(data))
                start = min(end, len(data))
            elif end > len(data):
                break
            else:
                found += self._entries(data[start + _HEAD : end - _FOOT])
                start = end
        return found, start

    def _entries(self, record: bytes) -> list[SideFileEntry]:
        try:
            step, scalars = _scalars(record)
        except (ValueError, IndexError, struct.error):  # no event, or a torn one
            return []
        found = []
        for tag, value in scalars:
            self._number += 1
            parsed = parse_record({tag: value}, split=self._split)
            if parsed is None:
                continue
            epoch = parsed.metrics.get("epoch")
            self._epoch = self._epoch if epoch is None else int(epoch)
            found.append(SideFileEntry(self._number, parsed._replace(step=step), self._epoch))
        return found


def _scalars(event: bytes) -> tuple[int, list[tuple[str, float]]]:
    """Return the step and the scalars of an event."""
    step, found = 0, []
    for field, value in _fields(event):
        if field == 2 and isinstance(value, int):
            step = value
        elif field == 5 and isinstance(value, bytes):
            for number, summary in _fields(value):
                if number == 1 and isinstance(summary, bytes):
                    found += _scalar(dict(_fields(summary)))
    return step, found


def _scalar(value: dict[int, int | bytes]) -> list[tuple[str, float]]:
    tag, simple, tensor = value.get(1, b""), value.get(2), value.get(8)
    if not isinstance(tag, bytes) or not tag:
        return []
    number: float | None = None
    if isinstance(simple, bytes):
        (number,) = struct.unpack("<f", simple)
    elif isinstance(tensor, bytes):
        number = _of_tensor(dict(_fields(tensor)))
    return [] if number is None else [(tag.decode("utf-8", "replace"), number)]


def _of_tensor(tensor: dict[int, int | bytes]) -> float | None:
    """Return the one number that a tensor without dimensions holds."""
    kind, shape = tensor.get(1), tensor.get(2, b"")
    layout = _FLOATS.get(kind) if isinstance(kind, int) else None
    content = tensor.get(4) or tensor.get(5) or tensor.get(6)
    if layout is None or shape or not isinstance(content, bytes) or len(content) != struct.calcsize(layout):
        return None
    number: float = struct.unpack(layout, content)[0]
    return number


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield the fields of a protocol buffer: integers, and everything else as bytes."""
    start = 0
    while start < len(data):
        key, start = _varint(data, start)
        kind, length = key & 7, 0
        if kind == 0:
            number, start = _varint(data, start)
            yield key >> 3, number
            continue
        if kind == 2:
            length, start = _varint(data, start)
        elif kind in _FIXED:
            length = _FIXED[kind]
        else:
            raise ValueError(f"expected a field of a protocol buffer, got one of kind {kind}")
        if start + length > len(data):
            raise ValueError("expected a whole field, got a part of one")
        yield key >> 3, data[start : start + length]
        start += length


def _varint(data: bytes, start: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[start]
        start += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, start
        if shift > 63:
            raise ValueError("expected a number of at most ten bytes")
