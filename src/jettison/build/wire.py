"""Protocol Buffers as far as BuildKit's answers need it: fields by number, no schema.

Encoding: https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

Fields = dict[int, list[int | bytes]]


def fields(data: bytes) -> Fields:
    """Every field of a message with its values in order. Raises ValueError for what is no message."""
    found: Fields = {}
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        value: int | bytes
        match key & 7:
            case 0:
                value, at = _varint(data, at)
            case 2:
                size, at = _varint(data, at)
                value, at = data[at : at + size], at + size
            case 1:
                value, at = data[at : at + 8], at + 8
            case 5:
                value, at = data[at : at + 4], at + 4
            case other:
                raise ValueError(f"unknown wire type {other}")
        if at > len(data):
            raise ValueError("the message ends within a field")
        found.setdefault(key >> 3, []).append(value)
    return found


def text(message: Fields, number: int) -> str:
    """A string; "" when there is none."""
    return raw(message, number).decode("utf-8", "replace")


def raw(message: Fields, number: int) -> bytes:
    """The bytes of a field; none when there is none."""
    value = message.get(number, [b""])[-1]
    return value if isinstance(value, bytes) else b""


def integer(message: Fields, number: int) -> int:
    """An integer of 64 bits with sign; 0 when there is none."""
    value = message.get(number, [0])[-1]
    if not isinstance(value, int):
        return 0
    return value - (1 << 64) if value >= 1 << 63 else value


def messages(message: Fields, number: int) -> Iterator[Fields]:
    """A repeated field of messages."""
    for value in message.get(number, ()):
        if isinstance(value, bytes):
            yield fields(value)


def mapping(message: Fields, number: int) -> dict[str, str]:
    """A field of type map<string, string>."""
    return {text(entry, 1): text(entry, 2) for entry in messages(message, number)}


def moment(message: Fields, number: int) -> str | None:
    """A google.protobuf.Timestamp as Go prints it, with nanoseconds; None when there is none or no such
    time."""
    for stamp in messages(message, number):
        seconds, nanos = integer(stamp, 1), integer(stamp, 2)
        try:
            date = datetime.fromtimestamp(seconds, UTC)
        except (ValueError, OverflowError, OSError):
            return None
        return f"{date:%Y-%m-%dT%H:%M:%S}.{nanos:09d}Z"
    return None


def bytes_field(number: int, value: bytes) -> bytes:
    """One field of bytes, text or a message, encoded."""
    return _encoded(number << 3 | 2) + _encoded(len(value)) + value


def int_field(number: int, value: int) -> bytes:
    """One field of a number that is not negative, encoded."""
    return _encoded(number << 3) + _encoded(value)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise ValueError("the message ends within a number")
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, at


def _encoded(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
