"""What a builder keeps: the libraries that its headers stand for, and whether anything calls the rest."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable

from jettison.dockerfile import Stage
from jettison.facts import load
from jettison.facts.bases import Base, Reference, debian_suite
from jettison.facts.releases import by_name
from jettison.project import Project
from jettison.stages import Refusal, covers
from jettison.stages.cut import Cut, image_of

MORE = "the RUN that builds does something more, whose results the program may need"
ALPINE = "alpine"
STARTS_PROGRAMS = "starts other programs ({}), which may be among those left"
_MOST_FILES = 1000
_TESTS = re.compile(r"(^|/)(tests?|spec|specs|vendor|node_modules|deps|_build)/", re.I)


def suite_of(reference: Reference) -> str:
    """The Debian release of an image, ALPINE, or "" where its tag does not fix it: those of a patch release,
    or of a release that gets no new builds, do not.
    """
    if reference.musl:
        return ALPINE
    if reference.repository == "debian":
        return debian_suite(reference) if reference.tag not in ("", "latest") else ""
    parts = reference.tag.split("-")
    named = next((part for part in parts if (each := by_name(part)) and each.system == "debian"), "")
    found: str = load("runtime-stages").get(reference.repository, {}).get("suites", {}).get(parts[0], "")
    return named or found


def slim_image(stage: Stage, reference: Reference, base: Base) -> str:
    """The slim twin of a stage's image; its own where it has none: debian without a release in its tag."""
    if reference.repository == "debian" and not suite_of(reference):
        return stage.base
    return image_of(stage, reference, base, "")


def folders_of_commands(project: Project, stage: Stage) -> dict[int, str]:
    """The working directory of every command of a stage, by where it starts; "" after a `cd` in its RUN."""
    return {
        command.span.start: ""
        if script.named("cd")
        else posixpath.normpath(project.scope(run).workdir or "/")
        for run, script in project.runs(stage)
        for command in script.commands
    }


def lies_in(place: str, at: str, roots: Iterable[str]) -> bool:
    """True when a path, as a command in the folder `at` would take it, is certainly in one of the folders."""
    if "$" in place or "`" in place or ".." in place or place.startswith("~"):
        return False
    path = posixpath.normpath(posixpath.join(at, place))
    return path.startswith("/") and any(covers(root, path) for root in roots)


def libraries(build: Iterable[str], suite: str, also: Iterable[str] = ()) -> list[str]:
    """The packages whose shared libraries are loaded by what was built with the packages `build`.

    `suite` is what `suite_of` says. Raises Refusal where they are not known, or differ between releases of
    Debian and `suite` is "".
    """
    if suite == ALPINE:
        return _apk_libraries(build, also)
    table = load("runtime-stages")
    found: list[str] = []
    for written in build:
        package = written.partition("=")[0].partition("/")[0]
        if package not in table["libraries"] and (package in also or package in table["build_packages"]):
            continue
        row = table["libraries"].get(package)
        if isinstance(row, dict) and not suite:
            raise Refusal(
                f"the library of {package} has another name in each Debian release, and the tag names none"
            )
        row = row.get(suite) if isinstance(row, dict) else row
        if row is None:
            raise Refusal(f"which shared libraries a program built with {package} loads is not known")
        found += row
    return found


def _apk_libraries(build: Iterable[str], also: Iterable[str]) -> list[str]:
    table = load("build-tools")
    found: list[str] = []
    for written in build:
        package = re.split(r"[=<>~@]", written)[0]
        if package in table["runtime"]["apk"]:
            found += table["runtime"]["apk"][package].split()
        elif package not in also and package not in table["tools"]["apk"]:
            raise Refusal(f"which shared libraries a program built with {package} loads is not known")
    return found


def megabytes(build: Iterable[str]) -> float:
    """About how many MB the packages `build` bring, by rule of thumb."""
    table = load("build-tools")
    found = [float(table["mb"].get(name.partition("=")[0], table["other_mb"])) for name in build]
    return max(found, default=0.0)


def refuse_what_sources_say(
    project: Project, ends: tuple[str, ...], pattern: re.Pattern[str], what: str
) -> None:
    """Raise Refusal when a source of the context has the first group of `pattern`; `what` says why, with the
    text found for `{}`. Tests and packages of others are not read.
    """
    files = [f for f in project.context.files if f.path.endswith(ends) and not _TESTS.search(f.path)]
    if len(files) > _MOST_FILES:
        raise Refusal("it has too many sources to see what they do")
    for file in files:
        text = project.context.read(file.path, 300_000).decode("utf-8", "replace")
        if found := pattern.search(text):
            shown = found[1].strip(' ("')[:40]
            raise Refusal(f"{file.path} {what.format(shown)}")


def refuse_what_is_called(project: Project, cut: Cut, left: set[str]) -> None:
    """Raise Refusal when the runtime stage calls a program of `left`, itself or in a script that it names."""
    for instruction in (*cut.kept, *cut.moved, *cut.tail):
        if instruction.keyword not in ("RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK"):
            continue
        text = project.dockerfile.text(instruction.span)
        for place, said in [(f"line {instruction.start_line}", text), *_scripts(project, text)]:
            called = {posixpath.basename(word) for word in re.findall(r"[\w.+/-]+", said)} & left
            if called:
                raise Refusal(f"{place} calls {min(called)}, which only the builder would have")


def refuse_what_slim_lacks(project: Project, cut: Cut, repository: str) -> None:
    """Raise Refusal when a start or a later RUN calls what only the full image of a repository has."""
    table = load("slim-images")
    missing = {c: package for package, commands in table["missing"].items() for c in commands}
    own = table["own"].get(repository, ())
    installed = set(cut.packages.run)
    for instruction in (*cut.moved, *cut.tail, *cut.kept):
        if instruction.keyword in ("RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK"):
            for word in re.findall(r"[\w.+/-]+", project.dockerfile.text(instruction.span)):
                name = posixpath.basename(word)
                if name in missing and name not in own and missing[name] not in installed:
                    raise Refusal(
                        f"line {instruction.start_line} calls {name}, which only the full image has"
                    )


def _scripts(project: Project, text: str) -> list[tuple[str, str]]:
    """The scripts of the context that have a name in `text`, with what they say."""
    names = {posixpath.basename(word) for word in re.findall(r"[\w.+/-]+", text)}
    paths = (f.path for f in project.context.files if posixpath.basename(f.path) in names)
    return [
        (path, project.context.read(path, 100_000).decode("utf-8", "replace"))
        for path in paths
        if path.endswith((".sh", ".conf", ".ini")) or "." not in posixpath.basename(path)
    ]
