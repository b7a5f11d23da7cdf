"""`--format html` of every command that has a format, as a user calls it."""

from __future__ import annotations

import pytest
from tests.cache.repository import commit, repository
from tests.report.test_html import Page

from jettison.cli import main

DOCKERFILE = "FROM python:3.11\nARG GIT_SHA\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n"


@pytest.fixture
def root(tmp_path):
    made = repository(tmp_path / "app")
    commit(made, {"Dockerfile": DOCKERFILE, "requirements.txt": "flask\n", "<b>.py": "1"})
    commit(made, {"<b>.py": "2"})
    return made


@pytest.mark.parametrize(
    ("command", "code", "title", "said"),
    [
        (("check",), 1, "What is worth fixing", "oversized-base"),
        (("fix",), 1, "The rewrite", "Changes, in the order they are made"),
        (("ignore",), 1, "What the builder is sent", "What each line of the ignore file keeps out"),
        (("replay",), 0, "What it costs over the history", "Seconds of the rebuild at each commit"),
        (("why", "--before", "HEAD~1", "--after", "HEAD"), 1, "Why steps run again", "&lt;b&gt;.py: bytes"),
    ],
)
def test_every_command_makes_a_page(root, capsysbinary, command, code, title, said):
    name, *options = command
    assert main([name, str(root), *options, "--format", "html"]) == code
    text = capsysbinary.readouterr().out.decode("utf-8")
    assert text.startswith("<!doctype html>\n")
    assert f"<p>{title}</p>" in text
    assert said in text
    assert Page(text).open == []
    assert "<b>.py" not in text
