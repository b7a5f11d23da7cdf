"""A build context out of a git repository, without a checkout: one commit, or many in a row.

A clean checkout has exactly the bytes and the executable bits that git names, and BuildKit's content digest
knows nothing else, as long as the checkout has the usual modes (644 and 755) and no filter changes bytes
(autocrlf, LFS). A submodule counts as one file that changes with its commit. A checkout has a folder `.git`,
which changes with every commit: of it stands one file here, `.git/HEAD`, whose digest is the commit.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from jettison.cache.tree import Entry, Tree
from jettison.errors import CannotRun, MissingTool
from jettison.run import Completed, run

_OFFLINE = {"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "none", "GIT_TERMINAL_PROMPT": "0"}
"""A partial clone fetches what is missing, with programs that its own configuration names: not here."""
_TIMEOUT = 120.0


class Commit(NamedTuple):
    """One commit and what it did to the context: paths with their new state, None for what it removed."""

    id: str
    changes: tuple[tuple[str, Entry | None], ...]


@dataclass(frozen=True)
class History:
    """Commits of the first parent's line, oldest first; `start` is the context at the first of them."""

    start: Tree
    commits: tuple[Commit, ...]
    shallow: bool = False
    """The clone has not all of the history."""


def is_in_git(root: Path) -> bool:
    """True for a folder of a git repository, when git is installed."""
    try:
        return git(root, "rev-parse", "--show-prefix").ok
    except MissingTool:
        return False


def read_commit(root: Path, commit: str) -> Tree:
    """The context folder `root` as it is in a commit. Raises CannotRun when git does not know it."""
    prefix = _prefix(root)
    known = git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{commit}^{{commit}}")
    if not known.ok:
        raise CannotRun(f"{root}: git knows no commit {commit}", "git log --oneline shows those it knows")
    name = known.text.strip()
    listed = git(root, "ls-tree", "-r", "-z", "--full-tree", name, "--", prefix or ".")
    if not listed.ok:
        raise CannotRun(f"{root}: git cannot read the files of {commit}: {listed.complaint}")
    files = dict(_listed(listed.stdout, prefix)) | ({} if prefix else _git_folder(name))
    return Tree(files, {}, f"commit {name[:12]}")


def read_file(root: Path, commit: str, path: str) -> bytes | None:
    """A file of the context folder `root` in a commit; None when it has none there."""
    shown = git(root, "cat-file", "blob", f"{commit}:{_prefix(root)}{path}")
    return shown.stdout if shown.ok else None


def link_targets(root: Path, tree: Tree) -> Mapping[str, str]:
    """The symbolic links of a tree that was read from git, with their targets."""
    links = {path: entry.digest for path, entry in tree.files.items() if entry.mode == 0o120000}
    if not links:
        return {}
    wanted = "\n".join(links.values()).encode() + b"\n"
    done = git(root, "cat-file", "--batch", input=wanted)
    return dict(zip(links, _batch(done.stdout), strict=False)) if done.ok else {}


def as_checkout(root: Path, tree: Tree) -> Tree:
    """A folder's tree with its `.git` as the trees of commits have it, so that the two can be compared."""
    if not any(path.startswith(".git/") for path in tree.files):
        return tree
    head = git(root, "rev-parse", "--verify", "--quiet", "HEAD")
    files = {path: entry for path, entry in tree.files.items() if not path.startswith(".git/")}
    folders = {path: mode for path, mode in tree.folders.items() if not path.startswith(".git")}
    return Tree(files | _git_folder(head.text.strip()), folders, tree.label)


def read_history(root: Path, last: int) -> History:
    """The last commits that lead to HEAD, by first parents, and what each did below `root`.

    Raises CannotRun without git, a repository or a commit.
    """
    prefix = _prefix(root)
    words = ["log", "--first-parent", "-m", "--raw", "--no-abbrev", "--no-renames", "--no-ext-diff"]
    words += ["--no-show-signature", "-z", "--format=%x01%H", f"--max-count={last}"]
    logged = git(root, *words, *(["--", "."] if prefix else []))
    if not logged.ok:
        raise CannotRun(f"{root}: git cannot read the history: {logged.complaint}", "git log shows why")
    commits = tuple(
        commit if prefix else commit._replace(changes=(*commit.changes, *_git_folder(commit.id).items()))
        for commit in _commits(logged.stdout, prefix)
    )[::-1]
    if not commits:
        raise CannotRun(f"{root}: its git repository has no commit that touches it", "commit it first")
    shallow = git(root, "rev-parse", "--is-shallow-repository").text == "true"
    return History(read_commit(root, commits[0].id), commits, shallow)


def _git_folder(commit: str) -> dict[str, Entry]:
    return {".git/HEAD": Entry(0o100644, commit)}


def _prefix(root: Path) -> str:
    found = git(root, "rev-parse", "--show-prefix")
    if not found.ok:
        raise CannotRun(f"{root} is in no git repository", "name a folder of a clone that has its history")
    return found.stdout.decode("utf-8", "surrogateescape").rstrip("\n")


def git(root: Path, *words: str, input: bytes | None = None, timeout: float = _TIMEOUT) -> Completed:
    """Run git in a folder, with nothing fetched and paths as they are. Raises as `jettison.run.run`."""
    command = ["git", "-c", "core.quotepath=off", "-c", "diff.renames=false", "-C", str(root), *words]
    return run(command, input=input, timeout=timeout, env={**os.environ, **_OFFLINE})


def _listed(output: bytes, prefix: str) -> Iterator[tuple[str, Entry]]:
    for line in output.split(b"\0"):
        told, tab, name = line.partition(b"\t")
        words = told.split()
        if tab and len(words) == 3:
            path = name.decode("utf-8", "surrogateescape").removeprefix(prefix)
            yield path, Entry(int(words[0], 8), words[2].decode())


def _commits(output: bytes, prefix: str) -> Iterator[Commit]:
    """The raw format of git-diff-tree(1): `:OLDMODE NEWMODE OLD NEW STATUS`, NUL, the path, NUL."""
    id, changes = "", list[tuple[str, Entry | None]]()
    entry: Entry | None = None
    awaits_path = False
    for token in output.split(b"\0"):
        if awaits_path:
            awaits_path = False
            path = token.decode("utf-8", "surrogateescape")
            if path.startswith(prefix):
                changes.append((path[len(prefix) :], entry))
            continue
        for part in token.split(b"\n"):
            if part.startswith(b"\x01"):
                if id:
                    yield Commit(id, tuple(changes))
                id, changes = part[1:].decode(), []
            elif part.startswith(b":"):
                words = part[1:].split()
                gone = len(words) < 5 or words[1] == b"000000"
                entry = None if gone else Entry(int(words[1], 8), words[3].decode())
                awaits_path = True
    if id:
        yield Commit(id, tuple(changes))


def _batch(output: bytes) -> Iterator[str]:
    at = 0
    while at < len(output):
        end = output.index(b"\n", at)
        words = output[at:end].split()
        size = int(words[2]) if len(words) == 3 else 0
        yield output[end + 1 : end + 1 + size].decode("utf-8", "surrogateescape")
        at = end + 1 + size + (1 if len(words) == 3 else 0)
