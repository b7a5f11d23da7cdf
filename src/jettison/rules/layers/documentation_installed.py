"""Records and documentation that nobody reads in an image."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.dockerfile import Stage
from jettison.facts import load
from jettison.facts.bases import Reference
from jettison.findings import Allowance, Basis, Finding, Fix, Safety, Saving
from jettison.project import Project
from jettison.rules import rule
from jettison.shell import Command, Script
from jettison.shell.packages import Action, action


@rule("JT111", aliases=("DL3046", "gemUpdateNoDocument"), order=21)
def documentation_installed(project: Project) -> Iterator[Finding]:
    """Records and documentation that nobody reads in an image.

    What:
        `useradd` with a high user id and without `--no-log-init`, and `gem install` with documentation, in a
        stage whose layers ship.

    Why:
        useradd writes a record of 292 bytes for every id up to the new one into /var/log/lastlog, and 32 into
        faillog. On a disk these files are sparse, in a layer they are not: user id 1000000 is 324 MB. gem
        makes a manual of every gem, which takes longer than to install it.

    How it is fixed:
        With `--no-log-init`, and `--no-document`. Both are applied once a real build shows that nothing but
        these records and manuals differs.

    When not:
        The official ruby images turn documentation off themselves; Fedora, CentOS and UBI images leave out
        manuals by themselves, and so do Debian's slim images. The byte code of Python packages stays: a
        program starts faster with it.

    References:
        https://docs.docker.com/build/building/best-practices/#user
        https://github.com/moby/moby/issues/5419
        https://guides.rubygems.org/command-reference/#gem-install
    """
    source = project.dockerfile.source
    if b"useradd" not in source and b"gem" not in source:
        return
    for stage in project.shipped:
        for _, script in project.runs(stage):
            for command in script.commands:
                if command.name == "useradd":
                    yield from _user(script, command)
                elif command.name == "gem":
                    yield from _gem(project, stage, script, action(command))


def _user(script: Script, command: Command) -> Iterator[Finding]:
    facts = load("documentation")["useradd"]
    number = next((o.value for o in command.options if o.name in ("-u", "--uid")), None)
    if (
        number is None
        or not number.isascii()
        or not number.isdigit()
        or command.has_option("-l", "--no-log-init")
    ):
        return
    bytes_ = (int(number[:10]) + 1) * facts["record_bytes"]
    if bytes_ < facts["worth_mb"] * 1e6:
        return
    message = f"useradd writes empty log records for every user id up to {number}"
    saving = Saving(bytes=bytes_, basis=Basis.MODELLED)
    logs = tuple(facts["files"])
    allows = Allowance(vanish=logs, change=logs)
    yield _with(script, command, "--no-log-init", message, saving, allows)


def _gem(project: Project, stage: Stage, script: Script, done: Action | None) -> Iterator[Finding]:
    facts = load("documentation")["gem"]
    if done is None or done.verb not in ("install", "upgrade"):
        return
    if set(done.flags) & set(facts["off"]) or b"gemrc" in project.dockerfile.source:
        return
    if Reference.parse(project.base_of(stage)).repository in facts["bases"]:
        return
    count = max(1, len(done.packages) + len(done.files))
    saving = Saving(bytes=int(count * facts["each_mb"] * 1e6))
    allows = Allowance(vanish=tuple(facts["places"]), change=tuple(facts["places"]))
    yield _with(script, done.command, "--no-document", "gem makes a manual of every gem", saving, allows)


def _with(
    script: Script, command: Command, option: str, message: str, saving: Saving, allows: Allowance
) -> Finding:
    from jettison.shell.render import Refusal, add_option

    edits = add_option(script, command, option)
    if isinstance(edits, Refusal):
        return Finding(command.span, message, saving, refused=edits.reason)
    fix = Fix(f"Give {command.name} {option}", edits, Safety.PROVEN, allows=allows)
    return Finding(command.span, message, saving, fix)
