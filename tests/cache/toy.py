"""A shell small enough to be known completely: what the steps of a test case leave in the file system."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Mapping

from jettison.cache.select import Snapshot
from jettison.cache.steps import Steps

Files = dict[str, tuple[int, str]]
"""Mode and content by absolute path."""


def states(steps: Steps, taken: Snapshot, texts: Mapping[str, str]) -> list[Files]:
    """What each step leaves; `texts` has the content behind each digest of the context."""
    found: list[Files] = []
    for step in steps:
        files = dict(found[step.parent]) if step.parent is not None else {}
        values = {part.kind: part.value for part in step.parts if part.kind in ("dest", "workdir", "command")}
        if step.merge:
            files |= found[step.needs[-1]]
        elif step.instruction.keyword == "RUN":
            env = {part.name: part.value for part in step.parts if part.kind in ("env", "arg")}
            _run(files, values["command"].split("\0")[-1], values["workdir"], env)
        elif step.instruction.keyword in ("COPY", "ADD"):
            for take in step.takes:
                if take.step is None:
                    chosen = taken.selected[take.source].files
                    brought = {
                        name: (entry.mode & 0o777, texts[entry.digest]) for name, entry in chosen.items()
                    }
                    base = taken.selected[take.source].placer.base
                else:
                    brought = below(found[take.step], take.path)
                    base = take.path
                _copy(files, brought, values["dest"], posixpath.basename(base.rstrip("/")))
        found.append(files)
    return found


def below(files: Files, path: str) -> Files:
    """The files at or below a path, by the rest of their names."""
    path = "/" + path.strip("/")
    if path in files:
        return {"": files[path]}
    start = path.rstrip("/") + "/"
    return {name[len(start) :]: value for name, value in files.items() if name.startswith(start)}


def _copy(files: Files, brought: Files, dest: str, name: str) -> None:
    for rest, value in brought.items():
        if rest:
            files[posixpath.join(dest, rest)] = value
        elif dest.endswith("/"):
            files[posixpath.join(dest, name)] = value
        else:
            files[dest] = value


def _run(files: Files, command: str, workdir: str, env: Mapping[str, str]) -> None:
    """`cat A B > C`, `echo WORDS > C` with $NAME in them, and commands that leave nothing."""
    for part in command.split("&&"):
        words = shlex.split(part)
        if ">" not in words:
            continue
        at = words.index(">")
        target = posixpath.normpath(posixpath.join(workdir, words[at + 1]))
        if words[0] == "echo":
            text = " ".join(env.get(word[1:], "") if word.startswith("$") else word for word in words[1:at])
            files[target] = (0o644, text + "\n")
        elif words[0] == "cat":
            names = [posixpath.normpath(posixpath.join(workdir, word)) for word in words[1:at]]
            files[target] = (0o644, "".join(files.get(name, (0, ""))[1] for name in names))
