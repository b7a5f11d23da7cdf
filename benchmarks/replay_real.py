"""Replay against reality: a repository's last commits, really built, before and after the fixes.

    benchmarks/replay_real.py CLONE [--dockerfile PATH] [--commits 20] [--image node:18-slim=node:22-slim]

Both Dockerfiles are today's, built at each commit on one builder that keeps its cache, in turn. The first
build gives the cold cost of each step, later ones in which it ran the warm one (their median so far); from
these and the model of the cache the time of the next rebuild is predicted, and compared with what it took.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jettison.build import BuildRecord, BuildRequest, Engine, Workbench
from jettison.cache.gittree import History, read_history
from jettison.cache.steps import Steps
from jettison.cache.store import Store, cached
from jettison.project import Project, ignore_path
from jettison.replay.costs import text_of
from jettison.replay.critical import length
from jettison.replay.pricing import variant_of
from jettison.replay.replay import Walk
from jettison.rewrite import APPLIED_WITH_PROOF, rewrite


@dataclass
class Side:
    """One Dockerfile on its way through the commits."""

    name: str
    project: Project
    walk: Walk
    store: Store = field(default_factory=Store)
    measured: dict[str, list[float]] = field(default_factory=dict)
    steps: int = 0
    wrong: list[str] = field(default_factory=list)
    predicted: float = 0.0
    observed: float = 0.0
    wall: float = 0.0


def main() -> int:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("clone", type=Path)
    options.add_argument("--dockerfile", type=Path, default=Path("Dockerfile"))
    options.add_argument("--context", type=Path, default=Path())
    options.add_argument("--commits", type=int, default=20)
    options.add_argument("--image", action="append", default=[], help="OLD=NEW: a stand-in")
    options.add_argument("--stand-in", type=Path, help="a Dockerfile in place of the repository's own")
    options.add_argument("--json", type=Path)
    asked = options.parse_args()
    root = asked.clone / asked.context
    history = read_history(root, asked.commits + 1)
    source = (asked.stand_in or asked.clone / asked.dockerfile).read_bytes()
    for pair in asked.image:
        old, _, new = pair.partition("=")
        source = source.replace(old.encode(), new.encode())
    project = Project(source, root=root, file=asked.clone / asked.dockerfile)
    made = rewrite(project, levels=APPLIED_WITH_PROOF)
    sides = [
        Side(name, each, Walk(history, variant_of(each, history)))
        for name, each in (("before", project), ("after", made.after))
    ]
    with Workbench(Engine.find()) as bench:
        folder = bench.folder("clone")
        words = ["clone", "--quiet", "--shared", "--no-checkout", asked.clone.resolve(), folder]
        subprocess.run(["git", *words], check=True)
        built = go(bench, history, sides, folder, asked.context)
    for side in sides:
        print(
            f"{side.name}: {built} rebuilds, {side.steps} steps, {len(side.wrong)} predicted otherwise; "
            f"predicted {side.predicted:.1f} s, took {side.observed:.1f} s "
            f"({side.predicted / side.observed - 1 if side.observed else 0:+.1%}), wall {side.wall:.1f} s"
        )
        print("".join(f"  {line}\n" for line in side.wrong), end="")
    before, after = sides
    print(f"rebuild time: predicted {after.predicted / before.predicted - 1:+.1%}, ", end="")
    print(f"took {after.observed / before.observed - 1:+.1%}, wall {after.wall / before.wall - 1:+.1%}")
    if asked.json:
        keys = ("name", "steps", "predicted", "observed", "wall")
        asked.json.write_text(json.dumps([{key: getattr(side, key) for key in keys} for side in sides]))
    return 0


def go(bench: Workbench, history: History, sides: list[Side], folder: Path, below: Path) -> int:
    """Build every commit at which both can be built; how many rebuilds were counted."""
    built = 0
    for number, commit in enumerate(history.commits):
        if number:
            for side in sides:
                side.walk.change(commit.changes)
        if not all(side.walk.buildable for side in sides):
            continue
        check_out(folder, commit.id, below)
        done = {}
        for side in sides if built % 2 else sides[::-1]:
            files = side.project.files.get(ignore_path(side.project.context))
            ignore = side.project.context.ignore
            request = BuildRequest(
                folder / below,
                side.project.dockerfile.source,
                ignore=files if files is not None else ignore.source if ignore else b"",
                salt=side.name,
                no_cache=not built,
            )
            done[side.name] = bench.build(request)
        print(f"  {commit.id[:12]}", *(f"{done[s.name].seconds:.1f} s" for s in sides), file=sys.stderr)
        if not all(record.ok for record in done.values()):
            print(next(record.error for record in done.values() if not record.ok), file=sys.stderr)
            continue
        for side in sides:
            take(side, done[side.name], commit.id, built)
        built += 1
    return max(built - 2, 0)


def check_out(folder: Path, commit: str, below: Path) -> None:
    """The files of the context at a commit, and no others, with HEAD there."""
    for path in folder.iterdir():
        if path.name != ".git":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    git = ["git", "-C", str(folder)]
    subprocess.run([*git, "update-ref", "--no-deref", "HEAD", commit], check=True)
    archive = ["-c", "tar.umask=022", "archive", commit, "--", str(below)]
    packed = subprocess.run([*git, *archive], check=True, capture_output=True)
    subprocess.run(["tar", "-x", "-C", folder], input=packed.stdout, check=True)


def take(side: Side, record: BuildRecord, commit: str, built: int) -> None:
    """Compare one build with what was predicted of it, and learn from the first ones."""
    steps = side.walk.variant.steps
    keys = side.walk.keys()
    flags = cached(steps, keys, side.store)
    side.store = side.store.with_build(steps, keys)
    seen = observed(steps, record)
    known = [side.measured.get(text_of(step), []) for step in steps]
    costs = [statistics.median(runs[1:] or runs) if runs else 0.0 for runs in known]
    if built > 1:
        side.predicted += path(steps, flags, costs)
        ran = [s is None or s[0] for s in seen]
        side.observed += path(steps, ran, [0.0 if s is None else s[1] for s in seen])
        side.wall += record.seconds
    for step, flag, what in zip(steps, flags, seen, strict=True):
        if what is None or step.instruction.keyword == "FROM":
            continue
        text = text_of(step)
        if built:
            side.steps += 1
            if what[0] != flag:
                side.wrong.append(
                    f"{commit[:12]} {step.name.splitlines()[0][:60]}: cached {what[0]}, predicted {flag}"
                )
        if not what[0]:
            side.measured.setdefault(text, []).append(what[1])


def observed(steps: Steps, record: BuildRecord) -> list[tuple[bool, float] | None]:
    """Whether each step was cached and what it took; None where the builder did not tell."""
    told = {(s.lines[:1], "] LINK " in s.name): (s.cached, s.seconds) for s in record.steps}
    return [told.get((step.lines[:1], step.merge)) for step in steps]


def path(steps: Steps, flags: Sequence[bool], seconds: Sequence[float]) -> float:
    """The longest way through the steps that ran."""
    ran = [0.0 if flag else each for flag, each in zip(flags, seconds, strict=True)]
    return length(ran, [step.needs for step in steps])


if __name__ == "__main__":
    sys.exit(main())
