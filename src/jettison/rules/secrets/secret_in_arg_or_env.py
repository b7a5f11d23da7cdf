"""ARG or ENV holds a secret, which everyone who has the image can read."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import rule

_SENTENCE = "whoever builds has to hand over the secret in another way, which no edit of this file can do: "


@rule("JT501", aliases=("SecretsUsedInArgOrEnv", "DL3064"))
def secret_in_arg_or_env(project: Project) -> Iterator[Finding]:
    """ARG or ENV holds a secret, which everyone who has the image can read.

    What:
        An ARG or ENV whose name says that it is a secret (TOKEN, PASSWORD, KEY, ...). ENV counts when it has
        a value that is no placeholder, ARG always: its value comes with the build call.

    Why:
        ENV is part of the image's configuration, the value of an ARG is part of its history and of the build
        record: `docker history` and `docker inspect` show both to everyone who can pull the image.

    How it is fixed:
        Not by an edit of the Dockerfile alone. The RUN that needs the secret takes it as
        `--mount=type=secret,id=NAME,env=NAME`, and the build is called with `--secret id=NAME,env=NAME`. What
        the program needs when it runs is given to `docker run`.

    When not:
        Names that say where a secret is (`TOKEN_FILE`, `KEY_ID`, `PUBLIC_KEY`), values such as `changeme` or
        a path, and ENV that only hands an ARG of the same name on (the ARG is told).

    References:
        https://docs.docker.com/reference/build-checks/secrets-used-in-arg-or-env/
        https://docs.docker.com/build/building/secrets/
    """
    if not any(i.keyword in ("ARG", "ENV") for i in project.dockerfile.instructions):
        return
    from jettison.rules.secretwords import is_placeholder, names_secret

    for instruction in project.dockerfile.instructions:
        if instruction.keyword not in ("ARG", "ENV") or instruction.error:
            continue
        for pair in instruction.pairs():
            name, value = pair.key.text, pair.value.text if pair.value else ""
            if not names_secret(name) or (instruction.keyword == "ENV" and is_placeholder(value)):
                continue
            kind = "history" if instruction.keyword == "ARG" else "configuration"
            yield Finding(
                instruction.span,
                f"{instruction.keyword} {name} puts a secret into the image's {kind}, for everyone to read",
                refused=f"{_SENTENCE}`RUN --mount=type=secret,id={name},env={name}`, built with "
                f"`--secret id={name},env={name}`",
            )
