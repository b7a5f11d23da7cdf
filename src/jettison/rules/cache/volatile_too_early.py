"""A value that changes with every build stands before steps that do not use it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from jettison.dockerfile import Instruction, Stage
from jettison.dockerfile.edit import delete, insert_after, insert_before
from jettison.facts import load
from jettison.findings import Basis, Finding, Fix, Safety, Saving
from jettison.installs import needs
from jettison.project import Project
from jettison.rules import rule
from jettison.shell import Command
from jettison.spans import Edit, Span


@rule("JT203", order=21)
def volatile_too_early(project: Project) -> Iterator[Finding]:
    """A value that changes with every build stands before steps that do not use it.

    What:
        An ARG such as GIT_SHA or BUILD_DATE, with the ENV and LABEL that take its value, above a RUN that
        does not use it.

    Why:
        Every ARG that has a value, and every ENV, is part of the environment of each later RUN of the stage,
        and so of its cache key, used or not. A new value for every commit means that nothing below it is ever
        taken from the cache.

    How it is fixed:
        The ARG moves down to just above the first instruction that reads it, or below the last RUN of the
        stage. An ENV or LABEL on its way that takes the value goes along: the image has the same in the end.
        Only RUNs are passed whose commands are known to read no such variable: package managers, Go, file
        tools; the first one that may read it, as a program of the project could, ends the way. It waits for a
        real build all the same.

    When not:
        A LABEL, CMD or EXPOSE is part of no cache key, and is not worth moving for itself. An ARG before the
        first FROM is none of this. An ENV that sets other things too, or a variable whose name does not stand
        for a build, stays where it is, and the ARG above it.

    References:
        https://docs.docker.com/reference/dockerfile/#impact-on-build-caching
    """
    if not any(i.keyword == "ARG" for i in project.dockerfile.instructions):
        return
    for stage in project.dockerfile.stages:
        for instruction in stage.instructions:
            if instruction.keyword == "ARG" and not instruction.error:
                names = [pair.key.text for pair in instruction.pairs()]
                if names and all(map(_is_volatile, names)):
                    yield from _judge(project, instruction, _way_down(project, stage, instruction))


class _Way(NamedTuple):
    """How far an ARG could go: the RUNs it would pass, the instructions that go along, and where it stops.

    `movers` begins with the ARG; `stop` is None at the end of the stage. `why` says what holds it although
    nothing there names it, `kept` are the RUNs that run again for that reason.
    """

    movers: tuple[Instruction, ...]
    passed: tuple[Instruction, ...]
    stop: Instruction | None
    why: str
    kept: tuple[Instruction, ...]


def _way_down(project: Project, stage: Stage, arg: Instruction) -> _Way:
    below = stage.instructions[stage.instructions.index(arg) + 1 :]
    names = [pair.key.text for pair in arg.pairs()]
    takers, passed, why = [arg], list[Instruction](), ""
    stop: Instruction | None = None
    for later in below:
        used = _uses(project, later, names)
        if later.keyword == "RUN" and not used:
            why = _may_read(project, later)
            if why:
                stop = later
                break
            passed.append(later)
        elif used or _collides(project, later, takers):
            why = "" if later.keyword not in ("ENV", "LABEL") else _held(later, names)
            if why or later.keyword not in ("ENV", "LABEL"):
                stop = later
                break
            takers.append(later)
            names += [pair.key.text for pair in later.pairs()] if later.keyword == "ENV" else []
    last = passed[-1].span.start if passed else 0
    movers = tuple(each for each in takers if each.span.start < last)
    stop = next((each for each in takers if each.span.start > last), stop) if passed else stop
    rest = below[below.index(stop) :] if stop is not None else ()
    kept = tuple(each for each in rest if each.keyword == "RUN" and not _uses(project, each, names))
    if stop in kept and not any(_uses(project, each, names) for each in rest):
        kept = ()
    return _Way(movers, tuple(passed), stop, why, kept)


def _judge(project: Project, arg: Instruction, way: _Way) -> Iterator[Finding]:
    runs = way.passed or way.kept if way.why else way.passed
    if not runs:
        return
    name = arg.pairs()[0].key.text
    told = f"line {runs[0].start_line}" if len(runs) == 1 else f"{len(runs)} RUNs below"
    message = f"a new {name} makes {told} run again, although nothing there uses it"
    seconds = sum(_seconds(project, run) * _share(project, run, arg) for run in runs)
    saving = Saving(seconds=round(seconds, 1), basis=Basis.MODELLED)
    if not way.passed:
        yield Finding(arg.span, message, saving, refused=way.why)
        return
    along = "".join(f" with the {each.keyword} that takes it" for each in way.movers[1:2])
    where = f"just above line {way.stop.start_line}" if way.stop is not None else "below the RUNs"
    title = f"Move {name}{along} {where}"
    yield Finding(arg.span, message, saving, Fix(title, _edits(project, way), Safety.PROVEN))


def _edits(project: Project, way: _Way) -> tuple[Edit, ...]:
    """Every mover goes with the comments that lead up to it."""
    source, edits, texts = project.dockerfile.source, list[Edit](), list[str]()
    for each in way.movers:
        start = insert_before(each, "", above_comments=True).span.start
        texts.append(source[start : each.span.end].decode("utf-8", "surrogateescape").replace("\r\n", "\n"))
        edits.append(Edit(Span(start, delete(each).span.end), b""))
    text = "\n".join(texts)
    if way.stop is not None:
        return (*edits, insert_before(way.stop, text, above_comments=True))
    return (*edits, insert_after(way.passed[-1], text))


def _is_volatile(name: str, *, ending: bool = False) -> bool:
    """True for a name that stands for one build; with `ending`, also for one that ends so: APP_GIT_SHA."""
    low, names = name.casefold(), load("volatile")["names"]
    return low in names or (ending and any(low.endswith(f"_{each}") for each in names))


def _uses(project: Project, instruction: Instruction, names: Iterable[str]) -> bool:
    """True when an instruction has one of the names in it as a word, or sets it itself."""
    text = project.dockerfile.text(instruction.span)
    return any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) for name in names)


def _held(taker: Instruction, names: list[str]) -> str:
    """Why an ENV or LABEL cannot go along; "" when it can."""
    line = taker.start_line
    if taker.keyword == "LABEL":
        return ""
    for pair in taker.pairs():
        value = pair.value.text if pair.value is not None else ""
        if not any(re.search(rf"\$\{{?{re.escape(name)}(?!\w)", value) for name in names):
            return f"the ENV of line {line} sets {pair.key.text} too"
        if not _is_volatile(pair.key.text, ending=True):
            return f"{pair.key.text} of line {line} may be read by any program"
    return ""


def _collides(project: Project, later: Instruction, takers: list[Instruction]) -> bool:
    """True when an ARG, ENV or LABEL sets what one of those above it sets, or has in its value."""
    if later.keyword not in ("ARG", "ENV", "LABEL"):
        return False
    keys = [pair.key.text for pair in later.pairs()]
    same = [each for each in takers if (each.keyword == "LABEL") == (later.keyword == "LABEL")]
    if later.keyword == "LABEL":
        return any(pair.key.text in keys for each in same for pair in each.pairs())
    sets = {pair.key.text for each in same for pair in each.pairs()}
    values = " ".join(project.dockerfile.text(each.span) for each in takers)
    return any(key in sets or re.search(rf"\$\{{?{re.escape(key)}(?!\w)", values) for key in keys)


def _may_read(project: Project, run: Instruction) -> str:
    """Why a RUN may read a variable that it does not name; "" when it cannot."""
    script = project.script(run)
    if not script.ok:
        return f"the RUN of line {run.start_line} is not understood, and may read the variable"
    command = next((each for each in script.commands if not _is_plain(project, each)), None)
    return f"{command.name or 'a command'} in line {run.start_line} may read the variable" if command else ""


def _is_plain(project: Project, command: Command) -> bool:
    """True for a command known to read none of these variables, neither itself nor by what it runs."""
    need, facts = needs(command), load("volatile")
    if need.manager and need.kind == "nothing":
        return True
    if need.kind == "manifests" and not need.first and need.manager in facts["installs"]:
        from jettison.installs.node import runs_scripts

        return need.manager not in facts["scripts"] or not runs_scripts(project.context)
    words = facts["plain"].get(command.name)
    first = command.operands[0].text if command.operands else ""
    return words is not None and (words == "" or first in words.split())


def _seconds(project: Project, run: Instruction) -> float:
    from jettison.shell.packages import action

    costs = load("costs")["install_seconds"]
    done = [found for command in project.script(run).commands if (found := action(command)) is not None]
    return max([float(costs.get(each.manager.name, 2)) for each in done], default=1.0)


def _share(project: Project, run: Instruction, arg: Instruction) -> float:
    """The share of builds at which the RUN would come from the cache without the ARG, where the history of
    the project is known; else 1."""
    from jettison.replay.touched import known

    if known(project) is None:
        return 1.0
    from jettison.rules.changing import share_kept

    return share_kept(project, run, arg)
