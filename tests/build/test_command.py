from __future__ import annotations

import csv
from pathlib import Path

import pytest

from jettison.build.command import arguments, environment
from jettison.build.request import BuildRequest, Secret


@pytest.fixture
def context(tmp_path):
    folder = tmp_path / "context"
    folder.mkdir()
    return folder


@pytest.fixture
def scratch(tmp_path):
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


def words(scratch: Path, **request) -> list[str]:
    return arguments(BuildRequest(**request), b"FROM scratch\n", scratch)


def test_a_plain_build_makes_an_image_without_attestations(context, scratch):
    found = words(scratch, context=context, dockerfile=b"FROM scratch\n", tag="a:b")
    assert found[0] == "--progress=rawjson"
    assert {"--provenance=false", "--sbom=false", "--tag=a:b", "--load"} <= set(found)
    assert found[-1] == str(context)
    assert not any("add-host" in word or "no-cache" in word for word in found)


def test_without_a_tag_nothing_is_kept_but_cache(context, scratch):
    assert "--output=type=cacheonly" in words(scratch, context=context, dockerfile=b"")
    assert "--output=type=oci,dest=x" in words(
        scratch, context=context, dockerfile=b"", output="type=oci,dest=x"
    )


def test_the_salt_sets_run_steps_and_cache_mounts_apart(context, scratch):
    found = words(scratch, context=context, dockerfile=b"", salt="ab12-before")
    assert "--add-host=jettison-ab12-before:127.0.0.1" in found
    assert "--build-arg=BUILDKIT_CACHE_MOUNT_NS=ab12-before" in found


def test_options_are_passed_through(context, scratch):
    found = words(
        scratch,
        context=context,
        dockerfile=b"",
        target="app",
        build_args={"A": "1", "B": "x y"},
        ssh=("default",),
        cache_from=("type=local,src=a", "type=registry,ref=b"),
        cache_to=("type=inline",),
        platform="linux/amd64",
        network="host",
        no_cache=True,
    )
    wanted = ["--build-arg=A=1", "--build-arg=B=x y", "--ssh=default", "--cache-from=type=local,src=a"]
    wanted += ["--cache-from=type=registry,ref=b", "--cache-to=type=inline", "--target=app"]
    wanted += ["--platform=linux/amd64", "--network=host", "--no-cache"]
    assert [word for word in found if word in wanted] == wanted


@pytest.mark.parametrize(
    ("secret", "fields"),
    [
        (Secret("npm", Path("/home/me/.npmrc")), ["id=npm", "src=/home/me/.npmrc"]),
        (Secret("key", env="API_KEY"), ["id=key", "env=API_KEY"]),
        (Secret("KEY"), ["id=KEY", "env=KEY"]),
        (Secret("odd", Path('/a,b"c')), ["id=odd", 'src=/a,b"c']),
    ],
)
def test_secrets_are_written_as_buildx_takes_them_apart(context, scratch, secret, fields):
    found = words(scratch, context=context, dockerfile=b"", secrets=(secret,))
    (word,) = [word for word in found if word.startswith("--secret=")]
    assert next(csv.reader([word.removeprefix("--secret=")])) == fields


def dockerfile_of(found: list[str]) -> Path:
    (word,) = [word for word in found if word.startswith("--file=")]
    return Path(word.removeprefix("--file="))


def test_a_dockerfile_that_exists_nowhere_lies_outside_the_context(context, scratch):
    path = dockerfile_of(words(scratch, context=context, dockerfile=b"FROM scratch\n"))
    assert path.read_bytes() == b"FROM scratch\n"
    assert path.parent == scratch
    assert sorted(scratch.iterdir()) == [path], "no ignore file beside it: the context's own counts"
    assert not list(context.iterdir())


def test_its_own_ignore_file_goes_with_it(context, scratch):
    stands = context / "My.Dockerfile"
    stands.with_name("My.Dockerfile.dockerignore").write_bytes(b"secret\n")
    path = dockerfile_of(words(scratch, context=context, dockerfile=b"", path=stands))
    assert path.with_name("My.Dockerfile.dockerignore").read_bytes() == b"secret\n"
    stands.write_bytes(b"FROM scratch\n")
    path = dockerfile_of(words(scratch, context=context, dockerfile=stands))
    assert path.with_name("My.Dockerfile.dockerignore").read_bytes() == b"secret\n"


@pytest.mark.parametrize("ignore", [b"", b"node_modules\n"])
def test_a_proposed_ignore_file_is_tried_without_being_written_to_the_context(context, scratch, ignore):
    (context / "Dockerfile").write_bytes(b"FROM scratch\n")
    (context / ".dockerignore").write_bytes(b"old\n")
    found = words(scratch, context=context, dockerfile=context / "Dockerfile", ignore=ignore)
    assert (scratch / "Dockerfile.dockerignore").read_bytes() == ignore
    assert dockerfile_of(found) == scratch / "Dockerfile"
    assert (context / ".dockerignore").read_bytes() == b"old\n"


def test_the_environment_lets_nothing_change_how_buildx_talks(monkeypatch):
    monkeypatch.setenv("BUILDKIT_PROGRESS", "plain")
    monkeypatch.setenv("BUILDX_BUILDER", "mine")
    monkeypatch.setenv("HTTP_PROXY", "http://proxy")
    env = environment(False)
    assert env["HTTP_PROXY"] == "http://proxy"
    assert "BUILDKIT_PROGRESS" not in env
    assert "BUILDX_BUILDER" not in env
    assert env["BUILDX_METADATA_PROVENANCE"] == "disabled"
    assert environment(True)["BUILDX_METADATA_PROVENANCE"] == "max"
