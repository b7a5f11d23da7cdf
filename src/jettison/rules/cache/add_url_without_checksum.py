"""ADD fetches a URL whose content may be another one tomorrow."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import rule


@rule("JT206", default=False)
def add_url_without_checksum(project: Project) -> Iterator[Finding]:
    """ADD fetches a URL whose content may be another one tomorrow.

    What:
        `ADD https://…` without `--checksum`.

    Why:
        The builder asks the server again at every build, and takes what it says: a new Last-Modified makes
        every later step run again, another content goes unnoticed into the image.

    How it is fixed:
        With `--checksum=sha256:…`, which pins the content and its cache key. The sum is not known here: fetch
        the file once and take it from there. Off by default, as it is a question of policy.

    When not:
        Git repositories, which have their commit.

    References:
        https://docs.docker.com/reference/dockerfile/#add---checksum
    """
    for instruction in project.dockerfile.instructions:
        if instruction.keyword != "ADD" or instruction.flag("checksum") or instruction.error:
            continue
        for word in instruction.sources:
            url = word.text
            if url.startswith(("http://", "https://")) and ".git" not in url:
                yield Finding(
                    instruction.span,
                    f"{url} is fetched anew at every build, whatever it is by then",
                    refused="its checksum is not known here: ADD --checksum=sha256:…",
                )
