"""What an instruction finds when its turn comes: variables, working directory, user, shell.

Source of the rules: BuildKit `frontend/dockerfile/dockerfile2llb/convert.go` (dispatchArg, dispatchEnv,
dispatchWorkdir, initOnBuildTriggers). ARG and ENV write into one environment there, so the later one wins.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from jettison.dockerfile.document import Dockerfile
from jettison.dockerfile.expand import Expansion, expand
from jettison.dockerfile.instruction import Instruction
from jettison.dockerfile.stages import Stage, global_values

DEFAULT_SHELL = ("/bin/sh", "-c")
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")


class Scope(NamedTuple):
    """The state of a stage before one instruction. Treat the dictionaries as frozen.

    `env` is the ENV of the image so far, without what an external base image sets (unless given to
    `environment`); `args` the ARGs declared in the stage, None for one without a value; `variables` what
    `$name` and a RUN see. `workdir` is absolute, `/` until a WORKDIR says otherwise; `user` is None until a
    USER does.
    """

    env: dict[str, str]
    args: dict[str, str | None]
    workdir: str = "/"
    user: str | None = None
    shell: tuple[str, ...] = DEFAULT_SHELL
    variables: Mapping[str, str] = {}

    def expand(self, word: str, escape: str = "\\") -> Expansion:
        """A word of the instruction with the variables of this scope."""
        return expand(word, self.variables, escape)


def environment(
    dockerfile: Dockerfile,
    at: Instruction,
    build_args: Mapping[str, str] = {},
    base: Scope | None = None,
) -> Scope:
    """The scope just before `at`; before the first FROM and for a FROM it holds the global ARGs only.

    `build_args` are those of the build call, platform arguments such as TARGETARCH too; `base` is what the
    external base image of the stage's line of descent brings along.
    """
    stage = dockerfile.stage_of(at)
    if stage is None or at is stage.from_:
        before = [i for i in dockerfile.global_args if i.span.start < at.span.start]
        values = global_values(before, build_args)
        return Scope({}, values, variables={key: value for key, value in values.items() if value is not None})
    for instruction, scope in walk(dockerfile, stage, build_args, base):
        if instruction is at or instruction.onbuild is at:
            return scope
    raise ValueError("the instruction is not part of this Dockerfile")


def walk(
    dockerfile: Dockerfile, stage: Stage, build_args: Mapping[str, str] = {}, base: Scope | None = None
) -> Iterator[tuple[Instruction, Scope]]:
    """Every instruction of a stage after its FROM, each with the scope just before it."""
    global_args = global_values(dockerfile.global_args, build_args)
    scope = _inherited(dockerfile, stage, global_args, build_args, base)
    for instruction in stage.instructions:
        yield instruction, scope
        scope = step(scope, instruction, global_args, build_args)


def final(
    dockerfile: Dockerfile, stage: Stage, build_args: Mapping[str, str] = {}, base: Scope | None = None
) -> Scope:
    """The scope at the end of a stage."""
    global_args = global_values(dockerfile.global_args, build_args)
    scope = _inherited(dockerfile, stage, global_args, build_args, base)
    for instruction in stage.instructions:
        scope = step(scope, instruction, global_args, build_args)
    return scope


def step(
    scope: Scope,
    instruction: Instruction,
    global_args: Mapping[str, str | None],
    build_args: Mapping[str, str],
) -> Scope:
    """The scope after an instruction."""
    if instruction.keyword == "ARG":
        return _arg(scope, instruction, global_args, build_args)
    if instruction.keyword == "ENV":
        return _env(scope, instruction)
    words = instruction.words
    if instruction.keyword == "WORKDIR" and words:
        return scope._replace(workdir=_workdir(scope, scope.expand(words[0].text, instruction.escape).text))
    if instruction.keyword == "USER" and words:
        return scope._replace(user=scope.expand(words[0].text, instruction.escape).text)
    if instruction.keyword == "SHELL" and instruction.json:
        return scope._replace(shell=tuple(word.text for word in instruction.json))
    return scope


def _inherited(
    dockerfile: Dockerfile,
    stage: Stage,
    global_args: Mapping[str, str | None],
    build_args: Mapping[str, str],
    base: Scope | None,
) -> Scope:
    line = [stage]
    while (index := line[-1].base_stage) is not None:
        line.append(dockerfile.stages[index])
    scope = base or Scope({}, {})
    if base is not None and not base.variables:
        scope = base._replace(variables=dict(base.env))
    for parent, child in zip(line[:0:-1], line[-2::-1], strict=True):
        for instruction in parent.instructions:
            scope = step(scope, instruction, global_args, build_args)
        for instruction in parent.instructions:
            if instruction.onbuild is not None:
                scope = step(scope, instruction.onbuild, global_args, build_args)
        assert child.base_stage == parent.index
    return scope


def _arg(
    scope: Scope,
    instruction: Instruction,
    global_args: Mapping[str, str | None],
    build_args: Mapping[str, str],
) -> Scope:
    args, variables = dict(scope.args), dict(scope.variables)
    for pair in instruction.pairs():
        key = pair.key.text
        if key in build_args:
            value: str | None = build_args[key]
        elif pair.value is not None:
            value = expand(pair.value.text, variables, instruction.escape).text
        else:
            value = global_args.get(key)
        args[key] = value
        if value is not None:
            variables.pop(key, None)  # BuildKit's list has a name where it was set last
            variables[key] = value
    return scope._replace(args=args, variables=variables)


def _env(scope: Scope, instruction: Instruction) -> Scope:
    added: dict[str, str] = {}
    for pair in instruction.pairs():
        if pair.value is not None:
            key = scope.expand(pair.key.text, instruction.escape).text
            added[key] = scope.expand(pair.value.text, instruction.escape).text
    kept = {key: value for key, value in scope.variables.items() if key not in added}
    return scope._replace(env=scope.env | added, variables=kept | added)


def _workdir(scope: Scope, path: str) -> str:
    if _DRIVE.match(path) or not path:
        return path or scope.workdir
    joined = posixpath.normpath(posixpath.join(scope.workdir, path))
    return "/" + joined.lstrip("/")
