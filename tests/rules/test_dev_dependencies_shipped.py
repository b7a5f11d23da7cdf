"""What needs a development package, and what only looks like it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jettison.check import check
from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import find_rule

RULE = find_rule("dev-dependencies-shipped")
START = b"FROM node:22-slim AS app\nWORKDIR /app\nCOPY . .\nRUN npm ci\n"


def found(
    folder: Path, rest: bytes, files: dict[str, str] | None = None, target: str | None = None
) -> Finding:
    manifest = {
        "scripts": {"start": "node server.js", "test": "jest", "pretest": "eslint .", "all": "run-s test"},
        "devDependencies": {
            "jest": "1",
            "eslint": "1",
            "@types/node": "1",
            "npm-run-all": "1",
            "@acme/tool": "1",
        },
    }
    packages = {"node_modules/jest": {"dev": True, "bin": {"jest": "x"}}, "node_modules/a": {"dev": True}}
    packages |= {"node_modules/@acme/tool": {"dev": True, "bin": {"acme": "x"}}}
    content = {
        "package.json": json.dumps(manifest),
        "package-lock.json": json.dumps({"lockfileVersion": 3, "packages": packages}),
        "server.js": "console.log(1)",
    }
    for path, text in (content | (files or {})).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    source = START + rest
    (finding,) = check(Project(source, root=folder, file=folder / "Dockerfile", target=target), [RULE])
    return finding


@pytest.mark.parametrize(
    "rest",
    [
        b'CMD ["npm", "test"]\n',
        b"CMD npm run all\n",
        b"RUN node_modules/.bin/jest\n",
        b"RUN node ./node_modules/jest/bin/jest.js\n",
        b"RUN npx acme build\n",
        b"HEALTHCHECK CMD npx jest --version\n",
        b"RUN ./check.sh\n",
        b"ONBUILD RUN npm test\n",
        b"FROM app AS test\nRUN npm test\nFROM app\n",
    ],
)
def test_it_is_needed(tmp_path: Path, rest: bytes) -> None:
    finding = found(tmp_path, rest, {"check.sh": "#!/bin/sh\nexec jest\n"})
    assert finding.fix is None
    assert "build in a stage of its own" in (finding.refused or "")


@pytest.mark.parametrize(
    "rest",
    [
        b'CMD ["node", "server.js"]\n',
        b"CMD npm start\n",
        b"RUN npm rebuild\nRUN tool --version\n",
        b"RUN mkdir /jesting && echo eslintrc > .eslintrc.json\n",
    ],
)
def test_it_is_not_needed(tmp_path: Path, rest: bytes) -> None:
    assert found(tmp_path, rest).fix is not None


def test_a_later_stage_of_its_own_does_not_count(tmp_path: Path) -> None:
    rest = b'CMD ["node", "server.js"]\nFROM node:22 AS lint\nRUN npx eslint .\n'
    assert found(tmp_path, rest, target="app").fix is not None


@pytest.mark.parametrize(
    ("path", "counts"), [("server.js", True), ("test/a.js", False), ("jest.config.js", False)]
)
def test_imports_of_sources_count_and_those_of_tests_do_not(tmp_path: Path, path: str, counts: bool) -> None:
    finding = found(tmp_path, b"CMD npm start\n", {path: "import x from 'jest/globals'\n"})
    assert (finding.fix is None) is counts


def test_packages_are_counted_from_the_lock_file(tmp_path: Path) -> None:
    finding = found(tmp_path, b"CMD npm start\n")
    assert finding.message.startswith("3 packages")
    assert finding.saving.bytes == 330_000


@pytest.mark.parametrize("manifest", ["[1]", "{", '{"devDependencies": [1], "scripts": 3}', ""])
def test_a_manifest_of_another_form_is_not_judged(tmp_path: Path, manifest: str) -> None:
    (tmp_path / "package.json").write_text(manifest)
    assert check(Project(START, root=tmp_path, file=tmp_path / "Dockerfile"), [RULE]) == ()
