"""A container that jettison started, and how to reach it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from jettison.build.engine import Engine


class Address(NamedTuple):
    """Where a port of the container answers from this machine."""

    host: str
    port: int


class State(NamedTuple):
    """Whether a container runs, and how it ended."""

    running: bool
    exit_code: int | None
    """None while it runs."""
    error: str
    """The engine's message when the container could not start."""
    out_of_memory: bool


@dataclass(frozen=True, slots=True)
class Container:
    """A started container; it carries the label `jettison=<nonce>`. Remove it, or leave that to the Workbench."""

    engine: Engine
    id: str
    ports: dict[int, Address]
    """For every exposed TCP port, an address that this machine reaches."""

    def state(self) -> State:
        """Whether it runs now. Raises CannotRun when the engine does not know it any more."""
        raise NotImplementedError

    def logs(self) -> tuple[bytes, bytes]:
        """Standard output and standard error so far."""
        raise NotImplementedError

    def wait(self, timeout: float) -> int | None:
        """Exit code, or None when it still runs after `timeout` seconds."""
        raise NotImplementedError

    def stop(self, timeout: float = 2.0) -> int | None:
        """Ask it to end (its own stop signal), kill it after `timeout` seconds; its exit code."""
        raise NotImplementedError

    def remove(self) -> None:
        """End and delete it with its anonymous volumes; nothing happens when it is gone already."""
        raise NotImplementedError
