from __future__ import annotations

import re

import pytest
from tests.context.tree import plant

from jettison.context import ecosystems, find_ecosystems, read_context
from jettison.facts import load

ROWS = {row.name: row for row in ecosystems()}

# A folder as each ecosystem leaves it: what a Dockerfile copies before the install, folders with a final `/`.
FOLDERS: dict[str, list[str]] = {
    "go": ["go.mod", "go.sum", "vendor/"],
    "pnpm": ["package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml", ".npmrc"],
    "yarn-berry": ["package.json", "yarn.lock", ".yarnrc.yml", ".yarn/releases/"],
    "yarn": ["package.json", "yarn.lock"],
    "bun": ["package.json", "bun.lock"],
    "npm": ["package.json", "package-lock.json", "prisma/"],
    "uv": ["pyproject.toml", "uv.lock", ".python-version"],
    "poetry": ["pyproject.toml", "poetry.lock"],
    "pdm": ["pyproject.toml", "pdm.lock"],
    "pipenv": ["Pipfile", "Pipfile.lock"],
    "pip": ["requirements.txt", "requirements-dev.txt", "requirements/prod.txt", "constraints.txt"],
    "pyproject": ["setup.py", "setup.cfg", "README.md"],
    "conda": ["environment.yml"],
    "cargo": ["Cargo.toml", "Cargo.lock", ".cargo/"],
    "maven": ["pom.xml", ".mvn/", "mvnw"],
    "gradle": ["build.gradle.kts", "settings.gradle.kts", "gradle/", "gradlew"],
    "sbt": ["build.sbt", "project/plugins.sbt"],
    "clojure": ["deps.edn"],
    "leiningen": ["project.clj"],
    "composer": ["composer.json", "composer.lock"],
    "bundler": ["Gemfile", "Gemfile.lock", "shop.gemspec", ".ruby-version"],
    "nuget": ["Shop.csproj", "packages.lock.json", "global.json"],
    "mix": ["mix.exs", "mix.lock", "config/prod.exs"],
    "swift": ["Package.swift", "Package.resolved"],
    "pub": ["pubspec.yaml", "pubspec.lock"],
    "stack": ["stack.yaml", "stack.yaml.lock", "x.cabal"],
    "cabal": ["x.cabal", "cabal.project"],
    "renv": ["renv.lock", "renv/activate.R"],
}


def files_of(name: str) -> dict[str, str | bytes | None]:
    return {path + "inside" if path.endswith("/") else path: "" for path in FOLDERS[name]}


def found(root) -> list[tuple[str, str, str | None]]:
    return [(f.ecosystem.name, f.folder, f.workspace) for f in find_ecosystems(read_context(root))]


def test_every_row_has_a_folder():
    assert list(FOLDERS) == list(ROWS)


@pytest.mark.parametrize("name", FOLDERS)
def test_each_row_is_found_and_knows_what_to_copy_first(tmp_path, name):
    plant(tmp_path, files_of(name))
    found = [f for f in find_ecosystems(read_context(tmp_path)) if f.ecosystem.name == name]
    assert len(found) == 1
    assert sorted(found[0].first) == sorted(FOLDERS[name])
    assert found[0].folder == ""
    assert found[0].workspace is None


@pytest.mark.parametrize("name", FOLDERS)
def test_each_row_is_found_below_the_root(tmp_path, name):
    plant(tmp_path / "services/shop", files_of(name))
    found = [f for f in find_ecosystems(read_context(tmp_path)) if f.ecosystem.name == name]
    assert [f.folder for f in found] == ["services/shop"]
    assert sorted(found[0].first) == sorted("services/shop/" + path for path in FOLDERS[name])


@pytest.mark.parametrize("name", ROWS)
def test_each_row_is_complete(name):
    row = ROWS[name]
    assert row.manifests
    assert row.install
    assert row.install_unlocked
    assert row.production
    assert row.sources
    assert row.comment
    assert row.edit in ("json", "xml", "#", "//", "--", ";;")
    assert row.source.startswith("https://")
    assert row.caches
    for cache in row.caches:
        assert cache.target.startswith("/")
        assert cache.sharing in ("shared", "locked", "private")
        assert re.fullmatch(r"[A-Za-z_]*", cache.env)


def test_the_table_says_when_it_was_checked():
    assert load("ecosystems")["date"] >= "2026"
    assert set(load("ecosystems")["family"]) <= {row.family for row in ROWS.values()}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"package.json": "{}"}, ["npm"]),
        ({"package.json": '{\n"packageManager": "pnpm@9.1.0"}'}, ["pnpm"]),
        ({"package.json": '{"packageManager": "yarn@1.22.0"}'}, ["yarn"]),
        ({"package.json": "{}", "package-lock.json": "{}", "yarn.lock": ""}, ["yarn"]),
        ({"package-lock.json": "{}"}, ["npm"]),
        ({"pyproject.toml": "[tool.poetry]\nname = 'x'"}, ["poetry"]),
        ({"pyproject.toml": "[tool.uv.sources]"}, ["uv"]),
        ({"pyproject.toml": "[project]"}, ["pyproject"]),
        ({"pyproject.toml": "[project]", "requirements.txt": ""}, ["pip", "pyproject"]),
        ({"pyproject.toml": "", "uv.lock": "", "requirements.txt": ""}, ["uv"]),
        ({"requirements/base.txt": "", "requirements/dev.txt": ""}, ["pip"]),
        ({"notes.txt": "", "docs/other.txt": ""}, []),
        ({"go.mod": "", "web/package.json": "{}"}, ["go", "npm"]),
        ({"x.cabal": "", "stack.yaml": ""}, ["stack"]),
        ({}, []),
    ],
)
def test_which_one_it_is(tmp_path, files, expected):
    plant(tmp_path, files)
    assert [name for name, _, _ in found(tmp_path)] == expected


def test_members_of_a_workspace_follow_the_lockfile_above(tmp_path):
    plant(
        tmp_path,
        {
            "package.json": "{}",
            "pnpm-lock.yaml": "",
            "packages/a/package.json": "{}",
            "packages/b/package.json": "{}",
            "packages/b/package-lock.json": "{}",
            "services/api/go.mod": "",
        },
    )
    assert found(tmp_path) == [
        ("pnpm", "", None),
        ("pnpm", "packages/a", ""),
        ("npm", "packages/b", None),
        ("go", "services/api", None),
    ]


def test_installed_packages_and_ignored_files_do_not_count(tmp_path):
    plant(
        tmp_path,
        {
            "go.mod": "",
            "node_modules/left-pad/package.json": "{}",
            "vendor/x/go.mod": "",
            "api/.venv/lib/site-packages/y/pyproject.toml": "",
            "old/package.json": "{}",
            ".dockerignore": "old\n",
        },
    )
    assert found(tmp_path) == [("go", "", None)]


def test_an_ignored_lockfile_is_not_copied(tmp_path):
    plant(tmp_path, {"package.json": "{}", "package-lock.json": "{}", ".dockerignore": "package-lock.json"})
    (only,) = find_ecosystems(read_context(tmp_path))
    assert only.first == ("package.json",)
    assert only.lockfiles == ()
