"""A RUN uses apt, which is made for people."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.findings import Finding, Fix, Safety
from jettison.project import Project
from jettison.rules import rule
from jettison.shell.render import Refusal, replace_word

_SAME = ("update", "install", "remove", "purge", "autoremove", "clean")
"""`apt upgrade` is `apt-get upgrade --with-new-pkgs`, and not among them."""


@rule("JT664", aliases=("DL3027",), default=False)
def apt_instead_of_apt_get(project: Project) -> Iterator[Finding]:
    """A RUN uses apt, which is made for people.

    What:
        `apt install` and its like in a RUN.

    Why:
        apt warns that its command line may change from release to release.

    How it is fixed:
        apt becomes apt-get where the sub-command is the same, once a real build shows that the same packages
        come: apt 3 solves dependencies in another way, and apt-get may keep what it downloads.

    When not:
        Sub-commands that apt-get does not have, and `apt upgrade`, which does more than apt-get's.

    References:
        https://github.com/hadolint/hadolint/wiki/DL3027
    """
    for stage in project.dockerfile.stages:
        for _, script in project.runs(stage):
            for command in script.commands if script.ok else ():
                if command.name != "apt" or len(command.words) < 2:
                    continue
                operand = next(
                    (w.text or "" for w in command.words[1:] if not (w.text or "-").startswith("-")), ""
                )
                message = "apt is made for people: its command line may change"
                if operand not in _SAME:
                    refused = f"apt-get {operand} does something else, or is not there"
                    yield Finding(command.span, message, refused=refused)
                    continue
                made = replace_word(script, command.words[0], "apt-get")
                if isinstance(made, Refusal):
                    yield Finding(command.span, message, refused=made.reason)
                else:
                    yield Finding(command.span, message, fix=Fix("Write apt-get", made, Safety.PROVEN))
