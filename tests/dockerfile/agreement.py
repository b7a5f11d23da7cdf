"""How far our reading of Dockerfiles agrees with BuildKit's Go parser.

    python tests/dockerfile/agreement.py FOLDER          files under a folder with "dockerfile" in their name
    python tests/dockerfile/agreement.py --all FOLDER    every file under a folder
    python tests/dockerfile/agreement.py --fuzz 20000    random documents: no crash, exact round trip

Prints counts and each disagreement. A document that differs only where the oracle is known to be at fault
(go_oracle.py) is counted apart and is neither agreement nor disagreement. Exit code 1 when fewer than 99.9 %
of the others agree, or when a document does not come back byte for byte.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from go_oracle import compare
from random_documents import document

from jettison.dockerfile import parse


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
        excuses[verdict.excuse] += 1
        if verdict.excuse:
            counts["oracle at fault"] += 1
            continue
        counts["agree"] += verdict.basic
        counts["agree strictly"] += verdict.strict
        if not verdict.strict:
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
    judged = max(counts["documents"] - counts["oracle at fault"], 1)
    for name in ("documents", "instructions", "agree", "agree strictly", "unexplained", "round trip failed"):
        print(f"{counts[name]:9d}  {name}")
    for reason, number in excuses.most_common():
        if reason:
            print(f"{number:9d}  oracle at fault: {reason}")
    print(f"{100 * counts['agree'] / judged:9.3f} % agree on instruction, flags, first and last line")
    print(f"{100 * counts['agree strictly'] / judged:9.3f} % agree also on exec form, arguments and heredocs")
    print(f"{1000 * spent / max(counts['documents'], 1):9.3f} ms of CPU for everything known of a document")
    return 1 if counts["round trip failed"] or counts["agree"] < 0.999 * judged else 0


if __name__ == "__main__":
    sys.exit(main())
