"""Clean-up in the RUN that installs: line ends, escape characters, heredocs, who may still need the lists."""

from __future__ import annotations

from pathlib import Path

import pytest

from jettison.check import check
from jettison.findings import Finding, Safety
from jettison.project import Project
from jettison.rewrite import rewrite
from jettison.rules import find_rule

RULE = find_rule("package-cache-left")


def fixed(source: bytes, folder: Path = Path(__file__).parent) -> bytes:
    done = rewrite(Project(source, root=folder), [RULE], levels=(Safety.SAFE, Safety.PROVEN))
    assert done.dropped == ()
    return done.after.dockerfile.source


def one(source: bytes, folder: Path = Path(__file__).parent) -> Finding:
    (finding,) = check(Project(source, root=folder), [RULE])
    return finding


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            b"FROM debian\r\nRUN apt-get update \\\r\n && apt-get install -y curl\r\nCMD []\r\n",
            b"FROM debian\r\nRUN apt-get update \\\r\n && apt-get install -y curl \\\r\n"
            b" && rm -rf /var/lib/apt/lists/*\r\nCMD []\r\n",
        ),
        (
            b"# escape=`\nFROM debian\nRUN apt-get update `\n && apt-get install -y curl",
            b"# escape=`\nFROM debian\nRUN apt-get update `\n && apt-get install -y curl `\n"
            b" && rm -rf /var/lib/apt/lists/*",
        ),
        (
            b"\xef\xbb\xbfFROM debian\nRUN pip install flask # web\n",
            b"\xef\xbb\xbfFROM debian\nRUN pip install --no-cache-dir flask # web\n",
        ),
        (
            b"FROM debian\nRUN <<-'EOF'\n\tset -e\n\tapt-get update\n"
            b"\tapt-get install -y curl\n\tEOF\nUSER app\n",
            b"FROM debian\nRUN <<-'EOF'\n\tset -e\n\tapt-get update\n\tapt-get install -y curl\n"
            b"\trm -rf /var/lib/apt/lists/*\n\tEOF\nUSER app\n",
        ),
        (
            b"FROM debian\nRUN apt-get update; \\\n\t# tools\n\n"
            b"\tapt-get install -y curl \\\n\t\tgit; \\\n\techo done\n",
            b"FROM debian\nRUN apt-get update; \\\n\t# tools\n\n"
            b"\tapt-get install -y curl \\\n\t\tgit; \\\n\techo done && \\\n"
            b"\trm -rf /var/lib/apt/lists/*\n",
        ),
        (
            b"FROM debian\nRUN set -eux; \\\n\tapt-get update; \\\n"
            b"\tapt-get install -y curl; \\\n\techo done\n",
            b"FROM debian\nRUN set -eux; \\\n\tapt-get update; \\\n"
            b"\tapt-get install -y curl; \\\n\techo done; \\\n"
            b"\trm -rf /var/lib/apt/lists/*\n",
        ),
        (
            b'FROM python:3.12\nRUN ["pip", "install", "flask"]\n',
            b'FROM python:3.12\nRUN ["pip", "install", "--no-cache-dir", "flask"]\n',
        ),
        (
            b"FROM debian\nONBUILD RUN apt-get update\nRUN if true; then pip install flask; fi\n",
            b"FROM debian\nONBUILD RUN apt-get update\n"
            b"RUN if true; then pip install --no-cache-dir flask; fi\n",
        ),
    ],
)
def test_the_file_keeps_its_own_style(before: bytes, after: bytes) -> None:
    assert fixed(before) == after
    assert fixed(after) == after


def test_an_onbuild_step_may_need_the_lists() -> None:
    source = (
        b"FROM debian\nRUN apt-get update && apt-get install -y curl\nONBUILD RUN apt-get install -y git\n"
    )
    assert "installs from these lists" in (one(source).refused or "")


def test_a_run_that_is_not_understood_may_need_the_lists() -> None:
    source = b'FROM debian\nRUN apt-get update\nUSER root\nRUN apt-get install -y "git\n'
    assert "installs from these lists" in (one(source).refused or "")


def test_nothing_but_the_lists_may_vanish() -> None:
    fix = one(b"FROM debian\nRUN apt-get update && apt-get install -y curl\n").fix
    assert fix is not None
    assert fix.safety is Safety.SAFE
    assert fix.allows.vanish == ("/var/lib/apt/lists", "/var/lib/apt/lists/*")
    assert not fix.allows.appear
    assert not fix.allows.change


def test_the_cache_is_where_the_user_and_the_environment_say() -> None:
    fix = one(b"FROM python:3.12\nUSER app\nRUN pip install flask\n").fix
    assert fix is not None
    assert "/home/app/.cache/pip/*" in fix.allows.vanish
    fix = one(b"FROM python:3.12\nENV PIP_CACHE_DIR=/var/pip\nRUN pip install flask\n").fix
    assert fix is not None
    assert "/var/pip/*" in fix.allows.vanish


def test_the_saving_counts_packages(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("# web\nflask\ngunicorn\n-r more.txt\n\nrequests\n")
    source = b"FROM python:3.12\nWORKDIR /app\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n"
    assert one(source, tmp_path).saving.bytes == 3_000_000
