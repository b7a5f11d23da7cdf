"""What one instruction reads, writes, needs and sets: where two of them share nothing, their order is free.

Places are absolute image paths, each with all that lies below it, or names in brackets: `(system)` for the
folders that packages own, `(python packages)` for what the managers of a language install, `(anything)`.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from jettison.context.gopath import has_wildcard
from jettison.dockerfile import Instruction
from jettison.facts import load
from jettison.project import Project
from jettison.rules.copies import Taken, is_archive, is_remote, taken
from jettison.stages import covers

ANYTHING = "(anything)"
SYSTEM = "(system)"
EVERY_VARIABLE = "$*"
_MOST = 100
"""Places of a COPY, above which its destination stands for all."""
_VARIABLE = re.compile(r"\$\{?(\w+)")


class Effects(NamedTuple):
    """`needs` and `sets` hold `$NAME` for variables, and WORKDIR, USER, SHELL, ENV by their names.

    `folder` is one that the instruction makes with those above it if it is not there yet, `owner` whose they
    are then. `why` says of an instruction that may do anything what makes it.
    """

    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()
    sets: frozenset[str] = frozenset()
    folder: str = ""
    owner: str = ""
    why: str = ""


def effects(project: Project, instruction: Instruction) -> Effects:
    """The effects of any instruction but FROM; LABEL, CMD and the like have none but the variables they
    need."""
    keyword = instruction.keyword
    if keyword == "RUN":
        from jettison.rules.runeffects import run_effects

        return run_effects(project, instruction)
    if keyword in ("COPY", "ADD"):
        return _copy(project, instruction)
    needs = _variables(instruction.args)
    if keyword in ("ENV", "ARG"):
        names = {f"${pair.key.text}" for pair in instruction.pairs()}
        return Effects(needs=needs, sets=frozenset(("ENV", *names)))
    if keyword == "WORKDIR":
        return _workdir(project, instruction, needs)
    if keyword == "USER":
        return Effects(needs=needs, sets=frozenset(("USER",)))
    if keyword == "SHELL":
        return Effects(sets=frozenset(("SHELL",)))
    if keyword == "VOLUME":
        return unknown(f"VOLUME of line {instruction.start_line} may end what is written there")
    if keyword in ("CMD", "ENTRYPOINT", "HEALTHCHECK") and instruction.json is None:
        needs |= {"SHELL"}
    return Effects(needs=needs)


def unknown(why: str) -> Effects:
    """Of what may read and write anything."""
    everything = frozenset((ANYTHING,))
    needs = frozenset((EVERY_VARIABLE, "WORKDIR", "USER", "SHELL"))
    return Effects(everything, everything, needs, frozenset(), why=why)


class Clash(NamedTuple):
    """Why the order of two instructions counts: `kind` is how, `what` the place or variable that they
    share."""

    kind: str
    """`reads` what the first writes, `replaces` what the first reads, both `write` or `make` it, or `takes`
    a variable that the first sets, `changes` one that the first takes, both `set` one."""
    what: str


def clash(one: Effects, other: Effects) -> Clash | None:
    """What two instructions share, the first one named first; None when they share nothing."""
    for kind, mine, theirs in (
        ("takes", one.sets, other.needs),
        ("changes", one.needs, other.sets),
        ("set", one.sets, other.sets),
    ):
        names = sorted((a if b == EVERY_VARIABLE else b) for a in mine for b in theirs if _same(a, b))
        if names:
            return Clash(kind, names[0].lstrip("$"))
    for kind, mine, theirs in (
        ("reads", one.writes, other.reads),
        ("replaces", one.reads, other.writes),
        ("write", one.writes, other.writes),
    ):
        places = sorted(_narrower(a, b) for a in mine for b in theirs if overlap(a, b))
        if places:
            return Clash(kind, places[0])
    made = _made_by_both(one, other)
    return Clash("make", made) if made is not None else None


def overlap(one: str, other: str) -> bool:
    """True when two places share a file, or may."""
    if one == other or ANYTHING in (one, other):
        return True
    if one == SYSTEM or other == SYSTEM:
        return of_system(other if one == SYSTEM else one)
    if one.startswith("/") and other.startswith("/"):
        return covers(one, other) or covers(other, one)
    return False


@lru_cache(maxsize=10_000)
def of_system(path: str) -> bool:
    """True for a path of the folders that packages own, and for one above them."""
    if not path.startswith("/"):
        return False
    facts = load("effects")["system"]
    if path.endswith(".sh") and posixpath.dirname(path) in facts["scripts"]:
        return False
    if any(path != folder and covers(folder, path) for folder in facts["free"]):
        return False
    if any(covers(folder, path) for folder in facts["caches"]):
        return False
    for home in facts["homes"]:
        inside = path[len(home) + 1 :].split("/") if covers(home, path) else []
        if len(inside) > 1 and not inside[1].startswith("."):
            return False
    return any(covers(folder, path) or covers(path, folder) for folder in facts["folders"])


def place(at: str, word: str) -> str:
    """The absolute path of a word that runs, or is copied, in folder `at`; up to a wildcard."""
    path = posixpath.normpath(posixpath.join(at, word))
    path = "/" + path.lstrip("/")
    return posixpath.dirname(re.split(r"[*?\[{]", path)[0] + "x") if re.search(r"[*?\[{]", path) else path


def _copy(project: Project, copy: Instruction) -> Effects:
    dest = copy.dest
    if copy.error or dest is None:
        return unknown(f"line {copy.start_line} is not valid")
    if any(is_remote(word.text) or word.text.startswith("$") for word in copy.sources):
        return unknown(f"what line {copy.start_line} fetches is not known")
    scope = project.scope(copy)
    where = scope.expand(dest.text, copy.escape).text
    path = place(scope.workdir, where)
    targets = frozenset(_targets(project, copy, path))
    named = posixpath.dirname(path) if targets == {path} and copy.flag("from") is None else path
    flags = " ".join(f"{f.name}={f.value}" for f in copy.flags if f.name in ("chown", "chmod", "link"))
    return Effects(
        frozenset((SYSTEM,)) if _asks_for_user(project, copy) else frozenset(),
        targets,
        _variables(project.dockerfile.text(copy.span))
        | (frozenset() if where.startswith("/") else {"WORKDIR"}),
        folder="" if covers(named, scope.workdir) else named,
        owner=flags,
    )


def _asks_for_user(project: Project, copy: Instruction) -> bool:
    """True when --chown names a user or group that may not be one of the base image."""
    flag = copy.flag("chown")
    names = [name for name in (flag.value or "$").split(":") if not name.isdigit()] if flag else []
    if not names:
        return False
    from jettison.rules.owners import base_names

    return not set(names) <= (base_names(project, copy) or frozenset())


def _targets(project: Project, copy: Instruction, dest: str) -> Iterator[str]:
    """What a COPY writes: every file that it takes by itself, of a folder what lies directly in it."""
    sources = list(taken(project, copy))
    plain = copy.flag("from") is None and not copy.heredocs and len(sources) == len(copy.sources)
    if not plain or any(copy.keyword == "ADD" and is_archive(each.source) for each in sources):
        yield dest
        return
    for source in sources:
        yield from source_targets(project, source) or (dest,)


def source_targets(project: Project, source: Taken) -> list[str]:
    """The places that one source of a COPY writes; none when it takes nothing, or too much to list."""
    context = project.context
    files = source.files(context)
    if source.parents or has_wildcard(source.source):
        return [source.target(file.path, context) for file in files] if len(files) <= _MOST else []
    root = posixpath.normpath("/" + source.source).lstrip("/")
    skip = len(root) + 1 if root else 0
    tops = {
        file.path if file.path == root else file.path[: skip + _length(file.path[skip:])] for file in files
    }
    return [source.target(top, context) for top in sorted(tops)]


def _length(path: str) -> int:
    """Of the first part of a path."""
    return len(path.partition("/")[0])


def _workdir(project: Project, instruction: Instruction, needs: frozenset[str]) -> Effects:
    scope = project.scope(instruction)
    text = scope.expand(instruction.args, instruction.escape).text
    path = place(scope.workdir, text)
    user = scope.user
    rooted = user in (None, "root", "0", "root:root", "0:0")
    return Effects(
        frozenset() if rooted else frozenset((SYSTEM,)),
        frozenset((path,)),
        needs | {"USER"} | (frozenset() if text.startswith("/") else {"WORKDIR"}),
        frozenset(("WORKDIR",)),
        folder=path,
        owner="" if rooted else f"user {user}",
    )


def _variables(text: str) -> frozenset[str]:
    return frozenset(f"${name}" for name in _VARIABLE.findall(text))


def _same(one: str, other: str) -> bool:
    if EVERY_VARIABLE in (one, other):
        return one.startswith("$") and other.startswith("$")
    return one == other


def _narrower(one: str, other: str) -> str:
    """The better name for what two places share."""
    if not (one.startswith("/") and other.startswith("/")):
        return one if one.startswith("/") else other
    return one if len(one) >= len(other) else other


def _made_by_both(one: Effects, other: Effects) -> str | None:
    """A folder that whichever comes first makes, with an owner or mode of its own."""
    if not one.folder or not other.folder or one.owner == other.owner:
        return None
    shared = posixpath.commonpath((one.folder, other.folder))
    return None if shared in load("effects")["system"]["there"] else shared
