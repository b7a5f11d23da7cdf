"""What a RUN reads and writes, command by command; one that is not known may do anything."""

from __future__ import annotations

import posixpath
import re
from dataclasses import replace
from typing import NamedTuple

from jettison.dockerfile import Instruction, Mount
from jettison.facts import load
from jettison.installs import Needs, Reads, needs, resolve
from jettison.project import Project
from jettison.rules.copies import from_context
from jettison.rules.effects import EVERY_VARIABLE, SYSTEM, Effects, of_system, place, unknown
from jettison.rules.installing import Install, settings
from jettison.shell import Command, ShellWord
from jettison.shell.packages import find_manager
from jettison.stages import covers

_OPTIONS = ("mount", "network", "security")
_TOOLS = "(installed tools)"
"""What is installed by name may be a program that any later install calls: setuptools for node-gyp."""


class Places(NamedTuple):
    """The places that a command reads and those it writes."""

    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()


class _Unknown(Exception):
    """Why a command may do anything."""


def run_effects(project: Project, run: Instruction) -> Effects:
    """The effects of all commands of a RUN together."""
    script = project.script(run)
    if not script.ok or not script.commands or script.form == "json":
        return unknown(f"the RUN of line {run.start_line} is not understood, and may do anything")
    at, caches = project.scope(run).workdir, _caches(run)
    reads, writes = {SYSTEM, *caches, *_led_to(project, run)}, set(caches)
    try:
        reads |= {_bound(mount, at) for mount in run.mounts if mount.type == "bind"}
        if _runs_in_heredoc(project, run):
            raise _Unknown("a here-document")
        if any(flag.name not in _OPTIONS for flag in run.flags):
            raise _Unknown("an option")
        for command in script.commands:
            done = _command(project, run, command, at)
            reads |= done.reads
            writes |= done.writes
            at = _after(command, at)
    except _Unknown as what:
        return unknown(f"{what} in line {run.start_line} may read and write anything")
    always = frozenset((EVERY_VARIABLE, "WORKDIR", "USER", "SHELL"))
    return Effects(frozenset(reads), frozenset(writes), always)


def bound_from_context(run: Instruction) -> list[Mount]:
    """The mounts through which a RUN sees files of the build context."""
    return [m for m in run.mounts if m.type == "bind" and "from" not in m.options]


def _caches(run: Instruction) -> frozenset[str]:
    """The cache mounts, which two RUNs may share under different paths."""
    mounts = (mount.options for mount in run.mounts if mount.type == "cache")
    return frozenset(f"(cache {each.get('id') or each.get('target', '')})" for each in mounts)


def _led_to(project: Project, run: Instruction) -> frozenset[str]:
    """The places that variables such as PATH lead programs to, those of the system left out."""
    names, scope = load("effects")["variables"]["paths"], project.scope(run)
    values = [value for name in names for value in scope.variables.get(name, "").split(":")]
    places = {place("/", value) for value in values if value.startswith("/")}
    return frozenset(each for each in places if not of_system(each))


def _runs_in_heredoc(project: Project, run: Instruction) -> bool:
    """True when a here-document may call a command that does not stand among those of the script."""
    source, form = project.dockerfile.source, project.script(run).form
    if form == "heredoc":
        return any(b"<<" in source[slice(*doc.body_span)] for doc in run.heredocs)
    bodies = (source[slice(*doc.body_span)] for doc in run.heredocs if doc.expand)
    return any(b"$(" in body or b"`" in body for body in bodies)


def _bound(mount: Mount, at: str) -> str:
    target = mount.options.get("target", "")
    if "$" in target or mount.options.get("readonly") == "false" or "readwrite" in mount.options:
        raise _Unknown("a mount")
    return place(at, target)


def _after(command: Command, at: str) -> str:
    """The working directory after a command."""
    if command.name not in ("cd", "pushd", "popd"):
        return at
    words = command.operands
    if command.name != "cd" or command.context or len(words) != 1 or words[0].text is None:
        raise _Unknown(f"`{command.name}`")
    return place(at, words[0].text)


def _command(project: Project, run: Instruction, command: Command, at: str) -> Places:
    targets = [(r.operator, r.target) for r in command.redirects if r.target is not None]
    files = [
        (sign, _of_word(word, at)) for sign, word in targets if word.text not in _DEVICES and "<<" not in sign
    ]
    written = frozenset(where for sign, where in files if ">" in sign)
    read = frozenset(where for sign, where in files if ">" not in sign) | _above(written, at)
    if not command.words:
        return Places(read, written)
    need = needs(replace(command, redirects=()))
    called = command.words[0].text or ""
    if called.startswith("/") and not of_system(called):
        read |= {posixpath.dirname(called)}
    found = _install(project, run, command, need, at) if need.manager else _plain(command, at)
    return Places(read | found.reads, written | found.writes)


_DEVICES = ("/dev/null", "/dev/stdout", "/dev/stderr")


def _plain(command: Command, at: str) -> Places:
    """Of a command that is no package manager's."""
    facts, name = load("effects")["commands"], command.name
    if name == "cd":
        return Places(_there(frozenset(_of_word(word, at) for word in command.operands), at))
    if name == "corepack" and needs(command).kind == "nothing":
        return _both("(node packages)", _TOOLS)
    if name in facts["nothing"] and name != "corepack":
        return Places()
    if name in facts["system"]:
        return _both(SYSTEM)
    if name in facts["users"]:
        texts = [word.text for word in command.operands if word.text]
        texts += [option.value for option in command.options if option.value]
        return _both(SYSTEM, *(place("/home", text) for text in texts))
    if name in facts["words"]:
        places = _named(command, at)
        if name == "ln" and not all(map(of_system, places)):
            raise _Unknown("`ln`")
        listed = frozenset((at,)) if name in ("ls", "du") and not command.operands else frozenset()
        listed |= frozenset((at,)) if name == "grep" and command.has_option("-r", "-R") else frozenset()
        return Places(places | listed | _above(places, at), places)
    if name in facts["makes"]:
        return _made(command, at)
    raise _Unknown(f"`{command.words[0].raw}`")


