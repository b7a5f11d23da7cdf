"""Files of the context that a program may open when it runs, by the names that stand in its sources.

Names are compared part by part, without reading the language: a file or folder counts as named when its name
stands between quotes or slashes. A wrong "named" costs a few bytes, a wrong "not named" breaks a program.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from jettison.facts import load
from jettison.stages import Refusal, covers
from jettison.stages.brought import brought

if TYPE_CHECKING:
    from jettison.project import Project
    from jettison.stages.plain import Plain

_PART = re.compile(r"""(?<=["'/\\=:`])[\w.@+\- ]+(?=["'/\\*?;:,`]|$)""", re.M)
_PREFIX = re.compile(r"""(?<=["'/\\=`])[\w.@+\-]{2,}(?=[{%*$])""")
_BAKED = re.compile(r"include(?:_str|_bytes)?!\s*\([^)]*\)|^\s*#\s*include[^\n]*|^\s*import\s[^\n]*", re.M)
_MOST = 12
_MOST_BYTES = 16_000_000


class Sources(NamedTuple):
    """The text of all sources, and the files beside them: path in the context, path in the image."""

    text: str
    others: tuple[tuple[str, str], ...]


def read_sources(project: Project, plain: Plain, suffixes: tuple[str, ...]) -> Sources:
    """What the COPYs that bring the sources bring; raises Refusal when there are none or too many."""
    facts = load("opened")
    texts: list[str] = []
    others: list[tuple[str, str]] = []
    size = 0
    for path, image in brought(project, plain.inputs):
        name = posixpath.basename(path)
        if name.endswith(suffixes):
            texts.append(project.context.read(path).decode("utf-8", "replace"))
            size += len(texts[-1])
            if size > _MOST_BYTES:
                raise Refusal("its sources are too large to read whole")
        elif not any(fnmatchcase(name, pattern) for pattern in facts["never"]):
            others.append((path, image))
    if not texts:
        raise Refusal("its sources are not in the context")
    return Sources("\n".join(texts), tuple(others))


def opened(sources: Sources, plain: Plain, argv: Iterable[str], implicit: Iterable[str]) -> list[str]:
    """The image paths, topmost ones, that the program may open; raises Refusal for too many.

    `argv` is what is started, `implicit` are globs of names that a framework reads from the working directory
    although no source names them.
    """
    said = "\n".join((_BAKED.sub("", sources.text), *(f'"{word}"' for word in (*argv, *plain.values))))
    parts = frozenset(part.strip() for part in _PART.findall(said))
    prefixes = tuple(frozenset(_PREFIX.findall(said)))
    patterns = tuple(implicit)
    found = set(_named(sources, plain, parts, prefixes))
    for _, image in sources.others:
        inside = posixpath.relpath(image, plain.workdir).split("/")[0]
        if covers(plain.workdir, image) and any(fnmatchcase(inside, pattern) for pattern in patterns):
            found.add(posixpath.join(plain.workdir, inside))
    top = sorted(p for p in found if not any(p != other and covers(other, p) for other in found))
    if len(top) > _MOST:
        raise Refusal(f"its sources name {len(top)} files and folders that it may read when it runs")
    odd = next((path for path in top if re.search(r"""[\s*?\[\]$\\'"]""", path)), None)
    if odd:
        raise Refusal(f"its sources name {odd}, whose name cannot be written safely")
    return top


def _named(sources: Sources, plain: Plain, parts: frozenset[str], prefixes: tuple[str, ...]) -> Iterator[str]:
    build = load("opened")["build_folders"]
    folders = {dest for _, dest in plain.inputs} | {plain.workdir, "/"}
    for path, image in sources.others:
        steps = path.split("/")
        for depth, name in enumerate(steps):
            last = depth == len(steps) - 1
            if not last and name in build and name not in parts:
                break
            stem = name.rpartition(".")[0] if last else ""
            if (name in build and not last) or not (
                name in parts or (stem and stem in parts) or (last and prefixes and name.startswith(prefixes))
            ):
                continue
            above = image.rsplit("/", len(steps) - 1 - depth)[0]
            yield image if above in folders or not any(covers(f, above) for f in folders - {"/"}) else above
            break
