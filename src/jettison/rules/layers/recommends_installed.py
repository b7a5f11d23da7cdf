"""apt installs packages that nobody asked for: the recommended ones."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jettison.dockerfile import Instruction
from jettison.facts import load
from jettison.findings import Allowance, Finding, Fix, Safety, Saving
from jettison.project import Project
from jettison.rules import rule
from jettison.shell import Command, Script
from jettison.shell.packages import Action, action
from jettison.spans import Edit, Span

_SAID = re.compile(rb"install[-_]recommends|installrecommends|without-recommends", re.I)


@rule("JT106", aliases=("DL3015", "aptGetInstallUseNoRec"), order=26)
def recommends_installed(project: Project) -> Iterator[Finding]:
    """apt installs packages that nobody asked for: the recommended ones.

    What:
        `apt-get install` without `--no-install-recommends`, in a stage whose layers ship, for packages that
        recommend others.

    Why:
        A recommended package is one that most desktops want: python3-pip brings a compiler (352 MB instead of
        65, measured on bookworm), and each is pulled with every deployment and has security reports of its
        own.

    How it is fixed:
        With `--no-install-recommends`. What is known to be missed is named in the same command: the
        certificates that curl, wget and git need for https, the C library's headers for gcc. Applied once a
        real build shows that packages are gone and nothing else is, and that the program still answers.

    When not:
        Where the option, or a file of apt's configuration, says already which it shall be; for packages that
        recommend nothing; and in stages that are not shipped. It is only proposed for packages that work by
        means of what they recommend, such as chromium or libreoffice, and for packages of which that is not
        known.

    References:
        https://docs.docker.com/build/building/best-practices/#apt-get
        https://www.debian.org/doc/debian-policy/ch-relationships.html
        https://github.com/hadolint/hadolint/wiki/DL3015
    """
    if b"install" not in project.dockerfile.source:
        return
    for stage in project.shipped:
        for run, script in project.runs(stage):
            if _SAID.search(
                project.dockerfile.source[stage.from_.span.start : run.span.start]
            ) and _configured(project, run):
                return
            for command in script.commands:
                done = action(command)
                if done is not None and done.manager.name == "apt-get" and _recommends(done):
                    yield from _judge(project, run, script, done)


def _recommends(done: Action) -> bool:
    """True for an install of packages by name that leaves the choice to apt."""
    if done.command.name == "aptitude" or done.subcommand != "install" or not done.packages:
        return False
    said = " ".join(word.raw for word in done.command.words)
    return not _SAID.search(said.encode("utf-8", "replace"))


def _configured(project: Project, before: Instruction) -> bool:
    """True when an earlier instruction writes what apt shall do into its configuration."""
    for each in project.dockerfile.instructions:
        if each.span.start >= before.span.start:
            break
        text = project.dockerfile.text(each.span)
        if re.search(r"apt\.conf|APT::Install-Recommends[^\n]*>", text, re.I):
            return True
    return False


def _judge(project: Project, run: Instruction, script: Script, done: Action) -> Iterator[Finding]:
    facts = load("recommends")
    names = [re.split(r"[=:/]", name)[0] for name in done.packages]
    rows = [row for name in names if (row := facts["package"].get(name)) is not None]
    unknown = [name for name in names if name not in facts["package"]]
    if not unknown and not any(row["mb"] >= facts["worth_mb"] for row in rows):
        return
    first = done.command.words[0].span.start
    place = Span(first, done.word.span.end)
    mb = max((row["mb"] for row in rows), default=0) or facts["unknown_mb"]
    message = "apt also installs what the packages only recommend"
    saving = Saving(bytes=int(mb * 1e6))
    edits = _edits(project, script, done, names)
    if isinstance(edits, str):
        yield Finding(place, message, saving, refused=edits)
        return
    extra = [row["needs"] for row in rows if "needs" in row]
    unsure = [name for name in unknown if not name.endswith("-dev")]
    extra += [f"whether {unsure[0]} works without them is not known"] if unsure else []
    safety = Safety.SUGGEST if extra else Safety.PROVEN
    title = "Install without recommended packages: --no-install-recommends"
    title += f" ({extra[0]})" if extra else ""
    books = tuple(facts["change"])
    allows = Allowance(vanish=books, change=books, appear=books, packages=True)
    yield Finding(place, message, saving, Fix(title, edits, safety, allows=allows))


def _edits(project: Project, script: Script, done: Action, names: list[str]) -> tuple[Edit, ...] | str:
    from jettison.shell.render import Refusal, add_option

    added = add_option(script, done.command, "--no-install-recommends", done.word)
    if isinstance(added, Refusal):
        return added.reason
    kept = _kept(project, done.command, names)
    if not kept:
        return added
    last = done.command.operands[-1]
    if last.text is None or last.text not in done.packages:
        return "the last package is no plain word, so what would be missed cannot be added"
    text = "".join(f', "{name}"' if script.form == "json" else f" {name}" for name in kept)
    return (*added, Edit(Span(last.span.end, last.span.end), text.encode("utf-8", "surrogateescape")))


def _kept(project: Project, before: Command, names: list[str]) -> list[str]:
    """Recommended packages that are needed nevertheless, and are not named yet."""
    facts = load("recommends")
    present = {*names, *_installed(project, before)}
    text = project.dockerfile.source.decode("utf-8", "replace")
    found: dict[str, None] = {}
    for name in names:
        row = facts["package"].get(name, {})
        found.update(dict.fromkeys(row.get("keep", ())))
        for package, marks in row.get("keep_if", {}).items():
            if any(mark in text for mark in marks):
                found[package] = None
    return [package for package in found if package not in present]


def _installed(project: Project, before: Command) -> Iterator[str]:
    """Packages that earlier commands of the shipped stages install by name."""
    for stage in project.shipped:
        for _, script in project.runs(stage):
            for command in script.commands:
                if command.span.start >= before.span.start:
                    return
                done = action(command)
                if done is not None and done.manager.name == "apt-get" and done.verb == "install":
                    yield from done.packages
