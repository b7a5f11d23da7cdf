"""`jettison build`: buildx as ever, and a record of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.builder import answer, event, fake_docker, vertex

from jettison.observed import kept_builds, read_build

DOCKERFILE = b"FROM scratch\nCOPY a /a\n"
BUILD = """
for word in "$@"; do case "$word" in --metadata-file=*) file="${word#*=}"; esac; done
echo out; echo "provenance $BUILDX_METADATA_PROVENANCE" >&2
printf '{"buildx.build.ref": "b/n/ref1", "containerimage.digest": "sha256:image"}' > "${file:-mine.json}"
"""
STEPS = answer(1, vertex("sha256:a", "[1/1] COPY a /a", 11, 12))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    context = tmp_path / "context"
    context.mkdir()
    (context / "Dockerfile").write_bytes(DOCKERFILE)
    (context / "a").write_text("a\n")
    monkeypatch.chdir(context)
    return tmp_path


def jettison(folder: Path, *words: str, **options) -> subprocess.CompletedProcess[bytes]:
    code = "import sys; from jettison.cli import main; sys.exit(main())"
    env = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}
    return subprocess.run(
        [sys.executable, "-c", code, "build", *words], env=env, capture_output=True, **options
    )


def records(folder: Path) -> list[Path]:
    return sorted((folder / "cache").rglob("*.json.gz"))


def now_events(*refs: str, error: str = "") -> bytes:
    now = int(time.time()) + 2
    return answer(0, *(event(ref, now, now + 1, {"filename": "Dockerfile"}, error) for ref in refs))


def test_words_output_and_code_are_those_of_buildx(folder):
    fake_docker(folder, now_events("ref1") + STEPS, BUILD + "exit 7")
    done = jettison(folder, "--build-arg", "A=b c", "-t", "x", "--", ".")
    assert (done.returncode, done.stdout) == (7, b"out\n")
    assert done.stderr == b"provenance disabled\n"
    call = (folder / "calls").read_text().splitlines()[0]
    assert call.startswith("buildx build --metadata-file=")
    assert call.endswith(" --build-arg A=b c -t x -- .")


def test_the_record_of_a_build(folder):
    fake_docker(folder, now_events("ref0", "ref1") + STEPS, BUILD)
    (folder / "context" / ".dockerignore").write_text("b\n")
    (folder / "context" / "b").write_text("b\n")
    done = jettison(folder, "--build-arg", "V=1", "--build-arg", "TOKEN=hunter2", "--target=t", ".")
    assert (done.returncode, done.stderr) == (0, b"provenance disabled\n")
    [path] = kept_builds(str(folder / "context"), str(folder / "context" / "Dockerfile"))
    build = read_build(path)
    assert (build.source, build.record.ok, build.record.ref) == ("jettison build", True, "ref1")
    assert build.record.image_digest == "sha256:image"
    assert (build.dockerfile, build.ignore) == (DOCKERFILE, b"b\n")
    assert set(build.tree.files) == {"Dockerfile", ".dockerignore", "a"}
    assert build.tree.files["a"].digest == "78981922613b2afb6025042ff6bd878ac1994e85"
    assert (build.args, build.target, build.missing) == ({"V": "1"}, "t", ())
    assert [(step.lines, step.seconds, step.log) for step in build.record.steps] == [((2,), 1.5, "")]
    raw = path.read_bytes() + str(build).encode()
    assert b"hunter2" not in raw
    assert list(build.hidden_args) == ["TOKEN"]


def test_a_metadata_file_of_the_users_is_read_and_left_as_it_is(folder):
    fake_docker(folder, now_events("ref1") + STEPS, BUILD)
    done = jettison(folder, "--metadata-file", "mine.json", ".")
    assert done.stderr == b"provenance \n"
    assert json.loads((folder / "context" / "mine.json").read_bytes())["buildx.build.ref"] == "b/n/ref1"
    assert "--metadata-file=" not in (folder / "calls").read_text()
    assert read_build(*records(folder)).record.ref == "ref1"


def test_a_build_that_failed_is_found_by_its_time(folder):
    fake_docker(folder, now_events("ref5", error="exit code: 3") + STEPS, "exit 1")
    assert jettison(folder, ".").returncode == 1
    build = read_build(*records(folder))
    assert (build.record.ok, build.record.error, build.record.ref) == (False, "exit code: 3", "ref5")
    assert len(build.record.steps) == 1


def test_one_that_could_be_another_is_not(folder):
    fake_docker(folder, now_events("ref5", "ref6", error="exit code: 3") + STEPS, "exit 1")
    assert jettison(folder, ".").returncode == 1
    build = read_build(*records(folder))
    assert (build.record.ref, build.record.steps) == ("", ())
    assert "its steps are not known" in " ".join(build.missing)


def test_a_builder_that_tells_nothing_leaves_what_went_in(folder):
    fake_docker(folder, b"", BUILD)
    assert jettison(folder, ".").stderr == b"provenance disabled\n"
    build = read_build(*records(folder))
    assert (build.record.ok, build.record.steps, build.dockerfile) == (True, (), DOCKERFILE)
    assert "the steps are not known" in build.missing[0]


@pytest.mark.parametrize("context", ["-", "https://github.com/moby/buildkit.git"])
def test_a_context_that_is_no_folder(folder, context):
    fake_docker(folder, now_events("ref1") + STEPS, BUILD)
    assert jettison(folder, context, input=b"FROM scratch\n").returncode == 0
    build = read_build(*records(folder))
    assert (build.tree, build.dockerfile) == (None, None)
    assert any("the context is not a folder" in text for text in build.missing)


def test_standard_input_goes_to_buildx(folder):
    fake_docker(folder, now_events("ref1") + STEPS, "cat; " + BUILD)
    assert jettison(folder, "-f", "-", ".", input=b"FROM scratch\n").stdout == b"FROM scratch\nout\n"


def test_a_record_that_cannot_be_written_is_a_warning(folder):
    fake_docker(folder, now_events("ref1") + STEPS, BUILD)
    (folder / "cache").write_text("a file")
    done = jettison(folder, ".")
    assert done.returncode == 0
    assert b"jettison: this build is not recorded: " in done.stderr


@pytest.mark.parametrize("words", [["--check", "."], ["--call=outline", "."]])
def test_a_question_is_passed_through_and_not_recorded(folder, words):
    fake_docker(folder, b"", "echo asked; exit 1")
    done = jettison(folder, *words)
    assert (done.returncode, done.stdout) == (1, b"asked\n")
    assert (folder / "calls").read_text() == f"buildx build {' '.join(words)}\n"
    assert records(folder) == []


def test_help_is_ours_and_then_that_of_buildx(folder):
    fake_docker(folder, b"", "echo Usage of buildx")
    done = jettison(folder, "--help").stdout.decode()
    assert done.index("record") < done.index("Usage of buildx")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_build_and_we_end_as_it_does(folder, number):
    fake_docker(folder, b"", "trap 'echo stopped; exit 5' INT TERM; echo begun; while :; do sleep 0.05; done")
    code = "import sys; from jettison.cli import main; sys.exit(main())"
    env = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}
    command = [sys.executable, "-c", code, "build", "."]
    with subprocess.Popen(
        command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"begun\n"
        # Ctrl-C reaches the whole group, another signal only us
        os.killpg(child.pid, number) if number == signal.SIGINT else child.send_signal(number)
        out, err = child.communicate(timeout=30)
    assert (child.returncode, out) == (5, b"stopped\n")
    assert err == b""
    assert records(folder) == []


def test_without_docker_there_is_a_hint(folder, monkeypatch):
    env = {**os.environ, "PATH": str(folder)}
    code = "import sys; from jettison.cli import main; sys.exit(main())"
    done = subprocess.run([sys.executable, "-c", code, "build", "."], env=env, capture_output=True)
    assert done.returncode == 2
    assert b"docker is not installed" in done.stderr
