"""ENV or LABEL is written without an equals sign."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.dockerfile.edit import replace_args
from jettison.findings import Finding, Fix, Safety
from jettison.project import Project
from jettison.rules import rule
from jettison.spans import Span


@rule("JT624", aliases=("LegacyKeyValueFormat",), default=False)
def legacy_key_value(project: Project) -> Iterator[Finding]:
    """ENV or LABEL is written without an equals sign.

    What:
        `ENV name value` or `LABEL name value`.

    Why:
        Everything up to the end of the line is the value, blanks included; one name only.

    How it is fixed:
        It becomes `name="value"` where the value needs no quotes of its own.

    When not:
        The form with `=`.

    References:
        https://docs.docker.com/reference/build-checks/legacy-key-value-format/
    """
    for instruction in project.dockerfile.instructions:
        if instruction.keyword not in ("ENV", "LABEL") or instruction.error:
            continue
        pairs = instruction.pairs()
        if len(pairs) != 1 or pairs[0].value is None:
            continue
        key, value = pairs[0].key, pairs[0].value
        between = project.dockerfile.text(Span(key.span.end, value.span.start))
        if "=" in between or between.strip(" \t\\\n\r"):
            continue
        message = f"{instruction.keyword} {key.text} is written without an equals sign"
        text = value.text
        if any(char in text for char in "\"'\\`\n$"):
            yield Finding(
                instruction.span, message, refused="its value has quotes or variables, whose meaning differs"
            )
            continue
        quoted = text if text and all(c.isalnum() or c in "/._-:,@+" for c in text) else f'"{text}"'
        fix = Fix("Write it with =", (replace_args(instruction, f"{key.text}={quoted}"),), Safety.SAFE)
        yield Finding(instruction.span, message, fix=fix)
