"""Workflows that are there: what is added, what stays, what is refused."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ci.conftest import MOUNTS, SECRET, SINGLE, STAGES, schema_errors

from jettison.ci.github_repair import Repair
from jettison.ci.site import Asked, Site
from jettison.ci.yamlfile import YamlFile

HEAD = """\
name: build   # ours
on: [push]
jobs:
  image:
    runs-on: ubuntu-latest
    steps:
"""
CHECKOUT = "      - uses: actions/checkout@v4\n"
BUILDX = "      - uses: docker/setup-buildx-action@v3\n"
LOGIN = "      - uses: docker/login-action@v3\n"
BUILD = """\
      # the image
      - name: "Build"   # quoted
        uses: docker/build-push-action@v6
        with:
          context: .
          tags: 'app:1'
"""


class Repaired:
    def __init__(self, site, files):
        self.repair = Repair(site, {name: YamlFile(data.encode()) for name, data in files.items()})
        self.repair.run()
        self.texts = {name: file.render().decode() for name, file in self.repair.files.items()}
        self.text = next(iter(self.texts.values()))
        self.titles = [change.title for change in self.repair.changes]
        self.refused = [each.why for each in self.repair.refused]
        again = Repair(site, {name: YamlFile(text.encode()) for name, text in self.texts.items()})
        again.run()
        assert again.changes == [], "a second repair changes it again"
        assert [each.why for each in again.refused] == self.refused


@pytest.fixture
def repaired(site, tmp_path):
    def make(text, dockerfile=STAGES, more=None, files=None, **asked):
        contents = {"Dockerfile": dockerfile} | (files or {})
        made = Repaired(site(contents, **asked), {".github/workflows/ci.yml": text} | (more or {}))
        for name, after in made.texts.items():
            before = text if name.endswith("/ci.yml") else more[name]
            rest = iter(after.split("\n"))
            kept = [line for line in before.split("\n") if "type=" not in line and "docker" not in line]
            assert all(any(line == other for other in rest) for line in kept), "a line went or changed"
        assert schema_errors("github-workflows", made.texts, tmp_path) == ""
        return made

    return make


def test_a_bare_build_step_gets_a_builder_and_a_cache(repaired):
    made = repaired(HEAD + CHECKOUT + BUILD)
    added = """\
      - uses: docker/setup-buildx-action@v4
        id: buildx
      # the image
"""
    cache = """\
          tags: 'app:1'
          cache-from: type=gha,scope=image
          cache-to: type=gha,scope=image,mode=max,ignore-error=true
