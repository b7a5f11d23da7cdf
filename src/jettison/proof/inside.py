"""Looking into a container without needing anything in it: no shell, no cat, no ss."""

from __future__ import annotations

import io
import posixpath
import sys
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jettison.build import Container, Workbench
from jettison.build.container import Docker
from jettison.errors import CannotRun

_LISTEN = "0A"
"""State of a listening socket in /proc/net/tcp (Linux, include/net/tcp_states.h)."""
_LARGEST = 16_000_000
"""Files beyond this are not read."""


def read_file(docker: Docker, container: str, path: str) -> bytes | None:
    """The content of a file in a container, running or not; None when it is not there or no file.

    Symbolic links are followed inside the container.
    """
    done = docker("container", "cp", "--follow-link", f"{container}:{path}", "-")
    if not done.ok:
        return None
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        member = archive.next()
        if member is None or not member.isfile() or member.size > _LARGEST:
            return None
        content = archive.extractfile(member)
        return content.read() if content else None


def read_folder(bench: Workbench, name: str, path: str) -> dict[str, bytes]:
    """The files that lie directly in a folder of the image built under `name`; empty where there is none.

    Raises CannotRun as `reader` does.
    """
    with _unstarted(bench, name) as id:
        done = bench.engine.docker("container", "cp", f"{id}:{path}/.", "-")
    found: dict[str, bytes] = {}
    if done.ok:
        with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
            for member in archive:
                content = archive.extractfile(member) if member.isfile() else None
                if content is not None and member.size <= _LARGEST:
                    found[posixpath.basename(member.name)] = content.read()
    return found


@contextmanager
def reader(bench: Workbench, name: str) -> Iterator[Callable[[str], bytes | None]]:
    """A function that reads files of the image built under `name`, which is not started for it.

    Raises CannotRun when the engine cannot make a container of it.
    """
    with _unstarted(bench, name) as id:
        yield lambda path: read_file(bench.engine.docker, id, path)


@contextmanager
def _unstarted(bench: Workbench, name: str) -> Iterator[str]:
    docker, label = bench.engine.docker, f"jettison={bench.nonce}"
    made = docker("container", "create", "--label", label, "--entrypoint", "/", bench.tag(name))
    if not made.ok:
        raise CannotRun(f"no container can be made of {bench.tag(name)}: {made.complaint}")
    id = made.text.splitlines()[-1]
    try:
        yield id
    finally:
        docker("container", "rm", "--force", "--volumes", id)


def execute(container: Container, command: Sequence[str], timeout: float = 10.0) -> int | None:
    """Exit code of a command in a running container, 126 or 127 when there is none; None if it takes long."""
    try:
        return container.run(*command, timeout=timeout).code
    except CannotRun:
        return None


def listening(container: Container) -> tuple[int, ...]:
    """TCP ports that processes of the container listen on, other than on its own loopback address.

    Read from this machine's /proc, so empty when the engine runs elsewhere (a virtual machine, another host).
    """
    pid = container.docker("container", "inspect", "--format", "{{.State.Pid}}", container.id).text
    if not pid.isdecimal() or pid == "0":
        return ()
    ports = set()
    for name in ("tcp", "tcp6"):
        try:
            lines = Path(f"/proc/{pid}/net/{name}").read_text("ascii").splitlines()[1:]
        except (OSError, ValueError):
            continue
        for fields in map(str.split, lines):
            address, _, port = fields[1].rpartition(":")
            if fields[3] == _LISTEN and not _is_loopback(address):
                ports.add(int(port, 16))
    return tuple(sorted(ports))


def user_id(container: Container, run_config: Mapping[str, Any]) -> int | None:
    """The uid that the main process starts as; None when the image names a user that it does not have."""
    user = str(run_config.get("User") or "0").partition(":")[0] or "0"
    if user.isdecimal():
        return int(user)
    passwd = read_file(container.docker, container.id, "/etc/passwd") or b""
    for line in passwd.decode("utf-8", "replace").splitlines():
        fields = line.split(":")
        if fields[0] == user and len(fields) > 2 and fields[2].isdecimal():
            return int(fields[2])
    return 0 if user == "root" else None


def healthcheck(run_config: Mapping[str, Any]) -> tuple[str, ...]:
    """The command of the image's HEALTHCHECK as the engine runs it; empty when there is none."""
    test = (run_config.get("Healthcheck") or {}).get("Test") or ()
    if test[:1] == ["CMD"]:
        return tuple(test[1:])
    if test[:1] == ["CMD-SHELL"]:
        return (*(run_config.get("Shell") or ("/bin/sh", "-c")), *test[1:])
    return ()


def _is_loopback(address: str) -> bool:
    """Addresses as /proc writes them: hexadecimal words in the machine's byte order."""
    if len(address) == 8:  # 127.0.0.0/8: the engine's own name server listens on 127.0.0.11
        return address.endswith("7F") if sys.byteorder == "little" else address.startswith("7F")
    return address.lstrip("0") in ("1", "1000000")
