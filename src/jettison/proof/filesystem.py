"""Two file trees: every difference is allowed by a change, known to be noise, or a reason to fail."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import translate
from functools import cache
from hashlib import sha256
from posixpath import dirname

from jettison.facts import load
from jettison.findings import Allowance
from jettison.image import Difference, Entry, Tree

_SHOWN = 3
"""Examples kept of what is explained."""

Explain = Callable[[Difference], str | None]
"""What explains a difference; None when it does not."""


@dataclass(frozen=True, slots=True)
class Explained:
    """Differences of one kind with one explanation; `bytes` of the files before, or after if appeared."""

    by: str
    kind: str
    count: int
    bytes: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TreeReport:
    """The comparison of two trees; with nothing `unexplained` they agree as far as they have to."""

    same: int = 0
    """Paths that are in both, and equal."""
    explained: tuple[Explained, ...] = ()
    """`by` is the id of the change that allows it."""
    masked: tuple[Explained, ...] = ()
    """`by` is why it says nothing."""
    unexplained: tuple[Difference, ...] = ()


def explain(
    differences: Sequence[Difference],
    before: Tree,
    after: Tree,
    *,
    allows: Iterable[tuple[str, Allowance]] = (),
    noise: Sequence[tuple[Tree, Tree]] = (),
    written: Mapping[str, bytes] | None = None,
    gone: Callable[[str], bool] = lambda path: False,
) -> TreeReport:
    """Sort differences into allowed, noise and unexplained.

    `noise` are pairs of trees of two builds of the same Dockerfile: what differs in one of them says nothing.
    `written` are files that the candidate writes into the context: a copy of one of them explains itself.
    `gone` knows the files of packages that are not in the image any more.
    """
    explanations = (_by_change(allows, gone), _by_content(before, after, written or {}))
    masks = (_by_repetition(before, after, noise), _by_fact(before, after))
    found: dict[tuple[int, str, str], list[str]] = {}
    left: list[Difference] = []
    for difference in differences:
        for group, explain_one in enumerate(explanations + masks):
            if by := explain_one(difference):
                found.setdefault((group, by, difference.kind), []).append(difference.path)
                break
        else:
            left.append(difference)
    left = _without_folders(left, before, after, found)

    def groups(indices: tuple[int, ...]) -> tuple[Explained, ...]:
        return tuple(
            Explained(
                by,
                kind,
                len(paths),
                _bytes(paths, after if kind == "appeared" else before),
                tuple(paths[:_SHOWN]),
            )
            for (group, by, kind), paths in found.items()
            if group in indices
        )

    changed = sum(d.kind == "changed" for d in differences)
    return TreeReport(
        len(before.keys() & after.keys()) - changed, groups((0, 1)), groups((2, 3)), tuple(left)
    )


def _by_change(allows: Iterable[tuple[str, Allowance]], gone: Callable[[str], bool]) -> Explain:
    tests = [
        (
            id,
            {"vanished": _globs(a.vanish), "appeared": _globs(a.appear), "changed": _globs(a.change)},
            a.packages,
        )
        for id, a in allows
    ]

    def explain_one(difference: Difference) -> str | None:
        for id, kinds, packages in tests:
            if kinds[difference.kind](difference.path):
                return id
            if packages and difference.kind == "vanished" and gone(difference.path):
                return id
        return None

    return explain_one


def _by_content(before: Tree, after: Tree, written: Mapping[str, bytes]) -> Explain:
    """A copy of the new Dockerfile or ignore file in the image, as `COPY .` makes it."""
    digests = {sha256(content).hexdigest(): f"copy of the new {path}" for path, content in written.items()}

    def explain_one(difference: Difference) -> str | None:
        old, new = before.get(difference.path), after.get(difference.path)
        if new is None or (old is not None and aspects(old, new) != {"content"}):
            return None
        return digests.get(new.digest)

    return explain_one


def _by_repetition(before: Tree, after: Tree, noise: Sequence[tuple[Tree, Tree]]) -> Explain:
    def explain_one(difference: Difference) -> str | None:
        path = difference.path
        for one, two in noise:
            first, second = one.get(path), two.get(path)
            if first == second:
                continue
            if first is None or second is None or difference.kind != "changed":
                return "differs between two builds of before"
            if aspects(before[path], after[path]) <= aspects(first, second):
                return "differs between two builds of before"
        return None

    return explain_one


def _by_fact(before: Tree, after: Tree) -> Explain:
    def explain_one(difference: Difference) -> str | None:
        for kinds, why, test in _facts():
            if difference.kind in kinds and test(difference.path):
                path = difference.path
                if difference.kind != "changed" or aspects(before[path], after[path]) <= {"content"}:
                    return why
        return None

    return explain_one


def aspects(one: Entry, two: Entry) -> set[str]:
    """In what two entries of the same path differ."""
    found = {
        name
        for name in ("kind", "mode", "uid", "gid", "link", "xattrs")
        if getattr(one, name) != getattr(two, name)
    }
    return found | {"content"} if (one.size, one.digest) != (two.size, two.digest) else found


def _without_folders(
    left: list[Difference], before: Tree, after: Tree, found: dict[tuple[int, str, str], list[str]]
) -> list[Difference]:
    """Take out folders that come or go with something in them that may; what may not stays by itself."""
    around: dict[tuple[str, str], tuple[int, str, str]] = {}
    for group, paths in found.items():
        for path in paths:
            folder = dirname(path)
            while (group[2], folder) not in around and folder != "/":
                around[group[2], folder] = group
                folder = dirname(folder)
    trees = {"appeared": after, "vanished": before}
    rest = []
    for difference in left:
        group_of = around.get((difference.kind, difference.path))
        tree = trees.get(difference.kind)
        if group_of and tree and tree[difference.path].kind == "directory":
            found[group_of].append(difference.path)
        else:
            rest.append(difference)
    return rest


def _bytes(paths: Iterable[str], tree: Tree) -> int:
    return sum(tree[path].size for path in paths if path in tree)


def _globs(patterns: Iterable[str]) -> Callable[[str], bool]:
    """A test for several globs; `/x/*` takes in `/x` itself."""
    spelled = [re.sub(r"\*+", "*", pattern) for pattern in patterns]
    spelled += [pattern[:-2] for pattern in spelled if pattern.endswith("/*") and len(pattern) > 2]
    if not spelled:
        return lambda path: False
    if "*" in spelled or "/*" in spelled:
        return lambda path: True
    match = re.compile("|".join(map(translate, spelled))).match
    return lambda path: match(path) is not None


@cache
def _facts() -> tuple[tuple[tuple[str, ...], str, Callable[[str], bool]], ...]:
    return tuple(
        (tuple(row["kinds"]), row["why"], _globs(row["glob"])) for row in load("nondeterminism")["file"]
    )