def _made(command: Command, at: str) -> Places:
    """Of a command that fetches or unpacks something."""
    from jettison.rules.making import made_by

    first = command.operands[0].text if command.operands else ""
    if command.name == "git" and first != "clone":
        raise _Unknown("`git`")
    made = frozenset(made_by(command, at)) - {"/dev/null"}
    unnamed = any(word.text is None for word in command.arguments)
    silent = command.name == "curl" and not command.has_option("-O", "--remote-name", "-o", "--output")
    written = made or (frozenset() if silent else frozenset((at,)))
    if unnamed and command.name in ("git", "wget") and not command.has_option("-O"):
        written |= {at}
    return Places(_named(command, at) | _above(written, at), written)


def _named(command: Command, at: str) -> frozenset[str]:
    """The places that the words of a command name, those that are no paths counted as some."""
    words = [w for w in command.arguments if "://" not in w.raw and not w.raw.startswith("-")]
    values = [option.value for option in command.options if option.value and "://" not in option.value]
    unknown_options = [w for w in command.arguments if w.raw.startswith("-") and w.text is None]
    if unknown_options:
        raise _Unknown(f"`{command.words[0].raw}`")
    return frozenset((*(_of_word(word, at) for word in words), *(place(at, value) for value in values)))


def _above(places: frozenset[str], at: str) -> frozenset[str]:
    """The folders that have to be there for these places, where they may be made in the Dockerfile."""
    return _there(frozenset(posixpath.dirname(each) for each in places if each.startswith("/")), at)


def _there(folders: frozenset[str], at: str) -> frozenset[str]:
    """Those that may be made in the Dockerfile: not the working directory, nor what every image has."""
    there = load("effects")["system"]["there"]
    return frozenset(folder for folder in folders if not covers(folder, at) and folder not in there)


def _of_word(word: ShellWord, at: str) -> str:
    """The place that a word names, up to where only the shell knows it."""
    if word.raw.startswith("~"):
        raise _Unknown(f"`{word.raw}`")
    if word.text is not None:
        return place(at, word.text)
    known = re.split(r"[$`]", word.raw.lstrip("\"'"))[0]
    if "/" not in known or "'" in known or '"' in known or "\\" in known:
        raise _Unknown(f"`{word.raw}`")
    return place(at, posixpath.dirname(known + "x"))


def _both(*places: str) -> Places:
    return Places(frozenset(places), frozenset(places))


def _install(project: Project, run: Instruction, command: Command, need: Needs, at: str) -> Places:
    shown = " ".join(word.raw for word in command.words[:3])
    if need.kind == "sources" or need.first:
        raise _Unknown(f"`{shown}`")
    if need.system:
        return _both(SYSTEM)
    manager = find_manager(need.manager)
    packages = f"({manager.family if manager is not None else need.manager} packages)"
    if need.kind == "nothing":
        return _both(packages, _TOOLS)
    if need.manager not in load("effects")["installs"]["managers"]:
        raise _Unknown(f"`{shown}`")
    folder = _folder(project, run, need, at)
    read = resolve(project.context, need, folder) if folder is not None else None
    led = settings(project, Install(run, need.manager, False, (need,), command, None), at)
    if not isinstance(read, Reads) or led:
        raise _Unknown(f"`{shown}`")
    row = need.row or {}
    home = project.scope(run).variables.get("HOME", "/root")
    settled = frozenset(place(home, name) for name in load("install-reads")["configures"]["home"])
    places = [posixpath.relpath(path, folder or ".") for path in (*read.files, *read.folders)]
    folders = {posixpath.dirname(path) for path in places} | {""}
    listed = [name for names in row.get("manifests", ()) for name in names.split("|")]
    manifests = frozenset(place(at, name) for name in (*places, *listed))
    made = frozenset(
        place(at, posixpath.join(each, name)) for each in folders for name in row.get("installed", ())
    )
    return Places(
        manifests | settled | made | {packages, _TOOLS},
        made | {packages} | (manifests if row else frozenset()),
    )


def _folder(project: Project, run: Instruction, need: Needs, at: str) -> str | None:
    """The folder of the context whose manifests the install reads in its working directory."""
    names = (
        need.paths or [name for names in need.row["manifests"] for name in names.split("|")]
        if need.row
        else need.paths
    )
    for name in names:
        plain = posixpath.normpath(name)
        origin = _mounted(run, place(at, name), at) or from_context(project, place(at, name), run)
        if origin is not None and (origin == plain or origin.endswith(f"/{plain}")):
            return origin[: len(origin) - len(plain)].rstrip("/")
    return None


def _mounted(run: Instruction, path: str, at: str) -> str | None:
    """The file of the context that a mount shows at an image path."""
    for mount in bound_from_context(run):
        target = place(at, mount.options.get("target", ""))
        source = posixpath.normpath("/" + mount.options.get("source", "")).lstrip("/")
        if covers(target, path):
            return posixpath.normpath(posixpath.join(source, posixpath.relpath(path, target)))
    return None
