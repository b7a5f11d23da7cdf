"""How a recursive chown or chmod after COPYs becomes a flag of those COPYs."""

from __future__ import annotations

import posixpath

from jettison.dockerfile import Instruction, Stage
from jettison.dockerfile.edit import add_flag, delete, insert_before, replace
from jettison.project import Project
from jettison.rules.copies import is_archive, is_remote
from jettison.rules.filling import Copies, filled_by_base, known_in_base, made_by_workdir, others
from jettison.rules.making import made_by
from jettison.rules.owners import Change, base_names, copy_value, names
from jettison.rules.writers import made_folders, makes_user, may_make_users, may_write, users_only
from jettison.shell import Command
from jettison.shell.render import Refusal, append_command, remove_command
from jettison.spans import Edit, Span, apply
from jettison.stages import covers


def edits(found: Copies, stays: bool) -> list[Edit] | Refusal:
    """All edits; `stays` when the RUN of the change makes files there itself and so has to keep it."""
    if reason := obstacle(found):
        return Refusal(reason)
    maker = user_maker(found)
    own = found.change.run
    if stays:
        return flags(found) if maker is None else Refusal(f"the user is made on line {maker.start_line}")
    runs = writers(found)
    if runs:
        return _with_writers(found, runs, maker is not None)
    if filled_by_base(found):
        return _before_the_copies(found)
    folders = made_by_workdir(found, own if maker is None else found.first)
    rest = without_recursion(found, folders)
    if isinstance(rest, Refusal):
        return rest
    if maker is None:
        return flags(found) + rest
    if maker is own:
        if folders != made_by_workdir(found, own):
            return Refusal(f"WORKDIR after line {found.first.start_line} makes a folder of its own")
        moved = moved_up(found, own, rest)
    else:
        up = moved_up(found, maker, [])
        moved = up if isinstance(up, Refusal) else up + rest
    return moved if isinstance(moved, Refusal) else flags(found) + moved


def obstacle(found: Copies) -> str:
    """Why a flag of the COPYs would not do the same; "" when it would, as far as can be read."""
    project, change = found.project, found.change
    for copy in found.copies:
        line = copy.start_line
        if copy.flag("from") is not None and ":" not in change.spec and change.verb == "chown":
            return f"which groups the files have that line {line} copies from another stage is not known"
        if not copy_value(change, copy) or not _same_value(project, change, copy):
            return f"{change.verb} {change.spec} is no value that COPY on line {line} could take"
        if copy.flag("link") and names(change):
            return f"COPY --link on line {line} knows no users by name"
        if copy.keyword == "ADD" and any(is_archive(w.text) and not is_remote(w.text) for w in copy.sources):
            return f"ADD on line {line} unpacks an archive, whose files have owners of their own"
    for other in others(found):
        return f"line {other.start_line} puts files below {found.folder} as well"
    for instruction in found.between():
        if instruction.keyword in ("USER", "SHELL", "VOLUME"):
            return f"{instruction.keyword} on line {instruction.start_line} stands between"
        if instruction.keyword == "RUN" and project.script(instruction).named("git"):
            return f"git on line {instruction.start_line} refuses to work in a folder of another user"
    if change.command.wrappers or change.command.redirects:
        return f"{change.verb} does not run by itself"
    return _unknown_name(found)


def flags(found: Copies) -> list[Edit]:
    """The COPYs with the flag."""
    edits = []
    for copy in found.wrong:
        text = f"--{found.change.flag}={copy_value(found.change, copy)}"
        old = copy.flag(found.change.flag)
        edits.append(add_flag(copy, text) if old is None else replace(old, text))
    return edits


def writers(found: Copies) -> list[Instruction]:
    """The RUNs before the change that may put files below the folder."""
    return [run for run in found.runs_before() if may_write(found.project, run, found.folder)]


def appended(found: Copies, runs: list[Instruction]) -> list[Edit] | Refusal:
    """The change at the end of every RUN that puts files below the folder."""
    edits: list[Edit] = []
    here = found.project.scope(found.change.run).user
    for run in runs:
        line = run.start_line
        if found.project.scope(run).user != here:
            return Refusal(f"line {line} runs as another user")
        if not _is_there(found, run):
            return Refusal(f"whether there is a {found.folder} on line {line} is not known")
        if not all(_known_before(found, name, run) for name in names(found.change)):
            return Refusal(f"whether there is a {found.change.spec} on line {line} is not known")
        outcome = append_command(
            found.project.script(run), f"{found.change.verb} -R {found.change.spec} {found.folder}"
        )
        if isinstance(outcome, Refusal):
            return Refusal(f"line {line}: {outcome.reason}")
        edits += outcome
    return edits


def without_recursion(found: Copies, folders: list[str]) -> list[Edit] | Refusal:
    """The change for some folders by themselves, or gone when there are none."""
    change = found.change
    if folders:
        start, end = change.command.words[0].span.start, change.command.words[-1].span.end
        if b"\n" in found.project.dockerfile.source[start:end]:
            return Refusal(f"{change.verb} stands on several lines")
        return [
            Edit(
                Span(start, end),
                f"{change.verb} {change.spec} {' '.join(folders)}".encode("utf-8", "surrogateescape"),
            )
        ]
    if len(change.script.items) == 1:
        return [delete(change.run)]
    outcome = remove_command(change.script, change.command)
    return outcome if isinstance(outcome, Refusal) else list(outcome)


