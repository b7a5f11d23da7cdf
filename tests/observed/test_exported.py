"""Exported caches: every form that BuildKit writes, and everything that it does not."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jettison.errors import ImageError
from jettison.observed import read_cache, steps_in
from jettison.observed.content import Contents, Taken
from jettison.observed.exported import CONFIG, CacheLayer, CacheLink

A_TXT = "483083779\n"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
A, B = (f"sha256:{letter * 64}" for letter in "ab")
LAYERS = [{"blob": A, "parent": -1}, {"blob": B}]
RECORDS = [
    {"digest": "sha256:root"},
    {
        "digest": "sha256:copy",
        "inputs": [[{"link": 0}], [{"link": 2, "selector": "sha256:s"}]],
        "layers": [{"layer": 1}],
    },
    {"digest": "sha256:content"},
]
BLOBS = [{"mediaType": "l", "digest": A, "size": 10}, {"mediaType": "l", "digest": B, "size": 5}]


class Store:
    """Blobs and a top, as a folder of an OCI layout."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "blobs" / "sha256").mkdir(parents=True)

    def put(self, document) -> str:
        data = document if isinstance(document, bytes) else json.dumps(document).encode()
        name = hashlib.sha256(data).hexdigest()
        (self.folder / "blobs" / "sha256" / name).write_bytes(data)
        return f"sha256:{name}"

    def top(self, document) -> str:
        digest = self.put(document)
        entry = {"digest": digest, "annotations": {"org.opencontainers.image.ref.name": "latest"}}
        (self.folder / "index.json").write_text(json.dumps({"manifests": [entry]}))
        return digest

    def cache(self, records=RECORDS, layers=LAYERS, blobs=BLOBS) -> str:
        digest = self.put({"records": records, "layers": layers})
        self.top({"mediaType": MANIFEST, "config": {"mediaType": CONFIG, "digest": digest}, "layers": blobs})
        return str(self.folder)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "cache")


def test_the_form_of_an_image_manifest(store):
    cache = read_cache(store.cache())
    assert cache.kind == "local"
    root, copied, _ = cache.records
    assert (root.inputs, root.layers, root.has_result) == ((), (), False)
    assert copied.inputs == ((CacheLink(0, ""),), (CacheLink(2, "sha256:s"),))
    assert copied.layers == (CacheLayer(A, 10), CacheLayer(B, 5))
    assert (cache.results, cache.bytes) == (1, 15)


def test_the_form_of_an_index(store):
    config = {"mediaType": CONFIG, "digest": store.put({"records": RECORDS, "layers": LAYERS})}
    store.top({"manifests": [*BLOBS, config]})
    assert (read_cache(f"type=local,src={store.folder}").results) == 1


def test_the_inline_form(store):
    told = base64.b64encode(json.dumps(RECORDS).encode()).decode()
    config = store.put({"rootfs": {}, "moby.buildkit.cache.v0": told})
    manifest = {"config": {"digest": config}, "layers": BLOBS}
    store.top(manifest)
    cache = read_cache(str(store.folder))
    assert (cache.kind, cache.results, cache.bytes) == ("inline", 1, 15)
    attestation = {"digest": A, "platform": {"os": "unknown", "architecture": "unknown"}}
    image = {"digest": store.put(manifest), "platform": {"os": "linux", "architecture": "amd64"}}
    store.top({"manifests": [image, attestation]})
    assert read_cache(str(store.folder)).results == 1
    store.top({"manifests": [image, {**image, "platform": {"os": "linux", "architecture": "arm64"}}]})
    with pytest.raises(ImageError, match="several platforms"):
        read_cache(str(store.folder))


def test_layers_that_are_not_a_chain(store):
    records = [{"digest": "sha256:x", "chains": [{"layers": [1, 0]}]}]
    (record,) = read_cache(store.cache(records)).records
    assert [layer.size for layer in record.layers] == [5, 10]


def test_a_result_whose_blobs_are_gone_is_none(store):
    assert read_cache(store.cache(blobs=BLOBS[:1])).results == 0


