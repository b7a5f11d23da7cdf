"""poetry, uv, pipenv and pdm: where they install a project's packages to, so that only those ship."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

from jettison.dockerfile import Instruction, Stage
from jettison.dockerfile.edit import insert_before
from jettison.facts import load
from jettison.facts.bases import Reference
from jettison.project import Project
from jettison.shell import Command
from jettison.shell.packages import Action, action
from jettison.spans import Edit, Span
from jettison.stages import Refusal
from jettison.stages.requirements import the_manifest

VENV = "/opt/venv"
_TRUE = ("1", "true", "yes", "on")
_FALSE = ("0", "false", "no", "off")
_ATOM = re.compile(r"(===|==|~=|!=|<=|>=|<|>)\s*(\d+(?:\.\d+)*)(\.\*)?$")


class Tool(NamedTuple):
    """The tool that installs a project's packages: `venv` is where to, `first` the RUN that does so first."""

    name: str
    command: str
    """As it is called: `uv sync`."""
    venv: str
    first: Instruction
    made: bool
    """True when it installs for the interpreter itself unless a virtual environment is made for it."""
    manifest: str
    """The project's pyproject.toml or Pipfile, in the context."""
    system: tuple[Span, ...] = ()
    """The words that send it to the interpreter itself in spite of one."""
    installers: frozenset[int] = frozenset()
    """Where the commands begin that fetch and run an installer of the tool's own."""
    homes: tuple[str, ...] = ()
    """Folders that the tool itself lies in."""

    @property
    def row(self) -> dict[str, Any]:
        """What facts/python-tools.toml says of it."""
        found: dict[str, Any] = load("python-tools")["tool"][self.name]
        return found

    def edits(self) -> tuple[Edit, ...]:
        """What the builder needs so that the packages lie in `venv`."""
        if not self.made:
            return ()
        variable = f'PATH="{VENV}/bin:$PATH"' if self.name == "pipenv" else f"VIRTUAL_ENV={VENV}"
        made = insert_before(self.first, f"RUN python -m venv {VENV}\nENV {variable}")
        return (made, *(Edit(span, b"") for span in self.system))


class _Install(NamedTuple):
    """A command that installs: `env` is what it sees, `folder` the project's in the context."""

    project: Project
    stage: Stage
    run: Instruction
    done: Action
    env: dict[str, str]
    folder: str

    def text(self, name: str) -> str:
        """A file of the project, "" when it is not in the context."""
        path = posixpath.join(self.folder, name)
        context = self.project.context
        return context.read(path, 1_000_000).decode("utf-8", "replace") if context.exists(path) else ""


def tool_of(project: Project, stage: Stage) -> Tool | None:
    """The tool that the stage installs with; None when it is pip alone. Raises Refusal."""
    found: list[Tool] = []
    for run, script in project.runs(stage):
        for command in script.commands:
            done = action(command)
            if done is not None and done.manager.name in load("python-tools")["tool"] and _installs(done):
                found.append(_tool(project, stage, run, done))
    names = sorted({tool.command for tool in found})
    if not found:
        return None
    first = found[0]
    if len({(tool.name, tool.venv) for tool in found}) > 1 or len({tool.made for tool in found}) > 1:
        raise Refusal(f"packages are installed to several places, by {' and '.join(names)}")
    if (
        first.made
        and first.name == "pipenv"
        and any(installs_tool(c) for c in _commands(project, first.first))
    ):
        raise Refusal(f"line {first.first.start_line} installs pipenv and packages with it in one RUN")
    _refuse_mixed(project, stage, first)
    return first._replace(
        system=tuple(span for tool in found for span in tool.system),
        installers=frozenset(_installers(project, stage)),
        homes=tuple(v for n in ("POETRY_HOME", "UV_INSTALL_DIR") if (v := _value(project, first.first, n))),
    )


def _installers(project: Project, stage: Stage) -> Iterator[int]:
    """`curl -sSL https://install.python-poetry.org | python3 -`: where both commands begin."""
    known = load("python-tools")["installers"]
    for _, script in project.runs(stage):
        for fetch, run in pairwise(script.commands):
            urls = [word.text for word in fetch.operands]
            plain = fetch.name in ("curl", "wget") and len(urls) == 1 and urls[0] in known
            words = [word.text for word in run.arguments]
            shell = re.fullmatch(r"sh|bash|python3?", run.name) and words in ([], ["-"])
            if plain and shell and run.joined_by == "|" and not (fetch.redirects or run.redirects):
                yield from (fetch.span.start, run.span.start)


def _value(project: Project, run: Instruction, name: str) -> str:
    """A variable that names a folder of its own, "" for none."""
    value = project.scope(run).variables.get(name, "").rstrip("/")
    return value if value.startswith("/") and value.count("/") > 1 else ""


