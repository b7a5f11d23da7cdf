"""Who asks git for a version in a build, and how the version is passed in instead."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from jettison.dockerfile import Instruction
from jettison.facts import load
from jettison.project import Project
from jettison.rules.copies import Taken
from jettison.rules.keeping import Sources, leave_row
from jettison.rules.taking import how_taken
from jettison.shell import Command
from jettison.spans import Span

_READ = 200_000
_VERSION = ("describe", "rev-parse", "rev-list", "log", "shortlog", "show")
_OWN = ("clone", "init", "submodule")
_PYTHON = (".py", ".toml", ".cfg")


class Asks(NamedTuple):
    """One that asks: where, `who` in a sentence, what is `passed` instead, and whether it is a COPY of the
    whole context that would bring `.git` along."""

    span: Span
    who: str
    passed: str
    from_context: bool


def asks(project: Project, takers: list[Taken]) -> Iterator[Asks]:
    """The RUNs and the files of the context that need `.git`; the most certain ones first."""
    whole = any(how_taken(project, ".git", taker) == "along" for taker in takers)
    final = project.final_stage
    stages = project.dockerfile.lineage(final) if final is not None else ()
    commands: list[tuple[Instruction, Command]] = []
    for stage in stages:
        called = [(run, c) for run, script in project.runs(stage) for c in script.commands]
        if any(_says(command, _OWN) for _, command in called):
            return
        commands += called
    for run, command in commands:
        if _says(command, _VERSION) and command.followed_by != "||":
            who = f"line {run.start_line} asks git for the version ({command.words[1].raw})"
            yield Asks(run.span, who, _tool("git describe")["pass"], whole)
        elif command.name == "go" and any(word.raw == "-buildvcs=true" for word in command.words):
            who = f"line {run.start_line} writes the commit into the program (-buildvcs=true)"
            yield Asks(run.span, who, "-buildvcs=false, and the version by -ldflags", whole)
    yield from _files(project, takers, commands, whole)


def _files(
    project: Project, takers: list[Taken], commands: list[tuple[Instruction, Command]], whole: bool
) -> Iterator[Asks]:
    """The files that a COPY takes and that name a tool which asks git."""
    row = leave_row("git history")
    files = Sources(project, ())
    names = {command.name for _, command in commands}
    known = {text for tool in load("vcs")["tool"] for text in tool["texts"]}
    for reader in row["needed_by"] if row is not None else ():
        texts = [text for text in reader.get("texts", ()) if text in known]
        if not texts or (reader.get("commands") and names.isdisjoint(reader["commands"])):
            continue
        found = files.find(reader["files"], texts, reader.get("named", False))
        if found is None:
            continue
        path, text = found
        taker = next((t for t in takers if how_taken(project, path, t)), None)
        tool = _tool(text)
        if taker is None or _goes_on(project, path, tool) or not _is_built(path, commands):
            continue
        yield Asks(taker.span, f"{path} takes the version from git ({text})", tool["pass"], whole)


def _says(command: Command, words: tuple[str, ...]) -> bool:
    return command.name == "git" and not {word.text for word in command.operands[:2]}.isdisjoint(words)


def _tool(text: str) -> dict[str, Any]:
    tools: list[dict[str, Any]] = load("vcs")["tool"]
    return next((tool for tool in tools if text in tool["texts"]), tools[-1])


def _goes_on(project: Project, path: str, tool: dict[str, Any]) -> bool:
    """True when the version is passed in already, or a fallback is written down."""
    variable = tool["variable"].encode()
    if variable and (
        variable in project.dockerfile.source or b"PRETEND_VERSION" in project.dockerfile.source
    ):
        return True
    content = project.context.read(path, _READ)
    return any(text.encode() in content for text in load("vcs")["tolerant"])


def _is_built(path: str, commands: list[tuple[Instruction, Command]]) -> bool:
    """False for a Python project whose packages alone are installed, not the project itself."""
    if not path.endswith(_PYTHON) or path.endswith(("build.rs", "Cargo.toml")):
        return True
    builders = frozenset(load("vcs")["python"])
    for _, command in commands:
        words = [word.text or word.raw for word in command.words]
        if command.name in builders and "--no-install-project" not in words and "--no-root" not in words:
            return True
        if "install" in words and any(
            w == "-e" or (w.startswith((".", "/")) and "requirements" not in w) for w in words
        ):
            return True
        if command.name.startswith("python") and (
            "build" in words or any(w.endswith("setup.py") for w in words)
        ):
            return True
    return False
