"""What `--cache-from` and `--cache-to` say, and what is missing in it."""

from __future__ import annotations

import re

from jettison.ci.wanted import Wanted
from jettison.ci.yamlfile import Unclear
from jettison.facts import load

_DEFAULT_SCOPE = "buildkit"


def fields(entry: str) -> dict[str, str]:
    """`type=registry,ref=x` as a mapping; a bare word is the reference of a registry cache, as for buildx."""
    if "=" not in entry.partition(",")[0]:
        return {"type": "registry", "ref": entry}
    pairs = (part.partition("=") for part in entry.split(","))
    return {name.strip(): value for name, _, value in pairs}


def lacks(entry: str, wanted_mode: str) -> str:
    """What has to be written behind an entry of --cache-to. Raises Unclear where it is decided otherwise."""
    if entry.startswith("${{"):
        raise Unclear("cache-to is an expression")
    found = fields(entry)
    if found.get("type") == "inline":
        if wanted_mode == "max":
            raise Unclear("type=inline keeps the steps of the last stage alone, and is left: it was chosen")
        return ""
    known = load("ci")["backends"].get(found.get("type", ""))
    if known is None:
        return ""
    if found.get("mode", "") == "min" and wanted_mode == "max":
        raise Unclear("mode=min is written there and left; mode=max would keep the steps of the other stages")
    mode = "" if "mode" in found or wanted_mode == "min" else ",mode=max"
    careful = ",ignore-error=true" if known["ignore_error"] and "ignore-error" not in found else ""
    return mode + careful


def place(entry: str) -> str:
    """The one thing that two caches must not share: `gha:scope`, `registry:reference`; empty for others."""
    if entry.startswith("${{"):
        return ""
    found = fields(entry)
    if found.get("type") == "gha":
        return f"gha:{found.get('scope', _DEFAULT_SCOPE)}"
    if found.get("type") == "registry" and found.get("ref"):
        return f"registry:{found['ref']}"
    return ""


def set_apart(entry: str, name: str) -> tuple[str, str]:
    """(the end of an entry's place as written, the same with a name of its own)."""
    found = fields(entry)
    if found.get("type") == "gha":
        if "scope" in found:
            return f"scope={found['scope']}", f"scope={found['scope']}-{name}"
        return "type=gha", f"type=gha,scope={name}"
    ref = found["ref"]
    tail = ref.rpartition("/")[2]
    if "@" in tail:
        raise Unclear("the cache is named by a digest")
    tagged = ":" in re.sub(r"\$\{.*?\}+", "", tail)
    return f"ref={ref}", f"ref={ref}{'-' if tagged else ':cache-'}{name}"


def read_back(entry: str) -> str:
    """The --cache-from that reads what an entry of --cache-to writes."""
    found = fields(entry)
    kind = found.get("type", "")
    if kind == "gha":
        return f"type=gha,scope={found['scope']}" if "scope" in found else "type=gha"
    if kind == "registry" and found.get("ref"):
        return f"type=registry,ref={found['ref']}"
    if kind == "local" and found.get("dest"):
        return f"type=local,src={found['dest']}"
    raise Unclear(f"nothing reads the cache of type {kind or entry!r}: add cache-from by hand")


def write_for(entry: str, wanted: Wanted) -> str:
    """The --cache-to that fills what an entry of --cache-from reads, when that is a cache and no image."""
    found = fields(entry)
    tag = found.get("ref", "").rpartition(":")[2]
    if not entry.startswith("${{") and (
        found.get("type") == "gha" or (found.get("type") == "registry" and "cache" in tag)
    ):
        return read_back(entry) + f",mode={wanted.choice.mode}" + lacks(read_back(entry), "min")
    raise Unclear(f"cache-from reads {entry}, which nothing writes as a cache: decide by hand which to keep")
