"""The configuration: one optional `jettison.toml`, or `[tool.jettison]` in pyproject.toml."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from jettison.errors import UsageError

SCENARIOS = ("cold", "unchanged", "code-edit", "dependency-edit", "ci", "ci-cache")
"""What a proof measures unless told otherwise."""

OPTIONAL_SCENARIOS = ("ci-cache-edit",)
"""Measured only when `[proof] scenarios` names them: they cost two further nearly cold builds."""


@dataclass(frozen=True, slots=True)
class Smoke:
    """One smoke test: a `command` that is run and ends, or an `http` request to a running container.

    What is not expected here (status, body, exit code, ...) still has to be equal before and after.
    """

    name: str
    command: tuple[str, ...] | None = None
    """Takes the place of CMD, as the words after the image in `docker run`."""
    entrypoint: tuple[str, ...] | None = None
    http: str = ""
    """Path and query, beginning with `/`; empty for a command."""
    port: int | None = None
    """None: the one port that the image exposes or listens on."""
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    send: str = ""
    status: int | None = None
    body: tuple[str, ...] = ()
    """Regular expressions that have to be found; so are `stdout` and `stderr`."""
    exit_code: int | None = None
    stdout: tuple[str, ...] = ()
    stderr: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    args: tuple[str, ...] | None = None
    """For http: what takes the place of CMD."""
    timeout: float | None = None
    """Seconds until it has to answer or end; None: `[proof] ready-timeout`."""


@dataclass(frozen=True, slots=True)
class Config:
    """What the user asked for. `path` is the file it stands in, None when there is none."""

    path: Path | None = None
    select: tuple[str, ...] = ()
    """Rules to run; empty: those on by default."""
    ignore: tuple[str, ...] = ()
    dockerfile: str = ""
    """Path from the project folder; empty: `Dockerfile`."""
    target: str = ""
    build_args: Mapping[str, str] = field(default_factory=dict)
    size_budget: int | None = None
    """Most uncompressed bytes that the image may have."""
    build_budget: float | None = None
    """Most seconds that a build in CI may take, and a rebuild after a code edit in a proof."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Environment that the image needs to start at all; every smoke test gets it."""
    args: tuple[str, ...] | None = None
    """What takes the place of CMD when the image is started without a smoke test of its own."""
    run_options: tuple[str, ...] = ()
    """Further words for `docker run`: networks, volumes and what else the image needs to start at all."""
    smoke: tuple[Smoke, ...] = ()
    structure_tests: tuple[str, ...] = ()
    """container-structure-test files, as paths from the project folder."""
    scenarios: tuple[str, ...] = SCENARIOS
    repeats: int = 2
    time_budget: float = 150.0
    """Seconds; measurements are repeated only while the proof is younger than this."""
    ready_timeout: float = 30.0
    code_edit: str = ""
    """File, from the project folder, that takes the code edit; empty: chosen by the ecosystem."""
    dependency_edit: str = ""
    cache_registry: str = ""
    """host:port of a registry for the CI cache; empty: the environment, else a local folder."""


def load_config(folder: Path) -> Config:
    """The configuration of a project folder; the defaults when it has none.

    `jettison.toml` is taken before `[tool.jettison]`. Raises UsageError, with file and line, for TOML that
    does not parse, for a key that does not exist (naming the nearest) and for a value of the wrong type.
    """
    own, shared = folder / "jettison.toml", folder / "pyproject.toml"
    for path, prefix in ((own, ""), (shared, "tool.jettison")):
        try:
            data = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as problem:
            raise UsageError(f"{path}: cannot be read: {problem.strerror}") from None
        if not prefix or b"jettison" in data:
            return _Reader(path, data, prefix).config()
    return Config()


def parse_size(text: str) -> int | None:
    """Bytes of `60 MB`, `1.5GB`, `200 KiB` or `4096`; None when it is no size. 1 MB is 1,000,000 bytes."""
    digits = text.strip().rstrip("BbiKkMmGgTt ")
    unit = text.strip()[len(digits) :].strip().lower().removesuffix("b")
    base, letter = (1024, unit[:-1]) if unit.endswith("i") else (1000, unit)
    if letter not in _POWERS or (base == 1024 and not letter):
        return None
    try:
        size = float(digits) * base ** _POWERS[letter]
    except ValueError:
        return None
    return int(size) if 0 <= size < 2**63 else None


