"""apt installs packages that nobody asked for."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.dockerfile import Instruction
from jettison.facts import load
from jettison.findings import Allowance, Finding, Fix, Safety, Saving
from jettison.project import Project
from jettison.rules import rule
from jettison.shell import Script
from jettison.shell.packages import Action, action
from jettison.spans import Edit, Span

_SYSTEM = ("/bin/*", "/etc/*", "/lib/*", "/lib64/*", "/sbin/*", "/usr/*", "/var/*")
_STATE = ("/etc/ld.so.cache", "/etc/alternatives/*", "/etc/passwd", "/etc/group", "/etc/shadow", "/var/*")


@rule("JT106", aliases=("DL3015",), order=23)
def recommends_installed(project: Project) -> Iterator[Finding]:
    """apt installs packages that nobody asked for.

    What:
        `apt-get install` without `--no-install-recommends` in a stage whose layers ship.

    Why:
        Debian installs what a package recommends too: git brings ssh, less and patch, a library its tools. By
        rule of thumb 25 MB, and each of them has security reports of its own.

    How it is fixed:
        With the option. `ca-certificates`, which curl, wget and git only recommend, is named explicitly, as
        without it every https call fails. Applied once a real build agrees that only system files vanish and
        the program still answers.

    When not:
        Applied only where every package named is known to need none of what it recommends; else it is shown.
        With a configuration that turns recommended packages off, there is nothing to say.

    References:
        https://docs.docker.com/build/building/best-practices/#apt-get
        https://wiki.debian.org/ReduceDebian
    """
    if b"install" not in project.dockerfile.source or b"Install-Recommends" in project.dockerfile.source:
        return
    for stage in project.shipped:
        for run, script in project.runs(stage):
            for command in script.commands if script.ok else ():
                done = action(command)
                if done is not None and done.manager.family == "apt" and done.verb == "install":
                    found = _judge(run, script, done)
                    if found is not None:
                        yield found


def _judge(run: Instruction, script: Script, done: Action) -> Finding | None:
    from jettison.shell.render import Refusal, add_option

    if done.manager.name not in ("apt-get", "apt") or not done.packages:
        return None
    if any("recommends" in option.name.lower() for option in done.options):
        return None
    facts = load("build-tools")["recommends"]
    names = [package.partition("=")[0].partition(":")[0] for package in done.packages]
    message = (
        f"packages that {', '.join(names[:3])}{' …' if len(names) > 3 else ''} only recommend are installed"
    )
    saving = Saving(bytes=facts["megabytes"] * 1_000_000)
    made = add_option(script, done.command, "--no-install-recommends")
    if isinstance(made, Refusal):
        return Finding(done.command.span, message, saving, refused=made.reason)
    known = all(name in facts["plain"] or name.endswith("-dev") for name in names)
    wanted = {facts["needs"][name] for name in names if name in facts["needs"]} - set(names)
    last = done.command.words[-1].span.end
    edits = (*made, *(Edit(Span(last, last), f" {name}".encode()) for name in sorted(wanted)))
    return Finding(
        done.command.span,
        message,
        saving,
        Fix(
            "Install only what is named",
            edits,
            Safety.PROVEN if known else Safety.SUGGEST,
            allows=Allowance(vanish=_SYSTEM, appear=_STATE, change=_STATE),
        ),
    )