"""
    assert made.text == HEAD + CHECKOUT + BUILD.replace("      # the image\n", added).replace(
        "          tags: 'app:1'\n", cache
    )
    assert made.titles == ["A cache for fresh runners: type=gha", "Set up a builder that can export cache"]


def test_a_single_stage_takes_mode_min(repaired):
    assert "mode=min" in repaired(HEAD + CHECKOUT + BUILDX + BUILD, SINGLE).text


@pytest.mark.parametrize(
    ("entry", "more"),
    [
        ("type=gha", ",mode=max,ignore-error=true"),
        ("type=gha,mode=max", ",ignore-error=true"),
        ("type=registry,ref=acme/app:buildcache", ",mode=max,ignore-error=true"),
        ("'type=gha'", ",mode=max,ignore-error=true"),
        ("type=gha,mode=max,ignore-error=true", ""),
        ("type=s3,bucket=b", ""),
    ],
)
def test_what_an_entry_lacks_is_added_behind_it(repaired, entry, more):
    text = (
        HEAD
        + CHECKOUT
        + BUILDX
        + BUILD
        + f"          cache-from: type=gha  # read\n          cache-to: {entry}  # write\n"
    )
    quote = entry[-1] if entry[-1] == "'" else ""
    written = entry.removesuffix(quote) + more + quote
    made = repaired(text)
    assert made.text == text.replace(f"cache-to: {entry}", f"cache-to: {written}")


def test_entries_that_are_lines(repaired):
    text = (
        HEAD
        + CHECKOUT
        + BUILDX
        + BUILD
        + "          cache-to: |\n            type=gha\n            type=inline\n"
    )
    assert "inline keeps the steps of the last stage" in repaired(text).refused[0]
    made = repaired(text.replace("type=inline", "type=registry,ref=a/b:c"))
    assert "            type=gha,mode=max,ignore-error=true\n" in made.text
    assert "            type=registry,ref=a/b:c,mode=max,ignore-error=true\n" in made.text
    assert made.text.endswith("          cache-from: type=gha\n")


def test_what_is_read_is_written(repaired):
    text = HEAD + CHECKOUT + BUILDX + LOGIN + BUILD + "          cache-from: type=registry,ref=a/b:buildcache"
    made = repaired(text)
    assert (
        made.text
        == text + "\n          cache-to: type=registry,ref=a/b:buildcache,mode=max,ignore-error=true"
    )


def test_a_registry_that_is_pushed_to_takes_the_cache(repaired):
    pushed = BUILD.replace("'app:1'", "ghcr.io/acme/app:${{ github.sha }}") + "          push: true\n"
    permissions = HEAD.replace("    steps:", "    permissions:\n      contents: read\n    steps:")
    made = repaired(permissions + CHECKOUT + BUILDX + pushed)
    assert "cache-from: type=registry,ref=ghcr.io/acme/app:cache-image\n" in made.text
    assert "      contents: read\n      packages: write\n" in made.text
    assert "        username: ${{ github.actor }}" in made.text
    logged = repaired(HEAD + CHECKOUT + BUILDX + "      - uses: docker/login-action@v3\n" + pushed)
    assert "packages: write" not in logged.text


def test_the_image_of_the_metadata_action(repaired):
    meta = "      - uses: docker/metadata-action@v5\n        id: meta\n        with:\n          images: {}\n"
    step = BUILD.replace("'app:1'", "${{ steps.meta.outputs.tags }}") + "          push: true\n"
    login = "      - uses: docker/login-action@v3\n"
    made = repaired(HEAD + BUILDX + login + meta.format("ghcr.io/acme/app") + step)
    assert "cache-to: type=registry,ref=ghcr.io/acme/app:cache-image,mode=max" in made.text
    # Nobody knows whether the owner's name has capitals, which a reference must not have.
    made = repaired(HEAD + BUILDX + login + meta.format("ghcr.io/${{ github.repository }}") + step)
    assert "cache-to: type=gha,scope=image" in made.text


MATRIX = HEAD.replace(
    "    steps:\n", "    strategy:\n      matrix:\n        platform: [linux/amd64, linux/arm64]\n    steps:\n"
)


def test_a_matrix_of_platforms_has_a_cache_each(repaired):
    step = BUILD + "          platforms: ${{ matrix.platform }}\n"
    made = repaired(MATRIX + BUILDX + step)
    assert "scope=image-${{ matrix.platform }},mode=max" in made.text
    pushed = step.replace("'app:1'", "acme/app:1") + "          push: true\n"
    made = repaired(MATRIX + BUILDX + "      - uses: docker/login-action@v3\n" + pushed)
    assert "ref=acme/app:cache-image-${{ strategy.job-index }},mode=max" in made.text
    shared = step + "          cache-from: type=gha\n          cache-to: type=gha,mode=max\n"
    made = repaired(MATRIX + BUILDX + shared)
    assert "cache-from: type=gha,scope=image-${{ matrix.platform }}\n" in made.text
    assert "cache-to: type=gha,scope=image-${{ matrix.platform }},mode=max,ignore-error=true\n" in made.text


def test_what_another_build_writes_may_be_read(repaired):
    step = BUILD + "          platforms: ${{ matrix.platform }}\n          cache-from: |\n"
    step += "            type=gha,scope=base\n            type=gha\n          cache-to: type=gha,mode=max\n"
    made = repaired(MATRIX + BUILDX + step)
    assert (
        "            type=gha,scope=base\n            type=gha,scope=image-${{ matrix.platform }}\n"
        in made.text
    )


def test_two_builds_do_not_write_one_cache(repaired):
    cached = (
        BUILD + "          cache-from: type=gha\n          cache-to: type=gha,mode=max,ignore-error=true\n"
    )
    other = cached.replace("context: .", "context: ./worker")
    made = repaired(HEAD + BUILDX + cached + other, files={"worker/Dockerfile": SINGLE})
    assert made.text.count("scope=image") == 2
    assert made.text.count("scope=worker") == 2
    # The same image in two workflows shares its cache, and should.
    made = repaired(HEAD + BUILDX + cached, more={".github/workflows/release.yml": HEAD + BUILDX + cached})
    assert made.titles == []


def test_a_matrix_of_dockerfiles(repaired):
    matrix = HEAD.replace(
        "    steps:\n",
        "    strategy:\n      matrix:\n        include:\n"
        "          - {app: api}\n          - {app: worker}\n    steps:\n",
    )
    step = BUILD.replace("context: .", "context: ${{ matrix.app }}")
    files = {"api/Dockerfile": SINGLE, "worker/Dockerfile": STAGES}
    made = repaired(matrix + BUILDX + step, files=files)
    assert "scope=image-${{ matrix.app }},mode=max" in made.text
    gone = (matrix + BUILDX + step).replace("app: worker", "app: gone")
    assert "there is no gone/Dockerfile" in repaired(gone, files=files).refused[0]


def test_secrets_are_handed_over(repaired):
    made = repaired(HEAD + BUILDX + BUILD, SECRET)
    assert "          secrets: |\n            pip-conf=${{ secrets.PIP_CONF }}\n" in made.text
    there = BUILD + "          secrets: |\n            other=${{ secrets.OTHER }}\n"
    made = repaired(HEAD + BUILDX + there, SECRET)
    assert (
        "            other=${{ secrets.OTHER }}\n            pip-conf=${{ secrets.PIP_CONF }}\n" in made.text
    )
    assert (
        "lines below a |" in repaired(HEAD + BUILDX + BUILD + "          secrets: a=b\n", SECRET).refused[0]
    )


def test_cache_mounts_that_pay(repaired):
    made = repaired(HEAD + CHECKOUT + BUILDX + BUILD, MOUNTS)
    assert "      - uses: docker/setup-buildx-action@v3\n        id: buildx\n" in made.text
    assert "builder: ${{ steps.buildx.outputs.name }}" in made.text
    assert made.text.index("cache-dance") < made.text.index("# the image")
    named = repaired(HEAD + BUILDX + "        id: mine\n" + BUILD, MOUNTS)
    assert "builder: ${{ steps.mine.outputs.name }}" in named.text


def test_a_runner_of_ones_own_gets_the_modes_of_all_others(repaired):
    own = HEAD.replace("ubuntu-latest", "[self-hosted, linux]")
    made = repaired(own + CHECKOUT + BUILDX + BUILD)
    assert "        run: chmod -R go-w .\n" in made.text
    assert "chmod" not in repaired(own + CHECKOUT + BUILDX + BUILD.replace("          context: .\n", "")).text


def test_a_budget_check_behind_the_build(repaired):
    step = BUILD.replace("      - name", "      - id: it\n        name") + "          load: true\n"
    made = repaired(
        HEAD + CHECKOUT + BUILDX + step + "      - run: docker run app:1\n", install="pipx install x"
    )
    at = [
        made.text.index(word) for word in ("BUILDX_METADATA", "pipx install x", "--check app:1", "docker run")
    ]
    assert at == sorted(at)
    assert "BUILD_METADATA: ${{ steps.it.outputs.metadata }}" in made.text
    told = repaired(HEAD + CHECKOUT + BUILDX + BUILD, install="pipx install x")
    assert "no budget check is written" in told.repair.advice[0]


ASKS_GIT = "FROM golang:1.24\nCOPY . .\nRUN git describe --tags > version\n"


def test_history_for_a_build_that_asks_git(repaired):
    made = repaired(HEAD + CHECKOUT + BUILDX + BUILD, ASKS_GIT)
    assert "checkout@v4\n        with:\n          fetch-depth: 0\n" in made.text
    there = CHECKOUT + "        with:\n          lfs: true\n"
    assert "lfs: true\n          fetch-depth: 0\n" in repaired(HEAD + there + BUILDX + BUILD, ASKS_GIT).text
    shallow = CHECKOUT + "        with:\n          fetch-depth: 5\n"
    assert "fetch-depth: 0" not in repaired(HEAD + shallow + BUILDX + BUILD, ASKS_GIT).text


def test_build_commands(repaired):
    run = "      - run: docker build -t app:${{ github.sha }} --target build .\n"
    made = repaired(HEAD + CHECKOUT + run)
    line = (
        "docker buildx build --load --cache-from type=gha,scope=build --cache-to "
        "type=gha,scope=build,mode=min,ignore-error=true -t app:${{ github.sha }} --target build ."
    )
    assert line in made.text
    assert (
        made.text.index("setup-buildx-action")
        < made.text.index("ghaction-github-runtime")
        < made.text.index(line)
    )


def test_build_commands_in_a_block(repaired):
    run = """\
      - uses: docker/setup-buildx-action@v3
      - run: |
          set -e

          echo "$T" | docker login -u me --password-stdin
          docker buildx build \\
            --tag acme/app:1 \\
            --push .
