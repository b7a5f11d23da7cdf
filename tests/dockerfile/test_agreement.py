"""Agreement with BuildKit's own parser on generated documents, the same ones in every run.

agreement.py takes as many others as one likes, and folders.
"""

from __future__ import annotations

import pytest
from go_oracle import compare, document_fault
from random_documents import document

COMMENT_ABOVE = b"# hello\n# escape=`\nFROM a\nRUN [\"a\"]x \\\n  <<'E F'\nRUN true\n"
"""A comment ends the directives, so the escape character is a backslash. The engine of 2025 refuses it for
the heredoc that nothing ends, as we do; the old parser sees an exec form and no heredoc."""


@pytest.mark.parametrize("start", range(0, 3000, 500))
def test_buildkit_agrees(start: int) -> None:
    for seed in range(start, start + 500):
        verdict = compare(document(seed))
        assert verdict.strict or verdict.excuse, f"document {seed}: {verdict.detail}"


def test_a_directive_below_a_comment_is_none() -> None:
    assert compare(COMMENT_ABOVE).excuse == "text behind a JSON array (exec form until July 2024)"
    assert compare(COMMENT_ABOVE.replace(b"RUN true", b"E F")).excuse
    assert compare(COMMENT_ABOVE.replace(b'["a"]x', b"cat")).strict


def test_few_documents_need_an_excuse() -> None:
    verdicts = [compare(document(seed)) for seed in range(600)]
    excused = sum(bool(verdict.excuse) for verdict in verdicts)
    assert sum(verdict.instructions for verdict in verdicts) > 1000
    assert excused < 90, f"{excused} of 600 documents are excused: the comparison says little"


def test_a_wrong_reading_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    import go_oracle

    real = go_oracle.ours
    monkeypatch.setattr(go_oracle, "ours", lambda source: real(source.replace(b"b", b"c")))
    verdict = compare(b"FROM a\nRUN b\n")
    assert not verdict.strict
    assert not verdict.excuse


def test_an_ordinary_document_has_no_excuse() -> None:
    assert document_fault('FROM a\nRUN cat <<EOF\nx\nEOF\nCMD ["a"]\n') == ""
