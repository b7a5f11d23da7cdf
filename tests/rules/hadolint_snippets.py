"""Own snippets, labelled by running hadolint: `data/hadolint-snippets.txt`.

    python tests/rules/hadolint_snippets.py        labels every snippet anew, and prints where ours differs

`[DL3014]` begins the snippets that are asked for this code; `+` before one says that hadolint finds the code
in it, `-` that it does not. `\\n` stands for a line end; a snippet without a FROM follows `FROM debian:12`.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.rules.hadolint_agreement import hadolint, our_codes

from jettison.project import Project

FILE = Path(__file__).parent / "data" / "hadolint-snippets.txt"
SCHEMA = """label-schema:
  org.opencontainers.image.url: url
  org.opencontainers.image.created: rfc3339
  org.opencontainers.image.licenses: spdx
"""
"""Without it hadolint does not look at the values of labels."""


class Snippet(NamedTuple):
    """A snippet as it stands in the file, the code it is asked for, and hadolint's answer."""

    code: str
    text: str
    hadolint: bool

    @property
    def source(self) -> bytes:
        """The Dockerfile."""
        lines = self.text.replace("\\n", "\n").replace("\\\\", "\\")
        whole = re.match(r"(FROM|ARG|#)", lines) or "\nFROM" in lines
        return f"{'' if whole else 'FROM debian:12' + chr(10)}{lines}\n".encode()


def snippets() -> tuple[Snippet, ...]:
    """All of them, in the order of the file."""
    found, code = [], ""
    for line in FILE.read_text().splitlines():
        if line.startswith("["):
            code = line.strip("[]")
        elif line:
            found.append(Snippet(code, line.removeprefix("+ ").removeprefix("- "), line.startswith("+ ")))
    return tuple(found)


def labelled(chosen: Iterable[Snippet]) -> tuple[Snippet, ...]:
    """The snippets with hadolint's answer of today."""
    with tempfile.TemporaryDirectory() as folder:
        written = {str(Path(folder, f"{number}.Dockerfile")): each for number, each in enumerate(chosen)}
        for path, each in written.items():
            Path(path).write_bytes(each.source)
        config = Path(folder, "hadolint.yaml")
        config.write_text(SCHEMA)
        said = hadolint(["--config", str(config), *written])
        return tuple(each._replace(hadolint=(path, each.code) in said) for path, each in written.items())


def ours(snippet: Snippet, root: Path) -> bool:
    """True when a rule of ours finds the code; `root` is an empty folder."""
    return snippet.code in our_codes(Project(snippet.source, root=root))


def main() -> int:
    """Write the labels, print the differences."""
    every = labelled(snippets())
    lines, code = [], ""
    for each in every:
        if each.code != code:
            lines.append(f"[{each.code}]")
            code = each.code
        lines.append(f"{'+' if each.hadolint else '-'} {each.text}")
    FILE.write_text("\n".join(lines) + "\n")
    with tempfile.TemporaryDirectory() as folder:
        differ = [each for each in every if each.hadolint != ours(each, Path(folder))]
    for each in differ:
        print(f"{each.code}  {'hadolint' if each.hadolint else 'ours':8s}  {each.text}")
    print(f"{len(every)} snippets, {len(differ)} differ: {100 * (1 - len(differ) / len(every)):.2f} % agree")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
