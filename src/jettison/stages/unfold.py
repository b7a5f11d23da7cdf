"""The commands of a RUN, with `make` and `cmake` replaced by what they run."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from jettison.stages import Refusal
from jettison.stages.brought import brought, copies_before

if TYPE_CHECKING:
    from jettison.dockerfile import Instruction, Stage
    from jettison.project import Project
    from jettison.shell import Command
    from jettison.stages.cmake import Configured

_NAMES = ("GNUmakefile", "makefile", "Makefile")
_QUIET = re.compile(
    r'-j\d*|-j"?\$\(nproc\)"?|-s|-B|-k|--silent|--quiet|--jobs(=\d+)?|--always-make|-O|--output-sync(=\w+)?'
)


class Step(NamedTuple):
    """One command and the absolute folder that it runs in.

    `called` is the `make` or `cmake` of the Dockerfile that runs it, None when it stands there itself.
    """

    command: Command
    workdir: str
    called: Command | None = None


def steps(project: Project, stage: Stage, run: Instruction) -> Iterator[Step]:
    """What a RUN runs, in order; raises Refusal when that is not certain for a `make` or `cmake` of it."""
    prepared: dict[str, Configured] = {}
    for each in stage.instructions:
        if each.keyword == "RUN" and each.span.start <= run.span.start:
            for step in _steps(project, stage, each, prepared):
                if each is run:
                    yield step


def _steps(
    project: Project, stage: Stage, run: Instruction, prepared: dict[str, Configured]
) -> Iterator[Step]:
    workdir = project.scope(run).workdir
    for command in project.script(run).commands:
        if command.name == "cd" and not command.context:
            workdir = _folder(command, workdir, run.start_line)
        elif command.name == "cmake":
            made = _cmake(project, stage, run, command, workdir, prepared)
            yield from (step._replace(called=command) for step in made)
        elif command.name in ("make", "ninja") and workdir in prepared:
            made = _built(command, prepared[workdir], workdir, run.start_line)
            yield from (step._replace(called=command) for step in made)
        elif command.name == "make":
            made = _make(project, stage, run, command, workdir)
            yield from (step._replace(called=command) for step in made)
        else:
            yield Step(command, workdir)


def _folder(command: Command, workdir: str, line: int) -> str:
    words = [word.text for word in command.words[1:]]
    if len(words) != 1 or not words[0] or words[0].startswith(("-", "~")) or command.followed_by == "||":
        raise Refusal(f"where cd of line {line} leads is not certain")
    return posixpath.normpath(posixpath.join(workdir, words[0]))


def _cmake(
    project: Project,
    stage: Stage,
    run: Instruction,
    command: Command,
    workdir: str,
    prepared: dict[str, Configured],
) -> Iterator[Step]:
    from jettison.stages.cmake import Configured, configured, read_lists

    words = [word.text if word.text is not None else "$" for word in command.words[1:]]
    if command.context or any("$" in word for word in words):
        raise Refusal(f"what cmake of line {run.start_line} does is not certain")
    found = configured(words, workdir)
    if found is not None:
        files = {image: path for path, image in brought(project, copies_before(project, stage, run))}
        place = files.get(posixpath.join(found[0], "CMakeLists.txt"))
        if place is None:
            raise Refusal(f"the CMakeLists.txt of line {run.start_line} is not in the context")
        text = project.context.read(place, 1_000_000).decode("utf-8", "replace")
        prepared[found[1]] = Configured(read_lists(text), *found[1:])
        return
    folder = posixpath.normpath(posixpath.join(workdir, words[1] if len(words) > 1 else "."))
    if words[0] not in ("--build", "--install") or folder not in prepared:
        raise Refusal(f"what cmake of line {run.start_line} does is not certain")
    if words[0] == "--build":
        yield from _parsed(prepared[folder].built(), workdir)
    prefix = words[words.index("--prefix") + 1] if "--prefix" in words[:-1] else ""
    if words[0] == "--install" or "install" in words:
        yield from _parsed(prepared[folder].installs(prefix), workdir)


def _built(command: Command, ready: Configured, workdir: str, line: int) -> Iterator[Step]:
    """What `make` or `ninja` does in a folder that cmake has prepared."""
    goals, given, folder, name = _words(command, line)
    if given or folder or name or any(goal not in ("all", "install") for goal in goals):
        raise Refusal(f"what {command.name} of line {line} does is not certain")
    yield from _parsed(ready.built(), workdir)
    if "install" in goals:
        yield from _parsed(ready.installs(), workdir)


def _parsed(lines: Iterable[str], workdir: str) -> Iterator[Step]:
    from jettison.shell import parse_text

    for line in lines:
        yield from (Step(each, workdir) for each in parse_text(line).commands)


def _make(project: Project, stage: Stage, run: Instruction, command: Command, workdir: str) -> Iterator[Step]:
    from jettison.shell import parse_text
    from jettison.stages.makefile import read_makefile, recipe

    goals, given, folder, name = _words(command, run.start_line)
    workdir = posixpath.normpath(posixpath.join(workdir, folder))
    files = {image: path for path, image in brought(project, copies_before(project, stage, run))}
    names = [name] if name else _NAMES
    places = [place for each in names if (place := posixpath.join(workdir, each)) in files]
    if not places:
        raise Refusal(f"the Makefile of line {run.start_line} is not in the context")
    text = project.context.read(files[places[0]], 1_000_000).decode("utf-8", "replace")
    environment = {key: value for key, value in project.scope(run).variables.items() if value is not None}
    environment |= _assigned(command, run.start_line)

    def glob(pattern: str) -> list[str]:
        inside = (posixpath.relpath(image, workdir) for image in files if image.startswith(workdir + "/"))
        deep = pattern.count("/")
        return sorted(each for each in inside if each.count("/") == deep and fnmatchcase(each, pattern))

    made = read_makefile(text, environment, given, glob)
    for goal in goals or [made.first]:
        if goal not in made.rules:
            raise Refusal(f"the Makefile has no rule for {goal or 'anything'}")
        for line in recipe(made, goal, glob):
            script = parse_text(line)
            if not script.ok or any(each.context or each.redirects for each in script.commands):
                raise Refusal(f"the Makefile runs more than plain commands: {line}")
            yield from (Step(each, workdir) for each in script.commands)


def _assigned(command: Command, line: int) -> dict[str, str]:
    """The variables that are set for a `make`, as in `PREFIX=/usr make`."""
    words = [word.text for word in command.assignments]
    if any(word is None for word in words):
        raise Refusal(f"what make of line {line} does is not certain: its variables")
    return {word.partition("=")[0]: word.partition("=")[2] for word in words if word}


def _words(command: Command, line: int) -> tuple[list[str], dict[str, str], str, str]:
    """Goals, variables, folder and file that a `make` is given; raises Refusal for other options."""
    goals: list[str] = []
    given: dict[str, str] = {}
    folder = name = ""
    if command.context or command.redirects:
        raise Refusal(f"whether make of line {line} runs is not certain")
    words = iter([word.text if word.text is not None else word.raw for word in command.words[1:]])
    for word in words:
        key, equals, value = word.partition("=")
        if word in ("-C", "-f"):
            value = next(words, "")
            folder, name = (value, name) if word == "-C" else (folder, value)
        elif equals and re.fullmatch(r"\w+", key) and "$" not in value:
            given[key] = value
        elif _QUIET.fullmatch(word):
            continue
        elif "$" in word or word.startswith("-"):
            raise Refusal(f"what make of line {line} does is not certain: {word}")
        else:
            goals.append(word)
    return goals, given, folder, name
