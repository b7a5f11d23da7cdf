from __future__ import annotations

import urllib.request

import pytest

from jettison.build import BuildRequest, Workbench
from jettison.errors import CannotRun

pytestmark = pytest.mark.e2e

SERVER = r"""FROM debian:bookworm-slim
EXPOSE 8080 53/udp
ENV WHO=nobody
CMD ["perl", "-MIO::Socket::INET", "-e", "$| = 1; print qq(starting\n); warn qq(warned\n); sleep 1; \
$s = IO::Socket::INET->new(LocalPort => 8080, Listen => 5, ReuseAddr => 1); \
while ($c = $s->accept) { <$c>; print $c qq(HTTP/1.0 200 OK\r\n\r\nhello $ENV{WHO}\n); close $c }"]
"""


@pytest.fixture(scope="module")
def bench(engine, prune):
    with Workbench(engine, prune=prune) as bench:
        record = bench.build(BuildRequest(bench.folder("context"), SERVER.encode()), "server")
        assert record.ok, record.error
        yield bench


def test_exposed_ports_answer_on_this_machine(bench):
    container = bench.start("server", env={"WHO": "me"})
    assert list(container.ports) == [8080]
    address = container.reach(8080, 20)
    assert address is not None
    with urllib.request.urlopen(f"http://{address.host}:{address.port}/", timeout=10) as answer:
        assert answer.read() == b"hello me\n"
    assert container.logs() == (b"starting\n", b"warned\n")
    assert container.run("sh", "-c", "echo in; exit 4") == (4, b"in\n", b"")
    assert container.state().running
    assert container.stop(1) == 137, "perl as process 1 does not hear SIGTERM"
    assert container.reach(8080, 5) is None
    container.remove()
    container.remove()
    with pytest.raises(CannotRun, match="is gone"):
        container.state()


def test_commands_and_exit_codes(bench):
    container = bench.start("server", command=["sh", "-c", "echo out; echo err >&2; exit 7"], ports=())
    assert container.wait(30) == 7
    assert container.logs() == (b"out\n", b"err\n")
    assert container.ports == {}
    other = bench.start("server", entrypoint=["sh", "-c"], command=["exit 3"], options=["--network=none"])
    assert other.wait(30) == 3
    assert bench.start("server", command=["sleep", "60"]).wait(0.3) is None


def test_a_command_that_is_not_there_is_the_engines_message_and_leaves_nothing(bench):
    def count() -> int:
        return len(
            bench.engine.docker(
                "container", "ls", "-aq", "--filter", f"label=jettison={bench.nonce}"
            ).text.split()
        )

    before = count()
    with pytest.raises(CannotRun, match="executable file not found"):
        bench.start("server", command=["nowhere"])
    assert count() == before
    with pytest.raises(CannotRun, match="there is no image"):
        bench.start("never-built")
