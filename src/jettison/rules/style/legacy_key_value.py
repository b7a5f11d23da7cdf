"""ENV or LABEL is written without an equals sign."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.dockerfile.edit import replace_args
from jettison.findings import Finding, Fix, Safety
from jettison.project import Project
from jettison.rules import rule
from jettison.rules.pairing import as_pair


@rule("JT624", aliases=("LegacyKeyValueFormat",), default=False)
def legacy_key_value(project: Project) -> Iterator[Finding]:
    """ENV or LABEL is written without an equals sign.

    What:
        `ENV name value` or `LABEL name value`.

    Why:
        Everything up to the end of the line is the value, blanks included; one name only.

    How it is fixed:
        It becomes `name=value`, in quotes where the value has blanks. The new form is read back and compared
        with the old one, with and without its variables set.

    When not:
        The form with `=`. Over several lines it is told only.

    References:
        https://docs.docker.com/reference/build-checks/legacy-key-value-format/
    """
    for instruction in project.dockerfile.instructions:
        if instruction.keyword not in ("ENV", "LABEL") or instruction.error:
            continue
        if "=" in instruction.words[0].text:
            continue
        message = f"{instruction.keyword} {instruction.words[0].text} is written without an equals sign"
        new = as_pair(instruction)
        if new is None:
            yield Finding(instruction.span, message, refused="no other form of it is sure to mean the same")
        else:
            fix = Fix("Write it with =", (replace_args(instruction, new),), Safety.SAFE)
            yield Finding(instruction.span, message, fix=fix)
