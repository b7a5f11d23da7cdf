"""Packages that one RUN installs and a later RUN removes still ship."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from jettison.dockerfile import Instruction, Stage
from jettison.facts import load
from jettison.findings import Allowance, Finding, Fix, Safety, Saving
from jettison.project import Project
from jettison.rules import rule
from jettison.shell import Script
from jettison.shell.packages import Action, action


@rule("JT110", aliases=("DL3059", "ruleMoreThanOneInstall"), order=29)
def useless_merge_candidate(project: Project) -> Iterator[Finding]:
    """Packages that one RUN installs and a later RUN removes still ship.

    What:
        `apt-get purge`, `apk del`, `dnf remove`, `pip uninstall` or `npm uninstall` of what an earlier RUN of
        the same stage installed, in a stage whose layers ship. Several RUNs in a row are nothing to talk
        about otherwise: joining them saves no byte and loses cached steps.

    Why:
        A layer only adds. The compiler that was removed is still pulled with every deployment, in the layer
        that installed it.

    How it is fixed:
        The RUNs from the one that installs to the one that removes become one. The title says which lines
        then run again together whenever one of them changes. Applied once a real build agrees.

    When not:
        It is refused when another instruction stands between, such as a COPY that the build needs, and when
        one of the RUNs is no plain chain of `&&`: there a builder stage is the answer. Packages of the base
        image cannot be removed by anybody.

    References:
        https://docs.docker.com/build/building/best-practices/#minimize-the-number-of-layers
        https://github.com/hadolint/hadolint/issues/715
    """
    for stage in project.shipped:
        runs = [(run, script) for run, script in project.runs(stage) if script.ok]
        for index, (run, script) in enumerate(runs[1:], 1):
            for removal in _removals(script):
                if set(removal.packages) & _installed(script, removal):
                    continue
                found = _installer(removal, runs[:index])
                if found is not None:
                    yield from _judge(project, stage, found, run, removal)
                    break


class _Installed(NamedTuple):
    """The RUN that installs, and the packages of it that are removed later."""

    run: Instruction
    packages: tuple[str, ...]


def _removals(script: Script) -> Iterator[Action]:
    for command in script.commands:
        done = action(command)
        if done is not None and done.verb == "remove" and done.packages and command.unconditional:
            yield done


def _installer(removal: Action, earlier: list[tuple[Instruction, Script]]) -> _Installed | None:
    """The first earlier RUN that installs what is removed, and does not remove it itself."""
    for run, script in earlier:
        gone: set[str] = {name for done in _removals(script) for name in done.packages}
        for command in script.commands:
            done = action(command)
            if done is None or done.verb != "install" or done.manager is not removal.manager:
                continue
            named = tuple(name for name in removal.packages if name in _names(done))
            if named and not gone & set(named):
                return _Installed(run, named)
    return None


def _installed(script: Script, removal: Action) -> set[str]:
    """What the RUN that removes has installed itself."""
    found: set[str] = set()
    for command in script.commands:
        done = action(command)
        if done is not None and done.verb == "install" and done.manager is removal.manager:
            found |= _names(done)
    return found


def _names(done: Action) -> set[str]:
    """What an install can be removed by: its packages, or the name that apk gives them together."""
    virtual = {o.value for o in done.options if o.name in ("-t", "--virtual") and o.value}
    return virtual if virtual and done.manager.name == "apk" else set(done.packages)


def _judge(
    project: Project, stage: Stage, found: _Installed, run: Instruction, removal: Action
) -> Iterator[Finding]:
    from jettison.rules.merging import merge
    from jettison.shell.render import Refusal

    between = [i for i in stage.instructions if found.run.span.start <= i.span.start <= run.span.start]
    other = next((i for i in between if i.keyword != "RUN"), None)
    names = ", ".join(found.packages[:3]) + (", …" if len(found.packages) > 3 else "")
    line = found.run.start_line
    message = f"{names}: removed too late, the bytes still ship in the layer of line {line}"
    saving = Saving(bytes=_weight(removal, found))
    place = removal.command.span
    if other is not None:
        why = f"{other.keyword} on line {other.start_line} stands between: install them in a builder stage"
        yield Finding(place, message, saving, refused=why)
        return
    edits = merge(project, between)
    if isinstance(edits, Refusal):
        yield Finding(place, message, saving, refused=edits.reason)
        return
    title = f"Join the RUNs of lines {line} to {run.start_line}: they will run again together"
    yield Finding(place, message, saving, Fix(title, edits, Safety.PROVEN, allows=_allows()))


def _weight(removal: Action, found: _Installed) -> int:
    facts = load("build-tools")
    sizes = facts["mb"]
    return int(sum(sizes.get(name, facts["other_mb"]) for name in found.packages) * 1e6)


def _allows() -> Allowance:
    return Allowance(
        change=("/var/lib/dpkg/*", "/var/log/*", "/var/cache/*", "/var/lib/apt/*", "/lib/apk/db/*")
    )
