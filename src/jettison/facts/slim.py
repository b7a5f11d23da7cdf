"""The -slim twin of an image: the tag of the same version and release without what only builds need."""

from __future__ import annotations

import re

from jettison.facts import load
from jettison.facts.bases import Reference

_VERSION = r"\d+(\.\d+)*((a|b|rc)\d+)?|lts|current|[a-z]+"


def slim_twin(reference: Reference) -> str | None:
    """The tag of the slim twin; None for a variant that has none, or that is one."""
    table = load("slim-images")
    if reference.repository not in table["place"]:
        return None
    tag = "" if reference.tag == "latest" else reference.tag
    if not tag:
        return None if reference.repository == "debian" else "slim"
    words = tag.split("-")
    suite = words.pop() if words[-1] in table["suites"] else ""
    version = words.pop(0) if words else ""
    if version and (not re.fullmatch(_VERSION, version) or version in table["variants"]):
        return None
    if words and not re.fullmatch(table["further"].get(reference.repository, ""), "-".join(words)):
        return None
    at_end = table["place"][reference.repository] == "end"
    order = (version, *words, suite, "slim") if at_end else (version, *words, "slim", suite)
    return "-".join(word for word in order if word)


def with_tag(base: str, tag: str) -> str:
    """The word of FROM, without variables and digest, with another tag."""
    head, colon, old = base.rpartition(":")
    return f"{base if not colon or '/' in old else head}:{tag}"
