"""An instruction is ignored because a later one replaces it."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.dockerfile.edit import delete
from jettison.findings import Finding, Fix, Safety
from jettison.project import Project
from jettison.rules import rule

_ONCE = ("CMD", "ENTRYPOINT", "HEALTHCHECK")


@rule("JT607", aliases=("MultipleInstructionsDisallowed",))
def multiple_instructions_disallowed(project: Project) -> Iterator[Finding]:
    """An instruction is ignored because a later one replaces it.

    What:
        A stage has more than one CMD, ENTRYPOINT or HEALTHCHECK.

    Why:
        Only the last one counts. Whoever changes the other wonders why nothing happens.

    How it is fixed:
        The dead ones are removed. The image stays the same.

    When not:
        One each in different stages, and ONBUILD. A dead instruction with a comment inside it is left
        for you.

    References:
        https://docs.docker.com/reference/build-checks/multiple-instructions-disallowed/
    """
    comments = project.dockerfile.comments
    for stage in project.dockerfile.stages:
        last = {each.keyword: each for each in stage.instructions if each.keyword in _ONCE}
        for each in stage.instructions:
            if each.keyword not in _ONCE or each is last[each.keyword]:
                continue
            message = f"line {last[each.keyword].start_line} replaces this {each.keyword}: it is ignored"
            if each.error is not None or last[each.keyword].error is not None:
                yield Finding(each.span, message, refused="one of them is no valid instruction")
            elif any(c.span.start > each.span.start and c.span.end <= each.span.end for c in comments):
                yield Finding(each.span, message, refused="a comment stands inside it")
            else:
                fix = Fix(f"Drop the {each.keyword} that is ignored", (delete(each),), Safety.SAFE)
                yield Finding(each.span, message, fix=fix)
