"""In which commits the input of an instruction changed."""

from __future__ import annotations

from collections.abc import Iterable

from jettison.cache.select import Placer, Source
from jettison.dockerfile import Instruction, Stage
from jettison.dockerfile.stages import find_stage
from jettison.project import Project
from jettison.replay.touched import Touched, touched
from jettison.rules.copies import Taken, taken
from jettison.rules.runeffects import bound_from_context


def share_kept(project: Project, run: Instruction, gone: Instruction, kept: Iterable[str] = ()) -> float:
    """The share of commits in which a RUN came from the cache if `gone` no longer stood above it, and does
    not as it is; `kept` are files and folders of what is gone that stay above. An ARG is new with every
    commit."""
    history, stage = touched(project), project.dockerfile.stage_of(run)
    if not history.commits or stage is None:
        return 1.0
    changes = Changes(project, history)
    above = changes.of_base(stage) | changes.of(run)
    for path in kept:
        above |= changes.of_path(path.rstrip("/"))
    for each in stage.instructions:
        if each is run:
            break
        above |= changes.of(each) if each is not gone else 0
    now = (1 << history.commits) - 1 if gone.keyword == "ARG" else changes.of(gone)
    return (now & ~above).bit_count() / history.commits


class Changes:
    """The commits, as bitsets, that changed what the instructions of a Dockerfile take. A RUN takes what its
    bind mounts show; what a stage makes counts as changed whenever anything in it has."""

    def __init__(self, project: Project, history: Touched) -> None:
        self.project = project
        self.history = history
        self._stages: dict[int, int] = {}

    def of(self, instruction: Instruction) -> int:
        """The commits that changed an input of an instruction itself."""
        found = 0
        for source in taken(self.project, instruction):
            found |= self.of_source(source)
        for mount in bound_from_context(instruction):
            found |= self.of_path(mount.options.get("source", ""))
        origins = [mount.options.get("from") for mount in instruction.mounts]
        flag = instruction.flag("from") if instruction.keyword in ("COPY", "ADD") else None
        for name in (*origins, flag.value if flag is not None else None):
            found |= self._named(name, instruction)
        return found

    def of_source(self, source: Taken) -> int:
        """The commits that changed what one source of a COPY takes."""
        return self._placed(Source(source.source, source.exclude, source.parents))

    def of_path(self, path: str) -> int:
        """The commits that changed a file of the context, or what lies in a folder."""
        return self._placed(Source(path))

    def of_base(self, stage: Stage) -> int:
        """The commits that changed the stage that one is built FROM."""
        return self._stage(stage.base_stage) if stage.base_stage is not None else 0

    def _placed(self, source: Source) -> int:
        context, found = self.project.context, 0
        placer = Placer(source, {file.path: file.target for file in context.files if file.kind == "link"})
        for path, commits in self.history.paths.items():
            new = commits & ~found and placer.place(path) is not None
            if new and not (context.ignore is not None and context.ignore.excludes(path)):
                found |= commits
        return found

    def _named(self, name: str | None, at: Instruction) -> int:
        stage = self.project.dockerfile.stage_of(at)
        if name is None or stage is None:
            return 0
        named = find_stage(name, self.project.dockerfile.stages[: stage.index])
        return self._stage(named.index) if named is not None else 0

    def _stage(self, index: int) -> int:
        if index not in self._stages:
            stage = self.project.dockerfile.stages[index]
            found = self.of_base(stage)
            for instruction in stage.instructions:
                found |= self.of(instruction)
            self._stages[index] = found
        return self._stages[index]
