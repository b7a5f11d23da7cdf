"""Several files are copied over one another, to one that is no folder."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from jettison.context.gopath import has_wildcard
from jettison.dockerfile import Instruction
from jettison.findings import Finding, Fix
from jettison.project import Project
from jettison.rules import rule
from jettison.spans import Edit, Span


@rule("JT651", aliases=("DL3021",))
def copy_to_file(project: Project) -> Iterator[Finding]:
    """Several files are copied over one another, to one that is no folder.

    What:
        A COPY or ADD with several files as sources whose destination does not end in `/`, and is no folder
        that is known to exist.

    Why:
        BuildKit makes one file of them: each source replaces the one before, and only the last is left. The
        builder before it refused the instruction.

    How it is fixed:
        A `/` at the end of the destination is proposed. It changes the image, unless the folder is there
        already, so it is never applied by itself.

    When not:
        A destination that a WORKDIR, a RUN or an earlier COPY makes, or that base images have; `.`, `..` and
        variables; a single source; folders and globs among the sources.

    References:
        https://docs.docker.com/reference/dockerfile/#copy
        BuildKit frontend/dockerfile/dockerfile2llb/convert.go, dispatchCopy (seen with 0.2x)
    """
    for stage in project.dockerfile.stages:
        for copy in stage.instructions:
            if copy.keyword not in ("COPY", "ADD") or copy.error or copy.dest is None:
                continue
            dest = copy.dest
            plain = not any(has_wildcard(w.text) or "$" in w.text for w in copy.sources)
            if len(copy.sources) < 2 or not plain or dest.text.endswith(("/", ".", "\\")) or "$" in dest.text:
                continue
            if _there(project, copy) or _has_folder(project, copy):
                continue
            last = copy.sources[-1].text
            message = f"where {dest.text} is no folder, only {last} is left of what is copied to it"
            at = dest.span.end
            if copy.json is None and dest.text[:1] not in "\"'":
                yield Finding(copy.span, message, fix=Fix("Name a folder", (Edit(Span(at, at), b"/"),)))
            else:
                yield Finding(copy.span, message, refused="the destination is quoted")


def _there(project: Project, copy: Instruction) -> bool:
    """True when the destination is a folder by then, as far as can be read."""
    from jettison.facts import load
    from jettison.facts.bases import Reference
    from jettison.stages import covers

    stage = project.dockerfile.stage_of(copy)
    scope = project.scope(copy)
    assert copy.dest is not None
    assert stage is not None
    place = posixpath.normpath(posixpath.join(scope.workdir, scope.expand(copy.dest.text, copy.escape).text))
    name = Reference.parse(project.base_of(stage)).repository.rpartition("/")[2]
    known = (*load("checks")["folders"]["there"], *load("owners")["filled"]["known"].get(name, ()))
    if place in known or covers(place, scope.workdir):
        return True
    while True:
        for instruction in stage.instructions:
            if instruction.span.start >= copy.span.start:
                break
            if any(covers(place, made) for made in _makes(project, instruction)):
                return True
        if stage.base_stage is None:
            return False
        stage = project.dockerfile.stages[stage.base_stage]


def _makes(project: Project, instruction: Instruction) -> Iterator[str]:
    """Folders that an instruction makes; that above a file counts as one too."""
    scope = project.scope(instruction)
    words = instruction.words
    if instruction.keyword == "WORKDIR" and words:
        yield posixpath.normpath(posixpath.join(scope.workdir, scope.expand(words[0].text).text))
    elif instruction.keyword in ("COPY", "ADD") and instruction.dest is not None:
        text = scope.expand(instruction.dest.text).text
        path = posixpath.normpath(posixpath.join(scope.workdir, text))
        yield path if text.endswith("/") else posixpath.dirname(path)
    elif instruction.keyword == "RUN":
        from jettison.rules.making import made_by

        for command in project.script(instruction).commands:
            for path in made_by(command, scope.workdir):
                yield path if command.name in ("mkdir", "git", "tar", "unzip") else posixpath.dirname(path)


def _has_folder(project: Project, copy: Instruction) -> bool:
    """True when a source is a folder, or may be one: the builder then makes a folder, or says why not."""
    if copy.flag("from") is not None:
        return False
    documents = {doc.start_span for doc in copy.heredocs}
    for word in copy.sources:
        if word.span not in documents:
            taken = project.context.match(word.text)
            if len(taken) > 1 or (taken and posixpath.normpath("/" + word.text)[1:] != taken[0].path):
                return True
    return False
