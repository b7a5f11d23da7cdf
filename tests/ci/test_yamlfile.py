"""YAML that is edited by lines: what is refused, and that nothing else changes."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from jettison.ci.yamlfile import Unclear, YamlFile, get, plain

BROKEN = {
    b"a:\n\t- b\n": ("not valid YAML", 2),
    b"a: 1\nb: 2\na: 3\n": ("the key 'a' is there twice", 3),
    b"- a\n- b\n": ("no mapping", 1),
    b"words\n": ("no mapping", 1),
    b"": ("it is empty", 0),
    b"# only this\n": ("it is empty", 0),
    b"a: [1\n": ("not valid YAML", 2),
    b"a: *none\n": ("not valid YAML", 1),
    b"a: 1\n---\nb: 2\n": ("several YAML documents", 3),
    b"a: \xff\n": ("not UTF-8", 1),
    b"a: \x01\n": ("not valid YAML", 0),
    b"a: " + b"[" * 5000: ("nested too deeply", 0),
    b"x" * 1_000_001: ("larger than 1 MB", 0),
    b"{a: 1, a: 2}\n": ("there twice", 1),
}


@pytest.mark.parametrize("data", BROKEN, ids=range(len(BROKEN)))
def test_what_is_refused_has_a_reason_and_a_line(data):
    with pytest.raises(Unclear) as caught:
        YamlFile(data)
    why, line = BROKEN[data]
    assert why in caught.value.why
    assert caught.value.line == line


@settings(max_examples=300)
@given(st.binary(max_size=80) | st.text(alphabet="ab:- \n\t|>&*{}[]'\"#!%?\r", max_size=60).map(str.encode))
def test_no_bytes_are_a_fault(data):
    try:
        file = YamlFile(data)
    except Unclear:
        return
    assert file.render() == data


def test_a_gitlab_file_with_a_header():
    file = YamlFile(b"spec:\n  inputs: {}\n---\nbuild:\n  script: [a]\n")
    assert get(file.root, "build") is not None


def test_blank_lines_that_belong_to_a_text_stay_with_it():
    file = YamlFile(b"a:\n  b: |+\n    text\n\n\nc: 1\n")
    with pytest.raises(Unclear, match="blank lines"):
        file.add_keys(get(file.root, "a"), ["new: 1"])


names = st.text(alphabet="abcxyz", min_size=1, max_size=4)
values = st.one_of(
    names,
    st.sampled_from(
        [
            "'q'",
            '"d"',
            "1",
            "true",
            "",
            "{a: 1}",
            "[a, b]",
            "a # note",
            "|\n{pad}  text\n{pad}  more",
            ">-\n{pad}  t\n\n",
        ]
    ),
)


@st.composite
def mappings(draw: st.DrawFn) -> str:
    """A file `top: {key: value, ...}` in block style with comments and blank lines."""
    pad = " " * draw(st.integers(1, 4))
    lines = ["top:"]
    for key in draw(st.lists(names, min_size=1, max_size=5, unique=True)):
        lines += draw(st.sampled_from([[], [""], [f"{pad}# note"], ["# at the edge"]]))
        lines.append(f"{pad}{key}: {draw(values)}".replace("{pad}", pad).rstrip(" "))
    lines += draw(st.sampled_from([[], ["", "# last"], ["other: 1"]]))
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    return newline.join("\n".join(lines).split("\n")) + draw(st.sampled_from(["", newline]))


@settings(max_examples=300)
@given(mappings())
def test_a_key_is_added_and_every_other_byte_stays(text):
    file = YamlFile(text.encode())
    before = plain(file.root)
    file.add_keys(get(file.root, "top"), ["new: value"])
    after = file.render().decode()
    made = plain(YamlFile(after.encode()).root)
    # A text that ends with the file has no final newline, and gets one when something follows.
    found = {
        key: value.rstrip("\n") if isinstance(value, str) else value for key, value in made["top"].items()
    }
    expected = {key: v.rstrip("\n") if isinstance(v, str) else v for key, v in before["top"].items()}
    assert found == expected | {"new": "value"}
    assert made.keys() == before.keys()
    line = next(each for each in after.split(file.newline) if each.strip() == "new: value")
    at = after.index(line)
    rest = after[:at] + after[at + len(line) :]
    assert rest.replace("\r", "").replace("\n", "") == text.replace("\r", "").replace("\n", "")
    assert yaml.safe_load(after)["top"]["new"] == "value"


@settings(max_examples=200)
@given(
    st.lists(
        st.sampled_from(["a", "{b: 1}", "b: 1\n    c: 2", "|\n    x\n    y", "# note\n  - d"]),
        min_size=1,
        max_size=5,
    ),
    st.data(),
)
def test_an_item_is_added_before_another(items, data):
    text = "list:\n" + "".join(
        f"  - {each}\n" if not each.startswith("#") else f"  {each}\n" for each in items
    )
    file = YamlFile(text.encode())
    listed = get(file.root, "list")
    at = data.draw(st.integers(0, len(listed.value) - 1))
    before = plain(file.root)["list"]
    file.add_items(listed, listed.value[at], ["- new: 1", "  more: 2"])
    after = plain(YamlFile(file.render()).root)["list"]
    assert after == [*before[:at], {"new": "1", "more": "2"}, *before[at:]]
