"""Ten planted defects in three small projects: which of them `jettison check` finds, and which `fix` repairs.

    .venv/bin/python benchmarks/planted.py            found and fixed, by the rules alone
    tools/with-engine all -- .venv/bin/python benchmarks/planted.py --prove     as real builds confirm it

The projects are in benchmarks/defects. Each is copied into a folder of its own with a git history, and the
first with a `.env` beside its sources, as such projects have; the secret in it is made up.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parent / "defects"


class Defect(NamedTuple):
    """One planted defect: where it is, the rules that speak of it, and what is to be said of its fix."""

    name: str
    project: str
    rules: tuple[str, ...]
    remark: str = ""


DEFECTS = (
    Defect("the sources are copied before `npm install`", "node", ("deps-after-source",)),
    Defect("`ARG GIT_SHA` at the top", "node", ("volatile-too-early",)),
    Defect("`RUN chown -R` doubles the application", "node", ("chown-duplicates-layer",)),
    Defect(
        "apt lists are removed in a later layer", "node", ("cleanup-in-later-layer", "package-cache-left")
    ),
    Defect(
        "no .dockerignore, and .env goes into the image", "node", ("no-dockerignore", "secret-in-context")
    ),
    Defect(
        "Alpine, and packages without a musl wheel",
        "python",
        ("alpine-musl-risk",),
        "not confirmed: the build of before fails",
    ),
    Defect("one stage on golang", "go", ("single-stage-build",)),
    Defect(
        "development dependencies and compilers are shipped",
        "node",
        ("dev-dependencies-shipped", "build-tools-left"),
    ),
    Defect("no cache mounts", "node", ("missing-cache-mount",)),
    Defect(
        "a token in ENV",
        "node",
        ("secret-in-arg-or-env",),
        "whoever builds has to pass the secret in another way, which no edit of the Dockerfile can do",
    ),
)


def main() -> int:
    options = argparse.ArgumentParser(description="ten planted defects")
    options.add_argument("--prove", action="store_true", help="build before and after")
    proving = options.parse_args().prove
    with tempfile.TemporaryDirectory() as folder:
        found, left = {}, {}
        for project in sorted({defect.project for defect in DEFECTS}):
            place = prepare(project, Path(folder))
            found[project] = rules_of(place)
            repair(place, proving and project != "python")
            left[project] = rules_of(place)
    print(f"{'defect':55s}{'found':>7s}{'fixed':>7s}")
    counts = [0, 0]
    for defect in DEFECTS:
        seen = any(rule in found[defect.project] for rule in defect.rules)
        mended = seen and not any(rule in left[defect.project] for rule in defect.rules)
        counts = [counts[0] + seen, counts[1] + mended]
        print(
            f"{defect.name:55s}{'yes' if seen else 'NO':>7s}{'yes' if mended else 'no':>7s}  {defect.remark}"
        )
    print(f"{counts[0]} of {len(DEFECTS)} found, {counts[1]} fixed")
    return 0 if counts[0] == len(DEFECTS) else 1


def prepare(project: str, folder: Path) -> Path:
    """A copy of a project as its author has it: under git, and with an .env that nobody meant to ship."""
    place = folder / project
    shutil.copytree(ROOT / project, place)
    if project == "node":
        (place / ".env").write_text("DATABASE_URL=postgres://shop:Zt7PpQ2mLx9@db.internal:5432/shop\n")
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "all"]):
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
        subprocess.run(["git", "-C", str(place), *identity, *command], check=True)
    return place


def rules_of(place: Path) -> set[str]:
    """The rules that find something in a project."""
    return {finding["rule"] for finding in answer("check", place)["findings"]}


def repair(place: Path, proving: bool) -> None:
    """Apply what the builds confirm, or, without builds, all that is safe or waits for a proof."""
    if proving:
        told = answer("fix", place, "--apply", "--prove", "--quick")
        proof = told.get("proof") or {}
        print(f"{place.name}: {proof.get('verdict')}, dropped {[d['id'] for d in proof.get('dropped', ())]}")
        return
    from jettison.project import Project
    from jettison.rewrite import APPLIED_WITH_PROOF, rewrite

    file = place / "Dockerfile"
    made = rewrite(Project(file.read_bytes(), root=place, file=file), levels=APPLIED_WITH_PROOF)
    file.write_bytes(made.after.dockerfile.source)
    for path, content in made.after.files.items():
        (place / path).write_bytes(content)


def answer(command: str, place: Path, *options: str) -> dict[str, Any]:
    """What a command of jettison says, as JSON."""
    program = [sys.executable, "-c", "from jettison.cli import main; main()"]
    call = [*program, command, *options, "--format", "json", str(place)]
    done = subprocess.run(call, stdout=subprocess.PIPE, check=False)
    return dict(json.loads(done.stdout))


if __name__ == "__main__":
    sys.exit(main())
