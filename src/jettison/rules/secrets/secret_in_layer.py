"""A RUN or COPY writes a secret into a layer or into the history."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jettison.findings import Finding, Fix, Safety
from jettison.project import Project
from jettison.rules import rule

if TYPE_CHECKING:
    from jettison.dockerfile import Instruction, Stage
    from jettison.rules.secretlines import Written

_OUTSIDE = (
    "the secret has to come from outside, which no edit of this file can do: "
    "`RUN --mount=type=secret,id=NAME` and /run/secrets/NAME, built with `--secret id=NAME,src=FILE`; "
    "what stands here has to be withdrawn"
)


@rule("JT503")
def secret_in_layer(project: Project) -> Iterator[Finding]:
    """A RUN or COPY writes a secret into a layer or into the history.

    What:
        A RUN, in any stage, whose text holds a token, a private key, an address with a password or a header
        with a credential; a RUN that hands over a build argument in such a place; a RUN that writes a secret
        into `.npmrc`, `.netrc` and the like and leaves it there; a COPY of a key by name (`id_rsa`), also
        when a later RUN removes it; a COPY of such a text as a heredoc.

    Why:
        The command is part of the image's history, and what it writes is part of its layer, also when a later
        layer removes it. In a stage that is not shipped it is still in the build cache, which CI exports.

    How it is fixed:
        Not by an edit of the Dockerfile alone: the secret comes in as `RUN --mount=type=secret,id=NAME` and
        is read from /run/secrets/NAME or, with `env=NAME`, from the environment; a key for git comes in as
        `RUN --mount=type=ssh`. The build is called with `--secret id=NAME,src=FILE` or `--ssh default`. For a
        build argument the edit is shown. A secret that stood in the file has to be withdrawn.

    When not:
        Addresses whose password is a variable of the shell or a mount, values such as `user:password@`, and
        arguments that [secret-in-arg-or-env](secret-in-arg-or-env.md) tells by their names.

    References:
        https://docs.docker.com/build/building/secrets/
        https://docs.docker.com/reference/dockerfile/#run---mounttypessh
    """
    for stage in project.dockerfile.stages:
        for each in stage.instructions:
            if each.keyword == "RUN":
                yield from _of_run(project, stage, each)
            elif each.keyword in ("COPY", "ADD"):
                yield from _of_copy(project, each)


def _of_run(project: Project, stage: Stage, run: Instruction) -> Iterator[Finding]:
    from jettison.rules.secretlines import handed_over, left_in_file, may_hold, stands_in

    text = project.dockerfile.text(run.span)
    if not may_hold(text):
        return
    if (kind := stands_in(text)) is not None:
        message = f"a {kind} stands in this RUN, and stays in the history of the image"
        yield Finding(run.span, message, refused=_OUTSIDE)
        return
    if (name := handed_over(text, project.scope(run))) is not None:
        yield _argument(project, stage, run, name)
    elif (written := left_in_file(project, run)) is not None:
        yield _left(run, written)


def _argument(project: Project, stage: Stage, run: Instruction, name: str) -> Finding:
    from jettison.rules.secretmounts import mount_instead

    message = f"this RUN hands over the build argument {name} as a credential: the history shows its value"
    arg = next(
        (i for i in stage.instructions if i.keyword == "ARG" and any(p.key.text == name for p in i.pairs())),
        None,
    )
    made = mount_instead(project, stage, arg, name) if arg is not None else "its ARG stands in another stage"
    if isinstance(made, str):
        how = f"`RUN --mount=type=secret,id={name},env={name}`, built with `--secret id={name}`"
        return Finding(run.span, message, refused=f"{made}; without it: {how}")
    title = f"Mount it: the build is then called with --secret id={name} instead of --build-arg {name}"
    return Finding(run.span, message, fix=Fix(title, made, Safety.SUGGEST))


def _left(run: Instruction, written: Written) -> Finding:
    name = written.file.rpartition("/")[2]
    return Finding(
        run.span,
        f"this RUN writes a secret into {written.file} and leaves it in the layer",
        refused=f"remove it in the same RUN, or mount the whole file: `RUN --mount=type=secret,"
        f"id={name.strip('.')},target=...`, built with `--secret id={name.strip('.')},src={name}`",
    )


def _of_copy(project: Project, copy: Instruction) -> Iterator[Finding]:
    from jettison.rules.secretlines import copied_key, may_hold, stands_in

    if copy.heredocs:
        text = project.dockerfile.text(copy.span)
        kind = stands_in(text) if may_hold(text) else None
        if kind is not None:
            message = f"a {kind} stands in this {copy.keyword}, and stays in the layer"
            yield Finding(copy.span, message, refused=_OUTSIDE)
        return
    found = copied_key(project, copy)
    if found is None:
        return
    removed = f"; that line {found.removed} removes it changes nothing" if found.removed else ""
    message = f"{copy.keyword} {found.source} puts {found.kind} into a layer{removed}"
    name = found.source.rpartition("/")[2].strip(".")
    ssh = "`RUN --mount=type=ssh`, built with `--ssh default`"
    file = (
        f"`RUN --mount=type=secret,id={name},target={found.target}`, built with `--secret id={name},src=...`"
    )
    yield Finding(
        copy.span, message, refused=f"it can come in for one RUN only: {ssh if found.ssh else file}"
    )
