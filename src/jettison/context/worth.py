"""What each line of an ignore file keeps from the builder, in bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from jettison.context.context import everything

if TYPE_CHECKING:
    from jettison.context.context import Context
    from jettison.context.ignore import IgnoreFile, IgnoreLine


class LineWorth(NamedTuple):
    """One line that keeps something back: its number from 1 and its text as written, the files and bytes that
    it decides about, and the comment of its group, "" for none."""

    number: int
    text: str
    files: int
    bytes: int
    comment: str


def line_worths(context: Context) -> tuple[LineWorth, ...]:
    """Every line without `!`, in the order of the file; a path counts for the last line that names it.

    Walks what is ignored, which `Context` itself does not.
    """
    ignore = context.ignore
    if ignore is None:
        return ()
    sent = {file.path for file in context.files}
    alone = [(line, _alone(line)) for line in reversed(ignore.lines) if not line.negated]
    files: dict[int, int] = {}
    sizes: dict[int, int] = {}
    for path in context.left_out.paths:
        number = next((line.number for line, matcher in alone if matcher.excludes(path)), 0)
        for found in everything(f"{context.root}/{path}", path):
            if found.path not in sent:
                files[number] = files.get(number, 0) + 1
                sizes[number] = sizes.get(number, 0) + found.size
    comments = _comments(ignore)
    return tuple(
        LineWorth(
            line.number,
            ignore.source[line.span.start : line.span.end].decode("utf-8", "surrogateescape").strip(),
            files.get(line.number, 0),
            sizes.get(line.number, 0),
            comments.get(line.number, ""),
        )
        for line in ignore.lines
        if not line.negated
    )


def _alone(line: IgnoreLine) -> IgnoreFile:
    from jettison.context.ignore import IgnoreFile

    return IgnoreFile(b"", (line,))


def _comments(ignore: IgnoreFile) -> dict[int, str]:
    """The comment above a line, down to the next blank line."""
    found: dict[int, str] = {}
    comment = ""
    for number, raw in enumerate(ignore.source.split(b"\n"), 1):
        text = raw.decode("utf-8", "replace").strip()
        if not text:
            comment = ""
        elif text.startswith("#"):
            comment = text.lstrip("# ")
        elif comment:
            found[number] = comment
    return found
