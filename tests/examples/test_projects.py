"""The examples are what they claim to be: naive, complete, and tied to no machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jettison.context import code_edit, dependency_edit, find_ecosystems, read_context
from jettison.dockerfile import parse

EXAMPLES = Path(__file__).parents[2] / "examples"

# Per example: the ecosystem, what a code edit and a dependency edit touch.
EXPECTED = {
    "go-hello": ("go", "main.go", "go.mod"),
    "flask-api": ("pip", "wsgi.py", "requirements.txt"),
    "express-api": ("npm", "src/server.js", "package.json"),
    "static-site": (None, "index.html", None),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_naive(name):
    dockerfile = parse((EXAMPLES / name / "Dockerfile").read_bytes())
    assert not dockerfile.errors
    assert len(dockerfile.stages) == 1
    assert not (EXAMPLES / name / ".dockerignore").exists()
    assert not (EXAMPLES / name / "jettison.toml").exists()
    keywords = [instruction.keyword for instruction in dockerfile.instructions]
    assert keywords[-1] == "CMD"
    assert dockerfile.instructions[-1].json is None
    copies = [i for i in dockerfile.instructions if i.keyword == "COPY"]
    assert [[word.text for word in copy.sources] for copy in copies] == [["."]]


@pytest.mark.parametrize("name", EXPECTED)
def test_edits_find_what_the_build_uses(name):
    ecosystem, code, dependency = EXPECTED[name]
    context = read_context(EXAMPLES / name)
    found = [f.ecosystem.name for f in find_ecosystems(context)]
    assert found == ([ecosystem] if ecosystem else [])
    assert (code_edit(context, "n") or (None,))[0] == code
    assert (dependency_edit(context, "n") or (None,))[0] == dependency


def test_the_lockfile_names_no_registry():
    lock = json.loads((EXAMPLES / "express-api/package-lock.json").read_bytes())
    packages = [package for path, package in lock["packages"].items() if path]
    assert not [package for package in packages if "resolved" in package]
    assert all("integrity" in package for package in packages)
    wanted = json.loads((EXAMPLES / "express-api/package.json").read_bytes())
    assert lock["packages"][""]["dependencies"] == wanted["dependencies"]
    assert lock["packages"][""]["devDependencies"] == wanted["devDependencies"]


def test_requirements_are_pinned():
    for line in (EXAMPLES / "flask-api/requirements.txt").read_text().splitlines():
        assert "==" in line
