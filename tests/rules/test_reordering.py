"""Other orders of a stage: they leave the same files behind, as a small interpreter of Dockerfiles finds, and
they cost less."""

from __future__ import annotations

import posixpath
import random
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.context.tree import plant
from tests.replay.test_touched import commit, git

from jettison.check import check
from jettison.dockerfile import Instruction, parse
from jettison.facts import load
from jettison.findings import Basis, Safety
from jettison.project import Project
from jettison.replay.touched import Touched
from jettison.rewrite import rewrite
from jettison.rules import find_rule
from jettison.rules.changing import Changes
from jettison.rules.constraints import relation
from jettison.rules.dividing import proposal
from jettison.spans import apply

RULE = find_rule("unstable-before-stable")
LEVELS = (Safety.SAFE, Safety.PROVEN)
COSTS = load("costs")
STEP = COSTS["step_seconds"]["RUN"]
CURL = STEP + COSTS["command_seconds"]["curl"]
INSTALLS = {name: STEP + COSTS["install_seconds"][name] for name in ("apt-get", "pip")}
FILES = {"f": "f", "g": "g", "d/x": "dx", "d/y": "dy", "d/sub/z": "dz"}


class Failed(Exception):
    pass


class Machine:
    """What a stage leaves behind: its files by path and its folders. Knows the instructions made below."""

    def __init__(self) -> None:
        self.files: dict[str, str] = {}
        self.folders = {"/"}
        self.at = "/"
        self.env: dict[str, str] = {}

    def run(self, instruction: Instruction) -> None:
        words = instruction.args.split()
        if instruction.keyword == "WORKDIR":
            self.at = posixpath.normpath(posixpath.join(self.at, words[0]))
            self.make(self.at)
        elif instruction.keyword == "ENV":
            name, _, value = words[0].partition("=")
            self.env[name] = value
        elif instruction.keyword == "COPY":
            for source in words[:-1]:
                self.copy(source, self.place(words[-1]), words[-1].endswith("/"))
        elif instruction.keyword == "RUN":
            at = self.at
            for command in instruction.args.split(" && "):
                self.command(shlex.split(command))
            self.at = at

    def copy(self, source: str, dest: str, folder: bool) -> None:
        for path, content in FILES.items():
            if path == source:
                self.write(posixpath.join(dest, source) if folder or dest in self.folders else dest, content)
            elif path.startswith(source + "/"):
                self.write(posixpath.join(dest, path[len(source) + 1 :]), content)

    def write(self, path: str, content: str, make: bool = True) -> None:
        parent = posixpath.dirname(path)
        if make:
            self.make(parent)
        if parent not in self.folders or path in self.folders:
            raise Failed(path)
        self.files[path] = content

    def make(self, folder: str) -> None:
        if folder in self.files:
            raise Failed(folder)
        if folder not in self.folders:
            self.make(posixpath.dirname(folder))
            self.folders.add(folder)

    def command(self, words: list[str]) -> None:
        words = [self.env.get(word[1:], "") if word.startswith("$") else word for word in words]
        if words[0] == "cd":
            self.at = self.place(words[1])
            if self.at not in self.folders:
                raise Failed(self.at)
        elif words[0] == "mkdir":
            self.make(self.place(words[-1]))
        elif words[0] == "rm":
            self.files.pop(self.place(words[-1]), None)
        elif words[0] == "echo":
            self.write(self.place(words[-1]), words[1], make=False)
        elif words[0] in ("cat", "cp"):
            *sources, dest = (self.place(word) for word in words[1:] if word != ">")
            if any(source not in self.files for source in sources):
                raise Failed(str(sources))
            if words[0] == "cp" and dest in self.folders:
                dest = posixpath.join(dest, posixpath.basename(sources[0]))
            self.write(dest, "".join(self.files[source] for source in sources), make=False)

    def place(self, word: str) -> str:
        return "/" + posixpath.normpath(posixpath.join(self.at, word)).lstrip("/")


def left_behind(source: bytes) -> tuple[dict[str, str], set[str], str, dict[str, str]]:
    machine = Machine()
    for instruction in parse(source).stages[0].instructions:
        machine.run(instruction)
    return machine.files, machine.folders, machine.at, machine.env


PLACES = ("/a", "/a/x", "/b/y", "/b/c/z", "x", "c/z", "/srv/f", "f")


