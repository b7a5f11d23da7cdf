"""The commands on a real engine: a proof from end to end, a build that fails, and Ctrl-C in the middle."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from jettison.build import Engine

pytestmark = pytest.mark.e2e

COMMAND = [sys.executable, "-c", "import sys; from jettison.cli import main; sys.exit(main())"]
SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "schema" / "jettison-v1.json").read_text())
SERVER = """FROM busybox:1.35
WORKDIR /srv
COPY . .
EXPOSE 8080
CMD httpd -f -p 8080
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "index.html").write_text("hello\n")
    (folder / "Dockerfile").write_text(SERVER)
    return folder


def jettison(*argv: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *argv], cwd=cwd, capture_output=True, text=True, check=False, timeout=600
    )


def traces(engine: Engine, nonce: str) -> list[str]:
    """The images and containers of one proof; other proofs may be under way on the same engine."""
    images = engine.docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}").text
    label = f"label=jettison={nonce}"
    containers = engine.docker("ps", "--all", "--filter", label, "--format", "{{.Names}}").text
    return [name for name in images.splitlines() if nonce in name] + containers.split()


def test_a_rewrite_is_proved_and_written(engine: Engine, project: Path) -> None:
    done = jettison("fix", "--prove", "--apply", "--quick", "--format", "json", cwd=project)
    assert done.returncode == 0, done.stdout + done.stderr
    made = json.loads(done.stdout)
    Draft202012Validator(SCHEMA).validate(made)
    assert made["proof"]["verdict"] == "passed"
    assert made["proof"]["dropped"] == []
    assert made["proof"]["behaviour"]["trials"]
    assert any(each["before"] for each in made["proof"]["scenarios"])
    assert 'CMD ["httpd", "-f", "-p", "8080"]' in (project / "Dockerfile").read_text()


def test_a_change_of_ones_own_that_alters_the_image_is_refused_and_may_be_allowed(
    engine: Engine, project: Path
) -> None:
    (project / "old").write_text(SERVER)
    (project / "Dockerfile").write_text(SERVER.replace("EXPOSE", "ENV GREETING=hi\nEXPOSE"))
    refused = jettison("prove", "--before", "old", "--quick", "--format", "json", cwd=project)
    assert refused.returncode == 3, refused.stdout + refused.stderr
    Draft202012Validator(SCHEMA).validate(json.loads(refused.stdout))
    assert "Env.GREETING" in refused.stdout
    allowed = jettison("prove", "--before", "old", "--quick", "--allow", "config=Env.GREETING", cwd=project)
    assert allowed.returncode == 0, allowed.stdout + allowed.stderr
    assert "image on disk" in allowed.stdout


def test_a_build_that_fails_before_any_change(engine: Engine, project: Path) -> None:
    (project / "Dockerfile").write_text(SERVER.replace("EXPOSE", "RUN echo no luck; exit 7\nEXPOSE"))
    done = jettison("fix", "--prove", cwd=project)
    assert done.returncode == 2
    assert "no luck" in done.stdout
    assert "exit code: 7" in done.stdout
    assert '+CMD ["httpd"' in done.stdout


def test_ctrl_c_leaves_nothing_behind(engine: Engine, project: Path, tmp_path: Path) -> None:
    (project / "Dockerfile").write_text(SERVER.replace("EXPOSE", "RUN sleep 60\nEXPOSE"))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with subprocess.Popen(
        [*COMMAND, "fix", "--prove"],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(scratch)},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as process:
        assert process.stderr is not None
        assert "build before" in process.stderr.readline()
        time.sleep(3)
        (nonce,) = {folder.name.split("-")[1] for folder in scratch.glob("jettison-*")}
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert out == ""
    assert err.endswith("jettison: interrupted\n")
    assert len(nonce) == 8
    assert traces(engine, nonce) == []
    assert list(scratch.iterdir()) == []


def test_doctor_on_a_real_engine(engine: Engine, tmp_path: Path) -> None:
    done = jettison("doctor", cwd=tmp_path)
    assert done.returncode == 0
    assert f"engine    {engine.version}" in done.stdout
    assert "ok  buildx" in done.stdout