@pytest.mark.parametrize(
    ("records", "layers", "message"),
    [
        (
            [{"digest": "x", "inputs": [[{"link": 1}]]}, {"digest": "y", "inputs": [[{"link": 0}]]}],
            [],
            "circle",
        ),
        ([{"digest": "x", "inputs": [[{"link": 0}]]}], [], "circle"),
        ([{"digest": "x", "inputs": [[{"link": 7}]]}], [], "input that is not there"),
        ([{"digest": "x", "inputs": [[{"link": -1}]]}], [], "input that is not there"),
        ([{"digest": "x", "inputs": [[]]}], [], "input that is not there"),
        ([{"digest": "x", "layers": [{"layer": 9}]}], LAYERS, "no layer 9"),
        ([{"digest": "x", "layers": [{"layer": 0}]}], [{"blob": A}], "circle"),
        ([{"digest": "x", "chains": [{"layers": [-1]}]}], LAYERS, "not there"),
        ([{"inputs": []}], [], "no digest"),
        ([{"digest": "x", "inputs": 5}], [], "no list"),
        ([{"digest": "x", "inputs": [[{"link": "0"}]]}], [], "no number"),
        ("records", [], "not understood"),
        ([5], [], "not understood"),
    ],
)
def test_a_cache_that_is_damaged(store, records, layers, message):
    with pytest.raises(ImageError, match=message) as problem:
        read_cache(store.cache(records, layers))
    assert "--cache-to" in problem.value.hint


def test_a_long_chain_of_records_needs_no_deep_stack(store):
    records = [{"digest": "x"}, *({"digest": "x", "inputs": [[{"link": at}]]} for at in range(50_000))]
    assert len(read_cache(store.cache(records, [])).records) == 50_001


def test_what_would_take_much_memory_is_refused(store):
    layers = [{"blob": A, "parent": at - 1} for at in range(1000)]
    records = [{"digest": "x", "layers": [{"layer": 999}]} for _ in range(1100)]
    with pytest.raises(ImageError, match="more than 1000000 layers"):
        read_cache(store.cache(records, layers))
    deep = [{"blob": A, "parent": at - 1} for at in range(1030)]
    with pytest.raises(ImageError, match="more than 1024 layers"):
        read_cache(store.cache([{"digest": "x", "layers": [{"layer": 1029}]}], deep))


def test_a_document_that_is_too_large(store, monkeypatch):
    folder = store.cache()
    for size, name in ((100, "index.json"), (250, "sha256:")):
        monkeypatch.setattr("jettison.observed.exported._LARGEST", size)
        with pytest.raises(ImageError, match=f"{name}.* is larger than"):
            read_cache(folder)


def test_a_truncated_blob(store):
    folder = store.cache()
    for blob in (store.folder / "blobs" / "sha256").iterdir():
        blob.write_bytes(blob.read_bytes()[:-1])
    with pytest.raises(ImageError, match="truncated or damaged"):
        read_cache(folder)


def test_a_digest_may_not_lead_out_of_the_folder(store):
    (store.folder / "index.json").write_text(
        json.dumps({"manifests": [{"digest": "sha256:../../../etc/passwd"}]}).replace(
            '"}', '", "annotations": {"org.opencontainers.image.ref.name": "latest"}}'
        )
    )
    with pytest.raises(ImageError, match="a digest in its manifest is none"):
        read_cache(str(store.folder))


@pytest.mark.parametrize(
    ("top", "message"),
    [
        ({"config": {"digest": "CONFIG"}, "layers": BLOBS}, "an image without a cache"),
        ({}, "nothing that BuildKit wrote"),
        (b"[]", "damaged"),
        (b"\xff\xfe", "damaged"),
        ({"manifests": "x"}, "not understood"),
    ],
)
def test_what_is_no_cache(store, top, message):
    config = store.put({"rootfs": {}})
    store.top(json.loads(json.dumps(top).replace("CONFIG", config)) if isinstance(top, dict) else top)
    with pytest.raises(ImageError, match=message):
        read_cache(str(store.folder))


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("type=gha", "type=gha cannot be read"),
        ("!!", "neither a folder nor"),
        ("127.0.0.1:1/x:y", "cannot be read"),
        ("type=local,src=/nowhere", "cannot be read: No such file"),
    ],
)
def test_what_cannot_be_read(reference, message):
    with pytest.raises(ImageError, match=message):
        read_cache(reference)


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=4), st.just([]), st.just({}), st.just([[]])
)


