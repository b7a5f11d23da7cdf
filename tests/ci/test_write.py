"""New pipelines: what the published schemas and shellcheck say, and what is in them."""

from __future__ import annotations

import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest
import yaml
from tests.ci.conftest import MOUNTS, SECRET, SINGLE, STAGES, schema_errors

from jettison.ci import github, gitlab, script

DOCKERFILES = {"single": SINGLE, "stages": STAGES, "mounts": MOUNTS, "secret": SECRET}
PLATFORMS = {
    "none": (),
    "one": ("linux/arm64",),
    "two": ("linux/amd64", "linux/arm64"),
    "odd": ("linux/s390x",),
}
SHAPES = list(
    product(DOCKERFILES, PLATFORMS, ("", "ghcr.io/acme/app", "acme/app"), ("", "pipx install jettison"))
)


def shapes(wanted, provider, **more):
    for kind, platforms, image, install in SHAPES:
        name = f"{kind}, {platforms}, {image}, {install}"
        yield (
            name,
            wanted(
                DOCKERFILES[kind],
                provider,
                platforms=PLATFORMS[platforms],
                image=image,
                install=install,
                **more,
            ),
        )


@pytest.mark.parametrize("backend", ["registry", "gha"])
def test_workflows_are_valid(wanted, tmp_path, backend):
    texts = {
        name: github.write(each)
        for name, each in shapes(wanted, "github", backend=backend)
        if each.image or backend == "gha"
    }
    assert len(texts) > 30
    assert schema_errors("github-workflows", texts, tmp_path) == ""


def test_gitlab_pipelines_are_valid(wanted, tmp_path):
    texts = {name: gitlab.write(each) for name, each in shapes(wanted, "gitlab")}
    assert schema_errors("gitlab-ci", texts, tmp_path) == ""


def test_the_schemas_do_refuse_what_is_wrong(wanted, tmp_path):
    text = github.write(wanted(STAGES)).replace("    steps:", "    stepps:")
    assert "stepps" in schema_errors("github-workflows", {"x": text}, tmp_path)
    text = gitlab.write(wanted(STAGES, "gitlab")).replace("  script:\n    - |", "  script:\n    a: |")
    assert schema_errors("gitlab-ci", {"x": text}, tmp_path)


@pytest.mark.parametrize("backend", ["registry", "local"])
def test_scripts_pass_shellcheck(wanted, tmp_path, backend):
    for number, (_, each) in enumerate(shapes(wanted, "buildx", backend=backend)):
        (tmp_path / f"{number}.sh").write_text(script.write(each))
    scripts = sorted(map(str, tmp_path.glob("*.sh")))
    assert len(scripts) == len(SHAPES)
    tool = Path(sys.executable).with_name("shellcheck")
    done = subprocess.run([tool, *scripts], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def steps(text, job="image"):
    return yaml.safe_load(text)["jobs"][job]["steps"]


def test_several_stages_are_kept_and_a_failed_export_fails_no_build(wanted):
    build = steps(github.write(wanted(STAGES)))[-1]["with"]
    assert build["cache-to"] == "type=gha,scope=image-linux-amd64,mode=max,ignore-error=true"
    assert build["cache-from"] == "type=gha,scope=image-linux-amd64"
    assert "mode=min" in steps(github.write(wanted(SINGLE)))[-1]["with"]["cache-to"]


def test_each_platform_has_a_runner_and_a_cache_of_its_own(wanted):
    text = github.write(wanted(STAGES, platforms=PLATFORMS["two"], image="ghcr.io/acme/app"))
    rows = yaml.safe_load(text)["jobs"]["image"]["strategy"]["matrix"]["include"]
    assert [row["runner"] for row in rows] == ["ubuntu-24.04", "ubuntu-24.04-arm"]
    assert "ref=${{ env.IMAGE }}:cache-image-${{ matrix.name }}" in text
    merge = steps(text, "all-platforms")[-1]["run"]
    assert '"$IMAGE:latest-linux-amd64" "$IMAGE:latest-linux-arm64"' in merge
    assert "qemu" not in text


def test_a_platform_without_a_runner_is_emulated(wanted):
    assert "docker/setup-qemu-action" in github.write(wanted(STAGES, platforms=PLATFORMS["odd"]))


def test_pull_requests_read_the_registry_cache_and_do_not_write_it(wanted):
    text = github.write(wanted(STAGES, image="ghcr.io/acme/app"))
    build = steps(text)[-1]["with"]
    assert build["cache-to"].startswith(
        "${{ github.event_name != 'pull_request' && format('type=registry,ref={0}:"
    )
    assert build["push"] == "${{ github.event_name != 'pull_request' }}"
    assert yaml.safe_load(text)["permissions"] == {"contents": "read", "packages": "write"}


def test_cache_mounts_that_pay_are_kept_outside_the_context(wanted):
    found = steps(github.write(wanted(MOUNTS)))
    dance = next(each["with"] for each in found if "cache-dance" in each.get("uses", ""))
    assert dance["builder"] == "${{ steps.buildx.outputs.name }}"
    assert "/root/.cache/go-build" in dance["cache-map"]
    assert dance["cache-map"].count("${{ runner.temp }}/") == 1
    before = MOUNTS.replace("COPY . .\n", "").replace("RUN go mod download", "COPY main.go ./")
    assert "cache-dance" not in github.write(wanted(before))


def test_secrets_come_from_the_repository(wanted):
    assert "pip-conf=${{ secrets.PIP_CONF }}" in github.write(wanted(SECRET))
    assert "--secret id=pip-conf,env=PIP_CONF" in gitlab.write(wanted(SECRET, "gitlab"))
    assert "--secret id=pip-conf,env=PIP_CONF" in script.write(wanted(SECRET, "buildx"))


def test_git_history_is_fetched_where_the_build_asks_for_it(wanted):
    asks = "FROM golang:1.24\nCOPY . .\nRUN git describe --tags > version\n"
    assert "fetch-depth: 0" in github.write(wanted(asks))
    assert 'GIT_DEPTH: "0"' in gitlab.write(wanted(asks, "gitlab"))
    assert "fetch-depth" not in github.write(wanted(STAGES))


def test_the_budget_check_comes_before_the_push(wanted):
    names = [
        each.get("name")
        for each in steps(github.write(wanted(STAGES, image="acme/app", install="pip install x")))
    ]
    assert names[-3:] == ["Build", "Budgets of size and time", "Push what was built"]
    assert "--check" not in github.write(wanted(STAGES, image="acme/app"))
