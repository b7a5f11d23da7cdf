"""Python: compilers that only pip needs stay in a builder, and a slim stage takes its virtual environment."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

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

_VENV = "/opt/venv"
_MOST_FILES = 1000
_STARTS = re.compile(
    r"\b(?:subprocess|os\.system|os\.popen|os\.exec[lv]p?e?|os\.spawn\w+|pty\.spawn|sh\.Command)\b"
)
_ELSEWHERE = ("--user", "--target", "-t", "--prefix", "--root", "-e", "--editable", "--break-system-packages")
_OTHER_PATH = re.compile(
    r"(?:^|[\s;&|\"'\[/])(su|sudo|runuser|cron|crond|crontab|env -i)(?=[\s\"',;]|$)", re.M
)
"""Programs that start others with a PATH of their own, without the virtual environment."""
_NAME = re.compile(r"^\s*([A-Za-z0-9][A-Za-z0-9._-]*)")


def split(project: Project, stage: Stage, base: Base) -> Split | None:
    """Builder and runtime stage for a Python program; None when nothing ships that only building needs.

    Raises Refusal.
    """
    reference = Reference.parse(project.base_of(stage))
    packages = system_packages(project, stage)
    full = base.slim and not any(part.startswith(("slim", "alpine")) for part in reference.variants)
    names = frozenset(_requirements(project, stage))
    source_only = sorted(names & load("runtime-stages")["python"]["source_only"].keys()) if full else []
    if not packages.build and not source_only:
        return None
    refuse_odd_stage(project, stage, reference)
    if reference.musl:
        raise Refusal("on Alpine, which libraries its packages load at run time is not known")
    cut = read(project, stage, _kind)
    if cut is None:
        return None
    _refuse_what_runs_otherwise(project, cut, names)
    image = image_of(stage, reference, base, "")
    loaded = _libraries(cut, names, source_only, debian_suite(reference), bool(full))
    if full:
        refuse_what_slim_lacks(project, cut, "python")
    first = next(i for i in stage.instructions if i.keyword == "RUN" and _installs(project, i))
    venv = _own_venv(project, stage)
    lines = [
        from_line(stage, image),
        *cut.packages.install(loaded),
        *([] if venv else [f'ENV PATH="{_VENV}/bin:$PATH"']),
        *cut.text(cut.kept),
        f"COPY --from={builder_name(stage)} {venv or _VENV} {venv or _VENV}",
        *cut.text(cut.moved),
    ]
    edits = cut.edits([], lines)
    if not venv:
        made = f'RUN python -m venv {_VENV}\nENV PATH="{_VENV}/bin:$PATH"'
        edits = (*edits, insert_before(first, made))
    what = ", ".join(packages.build[:3]) or f"what {source_only[0]} is built with"
    megabytes = load("runtime-stages")["compiler_mb"] * bool(packages.build)
    if image != stage.base:
        megabytes = max(megabytes, base.size - base.slim_mb)
    allows = allowance() | Allowance(
        vanish=("/usr/local/*", "/usr/*"),
        appear=("/opt", f"{_VENV}", f"{_VENV}/*", "/usr/*", "/var/*", "/etc/*"),
        change=("/usr/*", "/opt", "/etc/*", "/var/*"),
        config=() if venv else ("Env.PATH",),
    )
    title = (
        f"Install into a virtual environment in a builder and ship only that, on {image}: {what} stay behind"
    )
    return Split(title, edits, allows, Saving(bytes=megabytes * 1_000_000))


def _kind(command: Command) -> str:
    done = action(command)
    if done is not None and done.manager.name == "pip" and done.verb == "install":
        odd = next((flag for flag in done.flags if flag in _ELSEWHERE), "")
        if odd:
            raise Refusal(f"pip installs with {odd}, so where its packages lie is not certain")
        if any(not name.endswith((".txt", ".in", ".cfg")) for name in done.files):
            raise Refusal("pip installs a local folder, which may be needed where it lies")
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


def _requirements(project: Project, stage: Stage) -> Iterator[str]:
    """Names of the distributions that pip is told to install, in lower case with dashes."""
    for _, script in project.runs(stage):
        for command in script.commands:
            done = action(command)
            if done is None or done.manager.name != "pip" or done.verb != "install":
                continue
            yield from (_normal(name) for name in done.packages)
            for file in done.files:
                if file.endswith((".txt", ".in")):
                    yield from _named_in(project, _in_context(project, file))


def _in_context(project: Project, file: str) -> str:
    """The path in the context of a requirement file named in a RUN: by its name alone if unique."""
    name = posixpath.basename(file)
    if project.context.exists(file.lstrip("./")):
        return file.lstrip("./")
    found = [f.path for f in project.context.files if posixpath.basename(f.path) == name]
    return found[0] if len(found) == 1 else ""


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
            yield _normal(match[1]) if match and "://" not in line.partition(" @ ")[0] else "?"


def _normal(name: str) -> str:
    match = _NAME.match(name)
    return re.sub(r"[-_.]+", "-", match[1]).lower() if match else "?"


def _libraries(cut: Cut, names: frozenset[str], source_only: list[str], suite: str, full: bool) -> list[str]:
    """The runtime packages of what was built against; raises Refusal where they are not known."""
    table = load("runtime-stages")
    found = libraries(cut.packages.build, suite)
    if full:
        known = {*table["python"]["wheels"], *table["python"]["source_only"]}
        unknown = sorted(names - known)
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
