"""The shape of the code: who may import whom, what a check may load, how long a file is."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "jettison"

LAYERS = (
    {"__init__", "errors", "spans", "findings", "facts", "run", "plugins", "config"},
    {"dockerfile", "shell", "context", "image", "build", "cache"},
    {"project"},
    {"stages", "installs", "replay", "observed"},
    {"rules", "check", "plan", "rewrite", "casefile", "suppress"},
    {"proof", "slim", "report", "ci"},
    {"cli"},
)
"""From the bottom. A part imports from lower layers, and from its own as long as no circle comes of it."""

HEAVY = (
    *(
        "rich",
        "asyncio",
        "http",
        "urllib.request",
        "jsonschema",
        "importlib.metadata",
        "sqlite3",
        "email",
        "ssl",
    ),
    *("tarfile", "multiprocessing", "concurrent", "xml", "typing_extensions", "isal", "difflib"),
    *(
        "jettison.proof",
        "jettison.build",
        "jettison.image",
        "jettison.observed",
        "jettison.report.json",
        "jettison.cli.fix",
    ),
)
"""What `jettison check` must never load: together they cost several times its budget."""


class Import(NamedTuple):
    importer: str
    imported: str
    file: Path
    line: int
    typing_only: bool


def part_of(module: str) -> str:
    return module.removeprefix("jettison").lstrip(".").partition(".")[0] or "__init__"


def imports_of(file: Path) -> Iterator[Import]:
    own = part_of(".".join(file.relative_to(SOURCE.parent).with_suffix("").parts))
    tree = ast.parse(file.read_bytes())
    guarded = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for node in ast.walk(block)
    }
    for node in ast.walk(tree):
        for module in modules_of(node):
            if module == "jettison" or module.startswith("jettison."):
                yield Import(own, part_of(module), file, getattr(node, "lineno", 0), id(node) in guarded)


def modules_of(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, "imports are absolute"
        if node.module == "jettison":
            return [f"jettison.{alias.name}" for alias in node.names]
        return [node.module or ""]
    return []


@cache
def all_imports() -> tuple[Import, ...]:
    found = [each for file in sorted(SOURCE.rglob("*.py")) for each in imports_of(file)]
    assert len(found) > 20
    return tuple(each for each in found if each.importer != each.imported and each.imported != "__version__")


def rank(part: str) -> int:
    ranks = [number for number, parts in enumerate(LAYERS) if part in parts]
    assert ranks, f"jettison.{part} stands in no layer: add it to LAYERS"
    return ranks[0]


def test_imports_point_downwards() -> None:
    upwards = [
        f"{each.file.relative_to(ROOT)}:{each.line}: {each.importer} imports {each.imported}"
        for each in all_imports()
        if rank(each.imported) > rank(each.importer)
    ]
    assert not upwards, "\n".join(upwards)


def test_neighbours_do_not_import_each_other_in_a_circle() -> None:
    edges: dict[str, set[str]] = {}
    for each in all_imports():
        if not each.typing_only and rank(each.imported) == rank(each.importer):
            edges.setdefault(each.importer, set()).add(each.imported)
    for start in edges:
        reached, todo = set(), list(edges[start])
        while todo:
            part = todo.pop()
            if part not in reached:
                reached.add(part)
                todo += edges.get(part, ())
        assert start not in reached, f"{start} imports itself through {sorted(reached)}"


def test_only_the_command_line_knows_click() -> None:
    users = {
        part_of(".".join(file.relative_to(SOURCE.parent).with_suffix("").parts))
        for file in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_bytes()))
        if any(module.partition(".")[0] == "click" for module in modules_of(node))
    }
    assert users == {"cli"}


def test_a_check_loads_nothing_heavy(tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text("module x\n")
    (tmp_path / "Dockerfile").write_text(
        "FROM golang:1.24\nWORKDIR /src\nCOPY . .\n"
        "RUN apt-get update && apt-get install -y curl\nRUN go build -o /app .\nCMD /app\n"
    )
    code = "import sys; from jettison.cli import main; main(['check']); print('LOADED', *sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    loaded = done.stdout.rpartition("LOADED ")[2].split()
    assert "jettison.rules" in loaded, done.stderr
    assert "jettison.shell" in loaded
    heavy = [name for name in loaded if any(name == bad or name.startswith(f"{bad}.") for bad in HEAVY)]
    assert not heavy


def test_asking_for_the_version_loads_no_command() -> None:
    code = "import sys; from jettison.cli import main; main(['--version']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"jettison.project", "jettison.rules", "jettison.cli.check"} & set(done.stdout.split())


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [ROOT / name for name in listed.decode().split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("folder", ["src", "tests", "tools", "benchmarks", "lab"])
def test_no_file_is_longer_than_400_lines(folder: str) -> None:
    files = [f for f in tracked_files() if f.is_relative_to(ROOT / folder) and f.suffix in (".py", ".sh")]
    assert files
    long = [f"{f.relative_to(ROOT)}: {n}" for f in files if (n := f.read_bytes().count(b"\n")) > 400]
    assert not long


def test_no_tracked_file_names_a_place_on_this_machine() -> None:
    places = [f"{ROOT}/{name}".encode() for name in ("src", "tests", "lab", "docs", "examples", ".venv")]
    naming = [str(f.relative_to(ROOT)) for f in tracked_files() if any(p in f.read_bytes() for p in places)]
    assert not naming
