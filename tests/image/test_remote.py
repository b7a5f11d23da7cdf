"""Asking a registry: a tiny one in this process, with and without tokens."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from jettison.errors import ImageError
from jettison.image.remote import is_loopback, remote_image

MANIFEST = {"schemaVersion": 2, "layers": [{"size": 40}, {"size": 2}]}
INDEX = {
    "manifests": [
        {"digest": "sha256:arm", "platform": {"os": "linux", "architecture": "arm64"}},
        {"digest": "sha256:amd", "platform": {"os": "linux", "architecture": "amd64"}},
    ]
}
ANSWERS = {
    "/v2/library/python/manifests/slim": INDEX,
    "/v2/library/python/manifests/sha256:amd": MANIFEST,
    "/v2/plain/manifests/latest": MANIFEST,
    "/v2/odd/manifests/latest": {"layers": [{"size": "much"}]},
    "/v2/list/manifests/latest": [],
    "/v2/nothing/manifests/latest": {"manifests": []},
}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.answer(*self.choose())

    def choose(self) -> tuple:
        host = self.headers["Host"]
        if self.path.startswith("/token?"):
            assert "scope=repository%3Aprivate%3Apull" in self.path
            return 200, {"token": "secret-enough"}
        if self.path == "/v2/private/manifests/latest":
            if self.headers["Authorization"] == "Bearer secret-enough":
                return 200, MANIFEST
            realm = f'Bearer realm="http://{host}/token",service="here",scope="repository:private:pull"'
            return 401, {}, ("WWW-Authenticate", realm)
        if self.path == "/v2/elsewhere/manifests/latest":
            realm = 'Bearer realm="http://example.invalid/token",service="here"'
            return 401, {}, ("WWW-Authenticate", realm)
        if self.path == "/v2/broken/manifests/latest":
            return 500, {}
        found = ANSWERS.get(self.path)
        return (404, {}) if found is None else (200, found)

    def answer(self, status: int, document: object, *headers: tuple[str, str]) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        for name, value in (*headers, ("Docker-Content-Digest", "sha256:tag")):
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def registry() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_of_an_index_the_platform_counts(registry: str) -> None:
    assert remote_image(registry, "library/python", "slim") == (42, "sha256:tag")
    assert remote_image(registry, "library/python", "slim", "riscv64") is None


def test_a_single_manifest(registry: str) -> None:
    assert remote_image(registry, "plain", "latest") == (42, "sha256:tag")


def test_a_token_is_fetched_where_one_is_wanted(registry: str) -> None:
    assert remote_image(registry, "private", "latest") == (42, "sha256:tag")


def test_a_token_is_not_fetched_without_tls_from_elsewhere(registry: str) -> None:
    assert remote_image(registry, "elsewhere", "latest") is None


def test_what_is_not_there_is_none(registry: str) -> None:
    assert remote_image(registry, "gone", "latest") is None
    assert remote_image(registry, "nothing", "latest") is None


@pytest.mark.parametrize("name", ["odd", "list"])
def test_answers_of_another_form(registry: str, name: str) -> None:
    with pytest.raises(ImageError, match=registry):
        remote_image(registry, name, "latest")


def test_a_registry_that_fails_or_is_not_there(registry: str) -> None:
    with pytest.raises(OSError, match="500"):
        remote_image(registry, "broken", "latest")
    with pytest.raises(OSError):
        remote_image("127.0.0.1:1", "x", "latest", timeout=2)


def test_loopback() -> None:
    assert is_loopback("localhost:5000")
    assert is_loopback("[::1]:5000")
    assert not is_loopback("localhost.example.com")
