"""Development packages of bundler and mix, left out where the Dockerfile says that it is for production."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from typing import Any

from jettison.dockerfile.edit import insert_before
from jettison.findings import Allowance, Finding, Fix, Safety, Saving
from jettison.project import Project
from jettison.rules.copies import from_context
from jettison.rules.devgroups import Group
from jettison.rules.runslater import later_texts
from jettison.shell.render import Refusal, add_option
from jettison.spans import Edit, Span

_GROUP = re.compile(r"^( *)group\(?\s*((?::\w+(?:, *)?)+)\)? do\b(.*?)^\1end\b", re.M | re.S)
_GEM = re.compile(r"^\s*gem\(?\s*[\"']([\w.-]+)[\"']", re.M)
_ONLY = re.compile(r"\{:(\w+),[^{}]*\bonly:\s*(\[[^\]]*\]|:\w+)")
_TESTS = re.compile(r"(^|/)(test|tests|spec|features|bin)/")
_MOST_FILES = 500
_MEANT = frozenset(("development", "test"))


def findings(group: Group) -> Iterator[Finding]:
    """What is said of one install; nothing where no variable says production or groups are chosen."""
    project, row, done = group.project, group.row, group.done
    if done.subcommand not in row["commands"] or done.packages or group.script.named("cd"):
        return
    if not any(_says(group, name) for name in row["environments"]):
        return
    if any(
        word in project.dockerfile.text(i.span) for i in group.stage.instructions for word in row["chosen"]
    ):
        return
    manifest = from_context(project, posixpath.join(group.folder, row["manifest"]), group.run)
    text = project.context.read(manifest, 1_000_000).decode("utf-8", "replace") if manifest else ""
    groups, names = _READERS[done.manager.name](text)
    if not names:
        return
    message = f"{len(names)} packages that only development needs are installed into the image"
    saving = Saving(bytes=int(len(names) * row["each_mb"] * 1e6))
    place = Span(done.command.words[0].span.start, done.word.span.end)
    reason = _unlocked(group) or _needed(group, names)
    if reason:
        yield Finding(place, message, saving, refused=reason)
        return
    fix = _fix(group, groups)
    if isinstance(fix, Refusal):
        yield Finding(place, message, saving, refused=fix.reason)
        return
    yield Finding(place, message, saving, fix)


def _says(group: Group, name: str) -> bool:
    """True when ENV gives a variable the value of production, for build and container; an ARG may change."""
    argument = re.compile(rf"\s*{name}\b")
    changes = any(i.keyword == "ARG" and argument.match(i.args) for i in group.stage.instructions)
    return not changes and group.project.scope(group.run).env.get(name) == group.row["production"]


def _gemfile(text: str) -> tuple[list[str], list[str]]:
    """The groups of a Gemfile that only development needs, and their gems; a gem of other groups is none."""
    groups: list[str] = []
    names: list[str] = []
    for _, words, body in _GROUP.findall(text):
        named = re.findall(r"\w+", words)
        if set(named) <= _MEANT:
            groups += named
            names += _GEM.findall(body)
    return sorted(set(groups)), list(dict.fromkeys(names))


def _mix(text: str) -> tuple[list[str], list[str]]:
    found = [name for name, only in _ONLY.findall(text) if "prod" not in re.findall(r":(\w+)", only)]
    return [], found


_READERS: dict[str, Callable[[str], tuple[list[str], list[str]]]] = {"bundle": _gemfile, "mix": _mix}


def _unlocked(group: Group) -> str:
    lock = group.row["lockfile"]
    found = from_context(group.project, posixpath.join(group.folder, lock), group.run)
    return "" if found else f"no {lock} is copied: which packages would be installed is not fixed"


def _needed(group: Group, names: list[str]) -> str:
    """What needs a development package in this build; "" when nothing does."""
    words = {part for name in names for part in (name.lower(), name.lower().partition("-")[0])}
    for line, text in later_texts(group.project, group.stage, group.run, group.script, group.done.command):
        if found := re.search(r"\b(?:RAILS_ENV|RACK_ENV|APP_ENV|MIX_ENV)=[\"']?(?:test|dev\w*)", text):
            return f"line {line} runs with {found[0]}"
        if found := re.search(r"\b(?:rails|rake) (?:test|spec)\b", text):
            return f"line {line} runs `{found[0]}`"
        used = {token for token in re.findall(r"[\w-]+", text.lower()) if token in words}
        if used:
            return f"line {line} needs {min(used)}: run it in a stage of its own"
    return _required(group.project, names) if group.done.manager.name == "bundle" else ""


def _required(project: Project, names: list[str]) -> str:
    """A source file that requires one of these gems, or the groups they are in."""
    gems = "|".join(re.escape(name) for each in names for name in (each, each.replace("-", "/")))
    pattern = re.compile(
        rf"^\s*require\s*\(?[\"'](?:{gems})(?:/[^\"']*)?[\"']|Bundler\.require\([^)\n]*:(?:development|test)\b",
        re.M,
    )
    files = [
        f
        for f in project.context.files
        if f.path.endswith((".rb", ".ru", ".rake", "Rakefile")) and not _TESTS.search(f.path)
    ]
    if len(files) > _MOST_FILES:
        return "there are too many sources to see whether one requires them"
    for file in files:
        if found := pattern.search(project.context.read(file.path, 200_000).decode("utf-8", "replace")):
            return f"{file.path} has {found[0].strip()}"
    return ""


def _fix(group: Group, groups: list[str]) -> Fix | Refusal:
    row: dict[str, Any] = group.row
    folder = group.folder.rstrip("/")
    allows = Allowance(
        vanish=tuple(place.format(folder=folder) for place in row["vanish"]),
        change=tuple(place.format(folder=folder) for place in row["change"]),
        config=tuple(row["config"]),
    )
    if not row["option"]:
        line = row["line"].format(groups=":".join(groups))
        edits: tuple[Edit, ...] = (insert_before(group.run, line),)
        return Fix(f"Install without development packages: {line}", edits, Safety.PROVEN, allows=allows)
    added = add_option(group.script, group.done.command, row["option"], group.done.word)
    if isinstance(added, Refusal):
        return added
    return Fix(f"Install without development packages: {row['option']}", added, Safety.PROVEN, allows=allows)
