"""Rules about the ignore file: byte for byte, what is claimed by which rule, and what git has to say."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.context.tree import plant

from jettison.check import check
from jettison.findings import Finding, Safety
from jettison.project import Project
from jettison.rewrite import rewrite
from jettison.rules import find_rule

BIG = "x" * 300_000
NODE = "FROM node:22-slim\nWORKDIR /app\nCOPY package.json ./\nRUN npm ci\nCOPY . .\n"
LEVELS = (Safety.SAFE, Safety.PROVEN)


def project(folder: Path, dockerfile: str, files: dict[str, str | bytes | None]) -> Project:
    plant(folder, files)
    (folder / "Dockerfile").write_text(dockerfile)
    return Project(dockerfile.encode(), root=folder, file=folder / "Dockerfile")


def found(made: Project, *rules: str) -> tuple[Finding, ...]:
    return check(made, [find_rule(rule) for rule in rules])


def test_a_line_is_widened_in_place_and_bytes_are_measured(tmp_path: Path) -> None:
    ignore = b"\xef\xbb\xbf./node_modules/\r\n# mine\r\n*.md\r\n!keep.md"
    files = {"package.json": "{}", "packages/web/node_modules/a/i.js": BIG, ".dockerignore": ignore}
    made = project(tmp_path, NODE, files)
    (finding,) = found(made, "ignore-pattern-ineffective", "context-bloat")
    assert finding.rule == "ignore-pattern-ineffective"
    assert finding.saving.bytes == 300_000
    assert "node_modules (line 1) misses packages/web/node_modules, 0.3 MB" in finding.message
    assert finding.fix is not None
    assert finding.fix.files[".dockerignore"] == ignore.replace(b"./node_modules/", b"**/node_modules/")
    assert finding.fix.allows.vanish[0] == "/app/packages/web/node_modules"


def test_the_rest_of_the_junk_is_told_beside_it(tmp_path: Path) -> None:
    files = {
        "package.json": "{}",
        "web/node_modules/a.js": BIG,
        ".git/HEAD": "x",
        ".dockerignore": "node_modules\n",
    }
    made = project(tmp_path, NODE, files)
    rules = ("ignore-pattern-ineffective", "context-bloat")
    assert {finding.rule for finding in found(made, *rules)} == set(rules)
    done = rewrite(made, [find_rule(rule) for rule in rules], levels=LEVELS)
    assert done.dropped == ()
    text = done.after.files[".dockerignore"]
    assert text.startswith(b"**/node_modules\n")
    assert text.endswith(b"\n.git\n")
    assert not rewrite(done.after, [find_rule(rule) for rule in rules], levels=LEVELS).changed


@pytest.mark.parametrize(
    ("ignore", "path"),
    [
        ("dist\n", "packages/web/dist/app.js"),
        ("docs\n", "src/docs/page.js"),
        ("node_modules\n!web/node_modules\n", "web/node_modules/a.js"),
        ("node_modules\n", "src/node_modules.js"),
        ("target\n", "src/target/a.js"),
    ],
)
def test_what_may_be_meant_for_the_top_folder_stays(tmp_path: Path, ignore: str, path: str) -> None:
    made = project(tmp_path, NODE, {"package.json": "{}", path: BIG, ".dockerignore": ignore})
    assert found(made, "ignore-pattern-ineffective") == ()


def test_deeper_junk_that_no_run_makes_again_stays(tmp_path: Path) -> None:
    files = {"web/node_modules/a.js": BIG, ".dockerignore": "node_modules\n"}
    made = project(tmp_path, "FROM node:22\nCOPY . /app\n", files)
    assert found(made, "ignore-pattern-ineffective") == ()


def test_an_ignore_file_of_the_dockerfiles_own(tmp_path: Path) -> None:
    files = {"a/.env": "A=1", "Dockerfile.dockerignore": ".env\n", ".dockerignore": "**\n"}
    made = project(tmp_path, "FROM debian\nCOPY . /app\n", files)
    (finding,) = found(made, "ignore-pattern-ineffective")
    assert finding.fix is not None
    assert list(finding.fix.files) == ["Dockerfile.dockerignore"]


@pytest.mark.parametrize(
    ("ignore", "path", "line"),
    [
        ("dist", "dist/a.js", b"dist\n!dist\n"),
        ("*\r\n", "a.txt", b"*\r\n!a.txt\r\n"),
        ("deep\n!deep/other", "deep/a.txt", b"deep\n!deep/other\n!deep/a.txt\n"),
    ],
)
def test_a_line_brings_exactly_the_copied_path_back(
    tmp_path: Path, ignore: str, path: str, line: bytes
) -> None:
    source = path if path != "dist/a.js" else "dist"
    made = project(tmp_path, f"FROM debian\nCOPY {source} /x/\n", {path: "1", ".dockerignore": ignore})
    (finding,) = found(made, "ignored-but-copied")
    assert finding.fix is not None
    assert finding.fix.files[".dockerignore"] == line
    done = rewrite(made, [find_rule("ignored-but-copied")])
    assert done.after.context.exists(path)
    sent = [file.path for file in done.after.context.files]
    assert path in sent
    assert "Dockerfile" not in sent or ignore != "*\r\n"


def test_a_copy_that_is_ignored_is_found_without_the_file(tmp_path: Path) -> None:
    made = project(
        tmp_path, "FROM nginx\nCOPY ./dist/ /www/\nADD https://x.io/a /\n", {".dockerignore": "dist\n"}
    )
    (finding,) = found(made, "ignored-but-copied")
    assert "line 1 (dist)" in finding.message
    assert finding.fix is None


PYTHON = "FROM python:3.12\nCOPY . /app\nRUN pip install {}\n"
SCM = '[build-system]\nrequires = ["setuptools_scm>=8"]\n'
GIT = {".git/HEAD": "ref", ".dockerignore": ".git\n"}


@pytest.mark.parametrize(
    ("dockerfile", "files", "told"),
    [
        (PYTHON.format("/app"), {"pyproject.toml": SCM}, "SETUPTOOLS_SCM_PRETEND_VERSION"),
        (PYTHON.format("-e /app"), {"setup.cfg": "[pbr]\nx = 'pbr'"}, "PBR_VERSION"),
        ("FROM rust\nCOPY . .\nRUN cargo build\n", {"Cargo.toml": 'vergen = "9"'}, "VERGEN_GIT_SHA"),
        ("FROM gcc\nCOPY . .\nRUN make\n", {"Makefile": "V = $(shell git describe)"}, "ARG VERSION"),
        ("FROM golang\nCOPY . .\nRUN go build -buildvcs=true\n", {}, "-buildvcs=false"),
        (PYTHON.format("flask"), {"pyproject.toml": SCM}, ""),
        (PYTHON.format("/app"), {"pyproject.toml": SCM + 'fallback_version = "0"'}, ""),
        ("FROM gcc\nCOPY . .\nRUN ls\n", {"Makefile": "V = $(shell git describe)"}, ""),
        ("FROM gcc\nCOPY . .\nRUN make\n", {"Makefile": "V = $(shell git describe || echo 0)"}, ""),
        ("FROM gcc\nCOPY a.c .\nRUN make\n", {"Makefile": "V = $(shell git describe)", "a.c": ""}, ""),
        ("FROM gcc\nCOPY . .\nRUN git clone https://x.io/a && cd a && git log\n", {}, ""),
        ("FROM golang\nCOPY . .\nRUN go build\n", {"main.go": "debug.ReadBuildInfo()"}, ""),
    ],
)
def test_who_asks_git(tmp_path: Path, dockerfile: str, files: dict[str, str], told: str) -> None:
    findings = found(project(tmp_path, dockerfile, {**GIT, **files}), "vcs-needed")
    assert bool(findings) is bool(told)
    for finding in findings:
        assert finding.fix is not None
        assert finding.fix.safety is Safety.SUGGEST
        assert told in finding.fix.title
        assert finding.fix.files[".dockerignore"] == b".git\n!.git\n"


def test_without_a_repository_nobody_is_told(tmp_path: Path) -> None:
    files = {"pyproject.toml": SCM, ".dockerignore": ".git\n"}
    assert found(project(tmp_path, PYTHON.format("/app"), files), "vcs-needed") == ()