def lines(dice: random.Random) -> Iterator[str]:
    for _ in range(dice.randrange(3, 9)):
        one, other, third = (dice.choice(PLACES) for _ in range(3))
        yield dice.choice(
            (
                f"COPY f {one}",
                f"COPY g {one}/",
                f"COPY d {one}",
                f"COPY d/sub f {one}/",
                f"COPY f g {other}/",
                f"RUN echo {dice.randrange(9)} > {one}",
                f"RUN echo {dice.randrange(9)} > {other}",
                f"RUN echo $A > {one}",
                f"RUN cat {one} {other} > {third}",
                f"RUN cp {one} {other}",
                f"RUN mkdir -p {one}",
                f"RUN mkdir -p {one} && echo 1 > {one}/{third.lstrip('/')}",
                f"RUN cd {one} && echo 2 > f",
                f"RUN rm -f {one}",
                f"WORKDIR {one}",
                f"ENV A={dice.randrange(9)}",
                "EXPOSE 80",
            )
        )


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return plant(tmp_path_factory.mktemp("context"), FILES)


@pytest.fixture
def everything_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    order = {**load("costs")["order"], "least_share": 0, "least_seconds": 0}
    monkeypatch.setitem(load("costs"), "order", order)


def history(dice: random.Random, commits: int = 12) -> Touched:
    return Touched(commits, {path: dice.getrandbits(commits) for path in FILES})


def test_every_order_leaves_the_same_files(context: Path, everything_counts: None) -> None:
    """Thousands of stages, most of which fail or have one order only: enough of the others remain."""
    other = 0
    for seed in range(6000):
        dice = random.Random(seed)
        source = "\n".join(("FROM scratch", *lines(dice), "")).encode()
        try:
            before = left_behind(source)
        except Failed:
            continue
        project = Project(source, root=context)
        project.once("touched", lambda dice=dice: history(dice))
        found = proposal(project, project.dockerfile.stages[0])
        if found is not None:
            after = apply(source, found.edits)
            assert left_behind(after) == before, f"{source.decode()}\n{after.decode()}"
            other += 1
    assert other > 300


def test_a_division_leaves_the_same_files(context: Path, everything_counts: None) -> None:
    divided = 0
    for seed in range(400):
        dice = random.Random(seed)
        run = f"RUN cp /a/{dice.choice(('f', 'g'))} /b"
        some = [f"COPY {' '.join(dice.sample(('f', 'g', 'd/sub', 'd'), 3))} /a/", run]
        source = "\n".join(
            ("FROM scratch", "WORKDIR /a", *some, dice.choice(("COPY d /a", "RUN mkdir /c")), "")
        ).encode()
        try:
            before = left_behind(source)
        except Failed:
            continue
        project = Project(source, root=context)
        project.once("touched", lambda dice=dice: history(dice))
        found = proposal(project, project.dockerfile.stages[0])
        if found is not None and found.title.startswith("Divide"):
            assert left_behind(apply(source, found.edits)) == before, source.decode()
            divided += 1
    assert divided > 50


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_what_is_saved_is_the_difference_of_both_orders(context: Path, seed: int) -> None:
    """Priced by the definition, commit by commit."""
    dice = random.Random(seed)
    changes = history(dice, 20)
    stage = [
        "COPY f /a/",
        "COPY g /b/",
        "RUN apt-get install -y git",
        "COPY d /c",
        "RUN pip install six",
        "COPY f /d/",
    ]
    dice.shuffle(stage)
    project = Project("\n".join(("FROM python:3.12", *stage, "")).encode(), root=context)
    project.once("touched", lambda: changes)

    def seconds(project: Project) -> float:
        total = 0.0
        for number in range(20):
            again = False
            for instruction in project.dockerfile.stages[0].instructions:
                again |= bool(Changes(project, changes).of(instruction) >> number & 1)
                cost = INSTALLS.get(instruction.args.split()[0], 0.0)
                total += cost if again else 0.0
        return total / 20

    found = proposal(project, project.dockerfile.stages[0])
    if found is None:
        return
    after = project.changed(apply(project.dockerfile.source, found.edits), {})
    assert found.better.saved == pytest.approx(seconds(project) - seconds(after))
    assert proposal(after, after.dockerfile.stages[0]) is None


DOCKERFILE = b"""\
FROM debian:bookworm-slim
# settings
COPY conf /srv/conf
RUN curl -fsSL https://example.com/tool -o /opt/tool
COPY . /srv/app
"""


