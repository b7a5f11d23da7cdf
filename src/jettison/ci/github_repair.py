"""Repair the workflows of GitHub Actions: what the build steps lack is added, and nothing else changes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from jettison.ci import entries
from jettison.ci.github_action import Action
from jettison.ci.github_lines import repair_lines
from jettison.ci.site import Site
from jettison.ci.wanted import Change, Refusal
from jettison.ci.workflow import Job, State, Target, built, jobs, lines_of, uses
from jettison.ci.yamlfile import Node, Unclear, YamlFile, get, text_of

_BUILD = ("docker/build-push-action",)
_PINNED = re.compile(r"@[0-9a-f]{40}$")


@dataclass
class Repair:
    """All workflows of a repository, being repaired. `run` fills `changes` and `refused`."""

    site: Site
    files: dict[str, YamlFile]
    changes: list[Change] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    advice: list[str] = field(default_factory=list)
    builds: int = 0
    """Build steps that were found."""

    def run(self) -> None:
        """Repair every build step; one that is not understood is left as a whole."""
        found = [(job, step) for path, file in self.files.items() for job, step in self._steps(path, file)]
        self.places = self._places(found)
        states: dict[int, State] = {}
        if found and any(
            _PINNED.search(text_of(step, "uses")) for job, _ in found for step in job.steps.value
        ):
            self.advice.append("actions are pinned to commits here: pin those that are added, too")
        for job, step in found:
            state = states.setdefault(id(job.steps), State())
            kept = (job.file.mark(), len(self.changes), State(**vars(state)))
            try:
                if uses(step) in _BUILD:
                    self.builds += 1
                    Action(self, job, step, state).repair()
                else:
                    repair_lines(self, job, step, state)
            except Unclear as problem:
                job.file.back_to(kept[0])
                del self.changes[kept[1] :]
                states[id(job.steps)] = kept[2]
                line = problem.line or step.start_mark.line + 1
                self.refused.append(Refusal(job.path, line, problem.why))

    def change(self, job: Job, node: Node, title: str, why: str) -> None:
        """Note one edit."""
        self.changes.append(Change(job.path, node.start_mark.line + 1, title, why))

    def _steps(self, path: str, file: YamlFile) -> Iterator[tuple[Job, Node]]:
        for job in jobs(path, file):
            for step in job.steps.value:
                text = text_of(step, "run")
                if uses(step) in _BUILD or ("docker" in text and "build" in text):
                    yield job, step

    def _places(self, found: list[tuple[Job, Node]]) -> dict[str, set[tuple[tuple[Target, ...], str]]]:
        """What is written to each cache, by all workflows together."""
        made: dict[str, set[tuple[tuple[Target, ...], str]]] = {}
        for job, step in found:
            if uses(step) not in _BUILD:
                continue
            try:
                what = built(job, step)
            except Unclear:
                continue
            with_ = get(step, "with")
            listed = get(with_, "cache-to") or get(with_, "cache-from")  # what is read will be written
            for entry in lines_of(listed):
                made.setdefault(entries.place(entry), set()).add((what.targets, what.platforms))
        return made
