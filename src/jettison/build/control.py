"""What BuildKit remembers of the builds that were made, asked for in a way that does no harm.

`docker buildx history` is not used. Before BuildKit 0.29 (moby/buildkit #6614) a record that somebody asked
for by its reference (`history logs REF`, `history inspect REF`, `--metadata-file` with provenance) is only
marked when the builder's clean-up removes it, after 48 hours or 50 builds, and from then on a list with a
limit, such as `history ls` and every other command of `buildx history` begins with, brings the whole engine
down. So: `ListenBuildHistory` for all records without limit or filter, which marks nothing and sorts nothing,
and `Status`, which looks the reference up and marks nothing (moby/buildkit v0.13 to v0.32,
solver/llbsolver/history.go: Listen, Status, delete, filterHistoryEvents). A builder older than v0.13 fails at
that list too, and is not asked.

The messages are those of moby/buildkit api/services/control/control.proto and of containerd's content
service.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, NamedTuple

from jettison.build.grpc import Channel
from jettison.build.rawjson import Recording
from jettison.build.wire import (
    Fields,
    bytes_field,
    fields,
    int_field,
    integer,
    mapping,
    messages,
    moment,
    raw,
    text,
)
from jettison.errors import CannotRun

_SERVICE = "/moby.buildkit.v1.Control"
_READ = "/containerd.services.content.v1.Content/Read"
_PROVENANCE = "https://slsa.dev/provenance/"
_OLDEST = 13
"""Of BuildKit's version 0.x."""
_ATTESTATION_BYTES = 64 << 20
"""BuildKit's own provenance holds the Dockerfile, the build graph and samples of what each step used."""


class PastBuild(NamedTuple):
    """One build in the builder's history."""

    ref: str
    attributes: Mapping[str, str]
    """What buildx told the frontend: `filename`, `target`, `platform`, `build-arg:NAME`, `no-cache`."""
    created: str
    """When it began, as Go prints times."""
    completed: str
    """Empty while it runs."""
    error: str
    provenance: str
    """Digest of BuildKit's own provenance of it, the first when there are several platforms; or empty."""


class Control:
    """A connection to a builder; use it as a context manager. Every call raises CannotRun when the builder
    does not answer, or not so that it is understood."""

    def __init__(self, docker: str, on: Sequence[str] = (), timeout: float = 60.0) -> None:
        """`on` are options of buildx that name the builder."""
        self._channel = Channel([docker, "buildx", "dial-stdio", *on], timeout)

    def __enter__(self) -> Control:
        self._channel.__enter__()
        try:
            self._refuse_an_old_one()
        except BaseException:
            self._channel.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._channel.__exit__(kind, error, trace)

    def builds(self) -> tuple[PastBuild, ...]:
        """Every build that ended and is remembered, the newest first."""
        early_exit = int_field(3, 1)
        with _understood():
            events = self._call(f"{_SERVICE}/ListenBuildHistory", early_exit)
            found = [_build(record) for event in events for record in messages(event, 2)]
        ended = (build for build in found if build.ref and build.completed)
        return tuple(sorted(ended, key=lambda build: build.created, reverse=True))

    def progress(self, ref: str) -> Recording:
        """What `--progress=rawjson` would have told of that build."""
        recording = Recording()
        with _understood():
            for message in self._call(f"{_SERVICE}/Status", bytes_field(1, ref.encode())):
                recording.take(_status(message))
        return recording

    def blob(self, digest: str) -> bytes:
        """Something that belongs to a build, by its digest."""
        data = bytearray()
        with _understood():
            for message in self._call(_READ, bytes_field(1, digest.encode())):
                data += raw(message, 2)
                if len(data) > _ATTESTATION_BYTES:
                    raise CannotRun(f"the builder's {digest} is larger than {_ATTESTATION_BYTES >> 20} MiB")
        return bytes(data)

    def _refuse_an_old_one(self) -> None:
        """A builder that does not say its version (Debian's says v0.0.0) is as new as `Info` is."""
        with _understood():
            info = list(self._call(f"{_SERVICE}/Info", b""))
            version = next((text(each, 2) for message in info for each in messages(message, 1)), "")
        found = re.match(r"v?0\.(\d+)\.", version)
        if found and 0 < int(found[1]) < _OLDEST:
            raise CannotRun(
                f"the builder has BuildKit {version}, which does not stand being asked for its builds",
                f"BuildKit 0.{_OLDEST} or newer does: Docker Engine 26",
            )

    def _call(self, method: str, message: bytes) -> Iterator[Fields]:
        for answer in self._channel.call(method, message):
            yield fields(answer)


@contextmanager
def _understood() -> Iterator[None]:
    """Around what takes messages apart."""
    try:
        yield
    except ValueError as problem:
        raise CannotRun(f"the builder's answer is not understood: {problem}") from None


def _build(record: Fields) -> PastBuild:
    results = [*messages(record, 10), *(_result(entry) for entry in messages(record, 11))]
    attested = [each for result in results for each in messages(result, 2)]
    error = next((text(status, 2) for status in messages(record, 5)), "")
    provenance = next((text(each, 2) for each in attested if _is_provenance(each)), "")
    return PastBuild(
        text(record, 1),
        mapping(record, 3),
        moment(record, 6) or "",
        moment(record, 7) or "",
        error,
        provenance,
    )


def _result(entry: Fields) -> Fields:
    """The value of an entry of map<string, BuildResultInfo>."""
    return fields(raw(entry, 2))


def _is_provenance(descriptor: Fields) -> bool:
    kind = mapping(descriptor, 5).get("in-toto.io/predicate-type", "")
    return kind.startswith(_PROVENANCE)


def _status(message: Fields) -> dict[str, Any]:
    """A StatusResponse as rawjson writes it (moby/buildkit client/graph.go)."""
    return {
        "vertexes": [
            {
                "digest": text(each, 1),
                "inputs": [
                    item.decode("utf-8", "replace") for item in each.get(2, ()) if isinstance(item, bytes)
                ],
                "name": text(each, 3),
                "cached": bool(integer(each, 4)),
                "started": moment(each, 5),
                "completed": moment(each, 6),
                "error": text(each, 7),
            }
            for each in messages(message, 1)
        ],
        "statuses": [
            {
                "id": text(each, 1),
                "vertex": text(each, 2),
                "current": integer(each, 4),
                "total": integer(each, 5),
            }
            for each in messages(message, 2)
        ],
        "logs": [
            {"vertex": text(each, 1), "data": base64.b64encode(raw(each, 4)).decode()}
            for each in messages(message, 3)
        ],
        "warnings": [
            {"vertex": text(each, 1), "short": base64.b64encode(raw(each, 3)).decode()}
            for each in messages(message, 4)
        ],
    }
