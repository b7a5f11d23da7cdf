"""How the instructions of a Dockerfile take a path of the context: by name, along with a folder, or not at
all.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator

from jettison.context.gopath import clean, glob, has_wildcard
from jettison.dockerfile import Instruction
from jettison.project import Project
from jettison.rules.copies import Taken, taken


def sources(project: Project) -> list[Taken]:
    """Every source that a COPY or ADD of the stages to be built takes from the context."""
    if project.final_stage is None:
        return []
    stages = project.dockerfile.lineage(project.final_stage)
    return [source for stage in stages for copy in stage.instructions for source in taken(project, copy)]


def named(project: Project, path: str, takers: Iterable[Taken]) -> int:
    """The line of the COPY, ADD or mount that names this path or something in it; 0 for none."""
    for source in takers:
        if how_taken(project, path, source) == "named":
            return source.copy.start_line
    mount = _mounted(project, path)
    return mount.start_line if mount is not None else 0


def how_taken(project: Project, path: str, source: Taken) -> str:
    """`named` when the source is the path or lies in it, `along` when it is a folder above, "" otherwise."""
    pattern = clean("/" + source.source)[1:]
    parts = path.split("/")
    depth = len(pattern.split("/")) if pattern else 0
    if has_wildcard(pattern):
        if len(parts) < depth or not glob(pattern)("/".join(parts[:depth])):
            return "named" if pattern.startswith(path + "/") else ""
        if len(parts) == depth and pattern.rpartition("/")[2] != "*":
            return "named"
    elif pattern == path or pattern.startswith(path + "/"):
        return "named"
    elif pattern and not path.startswith(pattern + "/"):
        return ""
    files = source.files(project.context) if source.exclude else ()
    if source.exclude and not any(f.path == path or f.path.startswith(path + "/") for f in files):
        return ""
    return "along"


def places(project: Project, source: Taken, path: str) -> list[str]:
    """Where the image has a path that a COPY takes: where that COPY puts it, or where a later stage copies it
    to.
    """
    target = source.target(path, project.context)
    stage = project.dockerfile.stage_of(source.copy)
    if stage is None or stage in project.shipped:
        return [target]
    names = (stage.name, str(stage.index))
    copies = [copy for later in project.shipped for copy in later.instructions if copy.keyword == "COPY"]
    return [
        place
        for copy in copies
        if (origin := copy.flag("from")) is not None and (origin.value or "").lower() in names
        for place in _moved(project, copy, target)
    ]


def stamped_programs(project: Project) -> Iterator[str]:
    """Globs of the programs that a Go build writes the commit into when it finds `.git` beside the
    sources."""
    from jettison.stages.go_build import parse_go

    for stage in project.dockerfile.stages:
        for run, script in project.runs(stage):
            for command in script.named("go"):
                build = parse_go(command)
                out = build.flag("o") if build is not None else None
                path = out.text if out is not None else None
                if build is not None:
                    folder = project.scope(run).workdir
                    yield (
                        f"*/{posixpath.basename(path)}"
                        if path and posixpath.basename(path)
                        else f"{folder}/*"
                    )
                    yield "/go/bin/*"


def _moved(project: Project, copy: Instruction, target: str) -> list[str]:
    """Where a COPY from another stage puts what lies at `target` there, for folders it names literally."""
    scope = project.scope(copy)
    if copy.dest is None:
        return []
    dest = posixpath.join(scope.workdir, scope.expand(copy.dest.text, copy.escape).text)
    starts = [clean("/" + scope.expand(w.text, copy.escape).text) for w in copy.sources]
    return [
        posixpath.normpath(posixpath.join(dest, posixpath.relpath(target, start)))
        for start in starts
        if target.startswith(start.rstrip("/") + "/")
    ]


def _mounted(project: Project, path: str) -> Instruction | None:
    """The RUN that mounts this path, or a part of it, from the context."""
    for instruction in project.dockerfile.instructions:
        for mount in instruction.mounts:
            source = mount.options.get("source", "").strip("/")
            inside = source == path or source.startswith(path + "/")
            if inside and mount.type == "bind" and "from" not in mount.options:
                return instruction
    return None
