"""Which packages of a lock file run on musl, by the wheels that it names."""

from __future__ import annotations

from pathlib import Path

from jettison.context import Context
from jettison.context.lockwheels import locked_for_musl

UV = """version = 1

[[package]]
name = "app"
version = "0.1.0"
source = { virtual = "." }
dependencies = [
    { name = "numpy" },
    { name = "kafka" },
    { name = "winonly", marker = "sys_platform == 'win32'" },
]

[package.dev-dependencies]
dev = [
    { name = "browser" },
]

[[package]]
name = "kafka"
source = { registry = "https://pypi.org/simple" }
dependencies = [
    { name = "pure" },
]
wheels = [
    { url = "https://x/kafka-1-cp312-cp312-manylinux_2_28_x86_64.whl", hash = "sha256:0" },
    { url = "https://x/kafka-1-cp312-cp312-macosx_10_9_x86_64.whl", hash = "sha256:0" },
]

[[package]]
name = "numpy"
wheels = [
    { url = "https://x/numpy-2-cp312-cp312-manylinux_2_17_x86_64.whl", hash = "sha256:0" },
    { url = "https://x/numpy-2-cp312-cp312-musllinux_1_2_x86_64.whl", hash = "sha256:0" },
]

[[package]]
name = "pure"
wheels = [
    { url = "https://x/pure-1-py3-none-any.whl", hash = "sha256:0" },
]

[[package]]
name = "winonly"
wheels = [
    { url = "https://x/winonly-1-cp312-cp312-manylinux_2_17_x86_64.whl", hash = "sha256:0" },
]

[[package]]
name = "browser"
wheels = [
    { url = "https://x/browser-1-py3-none-manylinux1_x86_64.whl", hash = "sha256:0" },
]
"""

POETRY = """[[package]]
name = "kafka"
version = "1"
groups = ["main"]
files = [
    {file = "kafka-1-cp312-cp312-manylinux_2_28_x86_64.whl", hash = "sha256:0"},
]

[[package]]
name = "browser"
version = "1"
groups = ["dev"]
files = [
    {file = "browser-1-py3-none-manylinux1_x86_64.whl", hash = "sha256:0"},
]

[[package]]
name = "source-only"
version = "1"
files = [
    {file = "source_only-1.tar.gz", hash = "sha256:0"},
]
"""


def test_uv_says_what_the_program_needs(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text(UV)
    assert locked_for_musl(Context(tmp_path)) == ("uv.lock", {"kafka": False, "numpy": True, "pure": True})


def test_poetry(tmp_path: Path) -> None:
    (tmp_path / "poetry.lock").write_text(POETRY)
    assert locked_for_musl(Context(tmp_path)) == ("poetry.lock", {"kafka": False})


def test_no_lock_and_nonsense(tmp_path: Path) -> None:
    assert locked_for_musl(Context(tmp_path)) == ("", {})
    (tmp_path / "uv.lock").write_bytes(
        b'\xff[[package]]\nname = 3\n[[package]][[package]]\nname = "a"\nwheels'
    )
    assert locked_for_musl(Context(tmp_path)) == ("", {})
