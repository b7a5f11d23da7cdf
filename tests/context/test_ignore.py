from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path

import pytest
from e2b_dockerfile_utils.dockerignore import PatternMatcher
from hypothesis import given
from hypothesis import strategies as st

from jettison.context import IgnoreFile
from jettison.context.gopath import BadPattern
from jettison.context.goregex import States, atoms
from jettison.context.patterns import go_regex, ignore_pattern

DATA = Path(__file__).parent / "data"
MOBY = tomllib.loads((DATA / "moby_matches.toml").read_text("utf-8"))["cases"]
RECORDED = json.loads((DATA / "recorded.json").read_text("utf-8"))["ignore"]


def ignore(*patterns: str) -> IgnoreFile:
    return IgnoreFile.parse("\n".join(patterns).encode())


def excluded_by_walk(file: IgnoreFile, path: str) -> bool:
    handed_down: tuple[bool, ...] = ()
    excluded = False
    parts = path.split("/")
    for i in range(len(parts)):
        excluded, handed_down = file.below("/".join(parts[: i + 1]), handed_down)
    return excluded


def test_mobys_own_table_is_whole():
    assert len(MOBY) == 72


@pytest.mark.parametrize("case", MOBY, ids=lambda case: f"{case['patterns']} {case['path']}")
def test_mobys_own_table(case):
    assert ignore(*case["patterns"]).excludes(case["path"]) is case["excluded"]
    assert PatternMatcher(case["patterns"]).matches(case["path"]) is case["excluded"]


@pytest.mark.parametrize(("source", "verdicts"), RECORDED)
def test_verdicts_recorded_from_the_builders_matcher(source, verdicts):
    file = IgnoreFile.parse(source.encode())
    if verdicts == "refused":
        assert file.problems
        return
    assert not file.problems
    for path, verdict in verdicts.items():
        assert file.excludes(path) is (verdict in ("path", "both")), path
        assert excluded_by_walk(file, path) is (verdict in ("walk", "both")), path


@pytest.mark.parametrize(
    ("patterns", "path", "excluded"),
    [
        (["node_modules"], "node_modules/left-pad/index.js", True),
        (["node_modules"], "web/node_modules/left-pad/index.js", False),
        (["**/node_modules"], "web/node_modules/left-pad/index.js", True),
        (["node_modules/"], "node_modules/a.js", True),
        (["/node_modules"], "node_modules/a.js", True),
        (["*.log"], "app.log", True),
        (["*.log"], "logs/app.log", False),
        (["logs", "!logs/keep.txt"], "logs/keep.txt", False),
        (["logs", "!logs/keep.txt"], "logs/app.log", True),
        (["*", "!src"], "src/deep/down.py", False),
        (["*", "!src", "src/deep"], "src/deep/down.py", True),
        (["!src", "*"], "src/main.py", True),
        ([".git"], ".git/HEAD", True),
        ([".git"], ".gitignore", False),
        ([".git"], "module/.git", False),
        (["temp?"], "temps/x", True),
        (["temp?"], "temp/x", False),
        (["[a-c]*.txt"], "b1.txt", True),
        (["[!a-c]*.txt"], "d1.txt", False),
        (["[^a-c]*.txt"], "d1.txt", True),
        ([r"\*.txt"], "*.txt", True),
        ([r"\*.txt"], "a.txt", False),
        ([r"a\[b"], "a[b", True),
        (["src/*/gen"], "src/a/gen/x.go", True),
        (["src/*/gen"], "src/a/b/gen/x.go", False),
        (["src/**/gen"], "src/a/b/gen/x.go", True),
        (["src/**/gen"], "src/gen", True),
        (["**"], ".hidden/x", True),
        (["**/*.md", "!README.md"], "README.md", False),
        (["**/*.md", "!README.md"], "docs/README.md", True),
        (["a/../b"], "b/c", True),
        (["./b/./c/"], "b/c", True),
        (["."], "anything", False),
        (["../outside"], "outside", False),
        (["naïve*"], "naïveté.txt", True),
    ],
)
def test_what_people_get_wrong(patterns, path, excluded):
    assert ignore(*patterns).excludes(path) is excluded
    assert PatternMatcher(list(patterns)).matches(path) is excluded or patterns[0] in ("/node_modules",)


def test_a_choice_and_a_repetition_are_meant_literally_but_are_not():
    """patternmatcher.go wants to escape `|`, `{` and `}`; its table of bytes to escape overflows above 64."""
    assert ignore("*.a|b").excludes("x.a-anything")
    assert ignore("*.a|b").excludes("x.b")
    assert ignore("a{2}*").excludes("aab")
    assert not ignore("a{2}*").excludes("a{2}b")
    assert ignore("*.{js,ts}").excludes("x.{js,ts}")
    assert not ignore("*.{js,ts}").excludes("x.js")
    assert ignore("a|b").excludes("a|b")


def test_a_reinclusion_above_an_excluded_folder_works_for_a_path_but_not_in_a_walk():
    """MatchesUsingParentResults never asked `!a` of the folder a, which was not excluded then."""
    file = ignore("a/b", "!a")
    assert not file.excludes("a/b/c")
    assert excluded_by_walk(file, "a/b/c")


