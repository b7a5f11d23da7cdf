"""Junk and secrets in the context: what Markdown cannot show."""

from __future__ import annotations

from pathlib import Path

import pytest

from jettison.check import check
from jettison.context import IgnoreFile
from jettison.findings import Basis, Finding, Safety
from jettison.project import Project
from jettison.rewrite import rewrite
from jettison.rules import find_rule


def project(folder: Path, dockerfile: bytes, files: dict[str, bytes]) -> Project:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    (folder / "Dockerfile").write_bytes(dockerfile)
    return Project(dockerfile, root=folder, file=folder / "Dockerfile")


def found(project: Project, rule: str) -> tuple[Finding, ...]:
    return check(project, [find_rule(rule)])


BIG = b"x" * 300_000
NODE = b"FROM node:22-slim\nWORKDIR /app\nCOPY package.json ./\nRUN npm install\nCOPY . .\n"


def test_sizes_are_measured_and_the_image_paths_exact(tmp_path: Path) -> None:
    files = {"package.json": b"{}", "node_modules/a/index.js": b"x" * 200_000, ".git/HEAD": b"ref"}
    (finding,) = found(project(tmp_path, NODE, files), "no-dockerignore")
    assert finding.saving.bytes == 200_003 + len(NODE)
    assert finding.saving.basis is Basis.MEASURED
    assert "node_modules 0.2 MB, .git 1 kB" in finding.message
    assert finding.fix is not None
    assert finding.fix.safety is Safety.PROVEN
    gone = [f"/app/{name}{below}" for name in ("node_modules", "Dockerfile", ".git") for below in ("", "/*")]
    assert sorted(finding.fix.allows.vanish) == sorted(gone)
    assert finding.fix.allows.appear == ("/app/node_modules", "/app/node_modules/*")


def test_a_builder_stage_saves_seconds_and_no_bytes(tmp_path: Path) -> None:
    build = b"FROM golang:1.27 AS b\nWORKDIR /src\nCOPY . .\nRUN go build -o /s .\n"
    source = build + b"FROM scratch\nCOPY --from=b /s /s\n"
    files = {"go.mod": b"module x", ".git/pack": b"x" * 10_000_000}
    (finding,) = found(project(tmp_path, source, files), "no-dockerignore")
    assert finding.saving.bytes == 0
    assert finding.saving.seconds == pytest.approx(0.2)
    assert finding.saving.basis is Basis.MODELLED
    assert finding.fix is not None
    assert "*/s" in finding.fix.allows.change


def test_what_a_later_stage_copies_is_followed(tmp_path: Path) -> None:
    build = b"FROM node:22 AS b\nWORKDIR /src\nCOPY . .\n"
    source = build + b"FROM node:22-slim\nWORKDIR /app\nCOPY --from=b /src ./here\n"
    (finding,) = found(project(tmp_path, source, {".git/HEAD": b"ref", ".env": b"A=1"}), "no-dockerignore")
    assert finding.fix is not None
    assert "/app/here/.git/*" in finding.fix.allows.vanish
    assert finding.saving.bytes == 6 + len(source)


def test_a_certificate_is_no_private_key(tmp_path: Path) -> None:
    files = {"ca.pem": b"-----BEGIN CERTIFICATE-----", "me.pem": b"-----BEGIN PRIVATE KEY-----"}
    (finding,) = found(project(tmp_path, b"FROM debian\nCOPY . /app\n", files), "no-dockerignore")
    assert finding.fix is not None
    ignore = IgnoreFile.parse(finding.fix.files[".dockerignore"])
    assert ignore.excludes("me.pem")
    assert not ignore.excludes("ca.pem")
    assert "secrets: me.pem" in finding.message


def test_a_key_that_a_configuration_names_stays(tmp_path: Path) -> None:
    files = {"tls.key": b"-----BEGIN PRIVATE KEY-----", "nginx.conf": b"ssl_certificate_key /app/tls.key;"}
    assert found(project(tmp_path, b"FROM nginx\nCOPY . /app\n", files), "no-dockerignore") == ()


def test_settings_that_a_front_end_build_reads_stay(tmp_path: Path) -> None:
    files = {"package.json": b'{"devDependencies": {"vite": "^5"}}', ".env.production": b"VITE_API=/api"}
    assert found(project(tmp_path, NODE + b"RUN npm run build\n", files), "no-dockerignore") == ()


@pytest.mark.parametrize(("gitignore", "left_out"), [(b"dist/\n", True), (b"*.log\n", False)])
def test_a_folder_called_dist_is_output_only_where_git_ignores_it(
    tmp_path: Path, gitignore: bytes, left_out: bool
) -> None:
    files = {"package.json": b"{}", "dist/app.js": b"x" * 300_000, ".gitignore": gitignore}
    findings = found(project(tmp_path, NODE + b"RUN npm run build\n", files), "no-dockerignore")
    assert bool(findings) is left_out


def test_dist_stays_when_no_run_builds_it(tmp_path: Path) -> None:
    files = {"package.json": b"{}", "dist/app.js": b"x" * 300_000, ".gitignore": b"/dist\n"}
    assert found(project(tmp_path, NODE, files), "no-dockerignore") == ()


