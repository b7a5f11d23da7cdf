"""A chown or chmod in a RUN stores every copied file a second time."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.dockerfile import Instruction, Stage
from jettison.dockerfile.edit import delete, insert_before
from jettison.findings import Allowance, Basis, Finding, Fix, Safety, Saving
from jettison.project import Project
from jettison.rules import filling, reowning, rule
from jettison.rules.ignorefile import size as shown
from jettison.rules.owners import Change, changes, copy_value
from jettison.rules.writers import may_write
from jettison.shell.render import Refusal
from jettison.spans import Edit

_WORTH = 100_000


@rule("JT103", order=22)
def chown_duplicates_layer(project: Project) -> Iterator[Finding]:
    """A chown or chmod in a RUN stores every copied file a second time.

    What:
        `RUN chown -R user:group FOLDER`, or `chmod -R`, after a COPY or ADD into that folder, in a stage
        whose layers ship.

    Why:
        A layer holds whole files: changing only the owner puts all of them into the image once more. And
        after each change of a source both the COPY and the RUN run again.

    How it is fixed:
        `COPY --chown=user:group` (or `--chmod=`) writes the files once, with the right owner. The RUN goes,
        or stays for the folders that WORKDIR made: those belong to root, and a COPY into them does not change
        that. A RUN that only makes the user moves before the COPY; a RUN that makes files there, such as `npm
        ci`, gets the chown at its own end. Applied once a real build shows the same tree, owners included.

        Measured with BuildKit 0.25: folders that COPY has to make get the owner and mode of the flags;
        folders that exist keep theirs; WORKDIR makes a folder that belongs to the USER in force;
        `--chown=user` alone means the user's login group. A `chown -R` over files that have that owner
        already stores nothing again in containerd's image store, and everything in Docker's older one.

    When not:
        It is refused when the user is not known where the COPY runs, when other instructions put files there
        that the flag would not reach, for ADD of an archive, symbolic modes and names that only a shell can
        know.

    References:
        https://docs.docker.com/reference/dockerfile/#copy---chown---chmod
        https://github.com/moby/moby/issues/22810
    """
    for stage in project.shipped:
        for run, script in project.runs(stage):
            if script.ok and script.form == "shell":
                for change in changes(project, run, script):
                    yield from _judge(project, stage, change)


def _judge(project: Project, stage: Stage, change: Change) -> Iterator[Finding]:
    found = filling.find_copies(project, stage, change)
    if found is None:
        return
    stays = may_write(project, change.run, found.folder, until=change.command)
    bytes_ = filling.size(found)
    small = bytes_ is not None and bytes_ < _WORTH
    if stays and (not found.wrong or small):
        return
    what = "every copied file" if bytes_ is None else f"the copied files, {shown(bytes_)},"
    message = f"{change.verb} -R stores {what} a second time"
    saving = Saving() if bytes_ is None else Saving(bytes=bytes_, basis=Basis.MEASURED)
    if small and filling.filled_by_base(found) and not filling.known_in_base(found):
        return
    edits = _edits(found, stays)
    if isinstance(edits, Refusal):
        yield Finding(change.command.span, message, saving, refused=edits.reason)
        return
    value = copy_value(change, found.first)
    title = f"Copy with --{change.flag}={value} instead of a {change.verb} in a layer of its own"
    allows = Allowance(change=filling.parents(found))
    yield Finding(
        change.command.span, message, saving, Fix(title, tuple(edits), Safety.PROVEN, allows=allows)
    )


def _edits(found: filling.Copies, stays: bool) -> list[Edit] | Refusal:
    if reason := reowning.obstacle(found):
        return Refusal(reason)
    maker = reowning.user_maker(found)
    own = found.change.run
    if stays:
        return (
            reowning.flags(found)
            if maker is None
            else Refusal(f"the user is made on line {maker.start_line}")
        )
    runs = reowning.writers(found)
    if runs:
        return _with_writers(found, runs, maker is not None)
    if filling.filled_by_base(found):
        return _before_the_copies(found)
    folders = filling.made_by_workdir(found, own if maker is None else found.first)
    rest = reowning.without_recursion(found, folders)
    if isinstance(rest, Refusal):
        return rest
    if maker is None:
        return reowning.flags(found) + rest
    if maker is own:
        if folders != filling.made_by_workdir(found, own):
            return Refusal(f"WORKDIR after line {found.first.start_line} makes a folder of its own")
        moved = reowning.moved_up(found, own, rest)
    else:
        up = reowning.moved_up(found, maker, [])
        moved = up if isinstance(up, Refusal) else up + rest
    return moved if isinstance(moved, Refusal) else reowning.flags(found) + moved


def _with_writers(found: filling.Copies, runs: list[Instruction], late_user: bool) -> list[Edit] | Refusal:
    """The change at the end of the RUNs that make files there, and no longer by itself."""
    if late_user or found.change.verb == "chmod" or len(found.change.script.items) > 1:
        return Refusal(f"line {runs[0].start_line} makes files below {found.folder} too")
    appended = reowning.appended(found, runs)
    if isinstance(appended, Refusal):
        return appended
    before = filling.made_by_workdir(found, runs[-1])
    later = [each for each in filling.made_by_workdir(found, found.change.run) if each not in before]
    rest = reowning.without_recursion(found, later)
    return rest if isinstance(rest, Refusal) else reowning.flags(found) + appended + rest


def _before_the_copies(found: filling.Copies) -> list[Edit] | Refusal:
    """The change as it is, before the first COPY: for what the base image has there."""
    if not filling.known_in_base(found) or len(found.change.script.items) > 1:
        return Refusal(f"the base image may have files of its own below {found.folder}")
    run = found.change.run
    text = found.project.dockerfile.text(run.span)
    return [*reowning.flags(found), insert_before(found.first, text, above_comments=True), delete(run)]
