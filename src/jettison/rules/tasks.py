"""A RUN as a task: the folder it works in, what it installs or builds there, and what it leaves elsewhere."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from jettison.dockerfile import Instruction, Stage
from jettison.facts import load
from jettison.facts.bases import Reference, base_facts
from jettison.installs import SYSTEM, Needs, Reads, needs, resolve
from jettison.project import Project
from jettison.rules.copies import from_context, is_archive, taken
from jettison.shell import Command
from jettison.shell.packages import Action, PackageManager, action
from jettison.stages import Refusal, covers

_ABOVE = re.compile(r"(?<![\w.])\.\.(?![\w.])")
_ABSOLUTE = re.compile(r"""["'\s=]/(?![/*\s])\w""")


class Task(NamedTuple):
    """A RUN all of whose commands are known."""

    run: Instruction
    folder: str
    """The absolute folder that its commands work in."""
    actions: tuple[Action, ...]
    needs: tuple[Needs, ...]
    loose: str
    """What it leaves outside its folder, as a sentence; "" when nothing but caches."""
    cleans: bool
    """True when it removes, or may remove, files of its folder."""
    visits: tuple[str, ...]
    """The folders that it goes to with cd."""

    @property
    def managers(self) -> tuple[PackageManager, ...]:
        """Those that it calls, in order."""
        return tuple({each.manager.name: each.manager for each in self.actions}.values())

    @property
    def families(self) -> frozenset[str]:
        """The languages of its package managers."""
        return frozenset(each.family for each in self.managers)

    @property
    def system(self) -> bool:
        """True when it calls a package manager of the distribution."""
        return not SYSTEM.isdisjoint(self.families)

    @property
    def works(self) -> bool:
        """True when it installs or builds for a language, more than a package manager."""
        return not self.system and any(each.verb in _WORK and not _is_tool(each) for each in self.actions)

    @property
    def pure(self) -> bool:
        """True when it reads nothing of its folder but the manifests of its installs."""
        return all(each.kind in ("manifests", "nothing") and not each.first for each in self.needs)

    @property
    def shown(self) -> str:
        """Its first install or build, shortened."""
        first = next((each for each in self.actions if each.verb in _WORK and not _is_tool(each)), None)
        words = first.command.words if first is not None else ()
        return " ".join(w.raw for w in words[: 4 if len(words) <= 4 else 3]) + " …" * (len(words) > 4)

    @property
    def weight(self) -> float:
        """Seconds that its installs take, by rules of thumb; to name the longest."""
        costs: dict[str, float] = load("costs")["install_seconds"]
        return sum(costs.get(each.manager.name, 10) for each in self.actions if each.packages == ())


_WORK = ("install", "download", "build", "run")


def _is_tool(done: Action) -> bool:
    """True for the install of package managers."""
    names = {re.split(r"[=<>~!@\[]", package)[0] for package in done.packages}
    return bool(names) and done.verb == "install" and names <= {*load("confined")["managers"]["packages"]}


def tasks_of(project: Project, steps: Iterable[Instruction]) -> dict[int, Task]:
    """The tasks among some steps by their index; other RUNs are left out."""
    found: dict[int, Task] = {}
    for number, step in enumerate(steps):
        if step.keyword == "RUN":
            with suppress(Refusal):
                found[number] = read_task(project, step)
    return found


def read_task(project: Project, run: Instruction) -> Task:
    """The RUN as a task. Raises Refusal when not all of it is known."""
    script = project.script(run)
    line = run.start_line
    if not script.ok or script.form == "json" or not script.commands:
        raise Refusal(f"the RUN of line {line} is not understood")
    workdir = project.scope(run).workdir
    actions: list[Action] = []
    read: list[Needs] = []
    folders: list[str] = []
    visits: list[str] = []
    loose, cleans = "", False
    for command in script.commands:
        if command.context or command.wrappers not in ((), ("env",), ("time",)) or _writes(command):
            raise Refusal(f"what the RUN of line {line} does besides is not known")
        if command.name == "cd":
            workdir = _cd(command, workdir, line)
            visits.append(workdir)
            continue
        need = needs(command)
        read.append(need)
        done = action(command)
        if done is not None:
            actions.append(done)
            loose = loose or _loose(done, line)
            cleans |= done.verb in ("remove", "other")
        elif need.kind != "nothing":
            cleans |= _touches(command, workdir, line)
        if done is not None or need.kind != "nothing":
            folders.append(workdir)
    at = min(folders, key=len, default=workdir)
    if any(not covers(at, each) for each in folders):
        raise Refusal(f"the RUN of line {line} works in more than one folder")
    return Task(run, at, tuple(actions), tuple(read), loose, cleans, tuple(visits))


