"""Wrong fixes that other fixers were seen to make in shell text; none of them may be possible here."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from jettison.shell import Script
from jettison.shell.packages import action
from jettison.shell.render import Outcome, add_option, append_command, remove_command, remove_option

from .reading import changed, said, script_of

LISTS = "rm -rf /var/lib/apt/lists/*"


def clean_lists(script: Script) -> Outcome:
    return append_command(script, "&& " + LISTS)


def no_cache(script: Script) -> Outcome:
    return add_option(script, next(c for c in script.commands if action(c)), "--no-cache-dir")


CHANGED: list[tuple[str, Callable[[Script], Outcome], str, str]] = [
    (
        "a comment inside a continuation got a backslash and the clean-up landed before the last package",
        clean_lists,
        "RUN apt-get update && apt-get install -y \\\n    a \\\n    # for TLS\n    ca-certificates\nCMD x\n",
        "RUN apt-get update && apt-get install -y \\\n    a \\\n    # for TLS\n    ca-certificates \\\n"
        f"    && {LISTS}\nCMD x\n",
    ),
    (
        "a comment as the last line before the end of the list",
        clean_lists,
        "RUN apt-get install -y \\\n    a \\\n    # b \\\n    c\n",
        f"RUN apt-get install -y \\\n    a \\\n    # b \\\n    c \\\n    && {LISTS}\n",
    ),
    (
        "blank lines were put into continuations",
        clean_lists,
        "RUN apt-get install -y a && \\\n\n    b\n",
        f"RUN apt-get install -y a && \\\n\n    b && \\\n    {LISTS}\n",
    ),
    (
        "a CRLF file came out with LF",
        clean_lists,
        "RUN apt-get update \\\r\n && apt-get install -y a\r\nCMD x\r\n",
        f"RUN apt-get update \\\r\n && apt-get install -y a \\\r\n && {LISTS}\r\nCMD x\r\n",
    ),
    (
        "the syntax directive was deleted",
        clean_lists,
        "# syntax=docker/dockerfile:1\nFROM a\nRUN apt-get install -y b\n",
        f"# syntax=docker/dockerfile:1\nFROM a\nRUN apt-get install -y b && {LISTS}\n",
    ),
    ("the final newline was dropped", no_cache, "RUN pip install a\n", "RUN pip install --no-cache-dir a\n"),
    ("a final newline was invented", no_cache, "RUN pip install a", "RUN pip install --no-cache-dir a"),
    (
        "a mount was printed into the command as pippip",
        no_cache,
        "RUN --mount=type=cache,target=/root/.cache/pip pip install -r r.txt\n",
        "RUN --mount=type=cache,target=/root/.cache/pip pip install --no-cache-dir -r r.txt\n",
    ),
    (
        "the option went to the wrong one of two commands",
        lambda script: add_option(script, script.commands[1], "--no-cache-dir"),
        "RUN pip install -U pip && pip install a",
        "RUN pip install -U pip && pip install --no-cache-dir a",
    ),
    (
        "a second run added the option again",
        no_cache,
        "RUN pip install --no-cache-dir a",
        "RUN pip install --no-cache-dir a",
    ),
    (
        "a package was dropped with the option",
        lambda script: remove_option(script, script.commands[0], "--no-install-recommends"),
        "RUN apt-get install -y --no-install-recommends build-essential curl",
        "RUN apt-get install -y build-essential curl",
    ),
    (
        "text of an echo behind the command was taken for the command's end",
        clean_lists,
        "RUN apt-get install -y a && echo 'b && c' # d && e",
        f"RUN apt-get install -y a && echo 'b && c' && {LISTS} # d && e",
    ),
    (
        "the clean-up went into the text of a here-document",
        clean_lists,
        "RUN apt-get install -y a && cat <<EOF >f\napt-get install -y b\nEOF\n",
        f"RUN apt-get install -y a && cat <<EOF >f && {LISTS}\napt-get install -y b\nEOF\n",
    ),
]


@pytest.mark.parametrize(("edit", "before", "after"), [c[1:] for c in CHANGED], ids=[c[0] for c in CHANGED])
def test_changed_rightly(edit: Callable[[Script], Outcome], before: str, after: str) -> None:
    assert changed(before, edit) == (after, "")


REFUSED: list[tuple[str, Callable[[Script], Outcome], str]] = [
    ("|| true && rm ran the clean-up after a failure", clean_lists, "RUN apt-get install -y a || true"),
    ("behind a background job", clean_lists, "RUN apt-get install -y a &"),
    ("behind an exit nothing runs", clean_lists, "RUN apt-get install -y a; exit 0"),
    ("words of an exec form", clean_lists, 'RUN ["apt-get", "install", "-y", "a"]'),
    ("text inside the words of an exec form", clean_lists, 'RUN ["sh", "-c", "apt-get install -y a"]'),
    ("a cd that later commands need", lambda s: remove_command(s, s.commands[0]), "RUN cd /tmp && ./x.sh"),
]


@pytest.mark.parametrize(("edit", "source"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_left_alone(edit: Callable[[Script], Outcome], source: str) -> None:
    result, reason = changed(source, edit)
    assert result == source
    assert reason


NO_COMMANDS = [
    'RUN echo "apt-get install -y foo" > doc',
    "RUN printf '%s\\n' 'pip install a' >> README",
    "RUN cat <<EOF > install.sh\napt-get update && apt-get install -y a\npip install b\nEOF\n",
    "RUN <<EOF\ncat <<'INNER' > install.sh\napt-get install -y $(pip install a)\nINNER\nEOF\n",
    "RUN a # apt-get install b",
    "RUN a \\\n  # && apt-get install b\n  c",
    'RUN ["echo", "apt-get install a"]',
    "RUN command -v apt-get",
    "RUN which pip",
    "RUN <<EOF\n#!/usr/bin/env python3\nimport os\nos.system('apt-get install a')\nEOF\n",
]


@pytest.mark.parametrize("source", NO_COMMANDS)
def test_text_is_never_taken_for_a_command(source: str) -> None:
    assert [c for c in script_of(source).commands if action(c)] == []


def test_exec_is_a_wrapper_not_a_program() -> None:
    script = script_of("CMD exec top -b")
    assert said(script) == ["top -b"]
    assert script.commands[0].wrappers == ("exec",)
