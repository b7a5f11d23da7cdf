"""A `go build` or `go install` command taken apart: what it builds and where it puts it."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from jettison.shell import Command
    from jettison.shell.script import ShellWord

_WITH_VALUE = frozenset(
    (
        *(
            "o",
            "p",
            "asmflags",
            "buildmode",
            "buildvcs",
            "C",
            "compiler",
            "covermode",
            "coverpkg",
            "gccgoflags",
        ),
        *(
            "gcflags",
            "installsuffix",
            "ldflags",
            "mod",
            "modfile",
            "overlay",
            "pgo",
            "pkgdir",
            "tags",
            "toolexec",
        ),
    )
)
"""Build flags that take a value, by `go help build`; a value may follow `=` or be the next word."""


class Flag(NamedTuple):
    """One flag without its dashes; `value` is the word that holds the value (the flag's own word with
    `=`)."""

    name: str
    text: str | None
    word: ShellWord
    value: ShellWord | None


class GoBuild(NamedTuple):
    """One command that makes programs. `packages` are its operands as written."""

    command: Command
    verb: str
    flags: tuple[Flag, ...]
    packages: tuple[str, ...]

    def flag(self, name: str) -> Flag | None:
        """The last flag of that name, as Go takes it; None without."""
        return next((flag for flag in reversed(self.flags) if flag.name == name), None)

    def output(self, cwd: str, module: str, gobin: str) -> str | None:
        """The absolute path of the one program it makes, None when that is not certain.

        `cwd` is the absolute folder it runs in, `module` the name of the program of the module's root when
        `cwd` is that root (else ""), `gobin` the folder of `go install`.
        """
        if len(self.packages) > 1 and not all(p.endswith(".go") for p in self.packages):
            return None
        package = self.packages[0] if self.packages else "."
        if "..." in package:
            return None
        name = _program_name(package, cwd, module)
        if self.verb == "install":
            return posixpath.join(gobin, name) if name else None
        out = self.flag("o")
        if out is None:
            return posixpath.join(cwd, name) if name else None
        if not out.text:
            return None
        path = posixpath.normpath(posixpath.join(cwd, out.text))
        if out.text.endswith("/") or out.text in (".", ".."):
            return posixpath.join(path, name) if name else None
        return path


def parse_go(command: Command) -> GoBuild | None:
    """The command as a Go build; None when it is another command or is not all literal where it matters."""
    words = command.words
    if command.name != "go" or len(words) < 2 or words[1].text not in ("build", "install"):
        return None
    flags: list[Flag] = []
    packages: list[str] = []
    at = 2
    while at < len(words):
        word = words[at]
        text = word.text if word.text is not None else word.raw
        at += 1
        if not text.startswith("-") or text == "-":
            packages.append(text)
            continue
        name, equals, value = text.lstrip("-").partition("=")
        if equals:
            flags.append(Flag(name, value if word.text is not None else None, word, word))
        elif name in _WITH_VALUE and at < len(words):
            flags.append(Flag(name, words[at].text, word, words[at]))
            at += 1
        else:
            flags.append(Flag(name, None, word, None))
    return GoBuild(command, str(words[1].text), tuple(flags), tuple(packages))


def _program_name(package: str, cwd: str, module: str) -> str:
    package = package.partition("@")[0]
    if package.endswith(".go"):
        return posixpath.basename(package).removesuffix(".go")
    if posixpath.normpath(package) == ".":
        return module or posixpath.basename(cwd)
    name = posixpath.basename(posixpath.normpath(package))
    return "" if name == ".." else name
