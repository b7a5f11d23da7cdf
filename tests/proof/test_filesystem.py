"""Differences of two trees: allowed, noise, or a reason to fail."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jettison.findings import Allowance
from jettison.image import Difference, Entry, Tree
from jettison.proof.filesystem import aspects, explain


def file(content: str = "", mode: int = 0o644, uid: int = 0) -> Entry:
    data = content.encode()
    return Entry("file", mode, uid, 0, len(data), sha256(data).hexdigest(), "", ())


def folder(mode: int = 0o755) -> Entry:
    return Entry("directory", mode, 0, 0, 0, "", "", ())


def differences(before: Tree, after: Tree) -> list[Difference]:
    kinds = [
        (p, "appeared" if p not in before else "vanished" if p not in after else "changed")
        for p in sorted(before.keys() | after.keys())
        if before.get(p) != after.get(p)
    ]
    return [Difference(path, kind, "") for path, kind in kinds]


def left(before: Tree, after: Tree, **how: object) -> list[str]:
    report = explain(differences(before, after), before, after, **how)  # type: ignore[arg-type]
    return [f"{d.kind} {d.path}" for d in report.unexplained]


BASE: Tree = {"/app": folder(), "/app/main.py": file("print()"), "/etc/passwd": file("root")}


def test_equal_trees() -> None:
    report = explain((), BASE, BASE)
    assert (report.same, report.explained, report.masked, report.unexplained) == (3, (), (), ())


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"/app/main.py": None}, ["vanished /app/main.py"]),
        ({"/app/main.py": file("other")}, ["changed /app/main.py"]),
        ({"/app/main.py": file("print()", 0o755)}, ["changed /app/main.py"]),
        ({"/app/main.py": file("print()", uid=1000)}, ["changed /app/main.py"]),
        ({"/app/new": file()}, ["appeared /app/new"]),
        ({"/app": folder(0o700)}, ["changed /app"]),
    ],
)
def test_without_allowance_everything_counts(change: dict[str, Entry | None], expected: list[str]) -> None:
    after = {p: e for p, e in (BASE | change).items() if e is not None}
    assert left(BASE, after) == expected


def test_a_change_explains_what_it_names_and_nothing_else() -> None:
    before = BASE | {"/var/lib/apt/lists/a": file("xx"), "/var/lib/apt/lists/b/c": file("yyy"), "/x": file()}
    report = explain(
        differences(before, BASE),
        before,
        BASE,
        allows=[
            ("other", Allowance(vanish=("/usr/*",))),
            ("apt", Allowance(vanish=("/var/lib/apt/lists/*",))),
        ],
    )
    assert [d.path for d in report.unexplained] == ["/x"]
    (only,) = report.explained
    assert (only.by, only.kind, only.count, only.bytes) == ("apt", "vanished", 2, 5)
    assert only.examples == ("/var/lib/apt/lists/a", "/var/lib/apt/lists/b/c")


def test_an_allowance_for_one_kind_is_none_for_another() -> None:
    allows = [("a", Allowance(vanish=("/app/*",)))]
    assert left(BASE, BASE | {"/app/main.py": file("other")}, allows=allows) == ["changed /app/main.py"]
    assert left(BASE, BASE | {"/app/new": file()}, allows=allows) == ["appeared /app/new"]


@pytest.mark.parametrize(
    "glob", ["/usr/local/go/*", "/usr/local/go/**", "/usr/local/*", "/usr/local/go*", "*"]
)
def test_a_glob_over_a_folder_takes_in_the_folder(glob: str) -> None:
    before = BASE | {"/usr/local/go": folder(), "/usr/local/go/bin": file()}
    assert left(before, BASE, allows=[("go", Allowance(vanish=(glob,)))]) == []


def test_folders_of_what_may_appear_may_appear() -> None:
    after = BASE | {"/opt": folder(), "/opt/a": folder(), "/opt/a/tool": file(), "/opt/empty": folder()}
    allows = [("x", Allowance(appear=("/opt/a/tool",)))]
    assert left(BASE, after, allows=allows) == ["appeared /opt/empty"]


def test_folders_whose_content_may_vanish_may_vanish() -> None:
    before = BASE | {"/root/.cache": folder(), "/root/.cache/pip": folder(), "/root/.cache/pip/x": file()}
    allows = [("pip", Allowance(vanish=("/root/.cache/pip/*",)))]
    assert left(before, BASE, allows=allows) == []
    more = before | {"/root/.cache/mine": file()}
    assert left(more, BASE, allows=allows) == ["vanished /root/.cache/mine"]


def test_a_folder_that_goes_empty_handed_counts() -> None:
    assert left(BASE | {"/data": folder()}, BASE) == ["vanished /data"]


def test_a_copy_of_the_new_dockerfile_explains_itself() -> None:
    before = BASE | {"/app/Dockerfile": file("FROM a")}
    after = BASE | {"/app/Dockerfile": file("FROM b"), "/app/.dockerignore": file(".git")}
    written = {"Dockerfile": b"FROM b", ".dockerignore": b".git"}
    assert left(before, after, written=written) == []
    assert left(before, after) == ["appeared /app/.dockerignore", "changed /app/Dockerfile"]
    other = after | {"/app/Dockerfile": file("FROM b", 0o755)}
    assert left(before, other, written=written) == ["changed /app/Dockerfile"]


def test_what_two_builds_of_before_disagree_on_is_noise() -> None:
    one = BASE | {"/app/stamp": file("1"), "/app/tmp-1": file()}
    two = BASE | {"/app/stamp": file("2"), "/app/tmp-2": file()}
    after = BASE | {"/app/stamp": file("3"), "/app/tmp-3": file()}
    noise = [(one, two)]
    assert left(one, after, noise=noise) == ["appeared /app/tmp-3"]
    assert left(one, BASE | {"/app/stamp": file("3")}, noise=noise) == []
    mode_too = BASE | {"/app/stamp": file("3", 0o755), "/app/tmp-1": file()}
    assert left(one, mode_too, noise=noise) == ["changed /app/stamp"]


@pytest.mark.parametrize(
    ("path", "entry", "noise"),
    [
        ("/var/log/dpkg.log", file("2"), True),
        ("/var/log/dpkg.log", file("1", 0o600), False),
        ("/var/log/dpkg.log", None, False),
        ("/app/__pycache__/a.cpython-311.pyc", file("2"), True),
        ("/root/.npm/_logs/2026-01-01T00_00_00-debug-0.log", None, True),
        ("/etc/hostname", None, True),
        ("/app/config.json", file("2"), False),
    ],
)
def test_known_noise(path: str, entry: Entry | None, noise: bool) -> None:
    after = BASE | ({path: entry} if entry else {})
    before = BASE | {path: file("1")}
    report = explain(differences(before, after), before, after)
    assert (report.unexplained == ()) is noise
    assert bool(report.masked) is noise


def test_aspects() -> None:
    assert aspects(file("a"), file("a")) == set()
    assert aspects(file("a"), file("b", 0o755, 7)) == {"content", "mode", "uid"}
    assert aspects(file(""), folder()) == {"kind", "mode", "content"}


entries = st.sampled_from([file("1"), file("2"), file("1", 0o755), folder()])
trees = st.dictionaries(st.sampled_from(["/a", "/a/b", "/c", "/var/log/x", "/d/e"]), entries)


@given(trees, trees, st.booleans())
def test_every_difference_is_counted_once(before: Tree, after: Tree, allowed: bool) -> None:
    all_of_them = differences(before, after)
    allows = [("x", Allowance(vanish=("/a*",), change=("/c",)))] if allowed else []
    report = explain(all_of_them, before, after, allows=allows)
    counted = sum(e.count for e in report.explained + report.masked) + len(report.unexplained)
    assert counted == len(all_of_them)
    assert report.same == sum(before[p] == after[p] for p in before.keys() & after.keys())


def test_files_of_packages_that_go_may_vanish_and_nothing_else() -> None:
    before = BASE | {"/usr/bin/gcc": file(), "/usr/bin/mine": file()}
    gone = {"/usr/bin/gcc", "/app/main.py"}.__contains__
    how = {"allows": [("tools", Allowance(packages=True))], "gone": gone}
    assert left(before, BASE, **how) == ["vanished /usr/bin/mine"]
    assert left(BASE, BASE | {"/app/main.py": file("other")}, **how) == ["changed /app/main.py"]
    assert left(before, BASE, gone=gone) == ["vanished /usr/bin/gcc", "vanished /usr/bin/mine"]
