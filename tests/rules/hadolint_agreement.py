"""Where our rules and hadolint's agree, on the Dockerfiles of all case files.

    python tests/rules/hadolint_agreement.py        prints every difference

A row is one Dockerfile and one DL code that a rule of ours claims as an alias. Both speak of the same thing
when both find it or neither does.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from jettison.casefile import read_cases
from jettison.check import check
from jettison.project import Project
from jettison.rules import all_rules

CASES = Path(__file__).parents[1] / "cases"


LABELS = {f"DL{number}" for number in (*range(3048, 3057), 3058)}

APART = {"DL1000", "DL3057", "DL3059"} | LABELS
"""Not compared: what is no Dockerfile at all, what hadolint has switched off or checks against a schema of
labels only, and RUNs in a row, which ours joins only where bytes die between them."""


class Row(NamedTuple):
    """One Dockerfile (`rule: title` of its case) and one code: who finds it."""

    case: str
    code: str
    hadolint: bool
    ours: bool


def rows() -> tuple[Row, ...]:
    """Every pair of case and claimed code on which at least one of both speaks, and the count of all."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "empty").mkdir()
        written = {}
        for file in sorted(CASES.glob("*.md")):
            for number, case in enumerate(read_cases(file)):
                path = Path(folder, f"{file.stem}-{number}.Dockerfile")
                path.write_bytes(case.source)
                written[str(path)] = case
        theirs = hadolint(list(written))
        found = []
        for path, case in written.items():
            if (path, "DL1000") in theirs:
                continue
            ours = our_codes(Project(case.source, root=Path(folder, "empty")))
            for code in sorted(claimed()):
                found.append(Row(f"{case.rule}: {case.title}", code, (path, code) in theirs, code in ours))
        return tuple(found)


def claimed() -> set[str]:
    """The DL codes that our rules have as aliases."""
    return {alias for rule in all_rules() for alias in rule.aliases if alias.startswith("DL")} - APART


def our_codes(project: Project) -> set[str]:
    """The DL codes under which our rules find something; a rule with one code for each package manager speaks
    for the manager that its finding names."""
    found: set[str] = set()
    for finding in check(project, all_rules()):
        start, end = finding.span
        text = project.dockerfile.source[start:end].decode("utf-8", "replace")
        for code in finding.aliases:
            words = MANAGERS.get(code, ("",))
            named = text.upper().startswith(words) if code in LEADING else _any(words, text)
            if code.startswith("DL") and named and re.search(MESSAGES.get(code, ""), finding.message):
                found.add(code)
    if "DL3007" in found:
        found.discard("DL3006")
    return found


def _any(words: tuple[str, ...], text: str) -> bool:
    return any(word in text for word in words)


LEADING = ("DL4003", "DL4004", "DL3012")
"""Codes for one instruction each."""

MESSAGES = {
    "DL3023": "^[^0-9].* is this stage itself", "DL3043": "ONBUILD", "DL3061": "before the first FROM",
    "DL3048": "for itself|no name", "DL3052": "an address", "DL3053": "a date", "DL3054": "SPDX",
}  # fmt: skip
"""What a rule with several codes says where it speaks for one of them."""

MANAGERS = {
    "DL3008": ("apt",), "DL3013": ("pip",), "DL3016": ("npm",), "DL3018": ("apk",), "DL3028": ("gem",),
    "DL3033": ("yum",), "DL3037": ("zypper",), "DL3041": ("dnf",), "DL3062": ("go ",),
    "DL3014": ("apt",), "DL3030": ("yum",), "DL3034": ("zypper",), "DL3038": ("dnf",),
    "DL3009": ("apt",), "DL3019": ("apk",), "DL3032": ("yum",), "DL3036": ("zypper",), "DL3040": ("dnf",),
    "DL3042": ("pip",), "DL3060": ("yarn",),
    "DL3007": (":latest",), "DL4003": ("CMD",), "DL4004": ("ENTRYPOINT",), "DL3012": ("HEALTHCHECK",),
}  # fmt: skip


def hadolint(paths: list[str]) -> set[tuple[str, str]]:
    """What hadolint says of each file, by code."""
    program = Path(sys.executable).with_name("hadolint")
    done = subprocess.run(
        [str(program), "--no-fail", "--format", "json", *paths], stdout=subprocess.PIPE, check=True
    )
    return {(row["file"], row["code"]) for row in json.loads(done.stdout)}


def main() -> int:
    every = rows()
    spoken = [row for row in every if row.hadolint or row.ours]
    differ = [row for row in spoken if row.hadolint != row.ours]
    for row in sorted(differ, key=lambda r: r.code):
        print(f"{row.code}  {'hadolint' if row.hadolint else 'ours':8s}  {row.case}")
    print(f"{len(every)} rows, {len(spoken)} on which one speaks, {len(differ)} differ")
    print(f"{100 * (1 - len(differ) / len(every)):.2f} % agree")
    return 0


if __name__ == "__main__":
    sys.exit(main())
