"""Repair .gitlab-ci.yml: the build commands of its jobs get a cache, and what that needs before it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from jettison.ci.gitlab import BUILDER, LOGIN, MODES
from jettison.ci.lines import build_lines, tags_of
from jettison.ci.shellplace import place_of
from jettison.ci.shellrepair import LineRepair, Place, repair_line
from jettison.ci.site import Site
from jettison.ci.wanted import Change, Refusal
from jettison.ci.yamlfile import (
    Node,
    Unclear,
    YamlFile,
    get,
    is_mapping,
    is_scalar,
    is_sequence,
    items,
    text_of,
)

_NO_JOB = frozenset(
    (
        "default",
        "variables",
        "workflow",
        "stages",
        "include",
        "image",
        "services",
        "cache",
        "before_script",
        "after_script",
        "spec",
    )
)
_OLD_DOCKER = re.compile(r"docker:(1\d|20)(?=[.\-]|$)")
_LEAST = "23"


@dataclass
class Repair:
    """One pipeline file, being repaired. `run` fills `changes` and `refused`."""

    site: Site
    path: str
    file: YamlFile
    changes: list[Change] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    advice: list[str] = field(default_factory=list)
    builds: int = 0

    def run(self) -> None:
        """Repair every job with a build command; a job that is not understood is left as a whole."""
        for name, job in items(self.file.root):
            if name in _NO_JOB or not is_mapping(job):
                continue
            mark, done = self.file.mark(), len(self.changes)
            try:
                self._job(name, job)
            except Unclear as problem:
                self.file.back_to(mark)
                del self.changes[done:]
                self.refused.append(Refusal(self.path, problem.line or job.start_mark.line, problem.why))

    def _job(self, name: str, job: Node) -> None:
        script = get(job, "script")
        if "/kaniko/" in _words(script):
            self.advice.append(
                f"{self.path}: {name} builds with kaniko, which is archived since June 2025: "
                "docker buildx build, with a cache in the registry, does the same"
            )
        places = [script] if is_scalar(script) else list(script.value) if is_sequence(script) else []
        with_build = [
            each for each in places if is_scalar(each) and re.search(r"\bdocker\b.*\bbuild\b", each.value)
        ]
        repairs: list[tuple[Node, LineRepair]] = []
        for each in with_build:
            for made in self._commands(name, job, each):
                repairs.append((each, made))
        if not repairs:
            return
        if not is_sequence(script):
            raise Unclear("its script is one text, not a list", script.start_mark.line + 1)
        self.file.own(job, "the job")
        self._before(job, script, repairs)

    def _commands(self, name: str, job: Node, scalar: Node) -> list[LineRepair]:
        found = build_lines(scalar.value)
        self.builds += len(found)
        around = self._around(job)
        if re.search(r"(^|[;&|\s])(cd|pushd)\s", around):
            raise Unclear("it changes the folder before it builds", scalar.start_mark.line + 1)
        place = Place(
            "gitlab",
            ("registry",),
            lambda repo: self._where(job, repo),
            suffix=self._suffix(job),
            local=self._built(job),
        )
        repairs = [
            made for line in found if (made := repair_line(self.site, line, place, "--cache-to" in around))
        ]
        if not repairs:
            return []
        places = place_of(self.file, scalar)
        for made in repairs:
            for edit in made.edits:
                if scalar.style == '"' and '"' in edit.new:
                    raise Unclear("the flags would need quotes inside quotes", scalar.start_mark.line + 1)
                self.file.replace(places[edit.start], places[edit.end], edit.new)
            self.changes += [Change(self.path, scalar.start_mark.line + 1, *each) for each in made.done]
        return repairs

    def _before(self, job: Node, script: Node, repairs: list[tuple[Node, LineRepair]]) -> None:
        """What the first build command needs before it: modes, a login, a builder that exports."""
        around = self._around(job)
        image = text_of(self._inherited(job, "image")) or text_of(self._inherited(job, "image"), "name")
        if _OLD_DOCKER.search(image):
            raise Unclear(f"{image} has no buildx: take docker:{_LEAST} or newer")
        first = repairs[0][0]
        lines: list[str] = []
        if "chmod" not in around and not text_of(
            self._inherited(job, "variables"), "FF_DISABLE_UMASK_FOR_DOCKER_EXECUTOR"
        ):
            lines.append(f"- {MODES}")
            self._note(first, "Files in the same modes on every machine", "the runner clones with umask 0000")
        if "login" not in around:
            lines.append(f"- {LOGIN}")
            self._note(first, "Log in to the project's registry", "a cache is pushed like an image")
        if "buildx create" not in around and "--builder" not in around:
            lines += [f"- {line}" for line in (BUILDER if self._dind(job) else _OWN_ENGINE)]
            self._note(first, "Set up a builder that can export cache", "the engine's own builder cannot")
        if lines:
            self.file.add_items(script, first, lines)
        git = next((made.wanted.needs.git for _, made in repairs if made.wanted.needs.git), "")
        variables = get(job, "variables")
        depth = text_of(variables, "GIT_DEPTH") or text_of(self._inherited(job, "variables"), "GIT_DEPTH")
        if git and depth != "0":
            if depth or not is_mapping(variables):
                self.advice.append(f'{self.path}: GIT_DEPTH: "0" is wanted: {git}')
            else:
                self.file.add_keys(variables, ['GIT_DEPTH: "0"'])
                self._note(first, "Fetch the whole history", git)

    def _note(self, node: Node, title: str, why: str) -> None:
        self.changes.append(Change(self.path, node.start_mark.line + 1, title, why))

    def _where(self, job: Node, repo: str) -> str:
        """The project's own registry, unless the job logs in to another one alone."""
        around = self._around(job)
        if "login" in around and "CI_REGISTRY" not in around:
            return repo
        return "$CI_REGISTRY_IMAGE"

    def _suffix(self, job: Node) -> str:
        matrix = get(get(job, "parallel"), "matrix")
        names = [name for row in (matrix.value if is_sequence(matrix) else ()) for name, _ in items(row)]
        if not names:
            return ""
        for name in dict.fromkeys(names):
            values = [v for row in matrix.value for v in _values(get(row, name))]
            if not values or not all(re.fullmatch(r"[\w.-]+", value) for value in values):
                raise Unclear(
                    f"a value of {name} in its matrix cannot stand in a tag, which each cache needs",
                    matrix.start_mark.line + 1,
                )
        return "".join(f"-${name}" for name in dict.fromkeys(names))

    def _parents(self, job: Node) -> list[Node]:
        """The job and what it extends, nearest first. Raises Unclear when that stands in another file."""
        found, todo = [job], [job]
        while todo:
            extends = get(todo.pop(), "extends")
            for name in _values(extends):
                parent = get(self.file.root, name)
                if not is_mapping(parent):
                    raise Unclear(f"it extends {name}, which is in another file", extends.start_mark.line + 1)
                if not any(parent is each for each in found):
                    found.append(parent)
                    todo.append(parent)
        return found

    def _inherited(self, job: Node, key: str) -> Node:
        """The value of a key for a job: its own, of what it extends, of `default`, of the whole file."""
        for node in (*self._parents(job), get(self.file.root, "default"), self.file.root):
            found = get(node, key)
            if found is not None:
                return found
        return None

    def _around(self, job: Node) -> str:
        """All commands and variables that a build command may meet."""
        scripts = [_words(self._inherited(job, key)) for key in ("before_script", "script")]
        variables = [_words(get(node, "variables")) for node in (*self._parents(job), self.file.root)]
        return "\n".join([*scripts, *variables, _words(get(job, "rules"))])

    def _built(self, job: Node) -> tuple[str, ...]:
        """The names that the job gives to images, where it has more than one build command."""
        return tags_of([line for text in _values(get(job, "script")) for line in build_lines(text)])

    def _dind(self, job: Node) -> bool:
        return "dind" in _words(self._inherited(job, "services"))


_OWN_ENGINE = ("docker buildx use jettison || docker buildx create --use --name jettison",)


def _values(node: Node) -> list[str]:
    if is_scalar(node):
        return [node.value]
    return [each.value for each in node.value if is_scalar(each)] if is_sequence(node) else []


def _words(node: Node, depth: int = 10) -> str:
    """All text below a node."""
    if node is None or depth == 0:
        return ""
    if is_scalar(node):
        return str(node.value)
    inner = [each for pair in node.value for each in pair] if is_mapping(node) else node.value
    return "\n".join(_words(each, depth - 1) for each in inner)
