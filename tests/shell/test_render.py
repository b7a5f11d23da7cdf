from __future__ import annotations

import pytest

from jettison.shell.render import add_option, remove_option, replace_word

from .reading import changed, script_of

ADDED = [
    ("RUN pip install -r r.txt", "pip", "--no-cache-dir", "RUN pip install --no-cache-dir -r r.txt"),
    ("RUN apk add a", "apk", "--no-cache", "RUN apk add --no-cache a"),
    ("RUN python3 -m pip install x", "python3", "--no-cache-dir",
     "RUN python3 -m pip install --no-cache-dir x"),
    ("RUN uv pip install x", "uv", "--no-cache", "RUN uv pip install --no-cache x"),
    ("RUN tool a", "tool", "-x y", "RUN tool '-x y' a"),
    ("RUN a && \\\n  # c\n  pip \\\n  install \\\n  # d\n  x", "pip", "-q",
     "RUN a && \\\n  # c\n  pip \\\n  install -q \\\n  # d\n  x"),
    ("RUN if a; then pip install x; fi", "pip", "-q", "RUN if a; then pip install -q x; fi"),
    ("RUN sudo -u x pip install y", "pip", "-q", "RUN sudo -u x pip install -q y"),
    ("RUN x=$(pip install y)", "pip", "-q", "RUN x=$(pip install -q y)"),
    ("RUN <<E\npip install x\nE\n", "pip", "-q", "RUN <<E\npip install -q x\nE\n"),
    ("RUN p\\\nip inst\\\nall x", "pip", "-q", "RUN p\\\nip inst\\\nall -q x"),
    ('RUN ["pip", "install", "x"]', "pip", "-q", 'RUN ["pip", "install", "-q", "x"]'),
    ('RUN ["tool", "x"]', "tool", 'a"\\b', 'RUN ["tool", "a\\"\\\\b", "x"]'),
    ("RUN pip install -q x", "pip", "-q", "RUN pip install -q x"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "name", "option", "after"), ADDED)
def test_an_option_goes_behind_the_sub_command(before: str, name: str, option: str, after: str) -> None:
    def add(script):
        return add_option(script, next(c for c in script.commands if c.name == name), option)

    assert changed(before, add) == (after, "")


def test_an_option_goes_behind_any_word_asked_for() -> None:
    def add(script):
        command = script.commands[0]
        return add_option(script, command, "-q", command.words[0])

    assert changed("RUN pip install x", add) == ("RUN pip -q install x", "")


REMOVED = [
    ("RUN pip install --no-cache-dir x", ("--no-cache-dir",), "RUN pip install x"),
    ("RUN pip install \\\n  --no-cache-dir \\\n  x", ("--no-cache-dir",), "RUN pip install \\\n  x"),
    ("RUN pip install x --no-cache-dir\nCMD y", ("--no-cache-dir",), "RUN pip install x\nCMD y"),
    ("RUN pip install -r a -i u x", ("-i",), "RUN pip install -r a x"),
    ("RUN pip install -i $U x", ("-i",), "RUN pip install x"),
    ("RUN pip install --index-url=u x", ("--index-url",), "RUN pip install x"),
    ("RUN apk --no-cache add x", ("--no-cache",), "RUN apk add x"),
    ("RUN a --b c", ("--absent",), "RUN a --b c"),
]


@pytest.mark.parametrize(("before", "names", "after"), REMOVED)
def test_an_option_goes_with_its_value(before: str, names: tuple[str, ...], after: str) -> None:
    assert changed(before, lambda s: remove_option(s, s.commands[0], *names)) == (after, "")


@pytest.mark.parametrize(
    ("source", "name", "reason"),
    [
        ("RUN apt-get install -qqy x", "-q", "together with other options in `-qqy`"),
        ("RUN a \\\n  # why\n  --b c", "--b", "a comment stands before `--b`"),
        ("RUN a '", "--b", "not understood"),
    ],
)
def test_an_option_stays_with_a_reason(source: str, name: str, reason: str) -> None:
    def remove(script):
        return remove_option(script, script.commands[0] if script.ok else None, name)

    result, why = changed(source, remove)
    assert result == source
    assert reason in why


REPLACED = [
    ("RUN apt install x", 0, "apt-get", "RUN apt-get install x"),
    ("RUN npm install && b", 1, "ci", "RUN npm ci && b"),
    ("RUN a 'b c' d", 1, "e f", "RUN a 'e f' d"),
    ("RUN a b\\\nc d", 1, "e", "RUN a e d"),
    ("RUN a \"$X\"", 1, "it's", "RUN a 'it'\\''s'"),
    ('RUN ["a", "b"]', 1, "c d", 'RUN ["a", "c d"]'),
]  # fmt: skip


@pytest.mark.parametrize(("before", "index", "value", "after"), REPLACED)
def test_a_word_gets_another_value(before: str, index: int, value: str, after: str) -> None:
    assert changed(before, lambda s: replace_word(s, s.commands[0].words[index], value)) == (after, "")


def test_a_word_with_a_comment_inside_stays() -> None:
    source = "RUN a b\\\n# why\nc"
    assert script_of(source).commands[0].words[1].text == "bc"
    result, why = changed(source, lambda s: replace_word(s, s.commands[0].words[1], "d"))
    assert (result, why) == (source, "a comment stands inside `bc`")


@pytest.mark.parametrize("value", ["#", "a\nb"])
def test_a_value_that_would_not_read_back_is_refused(value: str) -> None:
    source = "RUN a b"
    result, _ = changed(source, lambda s: replace_word(s, s.commands[0].words[1], value))
    assert result in (source, "RUN a '#'")
