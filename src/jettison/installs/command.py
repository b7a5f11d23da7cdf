"""What one command of a RUN reads of the build context, by its text and facts/install-reads.toml."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from typing import Any, NamedTuple

from jettison.facts import load
from jettison.shell import Command
from jettison.shell.packages import Action, action

SYSTEM = frozenset(("apt", "apk", "rpm"))
"""Families of the distributions' package managers: they read nothing of the build context."""

_REQUIREMENTS = frozenset(
    ("-r", "--requirement", "--requirements", "-c", "--constraint", "--constraints", "--overrides")
)
_LOCAL = frozenset(("-e", "--editable", "-f", "--find-links", "--config-settings", "--src", "--build"))
_CACHES = (
    *("/var/lib/apt/", "/var/cache/", "/tmp/", "/var/tmp/"),
    *("/root/.cache", "/root/.npm", "~/.cache", "~/.npm"),
)


class Needs(NamedTuple):
    """What a command reads of the build context.

    `kind` is "manifests" (what `row` of install-reads.toml says, or the requirement files in `paths`,
    relative to its working directory), "nothing", or "sources" (unknown, so everything). `manager` is the
    package manager, "" for another command; `system` says that it is one of the distribution. `why` says of
    an install that reads the sources what makes it. `first` is the command to run on the manifests before
    this one, which stays where it is; "" where the command itself reads no more.
    """

    kind: str
    manager: str = ""
    paths: tuple[str, ...] = ()
    system: bool = False
    why: str = ""
    first: str = ""
    row: dict[str, Any] | None = None


NOTHING = Needs("nothing")


def needs(command: Command) -> Needs:
    """What one command of a RUN reads of the context, by its text alone."""
    done = action(command)
    if any("<" in r.operator and (not r.target or r.target.text != "/dev/null") for r in command.redirects):
        return Needs("sources", done.manager.name if done else "")
    if done is None:
        return _other(command)
    name = done.manager.name
    if done.manager.family in SYSTEM:
        return Needs("sources" if done.files else "nothing", name, system=True)
    if done.verb == "clean" and not done.manager.goals:
        return Needs("nothing", name)
    if name == "pip" and done.verb == "install":
        return _pip(done)
    if name == "uv" and done.subcommand == "pip install":
        return _pip(done)
    return _by_table(command, done)


def needs_of_go_build() -> Needs:
    """What a build by go reads that is called by make: the modules can be fetched first."""
    row = next(each for each in _rows("go") if "first" in each)
    return Needs("manifests", "go", first=row["first"].format("go"), row=row)


def _by_table(command: Command, done: Action) -> Needs:
    name = done.manager.name
    if done.manager.family == "node" and command.has_option("-g", "--global", "--location"):
        return Needs("sources" if done.files else "nothing", name)
    if _reads_nothing(done):
        return Needs("nothing", name)
    row = next((each for each in _rows(name) if _called(done, each)), None)
    if row is None:
        return Needs("sources", name)
    if name == "conda":
        return _conda(done, row)
    why = _out_of_the_way(command, done, row)
    if why is not None:
        return Needs("sources", name, why=why)
    first = _first(command, done, row)
    if first is None:
        return Needs("sources", name)
    return Needs("manifests", name, first=first, row=row)


def _rows(manager: str) -> Iterable[dict[str, Any]]:
    return (row for row in load("install-reads")["install"] if row["manager"] == manager)


def _called(done: Action, row: dict[str, Any]) -> bool:
    """True for a sub-command of the row."""
    words = row["words"].split()
    if row.get("goals"):
        goals = [word.text or "" for word in done.command.operands]
        return bool(goals) and all(goal in words for goal in goals) and goals != ["clean"]
    if not done.subcommand:
        return bool(row.get("bare"))
    return done.subcommand.replace(" ", "+") in words


def _out_of_the_way(command: Command, done: Action, row: dict[str, Any]) -> str | None:
    """Why a command of the row reads more than its manifests; None when nothing in its words says so."""
    if row.get("refuse"):
        return str(row["refuse"])
    if (done.files or done.packages) and done.manager.name not in ("dotnet", "go"):
        return ""
    elsewhere = load("install-reads")["elsewhere"]["options"].split()
    elsewhere = [name for name in elsewhere if name not in row.get("ignores", "").split()]
    if command.context or any(option.name in elsewhere for option in done.options):
        return ""
    return None


