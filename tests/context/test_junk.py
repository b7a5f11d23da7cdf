from __future__ import annotations

import pytest
from tests.context.tree import plant

from jettison.context import IgnoreFile, find_junk, read_context
from jettison.context.junk import junk_kinds

KEY = "-----BEGIN " + "PRIVATE KEY-----\n"

# One path that each kind names, and what else must be there for it to count.
EXAMPLES: dict[str, tuple[str, str]] = {
    "git history": (".git/HEAD", ".git"),
    "other version control": ("lib/.svn/entries", "lib/.svn"),
    "environment files": ("api/.env.production", "api/.env.production"),
    "private keys": ("deploy/server.key", "deploy/server.key"),
    "key stores": ("android/release.jks", "android/release.jks"),
    "credentials": ("ops/terraform.tfstate", "ops/terraform.tfstate"),
    "registry tokens": (".npmrc", ".npmrc"),
    "Python registry tokens": (".pypirc", ".pypirc"),
    "node_modules": ("web/node_modules/a/b.js", "web/node_modules"),
    "virtual environments": (".venv/lib/x.py", ".venv"),
    "package manager stores": (".yarn/cache/a.zip", ".yarn/cache"),
    "Python caches": ("shop/__pycache__/a.pyc", "shop/__pycache__"),
    "JavaScript caches": (".turbo/x", ".turbo"),
    "other caches": (".gradle/x", ".gradle"),
    "build output": ("bin/Release/net9.0/app.dll", "bin/Release"),
    "distribution folders": ("dist/app.js", "dist"),
    "test reports": ("web/coverage/lcov.info", "web/coverage"),
    "logs": ("run/server.log", "run/server.log"),
    "crash and profile dumps": ("heap.hprof", "heap.hprof"),
    "database files": ("instance/app.sqlite3", "instance/app.sqlite3"),
    "data sets": ("data/train.parquet", "data/train.parquet"),
    "model weights": ("models/a.safetensors", "models/a.safetensors"),
    "archives and installers": ("old/backup.tar.gz", "old/backup.tar.gz"),
    "media sources": ("art/logo.psd", "art/logo.psd"),
    "editor folders": (".idea/workspace.xml", ".idea"),
    "system files": ("a/.DS_Store", "a/.DS_Store"),
    "Docker files": ("compose.yaml", "compose.yaml"),
    "continuous integration": (".github/workflows/ci.yml", ".github"),
    "repository files": (".gitignore", ".gitignore"),
    "documentation": ("docs/guide.md", "docs"),
    "local Kubernetes and infrastructure": ("helm/values.yaml", "helm"),
}


def test_every_kind_has_an_example():
    assert list(EXAMPLES) == [kind.name for kind in junk_kinds()]


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_kind_is_found(tmp_path, name):
    path, top = EXAMPLES[name]
    text = {"private keys": KEY, "registry tokens": "//registry/:_authToken=x"}.get(name, "1234")
    plant(tmp_path, {path: text, "src/main.py": "x"})
    (junk,) = find_junk(read_context(tmp_path))
    assert (junk.kind.name, junk.paths, junk.files, junk.bytes) == (name, (top,), 1, len(text))


@pytest.mark.parametrize("kind", junk_kinds(), ids=lambda kind: kind.name)
def test_each_kind_is_complete(kind):
    assert not IgnoreFile.parse("\n".join(kind.patterns).encode()).problems
    assert not any(pattern.startswith(("!", "#")) for pattern in kind.patterns)
    assert kind.meaning
    assert kind.secret is (kind.group == "secrets")


def test_what_looks_like_junk_but_is_none(tmp_path):
    plant(
        tmp_path,
        {
            ".env.example": "KEY=",
            "certs/ca.pem": "-----BEGIN CERTIFICATE-----\n",
            ".npmrc": "save-exact=true\n",
            "src/build/x.py": "",
            "src/docs/x.py": "",
            "environment.py": "",
            "keys.py": "",
        },
    )
    assert find_junk(read_context(tmp_path)) == ()


def test_heaviest_first_and_each_file_once(tmp_path):
    plant(
        tmp_path,
        {
            ".git/a.log": "1" * 50,
            "node_modules/x/.git/b": "1" * 9,
            "node_modules/x/c.pyc": "1" * 200,
            "d.log": "12",
        },
    )
    assert [(j.kind.name, j.paths, j.files, j.bytes) for j in find_junk(read_context(tmp_path))] == [
        ("node_modules", ("node_modules",), 2, 209),
        ("git history", (".git",), 1, 50),
        ("logs", ("d.log",), 1, 2),
    ]


def test_what_is_ignored_is_no_junk(tmp_path):
    plant(tmp_path, {"node_modules/x": "1", ".dockerignore": "node_modules\n.dockerignore\n"})
    assert find_junk(read_context(tmp_path)) == ()