_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
Convert = Callable[[Any], Any]


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a string")
    return value


def _strings(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise TypeError("a string or a list of strings")
    return tuple(value)


def _words(value: Any) -> tuple[str, ...]:
    import shlex

    try:
        return tuple(shlex.split(value)) if isinstance(value, str) else _strings(value)
    except ValueError as problem:
        raise TypeError(f"a command ({problem})") from None


def _table(value: Any) -> dict[str, str]:
    scalars = (str, int, float)
    if not isinstance(value, dict) or not all(isinstance(item, scalars) for item in value.values()):
        raise TypeError("a table of strings")
    return {key: str(item).lower() if isinstance(item, bool) else str(item) for key, item in value.items()}


def _whole(least: int, most: int) -> Convert:
    def convert(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise TypeError(f"a whole number from {least} to {most}")
        return value

    return convert


def _options(value: Any) -> tuple[str, ...]:
    words = _words(value)
    if words and not words[0].startswith("-"):
        raise TypeError(f"options of docker run, not {words[0]!r}")
    return words


def _seconds(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e6:
        raise TypeError("a number of seconds above 0")
    return float(value)


def _size(value: Any) -> int:
    size = parse_size(str(value)) if isinstance(value, str | int) and not isinstance(value, bool) else None
    if size is None:
        raise TypeError('a size such as "60 MB"')
    return size


def _path(value: Any) -> str:
    text = _string(value)
    if text.startswith("/") or ".." in text.split("/"):
        raise TypeError("a path inside the project folder")
    return text


def _paths(value: Any) -> tuple[str, ...]:
    return tuple(map(_path, _strings(value)))


def _expressions(value: Any) -> tuple[str, ...]:
    import re

    for text in _strings(value):
        try:
            re.compile(text)
        except re.error as problem:
            raise TypeError(f"a regular expression ({problem} in {text!r})") from None
    return _strings(value)


def _scenario_names(value: Any) -> tuple[str, ...]:
    names = _strings(value)
    known = SCENARIOS + OPTIONAL_SCENARIOS
    if unknown := [name for name in names if name not in known]:
        raise TypeError(f"names among {', '.join(known)}, not {unknown[0]!r}")
    return names


def _http_path(value: Any) -> str:
    text = _string(value)
    if not text.startswith("/") or any(c <= " " or c == "\x7f" for c in text):
        raise TypeError("a path that begins with / and has no blanks")
    return text


# Table, key in it, field of Config (or of Smoke), and what makes a field of the value.
_KEYS: dict[str, dict[str, tuple[str, Convert]]] = {
    "": {"select": ("select", _strings), "ignore": ("ignore", _strings)},
    "build": {
        "dockerfile": ("dockerfile", _path),
        "target": ("target", _string),
        "args": ("build_args", _table),
    },
    "budget": {"size": ("size_budget", _size), "time": ("build_budget", _seconds)},
    "run": {"env": ("env", _table), "args": ("args", _words), "options": ("run_options", _options)},
    "proof": {
        "scenarios": ("scenarios", _scenario_names),
        "repeats": ("repeats", _whole(1, 100)),
        "time-budget": ("time_budget", _seconds),
        "ready-timeout": ("ready_timeout", _seconds),
        "structure-tests": ("structure_tests", _paths),
        "code-edit": ("code_edit", _path),
        "dependency-edit": ("dependency_edit", _path),
        "cache-registry": ("cache_registry", _string),
    },
    "smoke": {
        "name": ("name", _string),
        "command": ("command", _words),
        "entrypoint": ("entrypoint", _words),
        "http": ("http", _http_path),
        "port": ("port", _whole(1, 65535)),
        "method": ("method", _string),
        "headers": ("headers", _table),
        "send": ("send", _string),
        "status": ("status", _whole(100, 599)),
        "body": ("body", _expressions),
        "exit-code": ("exit_code", _whole(0, 255)),
        "stdout": ("stdout", _expressions),
        "stderr": ("stderr", _expressions),
        "env": ("env", _table),
        "args": ("args", _words),
        "timeout": ("timeout", _seconds),
    },
}
_FOR_COMMAND = {"entrypoint", "exit-code", "stdout", "stderr"}
_FOR_HTTP = {"port", "method", "headers", "send", "status", "body", "args"}


class _Reader:
    """One configuration file being read; knows where to point when something is wrong in it."""

    def __init__(self, path: Path, data: bytes, prefix: str) -> None:
        self.path, self.prefix = path, prefix
        self.text = data.decode("utf-8", "replace")

    def config(self) -> Config:
        import re
        import tomllib

        try:
            tables: Any = tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as problem:
            place = re.search(r"at line (\d+)", str(problem))
            line = int(place[1]) if place else max(len(self.text.splitlines()), 1)
            raise UsageError(f"{self.path}:{line}: not valid TOML: {problem}") from None
        for part in self.prefix.split(".") if self.prefix else ():
            tables = tables.get(part, {}) if isinstance(tables, dict) else {}
        if not isinstance(tables, dict):
            self.fail("", "", 0, f"{self.prefix} has to be a table: [{self.prefix}]")
        if self.prefix and not tables:
            return Config()
        names = [*_KEYS[""], *(name for name in _KEYS if name)]
        fields: dict[str, Any] = {"path": self.path}
        for name, value in tables.items():
            if name == "smoke":
                fields["smoke"] = self.smoke_tests(value)
            elif name in _KEYS[""]:
                fields |= self.fields("", {name: value})
            elif name in _KEYS:
                fields |= self.fields(name, value)
            else:
                self.unknown("", name, names, 0)
        return Config(**fields)

    def fields(self, table: str, values: Any, nth: int = 0) -> dict[str, Any]:
        if not isinstance(values, dict):
            self.fail("", table, nth, f"{table} has to be a table: [{table}]")
        made = {}
        for key, value in values.items():
            if key not in _KEYS[table]:
                self.unknown(table, key, list(_KEYS[table]), nth)
            name, convert = _KEYS[table][key]
            try:
                made[name] = convert(value)
            except TypeError as wanted:
                self.fail(table, key, nth, f"{key} has to be {wanted}")
        return made

    def smoke_tests(self, values: Any) -> tuple[Smoke, ...]:
        if not isinstance(values, list):
            self.fail("", "smoke", 0, "smoke tests are written [[smoke]], with two brackets")
        tests = []
        for nth, value in enumerate(values):
            made = self.fields("smoke", value, nth)
            if bool(made.get("command")) == bool(made.get("http")):
                self.fail("smoke", "", nth, "a smoke test needs a command or an http path, and not both")
            wrong = sorted(value.keys() & (_FOR_HTTP if made.get("command") else _FOR_COMMAND))
            if wrong:
                kind = "a command" if made.get("command") else "an http request"
                self.fail("smoke", wrong[0], nth, f"{wrong[0]} has no meaning for {kind}")
            what = made.get("http") or " ".join(made.get("command") or ())
            tests.append(Smoke(**{"name": what, **made}))
        return tuple(tests)

    def unknown(self, table: str, key: str, known: list[str], nth: int) -> NoReturn:
        from difflib import get_close_matches

        near = get_close_matches(key.replace("_", "-"), known, 1, 0.5)
        where = f"[{table}]" if table else "the top level"
        hint = f"did you mean {near[0]!r}?" if near else f"known there: {', '.join(known)}"
        self.fail(table, key, nth, f"unknown key {key!r} in {where}", hint)

    def fail(self, table: str, key: str, nth: int, message: str, hint: str = "") -> NoReturn:
        raise UsageError(f"{self.path}:{self.line(table, key, nth)}: {message}", hint)

    def line(self, table: str, key: str, nth: int) -> int:
        """The line of a key in the nth table of that name; of the table when it is not found, at worst 1."""
        wanted = ".".join(part for part in (self.prefix, table) if part)
        header, seen, best = "", -1, 0
        for number, line in enumerate(self.text.splitlines(), 1):
            words = line.strip()
            if words.startswith("["):
                header = words.strip("[# ").partition("]")[0].replace('"', "").replace(" ", "")
                seen += header == wanted
                if header == wanted and seen == nth:
                    best = number
                if key and header == f"{wanted}.{key}".lstrip(".") and seen in (nth, -1):
                    return number
                continue
            names = [part.strip().strip("\"'") for part in words.partition("=")[0].split(".")]
            full = [*header.split("."), *names] if header else names
            path = wanted.split(".") if wanted else []
            if key and full[: len(path) + 1] == [*path, key] and max(seen, 0) == nth:
                return number
            if path and full[: len(path)] == path and not best:
                best = number
        return best or 1
