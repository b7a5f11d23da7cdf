"""The words after `docker buildx build`, read as buildx reads them."""

from __future__ import annotations

import csv
import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from jettison.facts import load


@dataclass(frozen=True, slots=True)
class BuildCall:
    """What a call of `docker buildx build` asks for."""

    context: str = ""
    """As given: a folder, `-`, an address; empty when there is none, which buildx refuses."""
    dockerfile: str = ""
    """As given with --file; empty: the one of the context."""
    target: str = ""
    platforms: tuple[str, ...] = ()
    args: Mapping[str, str] = field(default_factory=dict)
    """Build arguments with their values; one without a value has that of the environment, and is not there
    when the environment has none."""
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Further options that the cache depends on, by name without dashes; a flag has the value `true`."""
    secrets: tuple[str, ...] = ()
    """Ids of the secrets; their values are nowhere."""
    builder: str = ""
    metadata_file: str = ""
    builds: bool = True
    """False for a call that only asks: `--check`, `--call`, `--help`."""


def read_call(words: Sequence[str], environment: Mapping[str, str]) -> BuildCall:
    """Read the words. What buildx would refuse is read as far as it goes."""
    given: dict[str, list[str]] = {}
    places: list[tuple[str, bool]] = []
    for name, value, doubtful in _read(words):
        if name:
            given.setdefault(name, []).append(value)
        else:
            places.append((value, doubtful))
    if len(places) > 1:  # what follows an option that is not known may be its value
        places = [place for place in places if not place[1]] or places
    facts = load("buildx-options")
    asks = given.get("call", given.get("print", ["build"]))[-1]
    return BuildCall(
        context=places[0][0] if len(places) == 1 else "",
        dockerfile=_last(given, "file"),
        target=_last(given, "target"),
        platforms=_platforms(given.get("platform", []), environment),
        args=dict(_args(given.get("build-arg", []), environment)),
        options={
            name: tuple(_without_secrets(value) for value in given[name])
            for name in facts["kept"]
            if name in given and given[name] != ["false"]
        },
        secrets=tuple(_id(spec) for spec in given.get("secret", [])),
        builder=_last(given, "builder") or environment.get("BUILDX_BUILDER", ""),
        metadata_file=_last(given, "metadata-file"),
        builds=asks in ("build", "") and not {"help", "check"} & given.keys() and len(places) == 1,
    )


def is_hidden(name: str) -> bool:
    """True for a build argument whose value is not written down: its name says secret.

    The names are those of BuildKit's SecretsUsedInArgOrEnv, and whatever ends in such a word.
    """
    names = load("secrets")["names"]
    parts = re.split(r"[_\-.]", name.lower())
    return not set(parts).isdisjoint(names["deny"]) or parts[-1].endswith(tuple(names["deny"]))


def concealed(args: Mapping[str, str], salt: bytes) -> tuple[dict[str, str], dict[str, str]]:
    """The arguments that may be written down, and for the others a keyed hash that tells two values apart."""
    shown = {name: value for name, value in args.items() if not is_hidden(name)}
    hidden = {
        name: hmac.new(salt, f"{name}={value}".encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()
        for name, value in args.items()
        if name not in shown
    }
    return shown, hidden


def fields_of(spec: str) -> dict[str, str]:
    """`type=local,src=cache` by its parts, as Go's encoding/csv takes it apart."""
    try:
        parts = next(csv.reader([spec]), [])
    except csv.Error:
        parts = spec.split(",")
    return {name.strip().lower(): value for name, _, value in (part.partition("=") for part in parts)}


def _read(words: Sequence[str]) -> Iterator[tuple[str, str, bool]]:
    """Options as (name, value, False), the rest as ("", word, whether it follows an option not known)."""
    facts = load("buildx-options")
    values, flags, short = set(facts["values"]), set(facts["flags"]), facts["short"]
    rest = iter(words)
    unknown = False
    for word in rest:
        after, unknown = unknown, False
        if word == "--":
            yield from (("", each, False) for each in rest)
        elif word.startswith("--"):
            name, mark, value = word[2:].partition("=")
            if not mark and name in values:
                value = next(rest, "")
            unknown = not mark and name not in values and name not in flags
            yield name, value if mark or name in values else "true", False
        elif len(word) > 1 and word.startswith("-"):
            for at, letter in enumerate(word[1:], 2):
                name = short.get(letter, letter)
                if name in values:
                    yield name, word[at:].removeprefix("=") if word[at:] else next(rest, ""), False
                    break
                yield name, "true", False
        else:
            yield "", word, after


def _last(given: Mapping[str, list[str]], name: str) -> str:
    return given.get(name, [""])[-1]


def _platforms(given: list[str], environment: Mapping[str, str]) -> tuple[str, ...]:
    listed = ",".join(given) or environment.get("DOCKER_DEFAULT_PLATFORM", "")
    return tuple(each.strip() for each in listed.split(",") if each.strip())


def _args(given: list[str], environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for text in given:
        name, mark, value = text.partition("=")
        if mark:
            yield name, value
        elif name in environment:
            yield name, environment[name]


def _id(spec: str) -> str:
    return fields_of(spec).get("id", "")


def _without_secrets(value: str) -> str:
    fields = load("buildx-options")["fields"]
    parts = (part.partition("=") for part in value.split(","))
    return ",".join(
        f"{name}=***" if mark and name in fields else name + mark + rest for name, mark, rest in parts
    )
