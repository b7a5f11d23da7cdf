"""The files of a recorded build as an exported cache would know them: these, and another checkout's."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from jettison.cache import folder_tree
from jettison.cache.built import Built
from jettison.cache.causes import Cause
from jettison.context.ignore import IgnoreFile
from jettison.observed.content import Contents, Taken
from jettison.observed.record import ObservedBuild


def _narrow(mode: int) -> int:
    return mode & ~0o022


def _wide(mode: int) -> int:
    return mode | (mode & 0o200) >> 3


_UMASKS: tuple[tuple[Callable[[int], int], str], ...] = (
    (_narrow, "the same files, but here the group or others may write: 664 or 666 against 644 in the cache"),
    (_wide, "the same files, but in the cache the group may write: 644 here against 664"),
)
_UMASK_FIX = "give both checkouts the same umask (022), or run `chmod -R go-w .` before the build"
_GIT = "the same files, but for .git, which is in the context here"
_OTHERS = "files that it takes have other content, modes or names than those that the cache was made of"


class Local:
    """The folder of a build's context, unchanged since."""

    def __init__(self, build: ObservedBuild, built: Built) -> None:
        self._root = Path(build.context)
        self._built = built
        self._ignore = IgnoreFile.parse(build.ignore or b"")
        self._contents = Contents(self._root, self._ignore)

    @classmethod
    def of(cls, build: ObservedBuild, built: Built) -> Local | None:
        """None when the folder is not here, or has other files than the build had."""
        if build.tree is None or not os.path.isdir(build.context):
            return None
        local = cls(build, built)
        now = folder_tree(local._root, local._ignore)
        return local if (now.files, now.folders) == (build.tree.files, build.tree.folders) else None

    def keys(self, by_index: Mapping[int, str]) -> dict[str, str]:
        """By the digest of the step, the key of what it takes of the context; `by_index` has the digests.

        Not there: steps that take nothing, and what is not known.
        """
        found = {digest: self._key(index, self._contents) for index, digest in by_index.items()}
        return {digest: key for digest, key in found.items() if key}

    def cause(self, index: int, known: Callable[[str], bool]) -> Cause:
        """Why the files of a step are not those of the cache, by whether it is `known` what they would be
        otherwise."""
        for contents, message, fix in self._otherwise():
            if known(self._key(index, contents)):
                return Cause("files", message, fix=fix)
        return Cause("files", _OTHERS, fix="compare both checkouts: git status --ignored, line ends, .git")

    def _otherwise(self) -> Iterator[tuple[Contents, str, str]]:
        for modes, message in _UMASKS:
            yield Contents(self._root, self._ignore, modes), message, _UMASK_FIX
        less = IgnoreFile.parse(self._ignore.source + b"\n.git\n")
        yield Contents(self._root, less), _GIT, "write .git into the .dockerignore: jettison ignore"

    def _key(self, index: int, contents: Contents) -> str:
        sources = self._taken(index)
        return contents.key(sources) if sources else ""

    def _taken(self, index: int) -> Sequence[Taken]:
        """What a step takes of the context; nothing for `--parents`, whose key is not worked out."""
        takes = [take for take in self._built.steps[index].takes if take.step is None]
        sources = [self._built.steps.sources[take.source] for take in takes]
        if any(source.parents for source in sources):
            return ()
        return [Taken(source.path, source.exclude) for source in sources]
