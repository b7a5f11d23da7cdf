"""Compose projects as far as benchmarks/compose.py needs them: what is built, and the services around it."""

from __future__ import annotations

import shlex
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from jettison.build.container import Container, start
from jettison.build.engine import Engine


class Service(NamedTuple):
    """One `build:` of a Compose file."""

    project: Path
    """Folder of the Compose file."""
    key: str
    """Its name in that file."""
    context: Path
    dockerfile: str
    target: str
    args: dict[str, str]

    @property
    def name(self) -> str:
        """`PROJECT/SERVICE`."""
        return f"{self.project.name}/{self.key}"


def services(folder: Path, names: list[str]) -> Iterator[Service]:
    """Every service that is built from a Dockerfile, each Dockerfile and target once."""
    seen = set()
    for file in sorted(folder.glob("*/compose.y*ml")):
        for key in _services(file.parent):
            found = _built(file.parent, key)
            if not found or (names and not {file.parent.name, found.name} & set(names)):
                continue
            same = (found.context, found.dockerfile, found.target)
            if same not in seen and (found.context / found.dockerfile).is_file():
                seen.add(same)
                yield found


def without_frontend(dockerfile: Path) -> bytes:
    """A Dockerfile without its `# syntax=` line, whose image cannot be had without a registry; the engine's
    own frontend reads the file as well."""
    lines = dockerfile.read_bytes().splitlines(keepends=True)
    return b"".join(line for line in lines if not line.startswith(b"# syntax"))


def run_table(service: Service, network: str) -> dict[str, Any]:
    """`[run]` of a jettison.toml: the service's environment, command, secrets and the network it is on.

    Its volumes are left out: a folder mounted over the code would hide what the image holds.
    """
    settings = _services(service.project)[service.key]
    table: dict[str, Any] = {"options": [f"--network={network}", *_common(service.project, settings)]}
    if environment := _table(settings.get("environment")):
        table["env"] = environment
    if settings.get("command"):
        table["args"] = _words(settings["command"])
    return table


def questions(service: Service) -> list[dict[str, Any]]:
    """`[[smoke]]` tables: `GET /` of every port that the Compose file publishes."""
    published = _services(service.project)[service.key].get("ports") or ()
    ports = [str(port).rpartition(":")[2] for port in published]
    return [{"http": "/", "port": int(port), "timeout": 90} for port in ports if port.isdigit()]


@contextmanager
def surroundings(engine: Engine, service: Service, needs: list[str], without: list[str]) -> Iterator[str]:
    """The name of a network on which all that the service depends on runs, until the block ends."""
    network = f"jettison-bench-{service.project.name}"
    running: list[Container] = []
    _docker("network", "create", network)
    try:
        for key in _closure(_services(service.project), service.key, needs, without):
            running.append(_partner(engine, service.project, key, network))
        yield network
    finally:
        for container in running:
            container.remove()
        _docker("network", "rm", network)


def _partner(engine: Engine, project: Path, key: str, network: str) -> Container:
    settings = _services(project)[key]
    image = settings.get("image", "")
    if built := _built(project, key):
        image = f"jettison-bench:{key}"
        words = ["--tag", image, "--file", "-", str(built.context)]
        words += ["--target", built.target] * bool(built.target)
        words += [word for pair in built.args.items() for word in ("--build-arg", "=".join(pair))]
        _docker("build", *words, given=without_frontend(built.context / built.dockerfile))
    options = [f"--network={network}", f"--network-alias={key}", *_common(project, settings)]
    for volume in settings.get("volumes") or ():
        if isinstance(volume, str) and volume.startswith("./") and not built:
            options += ["--volume", str(project / volume)]
    command = _words(settings.get("command") or [])
    container = start(
        engine.docker,
        image,
        nonce="bench",
        command=command,
        entrypoint=None,
        env=_table(settings.get("environment")),
        ports=None,
        options=options,
    )
    for port in container.addresses:
        container.reach(port, 60.0)
    time.sleep(1.0)
    return container


def _closure(all_: dict[str, Any], key: str, needs: list[str], without: list[str]) -> list[str]:
    """Names of the services to start, each after those that it depends on."""
    order: list[str] = []

    def visit(name: str) -> None:
        for other in [*(all_[name].get("depends_on") or ()), *(needs if name == key else ())]:
            if other not in order and other not in without and other != key:
                visit(other)
                order.append(other)

    visit(key)
    return list(dict.fromkeys(order))


def _services(project: Path) -> dict[str, Any]:
    return dict(_file(project).get("services") or {})


def _file(project: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(next(iter(sorted(project.glob("compose.y*ml")))).read_text()))


def _built(project: Path, key: str) -> Service | None:
    build = _services(project)[key].get("build")
    if not build:
        return None
    build = {"context": build} if isinstance(build, str) else build
    return Service(
        project,
        key,
        (project / build.get("context", ".")).resolve(),
        build.get("dockerfile", "Dockerfile"),
        build.get("target", ""),
        _table(build.get("args")),
    )


def _common(project: Path, settings: dict[str, Any]) -> list[str]:
    """Options of `docker run` for the secrets and the host name."""
    options = [f"--hostname={settings['hostname']}"] if settings.get("hostname") else []
    kept = _file(project).get("secrets") or {}
    for name in settings.get("secrets") or ():
        options.append(f"--volume={project / kept[name]['file']}:/run/secrets/{name}:ro")
    return options


def _table(value: Any) -> dict[str, str]:
    pairs = dict(each.partition("=")[::2] for each in value) if isinstance(value, list) else dict(value or {})
    return {str(name): str(each).replace("$$", "$") for name, each in pairs.items()}


def _words(value: Any) -> list[str]:
    words = shlex.split(value) if isinstance(value, str) else list(value)
    return [str(word).replace("$$", "$") for word in words]


def _docker(*words: str, given: bytes = b"") -> None:
    subprocess.run(["docker", *words], check=True, capture_output=True, input=given)
