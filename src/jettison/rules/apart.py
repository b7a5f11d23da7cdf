"""Which tasks of a stage need nothing of each other, and what one of them takes into a stage of its own.

The steps of a stage are read as: what both need (before the cut), the chain that moves out, and the rest,
which gets back what the chain makes by COPY --from, as late as possible.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import NamedTuple

from jettison.dockerfile import Instruction, Stage
from jettison.facts import load
from jettison.installs import Reads
from jettison.project import Project
from jettison.rules.tasks import Task, certain, destination, reaches, reads_of, row_of, targets_of, tasks_of
from jettison.stages import covers

REPEATED = frozenset(("ENV", "ARG", "WORKDIR", "SHELL"))
"""What is said again in the new stage."""
DESCRIBES = frozenset(("CMD", "ENTRYPOINT", "EXPOSE", "LABEL", "MAINTAINER", "STOPSIGNAL", "HEALTHCHECK"))
"""What changes nothing for a step."""


class Apart(NamedTuple):
    """How a chain leaves its stage; the numbers are indexes of the steps."""

    chain: tuple[int, ...]
    """The steps that leave."""
    both: tuple[int, ...]
    """The steps that stay, and stand in the new stage too."""
    cut: int
    """What comes before is needed by both."""
    place: int
    """Where the COPY --from goes: before this step."""
    brings: tuple[str, ...]
    """Absolute paths that the COPY --from takes."""
    tasks: tuple[Task, ...]
    others: tuple[Task, ...]
    """What runs meanwhile."""
    refused: str = ""
    """Why it is left all the same, as a sentence without a full stop; "" when it can go."""


@dataclass(slots=True)
class Line:
    """The steps of a stage, or of one and the stage built FROM it, in order."""

    project: Project
    steps: tuple[Instruction, ...]
    shipped: bool
    tasks: dict[int, Task]
    unknown: bool
    """True when there are RUNs that are not understood."""


def read_line(project: Project, steps: tuple[Instruction, ...], shipped: bool) -> Line:
    """The steps with their tasks."""
    tasks = tasks_of(project, steps)
    runs = sum(step.keyword == "RUN" for step in steps)
    return Line(project, steps, shipped, tasks, runs > len(tasks))


def find(line: Line, within: range, across: int | None = None) -> Apart | None:
    """The first chain of these steps that can move out, else the first that would but for a reason; None
    without any.

    With `across`, the steps from there on are those of the stage built FROM the others: the chain then has to
    be all that comes before, and what runs meanwhile all that comes after.
    """
    groups: dict[tuple[frozenset[str], str], list[int]] = {}
    for number, task in line.tasks.items():
        if number in within and task.works:
            groups.setdefault((task.families, task.folder), []).append(number)
    refused: Apart | None = None
    for runs in reversed(groups.values()):
        for count in range(len(runs), 0, -1):
            for whole in (True, False) if across is None else (True,):
                found = _Attempt(line, runs[:count], whole, across).result()
                if found is not None and not found.refused:
                    return found
                refused = refused or found
    return refused


@dataclass(slots=True)
class _Attempt:
    """One chain, either with its whole folder or with what its installs make there."""

    line: Line
    runs: list[int]
    whole: bool
    across: int | None
    start: int = 0
    """Steps before this one stay common."""

    def result(self) -> Apart | None:
        """The move; None when nothing could run meanwhile, or something between needs both."""
        while self.runs:
            others = self._others()
            if not others or not self.brings():
                return None
            blocked = self._blocked(others)
            if blocked is None:
                return self._finish(others)
            self.start = blocked + 1
            self.runs = [number for number in self.runs if number > blocked]
        return None

    @property
    def task(self) -> Task:
        return self.line.tasks[self.runs[-1]]

    @property
    def last(self) -> int:
        return self.runs[-1]

    def _others(self) -> list[int]:
        tasks = self.line.tasks
        return [
            number
            for number, task in tasks.items()
            if number >= self.start and number not in self.runs and task.works and self._independent(task)
        ]

    def _independent(self, other: Task) -> bool:
        """True when neither reads what the other makes."""
        project, mine = self.line.project, self.task
        above, below = covers(other.folder, mine.folder), covers(mine.folder, other.folder)
        if other.families & mine.families and (above or below):
            return False
        if not other.pure and above:
            return False
        if (below and (self.whole or not mine.pure)) or self._visited(other):
            return False
        text, own = (project.dockerfile.text(task.run.span) for task in (other, mine))
        if above or below:
            return not any(path in text for path in self.brings())
        return mine.folder not in text and other.folder not in own

    def _visited(self, other: Task) -> bool:
        """True when it goes to a folder that would not be there yet."""
        return any(covers(path, each) for path in self.brings() for each in other.visits)

    def brings(self) -> tuple[str, ...]:
        """What comes back: the whole folder, or what the installs make, with a lock file they may write."""
        folder = self.task.folder
        return (folder,) if self.whole else tuple(posixpath.join(folder, name) for name in self._makes())

    def _makes(self) -> list[str]:
        tasks = [self.line.tasks[number] for number in self.runs]
        managers = {manager.name: manager for task in tasks for manager in task.managers}
        row = row_of(*managers.values()) if len(managers) == 1 else None
        if row is None or "makes" not in row or not all(task.pure and task.works for task in tasks):
            return []
        frozen = row.get("frozen", "").split()
        loose = any(
            not {*done.subcommand.split(), *done.flags} & {*frozen} for task in tasks for done in task.actions
        )
        return [*row["makes"], *([row["lock"]] if "lock" in row and loose else [])]

    def _mine(self) -> list[int]:
        """The COPYs before the last RUN that bring what the chain reads."""
        return [
            number
            for number, step in enumerate(self.line.steps[: self.last])
            if step.keyword in ("COPY", "ADD") and number >= self.start and self._feeds(step)
        ]

    def _feeds(self, copy: Instruction) -> bool:
        dest = destination(self.line.project, copy)
        if dest is None:
            return False
        if self.whole:
            return covers(self.task.folder, dest)
        return any(self._is_manifest(target) for target in targets_of(self.line.project, copy) or ())

    def _is_manifest(self, target: str) -> bool:
        rows = [row for manager in self.task.managers if (row := row_of(manager))]
        patterns = [p for row in rows for p in (*row["reads"], *([row["lock"]] if "lock" in row else ()))]
        name = posixpath.basename(target)
        return covers(posixpath.dirname(target), self.task.folder) and any(
            fnmatchcase(name, pattern) for pattern in patterns
        )

    def cut(self, others: list[int]) -> int:
        """The first step that only one of both needs."""
        cut = min((*self._mine(), *self.runs, *others))
        while cut > self.start and self._passes(cut - 1):
            cut -= 1
        return cut

    def _passes(self, number: int) -> bool:
        step = self.line.steps[number]
        if step.keyword == "WORKDIR":
            after = self.line.project.scope(self.line.steps[number + 1])
            return self.whole and after.workdir == self.task.folder
        return step.keyword in ("COPY", "ADD") and self._copies_elsewhere(step)

    def _blocked(self, others: list[int]) -> int | None:
        """The last step between the cut and the chain's end that cannot stand beside it."""
        mine = {*self.runs, *self._mine()}
        for number in range(self.last, self.cut(others) - 1, -1):
            if number not in mine and not self._is_beside(number):
                return number
        return None

    def _is_beside(self, number: int, after: bool = False) -> bool:
        """True when a step has nothing to do with the chain; `after`: it comes after the chain's last."""
        step = self.line.steps[number]
        if step.keyword in ("COPY", "ADD"):
            return self._copies_elsewhere(step)
        task = self.line.tasks.get(number)
        if step.keyword != "RUN" or task is None:
            return step.keyword in REPEATED | DESCRIBES or (step.keyword == "USER" and after)
        if task.system:
            return after and task.pure
        if not task.works:
            return task.pure and not task.families & self.task.families and not self._visited(task)
        return self._independent(task)

    def _copies_elsewhere(self, copy: Instruction) -> bool:
        """True for a COPY that brings nothing that the chain reads, and hides nothing that it makes."""
        project, folder = self.line.project, self.task.folder
        dest = destination(project, copy)
        home = project.scope(self.task.run).variables.get("HOME", "/root")
        configured = (*load("install-reads")["configures"]["folders"], home)
        if dest is None or any(covers(place, dest) for place in configured):
            return False
        if not covers(dest, folder) and not covers(folder, dest):
            return True
        targets = targets_of(project, copy)
        if targets is None or (self.whole and covers(folder, dest)):
            return False
        hidden = (covers(path, each) or covers(each, path) for path in self.brings() for each in targets)
        return not any(hidden) and not any(self._is_manifest(each) for each in targets)

    def _place(self) -> int:
        """As late as the chain's results can come without anything missing or hiding them."""
        place = self.last + 1
        for number in range(self.last + 1, len(self.line.steps)):
            if not self._is_beside(number, after=True):
                break
            if self.line.steps[number].keyword == "RUN":
                place = number + 1
        return place

    def _finish(self, others: list[int]) -> Apart | None:
        place, cut = self._place(), self.cut(others)
        others = [number for number in others if cut <= number < place]
        chain = [self.line.tasks[number] for number in self.runs]
        tasks = [self.line.tasks[number] for number in others]
        if not others or any(_locked(one) & _locked(other) for one in chain for other in tasks):
            return None
        mine, steps = self._mine(), self.line.steps
        both = [n for n in range(cut, self.last) if steps[n].keyword in REPEATED]
        leaves = sorted((*self.runs, *mine)) if self.whole else self.runs
        both += [] if self.whole else mine
        if self.across is not None and not self._all_before(cut, others, {*leaves, *both}):
            return None
        why = self._refused(cut, chain, tasks)
        return Apart(
            tuple(leaves), tuple(sorted(both)), cut, place, self.brings(), tuple(chain), tuple(tasks), why
        )

    def _all_before(self, cut: int, others: list[int], known: set[int]) -> bool:
        """True when the chain is all of the stage below after the cut."""
        assert self.across is not None
        return min(others) >= self.across > cut and all(
            number in known or self.line.steps[number].keyword in DESCRIBES
            for number in range(cut, self.across)
            if self.line.steps[number].keyword not in REPEATED
        )

    def _refused(self, cut: int, chain: list[Task], others: list[Task]) -> str:
        """Why the chain stays; "" when it can go."""
        project, folder = self.line.project, self.task.folder
        if not _PLAIN.fullmatch(folder):
            return f"its folder {folder} cannot be written as it is"
        if "onbuild" in project.base_of(self._stage) or any(s.keyword == "ONBUILD" for s in self.line.steps):
            return "what ONBUILD says would be done once more"
        edge = cut if self.across is None else self.across
        words = [step.keyword for step in self.line.steps]
        if "CMD" in words[:edge] and "ENTRYPOINT" in words[edge:]:
            return "ENTRYPOINT drops the CMD of another stage, and keeps that of its own"
        for task in chain:
            stage = project.dockerfile.stage_of(task.run)
            assert stage is not None
            if not certain(project, stage, task.run):
                return f"the folder that line {task.run.start_line} works in is not known"
            if project.scope(task.run).user not in _ROOT:
                return "COPY --from would give the folder to root, and it works as another user"
            if task.loose:
                return task.loose
        for path in self.brings():
            if path == "/" or path[1:] in load("folders")["top"]:
                return f"it works in {path}, which is not its own"
        copies = [self.line.steps[number] for number in self._mine()]
        if any(copy.flag(flag) for copy in copies for flag in ("chown", "chmod")):
            return "COPY --from would give the folder another owner or mode"
        own = "" if self.whole else self._made(chain)
        return own or self._there(cut, chain) or self._reached(chain, others) or self._read_later(chain)

    def _read_later(self, chain: list[Task]) -> str:
        """Why a cache that the chain fills may be missing; "" when nothing reads it."""
        later = {manager.name for task in chain for manager in task.managers if manager.later}
        for number, task in self.line.tasks.items():
            found = later & {manager.name for manager in task.managers}
            if found and number not in self.runs and not self._independent(task):
                return f"line {task.run.start_line} may need what {found.pop()} keeps in its cache"
        file, stage = self.line.project.dockerfile, self._stage
        if later and (self.line.unknown or len(file.below(stage)) > 1):
            return f"what comes after may need what {later.pop()} keeps in its cache"
        return ""

    @property
    def _stage(self) -> Stage:
        """The stage of the last step."""
        stage = self.line.project.dockerfile.stage_of(self.line.steps[-1])
        assert stage is not None
        return stage

    def _reached(self, chain: list[Task], others: list[Task]) -> str:
        """Why one of both may read or write outside its folder."""
        for task in (*chain, *others):
            if not task.pure or task in chain:
                if why := reaches(self.line.project, task):
                    return why
            elif not isinstance(found := reads_of(self.line.project, task), Reads):
                return found
        return ""

    def _there(self, cut: int, chain: list[Task]) -> str:
        """Why it matters that a part of what comes back is there already; "" when it does not."""
        file, steps = self.line.project.dockerfile, self.line.steps
        stage = file.stage_of(steps[0])
        below = [each for low in (file.above(stage)[:-1] if stage else ()) for each in low.instructions]
        first = next((each for each in (*below, *steps[:cut]) if self._fills(each)), None)
        if first is not None and self.line.shipped:
            return f"what line {first.start_line} puts into {self.brings()[0]} would be shipped twice"
        if first is not None and any(task.cleans for task in chain):
            return f"it removes files of {self.task.folder}, and COPY --from would not"
        return ""

    def _fills(self, step: Instruction) -> bool:
        """True when a step before puts something where the chain's results go."""
        project, brings = self.line.project, self.brings()
        if step.keyword == "RUN":
            if any(path in project.dockerfile.text(step.span) for path in brings):
                return any(command.name != "mkdir" for command in project.script(step).commands)
            task = tasks_of(project, (step,)).get(0)
            same = task is not None and task.works and bool(task.families & self.task.families)
            return task is not None and same and covers(self.task.folder, task.folder)
        if step.keyword not in ("COPY", "ADD"):
            return False
        dest = destination(project, step)
        if dest is None or any(covers(path, dest) and (self.whole or path != dest) for path in brings):
            return True
        if not any(covers(dest, path) for path in brings):
            return False
        targets = targets_of(project, step)
        return targets is None or any(each.startswith(f"{path}/") for path in brings for each in targets)

    def _made(self, chain: list[Task]) -> str:
        """Why what the installs make is not all that they leave."""
        for task in chain:
            found = reads_of(self.line.project, task)
            if not isinstance(found, Reads):
                return found
            if found.folders:
                return f"the install of line {task.run.start_line} reads {found.folders[0]}, too"
            if any(posixpath.dirname(path) != posixpath.dirname(found.files[0]) for path in found.files):
                return f"the install of line {task.run.start_line} is that of a workspace"
        return ""


_ROOT = (None, "", "root", "0", "0:0", "root:root")
_PLAIN = re.compile(r"[\w./@+-]+")


def _locked(task: Task) -> set[str]:
    """Caches that only one build may have at a time."""
    options = [mount.options for mount in task.run.mounts if mount.type == "cache"]
    return {o.get("id", o.get("target", "")) for o in options if o.get("sharing") == "locked"}
