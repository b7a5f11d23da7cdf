"""Where COPY and ADD put the files of the context: the image path of every file they take."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import NamedTuple

from jettison.context import Context, ContextFile
from jettison.context.gopath import clean, has_wildcard
from jettison.dockerfile import Instruction
from jettison.project import Project
from jettison.spans import Span

_ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst")


class Taken(NamedTuple):
    """One source of a COPY or ADD from the context, variables expanded, relative to the context's root.

    `dest` is the absolute image path of the destination, with a final `/` where it is written or where
    WORKDIR has made it a folder, into which a file goes; `parents` is True when
    `--parents` keeps the folders of the source, those before a `/./` in it left out; `several` when the
    destination has to be a folder.
    """

    copy: Instruction
    span: Span
    source: str
    dest: str
    several: bool
    parents: bool
    exclude: tuple[str, ...]

    def files(self, context: Context) -> tuple[ContextFile, ...]:
        """The files that it takes."""
        return context.match(self.source, self.exclude)

    def target(self, path: str, context: Context) -> str:
        """The image path of a file or folder of the context that this source takes."""
        folder = self.dest if self.dest.endswith("/") else self.dest + "/"
        if self.parents:
            above, pivot, _ = self.source.partition("/./")
            cut = len(clean("/" + above)[1:].split("/")) if pivot and above.strip("./") else 0
            return folder + "/".join(path.split("/")[cut:])
        parts = clean("/" + self.source)[1:].split("/")
        depth = 0 if parts == [""] else len(parts)
        below = path.split("/")[depth:]
        if below or not path:
            return folder + "/".join(below) if below else self.dest.rstrip("/") or "/"
        into_folder = self.several or self.dest.endswith("/") or has_wildcard(self.source)
        if _is_folder(path, context):
            return self.dest.rstrip("/") or "/"
        return folder + posixpath.basename(path) if into_folder else self.dest


def _origin(source: Taken, path: str, context: Context) -> str | None:
    """The file of the context that a source puts at an image path."""
    if not (source.parents or source.exclude or has_wildcard(source.source)):
        root = clean("/" + source.source)[1:]
        if _is_folder(root, context):
            folder = source.dest.rstrip("/") + "/"
            inside = f"{root}/{path[len(folder) :]}".lstrip("/") if path.startswith(folder) else ""
            found = context.match(inside) if inside else ()
            return inside if len(found) == 1 and found[0].path == inside else None
    files = source.files(context)
    return next((file.path for file in files if source.target(file.path, context) == path), None)


def taken(project: Project, copy: Instruction) -> Iterator[Taken]:
    """The sources of one COPY or ADD that lie in the context; none for `--from`, URLs, git and heredocs."""
    origin = copy.flag("from")
    if copy.keyword not in ("COPY", "ADD") or copy.error or copy.dest is None or origin is not None:
        return
    scope = project.scope(copy)
    dest = scope.expand(copy.dest.text, copy.escape).text
    place = clean(posixpath.join(scope.workdir, dest))
    made = (scope.workdir.rstrip("/") + "/").startswith(place + "/")
    if dest.endswith(("/", "/.")) or dest in (".", "") or made:
        place = place.rstrip("/") + "/"
    exclude = tuple(flag.value for flag in copy.flags if flag.name == "exclude" and flag.value)
    documents = {doc.start_span for doc in copy.heredocs}
    sources = [word for word in copy.sources if word.span not in documents]
    for word in sources:
        source = scope.expand(word.text, copy.escape).text
        if copy.keyword == "ADD" and is_remote(source):
            continue
        yield Taken(
            copy, word.span, source, place, len(copy.sources) > 1, copy.flag("parents") is not None, exclude
        )


def is_remote(source: str) -> bool:
    """True for what ADD fetches: a URL or a git repository."""
    return source.startswith(("http://", "https://", "git@", "git://", "ssh://"))


def is_archive(source: str) -> bool:
    """True for a name whose content ADD unpacks."""
    return source.lower().endswith(_ARCHIVES)


def from_context(project: Project, path: str, before: Instruction) -> str | None:
    """The file of the context that lies at an absolute image path just before an instruction; None when
    unknown.

    Looks at the COPYs of the instruction's own stage and of the stages it is built FROM, the last one first.
    """
    stage = project.dockerfile.stage_of(before)
    limit = before.span.start
    while stage is not None:
        for copy in reversed(stage.instructions):
            if copy.span.start < limit:
                for source in taken(project, copy):
                    if origin := _origin(source, path, project.context):
                        return origin
        stage = project.dockerfile.stages[stage.base_stage] if stage.base_stage is not None else None
    return None


def _is_folder(path: str, context: Context) -> bool:
    return path == "" or (context.exists(path) and not any(f.path == path for f in context.match(path)))
