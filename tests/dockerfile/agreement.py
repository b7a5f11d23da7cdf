"""How far our reading of Dockerfiles agrees with BuildKit's Go parser.

    python tests/dockerfile/agreement.py FOLDER      every file under a folder whose name has dockerfile in it
    python tests/dockerfile/agreement.py --all FOLDER    every file under a folder
    python tests/dockerfile/agreement.py --fuzz 20000    random documents; none may crash or fail to round trip

Prints counts and each disagreement. Exit code 1 when fewer than 99.9 % of the documents agree, or on any failure of
the round trip.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from fragments import document  # noqa: E402
from oracle import compare  # noqa: E402

from jettison.dockerfile import parse  # noqa: E402


def main(argv: list[str] | None = None) -> int:
    options = argparse.ArgumentParser(description="agreement with BuildKit's Go parser")
    options.add_argument("folder", nargs="?", type=Path)
    options.add_argument("--all", action="store_true", help="every file, whatever its name")
    options.add_argument("--fuzz", type=int, default=0, metavar="N", help="N random documents")
    options.add_argument("--seed", type=int, default=0, help="the first number of the random documents")
    options.add_argument("--show", type=int, default=20, help="how many disagreements to print")
    chosen = options.parse_args(argv)
    if chosen.fuzz:
        named = ((f"document {n}", document(n)) for n in range(chosen.seed, chosen.seed + chosen.fuzz))
        return _report(named, chosen.show)
    if chosen.folder is None:
        options.error("give a folder, or --fuzz N")
    return _report(_files(chosen.folder, chosen.all), chosen.show)


def _files(folder: Path, everything: bool) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and (everything or "dockerfile" in path.name.lower()):
            yield str(path), path.read_bytes()


def _report(documents: Iterable[tuple[str, bytes]], show: int) -> int:
    counts: Counter[str] = Counter()
    excuses: Counter[str] = Counter()
    spent = 0.0
    for name, source in documents:
        began = time.process_time()
        rendered = _read_everything(source)
        spent += time.process_time() - began
        counts["documents"] += 1
        if rendered != source:
            counts["round trip failed"] += 1
            print(f"ROUND TRIP {name}: {source!r:.500}")
        verdict = compare(source)
        counts["instructions"] += verdict.instructions
        counts["agree"] += verdict.basic
        counts["agree strictly"] += verdict.strict
        excuses[verdict.excuse] += 1
        if not verdict.strict and not verdict.excuse:
            counts["unexplained"] += 1
            if counts["unexplained"] <= show:
                print(f"DIFFERS {name}: {source!r:.500}\n{verdict.detail}")
    return _print(counts, excuses, spent)


def _read_everything(source: bytes) -> bytes:
    """Parse, ask every instruction for everything it knows, and put the tokens together again."""
    parsed = parse(source)
    for instruction in parsed.instructions:
        _ = instruction.flags, instruction.words, instruction.pairs(), instruction.mounts, instruction.onbuild
        text = instruction.shell_text()
        _ = text.span(0, len(text)), instruction.error, parsed.stage_of(instruction)
    _ = parsed.errors, parsed.comments, [parsed.lineage(stage) for stage in parsed.stages]
    return parsed.render()


def _print(counts: Counter[str], excuses: Counter[str], spent: float) -> int:
    total = max(counts["documents"], 1)
    for name in ("documents", "instructions", "agree", "agree strictly", "unexplained", "round trip failed"):
        print(f"{counts[name]:9d}  {name}")
    for reason, number in excuses.most_common():
        if reason:
            print(f"{number:9d}  known fault of the oracle: {reason}")
    print(f"{100 * counts['agree'] / total:9.3f} % agree; {1000 * spent / total:.3f} ms of CPU each")
    return 1 if counts["round trip failed"] or counts["agree"] < 0.999 * total else 0


if __name__ == "__main__":
    sys.exit(main())
