"""AS is not written as its FROM."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.findings import Finding, Fix, Safety
from jettison.project import Project
from jettison.rules import rule
from jettison.rules.buildchecks import consistent, named_stages, respell, spelling


@rule("JT614", aliases=("FromAsCasing",), order=21, default=False)
def from_as_casing(project: Project) -> Iterator[Finding]:
    """AS is not written as its FROM.

    What:
        A FROM and its AS differ in upper and lower case.

    Why:
        Keywords in one spelling are easier to find.

    How it is fixed:
        AS takes the case of FROM.

    When not:
        A FROM in mixed case: consistent-instruction-casing is about that.

    References:
        https://docs.docker.com/reference/build-checks/from-as-casing/
    """
    for each in named_stages(project):
        keyword = spelling(project, each.stage.from_)
        lower = keyword == keyword.lower()
        text = each.keyword.text
        if consistent(keyword) and text != (text.lower() if lower else text.upper()):
            fix = Fix("Write AS as FROM", (respell(project, each.keyword.span, lower),), Safety.SAFE)
            yield Finding(each.keyword.span, f"{text} is not in the case of {keyword}", fix=fix)
