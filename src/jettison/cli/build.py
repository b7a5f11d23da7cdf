"""`jettison build`: docker buildx build, remembered."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from jettison.cli.console import Console
from jettison.errors import JettisonError, MissingTool
from jettison.run import which

_PASSED_ON = (signal.SIGTERM, signal.SIGHUP)


class _PassThrough(click.Command):
    """A command whose words are not looked at."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.params["words"] = tuple(args)
        ctx.args = []
        return []


@click.command("build", cls=_PassThrough)
@click.pass_obj
def command(console: Console, words: tuple[str, ...]) -> int:
    """`docker buildx build`, with a record of it kept for `jettison why`.

    Every option and argument goes to buildx as it is; output and exit code are buildx's. The record has the
    Dockerfile, the build arguments, a name for the content of every file of the context, and what each step
    took. It lies in ~/.cache/jettison/builds, for the user alone, without the value of any secret. A record
    that cannot be written is a warning.
    """
    from jettison.observed import read_call

    docker = which("docker")
    if docker is None:
        raise MissingTool(
            "docker is not installed", "install Docker Engine: https://docs.docker.com/engine/install/"
        )
    call = read_call(words, os.environ)
    if not call.builds:
        if {"--help", "-h"} & set(words):
            console.out(f"Usage: jettison build [OPTIONS] PATH | URL | -\n\n{command.help}\n\n")
            console.flush()
        return _run([docker, "buildx", "build", *words], os.environ)[0]
    return _recorded(console, docker, words)


def _recorded(console: Console, docker: str, words: Sequence[str]) -> int:
    from jettison.build.metadata import read_metadata
    from jettison.observed import keep_build, read_call
    from jettison.observed.kept import salt
    from jettison.observed.watch import look, observe

    call = read_call(words, os.environ)
    with tempfile.TemporaryDirectory(prefix="jettison-build-") as folder:
        before = look(call)
        environment, extra, file = dict(os.environ), [], Path(call.metadata_file)
        if not call.metadata_file:
            file = Path(folder) / "metadata.json"
            extra = [f"--metadata-file={file}"]
            environment["BUILDX_METADATA_PROVENANCE"] = "disabled"
        start = time.monotonic()
        code, stopped = _run([docker, "buildx", "build", *extra, *words], environment)
        seconds = time.monotonic() - start
        if stopped:  # and whoever stopped it waits for the prompt
            return code
        try:
            keep_build(observe(before, code, seconds, read_metadata(file), docker, salt()))
        except (JettisonError, OSError) as problem:
            console.note(f"jettison: this build is not recorded: {problem}")
    return code


def _run(command: Sequence[str], environment: Mapping[str, str]) -> tuple[int, bool]:
    """Run the command on our own terminal to its end; the code as a shell tells it, and whether a signal
    came."""
    with _deaf() as (children, signals), subprocess.Popen(command, env=environment) as child:
        children.append(child)
        for number in signals:  # that came while it began
            if number != signal.SIGINT:
                child.send_signal(number)
        code = child.wait()
    return (code if code >= 0 else 128 - code), bool(signals)


@contextmanager
def _deaf() -> Iterator[tuple[list[subprocess.Popen[bytes]], list[int]]]:
    """Ctrl-C is the child's: the terminal sends it to both of us. What is sent to us alone is passed on."""
    children: list[subprocess.Popen[bytes]] = []
    signals: list[int] = []

    def pass_on(number: int, _: object) -> None:
        signals.append(number)
        for child in children if number != signal.SIGINT else ():
            child.send_signal(number)

    before = {number: signal.signal(number, pass_on) for number in (signal.SIGINT, *_PASSED_ON)}
    try:
        yield children, signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
