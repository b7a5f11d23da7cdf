"""Go: a single stage on the compiler's image becomes a builder and a runtime image without shell or
compiler."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from jettison.dockerfile import Stage
from jettison.facts import load
from jettison.facts.bases import Base, Reference, base_megabytes, debian_suite
from jettison.findings import Allowance, Saving
from jettison.project import Project
from jettison.shell import Command
from jettison.spans import Edit, Span
from jettison.stages import SYSTEM_PATHS, Refusal, Split, covers
from jettison.stages.emit import builder_name, two_stages
from jettison.stages.go_build import GoBuild
from jettison.stages.go_source import GoSource, read_sources
from jettison.stages.go_stage import GoStage, read_stage
from jettison.stages.start import Start, certain_start

_PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
_LOW_PORT = re.compile(r"^[\w.\-]*:(\d{1,4})$")


def split(project: Project, stage: Stage, base: Base) -> Split:
    """The two stages for a Go program; raises Refusal when anything about it is not certain."""
    reference = Reference.parse(project.base_of(stage))
    if reference.windows or (stage.platform and "BUILDPLATFORM" in stage.platform):
        raise Refusal("its platform is not the one that the image runs on")
    start = certain_start(project, stage)
    if start.argv[0] == "go":
        raise Refusal("it starts `go` itself, which compiles at every start: build a program and start that")
    read = read_stage(project, stage, base)
    program = _program(project, start, read)
    module = read.module(project)
    folder = read.module_folder
    source = project.once(("go", folder), lambda: read_sources(project.context, folder, module))
    cgo = _cgo(source, read, project, stage)
    _refuse_what_cannot_be_seen(source, module.local_replaces)
    image, why = _runtime(reference, cgo, source, read, stage, project)
    lines = _runtime_lines(project, stage, image, start, program, source, read)
    dropped = [
        i for i in read.moved if i.keyword == "USER" and i.words[0].text.partition(":")[0] in read.users
    ]
    edits = two_stages(project, stage, lines, read.moved, dropped)
    if not cgo:
        edits += tuple(
            _static(call)
            for call in dict.fromkeys(
                read.calls[path]
                for path, build in read.programs.items()
                if not _is_static(project, stage, build, read.calls[path])
            )
        )
    return Split(
        f"Build in golang and ship only the program, on {image}: {why}",
        edits,
        Allowance(
            vanish=("*",),
            appear=("*",),
            change=(*SYSTEM_PATHS, *read.programs, read.module_path or "/"),
            config=("Env", "User", "Cmd", "Entrypoint"),
        ),
        Saving(bytes=max(0, base_megabytes(reference) - 12) * 1_000_000),
    )


def _program(project: Project, start: Start, read: GoStage) -> str:
    """The program among those built that the container starts, by its absolute path."""
    first = start.argv[0]
    if "/" in first:
        path = posixpath.normpath(posixpath.join(read.workdir, first))
    else:
        path = next((p for p in read.programs if posixpath.basename(p) == first), first)
    if path not in read.programs:
        raise Refusal(f"it starts {first}, which is no program that `go build` makes here")
    return path


def _cgo(source: GoSource, read: GoStage, project: Project, stage: Stage) -> str:
    """Why the program needs cgo, "" when it can be static."""
    for path, build in read.programs.items():
        if build.flag("race") or build.flag("msan") or build.flag("asan"):
            return "it is built with a sanitizer"
        call = read.calls[path]
        words = (*build.command.assignments, *call.assignments, *call.words)
        if any((word.text or word.raw) == "CGO_ENABLED=1" for word in words):
            return "CGO_ENABLED=1 is set"
    runs = [i for i in stage.instructions if i.keyword == "RUN"]
    if runs and project.scope(runs[-1]).env.get("CGO_ENABLED") == "1":
        return "CGO_ENABLED=1 is set"
    return source.cgo


def _refuse_what_cannot_be_seen(source: GoSource, local: tuple[str, ...]) -> None:
    if not source.complete:
        raise Refusal("its sources are too large to read whole")
    if source.plugin:
        raise Refusal(f"{source.plugin} loads plug-ins at run time")
    if source.programs:
        raise Refusal(
            f"{source.programs} starts other programs (os/exec), which the small image does not have"
        )
    if source.own_folder:
        raise Refusal(f"{source.own_folder} reads the folder that the program lies in, whatever is there")
    if any(path.startswith("..") for path in local):
        raise Refusal("go.mod replaces a module by a folder outside the module")


def _runtime(
    reference: Reference, cgo: str, source: GoSource, read: GoStage, stage: Stage, project: Project
) -> tuple[str, str]:
    """The runtime image and the reason for it."""
    rooted = _needs_root(source, read, stage, project)
    tag = "latest" if rooted else "nonroot"
    user = f"as root because {rooted}" if rooted else "as user 65532"
    if not cgo:
        return (
            f"gcr.io/distroless/static-debian12:{tag}",
            f"a static binary needs no libc, shell or compiler; it runs {user}",
        )
    if reference.musl:
        raise Refusal(f"{cgo}, and on Alpine that links to musl, which distroless does not have")
    suffix = load("base-images")["distroless"].get(debian_suite(reference))
    if suffix is None:
        raise Refusal(f"{cgo}, and which glibc {reference.repository}:{reference.tag} links to is unknown")
    cpp = any(f.path.endswith((".cpp", ".cc", ".cxx")) for f in project.context.files)
    kind = "cc" if cpp else "base"
    return f"gcr.io/distroless/{kind}-{suffix}:{tag}", f"{cgo}, so it needs the same glibc; it runs {user}"


def _needs_root(source: GoSource, read: GoStage, stage: Stage, project: Project) -> str:
    """Why the program may need to be root as it is now, "" when nothing speaks for it."""
    if read.user and read.user.partition(":")[0] not in read.users:
        return f"the Dockerfile says USER {read.user}"
    if any(i.keyword == "VOLUME" for i in stage.instructions):
        return "it has a VOLUME"
    if source.writes:
        return f"{source.writes} writes files"
    ports = [w.text.partition("/")[0] for i in stage.instructions if i.keyword == "EXPOSE" for w in i.words]
    ports += [match[1] for literal in source.literals if (match := _LOW_PORT.match(literal))]
    low = next((p for p in ports if p.isdigit() and 0 < int(p) < 1024), None)
    return f"it listens on port {low}" if low else ""


def _files_opened(project: Project, source: GoSource, start: Start, read: GoStage) -> Iterator[str]:
    """Paths in the image, inside the module's folder, that the program may open when it runs."""
    own = set(source.literals) | set(start.argv[1:])
    own.update(
        value
        for line in read.kept
        if line.startswith("ENV ")
        for value in (line.partition("=")[2].strip("\"'"),)
    )
    files = frozenset(file.path for file in project.context.files)
    found: set[str] = set()
    for literal in own:
        if not literal or len(literal) > 255 or "\n" in literal or literal in (".", "./", "/", ".."):
            continue
        literal = literal.rpartition("=")[2] if literal.startswith("-") else literal
        path = posixpath.normpath(posixpath.join(read.workdir, re.split(r"[*?\[{%$]", literal)[0] or "."))
        if not covers(read.module_path, path) or path in (read.module_path, read.workdir):
            continue
        existing = _deepest(project, files, posixpath.relpath(path, read.module_path), read.module_folder)
        if existing:
            found.add(posixpath.join(read.module_path, existing))
    for path in sorted(found):
        if not any(path != other and covers(other, path) for other in found):
            yield path


