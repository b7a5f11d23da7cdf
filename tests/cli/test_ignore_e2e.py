"""What the builder is sent under the ignore file that `jettison ignore` writes for a messy project."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.context.tree import plant

from jettison.context import read_context
from jettison.run import run

pytestmark = pytest.mark.e2e

KEY = (
    "-----BEGIN OPENSSH PRIVATE KEY-----\n"
    + "b3BlbnNzaC1rZXktdjEAAAAA" * 3
    + "\n-----END OPENSSH PRIVATE KEY-----\n"
)
PROJECT: dict[str, str | bytes | None] = {
    "package.json": "{}",
    "server.js": "1",
    "dist/kept by hand.css": "1",
    "packages/web/node_modules/a/index.js": "x" * 70_000,
    "node_modules/b/index.js": "x" * 70_000,
    "src/deep/.env": "API_TOKEN=Zt7PpQ2mLx9rrK4v",
    ".env": "API_TOKEN=Zt7PpQ2mLx9rrK4v",
    ".env.example": "API_TOKEN=",
    "deploy/id_ed25519": KEY,
    "app/__pycache__/a.pyc": "x" * 70_000,
    "app/.DS_Store": "x",
    "logs/app.log": "x" * 70_000,
    "logs/.gitkeep": "",
    ".git/HEAD": "ref: refs/heads/main",
    "notes[1]/!odd.txt": "1",
    "links/to": "-> ../server.js",
    ".dockerignore": "# ours\r\nnode_modules\r\n  *.tmp\r\n!keep.tmp\r\ndist",
    "keep.tmp": "1",
    "a.tmp": "1",
}
DOCKERFILE = """FROM node:22 AS packages
COPY package.json ./
RUN npm ci
FROM packages
COPY dist /dist
COPY . /app
"""
GONE = (
    *("packages/web/node_modules", "node_modules", "src/deep/.env", ".env", "deploy/id_ed25519", ".git"),
    *("app/__pycache__", "logs/app.log", "a.tmp"),
)


def test_the_builder_is_sent_what_the_file_promises(engine, jettison_itself, folder: Path) -> None:
    root = plant(folder / "context", PROJECT)
    (root / "Dockerfile").write_text(DOCKERFILE)
    done = jettison_itself("ignore", "--apply", root)
    assert done.code == 0, done.err
    text = (root / ".dockerignore").read_bytes()
    assert text.startswith(b"# ours\r\n**/node_modules\r\n  *.tmp\r\n!keep.tmp\r\ndist\r\n")
    assert b"\n" not in text.replace(b"\r\n", b"")

    out = folder / "out"
    command = ["docker", "buildx", "build", "--provenance=false", "--progress=plain", "-f", "-"]
    run(
        [*command, "--output", f"type=local,dest={out}", str(root)],
        input=b"FROM scratch\nCOPY dist /named\nCOPY . /all\n",
        check=True,
    )
    sent = sorted(
        str(p.relative_to(out / "all")) for p in (out / "all").rglob("*") if p.is_symlink() or p.is_file()
    )
    assert sent == [file.path for file in read_context(root).files]
    assert not [path for path in sent if path in GONE or path.startswith(tuple(f"{each}/" for each in GONE))]
    kept = {"server.js", "logs/.gitkeep", ".env.example", "notes[1]/!odd.txt", "keep.tmp", "links/to"}
    assert kept <= set(sent)
    assert (out / "named" / "kept by hand.css").read_text() == "1"
