from __future__ import annotations

import gzip
import json
import subprocess
import sys
import tarfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jettison.errors import ImageError
from jettison.findings import Basis
from jettison.image import read_archive


def compressors() -> dict[str, object]:
    from backports import zstd

    return {"gzip": gzip.compress, "zstd": zstd.compress, "plain": bytes}


@pytest.fixture
def two(build) -> tuple[bytes, bytes]:
    """Two layers, the second one takes from the first."""
    return build.tar({"etc/": None, "etc/a": b"a" * 5000, "etc/b": b"b"}), build.tar(
        {"etc/.wh.b": b"", "c": b"c"}
    )


@pytest.mark.parametrize("form", ["gzip", "zstd", "plain"])
def test_an_oci_layout(build, read, two, form):
    compress = compressors()[form]
    layout = build.Layout()
    history = [
        {"created_by": "ADD root"},
        {"created_by": "ENV A=1", "empty_layer": True},
        {"comment": "imported"},
    ]
    manifest = layout.image(*two, compress=compress, history=history, config={"Cmd": ["x"]})
    image = read(layout.archive(manifest))
    assert image.digest == manifest["digest"]
    assert image.run_config == {"Cmd": ["x"]}
    assert [layer.created_by for layer in image.layers] == ["ADD root", "imported"]
    assert [layer.diff_id for layer in image.layers] == [build.digest(layer) for layer in two]
    assert [layer.uncompressed for layer in image.layers] == [len(layer) for layer in two]
    if form == "plain":
        assert [layer.compressed for layer in image.layers] == [None, None]
        assert image.compressed is None
    else:
        assert [layer.compressed for layer in image.layers] == [len(compress(layer)) for layer in two]
        assert image.compressed == sum(len(compress(layer)) for layer in two)
        assert {layer.basis for layer in image.layers} == {Basis.MEASURED}
    assert image.uncompressed == sum(map(len, two))
    assert set(image.tree()) == {"/etc", "/etc/a", "/c"}


def test_a_docker_archive_of_before_25(build, read, two):
    image = read(build.docker_archive(*two))
    assert image.run_config == {"Cmd": ["x"]}
    assert image.digest.startswith("sha256:")
    assert set(image.tree()) == {"/etc", "/etc/a", "/c"}
    assert [layer.digest for layer in image.layers] == [layer.diff_id for layer in image.layers]


def test_layers_that_are_links_in_the_archive(build, read, two):
    config = json.dumps({"rootfs": {"diff_ids": [build.digest(two[0])] * 3}}).encode()
    files = {"a/layer.tar": two[0], "b/layer.tar": "../a/layer.tar", "config.json": config}
    files["c/layer.tar"] = build.special(tarfile.LNKTYPE, "a/layer.tar")
    layers = ["a/layer.tar", "b/layer.tar", "c/layer.tar"]
    files["manifest.json"] = json.dumps([{"Config": "config.json", "Layers": layers}]).encode()
    image = read(build.tar(files))
    assert len({layer.diff_id for layer in image.layers}) == 1
    assert len(image.layers) == 3


def test_members_may_be_named_from_the_present_folder(build, read, two):
    layout = build.Layout()
    archive = layout.archive(layout.image(*two))
    dotted = {}
    with tarfile.open(fileobj=__import__("io").BytesIO(archive)) as found:
        for member in found:
            dotted[f"./{member.name}"] = found.extractfile(member).read()
    assert set(read(build.tar(dotted)).tree()) == {"/etc", "/etc/a", "/c"}


def test_compressed_sizes_are_modelled_on_wish(build, read):
    text = b"".join(b"line %d of some text\n" % number for number in range(400_000))
    layer = build.tar({"text": text})
    image = read(build.docker_archive(layer), model_compressed=True)
    (found,) = image.layers
    assert found.basis is Basis.MODELLED
    assert found.compressed == pytest.approx(len(gzip.compress(layer, 6)), rel=0.05)


def test_layers_in_the_cache_are_not_read_again(build, read, two, monkeypatch):
    cache = {}
    layout = build.Layout()
    archive = layout.archive(layout.image(*two))
    first = read(archive, cache)
    assert set(cache) == {layer.digest for layer in first.layers}
    monkeypatch.setattr("jettison.image.archive.read_layer", None)
    assert read(archive, cache) == first
    plain = build.docker_archive(*two, names=[build.blob(layer) for layer in two])
    monkeypatch.undo()
    assert read(plain, cache).layers[0].compressed is None, (
        "what is known of a gzip blob is not said of a plain one"
    )


