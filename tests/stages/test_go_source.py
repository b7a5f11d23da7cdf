"""What a Go program needs at run time, by its source."""

from pathlib import Path

import pytest

from jettison.context import read_context
from jettison.stages.go_source import GoModule, read_module, read_sources


def sources(tmp_path: Path, files: dict[str, str], requires: tuple[str, ...] = ()):
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return read_sources(read_context(tmp_path, None), "", GoModule("example.com/m", requires, ()))


def test_go_mod():
    text = """module example.com/hello/v2 // the second

go 1.22

require golang.org/x/text v0.14.0
require (
\tgithub.com/mattn/go-sqlite3 v1.14.22 // indirect
)

replace example.com/lib => ../lib
replace (
\texample.com/other v1.0.0 => example.com/fork v1.0.1
)
"""
    module = read_module(text)
    assert module.path == "example.com/hello/v2"
    assert module.name == "hello"
    assert module.requires == ("golang.org/x/text", "github.com/mattn/go-sqlite3")
    assert module.local_replaces == ("../lib",)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ('import "C"', "cgo"),
        ('import (\n\t"fmt"\n\t"C"\n)', "cgo"),
        ('import "plugin"', "plugin"),
        ('import "os/exec"', "programs"),
        ('import (\n\texec "os/exec"\n)', "programs"),
        ("func f() { syscall.Exec(a, b, c) }", "programs"),
        ("func f() { os.WriteFile(a, b, c) }", "writes"),
        ("func f() { os.MkdirAll(a, 0o755) }", "writes"),
        ("func f() { http.FileServer(http.Dir(`.`)) }", "own_folder"),
        ('func f() { os.ReadDir("./") }', "own_folder"),
        ("func f() { os.Executable() }", "own_folder"),
    ],
)
def test_what_is_found(tmp_path, text, field):
    found = sources(tmp_path, {"main.go": f"package main\n\n{text}\n"})
    assert getattr(found, field)
    others = {"cgo", "plugin", "programs", "writes", "own_folder"} - {field}
    assert not any(getattr(found, other) for other in others)


@pytest.mark.parametrize(
    "files",
    [
        {"main_test.go": 'package main\nimport "os/exec"'},
        {"testdata/x.go": 'package x\nimport "C"'},
        {"_old/x.go": 'package x\nimport "C"'},
        {"main.go": 'package main\n// import "C"\nvar s = "import \\"os/exec\\""'},
        {"main.go": 'package main\nvar s = `\nimport "C"\n`'},
    ],
)
def test_what_does_not_count(tmp_path, files):
    found = sources(tmp_path, files)
    assert (found.cgo, found.programs, found.plugin) == ("", "", "")


def test_modules_that_need_c(tmp_path):
    found = sources(tmp_path, {"main.go": "package main"}, ("github.com/mattn/go-sqlite3",))
    assert found.cgo == "github.com/mattn/go-sqlite3 needs C"
    assert not sources(tmp_path, {"main.go": "package main"}, ("github.com/mattn/go-isatty",)).cgo


def test_literals_without_comments_and_runes(tmp_path):
    text = 'package main\n// "no"\nvar a, b, c, d = "x/y", `raw"`, \'"\', "last" /* "neither" */\n'
    assert sources(tmp_path, {"main.go": text}).literals == {"x/y", 'raw"', "last"}


def test_vendored_code_may_start_programs(tmp_path):
    files = {"main.go": "package main", "vendor/x/x.go": 'package x\nimport "os/exec"'}
    assert sources(tmp_path, files).programs == ""
    assert sources(tmp_path, {"vendor/y/y.go": 'package y\nimport "C"'}).cgo == 'vendor/y/y.go imports "C"'
