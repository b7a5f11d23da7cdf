"""What a Go program needs at run time, read off its source: cgo, other programs, files it opens, files it
writes.

Only string literals and imports are looked at. The answer errs towards "needs more": a wrong "needs" costs a
refusal or a few bytes, a wrong "does not need" would break somebody's image.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jettison.facts import load

if TYPE_CHECKING:
    from jettison.context import Context

_TOKEN = re.compile(
    r"""//[^\n]*|/\*.*?\*/|'(?:\\.|[^'\\\n])+'|"((?:\\.|[^"\\\n])*)"|`([^`]*)`""",
    re.S,
)
_IMPORT = re.compile(r"^import\s*(?:\((.*?)^\s*\)|([^\n]*))", re.S | re.M)
_MOST_BYTES = 32_000_000


@dataclass(frozen=True, slots=True)
class GoSource:
    """What the non-test .go files of a module say.

    `imports` are those of the module's own files. `cgo` names why the C toolchain takes part, "" when it does
    not. `programs` is the file that starts other programs, `writes` the file that creates files. `literals`
    are the string literals of the module's own files. `complete` is false when the sources were too large to
    read whole.
    """

    cgo: str = ""
    plugin: str = ""
    programs: str = ""
    writes: str = ""
    own_folder: str = ""
    literals: frozenset[str] = frozenset()
    complete: bool = True
    imports: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class GoModule:
    """A go.mod: the module's path, whether it requires anything, and the local folders it replaces modules
    by."""

    path: str
    requires: tuple[str, ...]
    local_replaces: tuple[str, ...]

    @property
    def name(self) -> str:
        """What `go build` calls the program of the module's root: the path's last element that is no
        version."""
        last = [part for part in self.path.split("/") if part]
        if len(last) > 1 and re.fullmatch(r"v[0-9]+", last[-1]):
            last.pop()
        return last[-1] if last else ""


def read_module(text: str) -> GoModule:
    """Read a go.mod; see go.dev/ref/mod#go-mod-file."""
    path, requires, replaces = "", [], []
    block = ""
    for raw in text.splitlines():
        line = raw.partition("//")[0].strip()
        if line.endswith("("):
            block = line[:-1].strip()
            continue
        if line == ")":
            block = ""
            continue
        verb, _, rest = (f"{block} {line}" if block else line).partition(" ")
        rest = rest.strip()
        if verb == "module":
            path = rest.strip('"`')
        elif verb == "require" and rest:
            requires.append(rest.split()[0].strip('"`'))
        elif verb == "replace":
            target = rest.partition("=>")[2].split()
            if target and target[0].startswith((".", "/")):
                replaces.append(target[0])
    return GoModule(path, tuple(requires), tuple(replaces))


def read_sources(context: Context, folder: str, module: GoModule) -> GoSource:
    """What the module in `folder` of the context ("" for its root) needs, by its non-test .go files."""
    cgo = next((f"{path} needs C" for path in module.requires if _needs_c(path)), "")
    plugin = programs = writes = own_folder = ""
    literals: set[str] = set()
    imported: set[str] = set()
    budget = _MOST_BYTES
    for path in _go_files(context, folder):
        text = context.read(path).decode("utf-8", "replace")
        budget -= len(text)
        if budget < 0:
            return GoSource(complete=False)
        imports = _imports(text)
        if "C" in imports:
            cgo = cgo or f'{path} imports "C"'
        if "plugin" in imports:
            plugin = plugin or path
        if "/vendor/" in f"/{path}":
            continue
        imported |= imports
        if "os/exec" in imports or "syscall.Exec(" in text or "os.StartProcess(" in text:
            programs = programs or path
        if _WRITES.search(text):
            writes = writes or path
        if _OWN_FOLDER.search(text):
            own_folder = own_folder or path
        literals.update(_strings(text))
    return GoSource(
        cgo, plugin, programs, writes, own_folder, frozenset(literals), imports=frozenset(imported)
    )


_RAW = re.compile(r"`[^`\n]*\n[^`]*`")
_OWN_FOLDER = re.compile(
    r"""\b(?:http\.Dir|os\.DirFS|os\.ReadDir|ioutil\.ReadDir|filepath\.Walk(?:Dir)?)\(\s*["`]\.?/?["`]|os\.Executable\("""
)
_WRITES = re.compile(
    r"\b(?:os|ioutil)\.(?:Create|CreateTemp|WriteFile|OpenFile|Mkdir|MkdirAll|MkdirTemp|Rename|Chmod|TempFile)\("
)


def _needs_c(module: str) -> bool:
    return any(module == row or module.startswith(row + "/") for row in load("go")["cgo_modules"])


def _go_files(context: Context, folder: str) -> Iterator[str]:
    prefix = f"{folder}/" if folder else ""
    for file in context.files:
        path = file.path
        if path.endswith(".go") and path.startswith(prefix) and not path.endswith("_test.go"):
            inside = path[len(prefix) :].split("/")
            if not any(part == "testdata" or part.startswith((".", "_")) for part in inside):
                yield path


def _imports(text: str) -> frozenset[str]:
    found: set[str] = set()
    text = _RAW.sub("``", text)
    for match in _IMPORT.finditer(text):
        found.update(_strings(match[1] or match[2] or ""))
    return frozenset(found)


def _strings(text: str) -> Iterator[str]:
    for match in _TOKEN.finditer(text):
        value = match[1] if match[1] is not None else match[2]
        if value:
            yield value