"""
    made = repaired(HEAD + CHECKOUT + run)
    flags = (
        " --cache-from type=registry,ref=acme/app:cache-image --cache-to "
        "type=registry,ref=acme/app:cache-image,mode=max,image-manifest=true,ignore-error=true"
    )
    assert made.text == HEAD + CHECKOUT + run.replace("buildx build ", f"buildx build{flags} ")


REFUSED = {
    "is shared through an anchor": HEAD
    + BUILDX
    + BUILD.replace("with:", "with: &w")
    + BUILD.replace("        with:\n          context: .\n          tags: 'app:1'\n", "        with: *w\n"),
    "in braces": HEAD + BUILDX + "      - uses: docker/build-push-action@v6\n        with: {context: .}\n",
    "takes keys from an anchor": HEAD.replace("jobs:", "x-w: &w {pull: true}\njobs:")
    + BUILDX
    + BUILD
    + "          <<: *w\n",
    "cache-to is an expression": HEAD + BUILDX + BUILD + "          cache-to: ${{ env.CACHE_TO }}\n",
    "which only the run knows": HEAD + BUILDX + BUILD.replace("context: .", "context: ${{ inputs.dir }}"),
    "mode=min is written": HEAD + BUILDX + BUILD + "          cache-to: type=gha,mode=min\n",
    "the driver docker": HEAD + BUILDX + "        with:\n          driver: docker\n" + BUILD,
    "there is no web/Dockerfile": HEAD + BUILDX + BUILD.replace("context: .", "context: web"),
    "outside the repository": HEAD + BUILDX + BUILD.replace("context: .", "context: ../web"),
    "is folded": HEAD + BUILDX + "      - run: >\n          docker build\n          -t app:1 .\n",
    "options ($) that are not seen": HEAD + BUILDX + "      - run: docker build $OPTS .\n",
    "not understood": HEAD + BUILDX + "      - run: if docker build . ; then\n",
    "classic builder": HEAD + BUILDX + "      - run: DOCKER_BUILDKIT=0 docker build .\n",
    "decide by hand": HEAD + BUILDX + BUILD + "          cache-from: type=registry,ref=acme/app:latest\n",
    "does not log in to": HEAD + BUILDX + BUILD + "          cache-from: type=registry,ref=a/b:cache\n",
    "it changes the folder": HEAD + BUILDX + "      - run: cd web && docker build .\n",
    "built before": HEAD + "      - run: docker build -t golang:1.24 -f Base .\n" + BUILD,
    "runs on windows": HEAD.replace("ubuntu-latest", "windows-2025") + BUILD,
    "of several platforms": HEAD
    + BUILDX
    + "      - run: docker build --platform linux/amd64,linux/arm64 .\n",
    "classic builder alone": HEAD + BUILDX + "      - run: docker build --squash .\n",
    "the shell is": HEAD + BUILDX + "      - shell: pwsh\n        run: docker build .\n",
}


@pytest.mark.parametrize("why", REFUSED)
def test_what_is_not_understood_is_left_with_the_reason(site, why):
    text = REFUSED[why]
    made = Repaired(site({"Dockerfile": STAGES}), {"ci.yml": text})
    if why != "is shared through an anchor":
        assert made.text == text
    assert any(why.replace("the shell is", "its shell is") in each for each in made.refused), made.refused


def test_crlf_and_bom_stay(site):
    text = "\ufeff" + (HEAD + CHECKOUT + BUILD).replace("\n", "\r\n")
    made = Repaired(site({"Dockerfile": STAGES}), {"ci.yml": text})
    assert made.titles
    assert made.text.startswith("\ufeffname: build   # ours\r\n")
    assert "\n" not in made.text.replace("\r\n", "")


PIECES = (
    ("", "          platforms: linux/amd64,linux/arm64\n", "          platforms: ${{ matrix.platform }}\n"),
    ("", "          push: true\n", "          load: true\n"),
    ("", "          cache-from: type=gha\n", "          cache-from: |\n            type=gha,scope=x\n\n"),
    (
        "",
        "          cache-to: type=gha\n",
        "          cache-to: type=registry,ref=ghcr.io/a/b:c,mode=max # kept\n",
        "          cache-to: |\n            type=gha\n            type=registry,ref=ghcr.io/a/b\n",
    ),
    ("", "          secrets: |\n            a=b\n", "          secrets: a=b\n"),
    ("", "        env:\n          A: 1\n", "        if: always()\n\n", "        # the end\n"),
)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([SINGLE, STAGES, MOUNTS, SECRET, ASKS_GIT]),
    st.sampled_from([HEAD, MATRIX, HEAD.replace("ubuntu-latest", "self-hosted")]),
    st.sampled_from(["", CHECKOUT, CHECKOUT + "        with: {lfs: true}\n"]),
    st.sampled_from(["", BUILDX, BUILDX + "        id: other\n"]),
    st.sampled_from(["", LOGIN]),
    st.lists(st.tuples(*(st.sampled_from(piece) for piece in PIECES)), min_size=1, max_size=3),
    st.sampled_from(["", "pipx install x"]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_every_repair_is_done_at_once_and_keeps_every_line(
    dockerfile, head, checkout, buildx, login, builds, install, newline
):
    text = head + checkout + buildx + login + "".join(BUILD + "".join(pieces) for pieces in builds)
    text = text.replace("\n", newline)
    with TemporaryDirectory() as folder:
        root = Path(folder)
        for name, content in (("Dockerfile", dockerfile), ("go.mod", ""), ("requirements.txt", "")):
            (root / name).write_text(content)
        made = Repaired(Site(root, Asked(install=install)), {"ci.yml": text})
    rest = iter(made.text.split(newline))
    kept = [line for line in text.split(newline) if "type=" not in line]
    assert all(any(line == other for other in rest) for line in kept), "a line went or changed"
    assert made.text.count(newline) == made.text.count("\n")
