"""What each instruction brings into its cache key."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from jettison.cache.select import Source
from jettison.cache.steps import COUNTED, Build, Part, Step, Take, environment
from jettison.context.gopath import clean
from jettison.dockerfile import Dockerfile, Instruction, Mount, Scope, Stage
from jettison.dockerfile.scope import final, step, walk
from jettison.dockerfile.stages import find_stage, global_values
from jettison.facts.bases import Reference, base_facts

_COPY_FLAGS = ("chown", "chmod", "exclude", "checksum", "keep-git-dir", "unpack")
_RUN_FLAGS = ("network", "security", "device")
_MOUNT_KEYS: tuple[str, ...] = ("uid", "gid", "mode", "size")
_SECRET_KEYS: tuple[str, ...] = ("id", "env", "required")
_REMOTE = ("http://", "https://", "git@", "ssh://", "git://")


class Reader:
    """Goes through the stages in order and gathers their steps."""

    def __init__(self, dockerfile: Dockerfile, build: Build, target: Stage) -> None:
        self.steps: list[Step] = []
        self.sources: list[Source] = []
        self._dockerfile = dockerfile
        self._build = build
        self._args = {**_platform_args(build.platform), **build.args}
        self._shipped = {stage.index for stage in dockerfile.above(target)}
        self._ends: dict[int, int | None] = {}
        """The last step of each stage; None for an empty one."""

    def stage(self, stage: Stage) -> None:
        """Read one stage; those that it needs come before it."""
        global_args = global_values(self._dockerfile.global_args, self._args)
        todo = list(self._instructions(stage, global_args))
        counted = [instruction for instruction, _ in todo if instruction.keyword in COUNTED]
        base = self._base(stage, global_args)
        total = len(counted) + (base is not None)
        at: int | None
        if stage.base_stage is not None:
            at = self._ends[stage.base_stage]
        elif base is not None:
            at = self._add(stage, stage.from_, f"1/{total}", base, None)
        else:
            at = None
        number = total - len(counted)
        for instruction, scope in todo:
            if instruction.keyword not in COUNTED:
                continue
            number += 1
            at = self._step(stage, instruction, scope, f"{number}/{total}", at)
        self._ends[stage.index] = at

    def _base(self, stage: Stage, global_args: dict[str, str | None]) -> list[Part] | None:
        """What the external image of a stage counts as; None for scratch and for another stage."""
        name = self._expand_base(stage, global_args)
        if stage.base_stage is not None or name == "scratch":
            return None
        platform = stage.platform or self._build.platform
        return [Part("base", name, self._build.digest_of(name) or name), Part("platform", "", platform)]

    def _expand_base(self, stage: Stage, global_args: dict[str, str | None]) -> str:
        known = Scope({}, {}, variables={k: v for k, v in global_args.items() if v is not None})
        return known.expand(stage.base, stage.from_.escape).text

    def _instructions(
        self, stage: Stage, global_args: dict[str, str | None]
    ) -> Iterator[tuple[Instruction, Scope]]:
        """The triggers that the base stage left, then the stage's own, each with the scope before it."""
        base = self._brought(stage, global_args)
        if stage.base_stage is not None:
            parent = self._dockerfile.stages[stage.base_stage]
            scope = final(self._dockerfile, parent, self._args, base)
            for trigger in (i.onbuild for i in parent.instructions if i.onbuild is not None):
                yield trigger, scope
                scope = step(scope, trigger, global_args, self._args)
        yield from walk(self._dockerfile, stage, self._args, base)

    def _brought(self, stage: Stage, global_args: dict[str, str | None]) -> Scope | None:
        while stage.base_stage is not None:
            stage = self._dockerfile.stages[stage.base_stage]
        facts = base_facts(Reference.parse(self._expand_base(stage, global_args)).repository)
        return None if facts is None else Scope(dict(facts.env), {}, facts.workdir, facts.user)

    def _step(
        self, stage: Stage, instruction: Instruction, scope: Scope, number: str, at: int | None
    ) -> int | None:
        if instruction.keyword == "WORKDIR":
            path = posixpath.normpath(
                posixpath.join(scope.workdir, _text(scope, instruction, instruction.args))
            )
            if path == "/":
                return at
            parts = [Part("folder", "", path), Part("user", "", scope.user or "")]
            if epoch := self._args.get("SOURCE_DATE_EPOCH"):
                parts.append(Part("arg", "SOURCE_DATE_EPOCH", epoch))
            return self._add(stage, instruction, number, parts, at)
        if instruction.keyword == "RUN":
            parts, takes = self._run(stage, instruction, scope)
            return self._add(stage, instruction, number, parts, at, takes)
        parts, takes = self._copy(stage, instruction, scope)
        if self._build.link and instruction.flag("link") and not instruction.flag("chmod"):
            copied = self._add(stage, instruction, number, parts, None, takes)
            merged = (Take(copied, 0, ""),)
            return self._add(stage, instruction, number, [Part("merge", "", "")], at, merged, merge=True)
        return self._add(stage, instruction, number, parts, at, takes)

    def _add(
        self,
        stage: Stage,
        instruction: Instruction,
        number: str,
        parts: list[Part],
        parent: int | None,
        takes: tuple[Take, ...] = (),
        merge: bool = False,
    ) -> int:
        called = stage.name or f"stage-{stage.index}"
        place = f"{called} {number}" if len(self._dockerfile.stages) > 1 else number
        text = self._dockerfile.text(instruction.span).split("\n")[0]
        shipped = stage.index in self._shipped and instruction.keyword != "FROM"
        self.steps.append(
            Step(
                f"[{place}] {'LINK ' if merge else ''}{text}", stage, instruction,
                tuple(range(instruction.start_line, instruction.end_line + 1)), tuple(parts), parent, takes,
                shipped, merge,
            )
        )  # fmt: skip
        return len(self.steps) - 1

    def _run(
        self, stage: Stage, instruction: Instruction, scope: Scope
    ) -> tuple[list[Part], tuple[Take, ...]]:
        exec_form = instruction.json
        words = [word.text for word in exec_form] if exec_form is not None else []
        if exec_form is None:
            text = instruction.shell_text().text
            words = [*scope.shell, text] if not (instruction.heredocs and text.startswith("#!")) else [text]
        parts = [Part("command", "", "\0".join(words)), *environment(scope)]
        parts += [Part("workdir", "", scope.workdir), Part("user", "", scope.user or "")]
        parts.append(Part("platform", "", stage.platform or self._build.platform))
        parts += [Part("option", "", option) for option in self._build.options]
        for flag in instruction.flags:
            if flag.name in _RUN_FLAGS:
                parts.append(Part("option", f"--{flag.name}", _text(scope, instruction, flag.value or "")))
        takes: list[Take] = []
        for mount in instruction.mounts:
            part, taken = self._mount(stage, instruction, mount, scope)
            parts.append(part)
            takes += taken
        return parts, tuple(takes)

    def _mount(
        self, stage: Stage, instruction: Instruction, mount: Mount, scope: Scope
    ) -> tuple[Part, list[Take]]:
        options = {key: _text(scope, instruction, value) for key, value in mount.options.items()}
        target = options.get("target", "")
        where = posixpath.normpath(posixpath.join("/", scope.workdir, target)) if target else ""
        told: dict[str, str] = {key: options[key] for key in _MOUNT_KEYS if key in options}
        told["writable"] = str(_is_writable(mount.type, options))
        takes: list[Take] = []
        if mount.type in ("secret", "ssh"):
            told |= {key: options[key] for key in _SECRET_KEYS if key in options}
        elif mount.type == "cache":
            usual = options.get("id", posixpath.normpath(target)) == where and options.get(
                "sharing", "shared"
            ) in ("shared", "")
            told["id"] = f"{self._args.get('BUILDKIT_CACHE_MOUNT_NS', '')}/{where}" if usual else ""
            if options.get("from"):
                takes = self._taken(stage, instruction, options["from"], [options.get("source", "/")], scope)
        elif mount.type == "bind":
            takes = self._taken(stage, instruction, options.get("from"), [options.get("source", "/")], scope)
        return Part("mount", where, f"{mount.type} {told}"), takes

    def _copy(
        self, stage: Stage, instruction: Instruction, scope: Scope
    ) -> tuple[list[Part], tuple[Take, ...]]:
        dest = _text(scope, instruction, instruction.dest.text if instruction.dest else "")
        ending = "/" if dest.endswith("/") or posixpath.basename(dest) == "." else ""
        where = posixpath.normpath(posixpath.join("/", scope.workdir, dest)).rstrip("/") + ending
        parts = [Part("dest", "", where), Part("unpack", "", str(instruction.keyword == "ADD"))]
        for flag in instruction.flags:
            if flag.name in _COPY_FLAGS:
                parts.append(Part("option", f"--{flag.name}", _text(scope, instruction, flag.value or "")))
        heredocs = {f"<<{'-' if h.chomp else ''}{h.name}": h for h in instruction.heredocs}
        named: list[str] = []
        for word in instruction.sources:
            heredoc = next((h for h in instruction.heredocs if h.start_span == word.span), None)
            heredoc = heredoc or heredocs.get(word.text.replace('"', "").replace("'", ""))
            source = _text(scope, instruction, word.text)
            if heredoc is not None:
                body = self._dockerfile.text(heredoc.body_span)
                parts.append(
                    Part("text", heredoc.name, _text(scope, instruction, body) if heredoc.expand else body)
                )
            elif instruction.keyword == "ADD" and (source.startswith(_REMOTE) or source.endswith(".git")):
                parts.append(Part("remote", "", source))
            else:
                named.append(source)
                parents = instruction.flag("parents") is not None
                parts.append(
                    Part("source", "", source if parents else posixpath.basename(clean("/" + source)) or "/")
                )
        origin = instruction.flag("from")
        excluded = tuple(f.value or "" for f in instruction.flags if f.name == "exclude")
        asked = origin.value if origin else None
        return parts, tuple(self._taken(stage, instruction, asked, named, scope, excluded))

    def _taken(
        self,
        stage: Stage,
        instruction: Instruction,
        origin: str | None,
        paths: list[str],
        scope: Scope,
        exclude: tuple[str, ...] = (),
    ) -> list[Take]:
        """Where each path comes from: the context, a stage, or an image, which is a step of its own."""
        if origin is None:
            first = len(self.sources)
            parents = instruction.flag("parents") is not None
            self.sources += (Source(path, exclude, parents) for path in paths)
            return [Take(None, first + i, path) for i, path in enumerate(paths)]
        found = find_stage(origin, self._dockerfile.stages[: stage.index])
        if found is not None:
            end = self._ends.get(found.index)
            return [] if end is None else [Take(end, 0, path) for path in paths]
        name = _text(scope, instruction, origin)
        parts = [Part("base", name, self._build.digest_of(name) or name)]
        image = len(self.steps)
        lines = (instruction.start_line,)
        self.steps.append(Step(f"FROM {name}", stage, instruction, lines, tuple(parts), None))
        return [Take(image, 0, path) for path in paths]


def _is_writable(kind: str, options: dict[str, str]) -> bool:
    """A bind mount is read-only unless it says otherwise, every other is writable (parser of --mount)."""
    written = options.get("readwrite") or {"true": "false", "false": "true"}.get(options.get("readonly", ""))
    return kind != "bind" if written is None else written == "true"


def _text(scope: Scope, instruction: Instruction, word: str) -> str:
    return scope.expand(word, instruction.escape).text


def _platform_args(platform: str) -> dict[str, str]:
    """What BuildKit gives a stage that declares them (platform.go)."""
    os, _, rest = platform.partition("/")
    arch, _, variant = rest.partition("/")
    values = {"PLATFORM": platform, "OS": os, "ARCH": arch, "VARIANT": variant}
    return {f"{side}{name}": value for side in ("TARGET", "BUILD") for name, value in values.items()}
