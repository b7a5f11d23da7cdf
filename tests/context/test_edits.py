from __future__ import annotations

import ast
import json
import tomllib
import xml.etree.ElementTree as ElementTree

import pytest
from tests.context.tree import plant

from jettison.context import code_edit, dependency_edit, read_context

GO = {"go.mod": "module x\n\ngo 1.27\n", "main.go": "package main\n\nfunc main() {}\n"}

# The files of a project, and the one that a code edit should touch (None: there is nothing to touch).
PROJECTS: list[tuple[dict[str, str | bytes | None], str | None]] = [
    (GO, "main.go"),
    ({**GO, "main_test.go": "package main\n", "a.go": "package main\n"}, "main.go"),
    ({"go.mod": "", "lib/lib.go": "package lib\n", "cmd/app/run.go": "package main\n"}, "cmd/app/run.go"),
    ({"go.mod": "", "gen.go": "//go:build ignore\n\npackage main\n", "z.go": "package main\n"}, "z.go"),
    ({"go.mod": "", "lib_test.go": "package lib\n"}, None),
    ({**GO, ".dockerignore": "main.go\n"}, None),
    ({"requirements.txt": "flask\n", "tests/test_app.py": "", "shop/views.py": "x = 1"}, "shop/views.py"),
    ({"requirements.txt": "flask\n", "manage.py": "import os\n", "app.py": "import os\n"}, "app.py"),
    (
        {"pyproject.toml": "[project]\n", "setup.py": "1", "src/shop/core.py": "y = 2\r\nz = 1"},
        "src/shop/core.py",
    ),
    ({"package.json": "{}", "webpack.config.js": "1", "src/index.js": "let a"}, "src/index.js"),
    ({"package.json": "{}", "node_modules/x/index.js": "1", "lib/a.js": "2"}, "lib/a.js"),
    ({"Cargo.toml": "[package]\n", "src/main.rs": "fn main() {}\n"}, "src/main.rs"),
    ({"pom.xml": "<project/>\n", "src/main/java/a/B.java": "class B {}\n"}, "src/main/java/a/B.java"),
    (
        {"composer.json": "{}", "index.php": "<?php echo 1 ?>\n<p>x", "src/a.php": "<?php\n$a = 1;\n"},
        "src/a.php",
    ),
    ({"Gemfile": "gem 'rack'\n", "config.ru": "run App\n"}, "config.ru"),
    ({"Shop.csproj": "<Project/>\n", "Program.cs": "return;\n"}, "Program.cs"),
    ({"mix.exs": "1\n", "lib/shop.ex": "1\n"}, "lib/shop.ex"),
    ({"index.html": "<p>x</p>\n", "css/a.css": "a{}\n"}, "index.html"),
    ({"css/a.css": "a{}"}, "css/a.css"),
    ({"notes.txt": "x"}, None),
    ({}, None),
]


@pytest.mark.parametrize(("files", "path"), PROJECTS, ids=lambda value: str(value)[:40])
def test_a_code_edit(tmp_path, files, path):
    context = read_context(plant(tmp_path, files))
    edited = code_edit(context, "first")
    assert (edited and edited[0]) == path
    if edited is not None:
        before = context.read(path)
        assert edited[1].startswith(before)
        assert b"first" in edited[1]
        assert edited[1].endswith(b"\n")
        assert edited == code_edit(context, "first")
        assert edited != code_edit(context, "second")
        assert context.read(path) == before


@pytest.mark.parametrize(
    ("files", "path"),
    [
        (GO, "go.mod"),
        ({"requirements.txt": "flask", "requirements-dev.txt": "pytest\n"}, "requirements.txt"),
        ({"pyproject.toml": "[project]\nname = 'x'\n"}, "pyproject.toml"),
        ({"setup.py": "1\n"}, "setup.py"),
        ({"package.json": '{"name": "x"}\n\n', "package-lock.json": "{}"}, "package.json"),
        ({"composer.json": "{}"}, "composer.json"),
        ({"Cargo.toml": "[package]\n"}, "Cargo.toml"),
        ({"pom.xml": "<project>\n</project>"}, "pom.xml"),
        ({"build.gradle.kts": "plugins {}\r\n"}, "build.gradle.kts"),
        ({"Shop.csproj": "<Project/>\n"}, "Shop.csproj"),
        ({"Gemfile": "gem 'rack'\n"}, "Gemfile"),
        ({"api/go.mod": "module api\n"}, "api/go.mod"),
        ({"index.html": "<p>"}, None),
        ({"package.json": ""}, None),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_dependency_edit(tmp_path, files, path):
    context = read_context(plant(tmp_path, files))
    edited = dependency_edit(context, "first")
    assert (edited and edited[0]) == path
    if edited is None:
        return
    before, after = context.read(path), edited[1]
    assert after != before
    assert edited == dependency_edit(context, "first")
    assert edited != dependency_edit(context, "second")
    if path.endswith(".json"):
        assert json.loads(after) == json.loads(before)
    elif path.endswith(".toml"):
        assert tomllib.loads(after.decode()) == tomllib.loads(before.decode())
    elif path.endswith((".xml", ".csproj")):
        assert ElementTree.tostring(ElementTree.fromstring(after)) == ElementTree.tostring(
            ElementTree.fromstring(before)
        )
    elif path.endswith(".py"):
        assert ast.dump(ast.parse(after)) == ast.dump(ast.parse(before))
    else:
        assert after.startswith(before)


def test_an_edit_keeps_the_line_ends_of_the_file(tmp_path):
    context = read_context(plant(tmp_path, {"requirements.txt": "flask\r\nrich", "app.py": "a\r\n"}))
    assert dependency_edit(context, "n") == ("requirements.txt", b"flask\r\nrich\r\n# jettison n\r\n")
    assert code_edit(context, "n") == ("app.py", b"a\r\n# jettison n\r\n")
