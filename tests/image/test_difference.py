from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jettison.image import Difference, Entry, compare

FILE = Entry("file", 0o644, 0, 0, 3, "aa", "", ())
LINK = Entry("link", 0o777, 0, 0, 0, "", "there", ())


def test_equal_trees_have_no_difference():
    assert compare({"/a": FILE, "/b": LINK}, {"/b": LINK, "/a": FILE}) == ()


def test_what_vanished_and_appeared():
    assert compare({"/b": FILE, "/c": LINK}, {"/a": FILE, "/c": LINK}) == (
        Difference("/a", "appeared", "file"),
        Difference("/b", "vanished", "file"),
    )


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        (FILE, FILE._replace(digest="bb"), "content"),
        (FILE, FILE._replace(digest="bb", size=5), "content (3 -> 5 bytes)"),
        (FILE, FILE._replace(mode=0o4755), "mode 644 -> 4755"),
        (FILE, FILE._replace(uid=65532, gid=1), "owner 0:0 -> 65532:1"),
        (FILE, FILE._replace(digest="bb", mode=0o600), "content, mode 644 -> 600"),
        (LINK, LINK._replace(link="here"), "target there -> here"),
        (FILE, LINK, "file -> link"),
        (
            FILE._replace(xattrs=(("user.a", b"1"), ("user.b", b"1"))),
            FILE._replace(xattrs=(("security.capability", b"2"), ("user.b", b"1"))),
            "extended attributes security.capability, user.a",
        ),
    ],
)
def test_what_changed(old, new, what):
    assert compare({"/a": old}, {"/a": new}) == (Difference("/a", "changed", what),)


ENTRY = st.builds(
    Entry,
    st.sampled_from(["file", "link", "directory"]),
    st.sampled_from([0o644, 0o755]),
    st.integers(0, 1),
    st.just(0),
    st.integers(0, 1),
    st.sampled_from(["", "aa", "bb"]),
    st.sampled_from(["", "x"]),
    st.just(()),
)
TREE = st.dictionaries(st.sampled_from(["/a", "/a/b", "/c", "/d"]), ENTRY)


@given(TREE, TREE)
def test_there_and_back(before, after):
    forth, back = compare(before, after), compare(after, before)
    swap = {"vanished": "appeared", "appeared": "vanished", "changed": "changed"}
    assert [(found.path, swap[found.kind]) for found in forth] == [(found.path, found.kind) for found in back]
    assert {found.path for found in forth} == {p for p in before | after if before.get(p) != after.get(p)}
    assert all(found.what for found in forth)