@pytest.mark.parametrize(
    ("source", "patterns"),
    [
        (b"\xef\xbb\xbfa\nb", ["a", "b"]),
        (b"# comment\n #not a comment\n", ["#not a comment"]),
        (b"\xef\xbb\xbf# comment\nx", ["x"]),
        (b"  a b  \r\n\t\r\n\n", ["a b"]),
        (b"/a\n//b\n/\n", ["a", "b", "/"]),
        (b"a/\n./b\nc//d\ne/../f\n..\n", ["a", "b", "c/d", "f", ".."]),
        (b"! a\n!/b/\n!./c\n", ["!a", "!b", "!c"]),
        (b"./!a\n", ["!a"]),
        (b"\xa0nbsp\xc2\xa0\n", ["\udca0nbsp"]),
        (b"", []),
    ],
)
def test_reading(source, patterns):
    assert ["!" * line.negated + line.pattern for line in IgnoreFile.parse(source).lines] == patterns


def test_lines_know_where_they_stand():
    source = b"\xef\xbb\xbf# first\r\n  node_modules  \r\n!keep"
    lines = IgnoreFile.parse(source).lines
    assert [(line.number, source[slice(*line.span)]) for line in lines] == [
        (2, b"  node_modules  \r"),
        (3, b"!keep"),
    ]


@pytest.mark.parametrize(
    "pattern", ["[", "a[b", "[]a]", "[a-]", "a\\", "!", "!/", "[b-a]x", "*\\p", "x" * 65536]
)
def test_what_the_builder_refuses_is_a_problem_and_matches_nothing(pattern):
    file = ignore("fine", pattern)
    assert [problem.number for problem in file.problems] == [2]
    assert [line.pattern for line in file.lines] == ["fine"]
    assert file.excludes("fine")


def test_the_dockerfiles_own_ignore_file_wins(tmp_path):
    assert IgnoreFile.find(tmp_path) is None
    (tmp_path / ".dockerignore").write_bytes(b"general")
    assert IgnoreFile.find(tmp_path, tmp_path / "Dockerfile").lines[0].pattern == "general"
    (tmp_path / "docker").mkdir()
    (tmp_path / "docker/web.Dockerfile.dockerignore").write_bytes(b"special")
    found = IgnoreFile.find(tmp_path, tmp_path / "docker/web.Dockerfile")
    assert found.lines[0].pattern == "special"
    assert found.path == tmp_path / "docker/web.Dockerfile.dockerignore"
    (tmp_path / "docker/web.Dockerfile.dockerignore").unlink()
    (tmp_path / "docker/web.Dockerfile.dockerignore").mkdir()
    assert IgnoreFile.find(tmp_path, tmp_path / "docker/web.Dockerfile").lines[0].pattern == "general"


def test_a_hostile_ignore_file(tmp_path):
    os.mkfifo(tmp_path / ".dockerignore")
    assert IgnoreFile.find(tmp_path) is None
    (tmp_path / ".dockerignore").unlink()
    (tmp_path / ".dockerignore").write_bytes(b"a\n" * 30_000_000)
    file = IgnoreFile.find(tmp_path)
    assert "1 MB" in file.problems[0].message
    assert len(file.lines) == 500_000


@given(st.binary(max_size=60))
def test_any_bytes_can_be_read(source):
    file = IgnoreFile.parse(source)
    file.excludes("a/b")
    for line in file.lines:
        assert 0 <= line.span.start <= line.span.end <= len(source)


PIECES = st.sampled_from(
    ["a", "b", "ab", ".", "*", "**", "/", "**/", "/**", "?", "[ab]", "[^a]", r"\*", "é", "(", "$"]
)
PATTERNS = st.lists(
    st.tuples(st.sampled_from(["", "", "!"]), st.lists(PIECES, min_size=1, max_size=6)).map(
        lambda drawn: drawn[0] + "".join(drawn[1])
    ),
    min_size=1,
    max_size=4,
)
NAMES = st.text(alphabet="ab.*é($", min_size=1, max_size=3).filter(lambda name: name not in (".", ".."))
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)


@given(PATTERNS, st.lists(PATHS, min_size=1, max_size=6))
def test_agrees_with_another_port(patterns, paths):
    file = ignore(*patterns)
    if file.problems:
        return
    other = PatternMatcher(["!" * line.negated + line.pattern for line in file.lines])
    for path in paths:
        assert file.excludes(path) is other.matches(path), (patterns, path)


ODD_NAMES = st.text(alphabet="ab.*\n", min_size=1, max_size=3).filter(lambda name: name not in (".", ".."))


@given(
    st.lists(PIECES, min_size=1, max_size=9).map("".join),
    st.lists(ODD_NAMES, min_size=1, max_size=4).map("/".join),
)
def test_counting_states_and_backtracking_agree(pattern, path):
    try:
        compiled = ignore_pattern(pattern)
    except BadPattern:
        return
    kind, source = go_regex(pattern)
    if kind == "regex":
        assert States(atoms(source)[:-1]).match(path) is bool(compiled.matches(path))


def test_hostile_patterns_stay_linear():
    import time

    start = time.process_time()
    for pattern in ("**/a" * 40 + "/b", "*a" * 60 + "b", "**a**a**a**a**a**b", "*" * 300 + "b"):
        file = ignore(pattern)
        for path in ("a/" * 2000 + "c", "a" * 250 + "c", "a" * 4000):
            assert not file.excludes(path[:60])
            file.below(path)
    assert time.process_time() - start < 2
