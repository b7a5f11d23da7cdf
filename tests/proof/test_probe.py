"""One question to one port: every kind of listener there may be."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from jettison.build import Address
from jettison.proof import probe
from jettison.proof.probe import Answer, ask, is_open

Talk = Callable[[socket.socket], None]


@pytest.fixture
def listener() -> Iterator[Callable[[Talk], Address]]:
    """Listens on a port of the loopback address and treats every connection as told."""
    sockets: list[socket.socket] = []

    def listen(talk: Talk) -> Address:
        server = socket.create_server(("127.0.0.1", 0))
        sockets.append(server)

        def accept() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    try:
                        talk(connection)
                    except OSError:
                        continue

        threading.Thread(target=accept, daemon=True).start()
        return Address(*server.getsockname())

    yield listen
    for each in sockets:
        each.close()


def whole_question(connection: socket.socket) -> bytes:
    """Head and body of what is asked; they may arrive one after the other."""
    asked = b""
    while more := connection.recv(65536):
        asked += more
        head, ended, body = asked.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        if ended and len(body) >= int(length[1] if length else 0):
            break
    return asked


def says(*pieces: bytes) -> Talk:
    def talk(connection: socket.socket) -> None:
        asked = whole_question(connection)
        for piece in pieces:
            connection.sendall(piece.replace(b"$ASKED", asked.hex().encode()))

    return talk


def http(body: bytes, head: bytes = b"") -> Talk:
    return says(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n%s\r\n%s" % (len(body), head, body))


def test_an_answer(listener: Callable[[Talk], Address]) -> None:
    head = b"X-A: 1\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nDate: today\r\nServer: x/1\r\nETag: y\r\n"
    answer = ask(listener(http(b"hello\n", head)), 8080)
    assert answer == Answer("http", 200, {"x-a": "1", "set-cookie": "a=1\nb=2"}, "hello\n")


def test_the_question_is_the_same_for_every_address(listener: Callable[[Talk], Address]) -> None:
    address = listener(says(b"HTTP/1.0 200 OK\r\n\r\n$ASKED"))
    answer = ask(address, 8080, "/a?b=c", method="POST", headers={"X-B": "2"}, send="data")
    asked = bytes.fromhex(answer.body).decode()
    assert asked.startswith("POST /a?b=c HTTP/1.1\r\nHost: localhost:8080\r\n")
    assert asked.endswith("\r\n\r\ndata")
    assert "Content-Length: 4\r\n" in asked
    assert str(address.port) not in asked


def test_what_is_no_text_is_compared_by_digest(listener: Callable[[Talk], Address]) -> None:
    assert ask(listener(http(b"\xff\x00\x01")), 80).body.startswith("(3 bytes, sha256 ")
    assert ask(listener(http(b"a\0b")), 80).body.startswith("(3 bytes, sha256 ")
    assert ask(listener(http(b"x" * 3_000_000)), 80).body.startswith("(more than 2000000 bytes")


def test_an_answer_that_does_not_end(listener: Callable[[Talk], Address]) -> None:
    def stream(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for number in range(100):
            connection.sendall(b"tick %d\n" % number)
            time.sleep(0.05)

    answer = ask(listener(stream), 80, timeout=0.4)
    assert (answer.kind, answer.body) == ("http", "(an answer that does not end)")


def test_an_answer_that_breaks_off(listener: Callable[[Talk], Address]) -> None:
    address = listener(says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"))
    assert ask(address, 80).body == "(an answer that breaks off)"


def test_redirects_are_not_followed(listener: Callable[[Talk], Address]) -> None:
    answer = ask(listener(says(b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n")), 80)
    assert (answer.status, answer.headers) == (302, {"location": "/x"})


def test_other_protocols_are_open(listener: Callable[[Talk], Address]) -> None:
    assert ask(listener(says(b"-ERR unknown command\r\n")), 80).kind == "open"
    assert ask(listener(lambda c: c.sendall(b"SSH-2.0-x\r\n")), 80).kind == "open"


def test_one_that_hangs_up_on_nonsense_is_open(listener: Callable[[Talk], Address]) -> None:
    def wait(connection: socket.socket) -> None:
        connection.recv(65536)

    assert ask(listener(wait), 80).kind == "open"


def test_a_silent_one_is_open(listener: Callable[[Talk], Address]) -> None:
    assert ask(listener(lambda c: time.sleep(1.0)), 80, timeout=0.2).kind == "open"


def test_one_that_closes_at_once_is_closed(listener: Callable[[Talk], Address]) -> None:
    address = listener(lambda c: None)
    assert ask(address, 80).kind == "closed"
    assert not is_open(address)


def test_nobody_is_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = Address(*server.getsockname())
    assert ask(address, 80) == Answer("closed")


def test_headers_that_say_nothing_are_data() -> None:
    from jettison.facts import load

    names = [name for row in load("nondeterminism")["header"] for name in row["names"]]
    assert names == [name.lower() for name in names]
    assert {"date", "content-length"} <= set(names)
    assert "content-type" not in names
    assert probe.load is load
