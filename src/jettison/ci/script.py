"""A plain script around `docker buildx build`, for every other CI and for the desk."""

from __future__ import annotations

import shlex

from jettison.ci.wanted import Wanted, cache_from, cache_to, secret_name

FILE = "build-image.sh"
"""Where it is written, beside the Dockerfile's context."""


def write(wanted: Wanted) -> str:
    """The script: IMAGE names the image, CACHE the repository or folder of the cache."""
    local = wanted.choice.backend == "local"
    where = "$cache" if not local else "$cache/$name"
    several = len(wanted.platforms) > 1
    name = wanted.name
    lines = [
        "#!/bin/sh",
        "# Written by `jettison ci`. Builds the image with a cache that fresh machines share.",
        f"# Cache: type={wanted.choice.backend}: {wanted.choice.why_backend}.",
        f"# mode={wanted.choice.mode}: {wanted.choice.why_mode}.",
        "#",
        "#   IMAGE=registry.example/app sh build-image.sh --push",
        "#",
        "# IMAGE      name of the image, without a tag",
        "# CACHE      where the cache is kept; default: " + ("~/.cache/buildx" if local else "IMAGE"),
        "# CACHE_TO=  set and empty: read the cache, write none (pull requests)",
        "# PLATFORM   default: " + _default_platform(wanted),
        "# Every other argument goes to `docker buildx build`.",
        "set -eu",
        'cd "$(dirname "$0")"',
        "",
        ': "${IMAGE:?name the image: IMAGE=registry.example/app}"',
        f"cache=${{CACHE:-{'$HOME/.cache/buildx' if local else '$IMAGE'}}}",
        f"platform=${{PLATFORM:-{_default_platform(wanted)}}}",
        f"name={name}-$(echo \"$platform\" | tr -c 'a-z0-9\\n' -)",
        "",
        "# The engine's own builder exports cache only with the containerd image store.",
        'if [ -z "${BUILDX_BUILDER:-}" ] &&',
        "  ! docker info --format '{{.DriverStatus}}' | grep -q containerd; then",
        "  docker buildx inspect jettison >/dev/null 2>&1 || docker buildx create --name jettison >/dev/null",
        "  BUILDX_BUILDER=jettison",
        "  export BUILDX_BUILDER",
        "fi",
        "",
        f'set -- --cache-from "{cache_from(wanted.choice.backend, where, "$name")}" "$@"',
        'if [ -n "${CACHE_TO-yes}" ]; then',
        f'  set -- --cache-to "{_to(wanted, where)}" "$@"',
        "fi",
        *_options(wanted),
        'docker buildx build --platform "$platform" --tag "$IMAGE:latest" "$@" .',
    ]
    if local:  # what is no longer used stays in the folder: the new cache takes its place as a whole
        lines += [
            'if [ -d "$cache/$name-new" ]; then',
            '  rm -rf "${cache:?}/$name"',
            '  mv "$cache/$name-new" "$cache/$name"',
            "fi",
        ]
    if several:
        lines[2:2] = [f"# Platforms: {', '.join(wanted.platforms)}; one call each, with one cache each."]
    return "\n".join(lines) + "\n"


def _to(wanted: Wanted, where: str) -> str:
    place = f"{where}-new" if wanted.choice.backend == "local" else where
    return cache_to(wanted.choice.backend, place, "$name", wanted.choice.mode)


def _options(wanted: Wanted) -> list[str]:
    options = [
        *([f"--file {shlex.quote(wanted.dockerfile)}"] if wanted.dockerfile != "Dockerfile" else []),
        *([f"--target {shlex.quote(wanted.target)}"] if wanted.target else []),
        *(f"--secret id={shlex.quote(each)},env={secret_name(each)}" for each in wanted.needs.secrets),
        *(["--ssh default"] if wanted.needs.ssh else []),
    ]
    return [f'set -- {" ".join(options)} "$@"'] if options else []


def _default_platform(wanted: Wanted) -> str:
    return wanted.platforms[0] if wanted.platforms else "linux/amd64"
