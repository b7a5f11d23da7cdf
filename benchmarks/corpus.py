"""All rules over a collection of real Dockerfiles: what they find, and whether every rewrite can be trusted.

    python benchmarks/corpus.py FOLDER... [--contexts] [--select RULES] [--json FILE]

A Dockerfile is a file with "dockerfile" in its name and a FROM in it; equal texts count once. Each is
rewritten with every fix, safe and proven, and the rewrite is asked:

* is it the same when it is rewritten again,
* does BuildKit's own Go parser read it as it read the file before,
* does every RUN still pass `sh -n` (`bash -n` where SHELL says so) if all did before,
* is every comment still there, word for word.

Without `--contexts` each file is looked at alone; with it the folder around it is its build context. Exit
code 1 when a rewrite fails one of these questions or a rule raises.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "dockerfile"))

from go_oracle import compare

from jettison.check import check, select_rules, shown
from jettison.findings import Safety
from jettison.project import Project
from jettison.rewrite import APPLIED_WITH_PROOF, APPLIED_WITHOUT_PROOF, Rewrite, rewrite
from jettison.rules import Rule


def main() -> int:
    options = argparse.ArgumentParser(description="all rules over a collection of Dockerfiles")
    options.add_argument("folders", nargs="+", type=Path)
    options.add_argument("--contexts", action="store_true", help="the folder of each file is its context")
    options.add_argument("--select", default="default", help="rules and areas, as in `jettison check`")
    options.add_argument("--json", type=Path, help="write the counts there")
    chosen = options.parse_args()
    tally = Tally(select_rules(chosen.select.split(",")))
    with tempfile.TemporaryDirectory() as empty:
        for path, source in documents(chosen.folders):
            root = path.parent if chosen.contexts else Path(empty)
            tally.take(path, Project(source, path=str(path), root=root, file=root / path.name))
    tally.show()
    if chosen.json:
        chosen.json.write_text(json.dumps(tally.counts(), indent=1, sort_keys=True) + "\n")
    return 1 if tally.faults else 0


NOT_THESE = (".md", ".go", ".cs")
"""Suffixes of files that speak of Dockerfiles."""


def documents(folders: list[Path]) -> Iterator[tuple[Path, bytes]]:
    """Every distinct Dockerfile below the folders."""
    seen = set()
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if "dockerfile" in path.name.lower() and path.is_file() and path.suffix not in NOT_THESE:
                source = path.read_bytes()
                if b"FROM" in source.upper() and source not in seen:
                    seen.add(source)
                    yield path, source


class Tally:
    """What was found and what went wrong, over all files."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self.files = 0
        self.found: Counter[str] = Counter()
        self.fixed: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.dropped: Counter[str] = Counter()
        self.changed: Counter[str] = Counter()
        self.noise: list[int] = []
        self.faults: list[str] = []
        self.seconds = 0.0
        self.rules = rules

    def take(self, path: Path, project: Project) -> None:
        """One Dockerfile: what the rules say, and what its rewrites are worth."""
        self.files += 1
        try:
            began = time.process_time()
            findings = shown(check(project, self.rules))
            self.seconds += time.process_time() - began
            self.noise.append(len(findings))
            for finding in findings:
                self.found[finding.rule] += 1
                self.refused[finding.rule] += finding.refused is not None
            safe = rewrite(project, self.rules, levels=APPLIED_WITHOUT_PROOF)
            whole = rewrite(project, self.rules, levels=APPLIED_WITH_PROOF)
        except Exception:
            self.faults.append(f"{path}: {traceback.format_exc()}")
            return
        self.changed["safe"] += safe.changed
        self.changed["safe and proven"] += whole.changed
        self.fixed.update(change.finding.rule for change in whole.changes)
        self.dropped.update(f"{each.finding.rule}: {each.reason}" for each in whole.dropped)
        for made, levels in ((safe, APPLIED_WITHOUT_PROOF), (whole, APPLIED_WITH_PROOF)):
            self.faults += [f"{path}: {fault}" for fault in faults_of(made, self.rules, levels)]

    def counts(self) -> dict[str, object]:
        """The figures, for a table."""
        return {
            "files": self.files,
            "changed": dict(self.changed),
            "found": dict(self.found),
            "fixed": dict(self.fixed),
            "refused": {rule: n for rule, n in self.refused.items() if n},
            "findings a file": {"mean": round(statistics.mean(self.noise), 2), "most": max(self.noise)},
            "faults": len(self.faults),
        }

    def show(self) -> None:
        """Print everything."""
        for fault in self.faults:
            print("FAULT", fault)
        for reason, number in self.dropped.most_common():
            print(f"{number:6d}  taken back: {reason}")
        print(f"{'rule':32s}{'found':>8s}{'fixed':>8s}{'refused':>9s}")
        for name, number in self.found.most_common():
            print(f"{name:32s}{number:8d}{self.fixed[name]:8d}{self.refused[name]:9d}")
        over = sum(n > 6 for n in self.noise)
        print(f"{self.files} files, {sum(self.noise)} findings, {statistics.mean(self.noise):.2f} a file,")
        print(f"at most {max(self.noise)} in one, {over} files with more than 6")
        print(f"rewritten: {self.changed['safe']} safe, {self.changed['safe and proven']} with proven")
        print(f"{1000 * self.seconds / self.files:.2f} ms of CPU a check; {len(self.faults)} faults")


def faults_of(made: Rewrite, rules: tuple[Rule, ...], levels: tuple[Safety, ...]) -> Iterator[str]:
    """What is wrong with a rewrite, one sentence each."""
    if not made.changed:
        return
    before, after = made.before, made.after
    kept = {change.id for change in made.changes}
    again = rewrite(after, rules, levels=levels)
    if again.changed:
        yield f"not idempotent: {[c.id for c in again.changes]} after {sorted(kept)}"
    if not compare(after.dockerfile.source).strict and compare(before.dockerfile.source).strict:
        verdict = compare(after.dockerfile.source)
        if not verdict.excuse:
            yield f"BuildKit reads the rewrite differently: {verdict.detail}"
    if shell_valid(before) and not shell_valid(after):
        yield f"a RUN no longer parses, after {sorted(kept)}"
    lost = Counter(comments(before)) - Counter(comments(after))
    if lost:
        yield f"comments lost: {sorted(lost)} after {sorted(kept)}"


def comments(project: Project) -> list[str]:
    """The comments of a Dockerfile, blanks aside."""
    lines = project.dockerfile.source.decode("utf-8", "replace").splitlines()
    return [line.strip() for line in lines if line.lstrip().startswith("#")]


def shell_valid(project: Project) -> bool:
    """Whether the shell itself parses every RUN in shell form."""
    for run in project.dockerfile.instructions:
        if run.keyword != "RUN" or run.json is not None:
            continue
        script = project.script(run)
        shell = script.shell[0].rpartition("/")[2] if script.shell else "sh"
        if shell in ("cmd", "powershell", "pwsh", "powershell.exe", "cmd.exe"):
            continue
        program = "bash" if shell == "bash" else "sh"
        text = script.text.text.encode("utf-8", "surrogateescape")
        if subprocess.run([program, "-n"], input=text, capture_output=True, check=False).returncode:
            return False
    return True


if __name__ == "__main__":
    sys.exit(main())