def repository(root: Path, commits: int) -> Path:
    git(root, "init", "-q", "-b", "main")
    commit(root, {"conf/app.conf": "0", "app.py": "0", "Dockerfile": DOCKERFILE})
    for number in range(commits):
        commit(root, {("conf/app.conf" if number % 4 == 0 else "app.py"): f"new {number}"})
    return root


def test_the_git_history_decides(tmp_path: Path) -> None:
    project = Project(DOCKERFILE, root=repository(tmp_path, 20))
    (found,) = check(project, [RULE])
    assert found.message == (
        "`curl -fsSL https://example.com/tool …` of line 4 does not need this, and runs again when it "
        "changes: in 5 of the last 20 commits"
    )
    assert found.fix is not None
    assert found.fix.safety is Safety.PROVEN
    assert found.fix.title == "Move line 3 to just above line 5"
    assert found.saving.seconds == pytest.approx(CURL * 5 / 20, abs=0.06)
    assert found.saving.basis is Basis.MODELLED
    result = rewrite(project, [RULE], levels=LEVELS)
    assert result.after.dockerfile.source == (
        b"FROM debian:bookworm-slim\nRUN curl -fsSL https://example.com/tool -o /opt/tool\n"
        b"# settings\nCOPY conf /srv/conf\nCOPY . /srv/app\n"
    )
    assert check(result.after, [RULE]) == ()


def test_a_short_history_decides_nothing(tmp_path: Path) -> None:
    assert check(Project(DOCKERFILE, root=repository(tmp_path, 9)), [RULE]) == ()


def test_where_no_order_can_be_better_no_history_is_read(tmp_path: Path) -> None:
    text = b"FROM debian:bookworm-slim\nCOPY conf /etc/apt\nRUN apt-get update\nCOPY conf /x\nRUN make\n"
    project = Project(text, root=repository(tmp_path, 1))
    assert check(project, [RULE]) == ()
    assert not project.knows("touched")


def test_what_another_rule_puts_in_order_is_left_to_it(context: Path) -> None:
    text = b"FROM node:22\nWORKDIR /app\nCOPY src src\nRUN apt-get update\n"
    project = Project(text, root=plant(context, {"src/a.js": "1", "src/b.js": "1"}))
    project.once("touched", lambda: Touched(20, {"src/a.js": (1 << 20) - 1}))
    assert proposal(project, project.dockerfile.stages[0]) is not None
    assert check(project, [RULE]) == ()
    (other,) = check(project, [find_rule("deps-after-source")])
    assert (other.saving.seconds, other.saving.basis) == (15, Basis.MODELLED)


def test_where_there_are_too_many_orders_the_title_says_so(tmp_path: Path) -> None:
    names = [f"file{number}" for number in range(16)]
    lines = [f"COPY {name} /srv/{name}" for name in names]
    text = "\n".join(("FROM python:3.12", *lines, "RUN pip install six", ""))
    project = Project(text.encode(), root=plant(tmp_path, dict.fromkeys(names, "1")))
    project.once("touched", lambda: Touched(20, dict.fromkeys(names, 0b11111)))
    found = proposal(project, project.dockerfile.stages[0])
    assert found is not None
    assert not found.better.exact
    assert found.title.startswith("Move line 18 to just above line 2 (there are too many orders")
    assert found.better.saved == pytest.approx(INSTALLS["pip"] * 5 / 20)


def test_the_stage_below_counts_for_all(context: Path) -> None:
    """Whatever it changes, everything above runs again: only the rest of the commits can be saved."""
    text = "FROM debian AS low\nCOPY g /g\nFROM low\nCOPY f /f\nRUN curl https://example.com/x -o /x\n"
    project = Project(text.encode(), root=context)
    project.once("touched", lambda: Touched(20, {"g": 0xFFFF0, "f": 0xFFFFF}))
    found = proposal(project, project.dockerfile.stages[1])
    assert found is not None
    assert found.better.saved == pytest.approx(CURL * 4 / 20)


def test_the_relation_is_between_all_instructions(context: Path) -> None:
    project = Project(b"FROM x\nARG A\nCOPY f /f\nLABEL a=$A\nRUN make\nCMD x\n", root=context)
    found = relation(project, project.dockerfile.stages[0].instructions)
    assert found.before == (0, 0, 0b1, 0b11, 0b100)
