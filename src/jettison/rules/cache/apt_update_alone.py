"""`apt-get update` has a RUN of its own, and is older than what is installed from it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jettison.dockerfile import Instruction, Stage
from jettison.findings import Allowance, Finding, Fix, Safety
from jettison.project import Project
from jettison.rules import rule
from jettison.shell import Script
from jettison.spans import Edit

_SOURCES = re.compile(r"/etc/apt|apt-key|add-apt-repository|--add-architecture|APT_CONFIG|\.deb\b")


@rule("JT205", order=27)
def apt_update_alone(project: Project) -> Iterator[Finding]:
    """`apt-get update` has a RUN of its own, and is older than what is installed from it.

    What:
        A RUN that does nothing but update apt's lists, and a later RUN that installs without updating.

    Why:
        The lists come from the cache, from whenever that RUN was last run. When the install changes months
        later, it asks for versions that the mirror no longer has, and fails with 404. On the machine of
        whoever wrote it, it works.

    How it is fixed:
        RUNs that follow each other are joined. Where other instructions stand between, the update goes in
        front of each install: `apt-get update && apt-get install …`. Newer lists may bring newer packages, so
        either is applied only once real builds before and after agree.

    When not:
        It is told, with the reason, where something between changes apt's sources, needs the lists or may
        call apt itself, where the install is no plain chain of `&&`, runs as another user or belongs to
        another stage.

    References:
        https://docs.docker.com/build/building/best-practices/#apt-get
    """
    if b"update" not in project.dockerfile.source:
        return
    for stage in project.dockerfile.stages:
        for run, script in project.runs(stage):
            if script.ok and _only_updates(script):
                yield from _judge(project, stage, run, script)


def _only_updates(script: Script) -> bool:
    from jettison.shell.packages import action

    done = action(script.commands[0]) if len(script.commands) == 1 else None
    return done is not None and done.manager.family == "apt" and done.verb == "update"


def _judge(project: Project, stage: Stage, run: Instruction, script: Script) -> Iterator[Finding]:
    from jettison.rules.lists import join_readers, readers
    from jettison.shell.packages import find_manager

    manager = find_manager("apt-get")
    found = readers(project, run, manager) if manager else ()
    if not found:
        return
    message = f"the install of line {found[0].start_line} uses lists that come from the cache, however old"
    edits = join_readers(project, run, found)
    made = edits if isinstance(edits, tuple) else _into_each(project, stage, run, script, found)
    if isinstance(made, str):
        advice = f"write `apt-get update && ` before the install of line {found[0].start_line}"
        yield Finding(run.span, message, refused=f"{made}; {advice}")
        return
    lists = ("/var/lib/apt/lists/*",)
    fix = Fix(
        "Update apt's lists in the RUN that installs from them",
        made,
        Safety.PROVEN,
        allows=Allowance(change=lists, vanish=lists, appear=lists),
    )
    yield Finding(run.span, message, fix=fix)


def _into_each(
    project: Project, stage: Stage, run: Instruction, script: Script, found: tuple[Instruction, ...]
) -> tuple[Edit, ...] | str:
    """Edits that put the update in front of every RUN that needs its lists; why that would not be right."""
    from jettison.dockerfile.edit import delete
    from jettison.rules.merging import why_not_chained
    from jettison.spans import Span

    text = script.text.text[script.items[0].start : script.items[0].end]
    if run.flags or why_not_chained(script, last=False) or "\n" in text:
        return f"the update of line {run.start_line} is no plain command"
    edits = [delete(run)]
    for reader in found:
        line = reader.start_line
        if reader not in stage.instructions:
            return f"line {line} belongs to another stage, or runs in one"
        here, there = project.scope(run), project.scope(reader)
        if (here.user, here.shell) != (there.user, there.shell):
            return f"line {line} runs as another user or in another shell"
        if reason := why_not_chained(project.script(reader), last=True):
            return reason
        at = reader.args_span.start
        edits.append(Edit(Span(at, at), f"{text} && ".encode("utf-8", "surrogateescape")))
    return _between(project, stage, run, found) or tuple(edits)


def _between(project: Project, stage: Stage, run: Instruction, found: tuple[Instruction, ...]) -> str:
    """What between the update and the installs may depend on where the update is; "" for nothing."""
    from jettison.rules.mountreaders import may_call_others

    for each in stage.instructions:
        if not run.span.start < each.span.start < found[-1].span.start:
            continue
        line = each.start_line
        if _SOURCES.search(project.dockerfile.text(each.span)):
            return f"line {line} changes where apt looks"
        if _may_bring_sources(each):
            return f"line {line} may change where apt looks"
        if each.keyword == "RUN" and each.span.start < found[0].span.start:
            script = project.script(each)
            if not script.ok or any(map(may_call_others, script.commands)):
                return f"the RUN of line {line} may need the lists"
    return ""


def _may_bring_sources(copy: Instruction) -> bool:
    """True for a COPY into / or /etc that may take a whole folder along."""
    if (
        copy.keyword not in ("COPY", "ADD")
        or not copy.words
        or copy.words[-1].text.rstrip("/") not in ("", "/etc")
    ):
        return False
    plain = all(re.search(r"[^/.*]\.[^/.*]+$", word.text) for word in copy.words[:-1])
    return copy.flag("from") is not None or not plain
