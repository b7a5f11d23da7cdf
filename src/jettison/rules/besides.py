"""Write a chain of steps as a stage of its own, beside the rest of its stage."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import count

from jettison.dockerfile import Dockerfile, Instruction, Stage
from jettison.dockerfile.edit import insert_before
from jettison.dockerfile.stages import find_stage
from jettison.project import Project
from jettison.rules.apart import DESCRIBES, REPEATED, Apart
from jettison.rules.stagenames import uses
from jettison.spans import Edit, Span
from jettison.stages import covers

_SAID = REPEATED | {"USER"}
_RESERVED = ("scratch", "context")
_EMPTY = (b"\n\n", b"\n\r\n")


def split(project: Project, stage: Stage, apart: Apart) -> tuple[Edit, ...]:
    """The edits that move the chain of one stage out."""
    steps, file = stage.instructions, project.dockerfile
    chain = _name(file, posixpath.basename(apart.brings[0]))
    prefix = steps[: apart.cut]
    common = any(step.keyword not in _SAID | DESCRIBES for step in prefix)
    listed = [steps[n] for n in sorted((*apart.chain, *apart.both))]
    if not common:
        listed = [step for step in prefix if step.keyword in _SAID] + listed
    gone = [steps[n] for n in apart.chain]
    rest = [step for step in steps if step not in gone]
    dropped = _idle(project, [steps[n] for n in apart.both], rest, apart.brings)
    text = [_text(file, step, step in gone or step in dropped) for step in _without_idle(project, listed)]
    copies = _copies(file, stage, chain, apart)
    edits = _Edits(project, [*gone, *dropped])
    from_, as_ = _words(file, stage)
    if common:
        base = _base_name(file, stage)
        start = [f"{from_} {base} {as_} {chain}", *text, "", f"{from_} {base}{_as(file, stage)}"]
        edits.insert(steps[apart.cut], start)
        edits.add(_named(file, stage, base))
    else:
        edits.insert(stage.from_, [f"{_from(file, stage)} {as_} {chain}", *text, ""])
    edits.append(steps[apart.place - 1], copies)
    return edits.done()


def rebase(project: Project, below: Stage, stage: Stage, apart: Apart) -> tuple[Edit, ...]:
    """The edits that build `stage` on what `below` is built on, and on the steps of it that both need."""
    file, count_below = project.dockerfile, len(below.instructions)
    prefix, zone = below.instructions[: apart.cut], below.instructions[apart.cut :]
    common = any(step.keyword not in _SAID | DESCRIBES for step in prefix)
    said = [*(() if common else prefix), *(step for step in zone if step.keyword in _SAID | DESCRIBES)]
    kept = _without_idle(project, [*said, *stage.instructions])
    edits = _Edits(project, [])
    if common:
        base = _base_name(file, below)
        edits.insert(zone[0], [f"{_words(file, below)[0]} {base}{_as(file, below)}"])
        edits.add(_named(file, below, base))
        edits.add(Edit(stage.from_.words[0].span, base.encode()))
    else:
        flag = "" if stage.platform or not below.platform else f"--platform={below.platform} "
        word = file.text(below.from_.words[0].span)
        edits.add(Edit(stage.from_.words[0].span, f"{flag}{word}".encode("utf-8", "surrogateescape")))
    edits.append(stage.from_, [file.text(step.span) for step in said if step in kept])
    if needs_back(project, stage, apart, count_below):
        edits.append(
            stage.instructions[apart.place - count_below - 1],
            _copies(file, stage, str(below.name), apart),
        )
    return edits.done()


def needs_back(project: Project, stage: Stage, apart: Apart, below: int) -> bool:
    """True when what the chain makes is shipped, or read later, in the stage that no longer has it."""
    built_on = len(project.dockerfile.below(stage)) > 1
    if built_on or stage in project.shipped or apart.place < below + len(stage.instructions):
        return True
    paths = [path for _, path in takers(project, stage)]
    return any(
        path is None or covers(path, each) or covers(each, path) for path in paths for each in apart.brings
    )


def takers(project: Project, stage: Stage) -> Iterator[tuple[Instruction, str | None]]:
    """What is copied or mounted from a stage or from those built FROM it; None where that is not certain."""
    file = project.dockerfile
    line = file.below(stage)
    for other in file.stages:
        for use in uses(other):
            found = find_stage(use.name, file.stages)
            if found is None or found not in line:
                continue
            if use.instruction.keyword not in ("COPY", "ADD"):
                yield use.instruction, None
                continue
            for word in use.instruction.sources:
                path = posixpath.normpath(posixpath.join("/", word.text))
                yield use.instruction, None if set(word.text) & set("$*?[") else path


def numbered(file: Dockerfile) -> bool:
    """True when a stage is called by its number, which another stage before it would change."""
    flags = (i.flag("from") for i in file.instructions if i.keyword in ("COPY", "ADD"))
    return any(flag is not None and (flag.value or "").isdigit() for flag in flags)


def _name(file: Dockerfile, wish: str) -> str:
    """A name that no stage, FROM, COPY --from or mount uses, like the one wished for."""
    stem = re.sub(r"[^a-z0-9_.-]", "-", wish.lower()).lstrip("_.-0123456789") or "part"
    taken = {stage.name for stage in file.stages} | {stage.base.partition(":")[0] for stage in file.stages}
    taken |= {use.name.lower().partition(":")[0] for stage in file.stages for use in uses(stage)}
    names = (stem if number == 1 else f"{stem}-{number}" for number in count(1))
    return next(name for name in names if name not in taken and name not in _RESERVED)


def _copies(file: Dockerfile, stage: Stage, source: str, apart: Apart) -> list[str]:
    copy = "COPY" if _words(file, stage)[0] == "FROM" else "copy"
    return [f"{copy} --from={source} {path} {path}" for path in apart.brings]


def _base_name(file: Dockerfile, stage: Stage) -> str:
    """A name for the steps that both need."""
    image = re.split("[:@]", posixpath.basename(stage.base))[0]
    return _name(file, f"{stage.name or ('' if '$' in stage.base else image)}-base".lstrip("-"))


def _words(file: Dockerfile, stage: Stage) -> tuple[str, str]:
    """FROM and AS in the letters of the file."""
    small = file.text(stage.from_.keyword_span).islower()
    return ("from", "as") if small else ("FROM", "AS")


def _as(file: Dockerfile, stage: Stage) -> str:
    return f" {_words(file, stage)[1]} {file.text(stage.from_.words[2].span)}" if stage.name else ""


def _from(file: Dockerfile, stage: Stage) -> str:
    """The FROM of a stage without its name."""
    flags = [file.text(flag.span) for flag in stage.from_.flags]
    return " ".join([_words(file, stage)[0], *flags, file.text(stage.from_.words[0].span)])


def _named(file: Dockerfile, stage: Stage, name: str) -> Edit:
    """Another name behind AS, or a first one."""
    if stage.name:
        return Edit(stage.from_.words[2].span, name.encode())
    end = stage.from_.args_span.end
    return Edit(Span(end, end), f" {_words(file, stage)[1]} {name}".encode())


def _text(file: Dockerfile, step: Instruction, comments: bool) -> str:
    """The step as it is written, where it leaves its place with the comments above it."""
    start = insert_before(step, "", above_comments=True).span.start if comments else step.span.start
    return file.text(Span(start, step.span.end)).replace("\r\n", "\n")


def _absolute(step: Instruction) -> bool:
    return step.keyword == "WORKDIR" and step.args.strip("\"' ").startswith("/")


def _overtaken(steps: Sequence[Instruction], step: Instruction) -> bool:
    """True for a WORKDIR that another one follows before anything works in it."""
    for each in steps[steps.index(step) + 1 :]:
        if each.keyword not in (REPEATED | DESCRIBES) - {"WORKDIR"}:
            return _absolute(each)
    return False


def _without_idle(project: Project, steps: Sequence[Instruction]) -> list[Instruction]:
    """The steps without WORKDIRs that change nothing for them."""
    kept: list[Instruction] = []
    at = ""
    for step in steps:
        if step.keyword == "WORKDIR":
            place = _workdir(project, step)
            if _overtaken(steps, step) or place == at:
                continue
            at = place
        kept.append(step)
    return kept


def _workdir(project: Project, step: Instruction) -> str:
    """The absolute folder that a WORKDIR names."""
    scope = project.scope(step)
    path = scope.expand(step.args.strip("\"' "), step.escape).text
    return posixpath.normpath(posixpath.join(scope.workdir, path))


def _idle(
    project: Project, said: Iterable[Instruction], rest: Sequence[Instruction], brings: Iterable[str]
) -> list[Instruction]:
    """The WORKDIRs that only the chain needed; the folders that they make come with what it makes."""
    found = []
    for step in said:
        if step.keyword != "WORKDIR" or not _overtaken(rest, step):
            continue
        at = _workdir(project, step)
        if any(covers(path, at) or covers(at, path) for path in brings):
            found.append(step)
    return found


class _Edits:
    """Edits of which some remove whole lines and others insert at the same places."""

    def __init__(self, project: Project, gone: Iterable[Instruction]) -> None:
        self.source = project.dockerfile.source
        self.newline = project.dockerfile.newline.decode()
        self.plain: list[Edit] = []
        self.ranges: list[tuple[int, int, str]] = []
        for step in sorted(gone, key=lambda each: each.span):
            start = insert_before(step, "", above_comments=True).span.start
            end = self._line_end(step)
            if self.ranges and not self.source[self.ranges[-1][1] : start].strip():
                start = self.ranges.pop()[0]
            self.ranges.append((start, end, ""))

    def _line_end(self, step: Instruction) -> int:
        found = self.source.find(b"\n", step.span.end)
        return len(self.source) if found < 0 else found + 1

    def add(self, edit: Edit) -> None:
        self.plain.append(edit)

    def insert(self, step: Instruction, lines: Sequence[str]) -> None:
        """Lines before a step and the comments above it, after an empty line."""
        at = insert_before(step, "", above_comments=True).span.start
        blank = at == 0 or step.keyword == "FROM" or self.source[:at].endswith(_EMPTY)
        self._put(at, ("" if blank else "\n") + "\n".join(lines) + "\n")

    def append(self, step: Instruction, lines: Sequence[str]) -> None:
        """Lines after a step."""
        if lines:
            self._put(self._line_end(step), "\n".join(lines) + "\n")

    def _put(self, at: int, text: str) -> None:
        for number, (start, end, new) in enumerate(self.ranges):
            if start <= at <= end:
                self.ranges[number] = (start, end, new + text)
                return
        self.ranges.append((at, at, text))

    def done(self) -> tuple[Edit, ...]:
        """All of them, with the line ends of the file; no two empty lines where lines went."""
        edits = [*self.plain]
        for start, end, text in self.ranges:
            before, after = self.source[:start], self.source[end:]
            gap = end > start and (not text or text.endswith("\n\n")) and before.endswith(_EMPTY)
            if (gap or "\nFROM " in text) and after.startswith((b"\n", b"\r\n")):
                end += 2 if after.startswith(b"\r\n") else 1
            if start and not before.endswith(b"\n"):
                text = "\n" + text.removesuffix("\n")
            elif end == len(self.source) and not self.source.endswith(b"\n"):
                text = text.removesuffix("\n")
            data = text.replace("\n", self.newline).encode("utf-8", "surrogateescape")
            edits.append(Edit(Span(start, end), data))
        return tuple(sorted(edits, key=lambda edit: edit.span))
