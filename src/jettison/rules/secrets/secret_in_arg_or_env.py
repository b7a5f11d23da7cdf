"""ARG or ENV holds a secret, which everyone who has the image can read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jettison.findings import Finding, Fix, Safety
from jettison.project import Project
from jettison.rules import rule

if TYPE_CHECKING:
    from jettison.dockerfile import Instruction
    from jettison.dockerfile.values import Pair

_TOKEN = 16
"""Characters below which no value is a token."""


@rule("JT501", aliases=("SecretsUsedInArgOrEnv", "DL3064"))
def secret_in_arg_or_env(project: Project) -> Iterator[Finding]:
    """ARG or ENV holds a secret, which everyone who has the image can read.

    What:
        An ARG or ENV whose name says that it is a secret (TOKEN, PASSWORD, KEY, ..., by the words of
        BuildKit's own check), or whose value has the shape of a well-known token, whatever the name. ENV
        counts when it has a value that is no placeholder, ARG also without one: it comes with the build call.

    Why:
        ENV is part of the image's configuration, the value of an ARG is part of its history and of the build
        record: `docker history` and `docker inspect` show both to everyone who can pull the image.

    How it is fixed:
        For an ARG that only RUNs use, `--mount=type=secret,id=NAME,env=NAME` on each of them takes its place.
        It is shown and never applied: the build is then called with `--secret id=NAME` instead of
        `--build-arg NAME`, which no edit of this file can do (`env=` needs Dockerfile syntax 1.10). What the
        program needs when it runs is given to `docker run`.

    When not:
        Names that say where a secret is (`TOKEN_FILE`, `KEY_ID`, `PUBLIC_KEY`), values such as `changeme` or
        a path, fingerprints of signing keys (`GPG_KEY`), a plain word under a name that says no more than key
        or auth, and ENV that only hands an ARG on (the ARG is told).

    References:
        https://docs.docker.com/reference/build-checks/secrets-used-in-arg-or-env/
        https://docs.docker.com/build/building/secrets/
    """
    for instruction in project.dockerfile.instructions:
        if instruction.keyword in ("ARG", "ENV") and not instruction.error:
            for pair in instruction.pairs():
                if (what := _leak(instruction, pair)) is not None:
                    yield _finding(project, instruction, pair.key.text, what)


def _leak(instruction: Instruction, pair: Pair) -> str | None:
    """What an ARG or ENV gives away: a kind of token, "" for what its name says; None for nothing."""
    from jettison.rules.secretwords import (
        is_about,
        is_fingerprint,
        is_placeholder,
        is_secret_name,
        is_weak_name,
        looks_random,
        tokens,
    )

    name = pair.key.text
    value = pair.value.text.strip("\"'") if pair.value is not None else None
    token = next(tokens(value), None) if value is not None and len(value) >= _TOKEN else None
    if token is not None:
        return token.kind
    if not is_secret_name(name) or is_about(name):
        return None
    if value is None:
        return "" if instruction.keyword == "ARG" else None
    if value and is_weak_name(name) and not looks_random(value):
        return None
    empty = instruction.keyword == "ARG" and value == ""
    return "" if empty or not (is_placeholder(value) or is_fingerprint(name, value)) else None


def _finding(project: Project, instruction: Instruction, name: str, kind: str) -> Finding:
    where = "history" if instruction.keyword == "ARG" else "configuration"
    what = f" ({kind})" if kind else ""
    message = (
        f"{instruction.keyword} {name} puts a secret{what} into the image's {where}, for everyone to read"
    )
    mount = f"--mount=type=secret,id={name},env={name}"
    if instruction.keyword == "ENV":
        why = (
            f"the program gets it when it runs (docker run --env-file); a RUN that needs it takes it by "
            f"`RUN {mount}`, built with `--secret id={name}`"
        )
        return Finding(instruction.span, message, refused=why)
    from jettison.rules.secretmounts import mount_instead

    made = mount_instead(project, project.dockerfile.stage_of(instruction), instruction, name)
    if isinstance(made, str):
        why = (
            f"{made}; a RUN that needs the secret takes it by `RUN {mount}`, built with `--secret id={name}`"
        )
        return Finding(instruction.span, message, refused=why)
    title = f"Mount it: the build is then called with --secret id={name} instead of --build-arg {name}"
    return Finding(instruction.span, message, fix=Fix(title, made, Safety.SUGGEST))
