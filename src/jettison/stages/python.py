"""Python: compilers that only pip needs stay in a builder, and a slim stage takes its virtual environment."""

from __future__ import annotations

import posixpath
import re
from functools import partial

from jettison.dockerfile import Instruction, Stage
from jettison.dockerfile.edit import insert_before
from jettison.facts import load
from jettison.facts.bases import Base, Reference, debian_suite
from jettison.findings import Allowance, Saving
from jettison.project import Project
from jettison.shell import Command
from jettison.shell.packages import action
from jettison.stages import Refusal, Split
from jettison.stages.cut import Cut, allowance, from_line, image_of, read, refuse_odd_stage, system_packages
from jettison.stages.emit import builder_name
from jettison.stages.left import libraries, refuse_what_slim_lacks
from jettison.stages.pythontools import (
    VENV,
    Tool,
    brings_tool,
    calls_tool,
    kind_with_tool,
    tool_of,
)
from jettison.stages.requirements import locked, named_by_pip

_MOST_FILES = 1000
_STARTS = re.compile(
    r"\b(?:subprocess|os\.system|os\.popen|os\.exec[lv]p?e?|os\.spawn\w+|pty\.spawn|sh\.Command)\b"
)
_ELSEWHERE = ("--user", "--target", "-t", "--prefix", "--root", "-e", "--editable", "--break-system-packages")
_PROJECT = re.compile(r"\./?(?:\[[\w., -]+\])?$")
"""The project itself, copied into site-packages: `pip install .`"""
_OTHER_PATH = re.compile(
    r"(?:^|[\s;&|\"'\[/])(su|sudo|runuser|cron|crond|crontab|env -i)(?=[\s\"',;]|$)", re.M
)
"""Programs that start others with a PATH of their own, without the virtual environment."""


def split(project: Project, stage: Stage, base: Base) -> Split | None:
    """Builder and runtime stage for a Python program; None when nothing ships that only building needs.

    Raises Refusal.
    """
    reference = Reference.parse(project.base_of(stage))
    packages = system_packages(project, stage)
    full = bool(base.slim) and not any(part.startswith(("slim", "alpine")) for part in reference.variants)
    tool = tool_of(project, stage)
    wheels = _wheels(project, stage, tool, reference)
    names = frozenset(wheels)
    source_only = sorted(names & load("runtime-stages")["python"]["source_only"].keys()) if full else []
    if not packages.build and not source_only and tool is None:
        return None
    refuse_odd_stage(project, stage, reference)
    if reference.musl:
        raise Refusal("on Alpine, which libraries its packages load at run time is not known")
    cut = read(project, stage, partial(kind_with_tool, tool=tool) if tool else _kind)
    if cut is None:
        return None
    _refuse_what_runs_otherwise(project, cut, names)
    if tool:
        _refuse_start(project, cut, tool)
    image = image_of(stage, reference, base, "")
    loaded = _libraries(cut, wheels, source_only, debian_suite(reference), full)
    if full:
        refuse_what_slim_lacks(project, cut, "python")
    own = tool.venv if tool and not tool.made else "" if tool else _own_venv(project, stage)
    lines = [
        from_line(stage, image),
        *cut.packages.install(loaded),
        *([] if own else [f'ENV PATH="{VENV}/bin:$PATH"']),
        *cut.text(each for each in cut.kept if not brings_tool(each)),
        f"COPY --from={builder_name(stage)} {own or VENV} {own or VENV}",
        *cut.text(cut.moved),
    ]
    edits = (*cut.edits([], lines), *(tool.edits() if tool else ()))
    if not own and not tool:
        first = next(i for i in stage.instructions if i.keyword == "RUN" and _installs(project, i))
        made = f'RUN python -m venv {VENV}\nENV PATH="{VENV}/bin:$PATH"'
        edits = (*edits, insert_before(first, made))
    left = [*packages.build[:3], *([tool.name] if tool else ())]
    what = ", ".join(left) or f"what {source_only[0]} is built with"
    megabytes = load("runtime-stages")["compiler_mb"] * bool(packages.build) + (tool.row["mb"] if tool else 0)
    if image != stage.base:
        megabytes = max(megabytes, base.size - base.slim_mb)
    title = (
        f"Install into a virtual environment in a builder and ship only that, on {image}: "
        f"{what} {'stays' if len(left) == 1 and tool else 'stay'} behind"
    )
    return Split(title, edits, _allows(cut, own, tool), Saving(bytes=megabytes * 1_000_000))