def test_a_modelled_size_is_not_lost_in_the_cache(build, read, two):
    cache = {}
    plain = build.docker_archive(*two, names=[build.blob(layer) for layer in two])
    assert read(plain, cache).compressed is None
    modelled = read(plain, cache, model_compressed=True)
    assert modelled.compressed is not None
    assert read(plain, cache, model_compressed=True) == modelled


def attestation(build, layout, manifest) -> dict[str, object]:
    notes = {
        "vnd.docker.reference.type": "attestation-manifest",
        "vnd.docker.reference.digest": manifest["digest"],
    }
    return layout.add({"config": layout.add({}), "layers": []}) | {"annotations": notes}


def test_an_index_with_attestations_and_platforms_that_are_not_there(build, read, two):
    layout = build.Layout()
    manifest = layout.image(*two)
    absent = {"digest": f"sha256:{'0' * 64}", "platform": {"architecture": "arm64"}}
    inner = layout.add({"manifests": [absent, manifest, attestation(build, layout, manifest)]})
    assert read(layout.archive(inner)).digest == manifest["digest"]


def test_of_several_platforms_the_one_of_this_machine(build, read, two, monkeypatch):
    layout = build.Layout()
    here, there = layout.image(two[0]), layout.image(two[1], architecture="arm64")
    archive = layout.archive(layout.add({"manifests": [there, here]}))
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    assert read(archive).digest == here["digest"]
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    assert read(archive).digest == there["digest"]
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(ImageError, match="holds 2 images"):
        read(archive)


@pytest.mark.parametrize("name", ["app", "app:latest", "docker.io/library/app:latest"])
def test_one_of_several_images_is_picked_by_name(build, read, two, name):
    layout = build.Layout()
    app = layout.image(two[0], name="docker.io/library/app:latest")
    other = layout.image(two[1], name="docker.io/library/other:1")
    archive = layout.archive(other, app)
    assert read(archive, name=name).digest == app["digest"]
    with pytest.raises(
        ImageError, match=r"holds 2 images: docker.io/library/app:latest, docker.io/library/other:1"
    ):
        read(archive)
    with pytest.raises(ImageError, match=r"neither index.json nor manifest.json|called nobody"):
        read(archive, name="nobody")


def damaged(build, two, what: str) -> bytes:
    layout = build.Layout()
    manifest = layout.image(*two)
    if what == "config":
        (path,) = [path for path, data in layout.files.items() if b"rootfs" in data]
        layout.files[path] = layout.files[path].replace(b"amd64", b"arm64")
    elif what == "manifest":
        layout.files[build.blob(json_bytes(layout, manifest))] = json_bytes(layout, manifest) + b" "
    elif what == "layer":
        path = build.blob(gzip.compress(two[0], mtime=0))
        (path,) = [
            path
            for path, data in layout.files.items()
            if data[:2] == b"\x1f\x8b" and len(data) == longest(layout)
        ]
        layout.files[path] = gzip.compress(two[1])
    return layout.archive(manifest)


def json_bytes(layout, descriptor) -> bytes:
    return layout.files[f"blobs/sha256/{descriptor['digest'].partition(':')[2]}"]


def longest(layout) -> int:
    return max(len(data) for data in layout.files.values() if data[:2] == b"\x1f\x8b")


@pytest.mark.parametrize("what", ["config", "manifest", "layer"])
def test_what_its_digest_does_not_fit_is_refused(build, read, two, what):
    with pytest.raises(ImageError, match="damaged"):
        read(damaged(build, two, what))


def test_a_layer_that_is_not_the_one_of_the_config_is_refused(build, read, two):
    layout = build.Layout()
    config = layout.add({"rootfs": {"diff_ids": [build.digest(two[1])]}})
    manifest = layout.add({"config": config, "layers": [layout.add(gzip.compress(two[0]))]})
    with pytest.raises(ImageError, match="layer 1 of the image is damaged"):
        read(layout.archive(manifest))


def test_a_truncated_archive_is_refused_wherever_it_ends(build, read, two):
    layout = build.Layout()
    whole = layout.archive(layout.image(*two))
    content = len(whole.rstrip(b"\0"))
    for end in range(0, content, 511):
        with pytest.raises(ImageError):
            read(whole[:end])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "it is no tar"),
        (b"FROM scratch\n", "it is no tar"),
        (b"\x7fELF" + bytes(9000), "it is no tar"),
        (gzip.compress(b"x"), "compressed as a whole"),
    ],
)
def test_what_is_no_archive(read, data, message):
    with pytest.raises(ImageError, match=message):
        read(data)


