"""A label has a name or a value that programs which read labels do not expect."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jettison.dockerfile import Instruction, Pair
from jettison.facts import load
from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import rule

_TIME = r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)"
_LICENCE = r"[A-Za-z0-9.+:() -]+"
_FORMS = {"time": _TIME, "url": r"[a-z][a-z0-9+.-]*://\S+", "licence": _LICENCE}
_MEANT = {
    "time": "a date and time as in RFC 3339",
    "url": "an address with its scheme, as https://…",
    "licence": "an SPDX expression",
}


@rule("JT675", aliases=("DL3048", "DL3052", "DL3053", "DL3054"), default=False)
def invalid_label(project: Project) -> Iterator[Finding]:
    """A label has a name or a value that programs which read labels do not expect.

    What:
        A LABEL whose name has capitals, blanks or other signs, or stands in a namespace that Docker keeps for
        itself; an `org.opencontainers.image.` label whose value is not of the form that the specification
        gives: time, address, licence.

    Why:
        Registries, scanners and update tools look labels up by name and read their values.

    How it is fixed:
        Not automatically: what reads the label may look for exactly this.

    When not:
        Values with variables, and names of other namespaces that are well formed.

    References:
        https://docs.docker.com/engine/manage-resources/labels/#key-format-recommendations
        https://github.com/opencontainers/image-spec/blob/main/annotations.md
    """
    if b"label" not in project.dockerfile.source.lower():
        return
    for stage in project.dockerfile.stages:
        for instruction in stage.instructions:
            if instruction.keyword != "LABEL" or instruction.error:
                continue
            for pair in instruction.pairs():
                problem = _problem(project, instruction, pair)
                if problem:
                    yield Finding(instruction.span, problem, refused="what reads the label is not known")


def _problem(project: Project, instruction: Instruction, pair: Pair) -> str:
    facts = load("checks")["labels"]
    key = pair.key.text.strip("\"'")
    if "$" in key:
        return ""
    if key.startswith(tuple(facts["reserved"])):
        return f"Docker keeps the names of {key.rpartition('.')[0]} for itself"
    if not _well_formed(key):
        return f"{key} is no name as labels have: small letters, digits, and single . - _ / between them"
    form = facts["oci"].get(key)
    if form is None or pair.value is None or "$" in pair.value.text:
        return ""
    value = project.scope(instruction).expand(pair.value.text, instruction.escape).text
    return "" if re.fullmatch(_FORMS[form], value) else f"{key} has to hold {_MEANT[form]}"


def _well_formed(key: str) -> bool:
    signs = ".." in key or "--" in key
    return not signs and re.fullmatch(r"[a-z]([a-z0-9._/-]*[a-z0-9])?", key) is not None
