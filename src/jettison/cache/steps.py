"""A Dockerfile as the steps of a build, each with everything that its cache key is made of.

What counts and what does not follows BuildKit: dockerfile2llb/convert.go and convert_copy.go for what an
instruction becomes, solver/llbsolver/ops/{exec,file}.go for what of that is in the key. The truth
table in tests/cache holds it to a real engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import NamedTuple

from jettison.cache.select import Source
from jettison.dockerfile import Dockerfile, Instruction, Scope, Stage
from jettison.errors import CannotRun

COUNTED = ("WORKDIR", "COPY", "ADD", "RUN")


class Part(NamedTuple):
    """One ingredient of a key: `env` `PATH` `/bin`, `command` "" `/bin/sh -c make`."""

    kind: str
    name: str
    value: str


class Take(NamedTuple):
    """Files that go into a key by their content: from the context (`step` None), or from another step's
    result."""

    step: int | None
    source: int
    """Which of `Steps.sources` of the context; 0 for another step."""
    path: str
    """As written in the instruction."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step as BuildKit counts them, or a FROM."""

    name: str
    """As BuildKit says it: `[builder 2/5] RUN make`."""
    stage: Stage
    instruction: Instruction
    lines: tuple[int, ...]
    parts: tuple[Part, ...]
    parent: int | None
    """The step that it stands on; None on scratch."""
    takes: tuple[Take, ...] = ()
    shipped: bool = False
    """Its layer is one of the image."""
    merge: bool = False
    """The half of a COPY --link that puts the copied layer on top of its parent."""

    @property
    def needs(self) -> tuple[int, ...]:
        """The steps whose results it uses, its parent first."""
        return (*(() if self.parent is None else (self.parent,)), *self.taken_from)

    @property
    def taken_from(self) -> tuple[int, ...]:
        """The steps whose files it takes."""
        return tuple(take.step for take in self.takes if take.step is not None)


@dataclass(frozen=True)
class Build:
    """What beside the Dockerfile and the context decides about keys."""

    args: Mapping[str, str] = field(default_factory=dict)
    target: str | None = None
    platform: str = "linux/amd64"
    link: bool = True
    """The engine's store can merge layers, so that COPY --link works: the containerd store, not the classic
    one."""
    digest_of: Callable[[str], str] = lambda image: ""
    """What a base image name stands for; "" when nobody knows: then the name counts."""
    options: tuple[str, ...] = ()
    """Options of the build that are in the key of every RUN: the names of `--add-host`, `--ulimit`, ..."""


Artefact = Callable[[int, str, str], str]
"""The content of a path in a step's result, from its index, its key and the path; equal for equal content."""


class Steps:
    """The steps of one target, in an order in which each comes after what it needs."""

    def __init__(self, steps: Sequence[Step], sources: Sequence[Source]) -> None:
        self.steps = tuple(steps)
        self.sources = tuple(sources)
        """What the steps take from the context."""
        self._static = tuple(_digest(repr(step.parts)) for step in self.steps)
        self._crossing = tuple(index for index, step in enumerate(self.steps) if step.taken_from)

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def __len__(self) -> int:
        return len(self.steps)

    def __getitem__(self, index: int) -> Step:
        return self.steps[index]

    def keys(self, content: Sequence[str], artefact: Artefact | None = None) -> tuple[str, ...]:
        """The key of each step; `content` is the digest of each of `sources`.

        Without `artefact`, what a stage makes counts as changed whenever the step that it ends with has
        another key.
        """
        keys: list[str] = []
        for static, step in zip(self._static, self.steps, strict=True):
            text = [static, "" if step.parent is None else keys[step.parent]]
            for take in step.takes:
                if take.step is None:
                    text.append(content[take.source])
                elif artefact is None or step.merge:
                    text.append(f"{keys[take.step]} {take.path}")
                else:
                    text.append(artefact(take.step, keys[take.step], take.path))
            keys.append(_digest("\n".join(text)))
        return tuple(keys)

    def routes(self, keys: Sequence[str]) -> tuple[str, ...]:
        """For each step the key by which it is found without a look at what other stages made."""
        found = list(keys)
        for index in self._crossing:
            below = (keys[other] for other in self.steps[index].needs)
            found[index] = _digest("\n".join((self._static[index], *below, keys[index])))
        return tuple(found)

    def missing(self, content: Sequence[str]) -> tuple[int, ...]:
        """The steps that find nothing to copy, which ends the build."""
        return tuple(
            index
            for index, step in enumerate(self.steps)
            if any(take.step is None and not content[take.source] for take in step.takes)
        )


def read_steps(dockerfile: Dockerfile, build: Build) -> Steps:
    """The steps that building `build.target` takes. Raises CannotRun for a Dockerfile that Docker refuses."""
    from jettison.cache.operations import Reader

    for problem in dockerfile.errors:
        line = dockerfile.position(problem.span.start).line
        raise CannotRun(f"the Dockerfile cannot be built: line {line}: {problem.message}", "jettison check")
    target = dockerfile.target(build.target)
    reader = Reader(dockerfile, build, target)
    for stage in dockerfile.lineage(target):
        reader.stage(stage)
    return Steps(reader.steps, reader.sources)


def environment(scope: Scope) -> Iterator[Part]:
    """Every variable that a RUN sees, in the order that BuildKit keeps: by when each was set last."""
    for name, value in scope.variables.items():
        yield Part("env" if name in scope.env else "arg", name, value)


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()
