"""An install waits for an answer that nobody gives."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.findings import Finding, Fix, Safety
from jettison.project import Project
from jettison.rules import rule
from jettison.shell.packages import Action

_ASKING = ("install", "upgrade", "remove", "build")
_ANSWERS = ("-qq", "-q=2", "--quiet=2", "--trivial-only", "-d", "--download-only", "-s", "--simulate")
"""Options after which nothing is asked."""


@rule("JT650", aliases=("DL3014", "DL3030", "DL3034", "DL3038"))
def missing_yes(project: Project) -> Iterator[Finding]:
    """An install waits for an answer that nobody gives.

    What:
        `apt-get`, `yum`, `dnf` or `zypper` that installs, upgrades or removes without -y.

    Why:
        A build has no terminal: apt says "Abort." and the build fails, as soon as there is anything to ask.
        It asks when more packages come or go than those that are named.

    How it is fixed:
        With -y.

    When not:
        Other options that answer, such as -qq or `--assume-yes`, a configuration or variable that does, `yes
        |` and other input, and installs that only download.

    References:
        https://github.com/hadolint/hadolint/wiki/DL3014
    """
    source = project.dockerfile.source
    if not any(name in source for name in (b"apt", b"yum", b"dnf", b"zypper")):
        return
    from jettison.shell.packages import action
    from jettison.shell.render import Refusal, add_option

    for stage in project.dockerfile.stages:
        for _, script in project.runs(stage):
            for command in script.commands if script.ok else ():
                done = action(command)
                if done is None or done.verb not in _ASKING or not done.manager.ask:
                    continue
                if done.manager.family not in ("apt", "rpm") or "pipeline" in command.context:
                    continue
                if _answered(done) or _configured(project):
                    continue
                made = add_option(script, command, "-y")
                message = f"{command.name} {done.subcommand} asks before it installs, and nobody answers"
                if isinstance(made, Refusal):
                    yield Finding(command.span, message, refused=made.reason)
                else:
                    yield Finding(command.span, message, fix=Fix("Answer with -y", made, Safety.SAFE))


def _answered(done: Action) -> bool:
    """True when an option answers, or nothing is asked."""
    command, known = done.command, (*done.manager.yes, *_ANSWERS)
    given = any(redirect.operator.lstrip("0").startswith("<") for redirect in command.redirects)
    said = any(flag in known for flag in done.flags) or any(word.text in known for word in command.words)
    return given or said or done.flags.count("-q") > 1


def _configured(project: Project) -> bool:
    """True when something answers every question beforehand."""
    source = project.dockerfile.source
    return b"Assume-Yes" in source or b"assumeyes" in source or b"APT_CONFIG" in source
