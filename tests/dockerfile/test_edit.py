"""Edits keep the layout of the file, and what is not edited stays as it is, byte for byte."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from random_documents import document

from jettison.dockerfile import Dockerfile, edit, parse
from jettison.spans import apply


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (b"FROM a\nRUN x\n", b"FROM a\nUSER u\nRUN x\n"),
        (b"FROM a\r\nRUN x", b"FROM a\r\nUSER u\r\nRUN x"),
        (b"FROM a\n  RUN x", b"FROM a\nUSER u\n  RUN x"),
        (b"FROM a\n# c\nRUN x", b"FROM a\n# c\nUSER u\nRUN x"),
        (b"FROM a\n\\\nRUN x", b"FROM a\nUSER u\n\\\nRUN x"),
    ],
)
def test_insert_before(source: bytes, expected: bytes) -> None:
    run = parse(source).instructions[1]
    assert apply(source, [edit.insert_before(run, "USER u")]) == expected


def test_insert_before_the_first_instruction_stays_below_directives_and_bom() -> None:
    source = b"\xef\xbb\xbf# syntax=x\n# c\n# d\nFROM a\n"
    first = parse(source).instructions[0]
    above = apply(source, [edit.insert_before(first, "ARG A", above_comments=True)])
    assert above == b"\xef\xbb\xbf# syntax=x\nARG A\n# c\n# d\nFROM a\n"
    source = b"\xef\xbb\xbfFROM a"
    assert (
        apply(source, [edit.insert_before(parse(source).instructions[0], "ARG A\n")])
        == b"\xef\xbb\xbfARG A\nFROM a"
    )


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (b"RUN x\nRUN y\n", b"RUN x\nUSER u\nRUN y\n"),
        (b"RUN x", b"RUN x\nUSER u"),
        (b"RUN x\r\nRUN y\r\n", b"RUN x\r\nUSER u\r\nRUN y\r\n"),
        (b"RUN <<E\na\nE\nRUN y", b"RUN <<E\na\nE\nUSER u\nRUN y"),
        (b"RUN x \\\n y\n", b"RUN x \\\n y\nUSER u\n"),
        (b"RUN x \\", b"RUN x \nUSER u"),
        (b"RUN x \\\n# c\n", b"RUN x \n# c\nUSER u\n"),
        (b"RUN x  \n", b"RUN x  \nUSER u\n"),
    ],
)
def test_insert_after(source: bytes, expected: bytes) -> None:
    assert apply(source, [edit.insert_after(parse(source).instructions[0], "USER u")]) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (b"RUN x\nRUN y\nRUN z\n", b"RUN x\nRUN z\n"),
        (b"RUN x\n# c\n RUN y \\\n  # d\n y\nRUN z", b"RUN x\n# c\nRUN z"),
        (b"RUN x\nRUN <<E\ny\nE\nRUN z", b"RUN x\nRUN z"),
        (b"RUN x\r\nRUN y", b"RUN x\r\n"),
        (b"RUN x\n\\\n\\\nRUN y\nRUN z", b"RUN x\nRUN z"),
    ],
)
def test_delete(source: bytes, expected: bytes) -> None:
    assert apply(source, [edit.delete(parse(source).instructions[1])]) == expected


def test_replace() -> None:
    source = b"COPY --from=a x y\r\nRUN <<E\r\nz\r\nE\r\n"
    copy, run = parse(source).instructions
    assert apply(source, [edit.replace(copy.words[0], "w")]).startswith(b"COPY --from=a w y\r\n")
    assert apply(source, [edit.replace(copy.flags[0], "--from=b")]).startswith(b"COPY --from=b x y\r\n")
    assert apply(source, [edit.replace(run, "RUN a\nRUN b")]).endswith(b"\r\nRUN a\r\nRUN b\r\n")
    assert apply(source, [edit.replace_args(copy, "p q")]).startswith(b"COPY --from=a p q\r\n")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (b"RUN x", b"RUN --f=1 x"),
        (b"RUN --a x", b"RUN --a --f=1 x"),
        (b"RUN \\\n  x", b"RUN --f=1 \\\n  x"),
        (b"RUN --a \\\n    --b \\\n  x", b"RUN --a \\\n    --b \\\n    --f=1 \\\n  x"),
        (b"RUN --a \\\r\n  --b x\r\n", b"RUN --a \\\r\n  --b \\\r\n  --f=1 x\r\n"),
        (b"RUN", b"RUN --f=1"),
        (b"RU\\\nN x", b"RU\\\nN --f=1 x"),
    ],
)
def test_add_flag(source: bytes, expected: bytes) -> None:
    (run,) = parse(source).instructions
    changed = apply(source, [edit.add_flag(run, "--f=1")])
    assert changed == expected
    again = parse(changed).instructions[0]
    assert (again.flags[-1].name, again.args) == ("f", run.args)


def test_a_flag_is_added_inside_onbuild() -> None:
    source = b"ONBUILD RUN x"
    body = parse(source).instructions[0].onbuild
    assert body is not None
    assert apply(source, [edit.add_flag(body, "--f=1")]) == b"ONBUILD RUN --f=1 x"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (b"COPY --a --b x y", b"COPY --b x y"),
        (b"COPY --a \\\n  --b \\\n  x y", b"COPY \\\n  --b \\\n  x y"),
    ],
)
def test_remove_flag(source: bytes, expected: bytes) -> None:
    (copy,) = parse(source).instructions
    changed = apply(source, [edit.remove_flag(copy, copy.flags[0])])
    assert changed == expected
    assert [flag.name for flag in parse(changed).instructions[0].flags] == ["b"]


@settings(max_examples=300)
@given(
    st.integers(0, 10**9).map(document),
    st.integers(0, 20),
    st.sampled_from(["before", "after", "delete", "flag"]),
)
def test_other_instructions_do_not_notice(source: bytes, which: int, what: str) -> None:
    parsed = parse(source)
    assume(parsed.instructions)
    assume(b"\xef\xbb\xbf" not in source[3:])  # it would become the mark of the file
    index = which % len(parsed.instructions)
    chosen = parsed.instructions[index]
    assume(not any(_unfinished(i) for i in parsed.instructions))
    texts = _texts(parsed)
    if what == "before":
        change, expected = edit.insert_before(chosen, "USER u"), [*texts[:index], "USER u", *texts[index:]]
    elif what == "after":
        change, expected = (
            edit.insert_after(chosen, "USER u"),
            [*texts[: index + 1], "USER u", *texts[index + 1 :]],
        )
    elif what == "delete":
        change, expected = edit.delete(chosen), [*texts[:index], *texts[index + 1 :]]
    else:
        change, expected = edit.add_flag(chosen, "--f=1"), None
    after = parse(apply(source, [change]))
    if expected is None:
        assert len(after.instructions) == len(texts)
        assert after.instructions[index].flags[-1][:2] == ("f", "1")
    else:
        assert _texts(after) == expected


def _texts(parsed: Dockerfile) -> list[str]:
    return [
        i.line.decode(0, len(i.line.data)) + "".join(parsed.text(h.body_span) for h in i.heredocs)
        for i in parsed.instructions
    ]


def _unfinished(instruction) -> bool:
    """A heredoc without an end takes in what comes after it, as does an instruction ending in an escape."""
    heredoc = instruction.error and "heredoc" in instruction.error
    return bool(heredoc) or not instruction.keyword or instruction.line.data.endswith((b"\\", b"`"))
