"""Tests written for container-structure-test (schema 2.0.0), run without it and without a shell."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from stat import S_IFDIR, S_IFLNK, S_IFREG, filemode
from typing import Any, NamedTuple

from jettison.build import Workbench
from jettison.errors import CannotRun, UsageError
from jettison.image import Entry, Image, Tree

Read = Callable[[str], bytes | None]
"""The content of a file in the image; None when there is none."""

_SECTIONS = ("commandTests", "fileExistenceTests", "fileContentTests", "metadataTest")
_UNSUPPORTED = {"setup": "setup commands", "teardown": "teardown commands"}


class StructureTest(NamedTuple):
    """One test of a file: `kind` is the section it stands in."""

    name: str
    kind: str
    data: Mapping[str, Any]
    env: Mapping[str, str]


class Outcome(NamedTuple):
    """How a test went: `problems` empty when it passed, `skipped` why it was not run."""

    test: StructureTest
    problems: tuple[str, ...] = ()
    skipped: str = ""


def load_tests(path: Path) -> tuple[StructureTest, ...]:
    """The tests of a YAML or JSON file. Raises UsageError when it cannot be read or is no such file."""
    try:
        text = path.read_text("utf-8")
    except OSError as problem:
        raise UsageError(f"{path}: cannot be read: {problem.strerror}") from None
    data = _parse(path, text)
    if not isinstance(data, dict) or "schemaVersion" not in data:
        raise UsageError(f"{path}: not a container-structure-test file", "it needs schemaVersion: 2.0.0")
    if str(data["schemaVersion"]) != "2.0.0":
        raise UsageError(f"{path}: schemaVersion {data['schemaVersion']} is not supported", "write 2.0.0")
    env = _variables(data.get("globalEnvVars"))
    tests: list[StructureTest] = []
    for kind in _SECTIONS:
        section = data.get(kind) or []
        for row in [section] if isinstance(section, dict) else section:
            if not isinstance(row, dict):
                raise UsageError(f"{path}: {kind} holds something that is no test")
            name = str(row.get("name") or ("metadata" if kind == "metadataTest" else kind))
            tests.append(StructureTest(name, kind, row, env))
    return tuple(tests)


def run_tests(
    tests: Iterable[StructureTest], bench: Workbench, name: str, image: Image, read: Read, timeout: float
) -> Iterator[Outcome]:
    """Run every test on the image built under `name`; commands are started directly, not through a shell."""
    tree = image.tree()
    for test in tests:
        if skip := next((what for key, what in _UNSUPPORTED.items() if test.data.get(key)), ""):
            yield Outcome(test, skipped=f"{skip} are not supported")
        elif test.kind == "commandTests":
            yield Outcome(test, tuple(_command(test, bench, name, image, timeout)))
        elif test.kind == "fileExistenceTests":
            yield Outcome(test, tuple(_existence(test.data, tree)))
        elif test.kind == "fileContentTests":
            yield Outcome(test, tuple(_content(test.data, read)))
        else:
            yield Outcome(test, tuple(_metadata(test.data, image)))


def _parse(path: Path, text: str) -> Any:
    if path.suffix == ".json":
        import json

        try:
            return json.loads(text)
        except ValueError as problem:
            raise UsageError(f"{path}: not valid JSON: {problem}") from None
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as problem:
        raise UsageError(f"{path}: not valid YAML: {problem}") from None


def _command(test: StructureTest, bench: Workbench, name: str, image: Image, timeout: float) -> Iterator[str]:
    data = test.data
    own = dict(str(each).partition("=")[::2] for each in image.run_config.get("Env") or ())
    wanted = {**test.env, **_variables(data.get("envVars"))}
    env = {key: _substitute(value, own) for key, value in wanted.items()}
    words = [str(data.get("command", "")), *map(str, data.get("args") or ())]
    try:
        container = bench.start(name, entrypoint=words[:1], command=words[1:], env=env, ports=())
    except CannotRun as problem:
        yield f"{words[0]} cannot be started: {problem.message}"
        return
    try:
        code = container.wait(timeout)
        out, err = (stream.decode("utf-8", "replace") for stream in container.logs())
    finally:
        container.remove()
    if code is None:
        yield f"it did not end within {timeout:.0f} s"
    elif code != data.get("exitCode", 0):
        yield f"exit code {code}, expected {data.get('exitCode', 0)}"
    yield from _matches("stdout", out, data.get("expectedOutput"), data.get("excludedOutput"))
    yield from _matches("stderr", err, data.get("expectedError"), data.get("excludedError"))


def _existence(data: Mapping[str, Any], tree: Tree) -> Iterator[str]:
    path = "/" + str(data.get("path", "")).strip("/")
    entry = tree.get(path) or (Entry("directory", 0o755, 0, 0, 0, "", "", ()) if path == "/" else None)
    wanted = bool(data.get("shouldExist", True))
    if (entry is not None) != wanted:
        yield f"{path} {'exists' if entry else 'does not exist'}"
    if entry is None or not wanted:
        return
    kinds = {"directory": S_IFDIR, "link": S_IFLNK}
    shown = filemode(kinds.get(entry.kind, S_IFREG) | entry.mode)
    if data.get("permissions") and _letters(shown) != _letters(str(data["permissions"])):
        yield f"{path} has permissions {shown}, expected {data['permissions']}"
    for key, have in (("uid", entry.uid), ("gid", entry.gid)):
        if data.get(key) is not None and have != data[key]:
            yield f"{path} has {key} {have}, expected {data[key]}"
    bits = {"owner": 0o100, "group": 0o010, "other": 0o001, "any": 0o111}
    who = str(data.get("isExecutableBy") or "")
    if who and not entry.mode & bits.get(who, 0):
        yield f"{path} is not executable by {who}"


def _letters(permissions: str) -> str:
    """Go writes a symbolic link's kind in upper case, and puts setuid and the like before the rest."""
    return permissions[-9:]


