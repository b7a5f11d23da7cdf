"""gRPC calls to BuildKit through `docker buildx dial-stdio`: as much of HTTP/2 as one call after another
takes.

HTTP/2 is RFC 9113, the header lines RFC 7541 (sent as literals, no table kept), gRPC's framing
https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md. A library for it (grpcio: 6 MB of C++) would
be more than the three calls of `jettison.build.control` are worth.
"""

from __future__ import annotations

import contextlib
import subprocess
import threading
from collections.abc import Iterator, Sequence
from types import TracebackType

from jettison.build.process import end
from jettison.errors import CannotRun

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RESET, _SETTINGS, _PING, _AWAY, _WINDOW = 0, 1, 3, 4, 6, 7, 8
_ACK, _END_STREAM, _END_HEADERS = 1, 1, 4
_OPEN = (1 << 31) - 1
"""The largest window: the answers are read as they come, and bounded by LARGEST."""
_STATUS_OK = (bytes.fromhex("889acac8b21234da8f") + b"\x010", b"\x0bgrpc-status\x010")
"""`grpc-status: 0` as a literal, the name in Huffman's code or plain."""
_PATIENCE = 1.0
LARGEST = 256 << 20
"""Bytes of one answer. A build's log is at most 2 MiB a step."""


class Channel:
    """A connection to a builder; use it as a context manager. One call at a time."""

    def __init__(self, command: Sequence[str], timeout: float = 60.0) -> None:
        """`command` passes its standard streams on to the builder. All is over after `timeout` seconds."""
        self._child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._timer = threading.Timer(timeout, end, (self._child,))
        self._timer.daemon = True
        self._timer.start()
        self._stream = -1

    def __enter__(self) -> Channel:
        settings = b"".join(
            key.to_bytes(2, "big") + value.to_bytes(4, "big") for key, value in ((1, 0), (2, 0), (4, _OPEN))
        )
        grown = (_OPEN - 65535).to_bytes(4, "big")
        try:
            self._write(_PREFACE + _frame(_SETTINGS, 0, 0, settings) + _frame(_WINDOW, 0, 0, grown))
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        for pipe in (self._child.stdin, self._child.stdout):
            with contextlib.suppress(OSError):
                assert pipe is not None
                pipe.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(_PATIENCE)  # it ends by itself when nobody talks to it any more
        end(self._child)

    def call(self, method: str, message: bytes) -> Iterator[bytes]:
        """The messages that `method` (`/package.Service/Name`) answers with.

        Raises CannotRun when the builder refuses, goes away, or says more than LARGEST.
        """
        self._stream += 2
        lines = (":method", "POST"), (":scheme", "http"), (":path", method), (":authority", "localhost")
        head = b"".join(
            _line(*line) for line in (*lines, ("content-type", "application/grpc"), ("te", "trailers"))
        )
        self._write(
            _frame(_HEADERS, _END_HEADERS, self._stream, head)
            + _frame(_DATA, _END_STREAM, self._stream, b"\0" + len(message).to_bytes(4, "big") + message)
        )
        return self._answer(method)

    def _answer(self, method: str) -> Iterator[bytes]:
        buffer = bytearray()
        taken = 0
        while True:
            kind, flags, stream, payload = self._frame()
            if kind == _DATA and stream == self._stream:
                buffer += payload
                taken += len(payload)
                if taken > LARGEST:
                    raise CannotRun(f"the builder's answer to {method} is larger than {LARGEST >> 20} MiB")
                yield from _messages(buffer)
            elif kind in (_SETTINGS, _PING) and not flags & _ACK:
                self._write(_frame(kind, _ACK, 0, payload if kind == _PING else b""))
            over = kind in (_DATA, _HEADERS) and bool(flags & _END_STREAM) and stream == self._stream
            if over and kind == _HEADERS and any(ok in payload for ok in _STATUS_OK):
                self._grow(taken)
                return
            if over or kind == _AWAY or (kind == _RESET and stream == self._stream):
                raise CannotRun(f"the builder does not answer {method}")

    def _grow(self, taken: int) -> None:
        if taken:
            self._write(_frame(_WINDOW, 0, 0, taken.to_bytes(4, "big")))

    def _frame(self) -> tuple[int, int, int, bytes]:
        head = self._read(9)
        payload = self._read(int.from_bytes(head[:3], "big"))
        return head[3], head[4], int.from_bytes(head[5:], "big") & _OPEN, payload

    def _read(self, size: int) -> bytes:
        assert self._child.stdout is not None
        data = self._child.stdout.read(size)
        if len(data) != size:
            raise CannotRun(
                "the builder broke the connection off", "docker buildx dial-stdio should reach it"
            )
        return data

    def _write(self, data: bytes) -> None:
        assert self._child.stdin is not None
        try:
            self._child.stdin.write(data)
            self._child.stdin.flush()
        except OSError:
            raise CannotRun("the builder cannot be reached", "docker buildx dial-stdio should") from None


def _messages(buffer: bytearray) -> Iterator[bytes]:
    """Take the whole messages off the front. Raises CannotRun for a compressed one: nobody asked for that."""
    while len(buffer) >= 5:
        size = int.from_bytes(buffer[1:5], "big")
        if buffer[0]:
            raise CannotRun("the builder's answer is compressed")
        if len(buffer) < 5 + size:
            return
        yield bytes(buffer[5 : 5 + size])
        del buffer[: 5 + size]


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


def _line(name: str, value: str) -> bytes:
    """A header line as a literal that is not indexed; both texts are shorter than 127 bytes."""
    return b"\0" + b"".join(bytes((len(part),)) + part.encode("ascii") for part in (name, value))
