"""`.dockerignore` as the builder reads it: not as git reads `.gitignore`.

Reading follows moby/patternmatcher's ignorefile.go, matching its patternmatcher.go: a pattern without `**/`
is anchored at the root of the context, `*` stops at `/`, the last pattern that speaks wins, `#` is a comment
only in the first column, and a `!` below an excluded folder brings back what it names.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from jettison.context.bounded import read_bounded
from jettison.context.gopath import BadPattern, Predicate, clean
from jettison.context.patterns import IgnorePattern, ignore_pattern
from jettison.spans import Span

_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
"""What Go's strings.TrimSpace takes away; Python's str.strip takes more."""
_LARGEST = 1_000_000
"""Bytes of an ignore file that count; what comes after is a problem. Real ones have a hundred lines."""
_LONGEST_LINE = 65536
"""bufio.Scanner's limit: the builder refuses the whole file above it."""


class IgnoreLine(NamedTuple):
    """One pattern: `pattern` cleaned and without `!`, `span` and `number` (1-based) of its line without line
    end.
    """

    pattern: str
    negated: bool
    number: int
    span: Span


class IgnoreProblem(NamedTuple):
    """A line the builder cannot use; with any of them it refuses the build."""

    number: int
    message: str


Verdict = tuple[bool, tuple[bool, ...]]
"""Whether a path is excluded, and what its folder has to hand down to what lies in it."""


@dataclass(frozen=True)
class IgnoreFile:
    """The patterns of one ignore file, in order; `path` is where it was read from, None for our own text."""

    source: bytes
    lines: tuple[IgnoreLine, ...]
    problems: tuple[IgnoreProblem, ...] = ()
    path: Path | None = None

    @classmethod
    def parse(cls, source: bytes, path: Path | None = None) -> IgnoreFile:
        """Read any bytes; never raises. What the builder would refuse is listed in `problems` and matches
        nothing.
        """
        lines: list[IgnoreLine] = []
        problems: list[IgnoreProblem] = []
        start = 0
        if len(source) > _LARGEST:
            problems.append(IgnoreProblem(1, "the file is larger than 1 MB; the rest of it is not looked at"))
        for number, raw in enumerate(source[:_LARGEST].split(b"\n"), 1):
            span = Span(start, start + len(raw))
            start = span.end + 1
            line = _read_line(raw, number, span)
            if len(raw) >= _LONGEST_LINE:
                problems.append(IgnoreProblem(number, "the line is longer than the builder reads (64 KiB)"))
            elif line is not None:
                try:
                    _compile(line)
                except BadPattern as error:
                    problems.append(IgnoreProblem(number, str(error)))
                else:
                    lines.append(line)
        return cls(source, tuple(lines), tuple(problems), path)

    @classmethod
    def find(cls, root: Path, dockerfile: Path | None = None) -> IgnoreFile | None:
        """The one ignore file the builder uses: `<Dockerfile>.dockerignore` beside it, else the context's
        own.

        None when there is neither; an unreadable one counts as absent, as it does for the builder.
        """
        candidates = [root / ".dockerignore"]
        if dockerfile is not None:
            candidates.insert(0, dockerfile.with_name(dockerfile.name + ".dockerignore"))
        for path in candidates:
            source = read_bounded(str(path), _LARGEST + 1)
            if source is not None:
                return cls.parse(source, path)
        return None

    def excludes(self, path: str, is_dir: bool = False) -> bool:
        """What MatchesOrParentMatches says of one path relative to the context, `/`-separated.

        `is_dir` changes nothing: Docker, unlike git, does not tell folders from files. For a whole tree use
        `below`, which is what the builder does; the two differ where a `!` names a folder above an excluded
        one.
        """
        parts = path.split("/")
        paths = [path, *("/".join(parts[: i + 1]) for i in range(len(parts) - 1))]
        excluded = False
        for negated, test in self._runs:
            if negated == excluded and any(test(p) for p in paths):
                excluded = not negated
        return excluded

    def below(self, path: str, folder: tuple[bool, ...] = ()) -> Verdict:
        """What MatchesUsingParentResults says of one path, given what its folder handed down (nothing at the
        root).
        """
        excluded = False
        handed_down: list[bool] = []
        for i, (negated, test) in enumerate(self._runs):
            hit = (folder[i] if folder else False) or (negated == excluded and bool(test(path)))
            handed_down.append(hit)
            if hit:
                excluded = not negated
        return excluded, tuple(handed_down)

    def may_bring_back(self, folder: str) -> bool:
        """False when the builder need not look into an excluded folder, as no `!` can name anything inside
        it.
        """
        if self._bring_back is None:
            return True
        return any(prefix.startswith(folder + "/") for prefix in self._bring_back)

    @cached_property
    def _runs(self) -> tuple[tuple[bool, Predicate], ...]:
        """Neighbouring patterns of one sign act as one: after the first hit the rest change nothing."""
        runs: list[tuple[bool, list[IgnorePattern]]] = []
        for line in self.lines:
            if not runs or runs[-1][0] != line.negated:
                runs.append((line.negated, []))
            runs[-1][1].append(ignore_pattern(line.pattern))
        return tuple((negated, _any_of(patterns)) for negated, patterns in runs)

    @cached_property
    def _bring_back(self) -> tuple[str, ...] | None:
        """Where files come back, as path prefixes; None when a glob makes that undecidable (fsutil,
        filter.go).
        """
        prefixes: list[str] = []
        for line in self.lines:
            if line.negated:
                stem = line.pattern.removesuffix("/**").removesuffix("/*")
                if any(c in stem for c in "*[]?^\\"):
                    return None
                prefixes.append(stem + "/")
        return tuple(prefixes)


def _read_line(raw: bytes, number: int, span: Span) -> IgnoreLine | None:
    if number == 1:
        raw = raw.removeprefix(b"\xef\xbb\xbf")
    text = raw.decode("utf-8", "surrogateescape")
    if text.startswith("#"):
        return None
    text = text.strip(_SPACE)
    if not text:
        return None
    negated = text.startswith("!")
    text = text[1:].strip(_SPACE) if negated else text
    text = clean(text) if text else ""
    if len(text) > 1:
        text = text.removeprefix("/")
    # The list that ignorefile.go returns is read once more by patternmatcher.New, with rules of its own.
    text = (("!" if negated else "") + text).strip(_SPACE)
    text = clean(text) if text else ""
    return IgnoreLine(text.removeprefix("!"), text.startswith("!"), number, span) if text else None


def _compile(line: IgnoreLine) -> IgnorePattern:
    if not line.pattern:
        raise BadPattern("`!` alone brings nothing back")
    return ignore_pattern(line.pattern)


def _any_of(patterns: list[IgnorePattern]) -> Predicate:
    """One predicate for several patterns; all that need no regular expression cost three comparisons
    together.
    """
    exact = {p.text for p in patterns if p.kind == "exact"}
    exact |= {p.text[1:] for p in patterns if p.kind == "suffix" and p.text.startswith("/")}
    starts = tuple(p.text for p in patterns if p.kind == "prefix")
    ends = tuple(p.text for p in patterns if p.kind == "suffix")
    endings = tuple(p.text for p in patterns if p.kind == "ending")
    globs = [p.matches for p in patterns if p.kind == "regex"]
    strict = [p.matches for p in patterns if p.kind == "ending"]

    def matches(path: str) -> bool:
        if path in exact or path.endswith(ends) or path.startswith(starts):
            return True
        if path.endswith(endings) and ("\n" not in path or any(test(path) for test in strict)):
            return True
        return any(test(path) for test in globs)

    return matches
