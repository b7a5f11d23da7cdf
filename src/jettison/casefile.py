"""The case files `tests/cases/<rule>.md`: each is a rule's test and its documentation at once.

A case is a `##` title, prose, and fenced blocks. The word after the language says what a block is:

    ```dockerfile bad       the rule finds something here …
    ```dockerfile good      … and its fixes turn it into exactly this (left out: the rule has no fix here)
    ```dockerfile ok        the rule finds nothing here
    ```dockerfile refused   the rule finds something and says why it does not fix it
    ```text file PATH       a file of the build context of this case (PATH/ alone makes an empty folder)
    ```text after PATH      what the fixes make of that file
    ```text digest IMAGE    the digest that is known of an image
    ```text commits         how often files changed, one `12 of 60 PATH` a line
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

_FENCE = re.compile(
    r"^```(\S+) (bad|good|ok|refused|file|after|digest|commits)(?: (\S+))?\n(.*?)^```$", re.M | re.S
)


@dataclass(frozen=True, slots=True)
class Case:
    """One titled example. Exactly one of `bad`, `ok`, `refused` is set; `good` goes with `bad`."""

    rule: str
    title: str
    prose: str
    bad: bytes | None = None
    good: bytes | None = None
    ok: bytes | None = None
    refused: bytes | None = None
    files: dict[str, bytes] = field(default_factory=dict)
    after: dict[str, bytes] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    commits: dict[str, tuple[int, int]] = field(default_factory=dict)
    """By path, the commits that touched it and those there are."""

    @property
    def source(self) -> bytes:
        """The Dockerfile that the rule is run on."""
        for source in (self.bad, self.ok, self.refused):
            if source is not None:
                return source
        raise ValueError(f"case {self.title!r} of {self.rule} has no Dockerfile")


def read_cases(file: Path) -> tuple[Case, ...]:
    """The cases of one file, in order. Raises ValueError for a case that is not of the form above."""
    text = file.read_text("utf-8")
    parts = re.split(r"^## (.+)\n", text, flags=re.M)
    return tuple(_case(file.stem, title, body) for title, body in zip(parts[1::2], parts[2::2], strict=True))


def _case(rule: str, title: str, body: str) -> Case:
    blocks: dict[str, bytes] = {}
    files: dict[str, dict[str, bytes]] = {"file": {}, "after": {}, "digest": {}}
    for _, kind, path, content in _FENCE.findall(body):
        if kind in files:
            files[kind][path] = content.encode()
        elif kind in blocks:
            raise ValueError(f"{rule}: case {title!r} has two {kind!r} blocks")
        else:
            blocks[kind] = content.encode()
    commits = dict(_changed(line) for line in blocks.pop("commits", b"").decode().splitlines())
    digests = {image: content.decode().strip() for image, content in files["digest"].items()}
    prose = _FENCE.sub("", body).strip()
    case = Case(
        rule,
        title.strip(),
        prose,
        **blocks,
        files=files["file"],
        after=files["after"],
        digests=digests,
        commits=commits,
    )
    if len(blocks.keys() & {"bad", "ok", "refused"}) != 1 or ("good" in blocks and "bad" not in blocks):
        raise ValueError(f"{rule}: case {title!r} wants exactly one of bad, ok, refused; good goes with bad")
    return case


def _changed(line: str) -> tuple[str, tuple[int, int]]:
    count, _, total, path = line.split(maxsplit=3)
    return path, (int(count), int(total))


def fixable(cases: tuple[Case, ...]) -> bool:
    """True when at least one case shows a fix: what the documentation says is derived from what is tested."""
    return any(case.good is not None or case.after for case in cases)
