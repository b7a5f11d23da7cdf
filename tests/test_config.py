"""The configuration: what it means, and what is said about a wrong one."""

from __future__ import annotations

import json
import re
import tomllib
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jettison.config import Config, Smoke, load_config, parse_size
from jettison.errors import UsageError

FULL = """\
select = ["deps-after-source", "JT101"]
ignore = "JT999"

[build]
dockerfile = "docker/Dockerfile"
target = "prod"
args = { VERSION = "1.2", DEBUG = true, N = 3 }

[budget]
size = "60 MB"

[run]
env = { MODE = "demo" }
args = "serve --port 80"
options = ["--network", "shop_default"]

[proof]
scenarios = ["cold", "code-edit"]
repeats = 3
time-budget = 60
ready-timeout = 5.5
structure-tests = ["test/structure.yaml"]
code-edit = "main.go"
dependency-edit = "go.mod"
cache-registry = "127.0.0.1:5000"

[[smoke]]
http = "/health?deep=1"
port = 8080
status = 200
body = "ok"
env = { A = "b" }

[[smoke]]
name = "version"
command = "app --version 'x y'"
exit-code = 0
stdout = ["^1\\\\.2"]
"""


def write(folder: Path, text: str, name: str = "jettison.toml") -> Path:
    (folder / name).write_text(text)
    return folder


def test_nothing_is_configured(tmp_path: Path) -> None:
    assert load_config(tmp_path) == Config()
    assert load_config(tmp_path / "missing") == Config()


def test_every_key(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, FULL))
    assert config == Config(
        path=tmp_path / "jettison.toml",
        select=("deps-after-source", "JT101"),
        ignore=("JT999",),
        dockerfile="docker/Dockerfile",
        target="prod",
        build_args={"VERSION": "1.2", "DEBUG": "true", "N": "3"},
        size_budget=60_000_000,
        env={"MODE": "demo"},
        args=("serve", "--port", "80"),
        run_options=("--network", "shop_default"),
        scenarios=("cold", "code-edit"),
        repeats=3,
        time_budget=60.0,
        ready_timeout=5.5,
        structure_tests=("test/structure.yaml",),
        code_edit="main.go",
        dependency_edit="go.mod",
        cache_registry="127.0.0.1:5000",
        smoke=(
            Smoke(
                name="/health?deep=1",
                http="/health?deep=1",
                port=8080,
                status=200,
                body=("ok",),
                env={"A": "b"},
            ),
            Smoke(name="version", command=("app", "--version", "x y"), exit_code=0, stdout=("^1\\.2",)),
        ),
    )


def test_the_same_in_pyproject(tmp_path: Path) -> None:
    moved = re.sub(r"^(\[+)(\w)", r"\1tool.jettison.\2", FULL, flags=re.M)
    project = write(tmp_path, "[project]\nname = 'x'\n[tool.jettison]\n" + moved, "pyproject.toml")
    shared = load_config(project)
    (tmp_path / "own").mkdir()
    own = load_config(write(tmp_path / "own", FULL))
    assert shared.path == project / "pyproject.toml"
    assert [getattr(shared, f) for f in Config.__slots__[1:]] == [
        getattr(own, f) for f in Config.__slots__[1:]
    ]


def test_jettison_toml_is_taken_first(tmp_path: Path) -> None:
    write(tmp_path, "[tool.jettison.build]\ntarget='shared'\n", "pyproject.toml")
    assert load_config(tmp_path).target == "shared"
    write(tmp_path, "[build]\ntarget='own'\n")
    assert load_config(tmp_path).target == "own"


@pytest.mark.parametrize(
    "text", ["[project]\nname='x'\n", "[project]\nname='jettison'\n", "[tool.jettison]\n"]
)
def test_a_pyproject_without_us_is_no_configuration(tmp_path: Path, text: str) -> None:
    assert load_config(write(tmp_path, text, "pyproject.toml")) == Config()


