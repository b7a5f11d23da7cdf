"""How far a reordering is trusted without a build."""

from __future__ import annotations

from pathlib import Path

import pytest

from jettison.check import check
from jettison.findings import Safety
from jettison.project import Project
from jettison.rules import find_rule
from jettison.rules.copies import taken

RULE = find_rule("deps-after-source")


@pytest.mark.parametrize(
    ("dest", "safety"),
    [
        ("/app", Safety.SAFE),
        ("/srv/site", Safety.SAFE),
        ("/usr/share/nginx/html", Safety.PROVEN),
        ("/etc/nginx", Safety.PROVEN),
        ("/usr", Safety.PROVEN),
        ("/usrlocal", Safety.SAFE),
        ("/usr/src/app", Safety.SAFE),
    ],
)
def test_where_packages_write_too_a_build_has_to_agree(dest: str, safety: Safety, tmp_path: Path) -> None:
    for name in ("a.conf", "b.conf"):
        (tmp_path / name).write_text("x")
    source = f"FROM debian:bookworm\nCOPY . {dest}\nRUN apt-get update && apt-get install -y nginx\n".encode()
    (finding,) = check(Project(source, root=tmp_path), [RULE])
    assert finding.fix is not None
    assert finding.fix.safety is safety


@pytest.mark.parametrize(("syntax", "copies"), [("1.20", 1), ("1.7-labs", 1), ("1", 0), ("1.19.0", 0)])
def test_many_members_want_a_copy_that_keeps_folders(syntax: str, copies: int, tmp_path: Path) -> None:
    """Forty-one lines are no Dockerfile that people read; one with a pattern is."""
    (tmp_path / "package.json").write_text('{"workspaces": ["packages/*"]}')
    for number in range(41):
        (tmp_path / "packages" / f"p{number}").mkdir(parents=True)
        (tmp_path / "packages" / f"p{number}" / "package.json").write_text("{}")
    source = f"# syntax=docker/dockerfile:{syntax}\nFROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm install\n"
    (finding,) = check(Project(source.encode(), root=tmp_path), [RULE])
    text = b"".join(edit.new for edit in finding.fix.edits) if finding.fix else b""
    assert text.count(b"COPY --parents packages/*/package.json ./\n") == copies
    assert ("42 folders" in (finding.refused or "")) is not bool(copies)


@pytest.mark.parametrize(
    ("copy", "target"),
    [
        ("COPY --parents app/web/package.json /srv/", "/srv/app/web/package.json"),
        ("COPY --parents app/./web/package.json /srv/", "/srv/web/package.json"),
        ("COPY --parents ./app/./*/package.json /srv", "/srv/web/package.json"),
        ("COPY --parents ./app/web/package.json /srv", "/srv/app/web/package.json"),
    ],
)
def test_parents_are_kept_from_the_pivot_on(copy: str, target: str, tmp_path: Path) -> None:
    (tmp_path / "app" / "web").mkdir(parents=True)
    (tmp_path / "app" / "web" / "package.json").write_text("{}")
    project = Project(f"FROM scratch\n{copy}\n".encode(), root=tmp_path)
    (source,) = taken(project, project.dockerfile.stages[0].instructions[0])
    assert [source.target(file.path, project.context) for file in source.files(project.context)] == [target]
