"""The loop that applies fixes: order, ids, subsets, and what it takes back."""

from __future__ import annotations

from pathlib import Path

import pytest

from jettison.check import check
from jettison.dockerfile.edit import replace_args
from jettison.findings import Allowance, Finding, Fix, Safety, Saving
from jettison.plan import allowance
from jettison.project import Project
from jettison.rewrite import APPLIED_WITH_PROOF, rewrite
from jettison.rules import Rule
from jettison.spans import Edit, Span


def rule_that(find, name="fake", **kwargs) -> Rule:
    return Rule(name, "JT999", "fake", find, **kwargs)


def renaming(old: str, new: str, **fix):
    """A rule that replaces the arguments `old` of every RUN by `new`."""

    def find(project):
        for run in project.dockerfile.instructions:
            if run.keyword == "RUN" and run.args == old:
                yield Finding(
                    run.args_span,
                    f"{old}!",
                    fix=Fix("t", (replace_args(run, new),), **({"safety": Safety.SAFE} | fix)),
                )

    return find


def project(text: bytes, tmp_path: Path) -> Project:
    return Project(text, root=tmp_path)


def test_every_place_has_an_id_that_subsets_keep(tmp_path):
    start = project(b"FROM x\nRUN a\nRUN a\nRUN a\n", tmp_path)
    rules = [rule_that(renaming("a", "b"))]
    whole = rewrite(start, rules)
    assert [change.id for change in whole.changes] == ["fake", "fake#2", "fake#3"]
    assert whole.after.dockerfile.source == b"FROM x\nRUN b\nRUN b\nRUN b\n"
    part = rewrite(start, rules, only={"fake#2"})
    assert part.after.dockerfile.source == b"FROM x\nRUN a\nRUN b\nRUN a\n"
    assert [change.id for change in part.changes] == ["fake#2"]


def test_rules_of_lower_order_come_first(tmp_path):
    late = rule_that(renaming("b", "c"), "late", order=50)
    early = rule_that(renaming("a", "b"), "early", order=10)
    result = rewrite(project(b"FROM x\nRUN a\n", tmp_path), [late, early])
    assert [change.id for change in result.changes] == ["early", "late"]
    assert result.after.dockerfile.source == b"FROM x\nRUN c\n"


@pytest.mark.parametrize("safety", [Safety.PROVEN, Safety.SUGGEST])
def test_only_the_levels_asked_for(tmp_path, safety):
    start = project(b"FROM x\nRUN a\n", tmp_path)
    rules = [rule_that(renaming("a", "b", safety=safety))]
    assert not rewrite(start, rules).changed
    assert rewrite(start, rules, levels=APPLIED_WITH_PROOF).changed == (safety is Safety.PROVEN)


def test_a_fix_after_which_the_finding_stays_is_taken_back(tmp_path):
    def find(project):
        run = project.dockerfile.instructions[1]
        yield Finding(Span(0, 4), "again", fix=Fix("t", (replace_args(run, run.args + "x"),), Safety.SAFE))

    result = rewrite(project(b"FROM x\nRUN a\n", tmp_path), [rule_that(find)])
    assert result.after is result.before
    assert [d.reason for d in result.dropped] == ["the finding is still there afterwards"]


@pytest.mark.parametrize(
    ("edits", "reason"),
    [
        ((Edit(Span(0, 4), b"FORM"),), "the result would not parse"),
        ((Edit(Span(7, 12), b"RUN a &&"),), "the new RUN is not understood"),
        ((Edit(Span(0, 3), b"x"), Edit(Span(2, 4), b"y")), "edits overlap"),
        ((Edit(Span(0, 999), b"x"),), "outside"),
        ((), "the fix changes nothing"),
    ],
)
def test_a_fix_that_breaks_the_file_is_taken_back(tmp_path, edits, reason):
    def find(project):
        yield Finding(Span(0, 4), "m", fix=Fix("t", edits, Safety.SAFE))

    result = rewrite(project(b"FROM x\nRUN a\n", tmp_path), [rule_that(find)])
    assert not result.changed
    assert reason in result.dropped[0].reason


def test_a_rule_that_never_ends_is_stopped(tmp_path):
    def find(project):
        run = project.dockerfile.instructions[1]
        yield Finding(run.span, "more", fix=Fix("t", (replace_args(run, run.args + "x"),), Safety.SAFE))

    assert len(rewrite(project(b"FROM x\nRUN a\n", tmp_path), [rule_that(find)]).changes) == 500


def test_proposed_files_are_part_of_the_project(tmp_path):
    (tmp_path / "junk.log").write_text("x")

    def find(project):
        if project.context.exists("junk.log"):
            yield Finding(Span(0, 4), "m", fix=Fix("t", (), Safety.SAFE, files={".dockerignore": b"*.log\n"}))

    result = rewrite(project(b"FROM x\nCOPY . .\n", tmp_path), [rule_that(find)])
    assert dict(result.after.files) == {".dockerignore": b"*.log\n"}
    assert result.dropped == ()
    assert not (tmp_path / ".dockerignore").exists()


def test_allowances_add_up(tmp_path):
    first = rule_that(renaming("a", "b", allows=Allowance(vanish=("/x",), config=("Cmd",))), "one")
    second = rule_that(renaming("b", "c", allows=Allowance(vanish=("/x", "/y"))), "two", order=30)
    result = rewrite(project(b"FROM x\nRUN a\n", tmp_path), [first, second])
    assert allowance(result.changes) == Allowance(vanish=("/x", "/y"), config=("Cmd",))


def test_findings_are_ranked_by_worth(tmp_path):
    def find(project):
        yield Finding(Span(0, 1), "small", Saving(bytes=1))
        yield Finding(Span(0, 1), "slow", Saving(seconds=100))
        yield Finding(Span(0, 1), "big", Saving(bytes=400_000_000))

    assert [f.message for f in check(project(b"FROM x\n", tmp_path), [rule_that(find)])] == [
        "slow",
        "big",
        "small",
    ]


CORPUS = sorted((Path(__file__).parent.parent / "examples").glob("*/Dockerfile"))


@pytest.mark.parametrize("file", CORPUS, ids=lambda f: f.parent.name)
@pytest.mark.parametrize("ending", [b"\n", b"\r\n"], ids=["lf", "crlf"])
def test_all_rules_together_are_idempotent_and_keep_line_ends(file, ending):
    source = file.read_bytes().replace(b"\n", ending)
    start = Project(source, root=file.parent, file=file)
    once = rewrite(start, levels=APPLIED_WITH_PROOF)
    assert once.changed
    assert once.dropped == ()
    assert once.after.dockerfile.errors == ()
    text = once.after.dockerfile.source
    assert text.count(b"\n") == (text.count(b"\r\n") if ending == b"\r\n" else text.count(b"\n"))
    assert not rewrite(once.after, levels=APPLIED_WITH_PROOF).changed
