"""Agreement with BuildKit's own parser on generated documents; agreement.py does the same for folders."""

from __future__ import annotations

import pytest
from go_oracle import compare, document_fault
from hypothesis import given, settings
from hypothesis import strategies as st
from random_documents import document


@settings(max_examples=500)
@given(st.integers(0, 10**9))
def test_buildkit_agrees(seed: int) -> None:
    verdict = compare(document(seed))
    assert verdict.strict or verdict.excuse, verdict.detail


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
