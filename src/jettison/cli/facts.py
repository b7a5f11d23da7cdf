"""`jettison facts refresh`: newer sizes of base images, from a registry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from jettison.cli.console import Console
from jettison.errors import CannotRun, ImageError

if TYPE_CHECKING:
    from jettison.facts.overlay import Measured

_HUB = "registry-1.docker.io"


@click.command("facts")
@click.argument("action", type=click.Choice(["refresh"]))
@click.option("--registry", metavar="HOST", help="Ask this registry for everything, such as a mirror.")
@click.pass_obj
def command(console: Console, action: str, registry: str | None) -> int:
    """Ask the registries how large base images are now, for `jettison base`.

    Only manifests are read; nothing is pulled. The figures go into a file of yours ($JETTISON_FACTS, or
    jettison/facts.json below $XDG_DATA_HOME), with the date; the installed package is not changed. Exit
    codes: 0 done, 2 no registry answers.
    """
    from jettison.facts.overlay import keep_images

    found: dict[str, Measured] = {}
    down: dict[str, str] = {}
    for name, repository, tag in images():
        host, path = _place(repository, registry)
        if host in down:
            continue
        try:
            measured = _ask(host, path, tag)
        except OSError as problem:
            down[host] = str(problem.strerror or problem)
            console.note(f"{host} cannot be reached: {down[host]}")
            continue
        except ImageError as problem:
            console.note(problem.message)
            continue
        if measured is None:
            console.note(f"{name}: {host} does not have it")
            continue
        found[name] = measured
        console.out(f"{name}  {measured.compressed / 1e6:.1f} MB compressed\n")
    if not found:
        reason = "; ".join(f"{host}: {why}" for host, why in down.items()) or "none of them has the images"
        raise CannotRun(
            f"no registry told any size: {reason}",
            "`jettison base` goes on with the figures it has; --registry HOST asks a mirror",
        )
    console.note(f"{len(found)} sizes kept in {keep_images(found)}")
    return 0


def images() -> Iterator[tuple[str, str, str]]:
    """The images of the table: name for the figures, repository, tag."""
    from jettison.facts import load
    from jettison.stages.choices import sampled

    seen: set[str] = set()
    for row in load("image-choices")["choice"]:
        repository = sampled(row)
        name = f"{repository}:{row['sample']}"
        if row["sample"] and name not in seen:
            seen.add(name)
            yield name, repository, row["sample"]


def _place(repository: str, registry: str | None) -> tuple[str, tuple[str, ...]]:
    """The host to ask, and the paths under which it may have the repository."""
    head, slash, rest = repository.partition("/")
    if slash and "." in head:
        return registry or head, (rest,)
    names = (repository,) if slash else (f"library/{repository}", repository)
    return registry or _HUB, names if registry else names[:1]


def _ask(host: str, paths: tuple[str, ...], tag: str) -> Measured | None:
    import datetime

    from jettison.facts.overlay import Measured
    from jettison.image.remote import remote_image

    for path in paths:
        found = remote_image(host, path, tag)
        if found is not None:
            today = datetime.datetime.now(datetime.UTC).date()
            return Measured(found.compressed, found.digest, today.isoformat())
    return None
