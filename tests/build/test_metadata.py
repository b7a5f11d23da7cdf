from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jettison.build.metadata import Metadata, read_metadata


def test_without_provenance_it_tells_the_digests(records):
    metadata = read_metadata(records / "cached.metadata.json")
    assert metadata.image_digest == "sha256:21e55a2c3728e16cf58507010b9ac93e8f24e8f4fd04b39cef58a45e50e2ca5d"
    assert metadata.config_digest.startswith("sha256:8ef88b90")
    assert metadata.ref == "rztwl9ef8fu5qk1i19buzffk2"
    assert not metadata.lines
    assert not metadata.layers


def test_provenance_tells_lines_and_layers(records):
    metadata = read_metadata(records / "cold.metadata.json")
    assert sorted(metadata.lines.values()) == [
        *((1, 10), (3,), (4,), (5, 6, 7, 8), (11,), (11,)),
        tuple(range(12, 18)),
    ]
    assert sorted(metadata.layers.values()) == [0, 29, 107]


def test_the_newer_form_of_provenance_tells_the_same(records, tmp_path):
    found = json.loads((records / "cold.metadata.json").read_text())
    old = found["buildx.build.provenance"]
    details = old["metadata"]["https://mobyproject.org/buildkit@v1#metadata"]
    found["buildx.build.provenance"] = {
        "buildDefinition": {"internalParameters": {"buildConfig": old["buildConfig"]}},
        "runDetails": {"metadata": {"buildkit_metadata": details}},
    }
    path = tmp_path / "metadata.json"
    path.write_text(json.dumps(found))
    assert read_metadata(path) == read_metadata(records / "cold.metadata.json")


@pytest.mark.parametrize(
    "content", [None, b"", b"{", b"[]", b"null", b'{"buildx.build.provenance": 3}', b"[" * 9999]
)
def test_a_file_that_is_not_there_or_no_json_tells_nothing(tmp_path, content):
    path = tmp_path / "metadata.json"
    if content is not None:
        path.write_bytes(content)
    assert read_metadata(path) == Metadata()


@given(st.data())
def test_damaged_provenance_never_fails(data):
    import tempfile
    from pathlib import Path

    found = json.loads((Path(__file__).parent / "records" / "cold.metadata.json").read_text())
    at = found
    for _ in range(data.draw(st.integers(0, 9))):
        if not isinstance(at, (dict, list)) or not at:
            break
        key = data.draw(st.sampled_from(sorted(at) if isinstance(at, dict) else range(len(at))))
        if data.draw(st.booleans()) and not isinstance(at[key], (dict, list)):
            break
        previous, at = (at, key), at[key]
        if data.draw(st.integers(0, 3)) == 0:
            previous[0][previous[1]] = data.draw(
                st.none() | st.integers() | st.text(max_size=5) | st.just([[]])
            )
            break
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "metadata.json"
        path.write_text(json.dumps(found))
        assert isinstance(read_metadata(path), Metadata)
