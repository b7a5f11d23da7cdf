"""A rule's documentation, in the terminal and as a page: its docstring, then its cases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from jettison.casefile import Case, fixable, read_cases
from jettison.report.diff import hunks
from jettison.report.style import Style, visible

if TYPE_CHECKING:
    from jettison.rules import Rule

SECTIONS = ("What", "Why", "How it is fixed", "When not", "References")


def cases_of(rule: str) -> tuple[Case, ...]:
    """The cases of a rule: in the installed package they lie inside it, in a checkout in tests/cases."""
    package = Path(__file__).parents[1]
    for folder in (package / "cases", package.parents[1] / "tests" / "cases"):
        file = folder / f"{rule}.md"
        if file.is_file():
            return read_cases(file)
    return ()


def explanation(rule: Rule, cases: Sequence[Case], style: Style) -> Iterator[str]:
    """The documentation for a terminal: plain paragraphs, and each case as what changes in it."""
    yield f"{style.bold(f'{rule.name} ({rule.code})')}{_aliases(rule)}, {_fixability(cases)}\n\n"
    for line in rule.doc.splitlines():
        name, colon, rest = line.partition(":")
        yield f"{style.bold(name)}:{rest}\n" if colon and name in SECTIONS else f"{line}\n"
    for case in cases:
        yield f"\n{style.bold(case.title)}\n"
        if case.prose:
            yield f"{case.prose}\n"
        yield from (f"    {line}" for line in _shown(case, style))


def page(rule: Rule, cases: Sequence[Case]) -> str:
    """The documentation as a Markdown page."""
    lines = [f"# {rule.name} ({rule.code})", "", f"*{rule.area}; {_fixability(cases)}{_aliases(rule)}*", ""]
    for heading, body in _sections(rule.doc):
        lines += [f"## {heading}", ""] if heading else []
        lines += [f"- {line}" if heading == "References" and line else line for line in body] + [""]
    lines += ["## Examples"]
    for case in cases:
        lines += ["", f"### {case.title}", "", *([case.prose, ""] if case.prose else []), *_blocks(case)]
    return "\n".join(_without_double_blanks(lines)).rstrip() + "\n"


def index(rules: Sequence[tuple[Rule, Sequence[Case]]]) -> str:
    """The list of all rules as a Markdown page."""
    lines = ["# Rules", "", "| Code | Rule | Area | Fix | What it finds |", "|---|---|---|---|---|"]
    for rule, cases in rules:
        fix = "yes" if fixable(tuple(cases)) else "no"
        lines.append(
            f"| {rule.code} | [{rule.name}]({rule.name}.md) | {rule.area} | {fix} | {rule.summary} |"
        )
    return "\n".join(lines) + "\n"


def _sections(doc: str) -> Iterator[tuple[str, list[str]]]:
    """Heading and unindented lines of each part of a docstring; the first part has no heading."""
    from textwrap import dedent

    heading, body = "", ""
    for line in doc.splitlines():
        name, colon, rest = line.partition(":")
        if colon and name in SECTIONS:
            yield heading, dedent(body).strip("\n").splitlines()
            heading, body = name, rest.strip() + "\n"
        else:
            body += line + "\n"
    yield heading, dedent(body).strip("\n").splitlines()


def _fixability(cases: Sequence[Case]) -> str:
    return "fixed by jettison" if fixable(tuple(cases)) else "found, not fixed by itself"


def _aliases(rule: Rule) -> str:
    return f"; also {', '.join(rule.aliases)}" if rule.aliases else ""


def _shown(case: Case, style: Style) -> Iterator[str]:
    for path, content in case.files.items():
        yield style.dim(f"# beside it: {visible(path)}{_one_line(content)}") + "\n"
    if case.good is None:
        remark = {"ok": "left alone", "refused": "found, and not fixed"}
        word = next((remark[kind] for kind in remark if getattr(case, kind) is not None), "found")
        yield style.dim(f"# {word}:") + "\n"
        yield from (f"{visible(line)}\n" for line in case.source.decode("utf-8", "replace").splitlines())
    else:
        yield from _difference(case.source, case.good, style)
    for path, content in case.after.items():
        yield style.dim(f"# {visible(path)} becomes:") + "\n"
        yield from (
            style.green(f"+{visible(line)}") + "\n"
            for line in content.decode("utf-8", "replace").splitlines()
        )


def _difference(before: bytes, after: bytes, style: Style) -> Iterator[str]:
    old, new = (data.decode("utf-8", "replace").splitlines(keepends=True) for data in (before, after))
    for line in hunks(old, new, context=len(old)):
        paint = {"-": style.red, "+": style.green}.get(line[0], str)
        if not line.startswith("@@"):
            yield paint(visible(line.rstrip("\n"))) + "\n"


def _blocks(case: Case) -> Iterator[str]:
    blocks = [("Found:", "dockerfile", case.bad), ("Fixed:", "dockerfile", case.good)]
    blocks += [("Left alone:", "dockerfile", case.ok), ("Found, and not fixed:", "dockerfile", case.refused)]
    blocks += [(f"`{path}` becomes:", "text", content) for path, content in case.after.items()]
    for title, language, content in blocks:
        if content is not None:
            yield from (
                title,
                "",
                f"```{language}",
                content.decode("utf-8", "replace").rstrip("\n"),
                "```",
                "",
            )
    if case.commits:
        total = max(total for _, total in case.commits.values())
        counts = ", ".join(f"`{path}` in {count}" for path, (count, _) in case.commits.items())
        yield f"Changed in the last {total} commits: {counts}."
        yield ""
    for image, digest in case.digests.items():
        yield f"`{image}` is known to be `{digest}`."
        yield ""
    if case.files:
        names = ", ".join(f"`{path}`" for path in case.files)
        yield f"In the build context: {names}."


def _one_line(content: bytes) -> str:
    text = content.decode("utf-8", "replace").strip()
    return f" ({visible(text)})" if text and "\n" not in text and len(text) < 60 else ""


def _without_double_blanks(lines: Sequence[str]) -> Iterator[str]:
    blank = False
    for line in lines:
        if line or not blank:
            yield line
        blank = not line