@given(data=st.data())
@settings(max_examples=200, deadline=None)
def test_a_changed_config_never_ends_in_a_traceback(data, tmp_path_factory):
    document = copy.deepcopy({"records": RECORDS, "layers": LAYERS})
    inner = document
    while True:
        keys = list(inner) if isinstance(inner, dict) else list(range(len(inner)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(inner[key], (dict, list)) or not inner[key] or data.draw(st.booleans()):
            break
        inner = inner[key]
    inner[key] = data.draw(VALUES)
    store = Store(tmp_path_factory.mktemp("cache") / "c")
    with suppress(ImageError):
        read_cache(store.cache(document["records"], document["layers"]))


@pytest.fixture
def registry(store):
    """A registry on the loopback that has the blobs of `store`; some of them at another path."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            *_, kind, name = self.path.split("/")
            path = store.folder / "blobs" / "sha256" / name.removeprefix("sha256:")
            if kind == "blobs":
                self.send_response(307)
                self.send_header("Location", f"/elsewhere/{name}?x=1")
                self.end_headers()
                return
            if name == "tag":
                path = store.folder / "tag"
            name = path.name.partition("?")[0]
            path = path.with_name(name)
            self.send_response(200 if path.exists() else 404)
            self.end_headers()
            if path.exists():
                self.wfile.write(path.read_bytes())

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_from_a_registry(store, registry):
    store.cache()
    index = json.loads((store.folder / "index.json").read_text())
    name = index["manifests"][0]["digest"].removeprefix("sha256:")
    (store.folder / "tag").write_bytes((store.folder / "blobs" / "sha256" / name).read_bytes())
    cache = read_cache(f"type=registry,ref={registry}/team/app:tag")
    assert (cache.kind, cache.results) == ("registry", 1)
    with pytest.raises(ImageError, match=f"{registry} has no other"):
        read_cache(f"{registry}/team/app:other")


def test_a_real_cache_of_mode_max_has_every_step_and_one_of_mode_min_the_last_stage(records, build):
    stages = {step.digest: step.stage for step in build.record.steps}
    most = steps_in(read_cache(str(records / "cache-max")), build)
    least = steps_in(read_cache(str(records / "cache-min")), build)
    assert len(most) == len(least) == 15
    assert all(found.loadable for found in most.values())
    assert all(found.records for found in least.values())
    assert {stages[digest] for digest, found in least.items() if found.loadable} == {"stage-2"}
    assert {stages[digest] for digest, found in least.items() if not found.loadable} == {"base", "copies"}


def test_a_step_that_was_changed_is_not_in_the_cache_nor_what_stands_on_it(records, build):
    import dataclasses

    changed = next(step for step in build.record.steps if step.lines == (7,))
    other = dataclasses.replace(build, keys={**build.keys, changed.digest: "sha256:other"})
    found = steps_in(read_cache(str(records / "cache-max")), other)
    assert found[changed.digest] == ((), (), "operation")
    above = next(step for step in build.record.steps if step.lines == (8,))
    assert found[above.digest] == ((), (), "below")
    below = next(step for step in build.record.steps if step.lines == (6,))
    assert found[below.digest].loadable


def test_a_copy_of_other_files_is_told_from_one_of_the_same(records, build, tmp_path):
    for name, text in (("a.txt", A_TXT), ("b.txt", "b<&>\n"), ("dir/c.txt", "c\n")):
        (tmp_path / "q" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "q" / name).write_text(text)
        (tmp_path / "q" / name).chmod(0o644)
    (tmp_path / "q" / "dir").chmod(0o755)
    (tmp_path / "q" / "Dockerfile").write_bytes(build.dockerfile)
    (tmp_path / "q" / "Dockerfile").chmod(0o644)
    cache = read_cache(str(records / "cache-max"))
    steps = {step.lines[0]: step.digest for step in build.record.steps}
    taken = {
        11: [Taken("a.txt"), Taken("b.txt")],
        12: [Taken("dir")],
        13: [Taken(".", ("*.txt",))],
        23: [Taken("b.txt")],
    }

    def lacking():
        contents = Contents(tmp_path / "q")
        keys = {steps[line]: contents.key(sources) for line, sources in taken.items()}
        found = steps_in(cache, build, keys)
        return {line: found[digest].lacks for line, digest in steps.items() if digest in found}

    assert set(lacking().values()) == {""}
    (tmp_path / "q" / "dir" / "c.txt").chmod(0o664)
    lacks = lacking()
    assert {line for line in lacks if lacks[line] == "files"} == {12}
    assert {line for line in lacks if lacks[line] == "below"} == {13, 14, 17}
    assert {line for line in lacks if not lacks[line]} >= {11, 23}


def test_a_base_of_other_layers_is_told_from_the_same(records, build):
    import dataclasses

    cache = read_cache(str(records / "cache-max"))
    steps = {step.lines[0]: step.digest for step in build.record.steps}
    (base, layers), *_ = build.base_layers.items()
    assert build.parents[steps[5]] == base
    assert len(layers) == 1
    moved = dataclasses.replace(build, base_layers={base: (A,)})
    lacks = {line: found.lacks for line in steps if (found := steps_in(cache, moved).get(steps[line]))}
    assert (lacks[5], lacks[6]) == ("base", "below")
    assert lacks[14] == "below"
    assert set(steps_in(read_cache(str(records / "cache-min")), moved)[steps[5]][2]) == set()
