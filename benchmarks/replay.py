"""What `jettison fix --prove` is worth over the histories of public repositories, by `jettison replay`.

    benchmarks/replay.py FOLDER [-n 200] [--json FILE]

FOLDER holds clones. Of each, every tracked Dockerfile is priced, with its own folder as context where there
is more in it and it can be built so, else with the repository. Nothing is built.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from jettison.cache.gittree import read_history
from jettison.errors import JettisonError
from jettison.project import Project
from jettison.replay import SCENARIOS, Replay
from jettison.replay.pricing import price
from jettison.rewrite import APPLIED_WITH_PROOF, rewrite


def main() -> int:
    raw = argparse.RawDescriptionHelpFormatter
    options = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    options.add_argument("folder", type=Path)
    options.add_argument("-n", type=int, default=200)
    options.add_argument("--json", type=Path)
    asked = options.parse_args()
    rows = []
    for clone in sorted(path.parent for path in asked.folder.glob("*/.git")):
        listed = subprocess.run(["git", "-C", clone, "ls-files"], capture_output=True, text=True, check=True)
        for name in listed.stdout.splitlines():
            if Path(name).name == "Dockerfile":
                row = priced(clone, Path(name), asked.n)
                if row is not None:
                    rows.append(row)
                    print(shown(row), flush=True)
    for scenario in SCENARIOS:
        cuts = [cut(row, scenario) for row in rows]
        ends = f"most {min(cuts):+.0%}, worst {max(cuts):+.0%}"
        print(f"{scenario}: median {statistics.median(cuts):+.0%}, {ends}")
    if asked.json:
        asked.json.write_text(json.dumps(rows, indent=1))
    return 0


def priced(clone: Path, name: Path, commits: int) -> dict[str, Any] | None:
    """One Dockerfile before and after, in the better of its contexts; None where it cannot be built twice."""
    best: tuple[Replay, ...] = ()
    seconds = 0.0
    own = [clone / name.parent] if len(list((clone / name.parent).iterdir())) > 3 else []
    for root in dict.fromkeys((*own, clone)):
        try:
            source = (clone / name).read_bytes()
            project = Project(source, root=root, file=clone / name, path=str(name))
            start = time.process_time()
            history = read_history(root, commits)
            made = rewrite(project, levels=APPLIED_WITH_PROOF)
            found = price((project, made.after), history)
            spent = time.process_time() - start
        except (JettisonError, OSError) as problem:
            print(f"{clone.name} {name}: {problem}", file=sys.stderr)
            continue
        if len(found[0].commits) > 2:
            best, seconds = found, spent
            break
    if not best or len(best[0].commits) < 3:
        return None
    return {
        "name": f"{clone.name} {name}",
        "rebuilds": len(best[0].commits) - 1,
        "left_out": best[0].left_out,
        "cpu": seconds,
        **{scenario: [each.expected[scenario].mean for each in best] for scenario in SCENARIOS},
    }


def cut(row: dict[str, Any], scenario: str) -> float:
    """By which share a rebuild gets shorter, below 0, or longer."""
    before, after = row[scenario]
    return float(after / before - 1) if before else 0.0


def shown(row: dict[str, Any]) -> str:
    """One line of the table."""
    cells = "  ".join(f"{row[s][0]:5.1f} -> {row[s][1]:5.1f} s ({cut(row, s):+.0%})" for s in SCENARIOS)
    speed = f"{(row['rebuilds'] + row['left_out']) / row['cpu']:5.0f} commits/s"
    return f"{row['name']:<60} {row['rebuilds']:>4}  {speed}  {cells}"


if __name__ == "__main__":
    sys.exit(main())
