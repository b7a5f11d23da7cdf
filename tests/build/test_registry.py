from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from jettison.build.registry import delete_tag


@pytest.fixture
def registry():
    """A registry of one tag; `deletes` says what it answers to a deletion."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        deletes = 202

        def do_HEAD(self) -> None:
            seen.append(f"HEAD {self.path}")
            there = self.path == "/v2/team/app/manifests/here"
            self.send_response(200 if there else 404)
            if there and "vnd.oci.image.manifest" in (self.headers["Accept"] or ""):
                self.send_header("Docker-Content-Digest", "sha256:abc")
            self.end_headers()

        def do_DELETE(self) -> None:
            seen.append(f"DELETE {self.path}")
            self.send_response(Handler.deletes)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}", Handler, seen
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_tag_is_deleted_by_its_digest(registry):
    host, _, seen = registry
    assert delete_tag(f"{host}/team/app:here")
    assert seen == ["HEAD /v2/team/app/manifests/here", "DELETE /v2/team/app/manifests/sha256:abc"]


def test_a_tag_that_was_never_written_is_gone(registry):
    host, _, seen = registry
    assert delete_tag(f"{host}/team/app:nowhere")
    assert len(seen) == 1


def test_a_registry_that_does_not_delete(registry):
    host, handler, _ = registry
    handler.deletes = 405
    assert not delete_tag(f"{host}/team/app:here")


def test_a_registry_that_does_not_answer():
    assert not delete_tag("127.0.0.1:1/team/app:here")
