"""What the rule suggests for a JDK: the JRE of the same version, by one edit."""

from __future__ import annotations

from pathlib import Path

import pytest

from jettison.check import check
from jettison.findings import Safety
from jettison.project import Project
from jettison.rules import find_rule
from jettison.spans import apply

START = '\nCOPY app.jar /\nCMD ["java", "-jar", "/app.jar"]\n'


@pytest.mark.parametrize(
    ("base", "wanted"),
    [
        ("eclipse-temurin:21", "eclipse-temurin:21-jre"),
        ("docker.io/eclipse-temurin:21.0.4_7-jdk AS x", "docker.io/eclipse-temurin:21.0.4_7-jre AS x"),
        ("eclipse-temurin:21-jdk-jammy", None),
        ("eclipse-temurin", None),
        ("openjdk:17", None),
    ],
)
def test_suggestion(base: str, wanted: str | None, tmp_path: Path) -> None:
    source = f"FROM {base}{START}".encode()
    (found,) = check(Project(source, root=tmp_path), [find_rule("compiler-base-shipped")])
    if wanted is None:
        assert found.refused
        return
    assert found.fix is not None
    assert found.fix.safety is Safety.SUGGEST
    assert apply(source, found.fix.edits) == f"FROM {wanted}{START}".encode()
