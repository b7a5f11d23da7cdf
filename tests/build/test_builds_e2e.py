"""What the driver tells of real builds, and what it hands to the builder."""

from __future__ import annotations

import dataclasses

import pytest

from jettison.build import BuildRequest, Secret, Workbench
from jettison.findings import Basis

pytestmark = pytest.mark.e2e

BASE = "debian:bookworm-slim"
TWO = f"""FROM {BASE} AS builder
WORKDIR /src
COPY a.txt .
RUN cat a.txt a.txt > b.txt && \\
    sleep 1

FROM {BASE}
COPY --from=builder /src/b.txt /b.txt
CMD ["cat", "/b.txt"]
""".encode()


@pytest.fixture(scope="module")
def bench(engine, prune):
    with Workbench(engine, prune=prune) as bench:
        yield bench
    assert prune != "always" or not bench._ledger.account().certain, bench.leftovers.why


@pytest.fixture
def context(bench):
    folder = bench.folder("context")
    (folder / "a.txt").write_text(f"{folder.name[-8:]}\n")
    return folder


def test_time_cache_lines_and_bytes_of_a_build(bench, context):
    request = BuildRequest(context, TWO, no_cache=True)
    cold = bench.build(request, "app")
    assert cold.ok, cold.error
    assert [(step.stage, step.lines, step.cached) for step in cold.steps] == [
        ("builder", (1,), True),
        ("builder", (2,), False),
        ("builder", (3,), False),
        ("builder", (4, 5), False),
        ("stage-1", (8,), False),
    ]
    assert cold.slowest is not None
    assert cold.slowest.lines == (4, 5)
    assert 1 <= cold.slowest.seconds <= cold.seconds
    assert cold.image_digest.startswith("sha256:")
    assert 9 <= cold.context_bytes < 1000
    assert bench.image("app").tree()["/b.txt"].size == 18

    warm = bench.build(dataclasses.replace(request, no_cache=False), "app")
    assert warm.cached == len(warm.steps) == 5
    assert warm.image_digest == cold.image_digest


def test_the_builder_tells_the_bytes_of_a_layer_when_asked(bench, context):
    record = bench.build(BuildRequest(context, TWO, provenance=True), "app")
    (copied,) = [step for step in record.steps if step.lines == (8,)]
    (layer,) = [layer for layer in bench.image("app").layers if layer.created_by.startswith("COPY")]
    if bench.engine.features.containerd_store:
        assert copied.bytes == layer.compressed
    else:
        assert copied.bytes is None, "the classic store keeps layers uncompressed"
        assert layer.basis is Basis.MODELLED


def test_a_failing_step_is_reported_with_its_output_and_lines(bench, context):
    source = f"FROM {BASE}\nRUN echo out; echo err >&2; \\\n  exit 3\n".encode()
    record = bench.build(BuildRequest(context, source), "bad")
    assert not record.ok
    assert "  | out" in record.error
    assert "  | err" in record.error
    assert "   3 | >>>   exit 3" in record.error
    assert "exit code: 3" in record.error
    assert [step.lines for step in record.steps if step.error] == [(2, 3)]
    assert not bench.engine.has_image(bench.tag("bad"))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (b"FOO bar\n", "unknown instruction: FOO"),
        (b"FROM scratch\nCOPY nowhere /\n", '"/nowhere": not found'),
        (b"", "the Dockerfile cannot be empty"),
    ],
)
def test_mistakes_in_a_dockerfile_are_the_builders_words(bench, context, source, message):
    record = bench.build(BuildRequest(context, source), "bad")
    assert not record.ok
    assert message in record.error


def test_a_build_that_takes_too_long_is_stopped(bench, context):
    record = bench.build(BuildRequest(context, f"FROM {BASE}\nRUN sleep 60\n".encode(), timeout=3), "slow")
    assert not record.ok
    assert record.error.startswith("the build did not end within 3 s")
    assert record.seconds < 15


def test_arguments_target_and_secrets_reach_the_build(bench, context, monkeypatch, tmp_path):
    monkeypatch.setenv("TOKEN", "from the environment")
    file = tmp_path / "a,secret"
    file.write_text("from a file")
    source = f"""FROM {BASE} AS first
ARG NAME=nobody
RUN --mount=type=secret,id=one --mount=type=secret,id=TOKEN \\
  test "$(cat /run/secrets/one) $(cat /run/secrets/TOKEN)" = "from a file from the environment"
RUN echo "$NAME" > /name
FROM first
RUN false
"""
    request = BuildRequest(
        context,
        source.encode(),
        target="first",
        build_args={"NAME": "some body"},
        secrets=(Secret("one", file), Secret("TOKEN")),
    )
    record = bench.build(request, "app")
    assert record.ok, record.error
    container = bench.start("app", command=["cat", "/name"])
    assert container.wait(30) == 0
    assert container.logs() == (b"some body\n", b"")


COPY_ALL = b"FROM scratch\nCOPY . /x/\n"


def names(bench, request) -> set[str]:
    assert bench.build(request, "app").ok
    return {path.removeprefix("/x/") for path in bench.image("app").tree() if path.startswith("/x/")}


def test_which_ignore_file_counts(bench, context):
    for name in ("b.txt", "c.txt", "d.txt"):
        (context / name).write_text(name)
    (context / ".dockerignore").write_text("b.txt\n.dockerignore\nMy.*\n")
    everything = {"a.txt", "b.txt", "c.txt", "d.txt"}
    assert names(bench, BuildRequest(context, COPY_ALL)) == everything - {"b.txt"}

    before = sorted(context.iterdir())
    proposed = BuildRequest(context, COPY_ALL, ignore=b"c.txt\n.dockerignore\nMy.*\n")
    assert names(bench, proposed) == everything - {"c.txt"}
    assert names(bench, dataclasses.replace(proposed, ignore=b"")) == everything | {".dockerignore"}
    assert sorted(context.iterdir()) == before, "nothing is written to the context"

    (context / "My.Dockerfile").write_bytes(COPY_ALL)
    (context / "My.Dockerfile.dockerignore").write_text("d.txt\n.dockerignore\nMy.*\n")
    assert names(bench, BuildRequest(context, context / "My.Dockerfile")) == everything - {"d.txt"}
    elsewhere = BuildRequest(context, COPY_ALL, path=context / "My.Dockerfile")
    assert names(bench, elsewhere) == everything - {"d.txt"}


@pytest.mark.parametrize("kind", ["oci", "docker"])
@pytest.mark.parametrize("compression", ["gzip", "zstd", "uncompressed"])
def test_every_form_of_archive_is_read_alike(bench, context, tmp_path, kind, compression):
    from jettison.image import read_archive

    path = tmp_path / "image.tar"
    output = f"type={kind},dest={path},compression={compression},force-compression=true"
    request = BuildRequest(context, TWO, output=output)
    record = bench.build(request)
    if not bench.engine.features.containerd_store:
        assert "not supported for the docker driver" in record.error
        return
    assert record.ok, record.error
    assert bench.build(BuildRequest(context, TWO), "app").ok
    image, saved = read_archive(path), bench.image("app")
    assert image.tree() == saved.tree()
    assert image.uncompressed == saved.uncompressed
    assert image.run_config["Cmd"] == ["cat", "/b.txt"]
    assert (image.compressed is None) == (compression == "uncompressed")