def kind_with_tool(command: Command, tool: Tool) -> str:
    """What a command of a stage with such a tool does, as `Kind` of cut.py. Raises Refusal."""
    done = action(command)
    if command.span.start in tool.installers:
        return "build"
    if command.name == "rm" and command.operands and all(_is_cache(w.raw) for w in command.operands):
        return "build"
    if done is None or done.manager.family != "python":
        words = [word.text or "" for word in command.arguments]
        return "build" if command.name.startswith("python") and words[:2] == ["-m", "venv"] else ""
    if done.manager.name == "pip" and done.verb in ("install", "upgrade"):
        if not installs_tool(command):
            raise Refusal(f"packages are installed by pip and by {tool.name}")
        return "build"
    row = load("python-tools")["tool"].get(done.manager.name)
    if row is None or (not _installs(done) and done.subcommand not in row["quiet"]):
        raise Refusal(f"what `{done.manager.name} {done.subcommand}` leaves is not certain")
    return "build"


def installs_tool(command: Command) -> bool:
    """True for `pip install poetry` and the like: nothing that the program itself needs."""
    done = action(command)
    if done is None or done.manager.name != "pip" or done.verb != "install" or done.files:
        return False
    names = {re.split(r"[=<>!~\[;@ ]", name)[0].lower().replace("_", "-") for name in done.packages}
    return bool(names) and names <= set(load("python-tools")["own"])


def brings_tool(copy: Instruction) -> bool:
    """True for a COPY that takes only a tool from the tool's own image."""
    flag = copy.flag("from") if copy.keyword == "COPY" else None
    source = (flag.value or "") if flag is not None else ""
    return Reference.parse(source).repository in load("python-tools")["images"]


def calls_tool(text: str) -> str:
    """The tool that a start or a script calls by name, "" when none."""
    names = "|".join(load("python-tools")["tool"])
    found = re.search(rf"(?:^|[\s\"'\[;&|/])({names}|uvx)(?=[\s\"',;\]]|$)", text, re.M)
    return found[1] if found else ""


def _installs(done: Action) -> bool:
    return done.subcommand in load("python-tools")["tool"][done.manager.name]["install"]


def _commands(project: Project, run: Instruction) -> tuple[Command, ...]:
    return project.script(run).commands


def _tool(project: Project, stage: Stage, run: Instruction, done: Action) -> Tool:
    name, line = done.manager.name, run.start_line
    row = load("python-tools")["tool"][name]
    odd = next((flag for flag in done.flags if flag in row["off"]), "")
    if odd:
        raise Refusal(f"{name} installs with {odd} in line {line}, so where its packages lie is not certain")
    if done.packages and name in ("poetry", "pipenv", "pdm"):
        raise Refusal(f"{name} installs {done.packages[0]} in line {line}, which it writes into the project")
    if any(command.name in ("cd", "pushd") for command in _commands(project, run)):
        raise Refusal(f"line {line} changes the folder, so which project {name} installs is not certain")
    scope = project.scope(run)
    here = {
        key: value
        for word in done.command.assignments
        for key, _, value in [(word.text if word.text is not None else word.raw).partition("=")]
    }
    env = {**scope.variables, **here}
    command = f"{name} {done.subcommand}"
    where = {"poetry": _poetry, "uv": _uv, "pipenv": _pipenv, "pdm": _pdm}[name]
    by_files = command in ("uv pip install", "uv pip sync")
    manifest = "" if by_files else the_manifest(project, "Pipfile" if name == "pipenv" else "pyproject.toml")
    place = where(_Install(project, stage, run, done, env, posixpath.dirname(manifest)))
    if place:
        folder = posixpath.normpath(posixpath.join(scope.workdir or "/", place))
        if folder == "/" or folder.startswith(("/usr", "/bin", "/lib")):
            raise Refusal(f"{name} installs into {folder}, where the interpreter itself lies")
        return Tool(name, command, folder, run, False, manifest)
    system = [option.word.span for option in done.options if option.name == "--system" and name == "uv"]
    return Tool(
        name, command, VENV, run, True, manifest, tuple(_with_blank(project, span) for span in system)
    )


def _with_blank(project: Project, span: Span) -> Span:
    """An option and the blanks behind it, where more words of its line follow."""
    source = project.dockerfile.source
    end = span.end
    while source[end : end + 1] in (b" ", b"\t"):
        end += 1
    if source[end : end + 1] in (b"", b"\n", b"\r"):
        raise Refusal("an option at the end of a line cannot be taken out")
    return Span(span.start, end)


def _poetry(install: _Install) -> str:
    env = install.env
    if env.get("VIRTUAL_ENV"):
        return env["VIRTUAL_ENV"]
    if "[tool.poetry.build]" in install.text("pyproject.toml"):
        raise Refusal("a build script of the project makes files beside its sources")
    if _setting(install, "create") in _FALSE:
        return ""
    if _setting(install, "in-project") in _TRUE:
        return ".venv"
    raise Refusal(
        "poetry makes a virtual environment whose name is not certain: set virtualenvs.in-project or .create"
    )