def _deepest(project: Project, files: frozenset[str], relative: str, folder: str) -> str:
    """The longest part of a path that is a file or a folder with more than Go source in the context; "" if
    none."""
    parts = relative.split("/")
    while parts:
        path = posixpath.join(folder, *parts)
        inside = [path] if path in files else [file.path for file in project.context.under(path)]
        if any(not p.endswith(".go") and posixpath.basename(p) not in ("go.mod", "go.sum") for p in inside):
            return "/".join(parts)
        if inside:
            return ""
        parts.pop()
    return ""


def _runtime_lines(
    project: Project, stage: Stage, image: str, start: Start, program: str, source: GoSource, read: GoStage
) -> list[str]:
    platform, builder = f"--platform={stage.platform} " if stage.platform else "", builder_name(stage)
    lines = [f"FROM {platform}{image.removesuffix(':latest')}", f"WORKDIR {read.workdir}", *read.kept]
    for path in read.programs:
        bare = "/" not in start.argv[0] and path == program and posixpath.dirname(path) not in _PATH
        lines.append(
            f"COPY --from={builder} {path} {'/usr/local/bin/' + posixpath.basename(path) if bare else path}"
        )
    for path in _files_opened(project, source, start, read):
        lines.append(f"COPY --from={builder} {path} {path}")
    lines += [
        f"COPY --from={builder} {path} {path}" for path in read.made if not covers(read.module_path, path)
    ]
    return lines


def _is_static(project: Project, stage: Stage, build: GoBuild, call: Command) -> bool:
    given = {word.text or word.raw for word in (*build.command.assignments, *call.assignments)}
    if call.name == "make":
        given.update(word.text or word.raw for word in call.words)
    if "CGO_ENABLED=0" in given:
        return True
    run = next(i for i in stage.instructions if i.span.contains(call.span))
    return project.scope(run).env.get("CGO_ENABLED") == "0"


def _static(call: Command) -> Edit:
    at = call.words[0].span.start
    return Edit(Span(at, at), b"CGO_ENABLED=0 ")
