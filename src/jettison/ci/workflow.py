"""A workflow of GitHub Actions as jobs and steps, with what a build step builds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

from jettison.ci.lines import build_lines, repository
from jettison.ci.site import normal
from jettison.ci.yamlfile import Node, Unclear, YamlFile, get, is_scalar, is_sequence, items, text_of

_MATRIX = re.compile(r"\$\{\{\s*matrix\.([\w-]+)\s*\}\}")
_ANY = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
_TAG = re.compile(r"[\w.-]+")
_MOST = 64
"""Combinations of matrix values that are looked at."""


class Job(NamedTuple):
    """One job with steps of its own."""

    path: str
    file: YamlFile
    name: str
    node: Node
    steps: Node

    def before(self, step: Node) -> list[Node]:
        """The steps that run before one."""
        return list(self.steps.value[: self.steps.value.index(step)])

    def find(self, action: str, before: Node = None) -> Node:
        """The last step (before another) that uses an action, None without any."""
        steps = self.steps.value if before is None else self.before(before)
        return next((each for each in reversed(steps) if uses(each) == action), None)

    def values(self, variable: str) -> list[str]:
        """The values of a matrix variable that are written out; empty when they are not."""
        matrix = get(get(self.node, "strategy"), "matrix")
        found: list[str] = []
        listed = get(matrix, variable)
        for value in listed.value if is_sequence(listed) else ():
            if not is_scalar(value):
                return []
            found.append(value.value)
        include = get(matrix, "include")
        for row in include.value if is_sequence(include) else ():
            found += [text_of(row, variable)] if text_of(row, variable) else []
        return list(dict.fromkeys(found)) if not any("${{" in each for each in found) else []


class Target(NamedTuple):
    """One thing that a step builds."""

    dockerfile: str
    context: str
    target: str


class Built(NamedTuple):
    """What a docker/build-push-action step builds: more than one thing under a matrix."""

    targets: tuple[Target, ...]
    platforms: str
    variables: tuple[str, ...]
    """Matrix variables that make a difference to the build."""
    from_git: bool
    """True when the action has the builder clone the repository: nothing of the checkout is used."""
    image: str
    """The repository that it pushes to, as an expression; empty when it does not push or it is not known."""
    pushes: bool


@dataclass
class State:
    """What was added to a job so far."""

    buildx: str = ""
    """The id of its setup-buildx step once that is there."""
    login: bool = False
    modes: bool = False
    depth: bool = False
    dance: bool = False
    runtime: bool = False


def jobs(path: str, file: YamlFile) -> Iterator[Job]:
    """The jobs that have steps."""
    for name, node in items(get(file.root, "jobs")):
        steps = get(node, "steps")
        if is_sequence(steps):
            yield Job(path, file, name, node, steps)


def uses(step: Node) -> str:
    """`docker/login-action` of a step that uses it, in lower case and without its version."""
    return text_of(step, "uses").partition("@")[0].lower()


def on_linux(job: Job) -> None:
    """Raise Unclear for a job that runs on Windows or macOS, where no builder of ours can be set up."""
    runner = get(job.node, "runs-on")
    labels = [text_of(each) for each in runner.value] if is_sequence(runner) else [text_of(runner)]
    labels += [value for label in labels for name in _MATRIX.findall(label) for value in job.values(name)]
    for label in labels:
        if label.lower().startswith(("windows", "macos")):
            raise Unclear(f"it runs on {label}", job.node.start_mark.line + 1)


def local_images(steps: list[Node]) -> tuple[str, ...]:
    """The names that earlier steps give to images in the engine of the job."""
    found: list[str] = []
    for step in steps:
        found += [line.strip() for line in text_of(get(step, "with"), "tags").replace(",", "\n").split("\n")]
        try:
            found += [tag for line in build_lines(text_of(step, "run")) for tag in line.values("-t", "--tag")]
        except Unclear:
            found.append("$")
    return tuple(name for name in found if name)


def logs_in(steps: list[Node]) -> bool:
    """True when one of the steps logs in to a registry."""
    return any(uses(each) == "docker/login-action" or "login" in text_of(each, "run") for each in steps)


def built(job: Job, step: Node) -> Built:
    """What a docker/build-push-action step builds. Raises Unclear when that is left to something else."""
    with_ = get(step, "with")
    context, file = text_of(with_, "context"), text_of(with_, "file")
    target, platforms = text_of(with_, "target"), text_of(with_, "platforms")
    from_git = not context or context.startswith("{{defaultContext}}")
    context = context.removeprefix("{{defaultContext}}").removeprefix(":")
    looked = [text_of(with_, "build-args"), text_of(job.node, "runs-on"), platforms, context, file, target]
    variables = list(dict.fromkeys(name for text in looked for name in _MATRIX.findall(text)))
    targets = []
    for values in _combinations(job, [name for text in looked[3:] for name in _MATRIX.findall(text)]):
        folder = normal(_known(context, values, "context"))
        default = f"{folder}/Dockerfile"
        named = _known(file, values, "file")
        if named and from_git and folder != ".":
            named = f"{folder}/{named}"
        targets.append(Target(normal(named or default), folder, _known(target, values, "target")))
    pushes = text_of(with_, "push") not in ("", "false") or "push=true" in text_of(with_, "outputs")
    return Built(
        tuple(dict.fromkeys(targets)),
        platforms,
        tuple(variables),
        from_git,
        _image(job, step, with_) if pushes else "",
        pushes,
    )


def suffix(job: Job, variables: tuple[str, ...], for_tag: bool) -> str:
    """What tells the caches of a matrix apart: the values of its variables, where they may stand in a tag; a
    job's number where they may not."""
    if not variables:
        return ""
    if for_tag and not all(_may_stand_in_a_tag(job, name) for name in variables):
        return "-${{ strategy.job-index }}"
    return "".join(f"-${{{{ matrix.{name} }}}}" for name in variables)