def row_of(manager: PackageManager) -> dict[str, Any] | None:
    """What facts/confined.toml says of a package manager."""
    rows = load("confined")["manager"]
    return next((row for row in rows if row["name"] == manager.name), None)


def certain(project: Project, stage: Stage, run: Instruction) -> bool:
    """True when the working directory of a RUN is known: said by the Dockerfile, or the base's own."""
    below: Stage | None = stage
    while below is not None:
        for each in below.instructions:
            if each.keyword == "WORKDIR" and each.span < run.span:
                path = project.scope(each).expand(each.args.strip("\"' "), each.escape).text
                if path.startswith("/"):
                    return "$" not in project.scope(run).workdir
        below = project.dockerfile.stages[below.base_stage] if below.base_stage is not None else None
    return base_facts(Reference.parse(project.base_of(stage)).repository) is not None


def reaches(project: Project, task: Task) -> str:
    """Why the task may read or write outside its folder, by the files there; "" when it does not."""
    fixed = task.pure and isinstance(reads_of(project, task), Reads)
    for done in task.actions:
        row = row_of(done.manager)
        if row is None or done.verb not in _WORK:
            continue
        folder = _origin(project, task, row["reads"][0])
        if folder is None:
            return f"the {row['reads'][0]} of line {task.run.start_line} is not in the context"
        for file in project.context.under(folder):
            name = posixpath.basename(file.path)
            known = any(fnmatchcase(name, each) for each in row["reads"])
            if known and posixpath.dirname(file.path) == folder:
                text = project.context.read(file.path).decode("utf-8", "replace")
                if reason := _kept(file.path, text, row) or ("" if fixed else _hazard(file.path, name, text)):
                    return reason
    return ""


def _origin(project: Project, task: Task, pattern: str) -> str | None:
    """The folder of the context whose files of this pattern lie where the task works; None when none do."""
    for name in {posixpath.basename(file.path) for file in project.context.files}:
        if fnmatchcase(name, pattern):
            path = from_context(project, posixpath.join(task.folder, name), task.run)
            if path is not None:
                return posixpath.dirname(path)
    return None


def _kept(path: str, text: str, row: dict[str, Any]) -> str:
    """Why an install that reads this file leaves in HOME what is needed later."""
    if "hazard" in row and re.search(row["hazard"], f"{posixpath.basename(path)}:{text}"):
        return f"by {path} packages may lie outside the folder"
    listed = (each for each in load("confined")["keeps"]["packages"] if f'"{each}"' in text)
    return next((f"{path} has {each}, which is installed outside the folder" for each in listed), "")


def _hazard(path: str, name: str, text: str) -> str:
    """Why what is built by this file may be elsewhere, or what it is built from."""
    if _ABOVE.search(text):
        return f"{path} names a folder above its own"
    scripts = re.search(r'"scripts"\s*:\s*\{(.*?)\}', text, re.S) if name == "package.json" else None
    return f"a script of {path} names an absolute path" if scripts and _ABSOLUTE.search(scripts[1]) else ""


def _writes(command: Command) -> bool:
    """True when a redirection makes a file."""
    return any(
        r.target is None or ("<" in r.operator or r.target.raw not in ("/dev/null", "1", "2"))
        for r in command.redirects
    )


def _cd(command: Command, workdir: str, line: int) -> str:
    words = [word.text for word in command.arguments]
    if len(words) != 1 or not words[0] or words[0].startswith(("-", "~")) or command.followed_by == "||":
        raise Refusal(f"where cd of line {line} leads is not certain")
    return posixpath.normpath(posixpath.join(workdir, words[0]))