def moved_up(found: Copies, run: Instruction, edits: list[Edit]) -> list[Edit] | Refusal:
    """A RUN, changed by these edits, before the first COPY instead of where it stands."""
    source = found.project.dockerfile.source
    start, end = run.span
    if b"$" in source[start:end]:
        for each in found.between():
            if each.keyword in ("ENV", "ARG") and each.span.start < start:
                return Refusal(f"{each.keyword} on line {each.start_line} stands between")
    if len(edits) == 1 and not edits[0].new and edits[0].span.start <= start and edits[0].span.end >= end:
        return edits
    inside = [Edit(Span(e.span.start - start, e.span.end - start), e.new) for e in edits]
    text = apply(source[start:end], inside).decode("utf-8", "surrogateescape")
    return [insert_before(found.first, text, above_comments=True), delete(run)]


def user_maker(found: Copies) -> Instruction | None:
    """The RUN after the first COPY that makes a user or group the flag needs, the one of the change
    included."""
    runs = [i for i in (*found.between(), found.change.run) if i.keyword == "RUN"]
    for name in names(found.change):
        for run in runs:
            if makes_user(found.project, run, name) and not _known_before(found, name, found.first):
                return run
    return None


def _with_writers(found: Copies, runs: list[Instruction], late_user: bool) -> list[Edit] | Refusal:
    """The change at the end of the RUNs that make files there, and no longer by itself."""
    if late_user or found.change.verb == "chmod" or len(found.change.script.items) > 1:
        return Refusal(f"line {runs[0].start_line} makes files below {found.folder} too")
    given = appended(found, runs)
    if isinstance(given, Refusal):
        return given
    before = made_by_workdir(found, runs[-1])
    later = [each for each in made_by_workdir(found, found.change.run) if each not in before]
    rest = without_recursion(found, later)
    return rest if isinstance(rest, Refusal) else flags(found) + given + rest


def _before_the_copies(found: Copies) -> list[Edit] | Refusal:
    """The change as it is, before the first COPY: for what the base image has there."""
    if not known_in_base(found) or len(found.change.script.items) > 1:
        return Refusal(f"the base image may have files of its own below {found.folder}")
    run = found.change.run
    text = found.project.dockerfile.text(run.span)
    return [*flags(found), insert_before(found.first, text, above_comments=True), delete(run)]


def _same_value(project: Project, change: Change, copy: Instruction) -> bool:
    """True when the variables in the owner have the same values where the COPY stands."""
    before, after = project.scope(copy).expand(change.spec), project.scope(change.run).expand(change.spec)
    return not before.missing and before == after


def _is_there(found: Copies, run: Instruction) -> bool:
    """True when the folder exists at the end of a RUN, as an earlier instruction or the RUN itself makes
    it."""
    project = found.project
    if found.first.span.start < run.span.start or made_folders(project, found.stage, run, found.folder):
        return True
    at = project.scope(run).workdir
    made = [place for command in project.script(run).named("mkdir") for place in made_by(command, at)]
    return any(covers(found.folder, place) for place in made)


def _known_before(found: Copies, name: str, point: Instruction) -> bool:
    """True when the base image or a RUN before this point makes a user or group of that name."""
    known = base_names(found.project, found.change.run)
    stages = found.project.dockerfile.stages
    stage: Stage | None = found.stage
    while stage is not None:
        for run, _ in found.project.runs(stage):
            if run.span.start < point.span.start and makes_user(found.project, run, name):
                return True
        stage = stages[stage.base_stage] if stage.base_stage is not None else None
    return known is not None and name in known


def _unknown_name(found: Copies) -> str:
    """Why a name may not be known at the first COPY; "" when it is, or when its RUN can be moved up."""
    runs = [i for i in (*found.between(), found.change.run) if i.keyword == "RUN"]
    for name in names(found.change):
        if _known_before(found, name, found.first):
            continue
        maker = next((run for run in runs if makes_user(found.project, run, name)), None)
        if maker is not None:
            besides = found.change.command if maker is found.change.run else None
            if not users_only(found.project, maker, besides=besides):
                return (
                    f"{name} is made on line {maker.start_line}, after line {found.first.start_line} copies"
                )
            if _is_home(found, maker, name, besides):
                return f"line {maker.start_line} makes {name} with a home at {found.folder}"
            continue
        if any(
            may_make_users(
                found.project, run, until=found.change.command if run is found.change.run else None
            )
            for run in runs
        ):
            return f"whether there is a {name} when line {found.first.start_line} copies is not known"
    return ""


def _is_home(found: Copies, maker: Instruction, name: str, besides: Command | None) -> bool:
    """True when the RUN that makes a user may make the folder too, or something in it."""
    script = found.project.script(maker)
    words = [word for command in script.commands if command is not besides for word in command.arguments]
    paths = [found.project.scope(maker).expand(word.raw).text for word in words]
    homes = [f"/home/{name}", *(posixpath.normpath(path) for path in paths if path.startswith("/"))]
    return any(covers(home, found.folder) or covers(found.folder, home) for home in homes)
