"""A `chown -R` or `chmod -R` of a RUN, and what it is as a flag of COPY."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import NamedTuple

from jettison.dockerfile import Instruction
from jettison.facts import load
from jettison.facts.bases import Reference
from jettison.project import Project
from jettison.shell import Command, Script

_NAME = r"[A-Za-z0-9_][A-Za-z0-9_.-]*|\$\{\w+\}|\$\w+"
_PLAIN = frozenset(
    (
        "-R",
        "--recursive",
        "-f",
        "--silent",
        "--quiet",
        "-v",
        "-c",
        "-h",
        "--no-dereference",
        "-P",
        "--changes",
        "--verbose",
    )
)


class Change(NamedTuple):
    """One recursive command: `verb` is chown or chmod, `spec` its owner or mode as written, `paths`
    absolute."""

    run: Instruction
    script: Script
    command: Command
    verb: str
    spec: str
    paths: tuple[str, ...]

    @property
    def flag(self) -> str:
        """The flag of COPY that does the same."""
        return "chown" if self.verb == "chown" else "chmod"


def changes(project: Project, run: Instruction, script: Script) -> Iterator[Change]:
    """The recursive chowns and chmods among the commands that a RUN always runs, with literal words only."""
    for command in script.top:
        if command.name not in ("chown", "chmod") or not command.has_option("-R", "--recursive"):
            continue
        if any(option.name not in _PLAIN for option in command.options) or len(command.operands) < 2:
            continue
        spec, *paths = (_value(project, run, word.text, word.raw) for word in command.operands)
        places = [_place(project, run, script, path) for path in paths]
        if spec is not None and None not in places:
            written = command.operands[0]
            kept = written.raw.strip("\"'") if "$" in written.raw else spec
            found = tuple(place for place in places if place is not None)
            yield Change(run, script, command, command.name, kept, found)


def copy_value(change: Change, copy: Instruction) -> str:
    """The value of `--chown` or `--chmod` that gives what a COPY takes that owner or mode; "" when none does.

    Measured with Docker 28.5: `--chown=user` takes the user's login group, `user:` and `:group` leave 0 for
    the other; without `--chown` files of the context are 0:0, and files of a stage keep their owners.
    """
    if change.verb == "chmod":
        return change.spec if re.fullmatch(r"[0-7]{3,4}", change.spec) else ""
    user, colon, group = change.spec.partition(":")
    if any(part and not re.fullmatch(_NAME, part) for part in (user, group)) or not (user or group):
        return ""
    if user and group:
        return change.spec
    if colon and user:
        return user if not user.isdigit() and "$" not in user else ""
    if copy.flag("from") is not None:
        return ""
    return f"{user or 0}:{group or 0}"


def names(change: Change) -> tuple[str, ...]:
    """The users and groups that have to be known by name."""
    if change.verb == "chmod":
        return ()
    return tuple(part for part in change.spec.split(":") if part and not part.isdigit() and "$" not in part)


def base_names(project: Project, run: Instruction) -> frozenset[str] | None:
    """The users and groups of the base image; None when it is not known."""
    stage = project.dockerfile.stage_of(run)
    if stage is None:
        return None
    reference = Reference.parse(project.base_of(stage))
    facts = load("owners")
    if reference.repository not in facts["names"]:
        return None
    family = facts["alpine" if reference.musl else "debian"]
    return frozenset((*family, *facts["names"][reference.repository]))


def _value(project: Project, run: Instruction, text: str | None, raw: str) -> str | None:
    """A word as the shell will see it, with the variables that the Dockerfile sets; None when that is not
    known.
    """
    if text is not None:
        return text
    if set(raw) & set("`()*?[") or re.search(r"\$\{\w+[^\w}]", raw):
        return None
    expansion = project.scope(run).expand(raw)
    return None if expansion.missing or expansion.error else expansion.text


def _place(project: Project, run: Instruction, script: Script, path: str | None) -> str | None:
    if not path or set(path) & set("*?[~$"):
        return None
    if not path.startswith("/"):
        if script.named("cd", "pushd"):
            return None
        path = posixpath.join(project.scope(run).workdir, path)
    return posixpath.normpath(path)
