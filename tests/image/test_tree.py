from __future__ import annotations

import tarfile

import pytest

from jettison.image.tree import overlay

HARD = tarfile.LNKTYPE


def show(tree) -> dict[str, str]:
    """A tree as text: `/` after directories, `-> target` for links, the first digits of a file's digest."""
    shown = {}
    for path, entry in tree.items():
        if entry.kind == "directory":
            shown[path] = "/"
        elif entry.kind == "link":
            shown[path] = f"-> {entry.link}"
        else:
            shown[path] = entry.digest[:4] or entry.kind
    return dict(sorted(shown.items()))


A, B = "ca97", "3e23"  # the first digits of sha256 of "a" and "b"

CASES = {
    "layers add up": ([{"x/": None, "x/a": b"a"}, {"x/b": b"b"}], {"/x": "/", "/x/a": A, "/x/b": B}),
    "a later file replaces": ([{"a": b"a"}, {"a": b"b"}], {"/a": B}),
    "a file is removed": ([{"a": b"a", "b": b"b"}, {".wh.a": b""}], {"/b": B}),
    "a directory is removed with all in it": (
        [{"d": None, "d/e": None, "d/e/a": b"a", "da": b"b"}, {".wh.d": b""}],
        {"/da": B},
    ),
    "removed and made anew in one layer, whiteout last": (
        [{"d": None, "d/a": b"a"}, [("d", None), ("d/b", b"b"), (".wh.d", b"")]],
        {"/d": "/", "/d/b": B},
    ),
    "an opaque directory hides what was in it": (
        [
            {"d": None, "d/a": b"a", "d/e": None, "d/e/a": b"a"},
            {"d": None, "d/.wh..wh..opq": b"", "d/b": b"b"},
        ],
        {"/d": "/", "/d/b": B},
    ),
    "an opaque marker after the new files hides only the old": (
        [{"d": None, "d/a": b"a"}, [("d", None), ("d/b", b"b"), ("d/.wh..wh..opq", b"")]],
        {"/d": "/", "/d/b": B},
    ),
    "the opaque root": ([{"a": b"a", "d": None, "d/a": b"a"}, {".wh..wh..opq": b"", "b": b"b"}], {"/b": B}),
    "a whiteout of nothing there": ([{"a": b"a"}, {".wh.gone": b"", "x/.wh.gone": b""}], {"/a": A}),
    "a file in place of a directory": ([{"d": None, "d/a": b"a"}, {"d": b"b"}], {"/d": B}),
    "a directory in place of a file": ([{"d": b"a"}, {"d": None, "d/b": b"b"}], {"/d": "/", "/d/b": B}),
    "a directory again keeps what is in it": (
        [{"d": None, "d/a": b"a"}, {"d": None}],
        {"/d": "/", "/d/a": A},
    ),
    "a link in place of a directory": ([{"d": None, "d/a": b"a"}, {"d": "/x"}], {"/d": "-> /x"}),
    "bookkeeping of aufs": ([{".wh..wh.plnk": None, ".wh..wh.aufs": b"", "a": b"a"}], {"/a": A}),
    "parents that are not named": ([{"x/y/a": b"a"}], {"/x": "/", "/x/y": "/", "/x/y/a": A}),
    "names are cleaned": (
        [{"./a": b"a", "/x//y": b"b", "d/": None, "e/../f": b"a"}],
        {"/a": A, "/x": "/", "/x/y": B, "/d": "/", "/f": A},
    ),
    "the root itself": ([{"./": None, "a": b"a"}], {"/": "/", "/a": A}),
    "through a link of a lower layer": (
        [{"usr/bin": None, "bin": "usr/bin"}, {"bin/a": b"a"}],
        {"/bin": "-> usr/bin", "/usr": "/", "/usr/bin": "/", "/usr/bin/a": A},
    ),
    "through an absolute and a climbing link": (
        [{"r": None, "r/x": "/e", "y": "r/../../../e"}, {"r/x/a": b"a", "y/b": b"b"}],
        {"/e": "/", "/e/a": A, "/e/b": B, "/r": "/", "/r/x": "-> /e", "/y": "-> r/../../../e"},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_layers_over_each_other(build, name):
    layers, wanted = CASES[name]
    assert show(overlay(build.layer(files) for files in layers)) == dict(sorted(wanted.items()))


def test_links_in_a_circle_end(build):
    tree = overlay([build.layer({"a": "b", "b": "a"}), build.layer({"a/x": b"a"})])
    assert tree["/a"].kind == "link"


@pytest.mark.parametrize("same_layer", [True, False])
def test_a_hard_link_is_an_entry_equal_to_its_target(build, same_layer):
    first = {"bin": None, "bin/a": build.special(tarfile.REGTYPE, mode=0o4755, uid=7)}
    second = {"b": build.special(HARD, "bin/a")}
    layers = [first | second] if same_layer else [first, second]
    tree = overlay(build.layer(files) for files in layers)
    assert tree["/b"] == tree["/bin/a"]
    assert (tree["/b"].mode, tree["/b"].uid) == (0o4755, 7)


def test_a_hard_link_to_nothing_or_to_a_directory_is_left_out(build):
    link = build.special(HARD, "nowhere")
    other = build.special(HARD, "d")
    assert set(overlay([build.layer({"d": None, "a": link, "b": other})])) == {"/d"}


def test_a_hard_link_keeps_its_content_when_the_target_is_replaced_later(build):
    link = build.special(HARD, "a")
    tree = overlay([build.layer({"a": b"a", "b": link}), build.layer({"a": b"b"})])
    assert show(tree) == {"/a": B, "/b": A}


def test_modes_owners_devices_and_attributes(build):
    attributes = build.special(
        tarfile.REGTYPE,
        mode=0o2755,
        uid=65532,
        gid=3,
        pax_headers={"SCHILY.xattr.user.b": "2", "SCHILY.xattr.a": "1"},
    )
    device = build.special(tarfile.CHRTYPE, devmajor=1, devminor=3)
    block, pipe = build.special(tarfile.BLKTYPE, devmajor=8), build.special(tarfile.FIFOTYPE)
    tree = overlay([build.layer({"f": attributes, "null": device, "sda": block, "p": pipe})])
    entry = tree["/f"]
    assert (entry.mode, entry.uid, entry.gid) == (0o2755, 65532, 3)
    assert entry.xattrs == (("a", b"1"), ("user.b", b"2"))
    assert [(tree[path].kind, tree[path].link) for path in ("/null", "/sda", "/p")] == [
        *(("device", "c 1:3"), ("device", "b 8:0"), ("fifo", "")),
    ]


def test_a_hundred_thousand_files_and_whiteouts_take_no_time(build):
    import time

    from jettison.image.model import Entry, LayerFiles

    entry = Entry("file", 0o644, 0, 0, 0, "", "", ())
    folders = [f"/d{number}" for number in range(1000)]
    lower = {folder: Entry("directory", 0o755, 0, 0, 0, "", "", ()) for folder in folders}
    lower |= {f"{folder}/{number}": entry for folder in folders for number in range(100)}
    gone = frozenset(folders[::2])
    start = time.process_time()
    tree = overlay(
        [LayerFiles(lower, frozenset(), frozenset(), 0, ""), LayerFiles({}, gone, frozenset(), 0, "")]
    )
    assert len(tree) == 500 * 101
    assert time.process_time() - start < 2
