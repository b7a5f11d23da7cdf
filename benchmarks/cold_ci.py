"""Cold CI with and without what `jettison ci` writes: the examples, built by fresh builders.

    tools/with-engine all -- .venv/bin/python benchmarks/cold_ci.py [NAME...] [--rounds N] [--fixed]

Each example is built once with the cache flags of the script that `jettison ci` writes, which fills the
cache in the registry. Then fresh builders build it in turn, without and with it, unchanged and after a code
edit.
`--fixed` takes the Dockerfile that `jettison fix --prove` would write. Needs an engine, a registry named by
JETTISON_CACHE_REGISTRY, and JETTISON_PRUNE=always: what was built is forgotten between the builds.
"""

from __future__ import annotations

import argparse
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import median

from jettison.build import BuildRequest, Engine, Workbench
from jettison.build.registry import delete_tag
from jettison.ci.choice import choose
from jettison.ci.needs import needs_of
from jettison.ci.wanted import cache_from, cache_to
from jettison.context import code_edit, read_context
from jettison.project import Project
from jettison.rewrite import APPLIED_WITH_PROOF, rewrite
from jettison.rules import default_rules

ROOT = Path(__file__).parent.parent
EXAMPLES = ("go-hello", "flask-api", "express-api", "static-site")
CASES = ("unchanged", "code edit")


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    words.add_argument("names", nargs="*", default=EXAMPLES)
    words.add_argument("--rounds", type=int, default=2)
    words.add_argument("--fixed", action="store_true")
    asked = words.parse_args()
    registry = os.environ.get("JETTISON_CACHE_REGISTRY")
    if not registry or os.environ.get("JETTISON_PRUNE") != "always":
        raise SystemExit("needs JETTISON_CACHE_REGISTRY and JETTISON_PRUNE=always: see tools/with-engine")
    print("| | mode | | without | with | |")
    print("|---|---|---|---:|---:|---:|")
    for name in asked.names:
        for row in measure(Engine.find(), registry, name, asked.rounds, asked.fixed):
            print(row, flush=True)
    return 0


def measure(engine: Engine, registry: str, name: str, rounds: int, fixed: bool) -> Iterator[str]:
    """The rows of one example."""
    with Workbench(engine) as bench:
        folder = bench.folder(name) / "context"
        shutil.copytree(ROOT / "examples" / name, folder)
        project = Project((folder / "Dockerfile").read_bytes(), root=folder, file=folder / "Dockerfile")
        if fixed:
            project = rewrite(project, default_rules(), levels=APPLIED_WITH_PROOF).after
            (folder / "Dockerfile").write_bytes(project.dockerfile.source)
            for path, content in project.files.items():
                (folder / path).write_bytes(content)
        choice = choose("buildx", needs_of(project))
        where = f"{registry}/jettison-ci-{bench.nonce}"
        reads = cache_from(choice.backend, where, name)
        writes = cache_to(choice.backend, where, name, choice.mode)
        request = BuildRequest(folder, folder / "Dockerfile", salt=name)
        times: dict[tuple[str, bool], list[float]] = {}

        def build(case: str, cached: bool) -> None:
            assert bench.forget()
            made = bench.build(replace(request, cache_from=(reads,) if cached else ()), "cold")
            if not made.ok:
                raise SystemExit(f"{name} does not build: {made.error}")
            times.setdefault((case, cached), []).append(made.seconds)
            bench.engine.docker("image", "rm", "--force", bench.tag("cold"))

        try:
            filled = bench.build(replace(request, cache_to=(writes,)))
            if not filled.ok:
                raise SystemExit(f"{name} does not build: {filled.error}")
            for case in CASES:
                if case == "code edit":
                    edit = code_edit(read_context(folder), bench.nonce)
                    if edit is None:
                        continue
                    (folder / edit[0]).write_bytes(edit[1])
                for _ in range(rounds):
                    for cached in (False, True):
                        build(case, cached)
        finally:
            delete_tag(reads.partition("ref=")[2])
    for case in CASES:
        if (case, True) in times:
            without, with_ = median(times[case, False]), median(times[case, True])
            factor = f"{without / with_:.1f}x"
            yield f"| {name} | {choice.mode} | {case} | {without:.1f} s | {with_:.1f} s | {factor} |"


if __name__ == "__main__":
    raise SystemExit(main())
