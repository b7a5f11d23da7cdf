"""What of a Go stage a build call decides."""

from pathlib import Path

from jettison.check import check
from jettison.project import Project
from jettison.rules import find_rule

RULE = find_rule("single-stage-build")
SOURCE = b'FROM golang:1.27 AS app\nWORKDIR /app\nCOPY . .\nRUN go build -o hello .\nCMD ["./hello"]\n'


def findings(folder: Path, target: str | None):
    (folder / "go.mod").write_text("module example.com/hello\n")
    (folder / "main.go").write_text("package main\n\nfunc main() {}\n")
    return check(Project(SOURCE, root=folder, target=target), [RULE])


def test_a_stage_that_is_built_by_name_is_left_alone(tmp_path):
    (refused,) = findings(tmp_path, "app")
    assert refused.fix is None
    assert refused.refused == "the stage is built by its name, which would be the builder's afterwards"


def test_without_a_target_it_is_divided(tmp_path):
    (found,) = findings(tmp_path, None)
    assert found.fix is not None
