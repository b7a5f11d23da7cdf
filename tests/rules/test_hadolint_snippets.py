"""Agreement with hadolint on our own snippets, and the reason of every difference."""

from __future__ import annotations

import pytest
from tests.rules.hadolint_agreement import claimed
from tests.rules.hadolint_snippets import LAYOUTS, differences, labelled, laid_out, snippets

REASONS = {
    ("DL3000", "WORKDIR $HOME"): "no ENV of debian sets HOME, so Docker takes the empty path",
    (
        "DL3002",
        "FROM debian:12 AS a\\nUSER root\\nFROM debian:12\\nUSER app",
    ): "a builder is no container that runs: only the stage that ships counts",
    ("DL3008", "RUN apt-get install -y $PACKAGES"): "the variable may hold versions",
    (
        "DL3010",
        "COPY a.tgz /opt/\\nRUN tar --extract --file=/opt/a.tgz",
    ): "the long options unpack it just as well",
    ("DL3014", "RUN apt-get remove curl"): "apt asks before it removes too, and the build fails",
    (
        "DL3015",
        "RUN apt-get install -y curl",
    ): "curl recommends next to nothing; ours weighs what comes along",
    (
        "DL3015",
        "RUN apt-get install -y -o APT::Install-Recommends=0 curl",
    ): "0 says what false says",
    ("DL3016", "RUN npm i express"): "`npm i` is `npm install`",
    ("DL3021", "COPY a b ."): "`.` is a folder",
    ("DL3021", "COPY a b $D"): "the variable may end in a slash",
    ("DL3021", "ADD a b /c"): "ADD keeps only the last file too",
    (
        "DL3029",
        "ARG P=linux/amd64\\nFROM --platform=$P debian:12",
    ): "the build call may say another, and Docker's own check has nothing against it",
    (
        "DL3042",
        "FROM python:3.12-slim\\nENV PIP_NO_CACHE_DIR=off\\nRUN pip install flask==3",
    ): "pip takes every value of the variable as a wish for no cache",
    ("DL3046", "RUN useradd --uid 123456789 app"): "--uid is -u",
    ("DL3046", "RUN useradd -u 99999 app"): "already 29 MB of logs, as an image counts bytes",
    (
        "DL3054",
        'LABEL org.opencontainers.image.licenses="MIT OR Apache-2.0"',
    ): "the image specification asks for an SPDX expression, not for one licence",
    ("DL3064", "ENV API_KEY=abc"): "a placeholder is no secret",
    (
        "DL3067",
        "FROM debian:12 AS a\\nFROM debian:12\\nCOPY --from=a / /x",
    ): "the whole file system, wherever it goes",
    (
        "DL4006",
        "RUN set -o pipefail && curl https://example.com/a | tar x",
    ): "set -o pipefail holds for the rest of the RUN",
    ("DL4006", 'RUN ["sh", "-c", "a | b"]'): "the text of an argument is not read as shell",
}


def test_every_difference_has_a_reason() -> None:
    differ = {(each.code, each.text) for each in differences(snippets())}
    assert differ - REASONS.keys() == set()
    assert REASONS.keys() - differ == set(), "a reason that nothing needs any more"


def test_how_far_both_agree() -> None:
    every = snippets()
    plain = [each for each in every if not each.layout]
    assert len(plain) >= 600
    assert len(differences(every)) <= 0.02 * len(every)
    assert len(differences(plain)) <= 0.04 * len(plain)


def test_every_code_that_we_claim_is_asked_for() -> None:
    """Codes of one kind each: some that hadolint finds and some that it does not."""
    asked = {code: {each.hadolint for each in snippets() if each.code == code} for code in claimed()}
    assert {code for code, answers in asked.items() if not answers} == set()
    assert {code for code, answers in asked.items() if answers == {False}} <= {"DL3043", "DL3061"}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_other_layouts_change_nothing(layout: str) -> None:
    """What hadolint finds in a snippet it finds in the same snippet laid out in another way, and so do we."""
    plain = {(each.code, each.text): each.hadolint for each in snippets() if not each.layout}
    rows = [each for each in snippets() if each.layout == layout]
    assert len(rows) >= (5 if layout == "continued" else 50)
    assert all(each.hadolint == plain[each.code, each.text] for each in rows)
    assert differences(rows) == []


def test_the_labels_are_those_of_hadolint() -> None:
    """A sample is asked again: all of it would take its time."""
    sample = snippets()[::9]
    assert labelled(sample) == tuple(sample)


def test_the_layouts_are_those_of_the_generator() -> None:
    rows = snippets()
    made = {(each.code, each.text, each.layout) for each in laid_out(e for e in rows if not e.layout)}
    assert made == {(each.code, each.text, each.layout) for each in rows if each.layout}