def _content(data: Mapping[str, Any], read: Read) -> Iterator[str]:
    path = str(data.get("path", ""))
    content = read(path)
    if content is None:
        yield f"{path} cannot be read"
        return
    text = content.decode("utf-8", "replace")
    yield from _matches(path, text, data.get("expectedContents"), data.get("excludedContents"))


def _matches(what: str, text: str, expected: Any, excluded: Any) -> Iterator[str]:
    for pattern in map(str, expected or ()):
        if not _search(pattern, text):
            yield f"{what} has no match for {pattern!r}"
    for pattern in map(str, excluded or ()):
        if _search(pattern, text):
            yield f"{what} has a match for {pattern!r}, which is excluded"


def _metadata(data: Mapping[str, Any], image: Image) -> Iterator[str]:
    config = image.run_config
    env = dict(str(each).partition("=")[::2] for each in config.get("Env") or ())
    for section, have in (("envVars", env), ("labels", dict(config.get("Labels") or {}))):
        for row in data.get(section) or ():
            key, value = str(row.get("key")), str(row.get("value", ""))
            fits = _search(value, have.get(key, "")) if row.get("isRegex") else have.get(key) == value
            if key not in have or not fits:
                yield f"{section}: {key} is {have.get(key)!r}, expected {value!r}"
    for row in data.get("unboundEnvVars") or ():
        if row.get("key") in env:
            yield f"{row.get('key')} is set"
    for section, field in (("entrypoint", "Entrypoint"), ("cmd", "Cmd")):
        if data.get(section) is not None and list(data[section]) != list(config.get(field) or ()):
            yield f"{section} is {config.get(field)}, expected {data[section]}"
    yield from _sets(data, config)
    for section, field in (("workdir", "WorkingDir"), ("user", "User")):
        if data.get(section) is not None and str(data[section]) != str(config.get(field) or ""):
            yield f"{section} is {config.get(field) or ''!r}, expected {data[section]!r}"


def _sets(data: Mapping[str, Any], config: Mapping[str, Any]) -> Iterator[str]:
    ports = {port.removesuffix("/tcp") for port in config.get("ExposedPorts") or ()}
    volumes = set(config.get("Volumes") or ())
    for section, have, wanted in (
        ("exposedPorts", ports, True),
        ("unexposedPorts", ports, False),
        ("volumes", volumes, True),
        ("unmountedVolumes", volumes, False),
    ):
        for each in data.get(section) or ():
            if (str(each).removesuffix("/tcp") in have) != wanted:
                yield f"{section}: {each} is {'missing' if wanted else 'there'}"


def _variables(rows: Any) -> dict[str, str]:
    return {
        str(row["key"]): str(row.get("value", ""))
        for row in rows or ()
        if isinstance(row, dict) and "key" in row
    }


def _substitute(value: str, env: Mapping[str, str]) -> str:
    return re.sub(r"\$\{?(\w+)\}?", lambda found: env.get(found[1], ""), value)


def _search(pattern: str, text: str) -> bool:
    try:
        return re.search(pattern, text) is not None
    except re.error:
        return pattern in text
