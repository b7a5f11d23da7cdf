"""A make-believe engine: a Dockerfile of a few invented words, built and run without Docker.

FILE path content | CONFIG field json | FAILS because message | SECONDS n | COPY (the context goes to /ctx)
SERVES path body [HEADER name value] | EXITS code stdout | NEEDS path (does not start without that file)
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

import pytest

from jettison.build import Address, BuildRecord, BuildRequest, State
from jettison.build.record import Step
from jettison.errors import CannotRun
from jettison.image import Entry, Image, Layer
from jettison.image.model import LayerFiles
from jettison.run import Completed

_serial = count(1)


def entry(content: bytes, mode: int = 0o644) -> Entry:
    return Entry("file", mode, 0, 0, len(content), sha256(content).hexdigest(), "", ())


@dataclass
class Built:
    """An image of the make-believe engine."""

    files: dict[str, bytes] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    serves: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict)
    exits: tuple[int, str] | None = None
    needs: str = ""

    def image(self) -> Image:
        entries = {path: entry(content) for path, content in self.files.items()}
        size = sum(map(len, self.files.values())) + 512
        config = {"architecture": "amd64", "os": "linux", "config": self.config}
        layer = Layer("sha256:l", "sha256:d", size // 2, size, "all of it")
        files = LayerFiles(entries, frozenset(), frozenset(), size, "sha256:d")
        return Image("sha256:i", config, (layer,), (files,))


def build(text: str, context: Path) -> tuple[Built, str, float]:
    built, seconds = Built(), 1.0
    for line in text.splitlines():
        word, _, rest = line.partition(" ")
        rest = rest.replace("$RANDOM", str(next(_serial)))
        first, _, more = rest.partition(" ")
        if word == "FILE":
            built.files[first] = more.encode()
        elif word == "CONFIG":
            built.config[first] = json.loads(more)
        elif word == "FAILS":
            return built, more or rest, seconds
        elif word == "SECONDS":
            seconds = float(first)
        elif word == "COPY":
            paths = [path for path in context.rglob("*") if path.is_file()]
            built.files |= {f"/ctx/{p.relative_to(context)}": p.read_bytes() for p in paths}
        elif word == "SERVES":
            body, *header = more.split(" HEADER ")
            built.serves[first] = (body, dict(h.split(" ", 1) for h in header))
        elif word == "EXITS":
            built.exits = (int(first), more)
        elif word == "NEEDS":
            built.needs = first
    return built, "", seconds


class FakeContainer:
    """A container with a real HTTP server on the loopback address when it serves anything."""

    def __init__(self, built: Built, bench: FakeBench, ports: Any) -> None:
        self.id, self.built, self.bench = f"c{next(_serial)}", built, bench
        self.server: ThreadingHTTPServer | None = None
        self.ports: dict[int, Address] = {}
        if built.serves:
            self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler(built.serves))
            threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        exposed = [int(p.partition("/")[0]) for p in built.config.get("ExposedPorts", {})]
        for port in exposed if ports is None else ports:
            self.ports[port] = Address("127.0.0.1", self.server.server_port if self.server else 9)
        bench.running.append(self.id)

    def reach(self, port: int, timeout: float) -> Address | None:
        return self.ports[port] if self.server else None

    def state(self) -> State:
        code = self.built.exits[0] if self.built.exits else None
        return State(self.built.exits is None, code, "", False)

    def logs(self) -> tuple[bytes, bytes]:
        said = self.built.exits[1].replace("$RUN", str(next(_serial))) if self.built.exits else "started"
        return said.encode(), b""

    def wait(self, timeout: float) -> int | None:
        return self.built.exits[0] if self.built.exits else None

    def docker(self, *words: str, timeout: float = 1.0) -> Completed:
        return Completed(1, b"", b"not here")

    def run(self, *command: str, timeout: float = 1.0) -> Completed:
        return Completed(0 if command[0] in self.built.files else 127, b"", b"")

    def remove(self) -> None:
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None
        if self.id in self.bench.running:
            self.bench.running.remove(self.id)


def handler(serves: dict[str, tuple[str, dict[str, str]]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body, headers = serves.get(self.path, ("nothing here", {}))
            content = body.replace("$RUN", str(next(_serial))).encode()
            self.send_response(200 if self.path in serves else 500 if "/error-500" in serves else 404)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: object) -> None:
            pass

    return Handler


class FakeEngine:
    def __init__(self, bench: FakeBench) -> None:
        self.bench = bench

    def docker(self, *words: str, timeout: float = 1.0) -> Completed:
        return Completed(1, b"", b"not here")


class Nothing:
    why = ""


class FakeBench:
    """Stands in for a Workbench; `made` remembers every build as (name, salt)."""

    last: FakeBench
    settings: ClassVar[dict[str, Any]] = {}
    closed_ones: ClassVar[list[bool]] = []

    def __init__(self, engine: object, *, registry: str | None = None) -> None:
        self.engine: Any = FakeEngine(self)
        self.nonce, self.registry, self.leftovers = "nonce", registry, Nothing()
        self.images: dict[str, Built] = {}
        self.made: list[tuple[str, str, BuildRequest]] = []
        self.running: list[str] = []
        self.may_forget = True
        self.interrupt = self.breaks = ""
        FakeBench.last = self

    def __enter__(self) -> FakeBench:
        return self

    def __exit__(self, *error: object) -> None:
        FakeBench.closed_ones.append(True)

    def tag(self, name: str) -> str:
        return f"jettison-nonce:{name}"

    def folder(self, name: str = "") -> Path:
        folder = self.root / f"{name}-{next(_serial)}"
        folder.mkdir()
        return folder

    root: Path

    def build(self, request: BuildRequest, name: str = "", on_event: Any = None) -> BuildRecord:
        self.made.append((name, request.salt, request))
        if self.interrupt and name == self.interrupt:
            raise KeyboardInterrupt
        assert isinstance(request.dockerfile, bytes)
        built, problem, seconds = build(request.dockerfile.decode(), request.context)
        if self.breaks and name == self.breaks:
            problem = "it broke"
        if problem:
            return BuildRecord(False, seconds, error=f"builder says: {problem}")
        if name:
            self.images[name] = built
        steps = (Step("[1/2] FROM x", "", (1,), 0.0, True), Step("[2/2] RUN y", "", (2,), seconds, False))
        return BuildRecord(True, seconds if request.no_cache else seconds / 10, steps)

    def image(self, name: str) -> Image:
        return self.images[name].image()

    def start(self, name: str, **how: Any) -> FakeContainer:
        built = self.images[name]
        if built.needs and built.needs not in built.files:
            raise CannotRun(f"exec {built.needs}: no such file or directory")
        if how.get("command") and how["command"][0] == "crash":
            built = Built(exits=(1, "crashed"))
        return FakeContainer(built, self, how.get("ports"))

    def cache_to(self, name: str) -> tuple[str, str]:
        return f"from-{name}", f"to-{name}"

    cache_place = "local folder"

    def forget(self) -> bool:
        return self.may_forget


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Callable[..., FakeBench]]:
    """Makes make-believe workbenches; FakeBench.last is the one made last."""
    (tmp_path / "bench").mkdir()

    def make(engine: object, **how: Any) -> FakeBench:
        made = FakeBench(engine, **how)
        made.root = tmp_path / "bench"
        for name, value in FakeBench.settings.items():
            setattr(made, name, value)
        return made

    FakeBench.settings = {}
    yield make
    assert FakeBench.last.running == [], "a container was left running"
