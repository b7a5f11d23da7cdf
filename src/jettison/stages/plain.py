"""A stage of plain instructions read from top to bottom: where it works, what of it the program still
needs."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jettison.dockerfile.scope import step
from jettison.stages import Refusal, covers

if TYPE_CHECKING:
    from jettison.dockerfile import Instruction, Stage
    from jettison.project import Project

_MOVED = frozenset(("CMD", "ENTRYPOINT", "EXPOSE", "LABEL", "MAINTAINER", "STOPSIGNAL"))
_PASSING = ("/tmp", "/var/tmp", "/root/.cache")


@dataclass(slots=True)
class Plain:
    """What is gathered while a stage is read; all paths are absolute."""

    workdir: str = "/"
    """The last working directory."""
    kept: list[str] = field(default_factory=list)
    """Lines of the runtime stage: ENV, and COPY to where nothing is built."""
    values: list[str] = field(default_factory=list)
    """The values of ENV."""
    moved: list[Instruction] = field(default_factory=list)
    """What describes the image."""
    made: list[str] = field(default_factory=list)
    """Folders that a RUN makes."""
    inputs: list[tuple[Instruction, str]] = field(default_factory=list)
    """The COPYs that bring what is built, each with its destination."""

    def folders(self, program: str) -> list[str]:
        """The folders made that the runtime stage needs beside those that hold the `program`."""
        return [
            f
            for f in dict.fromkeys(self.made)
            if not covers(f, program) and not any(covers(passing, f) for passing in _PASSING)
        ]


def read_plain(
    project: Project, stage: Stage, workdir: str, read_run: Callable[[Project, Instruction], None]
) -> Plain:
    """Read a stage whose RUNs `read_run` judges; raises Refusal for what is more than plain.

    `workdir` is that of the base image. Plain are WORKDIR and ENV without variables, COPY from the context,
    RUN, and what describes the image.
    """
    read = Plain(workdir)
    built_in = {project.scope(run).workdir for run in stage.instructions if run.keyword == "RUN"}
    for instruction in stage.instructions:
        word = instruction.keyword
        if instruction.error:
            raise Refusal(f"line {instruction.start_line} is an instruction that cannot be moved safely")
        if word == "WORKDIR":
            if "$" in instruction.args:
                raise Refusal(f"the WORKDIR of line {instruction.start_line} has a variable")
            read.workdir = step(project.scope(instruction), instruction, {}, {}).workdir
        elif word == "ENV":
            if "$" in instruction.args:
                raise Refusal(f"the ENV of line {instruction.start_line} uses a variable")
            read.kept.append(project.dockerfile.text(instruction.span))
            read.values += [pair.value.text for pair in instruction.pairs() if pair.value]
        elif word in _MOVED:
            read.moved.append(instruction)
        elif word == "RUN":
            read_run(project, instruction)
            _read_results(project, instruction, read)
        elif word == "COPY" and instruction.flag("from") is None and not instruction.heredocs:
            _read_copy(project, instruction, built_in, read)
        else:
            raise Refusal(
                f"what {word} of line {instruction.start_line} means for the program is not certain"
            )
    if any(char in read.workdir for char in " '\"\\"):
        raise Refusal(f"the WORKDIR {read.workdir} has characters that cannot be written safely")
    return read


def _read_copy(project: Project, copy: Instruction, built_in: set[str], read: Plain) -> None:
    if copy.dest is None or any("$" in word.text for word in (*copy.sources, copy.dest)):
        raise Refusal(f"what line {copy.start_line} copies is not certain")
    dest = posixpath.normpath(posixpath.join(read.workdir, copy.dest.text))
    if any(covers(folder, dest) or covers(dest, folder) for folder in built_in):
        read.inputs.append((copy, dest))
    elif copy.dest.text.startswith("/"):
        read.kept.append(project.dockerfile.text(copy.span))
    else:
        raise Refusal(f"line {copy.start_line} copies to a folder that is not certain")


def _read_results(project: Project, run: Instruction, read: Plain) -> None:
    """What a RUN leaves beside programs: folders that it makes; raises Refusal for files that it writes."""
    workdir = project.scope(run).workdir
    for command in project.script(run).commands:
        if any(r.target is not None and r.target.raw != "/dev/null" and ">" in r.operator and
               not r.operator.endswith(">&") for r in command.redirects):  # fmt: skip
            raise Refusal(f"the RUN of line {run.start_line} writes a file that the program may need")
        if command.name != "mkdir":
            continue
        for word in command.operands:
            if word.text is None or any(char in word.raw for char in "{*?$ "):
                raise Refusal(f"which folder line {run.start_line} makes is not certain")
            read.made.append(posixpath.normpath(posixpath.join(workdir, word.text)))
