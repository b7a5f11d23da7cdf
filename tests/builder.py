"""A builder that is a shell script: what BuildKit would answer through `docker buildx dial-stdio`, written
beforehand."""

from __future__ import annotations

from pathlib import Path

from jettison.build.wire import bytes_field, int_field

OK = bytes.fromhex("00889acac8b21234da8f") + b"\x010"
"""The trailer `grpc-status: 0`, as grpc-go writes it."""


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


def answer(number: int, *messages: bytes, trailer: bytes = OK) -> bytes:
    """What the call with this number (from 0) is answered with; a message may lie across two frames."""
    stream = 2 * number + 3
    body = b"".join(b"\0" + len(message).to_bytes(4, "big") + message for message in messages)
    half = len(body) // 2
    return (
        frame(1, 4, stream, b"\x88")
        + frame(0, 0, stream, body[:half])
        + frame(6, 0, 0, b"12345678")
        + frame(0, 0, stream, body[half:])
        + frame(1, 5, stream, trailer)
    )


def opening(version: str) -> bytes:
    """The settings, and what every connection asks first."""
    info = bytes_field(1, bytes_field(1, b"github.com/moby/buildkit") + bytes_field(2, version.encode()))
    return frame(4, 0, 0, b"") + frame(4, 1, 0, b"") + answer(-1, info)


def moment(seconds: int, nanos: int = 0) -> bytes:
    return int_field(1, seconds) + int_field(2, nanos)


def event(
    ref: str, began: int, ended: int, attributes: dict[str, str], error: str = "", provenance: str = ""
) -> bytes:
    """A BuildHistoryEvent."""
    record = bytes_field(1, ref.encode())
    for key, value in attributes.items():
        record += bytes_field(3, bytes_field(1, key.encode()) + bytes_field(2, value.encode()))
    if error:
        record += bytes_field(5, bytes_field(2, error.encode()))
    record += bytes_field(6, moment(began))
    if ended:
        record += bytes_field(7, moment(ended))
    if provenance:
        kind = bytes_field(1, b"in-toto.io/predicate-type") + bytes_field(
            2, b"https://slsa.dev/provenance/v1"
        )
        record += bytes_field(10, bytes_field(2, bytes_field(2, provenance.encode()) + bytes_field(5, kind)))
    return bytes_field(2, record)


def vertex(
    digest: str, name: str, began: int, ended: int, inputs: tuple[str, ...] = (), cached: bool = False
) -> bytes:
    """A StatusResponse with one Vertex, one VertexLog and one VertexStatus."""
    found = bytes_field(1, digest.encode()) + b"".join(bytes_field(2, each.encode()) for each in inputs)
    found += bytes_field(3, name.encode()) + int_field(4, int(cached))
    found += bytes_field(5, moment(began)) + bytes_field(6, moment(ended, 500_000_000))
    log = bytes_field(1, digest.encode()) + bytes_field(4, b"a secret line\n")
    sent = bytes_field(1, b"transferring context:") + bytes_field(2, digest.encode()) + int_field(4, 12)
    return bytes_field(1, found) + bytes_field(2, sent) + bytes_field(3, log)


def fake_docker(folder: Path, answers: bytes, build: str = "", version: str = "v0.25.1") -> Path:
    """A command `docker`: `buildx dial-stdio` gives `answers`, `buildx build` runs the shell text `build`."""
    (folder / "answers").write_bytes(opening(version) + answers)
    path = folder / "docker"
    path.write_text(
        f"#!/bin/sh\nhere={folder}\nprintf '%s\\n' \"$*\" >> $here/calls\n"
        'case "$2" in\ndial-stdio) cat "$here/answers"; exec >&-; cat > "$here/asked" ;;\n'
        f"build)\n{build}\n;;\nesac\n"
    )
    path.chmod(0o755)
    return path
