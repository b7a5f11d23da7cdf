"""Each example, as naive as it is, builds and answers."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from tests.examples.test_projects import EXAMPLES

from jettison.build import BuildRequest, Workbench

pytestmark = pytest.mark.e2e

ANSWERS: dict[str, tuple[int, dict[str, str]]] = {
    "go-hello": (
        8080,
        {"/": "<h1>Hello, world!</h1>", "/hello/Ada?lang=de": "Hallo, Ada!", "/healthz": "ok"},
    ),
    "flask-api": (
        5000,
        {"/": "shop", "/api/articles/1": "teapot", "/api/articles/1/picture": "GIF", "/healthz": "ok"},
    ),
    "express-api": (3000, {"/": "notes", "/notes/2": "water the plants", "/healthz": "ok"}),
    "static-site": (80, {"/": "Harbour Light", "/css/site.css": "--sea", "/visit.html": "bus 12"}),
}


def get(url: str) -> str:
    until = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return str(answer.read(), "latin-1")
        except (urllib.error.URLError, OSError):
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


@pytest.mark.parametrize("name", ANSWERS)
def test_it_builds_and_answers(engine, name):
    port, answers = ANSWERS[name]
    root: Path = EXAMPLES / name
    with Workbench(engine) as bench:
        record = bench.build(BuildRequest(root, root / "Dockerfile"), "naive")
        assert record.ok, record.error
        address = bench.start("naive").reach(port, 60)
        assert address is not None
        for path, text in answers.items():
            assert text in get(f"http://{address.host}:{address.port}{path}"), path
