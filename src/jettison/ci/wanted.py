"""What the pipeline of one image has to do, whoever runs it; and the text of its cache flags."""

from __future__ import annotations

import posixpath
import re
from typing import NamedTuple

from jettison.ci.choice import Choice
from jettison.ci.needs import Needs
from jettison.facts import load

_ODD = re.compile(r"[^a-z0-9]+")


class Change(NamedTuple):
    """One edit of a file: `line` (from 1) is where it is made, in the file before."""

    path: str
    line: int
    title: str
    why: str


class Refusal(NamedTuple):
    """What is left as it is, and why."""

    path: str
    line: int
    why: str


class Wanted(NamedTuple):
    """An image to build. Paths are relative to the repository, with `.` for its root."""

    dockerfile: str
    context: str
    target: str
    platforms: tuple[str, ...]
    image: str
    """Where it is pushed to, empty when it is only built."""
    branch: str
    choice: Choice
    needs: Needs
    install: str
    """The command that installs jettison for the budget check; empty: no check is written."""

    @property
    def name(self) -> str:
        """What its caches are called: of the folder, the Dockerfile and the target, in `a-z0-9-`."""
        return cache_name(self.dockerfile, self.context, self.target)


def cache_name(dockerfile: str, context: str, target: str) -> str:
    """One name per Dockerfile and target: `image` for the plain one in the repository's root."""
    file = posixpath.basename(dockerfile)
    stem = "" if file in ("Dockerfile", "Containerfile") else file.replace("Dockerfile", "").strip(".")
    folder = posixpath.dirname(dockerfile) or context
    parts = [slug(part) for part in ("" if folder == "." else folder, stem, target)]
    return "-".join(part for part in parts if part) or "image"


def slug(text: str) -> str:
    """The text as part of a tag: `linux/arm64` is `linux-arm64`."""
    return _ODD.sub("-", text.lower()).strip("-")


def cache_from(backend: str, where: str, name: str) -> str:
    """The value of --cache-from. `where` is the repository of a registry cache, the folder of a local one."""
    if backend == "gha":
        return f"type=gha,scope={name}"
    if backend == "local":
        return f"type=local,src={where}"
    return f"type=registry,ref={where}:cache-{name}"


def cache_to(backend: str, where: str, name: str, mode: str) -> str:
    """The value of --cache-to: a failed export is no failed build, where the backend has a word for that."""
    first = f"type=local,dest={where}" if backend == "local" else cache_from(backend, where, name)
    manifest = ",image-manifest=true" if backend == "registry" else ""
    careful = ",ignore-error=true" if load("ci")["backends"][backend]["ignore_error"] else ""
    return f"{first},mode={mode}{manifest}{careful}"


def secret_name(id: str) -> str:
    """The variable or repository secret that a secret mount is taken from: `npm-token` is `NPM_TOKEN`."""
    return re.sub(r"[^A-Z0-9]+", "_", id.upper()).strip("_")
