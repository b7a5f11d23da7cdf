"""What one build took: time, cache hits and bytes per step, joined with the lines of the Dockerfile."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a build that stands in the Dockerfile (not the builder's internal ones).

    `name` is BuildKit's, as in `[builder 2/5] RUN make`; `stage` is `builder` there ("" when the Dockerfile has
    one unnamed stage, `stage-1` as BuildKit counts otherwise). `lines` are those of the Dockerfile, from 1.
    """

    name: str
    stage: str
    lines: tuple[int, ...]
    seconds: float
    """Time the step was at work; 0.0 when it was cached."""
    cached: bool
    bytes: int | None = None
    """Compressed bytes of the layer that the step made; None when the builder did not tell."""
    error: str = ""
    log: str = ""
    """The last lines that the step printed."""

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

    @property
    def cached(self) -> int:
        """How many steps came from the cache."""
        return sum(step.cached for step in self.steps)

    @property
    def slowest(self) -> Step | None:
        """The step that took longest."""
        return max(self.steps, key=lambda step: step.seconds, default=None)