def _loose(done: Action, line: int) -> str:
    """What a package manager leaves outside its folder, as a sentence."""
    if done.verb in ("clean", "update") or needs(done.command) == Needs("nothing", done.manager.name):
        return (
            "" if done.verb == "clean" else f"`{_called(done)}` of line {line} installs for the whole image"
        )
    row = row_of(done.manager)
    known = row is not None and done.verb in row["verbs"].split()
    if row is None or not known or not {*done.subcommand.split()}.isdisjoint(row.get("except", "").split()):
        return f"where `{_called(done)}` of line {line} puts everything is not known"
    if not {option.name for option in done.options}.isdisjoint(
        load("confined")["elsewhere"]["options"].split()
    ):
        return f"`{_called(done)}` of line {line} may work in another folder"
    for option in done.options:
        if option.name in ("-o", "--output") and _outside(option.value):
            return f"`{_called(done)}` of line {line} writes to {option.value}"
    return ""


def _called(done: Action) -> str:
    return f"{done.called[-1].raw} {done.subcommand}".strip()


def _outside(value: str | None) -> bool:
    return value is None or "$" in value or posixpath.normpath(value).startswith(("/", ".."))


def _touches(command: Command, workdir: str, line: int) -> bool:
    """True when a command that is no package manager's removes files; raises Refusal where unknown."""
    facts = load("confined")
    name = command.words[1].text if command.name == "npx" and len(command.words) > 1 else command.name
    if name in facts["tools"]["names"]:
        return False
    named = [word.text for word in command.operands]
    inside = all(word is not None and _within(word, workdir) for word in named)
    if (command.name in facts["places"]["names"] or command.name == "rm") and named and inside:
        return command.name in ("rm", "mv")
    raise Refusal(f"what `{command.words[0].raw if command.words else ''}` of line {line} reads is not known")


def _within(word: str, workdir: str) -> bool:
    if word.startswith("~"):
        return False
    path = posixpath.normpath(posixpath.join(workdir, word))
    return path != workdir and covers(workdir, path)


def reads_of(project: Project, task: Task) -> Reads | str:
    """The manifests of its installs in the context; the reason when that is not certain."""
    files: list[str] = []
    folders: list[str] = []
    line = task.run.start_line
    for need in task.needs:
        if need.kind != "manifests":
            continue
        names = need.paths or tuple(
            n for each in (need.row or {}).get("manifests", ())[:1] for n in each.split("|")
        )
        found = (from_context(project, posixpath.join(task.folder, name), task.run) for name in names)
        origin = next((path for path in found if path is not None), None)
        if origin is None:
            return f"what `{task.shown}` of line {line} installs from is not in the context"
        name = next(n for n in names if origin.endswith(posixpath.basename(n)))
        below = posixpath.normpath(name)
        folder = origin[: -len(below)].rstrip("/") if origin.endswith(below) else posixpath.dirname(origin)
        read = resolve(project.context, need, folder)
        if not isinstance(read, Reads):
            return read or f"`{task.shown}` of line {line} has nothing to fetch"
        files += read.files
        folders += read.folders
    return Reads(tuple(files), tuple(folders))


def destination(project: Project, copy: Instruction) -> str | None:
    """The absolute path that a COPY or ADD copies to; None when it is not certain."""
    if copy.error or copy.dest is None or "$" in project.scope(copy).workdir:
        return None
    written = project.scope(copy).expand(copy.dest.text, copy.escape)
    if "$" in written.text or not written.text:
        return None
    return posixpath.normpath(posixpath.join(project.scope(copy).workdir, written.text))


def targets_of(project: Project, copy: Instruction) -> list[str] | None:
    """The image paths of all that a COPY brings; None when they are not known."""
    sources = list(taken(project, copy))
    if copy.flag("from") or copy.heredocs or len(sources) != len(copy.sources):
        return None
    if copy.keyword == "ADD" and any(is_archive(each.source) for each in sources):
        return None
    files = [(source, file.path) for source in sources for file in source.files(project.context)]
    return [source.target(path, project.context) for source, path in files] if files else None


def leftovers(project: Project, tasks: Iterable[Task]) -> Iterator[str]:
    """Globs of what these tasks leave in HOME and in the folders of their caches."""
    for task in tasks:
        variables = project.scope(task.run).variables
        home = variables.get("HOME", "/root")
        for manager in task.managers:
            for place in (*manager.left_behind(home, variables), *manager.cache_targets(home, variables)):
                yield place.rstrip("/*")
                yield f"{place.rstrip('/*')}/*"
            row = row_of(manager)
            yield from row.get("leaves", ()) if row is not None else ()
