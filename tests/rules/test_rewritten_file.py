"""Files copied twice: sizes that Markdown cannot show."""

from __future__ import annotations

from pathlib import Path

from jettison.check import check
from jettison.findings import Basis, Safety
from jettison.project import Project
from jettison.rewrite import rewrite
from jettison.rules import find_rule

RULE = find_rule("rewritten-file")


def project(folder: Path, lines: str) -> Project:
    (folder / "data").mkdir()
    (folder / "data" / "model.bin").write_bytes(b"x" * 2_000_000)
    (folder / "other.txt").write_text("x")
    return Project(f"FROM debian\n{lines}".encode(), root=folder, file=folder / "Dockerfile")


def test_the_earlier_copy_goes(tmp_path):
    asked = project(tmp_path, "COPY data /app/data\nCOPY . /app\n")
    (found,) = check(asked, [RULE])
    assert (found.saving.bytes, found.saving.basis) == (2_000_000, Basis.MEASURED)
    done = rewrite(asked, [RULE], levels=(Safety.PROVEN,))
    assert done.after.dockerfile.source == b"FROM debian\nCOPY . /app\n"


def test_a_run_between_may_need_it(tmp_path):
    assert check(project(tmp_path, "COPY data /app/data\nRUN train\nCOPY . /app\n"), [RULE]) == ()


def test_other_files_come_with_it(tmp_path):
    (found,) = check(project(tmp_path, "COPY . /app\nCOPY data /app/data\n"), [RULE])
    assert found.fix is None
    assert "other files" in found.refused