def _allows(cut: Cut, own: str, tool: Tool | None) -> Allowance:
    """What the two images may differ in: the system, and where a tool or a build of the project wrote."""
    folder = cut.workdir.rstrip("/")
    builds = tuple(f"{folder}/{name}/*" for name in ("build", "*.egg-info", "dist"))
    tools: tuple[str, ...] = ()
    if tool:
        locks = (name for name in tool.row["locks"] if not cut.project.context.exists(name))
        tools = ("/uv", "/uvx", "/bin/uv*", f"{folder}/.pdm-python", *(f"{folder}/{name}" for name in locks))
        tools += tuple(f"{home}/*" for home in tool.homes)
    return allowance() | Allowance(
        vanish=("/usr/local/*", "/usr/*", *builds, *tools),
        appear=("/opt", VENV, f"{VENV}/*", "/usr/*", "/var/*", "/etc/*"),
        change=("/usr/*", "/opt", "/etc/*", "/var/*", *(("/root/.profile", "/root/.bashrc") if tool else ())),
        config=() if own else ("Env.PATH",),
    )


def _wheels(project: Project, stage: Stage, tool: Tool | None, reference: Reference) -> dict[str, bool]:
    """The distributions that are installed, and whether their lock file names a wheel for this Python."""
    found = dict.fromkeys(named_by_pip(project, stage), False)
    if tool is None or not tool.manifest:
        return found
    version = re.match(r"\d+\.\d+", reference.tag)
    for name in tool.row["locks"]:
        path = posixpath.join(posixpath.dirname(tool.manifest), name)
        if project.context.exists(path):
            return locked(project, path, version[0] if version else "0.0")
    return {"?": False}


def _refuse_start(project: Project, cut: Cut, tool: Tool) -> None:
    """Raise Refusal when the program, a script or a later RUN calls the tool, or nothing its environment."""
    starts = ("CMD", "ENTRYPOINT", "HEALTHCHECK", "RUN")
    texts = {
        f"line {each.start_line}": project.dockerfile.text(each.span)
        for each in (*cut.moved, *cut.tail)
        if each.keyword in starts
    }
    for file in project.context.files:
        name = posixpath.basename(file.path)
        if name.endswith((".sh", ".bash")) or "." not in name:
            content = project.context.read(file.path, 100_000)
            if name.endswith("sh") or content.startswith(b"#!"):
                texts[file.path] = content.decode("utf-8", "replace")
    for where, text in texts.items():
        if called := calls_tool(text):
            raise Refusal(f"{where} calls {called}, which would have to ship")
    if tool.made:
        return
    scope = project.scope(cut.stage.instructions[-1])
    last = project.dockerfile.text(cut.stage.instructions[-1].span)
    path = scope.variables.get("PATH", "") + (last if last.upper().startswith("ENV") else "")
    relative = f"{posixpath.relpath(tool.venv, cut.workdir)}/bin/"
    if f"{tool.venv}/bin" not in path and not any(
        f"{tool.venv}/bin/" in text or relative in text for text in texts.values()
    ):
        raise Refusal(f"nothing names {tool.venv}/bin, so what starts the program is not certain")


def _kind(command: Command) -> str:
    done = action(command)
    if done is not None and done.manager.name == "pip" and done.verb == "install":
        odd = next((flag for flag in done.flags if flag in _ELSEWHERE), "")
        if odd:
            raise Refusal(f"pip installs with {odd}, so where its packages lie is not certain")
        local = [n for n in done.files if not n.endswith((".txt", ".in", ".cfg")) and not _PROJECT.match(n)]
        if local:
            raise Refusal(f"pip installs {local[0]}, which may be needed where it lies")
        return "build"
    if done is not None and done.manager.family == "python":
        if done.verb in ("clean", "other") and done.manager.name == "pip":
            return "quiet"
        raise Refusal(f"there is no conversion for {done.manager.name} yet")
    if command.name.rstrip("0123456789.") == "python":
        words = [word.text or "" for word in command.arguments]
        if words[:2] == ["-m", "venv"]:
            return "build"
        return "other" if any(w.endswith("setup.py") or w == "build_ext" for w in words) else "late"
    return ""


