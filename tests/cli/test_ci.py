"""`jettison ci`: what it shows, what it writes, what it leaves alone, and the budgets."""

from __future__ import annotations

import io
import json
import os
import subprocess
import tarfile
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

SCHEMA = Path(__file__).parents[2] / "docs" / "schema" / "jettison-v1.json"
DOCKERFILE = (
    "FROM golang:1.24 AS build\nCOPY . .\nRUN go build -o /app .\nFROM scratch\nCOPY --from=build /app /app\n"
)
WORKFLOW = """\
on: push   # always
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: docker/build-push-action@v6
        with:
          context: .
"""


@pytest.fixture
def project(folder):
    subprocess.run(["git", "init", "-q", "-b", "trunk"], cwd=folder, check=True)
    (folder / "Dockerfile").write_text(DOCKERFILE)
    (folder / "go.mod").write_text("module x\n")
    return folder


def put(project, name, text):
    path = project / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def files(project):
    return {
        p.relative_to(project): p.read_bytes()
        for p in project.rglob("*")
        if p.is_file() and ".git" not in p.parts
    }


@pytest.mark.parametrize("provider", ["github", "gitlab", "buildx"])
def test_it_shows_then_writes_then_has_nothing_to_do(jettison_itself, project, provider):
    before = files(project)
    shown = jettison_itself("ci", "--provider", provider)
    assert shown.code == 1, shown.err
    assert "new file mode" in shown.out
    assert "mode=max: mode=min would not keep the steps of build" in shown.out
    assert files(project) == before
    done = jettison_itself("ci", "--provider", provider, "--apply")
    assert done.code == 0, done.err
    assert "Written:" in done.out
    written = files(project)
    assert len(written) == len(before) + 1
    again = jettison_itself("ci", "--provider", provider, "--apply")
    assert again.code == 0
    assert "Nothing to change." in again.out
    assert files(project) == written


def test_the_provider_and_the_branch_are_found(jettison_itself, project):
    assert 'branches: ["trunk"]' in jettison_itself("ci").out
    subprocess.run(["git", "remote", "add", "origin", "https://gitlab.com/a/b.git"], cwd=project, check=True)
    assert "+++ b/.gitlab-ci.yml" in jettison_itself("ci").out
    put(project, ".github/workflows/x.yml", WORKFLOW)
    assert ".github/workflows/x.yml" in jettison_itself("ci").out


def test_a_repair_keeps_the_rest(jettison_itself, project):
    path = put(project, ".github/workflows/x.yml", WORKFLOW.replace("\n", "\r\n"))
    path.chmod(0o640)
    assert jettison_itself("ci").code == 1
    assert path.read_bytes().count(b"cache") == 0
    assert jettison_itself("ci", "--apply").code == 0
    text = path.read_bytes()
    assert text.startswith(b"on: push   # always\r\n")
    assert b"          cache-to: type=gha,scope=image,mode=max,ignore-error=true\r\n" in text
    assert path.stat().st_mode & 0o777 == 0o640
    assert "Nothing to change" in jettison_itself("ci").out


def test_a_project_in_a_folder_of_the_repository(jettison_itself, project):
    put(project, "api/Dockerfile", DOCKERFILE)
    done = jettison_itself("ci", "api", "--apply")
    assert done.code == 0, done.err
    text = (project / ".github/workflows/image.yml").read_text()
    assert "context: api\n" in text
    assert "scope=api-linux-amd64" in text


@pytest.mark.parametrize(
    "text",
    [
        b"a:\n\t- b\n",
        b"on: push\non: pull\n",
        b"- a\n",
        b"",
        b"\xff\xfe",
        b"a: [",
        b"a: *b\n",
        b"x: 1\n---\ny: 2\n",
        b"{" * 3000,
    ],
)
@pytest.mark.parametrize("name", [".github/workflows/x.yml", ".gitlab-ci.yml"])
def test_a_broken_file_is_named_and_left(jettison_itself, project, name, text):
    path = put(project, name, text)
    done = jettison_itself("ci", "--apply")
    assert done.code == 0, done.err
    assert "Left as it is" in done.out
    assert name in done.out
    assert "Traceback" not in done.err + done.out
    assert path.read_bytes() == text
    assert not (project / ".github/workflows/image.yml").exists()


def test_a_file_that_builds_nothing_is_left(jettison_itself, project):
    put(project, ".github/workflows/image.yml", "on: push\njobs: {}\n")
    done = jettison_itself("ci")
    assert "it builds no image and is left as it is" in done.out


@pytest.mark.parametrize(
    "words",
    [
        ("--diff", "--apply"),
        ("-",),
        ("--cache", "gha", "--provider", "gitlab"),
        ("--cache", "local", "--provider", "github"),
        ("--install", "a\nb"),
        ("--metadata", "x"),
        ("--provider", "buildx", "--file", "nowhere.sh"),
        ("--check", "nothing.tar"),
        ("nowhere",),
    ],
)
def test_calls_that_make_no_sense(jettison_itself, project, words):
    done = jettison_itself("ci", *words)
    assert done.code == 2, done.out
    assert "internal error" not in done.err


def test_a_script_is_repaired(jettison_itself, project):
    path = put(
        project,
        "ci/build.sh",
        "#!/bin/sh\nset -e\ndocker build -t acme/app:$V .  # ours\ndocker push acme/app:$V\n",
    )
    done = jettison_itself("ci", "--provider", "buildx", "--file", "ci/build.sh", "--apply")
    assert done.code == 0, done.err
    assert path.read_text().splitlines()[2] == (
        "docker buildx build --load --cache-from type=registry,ref=acme/app:cache-image --cache-to "
        "type=registry,ref=acme/app:cache-image,mode=max,image-manifest=true,ignore-error=true "
        "-t acme/app:$V .  # ours"
    )
    again = jettison_itself("ci", "--provider", "buildx", "--file", "ci/build.sh")
    assert "Nothing to change." in again.out


