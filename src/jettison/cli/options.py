"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import click

from jettison.errors import UsageError

Function = TypeVar("Function", bound=Callable[..., Any])


context_option = click.option(
    "--context",
    type=click.Path(),
    metavar="DIR",
    help="The build context; default: the Dockerfile's folder.",
)
format_option = click.option(
    "--format", "form", default="text", metavar="FORMAT", help="text (default), json, markdown or html."
)


def target_options(command: Function) -> Function:
    """`--build-arg` and `--target`, as in `docker build`."""
    arguments = click.option(
        "--build-arg",
        "build_args",
        multiple=True,
        metavar="NAME=VALUE",
        help="As in docker build; may be repeated.",
    )
    target = click.option("--target", metavar="STAGE", help="The stage that is built; default: the last one.")
    return arguments(target(command))


def rule_options(command: Function) -> Function:
    """`--select` and `--ignore`."""
    select = click.option(
        "--select",
        multiple=True,
        metavar="RULES",
        help="Only these rules, by name or code, with commas between.",
    )
    ignore = click.option("--ignore", multiple=True, metavar="RULES", help="Not these rules.")
    return select(ignore(command))


def split_names(values: Iterable[str]) -> tuple[str, ...]:
    """Rule names out of repeated options with commas in them."""
    return tuple(name.strip() for value in values for name in value.split(",") if name.strip())


def build_arguments(values: Iterable[str]) -> dict[str, str]:
    """`NAME=VALUE` as a mapping; a bare NAME takes its value from the environment, as in `docker build`."""
    import os

    made = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not name:
            raise UsageError(f"--build-arg {value!r} has no name", "write --build-arg NAME=VALUE")
        if equals:
            made[name] = text
        elif name in os.environ:
            made[name] = os.environ[name]
    return made
