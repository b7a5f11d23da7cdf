"""What a source takes: the digest moves exactly when BuildKit's would, however the tree came about."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from jettison.cache import Entry, Tree
from jettison.cache.select import Snapshot, Source, changes, snapshot
from jettison.context import IgnoreFile

PATHS = ("a", "b.md", "src/a", "src/deep/c", "src/deep/d.md", "lib/e", "node_modules/f")
SOURCES = tuple(map(Source, (".", "a", "src", "src/deep", "*.md", "src/*", "lib/", "s*/a", "nowhere")))
SOURCES += (Source("src", ("*.md",)), Source("src/./deep", parents=True))
IGNORES = ("", "node_modules", "src\n!src/a", "**/*.md", "*\n!src/deep/c", "lib\n!lib/e")

trees = st.dictionaries(
    st.sampled_from(PATHS), st.tuples(st.sampled_from((0o100644, 0o100755)), st.sampled_from("xy"))
)


def entries(tree):
    return {path: Entry(*value) for path, value in tree.items()}


def digests(taken: Snapshot):
    return [(each.found, each.digest) for each in taken.selected]


@given(trees, trees, st.sampled_from(IGNORES))
def test_a_tree_moved_on_is_the_tree_read_anew(one, two, text):
    ignore = IgnoreFile.parse(text.encode())
    moved = snapshot(Tree(entries(one)), ignore, SOURCES)
    old, new = entries(one), entries(two)
    for path in sorted(old.keys() | new.keys()):
        if old.get(path) != new.get(path):
            moved.change(path, new.get(path), path in old)
    fresh = snapshot(Tree(new), ignore, SOURCES)
    assert digests(moved) == digests(fresh)
    for a, b in zip(snapshot(Tree(old), ignore, SOURCES).selected, fresh.selected, strict=True):
        if a.digest == b.digest and a.digest.startswith(("tree", "list")):
            assert not list(changes(a, b))


def taken(files, source, **options):
    tree = Tree({path: Entry(0o100644, text) for path, text in files.items()})
    return snapshot(tree, options.pop("ignore", None), (source,), options.pop("links", {})).selected[0]


def test_where_a_file_lies_does_not_count_and_its_name_neither():
    assert taken({"a/x": "1"}, Source("a/x")).digest == taken({"b/y": "1"}, Source("b/y")).digest


def test_names_below_a_folder_count():
    assert taken({"a/x": "1"}, Source("a")).digest != taken({"a/y": "1"}, Source("a")).digest


def test_a_pattern_may_match_nothing_and_a_path_may_not():
    assert taken({"a": "1"}, Source("b*")).found
    assert not taken({"a": "1"}, Source("b")).found


def test_a_link_that_is_named_is_followed_and_one_in_a_circle_is_not():
    found = taken({"dir/x": "1", "l": "dir"}, Source("l/x"), links={"l": "dir"})
    assert found.digest == taken({"x": "1"}, Source("x")).digest
    assert not taken({"l": "l"}, Source("l/x"), links={"l": "l"}).found


def test_changes_name_the_path_in_the_context():
    old, new = (
        taken({"src/a": "1", "src/b": "1"}, Source("src")),
        taken({"src/a": "2", "src/c": "1"}, Source("src")),
    )
    assert [(path, bool(a), bool(b)) for path, a, b in changes(old, new)] == [
        ("src/a", True, True),
        ("src/b", True, False),
        ("src/c", False, True),
    ]
