"""`docker build` in the `run` of a workflow's step."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jettison.ci.github import login_step
from jettison.ci.lines import build_lines, tags_of
from jettison.ci.shellplace import place_of
from jettison.ci.shellrepair import LineRepair, Place, repair_line
from jettison.ci.site import normal
from jettison.ci.workflow import Job, State, local_images, logs_in, on_linux, suffix, uses
from jettison.ci.yamlfile import Node, Unclear, get, is_sequence, text_of
from jettison.facts import load

if TYPE_CHECKING:
    from jettison.ci.github_repair import Repair

_MATRIX = re.compile(r"\$\{\{\s*matrix\.([\w-]+)\s*\}\}")


def repair_lines(all: Repair, job: Job, step: Node, state: State) -> None:
    """Repair the build commands of one step. Raises Unclear for what is not understood."""
    scalar = get(step, "run")
    text = text_of(scalar)
    found = build_lines(text)
    all.builds += len(found)
    if not found:
        return
    if (text_of(step, "shell") or "bash") not in ("bash", "sh"):
        raise Unclear(f"its shell is {text_of(step, 'shell')}")
    runner = get(job.node, "runs-on")
    used = [text, "" if is_sequence(runner) else text_of(runner)]
    variables = tuple(dict.fromkeys(name for part in used for name in _MATRIX.findall(part)))
    whole = "\n".join(text_of(each, "run") for each in job.steps.value)
    pushes = "docker push" in whole or "--push" in whole
    folder = text_of(step, "working-directory") or _default_folder(job)
    if "$" in folder:
        raise Unclear(f"it runs in {folder}, which only the run knows")
    on_linux(job)
    place = Place(
        "github",
        ("gha", "registry"),
        lambda repo: repo or all.site.asked.image,
        pushed=pushes,
        suffix=suffix(job, variables, for_tag=True),
        secrets=False,
        local=(*local_images(job.before(step)), *tags_of(found)),
        folder=normal(folder),
    )
    repairs = [made for line in found if (made := repair_line(all.site, line, place, "--cache-to" in whole))]
    if not repairs:
        return
    places = place_of(job.file, scalar)
    for made in repairs:
        for edit in made.edits:
            if scalar.style == '"' and '"' in edit.new:
                raise Unclear("the flags would need quotes inside quotes")
            job.file.replace(places[edit.start], places[edit.end], edit.new)
        for title, why in made.done:
            all.change(job, step, title, why)
    _before(all, job, step, state, repairs)


def _default_folder(job: Job) -> str:
    for node in (job.node, job.file.root):
        folder = text_of(get(get(node, "defaults"), "run"), "working-directory")
        if folder:
            return folder
    return "."


def _before(all: Repair, job: Job, step: Node, state: State, repairs: list[LineRepair]) -> None:
    """What the commands need to have run before: a builder, the runtime's token, a login."""
    lines: list[str] = []
    actions = load("ci")["actions"]
    before = job.before(step)
    if not state.buildx and not any(
        uses(each) == "docker/setup-buildx-action" or "buildx create" in text_of(each, "run")
        for each in [*before, step]
    ):
        state.buildx = "buildx"
        lines += [f"- uses: {actions['setup-buildx']}", "  id: buildx"]
        all.change(job, step, "Set up a builder that can export cache", "the runner's own builder cannot")
    backends = {each.wanted.choice.backend for each in repairs}
    runtime = actions["runtime"].partition("@")[0]
    if "gha" in backends and not state.runtime and not any(uses(each) == runtime for each in before):
        state.runtime = True
        lines += [f"- uses: {actions['runtime']}"]
        all.change(job, step, "Give the command the cache's address and token", "only actions have them")
    if "registry" in backends and not state.login and not logs_in([*before, step]):
        where = next(each.wanted.image for each in repairs) or all.site.asked.image
        if not where.startswith("ghcr.io/"):
            raise Unclear("the cache belongs into a registry that the job does not log in to")
        state.login = True
        lines += login_step(where)
        all.change(job, step, "Log in to the registry of the cache", "a cache is pushed like an image")
    if lines:
        job.file.add_items(job.steps, step, lines)
