"""Records of builds, the history and exported caches with a real engine."""

from __future__ import annotations

import os
import secrets

import pytest

from jettison.build.registry import delete_tag
from jettison.cli import main
from jettison.context.ignore import IgnoreFile
from jettison.observed import kept_builds, observed_builds, read_build, read_cache, steps_in
from jettison.observed.content import Contents, Taken
from jettison.observed.why import explain_cache

pytestmark = pytest.mark.e2e

DOCKERFILE = """FROM busybox:1.35 AS builder
ARG VERSION
WORKDIR /{name}
COPY a.txt .
RUN cat a.txt > b.txt
FROM busybox:1.35
COPY --from=builder /{name}/b.txt /b.txt
"""


@pytest.fixture
def context(tmp_path):
    folder = tmp_path / "context"
    folder.mkdir()
    (folder / "Dockerfile").write_text(DOCKERFILE.format(name=secrets.token_hex(8)))
    (folder / "a.txt").write_text(secrets.token_hex())
    return folder


@pytest.fixture
def record(context, capfd):
    """A function from options to the record of one more build with `jettison build`."""

    def build(*options):
        code = main(["build", *options, str(context)])
        assert code == 0, capfd.readouterr().err
        return read_build(kept_builds(str(context), str(context / "Dockerfile"))[0])

    return build


def test_a_recorded_build_and_the_same_one_in_the_history(engine, record, context):
    first = record("--build-arg", "VERSION=1")
    assert [(step.lines[0], step.cached) for step in first.record.steps] == [
        (1, True), (3, False), (4, False), (5, False), (7, False),
    ]  # fmt: skip
    assert first.missing == ()
    assert list(first.bases) == ["docker.io/library/busybox:1.35"]
    assert set(first.tree.files) == {"Dockerfile", "a.txt"}
    assert len(first.keys) == 4

    second = record("--build-arg", "VERSION=2")
    assert [(step.lines[0], step.cached) for step in second.record.steps] == [
        (1, True), (3, True), (4, True), (5, False), (7, True),
    ]  # fmt: skip
    assert (first.args, second.args) == ({"VERSION": "1"}, {"VERSION": "2"})
    by_line = [
        {step.lines[0]: each.keys.get(step.digest) for step in each.record.steps} for each in (first, second)
    ]
    assert [line for line in by_line[0] if by_line[0][line] != by_line[1][line]] == [5]

    past = next(each for each in observed_builds(engine, 5) if each.record.ref == second.record.ref)
    assert past.record.steps == second.record.steps
    assert (past.dockerfile, past.args, past.keys) == (second.dockerfile, second.args, second.keys)
    assert (past.context, past.path) == (str(context), str(context / "Dockerfile"))
    assert past.tree is None


def test_a_failed_build(context):
    (context / "Dockerfile").write_text("FROM busybox:1.35\nRUN echo hush; exit 3\n")
    assert main(["build", str(context)]) == 1
    build = read_build(kept_builds(str(context), str(context / "Dockerfile"))[0])
    assert "exit code: 3" in build.record.error
    assert [(step.lines, bool(step.error), step.log) for step in build.record.steps] == [
        ((1,), False, ""),
        ((2,), True, ""),
    ]


@pytest.mark.parametrize("manifest", ["true", "false"])
def test_a_registry_cache_of_mode_min_and_of_mode_max(record, manifest):
    if not (registry := os.environ.get("JETTISON_CACHE_REGISTRY")):
        pytest.fail(
            "no registry on the loopback for JETTISON_CACHE_REGISTRY. Run the tests with `make test`."
        )
    name = f"{registry}/jettison-observed-{secrets.token_hex(4)}"
    options = f"image-manifest={manifest},oci-mediatypes=true"
    try:
        record(f"--cache-to=type=registry,ref={name}:min,mode=min,{options}")
        least = read_cache(f"type=registry,ref={name}:min")
        build = record(f"--cache-to=type=registry,ref={name}:max,mode=max,{options}")
        most = read_cache(f"{name}:max")
    finally:
        assert delete_tag(f"{name}:min")
        assert delete_tag(f"{name}:max")
    assert 0 < least.results < most.results
    lines = {step.digest: step.lines[0] for step in build.record.steps}
    assert [
        {lines[digest] for digest, found in steps_in(cache, build).items() if found.loadable}
        for cache in (least, most)
    ] == [{7}, {3, 4, 5, 7}]


