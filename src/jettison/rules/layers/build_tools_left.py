"""Compilers and headers that only the build needs stay in the image."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from jettison.dockerfile import Instruction, Stage
from jettison.facts import load
from jettison.facts.bases import Reference
from jettison.findings import Allowance, Finding, Fix, Safety, Saving
from jettison.project import Project
from jettison.rules import rule
from jettison.shell import Command, Script
from jettison.shell.packages import Action, action
from jettison.spans import Edit, Span


@rule("JT108", order=23)
def build_tools_left(project: Project) -> Iterator[Finding]:
    """Compilers and headers that only the build needs stay in the image.

    What:
        gcc, make, build-essential and `-dev` packages that a RUN of a shipped stage installs, that pip, npm,
        gem or make use in the same stage, and that nothing removes.

    Why:
        build-essential is 320 MB on bookworm (measured), Alpine's build-base 210. Each is pulled with every
        deployment, and a compiler in an image is a tool for whoever breaks in.

    How it is fixed:
        Where the RUN that installs them is the one that compiles, and all that it compiles needs at run time
        is known: with apk the packages become `.build-deps`, deleted at the end of the RUN, and the libraries
        that belong to the header packages are installed by name. Where a Node project's package-lock.json
        says that no package has an install script, nothing is compiled, and the RUN that installs only such
        tools is dropped. With apt the tools are purged at the end of
        the RUN, when none of them has a library but the compiler's own, which stay. Applied once a real
        build agrees.

    When not:
        It is only said where the compile step is another RUN, or a header package has a library whose name
        differs from release to release: build in a stage of its own and copy the result. It is left alone
        when what the container starts, or a later step, calls a compiler, when there is no CMD or ENTRYPOINT,
        and for images that bring a compiler themselves, where installing one adds nothing.

    References:
        https://docs.docker.com/build/building/multi-stage/
        https://docs.npmjs.com/cli/v10/configuring-npm/package-lock-json (hasInstallScript)
        https://gitlab.alpinelinux.org/alpine/apk-tools/-/blob/master/doc/apk-add.8.scd
    """
    stages = project.shipped
    if not stages or not any(i.keyword in ("CMD", "ENTRYPOINT") for s in stages for i in s.instructions):
        return
    for stage in stages:
        for run, script in project.runs(stage):
            for command in script.commands if script.ok and script.form != "json" else ():
                done = action(command)
                tools = _tools(done) if done is not None else ()
                if done is not None and tools:
                    yield from _judge(_Install(project, stage, run, script, done, tools))


class _Install(NamedTuple):
    """A command that installs build tools: `tools` are those among its packages."""

    project: Project
    stage: Stage
    run: Instruction
    script: Script
    done: Action
    tools: tuple[str, ...]

    @property
    def bytes(self) -> int:
        """What they weigh, by rule of thumb; the largest, as they share most of it."""
        facts = load("build-tools")
        return int(max(facts["mb"].get(name, facts["other_mb"]) for name in self.tools) * 1e6)


def _tools(done: Action) -> tuple[str, ...]:
    """The packages of an install that are there to compile others; none unless a compiler is among them."""
    facts = load("build-tools")
    if done.verb != "install" or done.manager.name not in (*facts["tools"], "dnf", "yum", "microdnf"):
        return ()
    known = facts["tools"].get(done.manager.name, facts["tools"]["apt-get"])
    found = tuple(n for n in done.packages if n in known or n.endswith(tuple(facts["patterns"])))
    return found if any(facts["mb"].get(name, 0) >= facts["worth_mb"] for name in found) else ()


def _judge(install: _Install) -> Iterator[Finding]:
    facts = load("build-tools")
    project, done = install.project, install.done
    reference = Reference.parse(project.base_of(install.stage))
    small = "slim" in reference.tag or "alpine" in reference.tag
    if reference.repository.rpartition("/")[2] in facts["compilers"] and not small:
        return
    if any(o.name in ("-t", "--virtual") for o in done.options) or _removed(install) or _started(install):
        return
    users = list(_users(install))
    if not users:
        return
    line, who = users[-1]
    names = ", ".join(install.tools[:3]) + (", …" if len(install.tools) > 3 else "")
    message = f"{names}: only the build needs them ({who} on line {line}), and they stay in the image"
    place = Span(done.command.words[0].span.start, done.word.span.end)
    saving = Saving(bytes=install.bytes)
    fix = _fix(install, facts) if line == install.run.start_line and len(users) == 1 else _ELSEWHERE
    if isinstance(fix, str) and (dropped := _dropped(install)) is not None:
        fix = dropped
    if isinstance(fix, str):
        yield Finding(place, message, saving, refused=fix)
        return
    yield Finding(place, message, saving, fix)


_ELSEWHERE = (
    "what is compiled stands in another RUN: build in a stage of its own, and copy the result from it"
)


def _removed(install: _Install) -> bool:
    """True when a command of the shipped stages removes one of them; when it does so too late is another
    rule's.
    """
    for stage in install.project.shipped:
        for _, script in install.project.runs(stage):
            for command in script.commands:
                done = action(command)
                if done is not None and done.verb == "remove" and (set(done.packages) & set(install.tools)):
                    return True
                if done is not None and done.subcommand in ("autoremove", "autopurge"):
                    return True
    return False


def _started(install: _Install) -> bool:
    """True when what the container starts calls a compiler."""
    names = set(load("build-tools")["starters"])
    starts = [
        i
        for s in install.project.shipped
        for i in s.instructions
        if i.keyword in ("CMD", "ENTRYPOINT", "HEALTHCHECK")
    ]
    for each in starts:
        text = " ".join(w.text for w in each.json) if each.json else each.shell_text().text
        if names & set(text.replace("/", " ").split()):
            return True
    return False


def _users(install: _Install) -> Iterator[tuple[int, str]]:
    """The RUNs from the install on that compile, by line, and what does."""
    facts = load("build-tools")
    for run, script in (each for stage in install.project.shipped for each in install.project.runs(stage)):
        for command in script.commands:
            if command.span.start <= install.done.command.span.start:
                continue
            done = action(command)
            compiles = command.name in facts["users"]
            if done is not None and done.manager.name in facts["managers"] and done.verb == "install":
                compiles = True
            if compiles:
                yield run.start_line, command.name or command.words[0].raw
                break


def _fix(install: _Install, facts: dict[str, Any]) -> Fix | str:
    name = install.done.manager.name
    if name == "apk":
        return _virtual(install, facts["runtime"]["apk"])
    if name == "apt-get":
        return _purged(install, facts["tools"]["apt-get"])
    return "build in a stage of its own, and copy the result from it"


def _dropped(install: _Install) -> Fix | None:
    """The RUN that installs them goes, where a lock file says that nothing is compiled; else None."""
    from jettison.dockerfile.edit import delete
    from jettison.rules.compiling import obstacle

    if obstacle(install.project, install.stage, install.run, install.script):
        return None
    return _proven("Install no compilers, as no package is compiled", (delete(install.run),))


def _unknown(names: list[str]) -> str:
    return f"which library of {names[0]} the program needs is not known: build in a stage of its own"


def _virtual(install: _Install, runtime: dict[str, str]) -> Fix | str:
    """apk: tools and headers as one virtual package that goes at the end; what else is named stays."""
    from jettison.shell.render import Refusal, append_command

    done, tools = install.done, install.tools
    known = load("build-tools")["tools"]["apk"]
    unsure = [name for name in tools if name not in known and name not in runtime]
    if unsure:
        return _unknown(unsure)
    if done.files or any(option.value is not None for option in done.options):
        return "the install has options with values, or files"
    stay = [name for name in done.packages if name not in tools]
    stay += [library for name in tools for library in runtime.get(name, "").split()]
    options = "".join(f" {option.word.raw}" for option in done.options)
    appended = append_command(install.script, _prefixed(done.command, "apk del .build-deps"))
    if isinstance(appended, Refusal):
        return appended.reason
    start = done.command.span.start
    first = _prefixed(done.command, f"apk add{options} {' '.join(dict.fromkeys(stay))} && ") if stay else ""
    end = done.word.span.end
    named = (Edit(Span(start, start), first.encode("utf-8", "surrogateescape")),) if stay else ()
    edits = (*named, Edit(Span(end, end), b" --virtual .build-deps"), *appended)
    return _proven("Delete build tools in the RUN that needs them: apk's .build-deps", edits)


def _purged(install: _Install, known: list[str]) -> Fix | str:
    """apt: the tools are purged at the end, where none of them has a library of its own."""
    from jettison.shell.render import Refusal, append_command

    unsure = [name for name in install.tools if name not in known]
    if unsure:
        return _unknown(unsure)
    facts = load("build-tools")
    sudo = "sudo " if "sudo" in install.done.command.wrappers else ""
    compiler = bool(set(install.tools) & set(facts["with_libraries"]))
    kept = f"{sudo}apt-mark manual {' '.join(facts['libraries'])} && " if compiler else ""
    text = f"{kept}{sudo}apt-get purge -y --auto-remove {' '.join(install.tools)}"
    appended = append_command(install.script, text)
    if isinstance(appended, Refusal):
        return appended.reason
    return _proven("Purge build tools in the RUN that needs them", appended)


def _prefixed(command: Command, text: str) -> str:
    return ("sudo " if "sudo" in command.wrappers else "") + text


def _proven(title: str, edits: tuple[Edit, ...]) -> Fix:
    books = (*load("recommends")["change"], "/lib/apk/db/*", "/usr/lib/apk/db/*", "/etc/apk/world")
    appear = ("/lib/apk/db/*", "/var/lib/dpkg/*", "/var/lib/apt/*", "/var/cache/*", "/var/log/*")
    allows = Allowance(vanish=books, change=books, appear=appear, packages=True)
    return Fix(title, edits, Safety.PROVEN, allows=allows)
