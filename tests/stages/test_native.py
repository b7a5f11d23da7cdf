"""Static programs of Rust and C: what makes them so, and where they go."""

from __future__ import annotations

from pathlib import Path

import pytest

from jettison.check import check
from jettison.project import Project
from jettison.rules import find_rule

MAIN = {"main.c": "int main(void) { return 0; }\n"}
CARGO = {"Cargo.toml": '[package]\nname = "hello"\nversion = "0.1.0"\n', "src/main.rs": "fn main() {}\n"}
HEAD = "FROM buildpack-deps:bookworm\nWORKDIR /src\nCOPY . .\n"
MUSL = "x86_64-unknown-linux-musl"
CRATE = "[[package]]\nname = "


def image(folder: Path, dockerfile: str, files: dict[str, str]) -> str:
    """The base of the runtime stage, or the reason why there is none."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    (finding,) = check(Project(dockerfile.encode(), root=folder), [find_rule("single-stage-build")])
    if finding.fix is None:
        return finding.refused or ""
    added = b"".join(edit.new for edit in finding.fix.edits).decode()
    return added.partition("FROM ")[2].partition("\n")[0]


def cargo(folder: Path, build: str, base: str = "rust:1.90", files: dict[str, str] | None = None) -> str:
    words, _, program = build.partition(" -> ")
    dockerfile = f'FROM {base}\nWORKDIR /app\nCOPY . .\nRUN {words}\nCMD ["{program}"]\n'
    return image(folder, dockerfile, CARGO | (files or {}))


@pytest.mark.parametrize(
    ("base", "build", "runtime"),
    [
        ("rust:1.90", f"cargo build --release --target={MUSL} -> target/{MUSL}/release/hello", "scratch"),
        ("rust:1.90", f"cargo install --path . --target {MUSL} --root /out -> /out/bin/hello",
         "scratch"),
        ("rust:1.90-alpine", "cargo install --path . -> hello", "scratch"),
        ("rust:1.90-alpine", "RUSTFLAGS='-C target-feature=+crt-static' cargo build --release -> "
         "target/release/hello", "scratch"),
        ("rust:1.90", "cargo build --release --target x86_64-unknown-linux-gnu -> "
         "target/x86_64-unknown-linux-gnu/release/hello", "gcr.io/distroless/cc-debian13"),
        ("rust:1.90-alpine", "RUSTFLAGS='-C target-feature=-crt-static' cargo build --release -> "
         "./target/release/hello", "it starts ./target/release/hello, which is no program that a plain "
         "command makes here"),
        ("rust:1.90", "cargo build --release --target wasm32-wasip1 -> ./hello",
         "it starts ./hello, which is no program that a plain command makes here"),
        ("rust:1.90", "rustup default nightly -> ./hello",
         "what rustup of line 4 changes is not certain"),
    ],
)  # fmt: skip
def test_cargo(base: str, build: str, runtime: str, tmp_path: Path) -> None:
    assert cargo(tmp_path, build.replace("-> target", "-> ./target"), base) == runtime


@pytest.mark.parametrize(
    ("file", "text", "runtime"),
    [
        ("src/main.rs", 'fn main() { std::fs::write("/tmp/x", "") }', "gcr.io/distroless/static-debian12"),
        ("Cargo.lock", f'{CRATE}"rustls-native-certs"\n', "gcr.io/distroless/static-debian12"),
        ("Cargo.lock", f'{CRATE}"serde"\n', "scratch"),
        ("Cargo.lock", f'{CRATE}"openssl-sys"\n', "the crate openssl-sys binds a library of the system"),
        (
            "build.rs",
            'fn main() { println!("cargo:rustc-link-lib=z") }',
            "its sources call rustc-link-lib, which needs more than the program",
        ),
    ],
)
def test_what_a_static_rust_program_reads(file: str, text: str, runtime: str, tmp_path: Path) -> None:
    build = "cargo build --release -> ./target/release/hello"
    assert cargo(tmp_path, build, "rust:1.90-alpine", {file: text}) == runtime


@pytest.mark.parametrize(
    ("run", "runtime"),
    [
        ("gcc -static -o hello main.c", "scratch"),
        ("g++ -static-pie -o hello main.c", "scratch"),
        ("gcc -static-libgcc -o hello main.c",
         "it starts ./hello, which is no program that a plain command makes here"),
        ("gcc -o hello main.c", "gcr.io/distroless/cc-debian12"),
        ("gcc -o hello main.c && gcc -static -o hello main.c", "gcr.io/distroless/cc-debian12"),
        ("make hello && make hello LDFLAGS=-static", "gcr.io/distroless/cc-debian12"),
        ("make hello LDFLAGS=-static", "scratch"),
    ],
)  # fmt: skip
def test_c(run: str, runtime: str, tmp_path: Path) -> None:
    makefile = {"Makefile": "hello: main.o\n\t$(CC) $(LDFLAGS) -o $@ $^\n"}
    assert image(tmp_path, f'{HEAD}RUN {run}\nCMD ["./hello"]\n', MAIN | makefile) == runtime


def test_a_static_c_program_that_reads_the_time_zone(tmp_path: Path) -> None:
    files = {"main.c": "int main(void) { time_t now = 0; localtime(&now); }\n"}
    dockerfile = f'{HEAD}RUN gcc -static -o hello main.c\nCMD ["./hello"]\n'
    assert image(tmp_path, dockerfile, files) == "gcr.io/distroless/static-debian12"


def test_a_gcc_image_links_its_own_libraries_into_a_static_program(tmp_path: Path) -> None:
    dockerfile = HEAD.replace("buildpack-deps", "gcc") + 'RUN g++ -static -o hello main.c\nCMD ["./hello"]\n'
    assert image(tmp_path, dockerfile, MAIN) == "scratch"
