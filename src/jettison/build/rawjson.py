"""BuildKit's `--progress=rawjson` stream: what every step did and when, gathered line by line.

Each line is a SolveStatus of moby/buildkit client/graph.go as JSON; lines that are not (the error at the end,
a warning of the command line) are kept as text. A vertex comes many times: once per state, and again with
another start when the solver asks it twice.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

STEP = re.compile(r"\[(?:[\w.-]+/[\w./-]+ )?(?:(\S+) )? *\d+/\d+\] ")
"""The name of a vertex that stands in the Dockerfile: `[linux/amd64 builder 2/5] RUN make`; group 1 is the
stage. From the tenth step on the numbers of one digit are padded: `[builder  2/10]`.
"""
LOG_LINES = 40
"""Kept of every step."""
TEXT_LINES = 400


class Event(NamedTuple):
    """One change while a build runs, for a progress display."""

    kind: str
    """`started`, `done`, `cached`, `failed`, `log`."""
    step: str
    """BuildKit's name of the step."""
    seconds: float
    """That the step has been at work so far."""
    text: str
    """A line of its output, or its error."""


class Vertex:
    """One node of the build graph, as far as the stream has told."""

    def __init__(self, digest: str) -> None:
        self.digest = digest
        self.name = ""
        self.inputs: tuple[str, ...] = ()
        """Digests of the vertexes that it is made of."""
        self.cached = False
        self.error = ""
        self.intervals: dict[str, str] = {}
        self.log: deque[str] = deque(maxlen=LOG_LINES)
        self.partial = ""
        self.pulled = 0
        """Bytes of layers that were downloaded for it."""
        self.sent = 0
        """Bytes of the context that were sent to it."""

    @property
    def stage(self) -> str | None:
        """The stage of a step; None for the builder's internal work."""
        match = STEP.match(self.name)
        return (match[1] or "") if match else None

    @property
    def keyword(self) -> str:
        """The instruction of a step; "" for the builder's internal work."""
        match = STEP.match(self.name)
        return self.name[match.end() :].partition(" ")[0] if match else ""

    @property
    def seconds(self) -> float:
        """Sum of the times at work; a step that never completed counts as 0."""
        return sum(_between(start, end) for start, end in self.intervals.items() if end)

    def spans(self, zero: str) -> tuple[tuple[float, float], ...]:
        """When it was at work, in order: begin and end in seconds after the time `zero`."""
        ended = [(start, end) for start, end in self.intervals.items() if end]
        return tuple(sorted((_between(zero, start), _between(zero, end)) for start, end in ended))


class Recording:
    """A rawjson stream as far as it was fed; `on_event` is told of every change."""

    def __init__(self, on_event: Callable[[Event], None] | None = None) -> None:
        self.vertexes: dict[str, Vertex] = {}
        self.text: deque[str] = deque(maxlen=TEXT_LINES)
        self.warnings: dict[str, None] = {}
        self._transfers: dict[tuple[str, str], int] = {}
        self._on_event = on_event or (lambda event: None)

    def feed(self, line: bytes) -> None:
        """Take one line. Nothing in it can make this fail: what is not understood is kept as text or passed
        over.
        """
        if line.startswith(b"{"):
            try:
                status = json.loads(line)
            except (ValueError, RecursionError):
                status = None
            if isinstance(status, dict):
                self.take(status)
                return
        text = line.decode("utf-8", "replace").rstrip("\r\n")
        self.text.append(text)

    @property
    def context_bytes(self) -> int:
        """Bytes of the build context that were sent."""
        return sum(v.sent for v in self.vertexes.values() if v.name.endswith("load build context"))

    @property
    def pulled_bytes(self) -> int:
        """Bytes of layers that were downloaded."""
        return sum(vertex.pulled for vertex in self.vertexes.values())

    @property
    def overhead(self) -> float:
        """Seconds in vertexes that do not stand in the Dockerfile."""
        return sum(vertex.seconds for vertex in self.vertexes.values() if vertex.stage is None)

    @property
    def began(self) -> str:
        """When the builder began, as the stream writes times; "" when it did not.

        That is when it read the Dockerfile: other vertexes may be shared with a build that began earlier.
        """
        started = [vertex for vertex in self.vertexes.values() if vertex.intervals]
        own = [vertex for vertex in started if vertex.name.startswith("[internal] load build definition")]
        return min((min(vertex.intervals) for vertex in own or started), default="")

    def take(self, status: dict[str, Any]) -> None:
        """Take one SolveStatus, as a line of the stream holds it."""
        for item in _items(status, "vertexes"):
            self._vertex(item)
        for item in _items(status, "statuses"):
            self._transfer(item)
        for item in _items(status, "logs"):
            self._log(item)
        for item in _items(status, "warnings"):
            self.warnings[_decoded(item.get("short"))] = None

    def _vertex(self, item: dict[str, Any]) -> None:
        vertex = self._known(str(item.get("digest")))
        vertex.name = str(item.get("name") or vertex.name)
        if isinstance(inputs := item.get("inputs"), list):
            vertex.inputs = tuple(map(str, inputs)) or vertex.inputs
        was, cached = vertex.error, vertex.cached
        vertex.cached = bool(item.get("cached")) or vertex.cached
        vertex.error = str(item.get("error") or vertex.error)
        started, completed = item.get("started"), item.get("completed")
        if isinstance(started, str):
            if started not in vertex.intervals:
                self._tell("started", vertex)
            vertex.intervals[started] = completed if isinstance(completed, str) else ""
        if vertex.error and not was:
            self._tell("failed", vertex, vertex.error)
        elif vertex.cached and not cached:
            self._tell("cached", vertex)
        elif completed and not vertex.error and not vertex.cached:
            self._tell("done", vertex)

    def _transfer(self, item: dict[str, Any]) -> None:
        key, size = (str(item.get("vertex")), str(item.get("id"))), item.get("current")
        if not isinstance(size, int) or isinstance(size, bool):
            return
        more = max(0, size - self._transfers.get(key, 0))
        self._transfers[key] = self._transfers.get(key, 0) + more
        if key[1].startswith("sha256:"):
            self._known(key[0]).pulled += more
        elif key[1].startswith("transferring"):
            self._known(key[0]).sent += more

    def _known(self, digest: str) -> Vertex:
        return self.vertexes.setdefault(digest, Vertex(digest))

    def _log(self, item: dict[str, Any]) -> None:
        vertex = self._known(str(item.get("vertex")))
        *lines, vertex.partial = (vertex.partial + _decoded(item.get("data"))).split("\n")
        vertex.partial = vertex.partial[-4096:]
        for line in lines:
            text = line.rpartition("\r")[2] if not line.endswith("\r") else line[:-1]
            vertex.log.append(text)
            self._tell("log", vertex, text)

    def _tell(self, kind: str, vertex: Vertex, text: str = "") -> None:
        self._on_event(Event(kind, vertex.name, vertex.seconds, text))


def _items(status: dict[str, Any], key: str) -> Iterator[dict[str, Any]]:
    found = status.get(key)
    if isinstance(found, list):
        yield from (item for item in found if isinstance(item, dict))


def _decoded(data: object) -> str:
    if not isinstance(data, str):
        return ""
    try:
        return base64.b64decode(data).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return data


def _between(start: str, end: str) -> float:
    """Seconds between two times as Go writes them (nanoseconds, which Python cuts to microseconds)."""
    try:
        return max(0.0, (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds())
    except (ValueError, TypeError):
        return 0.0
