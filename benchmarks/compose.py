"""`jettison fix --prove` on every service of a folder of Compose projects, as a table.

    tools/with-engine all -- .venv/bin/python benchmarks/compose.py FOLDER [NAME...] [--json FILE]

FOLDER is a checkout of a collection such as docker/awesome-compose; nothing in it is changed. A service
counts when its Dockerfile builds as it is; what does not build is listed with the builder's words. What a
service depends on runs beside it while it is proved. The settings name stand-ins for images that cannot be
had, and smoke tests (benchmarks/compose/awesome-compose.toml). Needs an engine.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

from compose_project import Service, questions, run_table, services, surroundings, without_frontend

from jettison.build.engine import Engine

NOT_THESE = ("node_modules",)
SETTINGS = Path(__file__).with_name("compose") / "awesome-compose.toml"
MEASURED = {"scenarios": ["code-edit", "dependency-edit"], "repeats": 3, "time-budget": 600}
LONGEST = 1500
"""Seconds that one proof may take."""


def main() -> int:
    options = argparse.ArgumentParser(description="prove the fixes of Compose services")
    options.add_argument("folder", type=Path)
    options.add_argument("names", nargs="*", help="only these projects, or PROJECT/SERVICE")
    options.add_argument("--settings", type=Path, default=SETTINGS)
    options.add_argument(
        "--json", type=Path, help="write every answer there, and do not repeat what is there"
    )
    chosen = options.parse_args()
    settings = tomllib.loads(chosen.settings.read_text())
    stand_ins: dict[str, str] = settings.get("stand-in", {})
    answers: dict[str, dict[str, Any]] = {}
    if chosen.json and chosen.json.exists():
        answers = json.loads(chosen.json.read_text())
    engine = Engine.find()
    try:
        for name, image in stand_ins.items():
            stand_in(name, image, chosen.settings.parent)
        for service in services(chosen.folder, chosen.names):
            if service.name in answers:
                continue
            answers[service.name] = prove(engine, service, settings.get(service.name, {}))
            print(service.name, verdict(answers[service.name]), file=sys.stderr, flush=True)
            if chosen.json:
                chosen.json.write_text(json.dumps(answers, indent=1) + "\n")
    finally:
        for name in stand_ins:
            subprocess.run(["docker", "image", "rm", "--force", name], capture_output=True, check=False)
    show(answers)
    return 0


def stand_in(name: str, image: str, folder: Path) -> None:
    """Give an image that can be had the name of one that cannot."""
    build = ["docker", "build", "--quiet", "--tag", name, str(folder / image)]
    made = build if (folder / image).is_dir() else ["docker", "tag", image, name]
    subprocess.run(made, check=True, stdout=subprocess.DEVNULL)


def prove(engine: Engine, service: Service, settings: dict[str, Any]) -> dict[str, Any]:
    """The answer of `jettison fix --prove` on a copy of the service's folder, among what it depends on."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "context")
        shutil.copytree(service.context, copy, symlinks=True, ignore=shutil.ignore_patterns(*NOT_THESE))
        (copy / service.dockerfile).write_bytes(without_frontend(copy / service.dockerfile))
        command = [str(Path(sys.executable).with_name("jettison")), "fix", "--prove"]
        command += ["--format", "json"]
        command += ["--target", service.target] * bool(service.target)
        for key, value in service.args.items():
            command += ["--build-arg", f"{key}={value}"]
        command += ["--context", str(copy), str(copy / service.dockerfile)]
        try:
            with surroundings(
                engine, service, settings.get("needs", []), settings.get("without", [])
            ) as network:
                smoke = settings.get("smoke") or questions(service)
                (copy / "jettison.toml").write_text(configuration(run_table(service, network), smoke))
                return answer(command)
        except subprocess.CalledProcessError as problem:
            return {"unproved": f"what it depends on: {problem.stderr.decode('utf-8', 'replace')[-2000:]}"}


def answer(command: list[str]) -> dict[str, Any]:
    """What a command prints as JSON; it is asked to end, so that it can clean up, when it takes too long."""
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ)
    try:
        out, err = running.communicate(timeout=LONGEST)
    except subprocess.TimeoutExpired:
        running.send_signal(signal.SIGINT)
        out, err = running.communicate()
        return {"unproved": f"error: not done after {LONGEST} s"}
    try:
        return dict(json.loads(out))
    except ValueError:
        return {"unproved": err.decode("utf-8", "replace")[-2000:] or f"exit {running.returncode}"}


def configuration(run: dict[str, Any], smoke: list[dict[str, Any]]) -> str:
    """A jettison.toml. JSON's strings, numbers and lists are TOML's too."""
    tables = [("[run]", run), ("[proof]", MEASURED)] + [("[[smoke]]", test) for test in smoke]
    lines = []
    for title, table in tables:
        lines.append(title)
        for key, value in table.items():
            pairs = (
                {f"{key}.{json.dumps(name)}": each for name, each in value.items()}
                if isinstance(value, dict)
                else {key: value}
            )
            lines += [f"{name} = {json.dumps(each)}" for name, each in pairs.items()]
    return "\n".join(lines) + "\n"


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
    """The table, and the medians of what was changed and proved."""
    print("| service | on disk | to pull | after a code edit | after a dependency edit | kept | dropped |")
    print("|---|---:|---:|---:|---:|---|---|")
    gains: dict[str, list[float]] = {"disk": [], "pull": [], "code-edit": [], "dependency-edit": []}
    for name, answer in answers.items():
        proof = answer.get("proof")
        if not proof or not proof["after"]:
            print(f"| {name} | {verdict(answer).replace('|', '/')} | | | | | |")
            continue
        disk = [proof[side]["uncompressed"]["bytes"] / 1e6 for side in ("before", "after")]
        pull = [proof[side]["compressed"]["bytes"] / 1e6 for side in ("before", "after")]
        cells = [f"{pair[0]:,.1f} → {pair[1]:,.1f} MB" for pair in (disk, pull)]
        gains["disk"].append(disk[0] / disk[1])
        gains["pull"].append(pull[0] / pull[1])
        rows = {row["name"]: row for row in proof["scenarios"]}
        for scenario in ("code-edit", "dependency-edit"):
            row = rows.get(scenario) or {}
            if not row.get("before") or not row.get("after"):
                cells.append("–")
                continue
            old, new = row["before"]["seconds"], row["after"]["seconds"]
            cells.append(f"{old:.1f} → {new:.1f} s")
            gains[scenario].append(old / new)
        kept = ", ".join(proof["kept"]) or "–"
        dropped = ", ".join(each["id"] for each in proof["dropped"]) or "–"
        same = "" if proof["verdict"] == "passed" else f" ({verdict(answer)})"
        print(f"| {name}{same} | {' | '.join(cells)} | {kept} | {dropped} |")
    for what, ratios in gains.items():
        if ratios:
            print(
                f"{what}: median of {len(ratios)} {statistics.median(ratios):.3g}x, worst {min(ratios):.3g}x"
            )


if __name__ == "__main__":
    sys.exit(main())
