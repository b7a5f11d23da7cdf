"""What the tools of a JDK leave: the folder of `javac`, the archive of `jar`, the runtime of `jlink`.

Source: javac(1), jar(1), jlink(1) and java(1) of JDK 21.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from jettison.facts import load
from jettison.stages import Refusal

_PLAIN = re.compile(r"[\w./+\-]+")


class Made(NamedTuple):
    """An absolute path and what is there: `classes` (a folder), `jar` (a file) or `runtime` (a folder).

    `argument` is the manifest of a jar and the modules of a runtime, "" without.
    """

    kind: str
    path: str
    argument: str = ""


class Launch(NamedTuple):
    """How Java is started: the program, and the jar or the folders and jars it loads classes from."""

    java: str
    jar: str
    entries: tuple[str, ...]


def made_by(words: Sequence[str], workdir: str) -> Iterator[Made]:
    """What a command makes in this folder; raises Refusal where that is not certain.

    A word that only the shell can know is given as it is written.
    """
    if words[0] == "javac":
        yield from _javac(words[1:], workdir)
    elif words[0] == "jar":
        yield _jar(words[1:], workdir)
    else:
        yield _jlink(words[1:], workdir)


def read_launch(argv: Sequence[str], workdir: str) -> Launch:
    """What a start of Java loads; raises Refusal for options that load more than classes."""
    facts = load("managed")["java"]["launch"]
    path, rest = "", iter(argv[1:])
    for word in rest:
        name, equals, value = word.partition("=")
        if word.startswith(tuple(facts["agents"])):
            raise Refusal(f"it starts with {word}, which a JRE may not have")
        if word == "-jar":
            return Launch(argv[0], _place(next(rest, ""), workdir), ())
        if name in facts["paths"]:
            path = ":".join(each for each in (path, value if equals else next(rest, "")) if each)
        elif word in facts["valued"]:
            next(rest, "")
        elif word in ("-m", "--module") or not word.startswith("-"):
            main = next(rest, "") if word in ("-m", "--module") else word
            if main.endswith(".java"):
                raise Refusal(f"it starts {main}, which compiles at every start: compile it while building")
            entries = (entry.removesuffix("/*") for entry in (path or ".").split(":"))
            return Launch(argv[0], "", tuple(dict.fromkeys(_place(e or ".", workdir) for e in entries)))
        elif not word.startswith(tuple(facts["options"])):
            raise Refusal(f"what {word} makes of its start is not certain")
    raise Refusal("it starts Java without a class or a jar")


def _place(text: str, workdir: str) -> str:
    if not _PLAIN.fullmatch(text):
        raise Refusal(f"which file or folder {text or 'nothing'} is, is not certain")
    return posixpath.normpath(posixpath.join(workdir, text))


def _javac(words: Sequence[str], workdir: str) -> Iterator[Made]:
    facts = load("managed")["java"]["javac"]
    folder, sources, rest = "", [], iter(words)
    for word in rest:
        if word == "-d":
            folder = _place(next(rest, ""), workdir)
        elif word in facts["valued"]:
            next(rest, "")
        elif word.startswith("-") and not word.startswith(tuple(facts["options"])):
            raise Refusal(f"what javac makes of {word} is not certain")
        elif not word.startswith("-"):
            sources.append(word)
    if folder:
        yield Made("classes", folder)
        return
    for source in sources:
        beside = posixpath.dirname(re.split(r"[*?\[{]", source)[0]) or "."
        if source[0] in "@$`" or not source.endswith(".java"):
            raise Refusal(f"where javac puts the classes of {source} is not certain without `-d`")
        yield Made("classes", _place(beside, workdir))


def _jar(words: Sequence[str], workdir: str) -> Made:
    """The archive of a `jar` that creates one, in its short or its long form."""
    given: dict[str, str] = {}
    rest = iter(words)
    letters = next(rest, "")
    if not letters.startswith("--"):
        for letter in letters.lstrip("-"):
            given[letter] = next(rest, "") if letter in "fme" else "yes"
    for word in words if letters.startswith("--") else rest:
        name, equals, value = word.partition("=")
        letter = {"--create": "c", "--file": "f", "--manifest": "m", "--main-class": "e"}.get(name, "")
        short = len(name) == 2 and name[1] in "cfme" and name[0] == "-"
        if letter or short:
            letter = letter or name[1]
            given[letter] = value if equals else _after(words, word)
    if "c" not in given or "f" not in given:
        raise Refusal("what `jar` leaves is certain only when it creates a file")
    return Made("jar", _place(given["f"], workdir), given.get("m", ""))


def _jlink(words: Sequence[str], workdir: str) -> Made:
    given = {"--output": "", "--add-modules": ""}
    for word in words:
        name, equals, value = word.partition("=")
        if name in given:
            given[name] = value if equals else _after(words, word)
    if not given["--add-modules"] or "$" in given["--add-modules"] or "`" in given["--add-modules"]:
        raise Refusal("which modules `jlink` takes is not certain")
    return Made("runtime", _place(given["--output"], workdir), given["--add-modules"])


def _after(words: Sequence[str], word: str) -> str:
    at = list(words).index(word) + 1
    return words[at] if at < len(words) else ""
