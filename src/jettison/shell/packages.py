"""What a command does with a package manager, by the dated table facts/package-managers.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from jettison.facts import load
from jettison.shell.script import Command, Option, ShellWord

VERBS = ("install", "upgrade", "update", "remove", "clean", "download", "build", "run")
"""What a package manager can be told to do; `other` stands for everything else."""

_NOT_A_NAME = ("/", "./", "../", "~")
_ARCHIVES = (".whl", ".tar.gz", ".tgz", ".zip", ".deb", ".rpm", ".apk", ".gem")


@dataclass(frozen=True, slots=True)
class PackageManager:
    """One row of the table; the fields mean what its head says."""

    name: str
    family: str
    verbs: Mapping[str, str]
    """Sub-command (two words with a blank) -> verb."""
    bare: str
    otherwise: str
    goals: bool
    values: frozenset[str]
    cluster: bool
    files: frozenset[str]
    yes: frozenset[str]
    ask: bool
    no_cache: tuple[str, ...]
    no_cache_env: tuple[str, ...]
    left: tuple[str, ...]
    cleanup: str
    thorough: tuple[frozenset[str], ...]
    mounts: tuple[str, ...]
    sharing: str
    """`locked` where two builds must not write the cache at once, else `shared`."""
    compiled: bool
    """True where the cache keeps what was compiled, under a name that does not tell musl from glibc."""
    later: bool
    offline: tuple[str, ...]
    """Words and settings with which it fetches nothing, so that the cache has to be there."""
    usually_offline: bool
    moved: tuple[str, ...]
    """Words, or their beginnings, that put the cache elsewhere."""
    config: frozenset[str]
    """What its `config` is told for that."""
    settings: frozenset[str]
    """Files that say the same, in lower case."""
    passwd_home: bool
    known_in: frozenset[str]
    updates: bool
    keep: str
    keep_as: Mapping[str, str]
    note: str
    source: str

    def left_behind(self, home: str = "/root", env: Mapping[str, str] | None = None) -> tuple[str, ...]:
        """Paths and globs in the image that only the package manager itself would read again."""
        return tuple(resolve(place, home, env or {}) for place in self.left)

    def cache_targets(
        self, home: str = "/root", env: Mapping[str, str] | None = None, root: bool | None = None
    ) -> tuple[str, ...]:
        """Targets of cache mounts for a user with this HOME and with the ENV of stage and base image.

        `root` says whether that user is root, where HOME alone does not tell.
        """
        return tuple(resolve(place, home, env or {}, root) for place in self.mounts)

    def variables(self) -> frozenset[str]:
        """The variables that say where its cache is, HOME included."""
        places = [each for place in self.mounts for each in place.split("|")[:-1] if ":" not in each]
        return frozenset(("HOME", *(place.partition("/")[0] for place in places)))


@dataclass(frozen=True, slots=True)
class Action:
    """What one command tells a package manager to do."""

    manager: PackageManager
    verb: str
    """One of VERBS, or `other`."""
    subcommand: str
    """As written: `ci`, `pip install`; empty for a bare `yarn`."""
    packages: tuple[str, ...]
    """What is named to be installed, removed or built; a word only the shell can know stands as written."""
    files: tuple[str, ...]
    """Requirement files, local packages and folders that are named."""
    options: tuple[Option, ...]
    word: ShellWord
    """The last word of the sub-command, after which an option can be added."""
    called: tuple[ShellWord, ...]
    """The words that call the manager: `pip3`, or `python -m pip`."""
    command: Command

    @property
    def flags(self) -> tuple[str, ...]:
        """The names of the options given, `-qqy` taken apart."""
        return tuple(option.name for option in self.options)

    @property
    def cleanup(self) -> str:
        """The manager's clean-up, called the way this command is (`pip3`, sudo); empty when there is none."""
        first, blank, rest = self.manager.cleanup.partition(" ")
        if find_manager(first) is self.manager:
            first = " ".join(word.raw for word in self.called)
        sudo = [word.raw for word in self.command.prefix] if self.command.wrappers == ("sudo",) else []
        return " ".join([*sudo, first + blank + rest]) if rest else ""

    @property
    def cleans_up(self) -> bool:
        """True for the manager's own clean-up, called so that it leaves nothing of `manager.left`."""
        said = {*self.subcommand.split(), *self.packages, *self.flags}
        return self.verb == "clean" and any(way <= said for way in self.manager.thorough)

    def keeps_cache(self, env: Mapping[str, str] | None = None) -> bool:
        """True unless an option, an assignment before the command, or ENV turns the manager's cache off."""
        if not self.manager.no_cache_env and not self.manager.no_cache:
            return True
        set_here = dict(env or {})
        for word in self.command.assignments:
            name, _, value = (word.text if word.text is not None else word.raw).partition("=")
            set_here[name] = value
        off = any(_truthy(set_here.get(name, "")) for name in self.manager.no_cache_env)
        return not off and not any(flag in self.manager.no_cache for flag in self.flags)


def action(command: Command) -> Action | None:
    """What a command tells a package manager to do; None when it is no package manager's command.

    Many rules ask about the same command: answers are kept by identity, with the command, for a while.
    """
    kept = _kept.get(id(command))
    if kept is None:
        if len(_kept) >= _MOST_KEPT:
            _kept.clear()
        kept = _kept[id(command)] = command, _action(command)
    return kept[1]


