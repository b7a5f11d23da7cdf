"""The README's table of the examples: `jettison fix --prove` on each, measured here and now.

    tools/with-engine all -- .venv/bin/python benchmarks/examples.py [NAME...]

Needs an engine; takes some minutes. Where the engine is yours, its cache rows need JETTISON_PRUNE=always.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
EXAMPLES = ("go-hello", "flask-api", "express-api", "static-site")


def main() -> int:
    names = sys.argv[1:] or EXAMPLES
    proofs = {name: measure(name) for name in names}
    print("| | " + " | ".join(names) + " |")
    print("|---|" + "---:|" * len(names))
    for title, cell in CELLS.items():
        print(f"| {title} | " + " | ".join(cell(proofs[name]) for name in names) + " |")
    return 0


def measure(name: str) -> dict[str, Any]:
    """The proof of one example, as `--format json` gives it."""
    jettison = Path(sys.executable).with_name("jettison")
    command = [str(jettison), "fix", "--prove", "--format", "json", str(ROOT / "examples" / name)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    answer: dict[str, Any] = json.loads(done.stdout)
    if not answer.get("proof"):
        raise SystemExit(f"{name}: {answer.get('unproved') or 'no proof'}")
    dropped = ", ".join(each["id"] for each in answer["proof"]["dropped"]) or "nothing"
    print(
        f"{name}: {answer['proof']['verdict']}, dropped {dropped}, {answer['proof']['seconds']} s",
        file=sys.stderr,
    )
    return dict(answer["proof"])


def size(key: str) -> Any:
    def cell(proof: dict[str, Any]) -> str:
        before, after = (proof[side][key]["bytes"] / 1e6 for side in ("before", "after"))
        return f"{before:,.1f} → {after:,.1f} MB ({before / after:.3g}x)"

    return cell


def seconds(scenario: str, after_scenario: str = "") -> Any:
    def cell(proof: dict[str, Any]) -> str:
        rows = {row["name"]: row for row in proof["scenarios"]}
        first, last = rows.get(scenario), rows.get(after_scenario or scenario)
        if not first or not last or not first["before"] or not last["after"]:
            return "–"
        before = first["after" if after_scenario else "before"]["seconds"]
        after = last["after"]["seconds"]
        return f"{before:.1f} → {after:.1f} s ({before / after:.3g}x)"

    return cell


def answers(proof: dict[str, Any]) -> str:
    same = all(trial["equal"] for trial in proof["behaviour"]["trials"])
    return "yes" if same and proof["verdict"] == "passed" else "no"


CELLS = {
    "image on disk": size("uncompressed"),
    "image to pull": size("compressed"),
    "cold build": seconds("cold"),
    "rebuild after a code edit": seconds("code-edit"),
    "rebuild after a dependency edit": seconds("dependency-edit"),
    "CI without → with registry cache": seconds("ci", "ci-cache"),
    "runs as": lambda proof: f"uid {proof['before']['uid']} → {proof['after']['uid']}",
    "same answers": answers,
}


if __name__ == "__main__":
    raise SystemExit(main())
