"""What can make one step run again, told from the ingredients of its key then and now."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator, Sized
from typing import NamedTuple

from jettison.cache.built import Built
from jettison.cache.select import changes
from jettison.cache.steps import Part, Step
from jettison.cache.store import Store
from jettison.cache.tree import Entry
from jettison.dockerfile import Instruction

_TOLD = {
    "base": "the base image is another one",
    "platform": "it is built for another platform",
    "option": "it is built with other options",
    "workdir": "the working directory is another one",
    "user": "the user is another one",
    "mount": "its mounts are others",
    "dest": "it goes to another place",
    "source": "its source has another name",
    "folder": "the folder is another one",
    "text": "the text in it is another one",
    "unpack": "COPY became ADD or ADD became COPY",
    "remote": "it fetches something else",
}
_LISTED = 200
"""Changed files that a cause lists at most."""


class Cause(NamedTuple):
    """One reason. `kind` is `files`, `command`, `arg`, `env`, `base`, `parent`, `artefact`, `new`,
    `not exported`, `not imported`, `not there`, or one of the ingredients of a key."""

    kind: str
    message: str
    details: tuple[str, ...] = ()
    line: int | None = None
    """Of the Dockerfile, where it lies elsewhere than in the step."""
    fix: str = ""


def compare(
    before: Built | None, was: int | None, after: Built, index: int, store: Store, where: str
) -> tuple[Cause, ...]:
    """Why step `index` of `after` ran, compared with step `was` of the build before; never empty."""
    if after.keys[index] in store.keys - store.results:
        fix = "export with mode=max: min keeps only the layers of the image itself"
        return (Cause("not exported", f"its key is in {where or 'the cache'}, but not its result", fix=fix),)
    if before is None or not store.keys:
        fix = "give the build a cache: --cache-from, with --cache-to in the build before"
        return (Cause("not imported", "the builder had no cache", fix=fix),)
    if was is None:
        return (Cause("new", "this step was not in the build before"),)
    found = [*_takes(before, was, after, index), *_parts(before.steps[was], after.steps[index], after)]
    if not found and not _same_parent(before, was, after, index):
        found.append(_parent(before, was, after, index))
    missing = "nothing that counts has changed: the cache has been emptied, or has dropped it"
    return tuple(found) or (Cause("not there", missing, fix="give the builder more room for its cache"),)


def _takes(before: Built, was: int, after: Built, index: int) -> Iterator[Cause]:
    """Other files from the context, or from another stage."""
    old, new = before.steps[was].takes, after.steps[index].takes
    for then, now in zip(old, new, strict=False):
        if now.step is None and then.step is None:
            one, other = before.taken.selected[then.source], after.taken.selected[now.source]
            if one.digest != other.digest:
                yield _files(now.path, list(changes(one, other)))
        elif now.step is not None and then.step is not None and not after.steps[index].merge:
            if before.keys[then.step] != after.keys[now.step]:
                yield Cause("artefact", f"what {now.path} of the other stage has is not what it was")
        else:
            yield Cause("source", "it takes its files from elsewhere")


def _files(path: str, found: list[tuple[str, Entry | None, Entry | None]]) -> Cause:
    details = [f"{name}: {_difference(old, new)}" for name, old, new in found[:_LISTED]]
    details += [f"and {len(found) - _LISTED} more"] if len(found) > _LISTED else []
    only_modes = all(old and new and old.digest == new.digest for _, old, new in found)
    if only_modes:
        fix = "set the modes in the checkout (umask 022, or chmod -R g-w): COPY --chmod does not help here"
        message = f"only the modes of {_count(found)} changed in {path}"
        return Cause("files", message, tuple(details), fix=fix)
    names = [name for name, _, _ in found]
    return Cause("files", f"{_count(found)} changed in {path}", tuple(details), fix=_what_to_ignore(names))


def _difference(old: Entry | None, new: Entry | None) -> str:
    if old is None:
        return "added"
    if new is None:
        return "removed"
    if old.digest == new.digest and old.mode != new.mode:
        return f"mode {stat.S_IMODE(old.mode):o}, now {stat.S_IMODE(new.mode):o}"
    told = "bytes" if stat.S_IFMT(old.mode) == stat.S_IFMT(new.mode) else "another kind of file"
    return f"{told} and mode" if stat.S_IMODE(old.mode) != stat.S_IMODE(new.mode) else told


def _what_to_ignore(names: list[str]) -> str:
    """What of the changed files no build needs."""
    if all(name == ".git" or name.startswith(".git/") for name in names):
        return "name .git in .dockerignore: it changes with every commit"
    if all(re.fullmatch(r"(.*/)?(Dockerfile[^/]*|\.dockerignore|\.gitignore)", name) for name in names):
        return "name Dockerfile and .dockerignore in .dockerignore, unless the image needs them"
    if all(re.fullmatch(r"(.*\.(md|rst)|docs?/.*|\.github/.*|LICENSE.*)", name) for name in names):
        return "name documentation and CI files in .dockerignore: jettison ignore"
    return ""


def _parts(then: Step, now: Step, after: Built) -> Iterator[Cause]:
    """Other ingredients of the step itself."""
    old, new = _by_kind(then.parts), _by_kind(now.parts)
    variables = [
        _variable(kind, name, old.get((kind, name)), new.get((kind, name)), now, after)
        for kind, name in dict.fromkeys((*old, *new))
        if kind in ("arg", "env") and old.get((kind, name)) != new.get((kind, name))
    ]
    rest = [
        Cause(kind, _TOLD.get(kind, kind), _values(old.get((kind, name)), new.get((kind, name))))
        for kind, name in dict.fromkeys((*old, *new))
        if kind not in ("arg", "env", "command") and old.get((kind, name)) != new.get((kind, name))
    ]
    if old.get(("command", "")) != new.get(("command", "")):
        yield _command(old.get(("command", ""), ""), new.get(("command", ""), ""))
    yield from variables
    yield from rest
    if old == new and then.parts != now.parts:
        yield Cause("env", "the same variables were set in another order")


def _by_kind(parts: tuple[Part, ...]) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for part in parts:
        key = part.kind, part.name
        found[key] = f"{found[key]}\n{part.value}" if key in found else part.value
    return found


def _command(old: str, new: str) -> Cause:
    if old.split() == new.split():
        return Cause("command", "only blanks and line ends of the command changed, and they count")
    shells = [text.split("\0")[:-1] for text in (old, new)]
    if shells[0] != shells[1] and old.split("\0")[-1] == new.split("\0")[-1]:
        return Cause("command", "another SHELL runs it", _values(" ".join(shells[0]), " ".join(shells[1])))
    texts = [text.split("\0")[-1] for text in (old, new)]
    return Cause("command", "the command is another one", _values(*texts))


def _variable(kind: str, name: str, old: str | None, new: str | None, step: Step, after: Built) -> Cause:
    said = _values(old, new)
    line = _set_at(after, step, name)
    word = kind.upper()
    used = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", step.instruction.args) is not None
    if used:
        return Cause(kind, f"{word} {name} has another value", said, line)
    fix = f"set {name} below this step: every {word} above a RUN is in its key, used or not"
    return Cause(
        kind, f"{word} {name} has another value, although the command does not name it", said, line, fix
    )


def _values(old: str | None, new: str | None) -> tuple[str, ...]:
    return (f"was: {'(not set)' if old is None else old}", f"now: {'(not set)' if new is None else new}")


def _set_at(after: Built, step: Step, name: str) -> int | None:
    """The last ARG or ENV above the step that sets a variable."""
    found: Instruction | None = None
    for instruction in after.dockerfile.instructions:
        if instruction.span.start >= step.instruction.span.start:
            break
        if instruction.keyword in ("ARG", "ENV") and any(p.key.text == name for p in instruction.pairs()):
            found = instruction
    return found.start_line if found is not None else None


def _same_parent(before: Built, was: int, after: Built, index: int) -> bool:
    then, now = before.steps[was].parent, after.steps[index].parent
    if then is None or now is None:
        return then is now
    return before.keys[then] == after.keys[now]


def _parent(before: Built, was: int, after: Built, index: int) -> Cause:
    then, now = before.steps[was].parent, after.steps[index].parent
    old = before.steps[then].name.partition("] ")[2] if then is not None else "scratch"
    new = after.steps[now].name.partition("] ")[2] if now is not None else "scratch"
    return Cause("parent", "it stands on another step than before", _values(old, new))


def _count(found: Sized) -> str:
    return "1 file" if len(found) == 1 else f"{len(found)} files"
