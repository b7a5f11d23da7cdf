"""The lab as the tests see it: its command, its tables, its shell functions."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

LAB = Path(__file__).resolve().parents[2] / "lab"


@dataclass(frozen=True, slots=True)
class Image:
    """A row of images.tsv."""

    name: str
    recipe: str
    target: str
    needs: tuple[str, ...]
    options: tuple[str, ...]

    def values(self, kind: str) -> dict[str, str]:
        """`arg=a=b` options as {"a": "b"} for kind "arg", `fetch=` alike."""
        pairs = (option.split("=", 2) for option in self.options if option.startswith(f"{kind}="))
        return {name: value for _, name, value in pairs}


def images() -> list[Image]:
    def words(column: str) -> tuple[str, ...]:
        return () if column == "-" else tuple(column.split())

    return [
        Image(name, recipe, target, words(needs), words(options))
        for name, recipe, target, needs, options in rows("images")
    ]


def aliases() -> list[tuple[str, str, str]]:
    """(alias, kind, image) of every alias."""
    return [(alias, kind, image) for image, kind, names in rows("aliases") for alias in names.split()]


def rows(table: str) -> list[list[str]]:
    lines = (LAB / f"{table}.tsv").read_text().splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


def lab(
    *arguments: str, folder: Path, home: Path = LAB, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the lab with an engine that cannot be reached, unless the environment says otherwise."""
    unreachable = {"DOCKER_HOST": f"unix://{folder}/no-engine.sock", "JETTISON_LAB": str(folder)}
    return subprocess.run(
        [str(home / "lab"), *arguments],
        env=os.environ | unreachable | environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def shell(code: str, *parts: str, home: Path = LAB, **environment: str) -> str:
    """What the code prints with these parts of the lab sourced."""
    sources = "".join(f'. "$HERE/lib/{part}.sh"\n' for part in parts)
    result = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", sources + code],
        env=os.environ | {"HERE": str(home), "LAB": "/nowhere"} | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return result.stdout.strip()
