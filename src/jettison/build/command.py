"""A BuildRequest as a command line of `docker buildx build`, with the files that it needs in a temporary
folder.
"""

from __future__ import annotations

import os
from pathlib import Path

from jettison.build.request import BuildRequest, Secret

HOST = "jettison-{salt}"
"""The name given to --add-host, see `arguments`."""


def arguments(request: BuildRequest, source: bytes, folder: Path) -> list[str]:
    """What follows `docker buildx build`; puts `metadata.json` and, where needed, the Dockerfile into
    `folder`.

    The salt is a host name, `--add-host jettison-SALT:127.0.0.1`, because the names of extra hosts are in the
    cache key of every RUN and nothing of them reaches the image: /etc/hosts is mounted. (BuildKit:
    solver/llbsolver/ops/ exec.go; measured on Docker 28.5: RUN steps of another salt miss, layers and config
    stay as they were, COPY and WORKDIR steps still hit.) BUILDKIT_CACHE_MOUNT_NS does the same for cache
    mounts (frontend/dockerfile/builder).
    """
    words = ["--progress=rawjson", f"--metadata-file={folder / 'metadata.json'}"]
    words += ["--provenance=false", "--sbom=false", f"--file={_dockerfile(request, source, folder)}"]
    words += _output(request)
    if request.salt:
        words += [f"--add-host={HOST.format(salt=request.salt)}:127.0.0.1"]
        words += [f"--build-arg=BUILDKIT_CACHE_MOUNT_NS={request.salt}"]
    words += [f"--build-arg={name}={value}" for name, value in request.build_args.items()]
    words += [f"--secret={_secret(secret)}" for secret in request.secrets]
    for option, values in (
        ("ssh", request.ssh),
        ("cache-from", request.cache_from),
        ("cache-to", request.cache_to),
        ("target", (request.target,)),
        ("platform", (request.platform,)),
        ("network", (request.network,)),
    ):
        words += [f"--{option}={value}" for value in values if value]
    if request.no_cache:
        words.append("--no-cache")
    return [*words, str(request.context)]


def environment(provenance: bool) -> dict[str, str]:
    """The user's environment, less what changes how buildx talks."""
    env = {
        name: value
        for name, value in os.environ.items()
        if name not in ("BUILDKIT_PROGRESS", "BUILDX_BUILDER")
    }
    env["BUILDX_METADATA_PROVENANCE"] = "max" if provenance else "disabled"
    env["DOCKER_CLI_HINTS"] = "false"
    return env


def _dockerfile(request: BuildRequest, source: bytes, folder: Path) -> Path:
    """A copy outside the context, with the ignore file that counts beside it where it is not the context's
    own.

    BuildKit reads `<Dockerfile>.dockerignore` beside the Dockerfile first, wherever that lies, and the
    context's .dockerignore otherwise (measured; with `-f -` only the latter). So a proposed ignore file is
    tried without a write to the context. The builder's history calls the build by the folder of its
    Dockerfile: ours.
    """
    stands = request.path or request.context / "Dockerfile"
    if isinstance(request.dockerfile, Path):
        stands = request.dockerfile
    copy = folder / stands.name
    copy.write_bytes(source)
    own = stands.with_name(f"{stands.name}.dockerignore")
    ignore = request.ignore
    if ignore is None and own.is_file():
        ignore = own.read_bytes()
    if ignore is not None:
        copy.with_name(f"{copy.name}.dockerignore").write_bytes(ignore)
    return copy


def _output(request: BuildRequest) -> list[str]:
    words = [f"--tag={request.tag}"] if request.tag else []
    if request.output:
        words.append(f"--output={request.output}")
    elif request.tag:
        words.append("--load")
    else:
        words.append("--output=type=cacheonly")
    return words


def _secret(secret: Secret) -> str:
    source = f"src={secret.path}" if secret.path is not None else f"env={secret.env or secret.id}"
    return ",".join(_field(field) for field in (f"id={secret.id}", source))


def _field(text: str) -> str:
    """One field as Go's encoding/csv reads it, which is how buildx takes its options apart."""
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',"\n') else text
