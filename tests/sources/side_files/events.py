"""Writes TensorBoard's event files byte for byte, as their formats define."""

from __future__ import annotations

import struct


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def field(number: int, data: bytes) -> bytes:
    """Return a field that holds bytes."""
    return varint(number << 3 | 2) + varint(len(data)) + data


def record(event: bytes) -> bytes:
    """Return a record of an event; the checksums are not read."""
    return struct.pack("<Q", len(event)) + b"sum1" + event + b"sum2"


def event(step: int, summary: bytes) -> bytes:
    return record(struct.pack("<Bd", 1 << 3 | 1, 1.0) + varint(2 << 3) + varint(step) + field(5, summary))


def scalar(tag: str, value: float, step: int) -> bytes:
    """Return a scalar as PyTorch writes it."""
    return event(step, field(1, field(1, tag.encode()) + struct.pack("<Bf", 2 << 3 | 5, value)))


def tensor(tag: str, value: float, step: int, *, content: bool = True, double: bool = False) -> bytes:
    """Return a scalar as TensorFlow 2 writes it: a tensor without dimensions."""
    packed = struct.pack("<d" if double else "<f", value)
    place = 4 if content else 6 if double else 5
    kind = varint(1 << 3) + varint(2 if double else 1)
    return event(
        step, field(1, field(1, tag.encode()) + field(8, kind + field(place, packed) + field(2, b"")))
    )


def picture(size: int, step: int) -> bytes:
    """Return an event with a picture of that many bytes."""
    return event(step, field(1, field(1, b"image") + field(4, field(4, b"x" * size))))
