"""A container that jettison started, and how to reach it."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from jettison.errors import CannotRun
from jettison.run import Completed

_TAIL = "Error: failed to start containers"
Docker = Callable[..., Completed]
"""Runs `docker` with these words, see Engine.docker."""


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
    """A started container, labelled `jettison=<nonce>`. Remove it, or leave that to the Workbench."""

    id: str
    ports: dict[int, Address]
    """For every exposed TCP port its best address; `reach` waits until something answers there."""
    addresses: dict[int, tuple[Address, ...]]
    """All that there are: the port published on the loopback address, and the container's own address."""
    docker: Docker

    def reach(self, port: int, timeout: float) -> Address | None:
        """An address where `port` takes connections and keeps them; None when there is none within `timeout`
        seconds.

        A published port takes connections before the program listens (docker-proxy) and drops them at once,
        so a connection counts when it is still open 50 ms later. Where the engine sets no packet filter
        rules, or has no proxy, the published address may be dead while the container's own works; both are
        tried.
        """
        until = time.monotonic() + timeout
        while True:
            for address in self.addresses.get(port, ()):
                if _answers(address):
                    return address
            if time.monotonic() >= until or not self.state().running:
                return None
            time.sleep(0.05)

    def state(self) -> State:
        """Whether it runs now. Raises CannotRun when the engine does not know it any more."""
        done = self.docker("container", "inspect", "--format", "{{json .State}}", self.id)
        if not done.ok:
            raise CannotRun(f"container {self.id[:12]} is gone: {done.complaint}")
        state: dict[str, Any] = json.loads(done.stdout)
        running = bool(state.get("Running"))
        code = None if running else int(state.get("ExitCode", 0))
        return State(running, code, str(state.get("Error") or ""), bool(state.get("OOMKilled")))

    def logs(self) -> tuple[bytes, bytes]:
        """Standard output and standard error so far."""
        done = self.docker("container", "logs", self.id)
        return done.stdout, done.stderr

    def wait(self, timeout: float) -> int | None:
        """Exit code, or None when it still runs after `timeout` seconds."""
        until = time.monotonic() + timeout
        pause = 0.02
        while (state := self.state()).running:
            if time.monotonic() >= until:
                return None
            time.sleep(min(pause, max(0.0, until - time.monotonic())))
            pause = min(pause * 1.5, 0.5)
        return state.exit_code

    def stop(self, timeout: float = 2.0) -> int | None:
        """Ask it to end by its stop signal, kill it after `timeout` seconds (whole ones); its exit code."""
        self.docker("container", "stop", "--time", str(max(1, round(timeout))), self.id)
        return self.state().exit_code

    def run(self, *command: str, timeout: float = 60.0) -> Completed:
        """Run a command in it (`docker exec`): exit code and output."""
        return self.docker("container", "exec", self.id, *command, timeout=timeout)

    def remove(self) -> None:
        """End and delete it with its anonymous volumes; nothing happens when it is gone already."""
        self.docker("container", "rm", "--force", "--volumes", self.id)


def start(
    docker: Docker,
    tag: str,
    *,
    nonce: str,
    command: Sequence[str] | None,
    entrypoint: Sequence[str] | None,
    env: Mapping[str, str] | None,
    ports: Sequence[int] | None,
    options: Sequence[str],
) -> Container:
    """See Engine.start."""
    wanted = exposed(docker, tag) if ports is None else tuple(ports)
    words = ["container", "create", "--label", f"jettison={nonce}", *options]
    words += [word for name, value in (env or {}).items() for word in ("--env", f"{name}={value}")]
    tail = list(command or ())
    if entrypoint is not None:
        # the option takes one word; the rest of an entrypoint goes before the command
        words += ["--entrypoint", entrypoint[0] if entrypoint else ""]
        tail = [*entrypoint[1:], *tail]
    publish = [word for port in wanted for word in ("--publish", f"127.0.0.1::{port}")]
    done = _create_and_start(docker, [*words, *publish, tag, *tail])
    if publish and isinstance(done, Completed):
        # an engine without packet filter rules, or without a bridge, may refuse to publish at all
        done = _create_and_start(docker, [*words, tag, *tail])
    if isinstance(done, Completed):
        raise CannotRun(f"the engine cannot start {tag}: {done.complaint.partition(_TAIL)[0].strip()}")
    addresses = _addresses(docker, done, wanted)
    return Container(done, {port: found[0] for port, found in addresses.items() if found}, addresses, docker)


def exposed(docker: Docker, tag: str) -> tuple[int, ...]:
    """The TCP ports that an image exposes."""
    done = docker("image", "inspect", "--format", "{{json .Config.ExposedPorts}}", tag)
    if not done.ok:
        raise CannotRun(f"there is no image {tag}: {done.complaint}")
    ports: dict[str, Any] = json.loads(done.stdout) or {}
    numbers = (port.partition("/") for port in ports if port.endswith("/tcp") or "/" not in port)
    return tuple(sorted(int(number) for number, _, _ in numbers if number.isdigit()))


def _create_and_start(docker: Docker, words: list[str]) -> str | Completed:
    """The id of a running container, or how it failed; one that was created and does not start is removed."""
    created = docker(*words)
    if not created.ok:
        return created
    id = created.text.splitlines()[-1]
    started = docker("container", "start", id)
    if started.ok:
        return id
    docker("container", "rm", "--force", "--volumes", id)
    return started


def _addresses(docker: Docker, id: str, ports: Sequence[int]) -> dict[int, tuple[Address, ...]]:
    done = docker("container", "inspect", "--format", "{{json .NetworkSettings}}", id)
    settings: dict[str, Any] = json.loads(done.stdout) if done.ok else {}
    published: dict[str, Any] = settings.get("Ports") or {}
    networks: dict[str, Any] = settings.get("Networks") or {}
    own = [str(network["IPAddress"]) for network in networks.values() if network and network.get("IPAddress")]
    on_host = "host" in networks
    found: dict[int, tuple[Address, ...]] = {}
    for port in ports:
        bindings = published.get(f"{port}/tcp") or ()
        addresses = [
            Address(b["HostIp"] or "127.0.0.1", int(b["HostPort"])) for b in bindings if b.get("HostPort")
        ]
        addresses += [Address(ip, port) for ip in own]
        if on_host:
            addresses.append(Address("127.0.0.1", port))
        found[port] = tuple(addresses)
    return found


def _answers(address: Address) -> bool:
    try:
        with socket.create_connection(address, timeout=1.0) as connection:
            connection.settimeout(0.05)
            try:
                return connection.recv(1, socket.MSG_PEEK) != b""
            except TimeoutError:
                return True
    except OSError:
        return False
