"""A chown or chmod in a RUN stores every copied file a second time."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.dockerfile import Stage
from jettison.findings import Allowance, Basis, Finding, Fix, Safety, Saving
from jettison.project import Project
from jettison.rules import rule
from jettison.rules.amounts import size
from jettison.rules.owners import Change, changes, copy_value
from jettison.shell.render import Refusal

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

        Measured with Docker 28.5: folders that COPY has to make get the owner and mode of the flags;
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
    from jettison.rules import filling, reowning
    from jettison.rules.writers import may_write

    found = filling.find_copies(project, stage, change)
    if found is None:
        return
    stays = may_write(project, change.run, found.folder, until=change.command)
    bytes_ = filling.size(found)
    small = bytes_ is not None and bytes_ < _WORTH
    if stays and (not found.wrong or small):
        return
    what = "every copied file" if bytes_ is None else f"the copied files, {size(bytes_)},"
    message = f"{change.verb} -R stores {what} a second time"
    saving = Saving() if bytes_ is None else Saving(bytes=bytes_, basis=Basis.MEASURED)
    if small and filling.filled_by_base(found) and not filling.known_in_base(found):
        return
    edits = reowning.edits(found, stays)
    if isinstance(edits, Refusal):
        yield Finding(change.command.span, message, saving, refused=edits.reason)
        return
    value = copy_value(change, found.first)
    title = f"Copy with --{change.flag}={value} instead of a {change.verb} in a layer of its own"
    allows = Allowance(change=filling.parents(found))
    yield Finding(
        change.command.span, message, saving, Fix(title, tuple(edits), Safety.PROVEN, allows=allows)
    )
