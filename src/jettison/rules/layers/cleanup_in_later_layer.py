"""A later RUN removes what an earlier layer still ships."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.dockerfile import Instruction
from jettison.dockerfile.edit import delete
from jettison.findings import Allowance, Finding, Fix, Safety, Saving
from jettison.project import Project
from jettison.rules import rule
from jettison.rules.latefiles import Late, removed_files
from jettison.rules.leftovers import (
    Use,
    clean_up,
    home,
    leaving,
    makes,
    removals,
    removed,
    used_again,
    weight,
)
from jettison.shell import Command, Script
from jettison.shell.packages import action
from jettison.shell.render import Refusal, append_command, remove_command
from jettison.spans import Edit
from jettison.stages import covers


@rule("JT102", order=28)
def cleanup_in_later_layer(project: Project) -> Iterator[Finding]:
    """A later RUN removes what an earlier layer still ships.

    What:
        `rm -rf /var/lib/apt/lists/*`, `pip cache purge`, `rm /tmp/archive.tar.gz` or `rm -rf /usr/src/x` in a
        RUN after the one, or after the COPY, that made it, in a stage whose layers ship.

    Why:
        A layer only adds: the later RUN hides the files, and every byte of them is still pulled and stored
        with the layer below. Squashing tools do not help, as they keep the layers of the base.

    How it is fixed:
        For package managers the clean-up moves to the end of each RUN that made the files, and goes where it
        was. A download or a folder of sources is removed by joining the RUNs from the one that made it to the
        one that removes it into one; this is applied once a real build agrees. The final file system is the
        same.

    When not:
        It is refused when a RUN in between still needs the files, runs as another user, or is no plain chain
        of `&&`, and when a COPY made them: mount them instead with `RUN --mount=type=bind`, or use a builder
        stage. Files of the base image cannot be removed by anybody; deleting those is not reported.

    References:
        https://docs.docker.com/build/building/best-practices/#minimize-the-number-of-layers
        https://github.com/moby/moby/issues/22810
    """
    for stage in project.shipped:
        runs = [(run, script) for run, script in project.runs(stage) if script.ok]
        for index, (run, script) in enumerate(runs):
            late = Late(project, stage, run, script)
            yield from _managers(late, runs[:index])
            yield from removed_files(late, [earlier for earlier, _ in runs[:index]])


def _managers(late: Late, earlier: list[tuple[Instruction, Script]]) -> Iterator[Finding]:
    uses = [use for run, script in earlier for use in leaving(late.project, late.stage, run, script)]
    for name in dict.fromkeys(use.manager.name for use in uses):
        makers = [use for use in uses if use.manager.name == name]
        if makes(late.script, makers[0].manager):
            continue
        commands = [c for c in removals(makers[0], late.script) if c.unconditional]
        if not commands:
            continue
        if name == "apt-get":
            commands = [c for c in late.script.commands if c in commands or _does_nothing(c, "clean")]
        fix = _move(late, makers, commands)
        lines = " and ".join(str(use.run.start_line) for use in makers)
        yield Finding(
            commands[0].span,
            f"{makers[0].what} are removed too late: their bytes still ship in the layer of line {lines}",
            Saving(bytes=sum(weight(use) for use in makers)),
            fix if isinstance(fix, Fix) else None,
            fix.reason if isinstance(fix, Refusal) else None,
        )


def _move(late: Late, makers: list[Use], commands: list[Command]) -> Fix | Refusal:
    """The clean-up at the end of every RUN that made the files, and no longer in the later one."""
    from jettison.rules.lists import join_readers, readers

    project = late.project
    user = project.scope(late.run).user
    alone = _only_that(late, makers, commands)
    text = " && ".join(_text(command) for command in commands)
    edits: list[Edit] = []
    safety = Safety.SAFE
    joined_up_to = -1
    for use in makers:
        if use.run.span.start <= joined_up_to:
            continue
        line = use.run.start_line
        if again := used_again(use, until=late.run):
            return Refusal(f"line {again} still reads what line {line} leaves")
        found = tuple(r for r in readers(project, use.run, use.manager) if r is not late.run)
        if project.scope(use.run).user != user:
            return Refusal(f"line {line} runs as another user than line {late.run.start_line}")
        joined = join_readers(project, use.run, found) if found else ()
        if isinstance(joined, Refusal):
            return joined
        last = project.script(found[-1]) if found else use.script
        joined_up_to = found[-1].span.start if found else joined_up_to
        outcome = append_command(last, text if alone else clean_up(use))
        if isinstance(outcome, Refusal):
            return Refusal(f"line {line}: {outcome.reason}")
        edits += (*joined, *outcome)
        safety = Safety.PROVEN if found else safety
    if alone:
        edits += _without(late, commands)
    inside = tuple(pattern for use in makers for folder in use.folders for pattern in (folder, f"{folder}/*"))
    allows = Allowance(vanish=inside, change=inside, appear=inside if makers[0].row.get("logs") else ())
    title = f"Remove {makers[0].what} in the RUN that leaves them, not in a later one"
    return Fix(title, tuple(edits), safety, allows=allows)


def _only_that(late: Late, makers: list[Use], commands: list[Command]) -> bool:
    """True when the commands remove nothing that another RUN may have put there in the meantime."""
    at_home = home(late.project, late.run)
    folders = [folder for use in makers for folder in use.folders]
    for command in commands:
        for path in removed(command, at_home):
            if path not in folders and not any(covers(folder, path) for folder in folders):
                return False
    return True


def _without(late: Late, commands: list[Command]) -> tuple[Edit, ...]:
    """The later RUN without its clean-up; as it is where the shell text does not allow that."""
    idle = [c for c in late.script.commands if c not in commands and not _does_nothing(c)]
    if not idle and len(late.script.items) == len(late.script.commands):
        return (delete(late.run),)
    edits: list[Edit] = []
    for command in commands:
        outcome = remove_command(late.script, command)
        if isinstance(outcome, Refusal) or len(commands) > 1:
            return ()
        edits += outcome
    return tuple(edits)


def _does_nothing(command: Command, verb: str = "") -> bool:
    """True for `true` and `:`; with `verb` for what tells apt to do that."""
    done = action(command)
    if verb:
        return done is not None and done.manager.name == "apt-get" and done.verb == verb
    return [word.text for word in command.words] in (["true"], [":"])


def _text(command: Command) -> str:
    return " ".join(word.raw for word in (*command.prefix, *command.words))
