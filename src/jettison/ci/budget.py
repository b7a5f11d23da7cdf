"""An image and its build beside the budgets of jettison.toml."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, NamedTuple

from jettison.config import Config
from jettison.image import Image

_SHOWN = 5


class Budget(NamedTuple):
    """What was measured, and what is allowed; None where there is no budget or no measure."""

    image: str
    """As the call named it."""
    compressed: int | None
    """Bytes to pull, None when the image came uncompressed."""
    uncompressed: int
    layers: int
    heaviest: tuple[tuple[int, str], ...]
    """The largest layers: uncompressed bytes, and the instruction that made them."""
    size_budget: int | None
    seconds: float | None
    """Of the build, by its own metadata."""
    time_budget: float | None

    @property
    def over_size(self) -> bool:
        """True when the image has more bytes than the configuration allows."""
        return self.size_budget is not None and self.uncompressed > self.size_budget

    @property
    def over_time(self) -> bool:
        """True when the build took longer than the configuration allows."""
        return None not in (self.time_budget, self.seconds) and (self.seconds or 0) > (self.time_budget or 0)


def hold_to_budget(name: str, image: Image, config: Config, seconds: float | None = None) -> Budget:
    """The figures of an image beside the budgets."""
    heaviest = sorted(((layer.uncompressed, layer.created_by) for layer in image.layers), reverse=True)
    return Budget(
        name,
        image.compressed,
        image.uncompressed,
        len(image.layers),
        tuple(each for each in heaviest[:_SHOWN] if each[0]),
        config.size_budget,
        seconds,
        config.build_budget,
    )


def build_seconds(metadata: bytes) -> float | None:
    """How long a build took, by the file that `--metadata-file` writes (the provenance in it, SLSA 0.2 or
    1.0); None when it does not say."""
    try:
        found = json.loads(metadata)
    except (ValueError, RecursionError):
        return None
    provenance = _dict(_dict(found).get("buildx.build.provenance"))
    inner = _dict(provenance.get("predicate")) or provenance
    times = _dict(inner.get("metadata")) or _dict(_dict(inner.get("runDetails")).get("metadata"))
    ends = [_time(times.get(one) or times.get(other)) for one, other in _NAMES]
    if ends[0] is None or ends[1] is None:
        return None
    seconds = (ends[1] - ends[0]).total_seconds()
    return seconds if seconds >= 0 else None


_NAMES = (("buildStartedOn", "startedOn"), ("buildFinishedOn", "finishedOn"))


def _time(value: object) -> datetime | None:
    try:
        made = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return made if made.tzinfo else None


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
