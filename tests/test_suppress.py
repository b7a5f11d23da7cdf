"""Comments that ask for silence."""

from __future__ import annotations

import pytest

from jettison.check import check, select_rules
from jettison.project import Project
from jettison.rewrite import rewrite

RUN = b"RUN apt-get update && apt-get install -y curl\n"
PLAIN = b"FROM debian:bookworm-slim\n" + RUN


def rules_of(source: bytes, tmp_path) -> set[str]:
    return {found.rule for found in check(Project(source, root=tmp_path), select_rules(["layers"]))}


@pytest.mark.parametrize(
    "comment",
    [
        b"# hadolint ignore=DL3009",
        b"# hadolint ignore=DL3008,DL3009",
        b"#hadolint ignore = DL3008 , dl3009",
        b"# jettison ignore=package-cache-left the lists are wanted",
        b"# jettison ignore=JT101",
        b"# hadolint ignore=DL3009\n# and a word about it",
    ],
)
def test_a_comment_before_the_instruction(comment, tmp_path):
    assert "package-cache-left" in rules_of(PLAIN, tmp_path)
    source = b"FROM debian:bookworm-slim\n" + comment + b"\n" + RUN
    assert "package-cache-left" not in rules_of(source, tmp_path)
    assert not rewrite(Project(source, root=tmp_path), select_rules(["package-cache-left"])).changed


@pytest.mark.parametrize(
    "comment",
    [b"# hadolint ignore=DL3008", b"# hadolint ignore=package-cache-left", b"# ignore=DL3009", b"# jettison"],
)
def test_what_does_not_count(comment, tmp_path):
    source = b"FROM debian:bookworm-slim\n" + comment + b"\n" + RUN
    assert "package-cache-left" in rules_of(source, tmp_path)


def test_only_the_next_instruction(tmp_path):
    source = b"FROM debian:bookworm-slim\n# hadolint ignore=DL3009\nRUN true\n" + RUN
    assert "package-cache-left" in rules_of(source, tmp_path)


@pytest.mark.parametrize("comment", [b"# hadolint global ignore=DL3009", b"# jettison ignore-file=JT101"])
def test_the_whole_file(comment, tmp_path):
    assert "package-cache-left" not in rules_of(comment + b"\n" + PLAIN, tmp_path)


@pytest.mark.parametrize(
    ("directive", "told"),
    [
        (b"# check=skip=JSONArgsRecommended", False),
        (b"# check=skip=StageNameCasing,JSONArgsRecommended;error=true", False),
        (b"# check=skip=all", False),
        (b"# check=error=true", True),
        (b"# check=skip=DL3025", True),
    ],
)
def test_the_directive_of_buildkit(directive, told, tmp_path):
    source = directive + b"\nFROM debian:bookworm-slim\nCMD sleep 1\n"
    found = check(Project(source, root=tmp_path), select_rules(["shell-form-command"]))
    assert bool(found) is told


def test_areas_and_default_can_be_selected():
    areas = {rule.area for rule in select_rules(["layers"])}
    assert areas == {"layers"}
    names = [rule.name for rule in select_rules(["default", "layers"])]
    assert len(names) == len(set(names)) > 5
