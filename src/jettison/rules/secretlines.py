"""Secrets in an instruction: tokens, credentials handed over, files written, keys copied by name."""

from __future__ import annotations

import posixpath
import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from jettison.facts import load
from jettison.rules.secretwords import first_secret, is_secret_name, looks_random, shape

if TYPE_CHECKING:
    from jettison.dockerfile import Instruction
    from jettison.dockerfile.scope import Scope
    from jettison.project import Project


class Written(NamedTuple):
    """A file that a RUN writes a secret into."""

    file: str


class Copied(NamedTuple):
    """A key or credentials that a COPY names; `removed` is the line of a later RUN that removes it, 0 for
    none."""

    source: str
    target: str
    kind: str
    ssh: bool
    removed: int


def may_hold(text: str) -> bool:
    """False for most texts, at little cost: they have nothing in them that a secret comes with."""
    return any(start in text for start in _starts())


@cache
def _starts() -> tuple[str, ...]:
    facts = load("secrets")
    starts = [start for row in facts["token"] for start in row["start"]]
    files = [name for row in facts["file"] for name in row["files"] if name.startswith(".")]
    return tuple(dict.fromkeys((*starts, *facts["run"]["before"], "://", *files)))


def stands_in(text: str) -> str | None:
    """The kind of the first secret that a text holds as it is."""
    found = first_secret(text)
    if found is not None:
        return found.kind
    for before, value in _handed(text):
        if not value.startswith("$") and looks_random(value):
            return "credential in a header" if before.endswith((" ", ":")) else "credential"
    return None


def handed_over(text: str, scope: Scope) -> str | None:
    """The build argument, not known by its name, that stands where a credential is expected."""
    address = shape(load("secrets")["run"]["address"])
    values = [value for _, value in _handed(text)] + [found[2] for found in address.finditer(text)]
    for value in values:
        name = value.strip("${}")
        if (
            value.startswith("$")
            and name in scope.args
            and name not in scope.env
            and not is_secret_name(name)
        ):
            return name
    return None


def left_in_file(project: Project, run: Instruction) -> Written | None:
    """The file with a credential in it that a RUN of a shipped stage writes and does not remove."""
    if project.dockerfile.stage_of(run) not in project.shipped:
        return None
    names = [name for row in load("secrets")["file"] for name in row["files"] if name.startswith(".")]
    script = project.script(run)
    mounted = {mount.options.get("target", "") for mount in run.mounts}
    for at, command in enumerate(script.commands):
        for redirect in command.redirects:
            path = redirect.target.text if redirect.target is not None else None
            if path is None or ">" not in redirect.operator or posixpath.basename(path) not in names:
                continue
            said = script.text.text[command.start : command.end]
            secret = any(value.startswith("$") for _, value in _handed(said)) or "/run/secrets/" in said
            gone = any(
                later.name == "rm"
                and any((word.text or word.raw).endswith(posixpath.basename(path)) for word in later.words)
                for later in script.commands[at:]
            )
            if secret and not gone and path not in mounted:
                return Written(path)
    return None


def copied_key(project: Project, copy: Instruction) -> Copied | None:
    """The key that a COPY names and that the context does not have here, or has and a later RUN removes."""
    rows = load("secrets")["copied"]
    known = {name: row for row in rows for name in row["names"]}
    if not any(posixpath.basename(word.text.rstrip("/")) in known for word in copy.sources):
        return None
    from jettison.rules.copies import taken

    for source in taken(project, copy):
        name = posixpath.basename(source.source.rstrip("/"))
        if name not in known:
            continue
        row = known[name]
        target = source.dest + name if source.dest.endswith("/") else source.dest
        removed = _removed(project, copy, target)
        if removed or not source.files(project.context):
            return Copied(source.source, target, row["kind"], row["mount"] == "ssh", removed)
    return None


def _removed(project: Project, copy: Instruction, target: str) -> int:
    stage = project.dockerfile.stage_of(copy)
    for run, script in project.runs(stage) if stage is not None else ():
        if run.span.start > copy.span.start:
            for command in script.named("rm", "shred"):
                for word in command.operands:
                    path = (word.text or word.raw).replace("~", "/root").rstrip("/")
                    if target == path or target.startswith(path + "/") or path.endswith("/" + target):
                        return run.start_line
    return 0


def _handed(text: str) -> list[tuple[str, str]]:
    """What stands right after the words that a credential comes after."""
    found: list[tuple[str, str]] = []
    for before in load("secrets")["run"]["before"]:
        at = text.find(before)
        while at >= 0:
            value = re.match(r"""["']?(\$\{?\w+\}?|[^\s"'\\;&|]+)""", text[at + len(before) :])
            if value is not None:
                found.append((before, value[1]))
            at = text.find(before, at + 1)
    return found
