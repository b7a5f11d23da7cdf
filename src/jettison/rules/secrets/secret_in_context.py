"""A COPY takes a file with a secret into a layer."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.findings import Allowance, Finding, Fix, Safety
from jettison.project import Project, ignore_path
from jettison.rules import rule
from jettison.rules.copies import Taken, taken
from jettison.rules.ignorefile import longer, sections

_TOLD = 5
"""Files named in one finding."""


@rule("JT502", order=4)
def secret_in_context(project: Project) -> Iterator[Finding]:
    """A COPY takes a file with a secret into a layer.

    What:
        A COPY or ADD of a folder takes a file that holds a private key, a token or a password: `.env`,
        `.npmrc`, `id_rsa`, `*.pem` and the like, judged by name and by the first 64 KB of their text.

    Why:
        Everyone who can pull the image has the file, also when a later layer removes it. It usually goes
        unnoticed: CI builds from a clean checkout, a laptop does not.

    How it is fixed:
        The file is named in the ignore file, so that the builder never gets it. That changes the image, so a
        real build before and after has to agree that the program works without it.

    When not:
        Templates (`.env.example`), tests and public keys; values such as `changeme`. A file that a COPY names
        itself is told, but not ignored: it is wanted, and has to come in as `--mount=type=secret`. The secret
        itself is never printed.

    References:
        https://docs.docker.com/build/building/secrets/
        https://docs.docker.com/build/concepts/context/#dockerignore-files
    """
    for stage in project.dockerfile.stages:
        for copy in stage.instructions:
            if copy.keyword not in ("COPY", "ADD") or copy.flag("from"):
                continue
            for source in taken(project, copy):
                found = _judge(project, source)
                if found is not None:
                    yield found


def _judge(project: Project, source: Taken) -> Finding | None:
    from jettison.rules.secretwords import is_suspect, kind_of_file

    held = []
    for file in source.files(project.context):
        if is_suspect(file.path):
            kind = kind_of_file(file.path, project.context.read(file.path))
            if kind is not None:
                held.append((file.path, *kind))
    if not held:
        return None
    told = ", ".join(f"{path} ({kind}, line {line})" for path, kind, line in held[:_TOLD])
    more = f" and {len(held) - _TOLD} more" if len(held) > _TOLD else ""
    message = f"this {source.copy.keyword} puts secrets into a layer: {told}{more}"
    if any(source.source.strip("./") == path.strip("./") for path, *_ in held):
        why = "it is copied by name, so something needs it: use `RUN --mount=type=secret` instead"
        return Finding(source.copy.span, message, refused=why)
    paths = [path for path, *_ in held]
    where = ignore_path(project.context)
    if where.startswith("../"):
        return Finding(source.copy.span, message, refused=f"{where} lies outside the build context")
    allows = Allowance(vanish=tuple(source.target(path, project.context) for path in paths))
    fix = Fix(
        "Keep the secrets out of the build context",
        (),
        Safety.PROVEN,
        files={
            where: longer(project, sections([("secrets: the program gets them when it runs", tuple(paths))]))
        },
        allows=allows,
    )
    return Finding(source.copy.span, message, fix=fix)