def _first(command: Command, done: Action, row: dict[str, Any]) -> str | None:
    """What to run before the sources are there; "" for the command itself, None when nothing is certain."""
    if "adds" in row:
        return _with_options(command, row)
    if "first" not in row:
        return ""
    if command.redirects or command.wrappers not in ((), ("env",), ("time",)):
        return None
    keeps, ignores = row["keeps"].split(), row["ignores"].split()
    kept: list[str] = []
    for option in done.options:
        if option.name in keeps and option.value is not None:
            kept += [option.name, option.value]
        elif not _ignored(option.name, ignores):
            return None
    matters = row.get("variables", "*").split()
    given = [w.raw for w in command.assignments if "*" in matters or w.raw.partition("=")[0] in matters]
    called = " ".join(word.raw for word in done.called)
    named = [word.raw for word in command.operands[1:]] if done.manager.name == "dotnet" else []
    return " ".join(
        [*given, row["first"].format(called), *(w for w in named if not w.startswith("/p:")), *kept]
    )


def _ignored(name: str, ignores: list[str]) -> bool:
    if "*" in ignores or name in ignores:
        return True
    return name.startswith(("-D", "-p:", "/p:")) and any(i in ("-D", "-p") for i in ignores)


def _with_options(command: Command, row: dict[str, Any]) -> str:
    if command.has_option(*row.get("instead", "").split()):
        return ""
    missing = [name for name in row["adds"].split() if not command.has_option(name)]
    if not missing:
        return ""
    words = [*command.assignments, *command.prefix, *command.words]
    return " ".join([*(word.raw for word in words), *missing])


def _reads_nothing(done: Action) -> bool:
    """True for a sub-command that names packages of a registry, or settings."""
    listed = load("install-reads")["nothing"].get(done.manager.name, "").split()
    elsewhere = load("install-reads")["elsewhere"]["options"].split()
    called = done.subcommand.replace(" ", "+")
    words = [*done.subcommand.split(), *done.packages]
    if called not in listed and "+".join(words[:2]) not in listed:
        return False
    if done.files or any(
        o.name in elsewhere and o.name not in ("-p", "-C", "--prefix") for o in done.options
    ):
        return False
    if done.manager.name == "go" and called == "install":
        return bool(done.packages) and all("@" in name for name in done.packages)
    return called not in ("install", "i", "create") or bool(done.packages)


def _pip(done: Action) -> Needs:
    name = done.manager.name
    if "-e" in done.flags or "--editable" in done.flags:
        return Needs("sources", name, why="an editable install points to the sources")
    files = tuple(option.value or "" for option in done.options if option.name in _REQUIREMENTS)
    if any(option.name in _LOCAL and "://" not in (option.value or "") for option in done.options):
        return Needs("sources", name, why=f"{name} is told to look into a local folder")
    if any(not f or posixpath.isabs(f) or "$" in f or "://" in f for f in files):
        return Needs("sources", name)
    local = [file for file in done.files if file not in files]
    if local or len(done.files) > len(files):
        return Needs("sources", name, why=f"`{' '.join(local) or 'it'}` installs the project itself")
    if not files:
        return Needs("nothing", name) if done.packages else Needs("sources", name)
    return Needs("manifests", name, files)


def _conda(done: Action, row: dict[str, Any]) -> Needs:
    files = tuple(option.value or "" for option in done.options if option.name in ("-f", "--file"))
    if any(not file or posixpath.isabs(file) or "$" in file or "://" in file for file in files):
        return Needs("sources", "conda")
    if not files and done.subcommand.startswith("env "):
        files = ("environment.yml",)
    return Needs("manifests", "conda", files, row=row) if files else Needs("sources", "conda")


def _other(command: Command) -> Needs:
    """A command of no package manager: harmless when it touches nothing but messages and caches."""
    words = [word.text or "" for word in command.operands]
    if command.redirects:
        return Needs("sources")
    if command.name == "corepack":
        alone = words[:1] == ["enable"] or (words[:1] == ["prepare"] and any("@" in w for w in words[1:]))
        return NOTHING if alone else Needs("sources")
    if command.name in ("true", ":", "echo", "set"):
        return NOTHING
    if command.name == "rm" and words and all(word.startswith(_CACHES) for word in words):
        return NOTHING
    return Needs("sources")
