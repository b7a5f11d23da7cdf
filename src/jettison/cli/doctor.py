"""`jettison doctor`: which outside tools are here, and what works weaker without them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import click

from jettison.cli.console import Console
from jettison.errors import CannotRun
from jettison.report.style import Style
from jettison.run import run, which


class _Tool(NamedTuple):
    name: str
    version: tuple[str, ...]
    purpose: str
    without: str
    get: str


_TOOLS = (
    _Tool(
        "docker",
        ("docker", "version", "--format", "{{.Client.Version}}"),
        "builds and runs the images of a proof",
        "check and fix work; nothing can be proved",
        "https://docs.docker.com/engine/install/",
    ),
    _Tool(
        "buildx",
        ("docker", "buildx", "version"),
        "drives BuildKit and tells what each step took",
        "as without docker",
        "package docker-buildx-plugin, or docker-buildx on Debian",
    ),
    _Tool(
        "git",
        ("git", "--version"),
        "knows how often each file changes, and the Dockerfile of the last commit",
        "caching advice rests on rules of thumb; prove needs --before FILE",
        "package git",
    ),
    _Tool(
        "shfmt",
        ("shfmt", "--version"),
        "referees every rewritten RUN in the dialect of its shell",
        "the built-in parser referees alone, which knows bash only",
        "pip install 'jettison[shell]'",
    ),
)

_FEATURES = {
    "containerd_store": ("containerd image store", "compressed sizes are modelled, not measured"),
    "cache_export": ("cache export", "the scenario of a cold CI with a cache is left out"),
}


@click.command("doctor")
@click.pass_obj
def command(console: Console) -> int:
    """Which tools are here, what the engine can do, and what works weaker without them."""
    style = console.style
    console.write(_python(style))
    for tool in _TOOLS:
        console.write(_tool(tool, style))
    console.write(_engine(style))
    return 0


def _python(style: Style) -> Iterator[str]:
    import platform

    from jettison import __version__

    yield _row(style, True, "jettison", f"{__version__} on Python {platform.python_version()}")


def _tool(tool: _Tool, style: Style) -> Iterator[str]:
    version = _version(tool)
    yield _row(style, version is not None, tool.name, version or "not found")
    yield f"              {style.dim(tool.purpose)}\n"
    if version is None:
        yield f"              without it: {tool.without}\n"
        yield f"              get it: {tool.get}\n"


def _version(tool: _Tool) -> str | None:
    if which(tool.version[0]) is None:
        return None
    try:
        done = run(tool.version, timeout=20)
    except CannotRun:
        return None
    # `docker version` fails when no engine answers, and still tells the client's version.
    known = done.ok or tool.name == "docker"
    lines = done.text.splitlines() if known else []
    return lines[0].strip() if lines and lines[0].strip() else None


def _engine(style: Style) -> Iterator[str]:
    from jettison.build import Engine

    try:
        engine = Engine.find()
        features = engine.features
    except CannotRun as problem:
        yield _row(style, False, "engine", problem.message)
        yield f"              without it: {_TOOLS[0].without}\n"
        if problem.hint:
            yield f"              {problem.hint}\n"
        return
    yield _row(style, True, "engine", f"{engine.version}, builder {engine.builder or 'chosen by buildx'}")
    for name, there in features._asdict().items():
        title, without = _FEATURES.get(name, (name.replace("_", " "), "its steps are left out"))
        yield f"              {f'yes {title}' if there else f'no  {title}: {without}'}\n"


def _row(style: Style, there: bool, name: str, text: str) -> str:
    mark = style.green("ok") if there else style.yellow("--")
    return f"{mark}  {style.bold(name.ljust(8))}  {text}\n"
