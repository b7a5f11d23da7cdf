"""Project: the joined view that rules see. Dockerfile, build context and, where known, image and build
record."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from jettison.dockerfile import Dockerfile, Instruction, Stage, parse
from jettison.dockerfile.scope import Scope, environment, walk
from jettison.facts.bases import Reference, base_facts

if TYPE_CHECKING:
    from jettison.context import Context
    from jettison.context.ecosystems import Found
    from jettison.facts.digests import Known
    from jettison.shell import Script


T = TypeVar("T")


class Project:
    """One Dockerfile with everything that is known around it. A value: `changed` gives a new one.

    `path` is the Dockerfile's path as the user wrote it, `root` the context folder. `files` are proposed
    contents of files beside the Dockerfile, by path relative to `root`; the context is read as if they were
    written. `digest_of` gives the digest that is known of an image; by default none is.
    """

    def __init__(
        self,
        source: bytes,
        *,
        path: str = "Dockerfile",
        root: Path = Path(),
        file: Path | None = None,
        files: Mapping[str, bytes] | None = None,
        build_args: Mapping[str, str] | None = None,
        target: str | None = None,
        digest_of: Callable[[str], Known | None] = lambda name: None,
    ) -> None:
        self.dockerfile: Dockerfile = parse(source)
        self.path = path
        self.root = root
        self.file = file
        self.files: Mapping[str, bytes] = files or {}
        self.build_args: Mapping[str, str] = build_args or {}
        self.target = target
        self.digest_of = digest_of
        self._scripts: dict[int, Script] = {}
        self._scopes: dict[int, Scope] = {}
        self._around: dict[Hashable, Any] = {}

    def changed(self, source: bytes, files: Mapping[str, bytes]) -> Project:
        """The project as it is after a rewrite: another Dockerfile and further proposed files."""
        merged = {**self.files, **files}
        new = Project(
            source,
            path=self.path,
            root=self.root,
            file=self.file,
            files=merged,
            build_args=self.build_args,
            target=self.target,
            digest_of=self.digest_of,
        )
        if merged == self.files:
            new.share_context(self)
        return new

    def share_context(self, other: Project) -> None:
        """Read the context once for both: for projects of one folder, ignore file and proposed files."""
        self._around = other._around

    @property
    def context_was_read(self) -> bool:
        """True once something has asked for the context."""
        return self.knows("context")

    def knows(self, key: Hashable) -> bool:
        """True once `once` has worked that out."""
        return key in self._around

    def once(self, key: Hashable, work: Callable[[], T]) -> T:
        """What depends on the context alone, worked out once for all projects that share it."""
        if key not in self._around:
            self._around[key] = work()
        found: T = self._around[key]
        return found

    @property
    def context(self) -> Context:
        """The files that the builder is sent, with the proposed ignore file in force; walked when first
        asked."""
        return self.once("context", self._read_context)

    def _read_context(self) -> Context:
        from jettison.context import Context, IgnoreFile, read_context

        context = read_context(self.root, self.file)
        proposed = self.files.get(ignore_path(context))
        return context if proposed is None else Context(self.root, IgnoreFile.parse(proposed))

    @property
    def ecosystems(self) -> tuple[Found, ...]:
        """The package ecosystems whose manifests lie in the context."""
        from jettison.context.ecosystems import find_ecosystems

        return self.once("ecosystems", lambda: find_ecosystems(self.context))

    @cached_property
    def final_stage(self) -> Stage | None:
        """The stage that is built: the target asked for, else the last one; None without any FROM."""
        return self.dockerfile.target(self.target) if self.dockerfile.stages else None

    @cached_property
    def shipped(self) -> tuple[Stage, ...]:
        """The final stage and the stages that it is built FROM: their layers are the image."""
        return self.dockerfile.above(self.final_stage) if self.final_stage is not None else ()

    def script(self, run: Instruction) -> Script:
        """The shell commands of a RUN."""
        found = self._scripts.get(run.span.start)
        if found is None:
            from jettison.shell import parse_run

            found = self._scripts[run.span.start] = parse_run(run, self.scope(run).shell)
        return found

    def scope(self, at: Instruction) -> Scope:
        """ENV, ARG, WORKDIR, USER and SHELL just before an instruction, with what is known of the base
        image."""
        if at.span.start not in self._scopes:
            stage = self.dockerfile.stage_of(at)
            if stage is None or at is stage.from_:
                self._scopes[at.span.start] = environment(self.dockerfile, at, self.build_args)
            else:
                self._walk(stage)
        return self._scopes[at.span.start]

    def _walk(self, stage: Stage) -> None:
        facts = base_facts(Reference.parse(self.base_of(stage)).repository)
        base = None if facts is None else Scope(dict(facts.env), {}, facts.workdir, facts.user)
        for instruction, scope in walk(self.dockerfile, stage, self.build_args, base):
            self._scopes[instruction.span.start] = scope
            if instruction.onbuild is not None:
                self._scopes[instruction.onbuild.span.start] = scope

    def base_of(self, stage: Stage) -> str:
        """The image that a stage starts from in the end, ARGs expanded, through any stages between."""
        while stage.base_stage is not None:
            stage = self.dockerfile.stages[stage.base_stage]
        return self.scope(stage.from_).expand(stage.base).text

    def runs(self, stage: Stage) -> Iterator[tuple[Instruction, Script]]:
        """Every RUN of a stage with its commands."""
        for instruction in stage.instructions:
            if instruction.keyword == "RUN":
                yield instruction, self.script(instruction)


def ignore_path(context: Context) -> str:
    """Where the ignore file in force lies, relative to the context; `.dockerignore` when there is none
    yet."""
    if context.ignore is None or context.ignore.path is None:
        return ".dockerignore"
    import os

    return Path(os.path.relpath(context.ignore.path, context.root)).as_posix()
