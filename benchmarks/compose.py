"""`jettison fix --prove` on every service of a folder of Compose projects, as a table.

    tools/with-engine all -- .venv/bin/python benchmarks/compose.py FOLDER [NAME...] [--stand-in NAME=IMAGE]

FOLDER is a checkout of a collection such as docker/awesome-compose; nothing in it is changed. A service
counts when its Dockerfile builds as it is; what does not build is listed with the builder's words. With
`--stand-in` a base image that cannot be had is another one for as long as the run lasts. Needs an engine.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

NOT_THESE = ("node_modules",)


class Service(NamedTuple):
    """One `build:` of a Compose file."""

    name: str
    context: Path
    dockerfile: str
    target: str
    args: dict[str, str]


def main() -> int:
    options = argparse.ArgumentParser(description="prove the fixes of Compose services")
    options.add_argument("folder", type=Path)
    options.add_argument("names", nargs="*", help="only these projects")
    options.add_argument("--stand-in", action="append", default=[], metavar="NAME=IMAGE")
    options.add_argument("--json", type=Path, help="write every answer there")
    chosen = options.parse_args()
    given = [pair.partition("=")[::2] for pair in chosen.stand_in]
    answers: dict[str, dict[str, Any]] = {}
    try:
        for name, image in given:
            subprocess.run(["docker", "tag", image, name], check=True)
        for service in services(chosen.folder, chosen.names):
            answers[service.name] = prove(service)
            print(service.name, verdict(answers[service.name]), file=sys.stderr, flush=True)
            if chosen.json:
                chosen.json.write_text(json.dumps(answers, indent=1) + "\n")
    finally:
        for name, _ in given:
            subprocess.run(["docker", "image", "rm", "--force", name], capture_output=True, check=False)
    show(answers)
    return 0


def services(folder: Path, names: list[str]) -> Iterator[Service]:
    """Every service that is built from a Dockerfile, each Dockerfile and target once."""
    seen = set()
    for file in sorted(folder.glob("*/compose.y*ml")):
        project = file.parent.name
        if names and project not in names:
            continue
        for name, service in (yaml.safe_load(file.read_text()).get("services") or {}).items():
            build = service.get("build")
            if not build:
                continue
            build = {"context": build} if isinstance(build, str) else build
            context = (file.parent / build.get("context", ".")).resolve()
            args = build.get("args") or {}
            if isinstance(args, list):
                args = dict(each.partition("=")[::2] for each in args)
            found = Service(
                f"{project}/{name}",
                context,
                build.get("dockerfile", "Dockerfile"),
                build.get("target", ""),
                {key: str(value) for key, value in args.items()},
            )
            key = (found.context, found.dockerfile, found.target)
            if key not in seen and (context / found.dockerfile).is_file():
                seen.add(key)
                yield found


def prove(service: Service) -> dict[str, Any]:
    """The answer of `jettison fix --prove` on a copy of the service's folder."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "context")
        shutil.copytree(service.context, copy, symlinks=True, ignore=shutil.ignore_patterns(*NOT_THESE))
        without_frontend(copy / service.dockerfile)
        command = [str(Path(sys.executable).with_name("jettison")), "fix", "--prove", "--quick"]
        command += ["--format", "json"]
        command += ["--target", service.target] * bool(service.target)
        for key, value in service.args.items():
            command += ["--build-arg", f"{key}={value}"]
        command += ["--context", str(copy), str(copy / service.dockerfile)]
        done = subprocess.run(command, capture_output=True, check=False, timeout=1500)
        try:
            return dict(json.loads(done.stdout))
        except ValueError:
            return {"unproved": done.stderr.decode("utf-8", "replace")[-2000:] or f"exit {done.returncode}"}


def without_frontend(dockerfile: Path) -> None:
    """Take out a `# syntax=` line: its image cannot be had without a registry, and the engine's own frontend
    reads the file as well."""
    lines = dockerfile.read_bytes().splitlines(keepends=True)
    dockerfile.write_bytes(b"".join(line for line in lines if not line.startswith(b"# syntax")))


def verdict(answer: dict[str, Any]) -> str:
    """`passed`, `failed`, `nothing to change`, or why there is no proof."""
    if answer.get("proof"):
        why = "; ".join(reason["what"] for reason in answer["proof"]["reasons"])
        return f"{answer['proof']['verdict']} {why}".rstrip()
    if answer.get("unproved"):
        lines = [line for line in str(answer["unproved"]).splitlines() if line.strip()]
        told = [line for line in lines if "ERROR" in line or "error" in line]
        return "no proof: " + (told or lines)[-1][:160]
    return "nothing to change"


def show(answers: dict[str, dict[str, Any]]) -> None:
    """The table, and the medians."""
    print("| service | on disk | to pull | rebuild after a code edit | same answers | kept | dropped |")
    print("|---|---:|---:|---:|---|---:|---|")
    disk, edits = [], []
    for name, answer in answers.items():
        proof = answer.get("proof")
        if not proof or not proof["after"]:
            print(f"| {name} | {verdict(answer).replace('|', '/')} | | | | | |")
            continue
        before, after = (proof[side]["uncompressed"]["bytes"] / 1e6 for side in ("before", "after"))
        pull = [proof[side]["compressed"]["bytes"] / 1e6 for side in ("before", "after")]
        rows = {row["name"]: row for row in proof["scenarios"]}
        edit = rows.get("code-edit")
        rebuilt = "–"
        if edit and edit["before"] and edit["after"]:
            old, new = edit["before"]["seconds"], edit["after"]["seconds"]
            rebuilt = f"{old:.1f} → {new:.1f} s"
            edits.append(old / new)
        disk.append(before / after)
        same = "yes" if all(trial["equal"] for trial in proof["behaviour"]["trials"]) else "no"
        dropped = ", ".join(each["id"] for each in proof["dropped"]) or "–"
        sizes = f"{before:,.1f} → {after:,.1f} MB | {pull[0]:,.1f} → {pull[1]:,.1f} MB"
        print(f"| {name} | {sizes} | {rebuilt} | {same} | {len(proof['kept'])} | {dropped} |")
    if disk:
        print(f"\nmedian of {len(disk)}: {statistics.median(disk):.3g}x smaller on disk", end="")
        print(f", {statistics.median(edits):.3g}x faster after a code edit" if edits else "")


if __name__ == "__main__":
    sys.exit(main())
