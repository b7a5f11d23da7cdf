"""How to build, as the options say it; what a proof is comes later and costs more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from jettison.errors import UsageError

if TYPE_CHECKING:
    from jettison.build import Secret

Function = TypeVar("Function", bound=Callable[..., Any])


class Builder(NamedTuple):
    """How to build, beyond what the project says."""

    secrets: tuple[Secret, ...] = ()
    ssh: tuple[str, ...] = ()
    quick: bool = False


def builder_options(command: Function) -> Function:
    """`--secret`, `--ssh` and `--quick`."""
    for option in reversed(
        (
            click.option("--secret", "secrets", multiple=True, metavar="SPEC", help="As in docker build."),
            click.option("--ssh", multiple=True, metavar="SPEC", help="As in docker build."),
            click.option("--quick", is_flag=True, help="Measure every scenario once only."),
        )
    ):
        command = option(command)
    return command


def read_secrets(specs: Iterable[str], environment: Mapping[str, str]) -> tuple[Secret, ...]:
    """`id=NAME[,src=FILE|,env=VARIABLE]` as `docker build` takes it; without a source, the variable NAME.

    Raises UsageError for anything else, for a missing file and for a variable that is not set.
    """
    return tuple(_secret(spec, environment) for spec in specs)


def _secret(spec: str, environment: Mapping[str, str]) -> Secret:
    from jettison.build import Secret

    fields = dict(part.strip().partition("=")[::2] for part in spec.split(","))
    unknown = fields.keys() - {"id", "src", "source", "env", "type"}
    name = fields.get("id", "")
    if unknown or not name:
        raise UsageError(
            f"--secret {spec!r} is not understood", "write id=NAME,src=FILE or id=NAME,env=VARIABLE"
        )
    path = fields.get("src") or fields.get("source")
    if path:
        if not Path(path).is_file():
            raise UsageError(f"--secret {name}: {path} is no file")
        return Secret(name, path=Path(path).absolute())
    variable = fields.get("env") or name
    if variable not in environment:
        raise UsageError(f"--secret {name}: the environment has no {variable}")
    return Secret(name, env=variable)