@pytest.mark.parametrize(
    "line",
    [
        b"COPY node_modules /app/node_modules\n",
        b"COPY node_m* /app/\n",
        b"RUN --mount=type=bind,source=node_modules,target=/n ls\n",
    ],
)
def test_what_an_instruction_names_stays(tmp_path: Path, line: bytes) -> None:
    files = {"package.json": b"{}", "node_modules/a/index.js": b"x" * 300_000}
    assert found(project(tmp_path, NODE + line, files), "no-dockerignore") == ()


def test_excluded_by_the_copy_itself(tmp_path: Path) -> None:
    source = NODE.replace(b"COPY . .", b"COPY --exclude=node_modules --exclude=Dockerfile . .")
    files = {"package.json": b"{}", "node_modules/a/index.js": b"x" * 300_000}
    assert found(project(tmp_path, source, files), "no-dockerignore") == ()


def test_lines_are_added_in_the_files_own_line_ends(tmp_path: Path) -> None:
    files = {"package.json": b"{}", ".dockerignore": b"*.md\r\n*.log", "sub/.env": b"A=1"}
    rule = find_rule("context-bloat")
    done = rewrite(project(tmp_path, NODE, files), [rule], levels=(Safety.PROVEN,))
    text = done.after.files[".dockerignore"]
    assert text.startswith(b"*.md\r\n*.log\r\n\r\n# secrets")
    assert text.endswith(b"\r\n**/.env\r\n")
    assert text.count(b"\n") == text.count(b"\r\n")
    assert not rewrite(done.after, [rule], levels=(Safety.PROVEN,)).changed


def test_the_ignore_file_in_force_is_the_one_that_gets_the_lines(tmp_path: Path) -> None:
    files = {".dockerignore": b"**/.env\n", "Dockerfile.dockerignore": b"*.md\n", ".env": b"A=1"}
    (finding,) = found(project(tmp_path, b"FROM debian\nCOPY . /app\n", files), "context-bloat")
    assert finding.fix is not None
    assert list(finding.fix.files) == ["Dockerfile.dockerignore"]


def test_a_heavy_file_is_named_and_left_alone(tmp_path: Path) -> None:
    source = b"FROM python:3.12-slim\nCOPY . /app\n"
    files = {".dockerignore": b".git\n", "data/train.csv": b""}
    made = project(tmp_path, source, files)
    with open(tmp_path / "data/train.csv", "r+b") as file:
        file.truncate(60_000_000)
    (finding,) = found(made, "context-bloat")
    assert finding.saving.bytes == 60_000_000
    assert finding.fix is None
    assert "may read it" in (finding.refused or "")
    assert "data/train.csv, 60.0 MB" in finding.message


def test_folders_that_git_ignores_stay_behind_unless_they_are_named(tmp_path: Path) -> None:
    files = {
        ".gitignore": b"bin/\n/instance\nvar\n!var\n",
        ".git/HEAD": b"ref",
        "bin/server": BIG,
        "var/x": BIG,
    }
    files |= {"instance/shop.db": BIG, "config/small": b"x"}
    source = b'FROM debian\nWORKDIR /app\nCOPY . .\nRUN ln -s /usr/local/bin/x /x\nCMD ["./instance/run"]\n'
    (finding,) = found(project(tmp_path, source, files), "no-dockerignore")
    assert finding.fix is not None
    ignore = IgnoreFile.parse(finding.fix.files[".dockerignore"])
    left_out = {path for path in ("bin/server", "instance/shop.db", "var/x") if ignore.excludes(path)}
    assert left_out == {"bin/server"}
    assert "/app/bin/*" in finding.fix.allows.vanish


def test_logs_go_and_their_folder_stays(tmp_path: Path) -> None:
    files = {".git/HEAD": b"ref", "logs/app.log": BIG, "logs/keep": b"x"}
    (finding,) = found(project(tmp_path, b"FROM debian\nCOPY . /app\n", files), "no-dockerignore")
    assert finding.fix is not None
    assert b"\n**/*.log\n" in finding.fix.files[".dockerignore"]
    assert b"**/logs" not in finding.fix.files[".dockerignore"]


@pytest.mark.parametrize(("page", "left_out"), [(b"<p>hello", True), (b"<a href=poster.psd>", False)])
def test_media_sources_stay_when_a_page_names_them(tmp_path: Path, page: bytes, left_out: bool) -> None:
    files = {"index.html": page, "design/poster.psd": BIG}
    assert bool(found(project(tmp_path, b"FROM nginx\nCOPY . /site\n", files), "no-dockerignore")) is left_out


def test_what_junk_says_does_not_count(tmp_path: Path) -> None:
    files = {"package.json": b"{}", "node_modules/a/package.json": b'{"scripts": {"v": "git describe"}}'}
    (finding,) = found(project(tmp_path, NODE, files | {".git/HEAD": b"ref"}), "no-dockerignore")
    assert finding.fix is not None
    assert b"\n.git\n" in finding.fix.files[".dockerignore"]
