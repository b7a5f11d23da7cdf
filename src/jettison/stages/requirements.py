"""The distributions that a Python stage installs, by requirement files, manifests and lock files."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Any

from jettison.dockerfile import Stage
from jettison.facts import load
from jettison.project import Project
from jettison.shell.packages import action
from jettison.stages import Refusal

_NAME = re.compile(r"^\s*([A-Za-z0-9][A-Za-z0-9._-]*)")
_LOCAL = re.compile(r"^\./?(?:\[([\w., -]+)\])?$")
_LIMIT = 8_000_000


def named_by_pip(project: Project, stage: Stage) -> Iterator[str]:
    """Names of the distributions that pip or `uv pip` is told to install, in lower case with dashes; `?` for
    what is not certain."""
    for _, script in project.runs(stage):
        for command in script.commands:
            done = action(command)
            if done is None or done.manager.name not in ("pip", "uv") or done.verb != "install":
                continue
            named = (normal(name) for name in done.packages)
            yield from (name for name in named if name not in load("python-tools")["own"])
            for file in done.files:
                if file.endswith((".txt", ".in")):
                    yield from _named_in(project, in_context(project, file))
                elif local := _LOCAL.match(file):
                    yield from _of_project(project, (local[1] or "").split(","))


def in_context(project: Project, file: str) -> str:
    """The path in the context of a file named in a RUN: by its name alone if unique; "" if not certain."""
    name = posixpath.basename(file)
    if project.context.exists(file.lstrip("./")):
        return file.lstrip("./")
    found = [f.path for f in project.context.files if posixpath.basename(f.path) == name]
    return found[0] if len(found) == 1 else ""


def the_manifest(project: Project, name: str) -> str:
    """The only file of that name in the context. Raises Refusal."""
    found = [f.path for f in project.context.files if posixpath.basename(f.path) == name]
    if len(found) != 1:
        raise Refusal(
            f"{'several' if found else 'no'} {name} in the context: what is installed is not certain"
        )
    return found[0]


def normal(name: str) -> str:
    """A distribution's name as package indexes compare it, `?` when it has none."""
    match = _NAME.match(name)
    return re.sub(r"[-_.]+", "-", match[1]).lower() if match else "?"


def _named_in(project: Project, path: str, depth: int = 0) -> Iterator[str]:
    text = project.context.read(path).decode("utf-8", "replace") if path else ""
    if not text:
        yield "?"
        return
    for line in text.splitlines():
        line = line.strip()
        if line.startswith(("-r", "--requirement", "-c", "--constraint")) and depth < 5:
            other = line.split(maxsplit=1)[-1].partition("=")[2] or line.split()[-1]
            if not line.startswith(("-c", "--constraint")):
                yield from _named_in(project, posixpath.join(posixpath.dirname(path), other), depth + 1)
        elif line and not line.startswith(("#", "-")):
            match = _NAME.match(line)
            yield normal(match[1]) if match and "://" not in line.partition(" @ ")[0] else "?"


def _of_project(project: Project, extras: list[str]) -> Iterator[str]:
    """What `pip install .` brings: the dependencies of pyproject.toml, `?` where a program makes them."""
    import tomllib

    try:
        text = project.context.read(the_manifest(project, "pyproject.toml")).decode("utf-8", "replace")
        table: dict[str, Any] = tomllib.loads(text).get("project", {})
        optional = table.get("optional-dependencies", {})
        wanted = [*table.get("dependencies", []), *(d for e in extras for d in optional.get(e.strip(), []))]
        certain = bool(table) and not {"dependencies", "optional-dependencies"} & {*table.get("dynamic", [])}
        yield from (normal(each) for each in wanted)
    except (Refusal, ValueError, AttributeError, TypeError, RecursionError):
        certain = False
    if not certain:
        yield "?"


def locked(project: Project, lock: str, version: str) -> dict[str, bool]:
    """By distribution of a lock file, whether it names a wheel for this Python and glibc on x86-64.

    `version` is as `3.11`. Of Pipfile.lock, which names no files, every answer is False.
    """
    text = project.context.read(lock, _LIMIT).decode("utf-8", "replace")
    if lock.endswith("Pipfile.lock"):
        return _pipfile(text)
    found: dict[str, bool] = {}
    for block in text.split("[[package]]")[1:]:
        named = re.search(r'^name = "([^"]+)"', block, re.M)
        if named is not None and not re.search(r"^source = \{ (?:virtual|editable) = ", block, re.M):
            wheels = re.findall(r'([^"/]+)\.whl"', block)
            name = normal(named[1])
            found[name] = found.get(name, True) and any(_suits(wheel, version) for wheel in wheels)
    return found


def _pipfile(text: str) -> dict[str, bool]:
    import json

    try:
        return {normal(name): False for name in json.loads(text)["default"]}
    except (ValueError, KeyError, TypeError):
        return {"?": False}


def _suits(wheel: str, version: str) -> bool:
    """True for the name of a wheel (PEP 427) that CPython of this version takes on glibc and x86-64."""
    _, python, abi, platforms = wheel.rsplit("-", 3) if wheel.count("-") >= 4 else ("", "", "", "")
    if platforms == "any":
        return any(tag.startswith("py3") for tag in python.split("."))
    if not re.search(r"(?:^|\.)(?:many)?linux\w*_x86_64", platforms):
        return False
    ours = f"cp{version.replace('.', '')}"
    if abi == "abi3":
        minors = [int(tag[3:]) for tag in python.split(".") if re.fullmatch(r"cp3\d+", tag)]
        return any(minor <= int(version.partition(".")[2]) for minor in minors)
    tags = python.split(".")
    return (ours in tags and ours in abi.split(".")) or (abi == "none" and (ours in tags or "py3" in tags))
