"""Own snippets, labelled by running hadolint: `data/hadolint-snippets.txt`.

    python tests/rules/hadolint_snippets.py        labels every snippet anew, and prints where ours differs

`[DL3014]` begins the snippets that are asked for this code; `+` before one says that hadolint finds the code
in it, `-` that it does not. `\\n` stands for a line end; a snippet without a FROM follows `FROM debian:12`.
`[DL3014 crlf]` has the first snippet of each kind again, in another layout of the file: see LAYOUTS.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Callable, Iterable
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

_KEYWORD = re.compile(r"^([A-Z]+) ", re.M)
_CHAIN = re.compile(r"^(RUN [^\n\"'\\]*?) && ", re.M)

LAYOUTS: dict[str, Callable[[str], str]] = {
    "crlf": lambda text: text.replace("\n", "\r\n"),
    "lower": lambda text: _KEYWORD.sub(lambda found: found[0].lower(), text),
    "comments": lambda text: f"# a comment\n\n{text}# RUN sudo apt-get install vim\n",
    "tabs": lambda text: _KEYWORD.sub(r"\1\t", text),
    "continued": lambda text: _CHAIN.sub("\\1 \\\\\n    # next\n    && ", text),
}
"""The same Dockerfile written in other ways."""


class Snippet(NamedTuple):
    """A snippet as it stands in the file, the code it is asked for, hadolint's answer, and its layout."""

    code: str
    text: str
    hadolint: bool
    layout: str = ""

    @property
    def source(self) -> bytes:
        """The Dockerfile."""
        lines = self.text.replace("\\n", "\n").replace("\\\\", "\\")
        whole = re.search("^FROM ", lines, re.M)
        text = f"{'' if whole else 'FROM debian:12' + chr(10)}{lines}\n"
        return (LAYOUTS[self.layout](text) if self.layout else text).encode()


def snippets() -> tuple[Snippet, ...]:
    """All of them, in the order of the file."""
    found, code, layout = [], "", ""
    for line in FILE.read_text().splitlines():
        if line.startswith("["):
            code, _, layout = line.strip("[]").partition(" ")
        elif line:
            text = line.removeprefix("+ ").removeprefix("- ")
            found.append(Snippet(code, text, line.startswith("+ "), layout))
    return tuple(found)


def laid_out(plain: Iterable[Snippet]) -> list[Snippet]:
    """The first snippet of each code that hadolint finds it in, and the first that it does not, in every
    layout that makes another text of them. A difference of the plain one is not told five times."""
    first: dict[tuple[str, bool], Snippet] = {}
    plain = list(plain)
    apart = differences(plain)
    for each in (each for each in plain if each not in apart):
        first.setdefault((each.code, each.hadolint), each)
    new = [each._replace(layout=layout) for each in first.values() for layout in LAYOUTS]
    return [each for each in new if each.source != each._replace(layout="").source]


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


def differences(every: Iterable[Snippet]) -> list[Snippet]:
    """Where ours says something else."""
    with tempfile.TemporaryDirectory() as folder:
        return [each for each in every if each.hadolint != ours(each, Path(folder))]


def main() -> int:
    """Write the labels, print the differences."""
    plain = labelled(each for each in snippets() if not each.layout)
    every = plain + labelled(laid_out(plain))
    lines, section = [], ""
    for each in sorted(every, key=lambda e: (e.code, e.layout)):
        heading = f"[{each.code} {each.layout}".rstrip() + "]"
        lines += [heading] if heading != section else []
        lines.append(f"{'+' if each.hadolint else '-'} {each.text}")
        section = heading
    FILE.write_text("\n".join(lines) + "\n")
    differ = differences(every)
    for each in differ:
        print(f"{each.code}  {'hadolint' if each.hadolint else 'ours':8s}  {each.layout:9s} {each.text}")
    print(f"{len(every)} snippets, {len(differ)} differ: {100 * (1 - len(differ) / len(every)):.2f} % agree")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