def _setting(install: _Install, name: str) -> str:
    """What poetry knows as `virtualenvs.<name>`, in lower case: a variable, `poetry config`, poetry.toml."""
    variable = install.env.get(f"POETRY_VIRTUALENVS_{name.upper().replace('-', '_')}")
    if variable is not None:
        return variable.lower()
    said = ""
    for other, script in install.project.runs(install.stage):
        for command in script.commands if other.span.start <= install.run.span.start else ():
            words = [word.text or "" for word in command.words]
            if words[:2] == ["poetry", "config"] and f"virtualenvs.{name}" in words[2:-1]:
                said = words[words.index(f"virtualenvs.{name}") + 1].lower()
    if said:
        return said
    in_file = re.search(rf"^\s*{name}\s*=\s*(\w+)", install.text("poetry.toml"), re.M)
    return in_file[1].lower() if in_file else ""


def _uv(install: _Install) -> str:
    env = install.env
    if install.done.subcommand != "sync":
        if env.get("UV_SYSTEM_PYTHON", "").lower() in _TRUE:
            raise Refusal("UV_SYSTEM_PYTHON sends uv to the interpreter itself")
        if "--system" in install.done.flags:
            return ""
        if not env.get("VIRTUAL_ENV"):
            line = install.run.start_line
            raise Refusal(f"into which virtual environment uv installs in line {line} is not certain")
        return env["VIRTUAL_ENV"]
    if "[tool.uv.workspace]" in install.text("pyproject.toml"):
        raise Refusal("the project is a workspace of uv")
    _refuse_another_python(install)
    return env.get("UV_PROJECT_ENVIRONMENT") or ".venv"


def _refuse_another_python(install: _Install) -> None:
    """Raise Refusal unless the image's own interpreter is the one that uv takes."""
    version = Reference.parse(install.project.base_of(install.stage)).tag.partition("-")[0]
    named = re.match(r"(\d+\.\d+)(\.\d+)?$", version)
    if named is None:
        raise Refusal("which Python its base image has is not certain, and uv may have taken another")
    if install.env.get("UV_PYTHON") or install.env.get("UV_PYTHON_PREFERENCE") == "only-managed":
        raise Refusal("uv is told which Python to take")
    wanted = install.text(".python-version").strip()
    if wanted and not f"{version}.".startswith(f"{wanted}."):
        raise Refusal(f".python-version asks for {wanted}: uv takes a Python of its own")
    requires = re.search(r'^requires-python\s*=\s*"([^"]*)"', install.text("pyproject.toml"), re.M)
    if requires and not all(_fits(part.strip(), named[1]) for part in requires[1].split(",") if part.strip()):
        raise Refusal(f"whether Python {version} fits {requires[1]} is not certain: uv may take another")


def _fits(specifier: str, version: str) -> bool:
    """True when a version like `3.11`, whatever its patch level, certainly fits one specifier."""
    found = _ATOM.match(specifier)
    if found is None:
        return False
    sign, number, star = found[1], [int(n) for n in found[2].split(".")], bool(found[3])
    ours, theirs = [int(n) for n in version.split(".")], [*number, 0][:2]
    patch = any(number[2:])
    if sign == "~=":
        return ours >= theirs and (ours[0] == theirs[0] if len(number) == 2 else ours == theirs and not patch)
    if sign in ("==", "==="):
        return star and ours[: len(number)] == number
    if sign == "!=":
        return ours[: len(number)] != number
    if sign.startswith(">"):
        return ours > theirs or (ours == theirs and sign == ">=" and not patch)
    return ours < theirs


def _pipenv(install: _Install) -> str:
    env = install.env
    if env.get("VIRTUAL_ENV") or env.get("PIPENV_CUSTOM_VENV_NAME"):
        raise Refusal("into which virtual environment pipenv installs is not certain")
    if "--system" in install.done.flags:
        return ""
    if env.get("PIPENV_VENV_IN_PROJECT", "").lower() in _TRUE:
        return ".venv"
    raise Refusal(
        "pipenv makes a virtual environment whose name is not certain: set PIPENV_VENV_IN_PROJECT or --system"
    )


def _pdm(install: _Install) -> str:
    env = install.env
    if env.get("VIRTUAL_ENV") or any(
        name.startswith(("PDM_PYTHON", "PDM_USE_VENV", "PDM_VENV")) for name in env
    ):
        raise Refusal("into which virtual environment pdm installs is not certain")
    if install.text("pdm.toml") or install.text(".pdm-python"):
        raise Refusal("pdm.toml or .pdm-python may send pdm to another interpreter")
    return ".venv"


def _refuse_mixed(project: Project, stage: Stage, tool: Tool) -> None:
    """Raise Refusal when the environment has the tool in it, or files of the context."""
    if tool.made:
        return
    if project.context.exists(posixpath.basename(tool.venv)):
        raise Refusal(f"{posixpath.basename(tool.venv)} of the context would be mixed with the builder's")
    for run, script in project.runs(stage):
        inside = f"{tool.venv}/bin" in project.scope(run).variables.get("PATH", "")
        if inside and any(installs_tool(command) for command in script.commands):
            raise Refusal(f"line {run.start_line} may install {tool.name} into {tool.venv}, which ships")


def _is_cache(word: str) -> bool:
    plain = word.strip("\"'")
    return bool(re.fullmatch(r"\$\{?\w*CACHE\w*\}?(/\*)?", plain)) or plain.startswith(
        ("/root/.cache", "~/.cache", "/tmp/")
    )
