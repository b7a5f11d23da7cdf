"""What one build took: time, cache hits and bytes per step, joined with the lines of the Dockerfile."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from jettison.build.metadata import Metadata
from jettison.build.rawjson import Recording, Vertex


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a build that stands in the Dockerfile (not the builder's internal ones).

    `name` is BuildKit's, as in `[builder 2/5] RUN make`; `stage` is `builder` there ("" when the Dockerfile
    has one unnamed stage, `stage-1` as BuildKit counts otherwise). `lines` are those of the Dockerfile, from
    1.
    """

    name: str
    stage: str
    lines: tuple[int, ...]
    seconds: float
    """Time the step was at work; for a cached one, that of loading its result, about nothing on the same
    engine.
    """
    cached: bool
    bytes: int | None = None
    """Compressed bytes of the layer that the step made; None when nobody asked (BuildRequest.provenance) or
    the step is not of the exported stage.
    """
    error: str = ""
    log: str = ""
    """The last lines that the step printed."""
    started: str = ""
    """When the step first was at work, as Go prints times; empty when it never was."""
    digest: str = ""
    """BuildKit's name of the step with all that it is made of: text, environment, mounts, the steps below. It
    says nothing of the files of the context. (moby/buildkit solver/pb, digest of the marshalled Op.)
    """
    inputs: tuple[str, ...] = ()
    """Digests of the vertexes below it, also of those that are no step."""
    spans: tuple[tuple[float, float], ...] = ()
    """When it was at work: begin and end in seconds since the builder began, in order."""
    after: tuple[int, ...] = ()
    """Indexes of the steps that it waits for."""

    @property
    def ended(self) -> float:
        """Seconds since the builder began, until the step was done."""
        return max((end for _, end in self.spans), default=0.0)

    @property
    def instruction(self) -> str:
        """The step without BuildKit's `[stage i/n]`."""
        return self.name.partition("] ")[2] or self.name


@dataclass(frozen=True, slots=True)
class BuildRecord:
    """How a build went. `cached` flags are only believed when it ended well (moby/buildkit #5644)."""

    ok: bool
    seconds: float
    """Wall clock of the builder's command, start to end."""
    steps: tuple[Step, ...] = ()
    image_digest: str = ""
    """Digest of the image, or of its index; empty when none was made."""
    config_digest: str = ""
    error: str = ""
    """The builder's own message with the failing step's last output and Dockerfile lines; empty when ok."""
    context_bytes: int = 0
    """Bytes of the context that the builder was sent in this build (unchanged files are not sent again)."""
    pulled_bytes: int = 0
    """Bytes of base images and of imported cache that were downloaded."""
    overhead: float = 0.0
    """Seconds in the builder's internal steps: loading the context, exporting the image and the cache."""
    warnings: tuple[str, ...] = ()
    """What BuildKit's own checks say about the Dockerfile."""
    ref: str = ""
    """Name of the build in `docker buildx history`."""

    @property
    def cached(self) -> int:
        """How many steps came from the cache."""
        return sum(step.cached for step in self.steps)

    @property
    def slowest(self) -> Step | None:
        """The step that took longest."""
        return max(self.steps, key=lambda step: step.seconds, default=None)


def assemble(
    recording: Recording,
    metadata: Metadata,
    lines: Callable[[str], tuple[int, ...]],
    seconds: float,
    complaint: str,
) -> BuildRecord:
    """Join the stream with the metadata file; `complaint` is empty when the build ended well.

    `lines` tells the lines of a step by its name, where the metadata does not.
    """
    ok = not complaint
    shown = [
        vertex
        for vertex in sorted(recording.vertexes.values(), key=_begun)
        if vertex.stage is not None and (vertex.intervals or (vertex.cached and ok) or vertex.error)
    ]
    began = recording.began
    made = [(vertex, _step(vertex, metadata, lines, ok, began)) for vertex in shown]
    made.sort(key=lambda pair: pair[1].lines[:1] or (1 << 30,))
    index = {vertex.digest: number for number, (vertex, _) in enumerate(made)}
    steps = [replace(step, after=_waits_for(vertex, recording, index)) for vertex, step in made]
    return BuildRecord(
        ok=ok,
        seconds=seconds,
        steps=tuple(steps),
        image_digest=metadata.image_digest,
        config_digest=metadata.config_digest,
        error=complaint,
        context_bytes=recording.context_bytes,
        pulled_bytes=recording.pulled_bytes,
        overhead=recording.overhead,
        warnings=tuple(recording.warnings),
        ref=metadata.ref,
    )


def complaint_of(recording: Recording, code: int) -> str:
    """The builder's own message for a failed build: what the failing step printed, its lines, the error."""
    failed = [vertex for vertex in recording.vertexes.values() if _is_cause(vertex)]
    pieces = [
        f"{vertex.name}\n" + "\n".join(f"  | {line}" for line in _tail(vertex)) for vertex in failed[:1]
    ]
    text = "\n".join(recording.text).strip()
    if not text and failed:
        text = failed[0].error
    pieces.append(text or f"docker buildx build ended with code {code} and said nothing")
    return "\n".join(piece for piece in pieces if piece)


def _begun(vertex: Vertex) -> str:
    return min(vertex.intervals, default="9")


def _is_cause(vertex: Vertex) -> bool:
    """Steps beside the failing one are cancelled and say so."""
    return bool(vertex.error) and "context canceled" not in vertex.error and bool(_tail(vertex))


def _tail(vertex: Vertex) -> list[str]:
    return [*vertex.log, *([vertex.partial] if vertex.partial else [])]


def _waits_for(vertex: Vertex, recording: Recording, index: Mapping[str, int]) -> tuple[int, ...]:
    """The nearest steps below a vertex, through those of its inputs that stand in no Dockerfile."""
    found: set[int] = set()
    seen, todo = {vertex.digest}, list(vertex.inputs)
    while todo:
        digest = todo.pop()
        if digest in seen:
            continue
        seen.add(digest)
        if digest in index:
            found.add(index[digest])
        elif digest in recording.vertexes:
            todo += recording.vertexes[digest].inputs
    return tuple(sorted(found))


def _step(
    vertex: Vertex, metadata: Metadata, lines: Callable[[str], tuple[int, ...]], ok: bool, began: str
) -> Step:
    # BuildKit flags a base image in the store now as cached and now not: it is, when nothing was downloaded
    local = vertex.keyword == "FROM" and not vertex.pulled
    cached = (vertex.cached or local) and ok
    return Step(
        vertex.name,
        vertex.stage or "",
        metadata.lines.get(vertex.digest) or lines(vertex.name),
        vertex.seconds,
        cached,
        metadata.layers.get(vertex.digest),
        vertex.error,
        "\n".join(_tail(vertex)),
        min(vertex.intervals, default=""),
        vertex.digest,
        vertex.inputs,
        vertex.spans(began),
    )
