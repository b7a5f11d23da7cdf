"""Ask a real engine what it takes from its cache, for every case of tests/cache, and write it down.

    tools/record_cache_cases.py table            tests/cache/cases/table.json
    tools/record_cache_cases.py fuzz 500         tests/cache/cases/fuzz.json

It empties the engine's build cache again and again: use an engine of its own, and say --empty-the-cache.
"""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from tests.cache import fuzz, table  # noqa: E402
from tests.cache.case import FOLDER, Case, Side, dump, label, predict  # noqa: E402

from jettison.build import BuildRequest, Engine  # noqa: E402


class BuildFailed(Exception):
    """The case is no case: what it asks for is not in the context, say."""


def main() -> int:
    """Record, print where the model says otherwise, and write the file."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("what", choices=("table", "fuzz"))
    options.add_argument("count", type=int, nargs="?", default=500)
    options.add_argument("--empty-the-cache", action="store_true", help="yes, this engine is here for that")
    options.add_argument("--only", default="", help="cases whose name has this in it; nothing is written")
    asked = options.parse_args()
    cases = list(table.cases() if asked.what == "table" else fuzz.cases(asked.count))
    cases = [case for case in cases if asked.only in case.name]
    if not asked.empty_the_cache and any(case.cache != "local" for case in cases):
        options.error("cases of a fresh builder empty the engine's build cache: --empty-the-cache")
    engine = Engine.find()
    recorded, wrong, steps, failed = [], 0, 0, 0
    for number, case in enumerate(cases, 1):
        try:
            done = record(engine, case)
        except BuildFailed as problem:
            failed += 1
            print(f"{case.name} does not build: {problem}".splitlines()[0], file=sys.stderr, flush=True)
            continue
        recorded.append(done)
        said, told = predict(done), done.cached
        steps += len(told)
        bad = [step for step in told if said.get(step) != told[step]]
        wrong += len(bad)
        if bad or said.keys() != told.keys():
            print(f"{case.name}\n  engine {dict(told)}\n  model  {said}", flush=True)
        if number % 50 == 0:
            print(f"{number} of {len(cases)}, {wrong} of {steps} steps differ", file=sys.stderr, flush=True)
    print(f"{len(recorded)} cases, {steps} steps, {wrong} differ; {failed} do not build and are left out")
    if not asked.only:
        (FOLDER / f"{asked.what}.json").write_text(dump(recorded))
    return 0


def record(engine: Engine, case: Case) -> Case:
    """The case with what the engine says."""
    nonce = f"n{secrets.token_hex(5)}"
    with tempfile.TemporaryDirectory(prefix=f"cache-{nonce}-") as name:
        place = Path(name)
        to = source = ""
        if case.cache != "local":
            to, source = exported(place, nonce)
            to += f",mode={case.cache}"
        build(engine, case.before, nonce, place / f"{nonce}-a", to=to)
        if to:
            engine.docker("builder", "prune", "-af", timeout=600)
        steps = build(engine, case.after, nonce, place / f"{nonce}-b", source=source)
    return replace(case, cached=steps)


def exported(place: Path, nonce: str) -> tuple[str, str]:
    """Where a cache goes, and comes from: JETTISON_CACHE_REGISTRY where there is one, else a folder."""
    registry = os.environ.get("JETTISON_CACHE_REGISTRY")
    if registry:
        where = f"type=registry,ref={registry}/cases:{nonce}"
        return f"{where},image-manifest=true,oci-mediatypes=true", where
    return f"type=local,dest={place / 'cache'}", f"type=local,src={place / 'cache'}"


def build(
    engine: Engine, side: Side, nonce: str, folder: Path, *, to: str = "", source: str = ""
) -> dict[str, bool]:
    """One build from a folder of its own, as a fresh checkout is."""
    lay_out(side, nonce, folder)
    dockerfile = side.dockerfile.replace("NONCE", nonce).encode()
    request = BuildRequest(
        folder,
        dockerfile,
        build_args=side.args,
        cache_to=(to,) if to else (),
        cache_from=(source,) if source else (),
    )
    done = run(engine, request, side.options)
    if not done.ok:
        raise BuildFailed(done.error)
    counted = ("RUN", "COPY", "ADD", "WORKDIR", "LINK")
    return {
        label(step.name, step.lines): step.cached
        for step in done.steps
        if step.instruction.upper().removeprefix("ONBUILD ").startswith(counted)
    }


def run(engine: Engine, request: BuildRequest, options: tuple[str, ...]):
    """A build with further options, which BuildRequest has no place for."""
    from jettison.build import engine as module

    plain = module.arguments
    module.arguments = lambda *given: [*options, *plain(*given)]
    try:
        return engine.build(request)
    finally:
        module.arguments = plain


def lay_out(side: Side, nonce: str, folder: Path) -> None:
    """The context of one build."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for path, (mode, text) in side.files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.replace("NONCE", nonce))
        file.chmod(mode)
    for path, to in side.links.items():
        os.symlink(to, folder / path)
    for path, mode in side.folders.items():
        (folder / path).mkdir(parents=True, exist_ok=True)
        (folder / path).chmod(mode)


if __name__ == "__main__":
    sys.exit(main())