def _installs(project: Project, run: Instruction) -> bool:
    return any(_kind(command) == "build" for command in project.script(run).commands)


def _own_venv(project: Project, stage: Stage) -> str:
    """The virtual environment that the Dockerfile itself makes, "" without one. Raises Refusal."""
    for run, script in project.runs(stage):
        for command in script.commands:
            words = [word.text or "" for word in command.arguments]
            if words[:2] == ["-m", "venv"]:
                place = words[-1] if not words[-1].startswith(("-", "$")) and len(words) > 2 else ""
                path = posixpath.normpath(posixpath.join(project.scope(run).workdir, place))
                after = [
                    i for i in stage.instructions if i.keyword == "ENV" and i.span.start > run.span.start
                ]
                before = project.scope(run).variables.get("PATH", "")
                texts = [project.dockerfile.text(i.span) for i in after]
                if not place or not (f"{path}/bin" in before or any("PATH" in t for t in texts)):
                    raise Refusal("it makes a virtual environment that is not the first of PATH")
                return path
    return ""


def _libraries(
    cut: Cut, wheels: dict[str, bool], source_only: list[str], suite: str, full: bool
) -> list[str]:
    """The runtime packages of what was built against; raises Refusal where they are not known."""
    table = load("runtime-stages")
    found = libraries(cut.packages.build, suite)
    if full:
        known = {*table["python"]["wheels"], *table["python"]["source_only"]}
        unknown = sorted(name for name, wheel in wheels.items() if not wheel and name not in known)
        if b"no-binary" in (source := cut.project.dockerfile.source) or b"NO_BINARY" in source:
            raise Refusal("packages are built from source, and which libraries they load is not known")
        if unknown:
            name = "a requirement" if unknown[0] == "?" else unknown[0]
            raise Refusal(f"whether {name} is built against a library of the full image is not known")
        for name in source_only:
            found += table["python"]["source_only"][name]
    return found


def _refuse_what_runs_otherwise(project: Project, cut: Cut, names: frozenset[str]) -> None:
    compiling = sorted(names & set(load("runtime-stages")["python"]["compiling"]))
    if compiling:
        raise Refusal(f"{compiling[0]} may call a compiler while the program runs")
    files = [file for file in project.context.files if file.path.endswith((".py", ".sh"))]
    if len(files) > _MOST_FILES:
        raise Refusal("it has too many sources to see whether they start other programs")
    for file in files:
        if "/tests/" not in f"/{file.path}":
            text = project.context.read(file.path, 300_000).decode("utf-8", "replace")
            if file.path.endswith(".py") and (found := _STARTS.search(text)):
                raise Refusal(
                    f"{file.path} starts other programs ({found[0]}), which may be among those left"
                )
            if file.path.endswith(".sh") and (found := _OTHER_PATH.search(text)):
                raise Refusal(f"{file.path} calls {found[1]}, which sets a PATH of its own")
            if "/usr/local/bin/python" in text or "/usr/local/lib/python" in text:
                raise Refusal(f"{file.path} names the interpreter by its path, past the virtual environment")
    for instruction in (*cut.moved, *cut.tail, *cut.kept):
        text = project.dockerfile.text(instruction.span)
        starts = instruction.keyword in ("CMD", "ENTRYPOINT", "HEALTHCHECK")
        if "/usr/local/bin/" in text or "site-packages" in text or "PYTHONHOME" in text:
            raise Refusal(f"line {instruction.start_line} names a path of the system's packages")
        if starts and (found := _OTHER_PATH.search(text)):
            raise Refusal(f"line {instruction.start_line} calls {found[1]}, which sets a PATH of its own")
