"""Which Python packages the RUNs of a stage install: named on the command line or in a requirements file."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import NamedTuple

from jettison.dockerfile import Instruction, Stage
from jettison.project import Project
from jettison.shell import Script
from jettison.shell.packages import Action, action

_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*")
_LARGEST = 200_000


class Install(NamedTuple):
    """One command that installs Python packages; `names` are normalised (PEP 503), `text` is all that the
    command and its files say, in lower case."""

    run: Instruction
    script: Script
    action: Action
    names: frozenset[str]
    text: str


def python_installs(project: Project, stage: Stage) -> Iterator[Install]:
    """The pip, uv, poetry and similar installs of a stage, in order."""
    for run in stage.instructions:
        if run.keyword != "RUN" or not _may_install(run.args):
            continue
        script = project.script(run)
        for command in script.commands if script.ok else ():
            done = action(command)
            if done is None or done.verb != "install" or done.manager.family != "python":
                continue
            yield _read(project, run, script, done)


def normal(requirement: str) -> str:
    """The name of the package that a requirement names, in PEP 503's spelling; "" for what names none."""
    found = _NAME.match(requirement.strip().strip("'\""))
    return re.sub(r"[-_.]+", "-", found[0]).lower() if found else ""


def _may_install(text: str) -> bool:
    return any(word in text for word in ("pip", "uv ", "poetry", "pdm"))


def _read(project: Project, run: Instruction, script: Script, done: Action) -> Install:
    names = {normal(package) for package in done.packages}
    words = [word.text if word.text is not None else word.raw for word in done.command.words]
    texts = [*words, *(word.raw for word in done.command.assignments)]
    at = project.scope(run).workdir
    for name in done.files:
        text = _content(project, run, posixpath.normpath(posixpath.join(at, name)))
        lines = text.splitlines()
        names |= {normal(line) for line in lines if not line.lstrip().startswith(("#", "-"))}
        texts.append(text)
    if not done.packages and not done.files:
        from jettison.context.locks import python_packages

        names |= {each.name for each in python_packages(project.context)}
        texts += ["lock", *(_file(project, name) for name in ("pyproject.toml",))]
    return Install(run, script, done, frozenset(names - {""}), "\n".join(texts).lower())


def _content(project: Project, run: Instruction, path: str) -> str:
    from jettison.rules.copies import from_context

    file = from_context(project, path, run)
    if file is None:
        file = _bound(run, path)
    return _file(project, file) if file else ""


def _bound(run: Instruction, path: str) -> str:
    """The file of the context that a bind mount puts at this path."""
    for mount in run.mounts:
        options = mount.options
        target = options.get("target") or options.get("dst") or options.get("destination") or ""
        same = posixpath.basename(target) == posixpath.basename(path)
        if same and options.get("type", "bind") == "bind" and "from" not in options:
            return options.get("source") or options.get("src") or ""
    return ""


def _file(project: Project, path: str) -> str:
    return project.context.read(path, _LARGEST).decode("utf-8", "replace")
