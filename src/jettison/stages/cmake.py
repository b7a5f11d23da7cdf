"""The programs that a plain CMakeLists.txt makes, read without running anything.

Source: cmake-language(7), cmake-commands(7), cmake(1) of CMake 3.25. Conditions, further folders, packages
other than Threads and own output folders are refused: what they come to is not certain.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from jettison.facts import load
from jettison.stages import Refusal

_COMMAND = re.compile(r"\s*(\w+)\s*\(((?:\"(?:[^\"\\]|\\.)*\"|[^()\"])*)\)", re.S)
_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|([^\s;"]+)')
_CPP = (".cpp", ".cc", ".cxx", ".c++", ".C")
_OPTIONS = re.compile(r"-D(CMAKE_BUILD_TYPE|CMAKE_CXX_STANDARD|CMAKE_INSTALL_PREFIX)(:\w+)?=.*|-G.*|-Wno-dev")


@dataclass(slots=True)
class Lists:
    """What is read of a CMakeLists.txt: names of programs with their sources and libraries, what is
    installed."""

    programs: dict[str, list[str]] = field(default_factory=dict)
    linked: dict[str, list[str]] = field(default_factory=dict)
    archives: dict[str, list[str]] = field(default_factory=dict)
    """Static libraries of its own, with their sources."""
    installed: dict[str, str] = field(default_factory=dict)
    """Program -> folder below the prefix."""
    variables: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Configured:
    """One `cmake` that prepares a build: its folder and where `install` puts things."""

    lists: Lists
    folder: str
    prefix: str

    def built(self) -> Iterator[str]:
        """Shell text that names every program which building makes, and the libraries it is linked to."""
        for name, sources in self.lists.programs.items():
            own, libraries = self._linked(name)
            every = [*sources, *(source for each in own for source in self.lists.archives[each])]
            compiler = "g++" if any(source.endswith(_CPP) for source in every) else "gcc"
            flags = "".join(f" -l{each}" for each in libraries)
            yield f"{compiler} -o {posixpath.join(self.folder, name)}{flags}"

    def _linked(self, name: str) -> tuple[list[str], list[str]]:
        """The archives of its own and the libraries of the system that a program is linked to."""
        own: list[str] = []
        system: list[str] = []
        todo = [*self.lists.linked.get(name, ())]
        while todo:
            each = todo.pop()
            if each not in self.lists.archives:
                system.append(each)
            elif each not in own:
                own.append(each)
                todo += self.lists.linked.get(each, ())
        return own, sorted(set(system))

    def installs(self, prefix: str = "") -> Iterator[str]:
        """Shell text that puts the programs where installing puts them."""
        for name, folder in self.lists.installed.items():
            place = posixpath.join(prefix or self.prefix, folder, name)
            yield f"install {posixpath.join(self.folder, name)} {place}"


def read_lists(text: str) -> Lists:
    """What a CMakeLists.txt says; raises Refusal for what is more than plain."""
    made = Lists()
    text = re.sub(r"(?m)#[^\n]*", "", text)
    at = 0
    while found := _COMMAND.match(text, at):
        at = found.end()
        _read(made, found[1].lower(), [a or b for a, b in _WORD.findall(found[2])])
    if text[at:].strip():
        raise Refusal("the CMakeLists.txt is not understood")
    if not made.programs:
        raise Refusal("the CMakeLists.txt makes no program")
    return made


def configured(words: list[str], workdir: str) -> tuple[str, str, str] | None:
    """Folder of the sources, of the build, and prefix of a `cmake` that prepares a build; else None."""
    source, build, prefix = "", "", "/usr/local"
    rest = iter(words)
    for word in rest:
        if word in ("--build", "--install", "-E", "-P", "--version"):
            return None
        if word in ("-S", "-B", "-G"):
            value = next(rest, "")
            source, build = (value, build) if word == "-S" else (source, value if word == "-B" else build)
        elif word.startswith(("-S", "-B")):
            source, build = (word[2:], build) if word[1] == "S" else (source, word[2:])
        elif word.startswith("-"):
            if not _OPTIONS.fullmatch(word):
                raise Refusal(f"what cmake makes of {word} is not certain")
            if "INSTALL_PREFIX" in word:
                prefix = word.partition("=")[2]
        else:
            source = word
    place = posixpath.normpath(posixpath.join(workdir, source or "."))
    return place, posixpath.normpath(posixpath.join(workdir, build or ".")), prefix


def _read(made: Lists, name: str, words: list[str]) -> None:
    facts = load("native")["cmake"]
    words = [each for word in words for each in _expanded(made, word).split(";") if each]
    match name:
        case "add_executable":
            if len(words) < 2 or words[1] in ("IMPORTED", "ALIAS"):
                raise Refusal("the CMakeLists.txt names a program that it does not make")
            made.programs[words[0]] = words[1:]
        case "add_library":
            if len(words) < 2 or words[1] in ("SHARED", "MODULE", "INTERFACE", "IMPORTED", "ALIAS", "OBJECT"):
                raise Refusal("the CMakeLists.txt makes a library that the program may load")
            made.archives[words[0]] = words[1:]
        case "target_link_libraries":
            _link(made, words[0], [word for word in words[1:] if word not in facts["scopes"]])
        case "set":
            if words and words[0] in facts["refused_variables"]:
                raise Refusal(f"the CMakeLists.txt sets {words[0]}")
            made.variables.update({words[0]: ";".join(words[1:])} if words else {})
        case "file":
            if len(words) < 3 or words[0] not in ("GLOB", "GLOB_RECURSE"):
                raise Refusal("the CMakeLists.txt calls file() for more than a list of sources")
            made.variables[words[1]] = ";".join(words[2:])
        case "find_package":
            if words[:1] != ["Threads"]:
                raise Refusal(f"the CMakeLists.txt needs the package {words[0] if words else '?'}")
        case "install":
            _install(made, words)
        case _ if name not in facts["harmless"]:
            raise Refusal(f"the CMakeLists.txt calls {name}()")


def _link(made: Lists, target: str, libraries: list[str]) -> None:
    for library in libraries:
        if library in ("Threads::Threads", "-pthread"):
            made.linked.setdefault(target, []).append("pthread")
        else:
            made.linked.setdefault(target, []).append(library.removeprefix("-l"))


def _install(made: Lists, words: list[str]) -> None:
    if words[:1] != ["TARGETS"]:
        raise Refusal("the CMakeLists.txt installs more than programs")
    given = [word for word in words[1:] if word not in ("RUNTIME", "COMPONENT")]
    folder = "bin"
    if "DESTINATION" in given:
        at = given.index("DESTINATION")
        folder = "".join(given[at + 1 : at + 2])
        given = given[:at]
    if not folder or "$" in folder or any(name not in made.programs for name in given):
        raise Refusal("what the CMakeLists.txt installs is not certain")
    made.installed.update(dict.fromkeys(given, folder))


def _expanded(made: Lists, word: str) -> str:
    known = {"CMAKE_DL_LIBS": "dl", "CMAKE_THREAD_LIBS_INIT": "pthread", "CMAKE_INSTALL_BINDIR": "bin"}
    return re.sub(r"\$\{(\w+)\}", lambda m: made.variables.get(m[1], known.get(m[1], m[0])), word)
