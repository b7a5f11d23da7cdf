"""A Go program ships with its debug information and the builder's paths."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from jettison.dockerfile import Instruction, Stage
from jettison.findings import Allowance, Finding, Fix, Safety, Saving
from jettison.project import Project
from jettison.rules import rule
from jettison.shell import Command
from jettison.spans import Edit, Span
from jettison.stages.go_build import Flag, GoBuild, parse_go


@rule("JT104", order=20)
def unstripped_binary(project: Project) -> Iterator[Finding]:
    """A Go program ships with its debug information and the builder's paths.

    What:
        A `go build` or `go install` without `-ldflags="-s -w"` and `-trimpath`.

    Why:
        The symbol table and DWARF data are about 30 % of a Go program. Absolute paths of the builder in it
        make two builds of the same source differ, so that nothing after it can be taken from the cache.

    How it is fixed:
        `-trimpath -ldflags="-s -w"` is added, or `-s -w` put in front of what -ldflags already says. Panics
        keep their stack traces. The program is another file afterwards, so the change is applied after a real
        build agrees.

    When not:
        Where you attach a debugger such as delve to the shipped program: keep the symbols and ignore this
        rule.

    References:
        https://pkg.go.dev/cmd/link
        https://pkg.go.dev/cmd/go#hdr-Compile_packages_and_dependencies
    """
    for stage in project.dockerfile.stages:
        for run, script in project.runs(stage):
            for command in script.commands if run.json is None else ():
                build = parse_go(command)
                if build is not None and _is_program(build):
                    yield from _judge(project, stage, run, build)


def _is_program(build: GoBuild) -> bool:
    mode = build.flag("buildmode")
    return mode is None or mode.text in ("exe", "pie", "default")


def _judge(project: Project, stage: Stage, run: Instruction, build: GoBuild) -> Iterator[Finding]:
    ldflags = build.flag("ldflags")
    present = _words(ldflags)
    goflags = project.scope(run).env.get("GOFLAGS", "")
    wanted = [flag for flag in ("-s", "-w") if flag not in present and flag not in goflags]
    trim = build.flag("trimpath") is None and "-trimpath" not in goflags
    if not wanted:
        return
    message = "the program ships with debug information and the builder's paths, about 30 % of its size"
    saving = Saving(bytes=2_500_000)
    place = build.command.span
    at = None if ldflags is None else _inside_quotes(project, ldflags)
    if ldflags is not None and at is None:
        yield Finding(place, message, saving, refused="the value of -ldflags is not plain text in quotes")
        return
    edits = []
    if at is None:
        new = " -trimpath" * trim + ' -ldflags="-s -w"'
        edits.append(_insert(_verb_end(build.command), new))
    else:
        edits.append(_insert(at, " ".join(wanted) + " "))
        if trim:
            edits.append(_insert(_verb_end(build.command), " -trimpath"))
    out = build.flag("o")
    name = posixpath.basename(out.text) if out is not None and out.text else ""
    allows = Allowance(
        change=(f"*/{name}",) if name else ("*",), vanish=("/root/.cache/*",), appear=("/root/.cache/*",)
    )
    yield Finding(
        place,
        message,
        saving,
        Fix('Strip the program: -trimpath -ldflags="-s -w"', tuple(edits), Safety.PROVEN, allows=allows),
    )


def _words(ldflags: Flag | None) -> list[str]:
    """The linker flags that are given, as far as they are plain text."""
    if ldflags is None or ldflags.value is None:
        return []
    text = (
        ldflags.text
        if ldflags.text is not None
        else ldflags.value.raw.partition("ldflags=")[2] or ldflags.value.raw
    )
    return text.replace('"', " ").replace("'", " ").split()


def _verb_end(command: Command) -> int:
    return command.words[1].span.end


def _insert(at: int, text: str) -> Edit:
    return Edit(Span(at, at), text.encode())


def _inside_quotes(project: Project, ldflags: Flag) -> int | None:
    """The byte just after the opening quote of the value of -ldflags; None when it does not start with
    one."""
    word = ldflags.value
    if word is None:
        return None
    raw = project.dockerfile.source[word.span.start : word.span.end]
    skip = raw.index(b"=") + 1 if word is ldflags.word and b"=" in raw else 0
    return word.span.start + skip + 1 if raw[skip : skip + 1] in (b'"', b"'") else None
