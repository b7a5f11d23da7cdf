"""One question to one port: does it answer, does it speak HTTP, and what does it say."""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Mapping
from hashlib import sha256
from typing import NamedTuple

from jettison.build.container import Address
from jettison.facts import load

_LARGEST = 2_000_000
"""Bytes of a body that are looked at."""
_QUIET = 0.3
"""Seconds after which a connection that nobody closed counts as open. The engine's proxy accepts connections
to ports that nobody listens on, and closes them at once."""


class Answer(NamedTuple):
    """`kind` is `http`, `open` (something listens and does not speak HTTP) or `closed`."""

    kind: str
    status: int = 0
    headers: Mapping[str, str] = {}
    """Names in lower case, without those that say nothing; several of one name joined by line ends."""
    body: str = ""
    """Text; for other content its size and digest."""


def ask(
    address: Address,
    port: int,
    path: str = "/",
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    send: str = "",
    timeout: float = 5.0,
) -> Answer:
    """Ask one HTTP question; `port` is the container's, so that both images are asked for the same host name.

    Redirects are not followed. Raises nothing: what does not answer is `closed`.
    """
    connection = http.client.HTTPConnection(address.host, address.port, timeout=timeout)
    try:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        content = send.encode()
        sent = {"Host": f"localhost:{port}", "User-Agent": "jettison", "Accept": "*/*"}
        sent |= {"Content-Length": str(len(content))} if content else {}
        for name, value in (sent | dict(headers or {})).items():
            connection.putheader(name, value)
        connection.endheaders(content or None)
        response = connection.getresponse()
        return Answer("http", response.status, _telling(response), _body(response, timeout))
    except (http.client.BadStatusLine, OSError) as problem:
        spoke = isinstance(problem, http.client.BadStatusLine) and not isinstance(
            problem, http.client.RemoteDisconnected
        )
        return Answer("open" if spoke or is_open(address) else "closed")
    except http.client.HTTPException:
        return Answer("open")
    finally:
        connection.close()


def is_open(address: Address) -> bool:
    """True when a connection is accepted and not closed at once."""
    try:
        with socket.create_connection(address, timeout=2.0) as connection:
            connection.settimeout(_QUIET)
            try:
                return bool(connection.recv(1))
            except TimeoutError:
                return True
    except OSError:
        return False


def _telling(response: http.client.HTTPResponse) -> dict[str, str]:
    ignored = {name for row in load("nondeterminism")["header"] for name in row["names"]}
    found: dict[str, str] = {}
    for name, value in response.getheaders():
        name = name.lower()
        if name not in ignored:
            found[name] = f"{found[name]}\n{value}" if name in found else value
    return found


def _body(response: http.client.HTTPResponse, timeout: float) -> str:
    content = b""
    until = time.monotonic() + timeout
    try:
        while len(content) <= _LARGEST and (piece := response.read1(65536)):
            content += piece
            if time.monotonic() > until:
                return "(an answer that does not end)"
    except TimeoutError:
        return "(an answer that does not end)"
    except (OSError, http.client.HTTPException):
        return "(an answer that breaks off)"
    if len(content) > _LARGEST:
        return f"(more than {_LARGEST} bytes, beginning with sha256 {sha256(content[:_LARGEST]).hexdigest()})"
    try:
        if b"\0" not in content:
            return content.decode("utf-8")
    except UnicodeDecodeError:
        pass
    return f"({len(content)} bytes, sha256 {sha256(content).hexdigest()})"
