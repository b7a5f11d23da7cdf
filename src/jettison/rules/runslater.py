"""Everything that runs after a command, in the rest of the build and when the container starts."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from jettison.dockerfile import Instruction, Stage
from jettison.project import Project
from jettison.shell import Command, Script


def later_texts(
    project: Project, stage: Stage, run: Instruction, script: Script, command: Command
) -> Iterator[tuple[int, str]]:
    """What runs after a command, with its line, here and in stages built FROM here: shell text, exec forms,
    scripts of the context.
    """
    after = script.text.text[command.end :]
    yield run.start_line, after
    for other in project.dockerfile.below(stage):
        for each in other.instructions:
            body = each.onbuild or each
            if other is stage and each.span.start <= run.span.start:
                continue
            if body.keyword in ("RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK"):
                text = " ".join(word.text for word in body.json) if body.json else body.shell_text().text
                yield body.start_line, text
                yield from ((body.start_line, script) for script in _scripts(project, text))


def _scripts(project: Project, text: str) -> Iterator[str]:
    names = {
        posixpath.basename(word.strip("\"'")) for word in text.split() if word.strip("\"'").endswith(".sh")
    }
    for file in project.context.files if names else ():
        if posixpath.basename(file.path) in names:
            yield project.context.read(file.path, 100_000).decode("utf-8", "replace")