WRONG = [
    # text, line, part of the message, part of the hint
    ("selct = []", 1, "unknown key 'selct' in the top level", "did you mean 'select'?"),
    ("[build]\n# c\n\ntagret = 'x'", 4, "unknown key 'tagret' in [build]", "did you mean 'target'?"),
    ("[biuld]\ntarget = 'x'", 1, "unknown key 'biuld'", "did you mean 'build'?"),
    ("[proof]\nready_timeout = 3", 2, "unknown key 'ready_timeout'", "did you mean 'ready-timeout'?"),
    ("[budget]\nzzz = 1", 2, "unknown key 'zzz'", "known there: size, time"),
    ("select = 3", 1, "select has to be a string or a list of strings", ""),
    ("[build]\nargs = [1]", 2, "args has to be a table of strings", ""),
    ('[run]\noptions = ["alpine"]', 2, "options has to be options of docker run, not 'alpine'", ""),
    ("[build]\ntarget='x'\n[build.args]\nA = [1]", 3, "args has to be a table", ""),
    ("build = 3", 1, "build has to be a table: [build]", ""),
    ("[budget]\nsize = 'big'", 2, "size has to be a size such as", ""),
    ("[budget]\ntime = '1 min'", 2, "time has to be a number of seconds above 0", ""),
    ("[budget]\nsize = true", 2, "size has to be a size such as", ""),
    ("[proof]\nrepeats = 0", 2, "repeats has to be a whole number from 1", ""),
    ("[proof]\nrepeats = true", 2, "repeats has to be a whole number", ""),
    ("[proof]\ntime-budget = -1", 2, "number of seconds", ""),
    ("[proof]\nscenarios = ['warm']", 2, "not 'warm'", ""),
    ("[proof]\ncode-edit = '../x'", 2, "inside the project folder", ""),
    ("[proof]\ncode-edit = '/etc/passwd'", 2, "inside the project folder", ""),
    ("[proof]\ncode-edit = 7", 2, "code-edit has to be a string", ""),
    ("[smoke]\nhttp='/'", 1, "two brackets", ""),
    ("[[smoke]]\nname='x'", 1, "needs a command or an http path", ""),
    ("[[smoke]]\nhttp='/'\n[[smoke]]\nhttp='/'\ncommand='x'", 3, "and not both", ""),
    ("[[smoke]]\nhttp='/'\n\n[[smoke]]\nhttp='x'", 5, "begins with /", ""),
    ("[[smoke]]\nhttp='/'\nexit-code = 1", 3, "exit-code has no meaning for an http", ""),
    ("[[smoke]]\ncommand='x'\nstatus = 200", 3, "status has no meaning for a command", ""),
    ("[[smoke]]\nhttp='/'\nstaus = 200", 3, "unknown key 'staus' in [smoke]", "did you mean 'status'?"),
    ("[[smoke]]\nhttp='/'\nbody = '('", 3, "regular expression", ""),
    ('[[smoke]]\ncommand="\'"', 2, "command has to be a command", ""),
    ("smoke = [3]", 1, "smoke has to be a table", ""),
    ("x = ", 1, "not valid TOML", ""),
]


@pytest.mark.parametrize(("text", "line", "message", "hint"), WRONG, ids=[w[2][:40] for w in WRONG])
def test_a_wrong_configuration(tmp_path: Path, text: str, line: int, message: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        load_config(write(tmp_path, text))
    assert message in caught.value.message
    assert hint in caught.value.hint
    assert f"jettison.toml:{line}: " in caught.value.message


def test_the_line_counts_in_pyproject_too(tmp_path: Path) -> None:
    text = "[project]\nname='x'\n[build]\nx=1\n[tool.jettison.build]\ntagret='x'\n"
    with pytest.raises(UsageError, match=r"pyproject\.toml:6: unknown key 'tagret'"):
        load_config(write(tmp_path, text, "pyproject.toml"))


def test_a_folder_in_place_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "jettison.toml").mkdir()
    with pytest.raises(UsageError, match="cannot be read"):
        load_config(tmp_path)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("60 MB", 60_000_000),
        ("60MB", 60_000_000),
        ("1.5 GB", 1_500_000_000),
        ("200 KiB", 204_800),
        ("2g", 2_000_000_000),
        ("1 Mi", 1_048_576),
        ("4096", 4096),
        ("12 B", 12),
        (" 7 kb ", 7000),
        ("", None),
        ("MB", None),
        ("-1 MB", None),
        ("nan", None),
        ("1e400 MB", None),
        ("60 XB", None),
        ("1 iB", None),
        ("6 0 MB", None),
    ],
)
def test_sizes(text: str, size: int | None) -> None:
    assert parse_size(text) == size


keys = st.sampled_from(
    [
        "select",
        "ignore",
        "build",
        "budget",
        "run",
        "proof",
        "smoke",
        "http",
        "command",
        "size",
        "args",
        "env",
        "x",
    ]
)
values = st.recursive(
    st.one_of(st.text("ab/( 1", max_size=5), st.integers(-2, 500), st.booleans(), st.floats(0, 9)),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(keys, inner, max_size=3)),
    max_leaves=6,
)


@given(st.dictionaries(keys, values, max_size=4))
def test_any_toml_is_a_configuration_or_a_usage_error(tables: dict[str, object]) -> None:
    def spelled(value: object) -> str:
        if isinstance(value, dict):
            return "{" + ", ".join(f"{key} = {spelled(each)}" for key, each in value.items()) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(map(spelled, value)) + "]"
        return str(value).lower() if isinstance(value, bool) else json.dumps(value)

    text = "".join(f"{key} = {spelled(value)}\n" for key, value in tables.items())
    tomllib.loads(text)
    with TemporaryDirectory() as folder, suppress(UsageError):
        assert load_config(write(Path(folder), text)).path


@given(st.text())
def test_any_text_is_a_size_or_none(text: str) -> None:
    size = parse_size(text)
    assert size is None or 0 <= size < 2**63
