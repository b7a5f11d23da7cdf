"""How far a reordering is trusted without a build."""

from __future__ import annotations

from pathlib import Path

import pytest

from jettison.check import check
from jettison.findings import Safety
from jettison.project import Project
from jettison.rules import find_rule

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
