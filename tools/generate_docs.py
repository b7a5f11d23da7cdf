"""Write docs/rules/ from the rules' docstrings and cases. With --check, only name what is stale."""

from __future__ import annotations

import sys
from pathlib import Path

from jettison.report.rulepage import cases_of, index, page
from jettison.rules import all_rules

FOLDER = Path(__file__).parents[1] / "docs" / "rules"


def pages() -> dict[str, str]:
    """Every file of docs/rules by name."""
    rules = [(rule, cases_of(rule.name)) for rule in all_rules()]
    made = {f"{rule.name}.md": page(rule, cases) for rule, cases in rules}
    return {"index.md": index(rules), **made}


def stale(wanted: dict[str, str], folder: Path = FOLDER) -> list[str]:
    """The names that are missing, differ, or are there and should not be."""
    there = {file.name: file.read_text("utf-8") for file in folder.glob("*")}
    return sorted(name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name))


def write(wanted: dict[str, str], folder: Path = FOLDER) -> None:
    """Make the folder hold exactly these files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in stale(wanted, folder):
        if name in wanted:
            (folder / name).write_text(wanted[name], "utf-8")
        else:
            (folder / name).unlink()


def main() -> int:
    """0 when everything is, or was made, fresh; 1 when --check finds a stale page."""
    wanted = pages()
    names = stale(wanted)
    if "--check" not in sys.argv[1:]:
        write(wanted)
        print(f"{len(wanted)} pages, {len(names)} written")
        return 0
    for name in names:
        print(f"docs/rules/{name} is stale: make docs", file=sys.stderr)
    return 1 if names else 0


if __name__ == "__main__":
    sys.exit(main())
