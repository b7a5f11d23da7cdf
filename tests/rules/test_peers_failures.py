"""Wrong fixes that other fixers were seen to make: all our rules together do it right, or leave it alone.

Those of one piece of shell text stand in tests/shell/test_peers.py; here every rule runs, the optional ones
too, with every fix that `jettison fix --prove` would try.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import pytest

from jettison.findings import Safety
from jettison.project import Project
from jettison.rewrite import Rewrite, rewrite
from jettison.rules import all_rules

LEVELS = (Safety.SAFE, Safety.PROVEN)
PACKAGE = b'{"name": "x", "version": "1.0.0", "dependencies": {"left-pad": "1.3.0"}}'
BUILT = (
    b'{"name": "x", "version": "1.0.0", "scripts": {"build": "tsc"}, "devDependencies": {"typescript": "5"}}'
)
LOCK = b'{"lockfileVersion": 3, "packages": {}}'


class Failure(NamedTuple):
    """What a fixer did wrong, a Dockerfile it did it to, and what shows that it is not done here."""

    what: str
    source: str
    keeps: tuple[str, ...] = ()
    """What the result still says, in this order."""
    never: tuple[str, ...] = ()
    """What the result must not say."""
    changes: bool | None = None
    """Whether anything is changed at all; None when that does not matter here."""
    files: Mapping[str, bytes] = MappingProxyType({})


FAILURES = (
    Failure(
        "the syntax directive was deleted with the first repair",
        "# syntax=docker/dockerfile:1\nFROM debian:12-slim\nRUN apt-get update && apt-get install curl\n",
        ("# syntax=docker/dockerfile:1\nFROM debian", "apt-get install -y curl"),
        changes=True,
    ),
    Failure(
        "--mount and the command were printed into one word, and --no-cache-dir defeated the mount",
        "FROM python:3.12-slim\nRUN --mount=type=cache,target=/root/.cache/pip pip install flask\n",
        changes=False,
    ),
    Failure(
        "the final newline was dropped",
        "FROM debian:bookworm-slim\nRUN apt-get update && apt-get install curl\n",
        ("apt-get install -y curl", "\n"),
        changes=True,
    ),
    Failure(
        "a final newline was invented",
        "FROM debian:bookworm-slim\nRUN apt-get update && apt-get install curl",
        ("apt-get install -y curl && rm -rf /var/lib/apt/lists/*",),
        ("lists/*\n",),
        changes=True,
    ),
    Failure(
        "a clean-up behind `|| true` ran after a failure and hid it",
        "FROM debian:bookworm-slim\nRUN apt-get update && apt-get install -y curl || true\n",
        ("|| true",),
        ("|| true &&",),
    ),
    Failure(
        "a comment in a continuation got a backslash, and the clean-up landed before the last package",
        "FROM debian:bookworm-slim\nRUN apt-get update && apt-get install -y \\\n    curl \\\n"
        "    # for TLS\n    ca-certificates\n",
        ("curl \\\n    # for TLS\n    ca-certificates \\\n    && rm -rf /var/lib/apt/lists/*\n",),
        changes=True,
    ),
    Failure(
        "blank lines were put into continuations",
        "FROM debian:bookworm-slim\nRUN apt-get update \\\n && apt-get install curl\nCMD x\n",
        ("apt-get update \\\n && apt-get install -y curl \\\n && rm",),
        ("\n\n",),
        changes=True,
    ),
    Failure(
        "ENV NODE_ENV=production before the build took the development dependencies that it needs",
        "FROM node:22-slim\nWORKDIR /app\nCOPY package.json package-lock.json ./\nRUN npm install\n"
        'COPY . .\nRUN npm run build\nCMD ["node", "dist/main.js"]\n',
        ("npm install\n", "npm run build"),
        ("NODE_ENV",),
        files={"package.json": BUILT, "package-lock.json": LOCK, "main.ts": b"1"},
    ),
    Failure(
        "npx depcheck was run before the dependencies were there",
        'FROM node:22-slim\nWORKDIR /app\nCOPY package.json .\nRUN npm install\nCMD ["node", "a.js"]\n',
        ("npm install",),
        ("npx", "depcheck"),
        files={"package.json": PACKAGE, "a.js": b"1"},
    ),
    Failure(
        "ADD of a URL became RUN curl, which the image may not have",
        "FROM debian:bookworm-slim\nADD https://example.com/tool.tgz /opt/\n",
        changes=False,
    ),
    Failure(
        "ADD of an archive became COPY, which does not unpack it",
        "FROM debian:bookworm-slim\nADD a.tar.gz /opt/\n",
        changes=False,
        files={"a.tar.gz": b"\x1f\x8b\x08" + b"0" * 300},
    ),
    Failure(
        "ADD of an archive with another name became COPY",
        "FROM debian:bookworm-slim\nADD app.bundle /opt/\n",
        changes=False,
        files={"app.bundle": b"\x1f\x8b\x08" + b"0" * 300},
    ),
    Failure(
        "ADD of a glob became COPY, and the archive that it matches stayed packed",
        "FROM debian:bookworm-slim\nADD app.* /opt/\n",
        changes=False,
        files={"app.bundle": b"\x1f\x8b\x08" + b"0" * 300},
    ),
    Failure(
        "a WORKDIR for a cd leaked into the RUNs after it",
        "FROM debian:bookworm-slim\nCOPY x.sh y.sh /tmp/\nRUN cd /tmp && ./x.sh\nRUN ./y.sh\n",
        ("RUN cd /tmp && ./x.sh\nRUN ./y.sh\n",),
        ("WORKDIR",),
        files={"x.sh": b"#!/bin/sh\n", "y.sh": b"#!/bin/sh\n"},
    ),
    Failure(
        "commands in the text of an echo were rewritten",
        'FROM debian:bookworm-slim\nRUN echo "apt-get install foo" > doc '
        "&& echo 'sudo pip install x | apt install y' >> doc\n",
        changes=False,
    ),
    Failure(
        "a CRLF file came out with LF",
        "FROM debian:bookworm-slim\r\nRUN apt-get update \\\r\n && apt-get install curl\r\nCMD curl -V\r\n",
        ("update \\\r\n && apt-get install -y curl \\\r\n && rm", '\r\nCMD ["curl", "-V"]\r\n'),
        changes=True,
    ),
    Failure(
        "the texts of heredocs were rewritten",
        "FROM debian:bookworm-slim\nCOPY <<EOF /install.sh\n#!/bin/sh\nsudo apt-get install foo\ncd /x\n"
        "ADD a b\nCMD sleep 1\nMAINTAINER me\nfrom x as y\nEOF\nRUN cat <<EOT > /doc\n"
        'apt-get install foo\npip install bar\nEOT\nCMD ["/install.sh"]\n',
        changes=False,
    ),
    Failure(
        "USER nonroot was added, whom the image does not have",
        'FROM python:3.12-slim\nCOPY app.py /\nEXPOSE 8080\nCMD ["python", "/app.py"]\n',
        changes=False,
        files={"app.py": b"1"},
    ),
    Failure(
        "HEALTHCHECK wget was added, which the image does not have",
        'FROM debian:bookworm-slim\nEXPOSE 8080\nCMD ["sleep", "60"]\n',
        changes=False,
    ),
    Failure(
        "a leading exec became a program called exec",
        "FROM debian:bookworm-slim\nENTRYPOINT exec top -b\n",
        ('ENTRYPOINT ["top", "-b"]',),
        ('"exec"',),
        changes=True,
    ),
    Failure(
        "set -o pipefail was written for dash, which has none",
        "FROM debian:bookworm-slim\nRUN curl -fsSL https://example.com/a.tgz | tar xz -C /opt\n",
        changes=False,
    ),
    Failure(
        "build-essential was dropped from the packages that a wheel is compiled with",
        "FROM python:3.12-slim\nRUN apt-get update && apt-get install -y build-essential libpq-dev\n"
        'RUN pip install psycopg2\nCMD ["python"]\n',
        ("build-essential", "libpq-dev", "pip install", "psycopg2"),
    ),
    Failure(
        "a LABEL maintainer was written beside the one that is there",
        'FROM debian:bookworm-slim\nLABEL maintainer="a@example.com"\nMAINTAINER b@example.com\n',
        ('LABEL maintainer="a@example.com"\n',),
        ('maintainer=""', 'LABEL maintainer="b@example.com"'),
    ),
    Failure(
        "CGO_ENABLED=0 was set for a program that is written in C too",
        'FROM golang:1.24\nWORKDIR /src\nCOPY . .\nRUN go build -o /app .\nCMD ["/app"]\n',
        ("go build",),
        ("CGO_ENABLED=0", "FROM scratch", "/static"),
        files={
            "go.mod": b"module x\n\ngo 1.24\n",
            "main.go": b'package main\n\n// #include <stdlib.h>\nimport "C"\n\nfunc main() { C.int(1) }\n',
        },
    ),
    Failure(
        "RUNs were merged into one heredoc: the removed lists stayed, and one edit rebuilt everything",
        "FROM node:22-slim\nWORKDIR /app\nRUN apt-get update && apt-get install -y python3\nCOPY . .\n"
        "RUN npm install\nRUN rm -rf /var/lib/apt/lists/*\nRUN chown -R node:node /app\nUSER node\n"
        'CMD ["node", "a.js"]\n',
        (
            "python3 && rm -rf /var/lib/apt/lists/*\n",
            "package.json",
            "npm install",
            "COPY --chown=node:node . .",
        ),
        ("<<", "RUN rm -rf", "RUN chown"),
        changes=True,
        files={"package.json": PACKAGE, "a.js": b"1"},
    ),
    Failure(
        "a clean-up was merged that frees nothing, and only the cache got coarser",
        "FROM debian:bookworm-slim\nRUN make a\nRUN rm -rf /var/lib/apt/lists/*\nRUN make b\n",
        ("RUN make a\n", "RUN make b\n"),
        ("make a &&", "make a \\", "<<"),
    ),
    Failure(
        "the whole file was replaced by a template",
        "FROM ubuntu:24.04\nRUN apt-get update && apt-get install -y gcc\nCOPY a.c /\n"
        "# our flags\nRUN gcc -O2 -o /a /a.c\nCMD /a\n",
        ("FROM ubuntu:24.04\n", "gcc", "COPY a.c /\n# our flags\nRUN gcc -O2 -o /a /a.c\n"),
        ("python",),
        files={"a.c": b"int main(){return 0;}"},
    ),
    Failure(
        "text inside a COPY heredoc was taken for an instruction",
        "FROM debian:bookworm-slim\nCOPY <<'EOF' /etc/motd\nRUN apt-get install curl\nEOF\n",
        changes=False,
    ),
    Failure(
        "a file with a backtick as escape was read with a backslash",
        "# escape=`\nFROM debian:bookworm-slim\nRUN apt-get update && `\n    apt-get install curl\n",
        ("# escape=`\n", "apt-get install -y curl && `\n    rm -rf /var/lib/apt/lists/*\n"),
        ("\\",),
        changes=True,
    ),
    Failure(
        "a RUN <<EOF with another instruction right behind it could not be read",
        "FROM debian:bookworm-slim\nRUN <<EOF\napt-get update\napt-get install curl\nEOF\nCMD curl -V\n",
        ("RUN <<EOF\napt-get update\napt-get install -y curl", "\nEOF\nCMD [", '"curl", "-V"]\n'),
        changes=True,
    ),
    Failure(
        "flags that a fixer had never heard of were dropped or refused",
        "FROM debian:bookworm-slim\nCOPY --brand-new=1 --link a /a\nRUN --security=brand-new "
        "apt-get update && apt-get install curl\n",
        ("COPY --brand-new=1 --link a /a\n", "RUN --security=brand-new ", "apt-get update", " -y curl"),
        changes=True,
        files={"a": b"1"},
    ),
    Failure(
        "`ENV a b c` lost its blanks when it was written with an equals sign",
        "FROM debian:bookworm-slim\nENV GREETING hello  big world\n",
        ('GREETING="hello  big world"',),
    ),
)


def fixed(failure: Failure, folder: Path) -> Rewrite:
    for path, content in failure.files.items():
        (folder / path).write_bytes(content)
    (folder / "Dockerfile").write_bytes(failure.source.encode())
    project = Project(failure.source.encode(), root=folder, file=folder / "Dockerfile")
    return rewrite(project, all_rules(), levels=LEVELS)


@pytest.mark.parametrize("failure", FAILURES, ids=lambda f: f.what)
def test_not_done_here(failure: Failure, tmp_path: Path) -> None:
    result = fixed(failure, tmp_path)
    after = result.after.dockerfile.source.decode()
    at = 0
    for text in failure.keeps:
        at = after.find(text, at)
        assert at >= 0, f"{text!r} is gone from {after}"
    assert not [text for text in failure.never if text in after], after
    if failure.changes is not None:
        edited = [change.id for change in result.changes if change.fix.edits]
        assert bool(edited) is failure.changes, edited
        assert (after == failure.source) is not failure.changes


@pytest.mark.parametrize("failure", FAILURES, ids=lambda f: f.what)
def test_what_holds_for_every_result(failure: Failure, tmp_path: Path) -> None:
    """It parses, every RUN is valid shell, the layout of the file is kept, and a second run changes
    nothing."""
    result = fixed(failure, tmp_path)
    before, after = result.before.dockerfile, result.after.dockerfile
    assert after.errors == before.errors == ()
    assert before.source.endswith(b"\n") == after.source.endswith(b"\n")
    assert (b"\r\n" in before.source) == (b"\r\n" in after.source)
    assert after.source.count(b"\r\n") in (0, after.source.count(b"\n"))
    assert before.directives == after.directives
    assert [comment.text for comment in before.comments] == [comment.text for comment in after.comments]
    for instruction in after.instructions:
        if instruction.keyword == "RUN" and instruction.json is None:
            text = instruction.shell_text().text
            done = subprocess.run(["sh", "-n"], input=text.encode(), capture_output=True)
            assert done.returncode == 0, (text, done.stderr)
    assert not rewrite(result.after, all_rules(), levels=LEVELS).changed


def test_every_change_leaves_the_rest_alone(tmp_path: Path) -> None:
    """Each change replaces the bytes of its edits and not one more."""
    from jettison.spans import apply

    changes = 0
    for number, failure in enumerate(FAILURES):
        folder = tmp_path / str(number)
        folder.mkdir()
        for change in fixed(failure, folder).changes:
            assert change.after == apply(change.before, change.fix.edits)
            changes += 1
    assert changes >= 20
