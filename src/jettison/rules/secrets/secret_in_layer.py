"""A RUN writes a secret into a layer or into the history."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import rule

_MARKS = ("://", "_", "-----BEGIN", "AKIA", "ASIA", "glpat-", "xox", "pypi-")
"""A text without any of these holds nothing that is looked for."""


@rule("JT503")
def secret_in_layer(project: Project) -> Iterator[Finding]:
    """A RUN writes a secret into a layer or into the history.

    What:
        A RUN, in any stage, whose text holds a token, a private key or an address with a password; a COPY of
        such a text as a heredoc.

    Why:
        The command is part of the image's history, and what it writes is part of its layer, also when a later
        layer removes it. In a stage that is not shipped it is still in the build cache, which CI exports.

    How it is fixed:
        Not by an edit of the Dockerfile alone: the secret comes in as `RUN --mount=type=secret,id=NAME` and
        is read from /run/secrets/NAME, a key for git as `RUN --mount=type=ssh`; the build is called with
        `--secret id=NAME,src=FILE` or `--ssh default`. The secret that is told here has to be withdrawn.

    When not:
        Addresses whose password is a variable, and values such as `user:password@`.

    References:
        https://docs.docker.com/build/building/secrets/
    """
    for instruction in project.dockerfile.instructions:
        if instruction.keyword not in ("RUN", "COPY"):
            continue
        text = project.dockerfile.text(instruction.span)
        if not any(
            mark in text for mark in ("://", "_", "-----BEGIN", "AKIA", "ASIA", "glpat-", "xox", "pypi-")
        ):
            continue
        from jettison.rules.secretwords import is_placeholder, kind_of_text

        found = kind_of_text(text)
        if found is None or (found[0] == "a password in an address" and is_placeholder(_password(text))):
            continue
        yield Finding(
            instruction.span,
            f"{found[0]} stands in this {instruction.keyword}, and stays in the history of the image",
            refused="the secret has to come from outside, which no edit of this file can do: "
            "`RUN --mount=type=secret,id=NAME`, built with `--secret id=NAME,src=FILE`",
        )


def _password(text: str) -> str:
    user = text.partition("://")[2].partition("@")[0]
    return user.partition(":")[2]
