"""Ask the real engine what its build checks say about the snippets of tests/rules/data/build-checks.json.

`python tools/label_build_checks.py` writes the answers into the file; it needs an engine with the images.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

FILE = Path(__file__).parents[1] / "tests" / "rules" / "data" / "build-checks.json"


def answer(source: str) -> list[list[object]] | None:
    """Check and line (from 1) of every warning, sorted; None when the engine refuses the file."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "Dockerfile").write_bytes(source.encode())
        command = ["docker", "buildx", "build", "--call=check,format=json", "."]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    try:
        said = json.loads(done.stdout)
    except ValueError:
        return None
    if "buildError" in said and not said.get("warnings"):
        return None
    found = {
        (w["ruleName"], r["start"]["line"])
        for w in said.get("warnings") or ()
        for r in (w.get("location") or {}).get("ranges") or ()
    }
    return [list(each) for each in sorted(found)]


def main() -> int:
    """Label every snippet anew."""
    table = json.loads(FILE.read_text())
    for each in table:
        each["engine"] = answer(each["source"])
        print(each["source"], each["engine"], sep="\n", file=sys.stderr)
    lines = ",\n".join(json.dumps(each, ensure_ascii=False) for each in table)
    FILE.write_text(f"[\n{lines}\n]\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
