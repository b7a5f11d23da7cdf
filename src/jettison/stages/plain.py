"""A stage of plain instructions read from top to bottom: where it works, what describes its image."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jettison.stages import Refusal

if TYPE_CHECKING:
    from jettison.dockerfile import Instruction, Stage
    from jettison.project import Project

_MOVED = frozenset(("CMD", "ENTRYPOINT", "EXPOSE", "LABEL", "MAINTAINER", "STOPSIGNAL"))


@dataclass(slots=True)
class Plain:
    """The last working directory, the ENV lines that the runtime stage keeps, and what describes the
    image."""

    workdir: str = "/"
    kept: list[str] = field(default_factory=list)
    moved: list[Instruction] = field(default_factory=list)


def read_plain(
    project: Project, stage: Stage, workdir: str, read_run: Callable[[Project, Instruction], None]
) -> Plain:
    """Read a stage whose RUNs `read_run` judges; raises Refusal for what is more than plain.

    `workdir` is that of the base image. Plain are WORKDIR and ENV without variables, COPY from the context,
    RUN, and what describes the image.
    """
    read = Plain(workdir)
    for instruction in stage.instructions:
        word = instruction.keyword
        if word == "WORKDIR":
            read.workdir = posixpath.normpath(posixpath.join(read.workdir, instruction.args.strip()))
            if "$" in read.workdir:
                raise Refusal(f"the WORKDIR of line {instruction.start_line} has a variable")
        elif word == "ENV":
            if "$" in instruction.args:
                raise Refusal(f"the ENV of line {instruction.start_line} uses a variable")
            read.kept.append(project.dockerfile.text(instruction.span))
        elif word in _MOVED:
            read.moved.append(instruction)
        elif word == "RUN":
            read_run(project, instruction)
        elif word != "COPY" or instruction.flag("from") is not None or instruction.heredocs:
            raise Refusal(
                f"what {word} of line {instruction.start_line} means for the program is not certain"
            )
    return read