def _may_stand_in_a_tag(job: Job, name: str) -> bool:
    values = job.values(name)
    return bool(values) and all(_TAG.fullmatch(value) for value in values)


def _combinations(job: Job, names: list[str]) -> Iterator[dict[str, str]]:
    names = list(dict.fromkeys(names))
    lists = [job.values(name) for name in names]
    for name, values in zip(names, lists, strict=True):
        if not values:
            raise Unclear(f"the values of matrix.{name} are not written out")
    for number, combined in enumerate(product(*lists)):
        if number >= _MOST:
            raise Unclear(f"the matrix has more than {_MOST} combinations")
        yield dict(zip(names, combined, strict=True))


def _known(text: str, values: dict[str, str], what: str) -> str:
    text = text.replace("${{ github.workspace }}/", "").replace("${{ github.workspace }}", ".")
    text = _MATRIX.sub(lambda found: values[found[1]], text)
    if "${{" in text or "://" in text:
        raise Unclear(f"its {what} is {text}, which only the run knows")
    return text


def _image(job: Job, step: Node, with_: Node) -> str:
    """The repository of the first tag, as written, or as docker/metadata-action has it; without variables of
    unknown case."""
    first = next(iter(text_of(with_, "tags").replace(",", "\n").split("\n")), "").strip()
    meta = re.fullmatch(r"\$\{\{\s*steps\.([\w-]+)\.outputs\.tags\s*\}\}", first)
    if meta:
        for each in job.before(step):
            if text_of(each, "id") == meta[1] and uses(each) == "docker/metadata-action":
                images = text_of(get(each, "with"), "images").replace(",", "\n").split("\n")
                image = next((line.strip() for line in images if line.strip()), "")
                return image if _lower(job, image) else ""
        return ""
    return repository(first)  # it has to be a valid name for the push already


def _lower(job: Job, image: str) -> bool:
    """True when no part of the name can bring capitals, which a reference must not have."""
    literal = _ANY.sub("", image)
    written = (*items(get(job.file.root, "env")), *items(get(job.node, "env")))
    known = {name: text_of(value) for name, value in written}
    for inner in _ANY.findall(image):
        value = known.get(inner.removeprefix("env."), "") if inner.startswith("env.") else ""
        if not value or "${{" in value or value != value.lower():
            return False
    return bool(image) and literal == literal.lower() and "=" not in literal and " " not in literal


def lines_of(node: Node) -> list[str]:
    """The entries of a list that is written as lines of one value."""
    return [line.strip() for line in text_of(node).split("\n") if line.strip()]