_MOST_KEPT = 1000
_kept: dict[int, tuple[Command, Action | None]] = {}


def _action(command: Command) -> Action | None:
    manager = find_manager(command.name)
    skipped = 0
    if manager is None:
        manager, skipped = _module(command)
    if manager is None:
        return None
    from jettison.shell.options import Reading, split_words

    words = command.words[skipped + 1 :]
    options, operands = split_words(words, Reading(manager.values, manager.cluster))
    verb, used = _verb(manager, operands)
    named = () if manager.goals else operands[used:]
    files = [option.value or option.word.raw for option in options if option.name in manager.files]
    files += [_shown(word) for word in named if _is_path(word)]
    return Action(
        manager,
        verb,
        " ".join(_shown(word) for word in operands[:used]),
        tuple(_shown(word) for word in named if not _is_path(word)),
        tuple(files),
        options,
        operands[used - 1] if used else command.words[skipped],
        command.words[: skipped + 1],
        command,
    )


def find_manager(name: str) -> PackageManager | None:
    """The package manager that a command name belongs to; `pip3.12` is pip."""
    table = _names()
    row = table.get(name) or table.get(name.rstrip("0123456789.")) if name else None
    return _manager(row) if row is not None else None


def managers() -> tuple[PackageManager, ...]:
    """Every row of the table."""
    return tuple(_manager(row["name"]) for row in load("package-managers")["manager"])


def resolve(place: str, home: str, env: Mapping[str, str], root: bool | None = None) -> str:
    """A place of the table as a path: the first `VAR/rest` whose variable is set, else the default.

    The user is root when `root` says so; where that is None, when HOME is root's.
    """
    *alternatives, default = place.split("|")
    for alternative in alternatives:
        if alternative.startswith("root:"):
            if home == "/root" if root is None else root:
                return alternative.removeprefix("root:")
            continue
        name, slash, rest = alternative.partition("/")
        if env.get(name):
            return env[name].rstrip("/") + slash + rest
    return home.rstrip("/") + default[1:] if default.startswith("~") else default


@cache
def _names() -> dict[str, str]:
    rows = load("package-managers")["manager"]
    return {name: row["name"] for row in rows for name in row["names"].split()}


@cache
def _manager(name: str) -> PackageManager:
    row: dict[str, Any] = next(r for r in load("package-managers")["manager"] if r["name"] == name)
    verbs = {sub.replace("+", " "): verb for verb in VERBS for sub in row.get(verb, "").split()}

    def words(key: str) -> list[str]:
        found: list[str] = row.get(key, "").split()
        return found

    return PackageManager(
        name,
        row["family"],
        verbs,
        row.get("bare", "other"),
        row.get("otherwise", "other"),
        row.get("goals", False),
        frozenset(words("values")),
        row.get("cluster", True),
        frozenset(words("files")),
        frozenset(words("yes")),
        row.get("ask", False),
        tuple(words("no_cache")),
        tuple(words("no_cache_env")),
        tuple(row["left"]),
        row["cleanup"],
        tuple(frozenset(way.split("+")) for way in words("thorough")),
        tuple(row["mounts"]),
        "locked" if row.get("locked") else "shared",
        row.get("compiled", False),
        row.get("later", False),
        tuple(words("offline")),
        row.get("usually_offline", False),
        tuple(words("moved")),
        frozenset(words("config")),
        frozenset(words("settings")),
        row.get("passwd_home", False),
        frozenset(words("known_in")),
        row.get("updates", False),
        row.get("keep", ""),
        row.get("keep_as", {}),
        row.get("note", ""),
        row["source"],
    )


@cache
def _modules() -> dict[str, str]:
    return {row["module"]: row["name"] for row in load("package-managers")["manager"] if "module" in row}


def _module(command: Command) -> tuple[PackageManager | None, int]:
    """The manager that `python -m` runs, and the index of its name among the words."""
    if command.name.rstrip("0123456789.") not in ("python", "pypy"):
        return None, 0
    for index, word in enumerate(command.words[1:-1], 1):
        if word.text is None or not word.text.startswith("-"):
            break
        if word.text.endswith("m") and not word.text.startswith("--"):
            name = _modules().get(command.words[index + 1].text or "")
            return (_manager(name) if name else None), index + 1
    return None, 0


def _verb(manager: PackageManager, operands: tuple[ShellWord, ...]) -> tuple[str, int]:
    """What the operands say, and how many of them are the sub-command."""
    texts = [word.text or "" for word in operands]
    if not texts:
        return manager.bare, 0
    if manager.goals:
        known = [manager.verbs.get(text.rpartition(":")[2], manager.verbs.get(text)) for text in texts]
        named = [verb or manager.otherwise for verb in known]
        return next((verb for verb in reversed(named) if verb != "clean"), "clean"), len(texts)
    for used in (2, 1):
        verb = manager.verbs.get(" ".join(texts[:used]))
        if verb and used <= len(texts):
            return verb, used
    return manager.otherwise, 1


def _shown(word: ShellWord) -> str:
    return word.raw if word.text is None else word.text


def _is_path(word: ShellWord) -> bool:
    text = _shown(word)
    return text == "." or text.startswith((*_NOT_A_NAME, ".[")) or text.endswith(_ARCHIVES)


def _truthy(value: str) -> bool:
    return value.lower() not in ("", "0", "false", "no", "off")
