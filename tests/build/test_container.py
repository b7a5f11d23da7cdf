from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable

import pytest

from jettison.build.container import Address, Container, exposed, start
from jettison.errors import CannotRun
from jettison.run import Completed


class Docker:
    """Answers as docker does: the first row whose words all occur in the call, in order of the rows."""

    def __init__(self, *rows: tuple[str, object]) -> None:
        self.rows = rows
        self.calls: list[str] = []

    def __call__(self, *words: str, timeout: float = 1.0) -> Completed:
        call = " ".join(words)
        self.calls.append(call)
        for wanted, answer in self.rows:
            if wanted in call:
                if isinstance(answer, Completed):
                    return answer
                return Completed(0, (answer if isinstance(answer, str) else json.dumps(answer)).encode(), b"")
        return Completed(1, b"", b"unexpected call")


SETTINGS = {
    "Ports": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "32768"}], "53/udp": None},
    "Networks": {"bridge": {"IPAddress": "172.17.0.2"}},
}


def run(docker: Callable[..., Completed], **options) -> Container:
    defaults = {
        "nonce": "ab12",
        "command": None,
        "entrypoint": None,
        "env": None,
        "ports": None,
        "options": (),
    }
    return start(docker, "app:1", **{**defaults, **options})


@pytest.mark.parametrize(
    ("ports", "found"),
    [({"80/tcp": {}, "53/udp": {}, "9000": {}}, (80, 9000)), ({}, ()), (None, ()), ({"x/tcp": {}}, ())],
)
def test_the_tcp_ports_that_an_image_exposes(ports, found):
    assert exposed(Docker(("image inspect", ports)), "app:1") == found


def test_an_image_that_is_not_there():
    with pytest.raises(CannotRun, match="no image app:1"):
        exposed(Docker(), "app:1")


def test_exposed_ports_are_published_on_the_loopback_address():
    docker = Docker(
        *(("image inspect", {"80/tcp": {}}), ("container create", "id1"), ("container start", "id1")),
        ("NetworkSettings", SETTINGS),
    )
    container = run(docker, command=["serve", "-v"], env={"A": "1"}, options=["--read-only"])
    assert container.id == "id1"
    assert container.ports == {80: Address("127.0.0.1", 32768)}
    assert container.addresses[80] == (Address("127.0.0.1", 32768), Address("172.17.0.2", 80))
    assert docker.calls[1] == (
        "container create --label jettison=ab12 --read-only --env A=1 --publish 127.0.0.1::80 app:1 serve -v"
    )


def test_an_entrypoint_of_several_words():
    docker = Docker(("container create", "id1"), ("container start", "id1"), ("NetworkSettings", {}))
    run(docker, entrypoint=["/bin/sh", "-c"], command=["true"], ports=())
    assert docker.calls[0] == "container create --label jettison=ab12 --entrypoint /bin/sh app:1 -c true"


def test_an_engine_that_cannot_publish_leaves_the_containers_own_address():
    refuse = Completed(1, b"", b"Error response from daemon: driver failed programming external connectivity")
    networks = {"Networks": {"bridge": {"IPAddress": "172.17.0.2"}}}
    docker = Docker(
        *(("--publish", "id1"), ("start id1", refuse), ("container rm", ""), ("container create", "id2")),
        *(("start id2", "id2"), ("NetworkSettings", networks)),
    )
    container = run(docker, ports=[80])
    assert container.id == "id2"
    assert container.ports == {80: Address("172.17.0.2", 80)}
    assert any("rm --force --volumes id1" in call for call in docker.calls), (
        "the first one is not left behind"
    )


def test_a_container_that_does_not_start_is_removed_and_the_message_is_the_engines():
    said = b'exec: "nope": executable file not found in $PATH\nError: failed to start containers: id1\n'
    docker = Docker(
        ("container create", "id1"), ("container start", Completed(1, b"", said)), ("container rm", "")
    )
    with pytest.raises(CannotRun) as caught:
        run(docker, command=["nope"], ports=())
    assert (
        caught.value.message
        == 'the engine cannot start app:1: exec: "nope": executable file not found in $PATH'
    )
    assert docker.calls[-1] == "container rm --force --volumes id1"


def state(**fields: object) -> Docker:
    return Docker(
        ("json .State", {"Running": False, "ExitCode": 3, "OOMKilled": False, "Error": ""} | fields)
    )


def test_waiting_gives_the_exit_code_or_none():
    assert Container("id1", {}, {}, state()).wait(1) == 3
    start = time.monotonic()
    assert Container("id1", {}, {}, state(Running=True)).wait(0.2) is None
    assert 0.15 < time.monotonic() - start < 1


def test_a_container_that_is_gone():
    with pytest.raises(CannotRun, match="is gone"):
        Container("id1", {}, {}, Docker()).state()


@pytest.fixture
def server():
    """A function that listens; `close` drops every connection at once, as a published port does too early."""
    sockets: list[socket.socket] = []
    kept: list[socket.socket] = []

    def listen(close: bool) -> Address:
        listener = socket.create_server(("127.0.0.1", 0))
        sockets.append(listener)

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                if close:
                    connection.close()
                else:
                    kept.append(connection)

        threading.Thread(target=serve, daemon=True).start()
        return Address("127.0.0.1", listener.getsockname()[1])

    yield listen
    for each in [*sockets, *kept]:
        with each:
            if each in sockets:
                each.shutdown(socket.SHUT_RDWR)


def test_reach_finds_the_address_that_keeps_connections(server):
    dropping, keeping = server(True), server(False)
    container = Container("id1", {}, {80: (Address("127.0.0.1", 1), dropping, keeping)}, state(Running=True))
    assert container.reach(80, 2) == keeping


def test_reach_gives_up(server):
    container = Container("id1", {}, {80: (server(True),)}, state(Running=True))
    assert container.reach(80, 0.3) is None
    start = time.monotonic()
    assert Container("id1", {}, {80: (Address("127.0.0.1", 1),)}, state()).reach(80, 30) is None
    assert time.monotonic() - start < 5, "a container that has ended never answers"
