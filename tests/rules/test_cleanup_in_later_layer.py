"""Clean-up moved to where the files are made: line ends, what stands between, and what is only similar."""

from __future__ import annotations

from pathlib import Path

import pytest

from jettison.check import check
from jettison.findings import Basis, Safety
from jettison.project import Project
from jettison.rewrite import rewrite
from jettison.rules import find_rule

RULE = find_rule("cleanup-in-later-layer")
HERE = Path(__file__).parent


def fixed(source: bytes) -> bytes:
    done = rewrite(Project(source, root=HERE), [RULE], levels=(Safety.SAFE, Safety.PROVEN))
    assert done.dropped == ()
    return done.after.dockerfile.source


def test_crlf_and_a_missing_final_newline() -> None:
    source = (
        b"FROM debian\r\nRUN apt-get update\r\nRUN apt-get install -y git\r\nRUN rm -rf /var/lib/apt/lists/*"
    )
    good = (
        b"FROM debian\r\nRUN apt-get update \\\r\n"
        b"    && apt-get install -y git && rm -rf /var/lib/apt/lists/*\r\n"
    )
    assert fixed(source) == good


def test_another_escape_character() -> None:
    source = b"# escape=`\nFROM debian\nRUN curl -o /t.tgz https://x/t\nRUN tar xf /t.tgz\nRUN rm /t.tgz\n"
    good = (
        b"# escape=`\nFROM debian\nRUN curl -o /t.tgz https://x/t `\n"
        b"    && tar xf /t.tgz `\n    && rm /t.tgz\n"
    )
    assert fixed(source) == good


@pytest.mark.parametrize(
    "source",
    [
        b"FROM debian\nRUN curl -o /a/t.tgz https://x/t\nRUN rm /b/t.tgz\n",
        b"FROM debian\nRUN curl https://x/t | tar x -C /opt\nRUN rm -rf /opt/*.txt\n",
        b"FROM debian\nRUN apt-get update && apt-get install -y git\nRUN echo rm -rf /var/lib/apt/lists/*\n",
        b"FROM debian\n"
        b"RUN --mount=type=cache,target=/var/lib/apt apt-get update\nRUN rm -rf /var/lib/apt/lists/*\n",
        b"FROM debian\nRUN rm -rf /\n",
        b"FROM debian\nRUN mkdir -p $DIR\nRUN rm -rf $DIR\n",
    ],
)
def test_what_is_only_similar_is_left_alone(source: bytes) -> None:
    assert check(Project(source, root=HERE), [RULE]) == ()


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (b"RUN curl -o /t https://x/t\nENV A=1\nRUN rm -rf /t\n", "ENV on line 3 stands between"),
        (b"RUN export A=1; curl -o /t https://x/t\nRUN rm -rf /t\n", "not all joined by &&"),
        (b"RUN set -e && curl -o /t https://x/t\nRUN rm -rf /t\n", "changes how its shell goes on"),
        (b"RUN A=1 && curl -o /t https://x/t\nRUN rm -rf /t\n", "changes its shell"),
        (b"RUN curl -o /t https://x/t # it\nRUN rm -rf /t\n", "a comment ends the RUN"),
        (b"RUN <<EOF\ncurl -o /t https://x/t\nEOF\nRUN rm -rf /t\n", "is no plain chain"),
        (b"RUN --network=none curl -o /t https://x/t\nRUN rm -rf /t\n", "flags of its own"),
    ],
)
def test_runs_that_cannot_be_joined(source: bytes, reason: str) -> None:
    (finding,) = check(Project(b"FROM debian\n" + source, root=HERE), [RULE])
    assert finding.fix is None
    assert reason in (finding.refused or "")


def test_what_a_copy_made_is_measured_and_said(tmp_path: Path) -> None:
    (tmp_path / "tool.tar.gz").write_bytes(b"x" * 250_000)
    source = b"FROM debian\nCOPY tool.tar.gz /tmp/\nRUN tar xf /tmp/tool.tar.gz && rm /tmp/tool.tar.gz\n"
    (finding,) = check(Project(source, root=tmp_path), [RULE])
    assert finding.saving.bytes == 250_000
    assert finding.saving.basis is Basis.MEASURED
    assert "the COPY on line 2 makes it" in (finding.refused or "")


def test_moving_is_safe_and_joining_needs_a_proof() -> None:
    moved = b"FROM debian\nRUN apt-get update && apt-get install -y git\nRUN rm -rf /var/lib/apt/lists/*\n"
    joined = b"FROM debian\nRUN apt-get update\nRUN apt-get install -y git\nRUN rm -rf /var/lib/apt/lists/*\n"
    for source, safety in ((moved, Safety.SAFE), (joined, Safety.PROVEN)):
        (finding,) = check(Project(source, root=HERE), [RULE])
        assert finding.fix is not None
        assert finding.fix.safety is safety
