"""Development packages of composer, poetry and uv: what they are, and the option that leaves them out."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from jettison.dockerfile import Instruction, Stage
from jettison.findings import Allowance, Finding, Fix, Safety, Saving
from jettison.project import Project
from jettison.rules.copies import from_context
from jettison.rules.leftovers import home
from jettison.shell import Script
from jettison.shell.packages import Action
from jettison.shell.render import Refusal, add_option
from jettison.spans import Span

_TESTS = re.compile(
    r"(^|/)(tests?|docs?|examples?)/|(^|/)(test_\w*|conftest|noxfile|tasks|setup)\.py$|_test\.py$"
)
_MOST_FILES = 500


class Group(NamedTuple):
    """An install that takes development packages along: their `names`, and the `option` against it."""

    project: Project
    stage: Stage
    run: Instruction
    script: Script
    done: Action
    row: dict[str, Any]

    @property
    def folder(self) -> str:
        """The working directory in the image."""
        return self.project.scope(self.run).workdir or "/"


def findings(group: Group) -> Iterator[Finding]:
    """What is said of one install; nothing where it leaves them out, or the manifest names none."""
    done, row, project = group.done, group.row, group.project
    scope = {**project.scope(group.run).variables, **_assigned(done)}
    if done.subcommand not in row["commands"] or done.packages or group.script.named("cd"):
        return
    if set(done.flags) & set(row["already"]) or any(scope.get(name) for name in row["env"]):
        return
    manifest = from_context(project, posixpath.join(group.folder, row["manifest"]), group.run)
    names, option = development(row, project.context.read(manifest, 1_000_000)) if manifest else ([], "")
    if not names or not option:
        return
    message = f"{len(names)} packages that only development needs are installed into the image"
    saving = Saving(bytes=int(len(names) * row["each_mb"] * 1e6))
    place = Span(done.command.words[0].span.start, done.word.span.end)
    reason = _needed(group, names) or _unlocked(group)
    edits = Refusal(reason) if reason else add_option(group.script, done.command, option, done.word)
    if isinstance(edits, Refusal):
        yield Finding(place, message, saving, refused=edits.reason)
        return
    title = f"Install without development packages: {option}"
    yield Finding(place, message, saving, Fix(title, edits, Safety.PROVEN, allows=_allows(group)))


def development(row: dict[str, Any], content: bytes) -> tuple[list[str], str]:
    """The names of the development packages of a manifest, and the option that leaves them out."""
    text = content.decode("utf-8", "replace")
    try:
        if row["manifest"].endswith(".json"):
            import json

            table = json.loads(text)
        else:
            import tomllib

            table = tomllib.loads(text)
    except (ValueError, RecursionError):
        return [], ""
    for keys in row["groups"]:
        found = table
        for key in keys.split("/"):
            found = found.get(key, {}) if isinstance(found, dict) else {}
        named = _names(found)
        if named:
            return named, row["option"]
    return [], ""


def _names(found: Any) -> list[str]:
    if isinstance(found, dict):
        return [name for name in found if "/" in name or not name.startswith(("php", "ext-"))]
    if isinstance(found, list):
        words = (re.match(r"[A-Za-z0-9._-]+", each) for each in found if isinstance(each, str))
        return [word[0] for word in words if word]
    return []


def _assigned(done: Action) -> dict[str, str]:
    pairs = ((word.text or word.raw).partition("=") for word in done.command.assignments)
    return {name: value for name, _, value in pairs}


def _unlocked(group: Group) -> str:
    lock = group.row["lockfile"]
    found = from_context(group.project, posixpath.join(group.folder, lock), group.run)
    return "" if found else f"no {lock} is copied: which packages would be installed is not fixed"


def _needed(group: Group, names: list[str]) -> str:
    """What needs a development package later, or installs them again; "" when nothing does."""
    from jettison.rules.runslater import later_texts

    programs = {posixpath.basename(name).lower() for name in names} | {name.lower() for name in names}
    for line, text in later_texts(group.project, group.stage, group.run, group.script, group.done.command):
        for again in group.row["again"]:
            if again in text and not any(flag in text for flag in group.row["already"]):
                return f"`{again}` on line {line} would install them again"
        for token in re.findall(r"[\w.-]+", text.lower()):
            if token in programs:
                return f"line {line} needs {token}: run it in a stage of its own"
    return _imported(group, names)


def _imported(group: Group, names: list[str]) -> str:
    if group.row["manifest"].endswith(".json"):
        return ""
    modules = "|".join(re.escape(name.lower().replace("-", "_").replace(".", "_")) for name in names)
    pattern = re.compile(rf"^\s*(?:from|import)\s+({modules})\b", re.M | re.I)
    seen = 0
    for file in group.project.context.files:
        if file.kind != "file" or not file.path.endswith(".py") or _TESTS.search(file.path):
            continue
        seen += 1
        found = pattern.search(group.project.context.read(file.path, 200_000).decode("utf-8", "replace"))
        if found:
            return f"{file.path} imports {found[1]}"
        if seen >= _MOST_FILES:
            return "there are too many sources to see whether one imports them"
    return ""


def _allows(group: Group) -> Allowance:
    at_home = home(group.project, group.run)
    caches = tuple(f"{place}/*" for place in group.done.manager.left_behind(at_home))
    vanish = tuple(
        place.format(folder=group.folder.rstrip("/"), home=at_home) for place in group.row["vanish"]
    )
    change = tuple(
        place.format(folder=group.folder.rstrip("/"), home=at_home) for place in group.row["change"]
    )
    return Allowance(vanish=(*vanish, *caches), appear=caches, change=(*change, *caches))