def test_a_script_that_changes_to_its_own_folder(jettison_itself, project):
    put(project, "web/Dockerfile", "FROM scratch\nCOPY . /\n")
    text = '#!/bin/sh\ncd "$(dirname "$0")"\ndocker buildx build -t acme/web:1 --push .\n'
    path = put(project, "web/build.sh", text)
    assert jettison_itself("ci", "--provider", "buildx", "--file", "web/build.sh", "--apply").code == 0
    assert "acme/web:cache-web,mode=min" in path.read_text()
    path.write_text(text.replace('"$(dirname "$0")"', "elsewhere"))
    assert (
        "it changes the folder" in jettison_itself("ci", "--provider", "buildx", "--file", "web/build.sh").out
    )


@pytest.mark.parametrize("provider", ["github", "gitlab", "buildx"])
def test_json_is_valid(jettison_itself, project, provider):
    put(project, ".github/workflows/x.yml", WORKFLOW)
    put(project, ".github/workflows/bad.yml", "a: [")
    made = json.loads(jettison_itself("ci", "--provider", provider, "--format", "json").out)
    Draft202012Validator(json.loads(SCHEMA.read_text())).validate(made)
    assert made["wiring"]["mode"] == {
        "value": "max",
        "why": "mode=min would not keep the steps of build",
        "basis": "rule of thumb",
    }
    assert made["wiring"]["files"][0]["diff"]


def archive(path, size):
    """A docker-archive with one layer of that many bytes."""
    import hashlib

    def entry(tar, name, data):
        info = tarfile.TarInfo(name)
        info.size = len(data)
        tar.addfile(info, io.BytesIO(data))

    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as tar:
        entry(tar, "big", os.urandom(size))
    digest = hashlib.sha256(layer.getvalue()).hexdigest()
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
        "history": [{"created_by": "COPY big | <b> /"}],
    }
    with tarfile.open(path, "w") as tar:
        entry(tar, "layer.tar", layer.getvalue())
        entry(tar, "config.json", json.dumps(config).encode())
        entry(
            tar,
            "manifest.json",
            json.dumps([{"Config": "config.json", "RepoTags": ["a:1"], "Layers": ["layer.tar"]}]).encode(),
        )


def metadata(path, seconds):
    times = {"buildStartedOn": "2026-11-28T10:00:00Z", "buildFinishedOn": f"2026-11-28T10:00:{seconds:02}.5Z"}
    path.write_text(json.dumps({"buildx.build.provenance": {"metadata": times}}))


def test_an_image_is_held_to_its_budgets(jettison_itself, project):
    archive(project / "a.tar", 200_000)
    metadata(project / "m.json", 20)
    (project / "jettison.toml").write_text('[budget]\nsize = "1 MB"\ntime = 30\n')
    done = jettison_itself("ci", "--check", "a.tar", "--metadata", "m.json")
    assert done.code == 0, done.err
    assert "20 s of 30 s: within" in done.out
    (project / "jettison.toml").write_text('[budget]\nsize = "100 kB"\n')
    done = jettison_itself("ci", "--check", "a.tar", "--format", "markdown")
    assert done.code == 1
    assert "is over its budget" in done.out
    assert "| image on disk | 205 kB | 100 kB | **OVER** |" in done.out
    assert "COPY big \\| \\<b\\> /" in done.out
    (project / "jettison.toml").write_text("[budget]\ntime = 20\n")
    done = jettison_itself("ci", "--check", "a.tar", "--metadata", "m.json", "--format", "json")
    assert done.code == 1
    made = json.loads(done.out)
    Draft202012Validator(json.loads(SCHEMA.read_text())).validate(made)
    assert made["budget"]["time"] == {"seconds": 20.5, "budget": 20.0, "exceeded": True}
    done = jettison_itself("ci", "--check", "a.tar")
    assert "--metadata FILE tells it" in done.err
    assert done.code == 0


def test_without_a_budget_there_is_nothing_to_hold_to(jettison_itself, project):
    archive(project / "a.tar", 100)
    done = jettison_itself("ci", "--check", "a.tar")
    assert done.code == 2
    assert "[budget] size" in done.err


def test_the_time_of_a_real_build(jettison_itself, project):
    """The metadata of a build with buildx 0.29 and BUILDX_METADATA_PROVENANCE=max."""
    record = Path(__file__).parents[1] / "build" / "records" / "cold.metadata.json"
    archive(project / "a.tar", 100)
    (project / "jettison.toml").write_text("[budget]\ntime = 1.2\n")
    done = jettison_itself("ci", "--check", "a.tar", "--metadata", record)
    assert done.code == 1
    assert "1.2 s of 1.2 s: OVER" in done.out


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"buildx.build.provenance": 1}',
        '{"buildx.build.provenance": {"metadata": {"buildStartedOn": "x"}}}',
    ],
)
def test_metadata_that_says_nothing(jettison_itself, project, text):
    archive(project / "a.tar", 100)
    (project / "jettison.toml").write_text("[budget]\ntime = 20\n")
    (project / "m.json").write_text(text)
    done = jettison_itself("ci", "--check", "a.tar", "--metadata", "m.json")
    assert done.code == 0
    assert "not known" in done.err
