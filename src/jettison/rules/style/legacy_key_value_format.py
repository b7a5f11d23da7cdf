"""ENV or LABEL with a blank instead of `=`."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.dockerfile.edit import replace_args
from jettison.findings import Finding, Fix, Safety
from jettison.project import Project
from jettison.rules import rule
from jettison.rules.buildchecks import as_pair


@rule("JT617", aliases=("LegacyKeyValueFormat",), default=False)
def legacy_key_value_format(project: Project) -> Iterator[Finding]:
    """ENV or LABEL with a blank instead of `=`.

    What:
        `ENV name value` or `LABEL name value`.

    Why:
        The form is deprecated, and takes the rest of the line as one value: `ENV A 1 B=2` sets A to `1
        B=2`.

    How it is fixed:
        It becomes `name=value`, in quotes where the value has blanks. The result is compared with the
        old meaning, and left alone where they differ.

    When not:
        ARG. Over several lines it is reported and not fixed.

    References:
        https://docs.docker.com/reference/build-checks/legacy-key-value-format/
    """
    for stage in project.dockerfile.stages:
        for each in stage.instructions:
            if each.keyword not in ("ENV", "LABEL") or each.error is not None or "=" in each.words[0].text:
                continue
            message = f"{each.keyword} with a blank instead of = is deprecated"
            new = as_pair(project, each)
            if new is None:
                yield Finding(each.span, message, refused="no other form of it is sure to mean the same")
            else:
                fix = Fix(f"Write {each.keyword} {new}", (replace_args(each, new),), Safety.SAFE)
                yield Finding(each.span, message, fix=fix)