def test_what_cannot_be_opened(tmp_path):
    with pytest.raises(ImageError, match="No such file"):
        read_archive(tmp_path / "nothing.tar")
    with pytest.raises(ImageError, match="directory"):
        read_archive(tmp_path)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a": b"a"}, "neither index.json nor manifest.json"),
        ({"manifest.json": b"{"}, "no JSON"),
        ({"manifest.json": b"[" * 100_000}, "no JSON"),
        ({"manifest.json": b"[]"}, "holds 0 images"),
        ({"manifest.json": b"{}"}, "holds 0 images"),
        ({"manifest.json": b"[{}]"}, "the image archive has no "),
        ({"manifest.json": b'[{"Config": "c"}]', "c": b"[]"}, None),
        ({"manifest.json": b'[{"Config": "c", "Layers": ["../x"]}]', "c": b"{}"}, "config speaks of 0"),
        ({"manifest.json": b" " * (17 << 20)}, "not to be trusted"),
    ],
)
def test_manifests_that_are_none(build, read, files, message):
    if message is None:
        assert read(build.tar(files)).layers == ()
        return
    with pytest.raises(ImageError, match=message):
        read(build.tar(files))


def test_an_index_that_contains_itself_ends(build, read):
    layout = build.Layout()
    at = layout.add({"manifests": []})
    for _ in range(20):
        at = layout.add({"manifests": [at, at]})
    with pytest.raises(ImageError, match="an index of indexes without end"):
        read(layout.archive(at))


def test_files_outside_the_archive_are_never_read(build, read, tmp_path):
    (tmp_path / "secret").write_bytes(b"{}")
    manifest = json.dumps([{"Config": "../secret", "Layers": ["/etc/passwd"]}]).encode()
    with pytest.raises(ImageError, match=r"has no ../secret"):
        read(build.tar({"manifest.json": manifest, "link": "/etc/passwd"}))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_manifests_of_the_wrong_shape_are_errors(build, read, data):
    layer = build.tar({"a": b"a"})
    documents = {
        "config": {
            "rootfs": {"diff_ids": [build.digest(layer)]},
            "history": [{"created_by": "x"}],
            "config": {},
        },
        "manifest": {"config": {"digest": ""}, "layers": [{"digest": build.digest(layer)}]},
        "index": {"manifests": [{"digest": "", "annotations": {"a": "b"}}]},
    }
    which = data.draw(st.sampled_from(sorted(documents)))
    at = documents[which]
    while True:
        key = data.draw(st.sampled_from(sorted(at) if isinstance(at, dict) else range(len(at))))
        if not isinstance(at[key], (dict, list)) or not at[key] or data.draw(st.booleans()):
            at[key] = data.draw(JSON)
            break
        at = at[key]
    layout = build.Layout()
    layout.add(layer)
    config = layout.add(documents["config"])
    if which != "manifest":
        documents["manifest"]["config"] = config
    manifest = layout.add(documents["manifest"])
    if which != "index":
        documents["index"]["manifests"][0] = manifest
    archive = build.tar(layout.files | {"index.json": json.dumps(documents["index"]).encode()})
    try:
        image = read(archive)
    except ImageError:
        return
    assert isinstance(dict(image.run_config), dict)
    assert image.uncompressed == len(layer)
    image.tree()


BOMB = """
import sys
from pathlib import Path
from jettison.image import read_archive
image = read_archive(Path(sys.argv[1]))
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print(image.uncompressed, len(image.tree()), int(status["VmHWM"].split()[0]) // 1024)
"""


@pytest.mark.parametrize("form", ["gzip", "zstd"])
def test_a_bomb_takes_time_and_no_memory(build, tmp_path, form):
    """A layer of 600 MB zeros is 600 kB of gzip and 20 kB of zstd."""
    layer = build.tar({"zeros": bytes(300_000_000), "more": bytes(300_000_000)})
    layout = build.Layout()
    path = tmp_path / "bomb.tar"
    path.write_bytes(layout.archive(layout.image(layer, compress=compressors()[form])))
    assert path.stat().st_size < 1_000_000
    del layer
    done = subprocess.run([sys.executable, "-c", BOMB, str(path)], capture_output=True, text=True, check=True)
    uncompressed, entries, megabytes = map(int, done.stdout.split())
    assert uncompressed > 600_000_000
    assert entries == 2
    assert megabytes < 100
