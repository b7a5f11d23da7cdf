"""Messages of Protocol Buffers, taken apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jettison.build import wire


def test_every_kind_of_field():
    data = (
        wire.bytes_field(1, b"text")
        + wire.int_field(2, 300)
        + wire.bytes_field(1, b"last")
        + b"\x19" + b"\1" * 8
        + b"\x25" + b"\2" * 4
        + wire.bytes_field(6, wire.int_field(1, 1))
    )  # fmt: skip
    found = wire.fields(data)
    assert wire.text(found, 1) == "last"
    assert wire.integer(found, 2) == 300
    assert [*wire.messages(found, 6)] == [{1: [1]}]
    assert (found[3], found[4]) == ([b"\1" * 8], [b"\2" * 4])
    assert (wire.text(found, 9), wire.integer(found, 9), wire.moment(found, 9)) == ("", 0, None)


def test_a_negative_number():
    assert wire.integer(wire.fields(b"\x08" + b"\xff" * 9 + b"\x01"), 1) == -1


def test_a_map():
    entry = wire.bytes_field(1, b"key") + wire.bytes_field(2, b"value")
    assert wire.mapping(wire.fields(wire.bytes_field(3, entry)), 3) == {"key": "value"}


def test_a_time_has_nanoseconds():
    stamp = wire.int_field(1, 1795896109) + wire.int_field(2, 542618098)
    assert wire.moment(wire.fields(wire.bytes_field(6, stamp)), 6) == "2026-11-28T20:01:49.542618098Z"
    far = wire.bytes_field(6, wire.int_field(1, 1 << 60))
    assert wire.moment(wire.fields(far), 6) is None


@pytest.mark.parametrize("data", [b"\x0a", b"\x0a\x05abc", b"\x08\xff", b"\x09\1\1", b"\x0b", b"\xff" * 12])
def test_what_is_no_message(data):
    with pytest.raises(ValueError):
        wire.fields(data)


@given(st.binary(max_size=60))
def test_any_bytes_are_a_message_or_a_value_error(data):
    try:
        found = wire.fields(data)
    except ValueError:
        return
    assert all(isinstance(values, list) for values in found.values())


@given(st.integers(1, 1 << 20), st.integers(0, (1 << 63) - 1))
def test_numbers_come_back(number, value):
    assert wire.integer(wire.fields(wire.int_field(number, value)), number) == value
