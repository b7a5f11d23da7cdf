"""container-structure-test files: read strictly, run on an image tree and without a shell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jettison.errors import UsageError
from jettison.image import Entry, Image
from jettison.image.model import LayerFiles
from jettison.proof.structure import load_tests, run_tests

YAML = """\
schemaVersion: "2.0.0"
globalEnvVars:
  - {key: PATH, value: "/env:$PATH"}
commandTests:
  - name: version
    command: app
    args: [--version]
    expectedOutput: ['^1\\.\\d$']
    excludedOutput: [error]
    exitCode: 0
  - name: prepared
    setup: [["x"]]
    command: app
fileExistenceTests:
  - {name: app, path: /app, permissions: '-rwxr-xr-x', uid: 0, gid: 0, isExecutableBy: other}
  - {name: none, path: /gone, shouldExist: false}
fileContentTests:
  - {name: motd, path: /motd, expectedContents: [hello], excludedContents: [bye]}
metadataTest:
  envVars: [{key: A, value: '1'}, {key: B, value: '^x', isRegex: true}]
  unboundEnvVars: [{key: C}]
  labels: [{key: l, value: m}]
  entrypoint: []
  cmd: [app]
  exposedPorts: ["80"]
  unexposedPorts: ["81"]
  volumes: [/data]
  unmountedVolumes: [/other]
  workdir: /w
  user: web
"""


def file(mode: int = 0o755, uid: int = 0) -> Entry:
    return Entry("file", mode, uid, 0, 1, "d", "", ())


def image(tree: dict[str, Entry] | None = None, **config: Any) -> Image:
    good: dict[str, Any] = {
        "Env": ["A=1", "B=xyz", "PATH=/bin"],
        "Labels": {"l": "m"},
        "Cmd": ["app"],
        "ExposedPorts": {"80/tcp": {}},
        "Volumes": {"/data": {}},
        "WorkingDir": "/w",
        "User": "web",
    }
    entries = {"/app": file(), "/motd": file(0o644)} if tree is None else tree
    layer = LayerFiles(entries, frozenset(), frozenset(), 0, "")
    return Image("", {"config": good | config}, (), (layer,))


class Container:
    def __init__(self, out: bytes, code: int | None) -> None:
        self.out, self.code, self.removed = out, code, False

    def wait(self, timeout: float) -> int | None:
        return self.code

    def logs(self) -> tuple[bytes, bytes]:
        return self.out, b"warning\n"

    def remove(self) -> None:
        self.removed = True


class Bench:
    def __init__(self, out: bytes = b"1.2", code: int | None = 0) -> None:
        self.container, self.started = Container(out, code), []

    def start(self, name: str, **how: Any) -> Container:
        self.started.append(how)
        return self.container


def outcomes(tmp_path: Path, text: str, on: Image, bench: Bench, content: bytes | None = b"hello") -> Any:
    path = tmp_path / "t.yaml"
    path.write_text(text)
    found = run_tests(load_tests(path), bench, "x", on, lambda path: content, 5.0)  # type: ignore[arg-type]
    return {o.test.name: o.skipped or list(o.problems) for o in found}


def test_a_file_that_passes(tmp_path: Path) -> None:
    bench = Bench()
    found = outcomes(tmp_path, YAML, image(), bench)
    skipped = "setup commands are not supported"
    assert found == {"version": [], "prepared": skipped, "app": [], "none": [], "motd": [], "metadata": []}
    assert bench.started == [
        {"entrypoint": ["app"], "command": ["--version"], "env": {"PATH": "/env:/bin"}, "ports": ()}
    ]
    assert bench.container.removed


def test_commands_that_fail(tmp_path: Path) -> None:
    found = outcomes(tmp_path, YAML, image(), Bench(b"an error", 3))["version"]
    assert [f.partition(" ")[0] for f in found] == ["exit", "stdout", "stdout"]
    assert "did not end" in outcomes(tmp_path, YAML, image(), Bench(b"1.2", None))["version"][0]


@pytest.mark.parametrize(
    ("tree", "test", "problem"),
    [
        ({}, "app", "/app does not exist"),
        ({"/app": file(0o644)}, "app", "permissions -rw-r--r--"),
        ({"/app": file(0o644)}, "app", "not executable by other"),
        ({"/app": file(uid=7)}, "app", "uid 7, expected 0"),
        ({"/app": file(), "/gone": file()}, "none", "/gone exists"),
    ],
)
def test_files_that_fail(tmp_path: Path, tree: dict[str, Entry], test: str, problem: str) -> None:
    assert problem in " ".join(outcomes(tmp_path, YAML, image(tree), Bench())[test])


def test_contents_that_fail(tmp_path: Path) -> None:
    assert outcomes(tmp_path, YAML, image(), Bench(), None)["motd"] == ["/motd cannot be read"]
    assert len(outcomes(tmp_path, YAML, image(), Bench(), b"bye")["motd"]) == 2


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        ({"Env": ["A=2", "B=xyz"]}, "envVars: A is '2', expected '1'"),
        ({"Env": ["A=1", "B=y"]}, "envVars: B is 'y'"),
        ({"Env": ["A=1", "B=x", "C="]}, "C is set"),
        ({"Labels": None}, "labels: l is None"),
        ({"Cmd": ["sh"]}, "cmd is ['sh'], expected ['app']"),
        ({"Entrypoint": ["sh"]}, "entrypoint is ['sh'], expected []"),
        ({"ExposedPorts": {"81/tcp": {}}}, "exposedPorts: 80 is missing"),
        ({"ExposedPorts": {"80/tcp": {}, "81/tcp": {}}}, "unexposedPorts: 81 is there"),
        ({"Volumes": {"/other": {}}}, "unmountedVolumes: /other is there"),
        ({"WorkingDir": ""}, "workdir is '', expected '/w'"),
        ({"User": "root"}, "user is 'root', expected 'web'"),
    ],
)
def test_metadata_that_fails(tmp_path: Path, config: dict[str, Any], problem: str) -> None:
    assert problem in "; ".join(outcomes(tmp_path, YAML, image(**config), Bench())["metadata"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "not valid YAML"),
        ("- a", "not a container-structure-test file"),
        ("commandTests: []", "not a container-structure-test file"),
        ("schemaVersion: 1.0.0", "schemaVersion 1.0.0 is not supported"),
        ("schemaVersion: 2.0.0\ncommandTests: [x]", "holds something that is no test"),
    ],
)
def test_files_that_are_none(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "t.yaml").write_text(text)
    with pytest.raises(UsageError, match=message):
        load_tests(tmp_path / "t.yaml")


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        load_tests(tmp_path / "none.yaml")