COPIES = {
    "one/a.txt /": [Taken("one/a.txt")],
    "one /": [Taken("one")],
    "one/ a-b.txt /x/": [Taken("one"), Taken("a-b.txt")],
    "one/deep one /y/": [Taken("one/deep"), Taken("one")],
    "a-b.txt a.txt a /z/": [Taken("a-b.txt"), Taken("a.txt"), Taken("a")],
    "*.txt /w/": [Taken("*.txt")],
    "a-?.txt /v/": [Taken("a-?.txt")],
    "o*e /u/": [Taken("o*e")],
    "one/d* /t/": [Taken("one/d*")],
    "*/a.txt a.txt /s/": [Taken("*/a.txt"), Taken("a.txt")],
    "--exclude=*.txt . /r/": [Taken(".", ("*.txt",))],
    "--exclude=**/*.txt --exclude=!one/deep/c.txt one /q/": [Taken("one", ("**/*.txt", "!one/deep/c.txt"))],
    "--exclude=deep one /p/": [Taken("one", ("deep",))],
    ". /all/": [Taken(".")],
}
"""What COPY is given, and what that is to us."""


def test_the_content_of_every_copy_is_found_in_the_cache(context, record, tmp_path):
    for path in (
        "one/a.txt",
        "one/deep/c.txt",
        "one/deep/d",
        "a-b.txt",
        "a.txt",
        "a/x",
        "not/é ü.txt",
        "one/node/x",
    ):
        (context / path).parent.mkdir(parents=True, exist_ok=True)
        (context / path).write_text(f"{path} {secrets.token_hex(4)}")
    (context / "one/empty").mkdir()
    (context / "one/empty").chmod(0o2775)
    (context / "a.txt").chmod(0o4664)
    (context / "one/link").symlink_to("deep/c.txt")
    (context / "one/loose").symlink_to("/nowhere")
    os.link(context / "one/a.txt", context / "one/hard")
    (context / ".dockerignore").write_text("**/node\n!one/node/x\n*.log\n")
    (context / "not/x.log").write_text("x")
    lines = [f"FROM scratch AS s{at}\nCOPY {words}\n" for at, words in enumerate(COPIES)]
    lines += ["FROM scratch\n", *(f"COPY --from=s{at} / /{at}/\n" for at in range(len(COPIES)))]
    (context / "Dockerfile").write_text("".join(lines))
    record(f"--cache-to=type=local,dest={tmp_path / 'cache'},mode=max")
    known = {each.digest for each in read_cache(str(tmp_path / "cache")).records}
    contents = Contents(context, IgnoreFile.find(context))
    missed = [words for words, taken in COPIES.items() if contents.key(taken) not in known]
    assert not missed
    (context / "one/a.txt").chmod(0o664)
    changed = Contents(context, IgnoreFile.find(context))
    assert changed.key([Taken("one")]) not in known
    assert changed.key([Taken("one/deep")]) != ""


def cause_in(name, context):
    """What `why` says of the last build and an exported cache: the line of the first miss, and its cause."""
    build = read_build(kept_builds(str(context), str(context / "Dockerfile"))[0])
    misses = explain_cache(read_cache(name), build).misses
    return [(miss.step.lines[0], miss.causes[0].message) for miss in misses]


def test_why_a_checkout_misses_a_cache_that_another_one_made(context, record, tmp_path):
    (context / "Dockerfile").write_text(
        f"FROM busybox:1.35\nWORKDIR /{secrets.token_hex(8)}\nCOPY a.txt ./\nCOPY . all/\nRUN true\n"
    )
    (context / ".dockerignore").write_text("Dockerfile\n.dockerignore\n")
    (context / "dir").mkdir()
    (context / "dir" / "b").write_text("b")
    for path, mode in (("a.txt", 0o644), ("dir/b", 0o644), ("dir", 0o755)):
        (context / path).chmod(mode)
    cache = str(tmp_path / "cache")
    record(f"--cache-to=type=local,dest={cache},mode=max")
    assert cause_in(cache, context) == []

    for path, mode in (("a.txt", 0o664), ("dir/b", 0o664), ("dir", 0o775)):
        (context / path).chmod(mode)
    record()
    [(line, message)] = cause_in(cache, context)
    assert line == 3
    assert "the group or others may write" in message

    for path, mode in (("a.txt", 0o644), ("dir/b", 0o644), ("dir", 0o755)):
        (context / path).chmod(mode)
    (context / ".git").mkdir()
    (context / ".git" / "HEAD").write_text("ref: x")
    record()
    [(line, message)] = cause_in(cache, context)
    assert line == 4
    assert ".git, which is in the context" in message

    (context / "dir" / "b").write_text("other")
    record()
    [(line, message)] = cause_in(cache, context)
    assert line == 4
    assert "other content, modes or names" in message
