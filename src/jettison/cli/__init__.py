"""The command line. One file per command, imported only when it is called."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module

import click

from jettison.cli.console import Console
from jettison.errors import JettisonError

# A short life needs little garbage collection: collecting while modules load and at the end takes a sixth of
# the CPU time of `jettison check` on one file (138 ms against 117, medians of 30 runs).
gc.set_threshold(50_000, 20, 20)
atexit.register(gc.freeze)

COMMANDS = {
    "check": "Find what costs bytes, seconds, a leak or a broken build.",
    "fix": "Rewrite the Dockerfile; with --prove, build before and after.",
    "build": "docker buildx build, with a record of it for `jettison why`.",
    "prove": "Build two versions of a Dockerfile and compare them.",
    "why": "Why a step is not taken from the cache, and what that costs.",
    "replay": "What the Dockerfile costs over the project's commits.",
    "ignore": "Write or repair the .dockerignore.",
    "ci": "Write or repair the pipeline that builds the image, with a cache.",
    "base": "What the image could stand on, and which is advised.",
    "explain": "What a rule finds, why, and how it is fixed.",
    "facts": "Newer sizes of base images, from a registry.",
    "doctor": "Which tools are here, and what works weaker without them.",
}

_INTRODUCTION = """jettison makes Docker images small and Docker builds fast, and proves it.

  jettison check          what is worth fixing here, ranked by bytes and seconds
  jettison fix --prove    the fix as a diff, with real builds before and after

In the folder of a Dockerfile. All commands: jettison --help
"""
_INTERRUPTED = 130


class _LazyGroup(click.Group):
    """A group that knows its commands by name and imports the module of one when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"{__name__}.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _set_color(ctx: click.Context, _param: click.Parameter, value: str) -> None:
    ctx.ensure_object(Console).choose_color(value)


def _set_debug(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    ctx.ensure_object(Console).debug = value


def _version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value:
        from jettison import __version__

        ctx.ensure_object(Console).out(f"jettison {__version__}\n")
        ctx.exit()


@click.group(
    cls=_LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Print it."
)
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    expose_value=False,
    callback=_set_color,
    help="Colours: on a terminal without NO_COLOR, always, or never.",
)
@click.option(
    "--debug", is_flag=True, expose_value=False, callback=_set_debug, help="Show the traceback of a fault."
)
@click.pass_context
def group(ctx: click.Context) -> int:
    """Make Docker images small and Docker builds fast, and prove it by real builds.

    Exit codes: 0 clean or done, 1 findings, 2 cannot run, 3 proof failed, 130 interrupted.
    """
    if ctx.invoked_subcommand is None:
        ctx.ensure_object(Console).out(_INTRODUCTION)
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; what goes wrong is told on standard error."""
    if "_JETTISON_COMPLETE" in os.environ:
        group(prog_name="jettison")
    console = Console()
    try:
        code = _run(list(sys.argv[1:] if argv is None else argv), console)
        console.flush()
        return code
    except JettisonError as problem:
        console.complain(problem.message, problem.hint)
        return problem.exit_code
    except KeyboardInterrupt:
        console.complain("interrupted")
        return _INTERRUPTED
    except Exception as fault:
        if console.debug:
            import traceback

            traceback.print_exc()
        console.complain(
            f"internal error: {type(fault).__name__}: {fault}",
            "this is a fault of jettison: please report it, with what `jettison --debug ...` prints",
        )
        return JettisonError.exit_code


def _run(argv: list[str], console: Console) -> int:
    # Not group.main(): it would swallow KeyboardInterrupt, and exit with 1, which here means findings.
    try:
        with group.make_context("jettison", argv, obj=console) as ctx:
            code = group.invoke(ctx)
            return code if isinstance(code, int) else 0
    except click.exceptions.Exit as exit:
        return exit.exit_code
    except click.ClickException as problem:
        hint = ""
        if isinstance(problem, click.UsageError) and problem.ctx is not None:
            hint = f"{problem.ctx.command_path} --help"
        console.complain(problem.format_message(), hint)
        return JettisonError.exit_code
