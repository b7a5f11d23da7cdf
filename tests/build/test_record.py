from __future__ import annotations

import pytest

from jettison.build.lines import locator
from jettison.build.metadata import Metadata, read_metadata
from jettison.build.record import assemble, complaint_of


def test_time_cache_and_lines_of_a_build_are_joined(replay, records):
    lines = locator((records / "two.Dockerfile").read_bytes())
    record = assemble(replay("cold"), read_metadata(records / "cached.metadata.json"), lines, 1.5, "")
    assert record.ok
    assert record.seconds == 1.5
    assert [(step.stage, step.lines, step.cached) for step in record.steps] == [
        ("builder", (1,), True),
        ("builder", (3,), False),
        ("builder", (4,), False),
        ("builder", (5, 6, 7, 8), False),
        ("stage-1", (11,), False),
        ("stage-1", (11,), False),
        ("stage-1", (12, 13, 14, 15, 16, 17), False),
    ]
    assert record.cached == 1
    assert record.slowest is not None
    assert record.slowest.instruction.startswith('RUN echo "hello"')
    assert record.image_digest.startswith("sha256:21e55a2c")
    assert record.ref == "rztwl9ef8fu5qk1i19buzffk2"


def test_the_provenance_tells_lines_and_layer_sizes_too(replay, records):
    record = assemble(replay("cold"), read_metadata(records / "cold.metadata.json"), lambda name: (), 1.0, "")
    sizes = {step.instruction[:9]: (step.lines[:1], step.bytes) for step in record.steps}
    assert sizes["RUN <<EOF"] == ((12,), 29), "it changed nothing: an empty layer"
    assert sizes["COPY --li"] == ((11,), 107)
    assert sizes["LINK COPY"] == ((11,), 0), "the same layer once more"
    assert sizes["RUN echo "] == ((5,), None), "a layer of a stage that is not exported is never made"


def test_a_base_image_in_the_store_counts_as_cached(replay):
    record = assemble(replay("cached"), Metadata(), lambda name: (), 1.0, "")
    assert record.cached == len(record.steps) == 7


def test_cached_is_not_believed_of_a_failed_build(replay, records):
    recording = replay("failing")
    assert any(vertex.cached for vertex in recording.vertexes.values())
    lines = locator((records / "failing.Dockerfile").read_bytes())
    record = assemble(recording, Metadata(), lines, 1.0, complaint_of(recording, 1))
    assert not record.ok
    assert record.cached == 0
    (failed,) = [step for step in record.steps if step.log]
    assert (failed.lines, failed.log) == ((5, 6), "first\nsecond")
    assert "exit code: 3" in failed.error


def test_the_complaint_has_the_output_of_the_guilty_step_the_lines_and_the_message(replay):
    complaint = complaint_of(replay("failing"), 1)
    head, *rest = complaint.splitlines()
    assert head.startswith("[stage-1 3/4] RUN echo first")
    assert rest[:2] == ["  | first", "  | second"]
    assert "   5 | >>> RUN echo first; echo second >&2; \\" in rest
    assert rest[-1].endswith("did not complete successfully: exit code: 3")
    assert "sleep 5" not in complaint, "the step beside it was only cancelled"


def test_complaints_without_a_guilty_step(replay):
    assert complaint_of(replay("unknown"), 1).endswith("unknown instruction: FOO (did you mean FROM?)")
    assert complaint_of(replay("missing"), 1).endswith('"/missing.txt": not found')
    assert "code 7 and said nothing" in complaint_of(replay("cached"), 7)


def test_steps_know_when_they_were_at_work_and_what_they_wait_for(replay, records):
    lines = locator((records / "two.Dockerfile").read_bytes())
    record = assemble(replay("export"), Metadata(), lines, 1.0, "")
    assert [step.after for step in record.steps] == [(), (0,), (1,), (2,), (0, 5), (3,), (4,)]
    record = assemble(replay("cold"), Metadata(), lines, 1.5, "")
    base, workdir, copy, run = record.steps[:4]
    assert (base.spans[0][0], base.ended) == (0.075309, 0.091583)
    assert len(base.spans) == 2
    begin = [step.spans[0][0] for step in (workdir, copy, run)]
    assert 0 < base.ended < begin[0] < workdir.ended < begin[1] < copy.ended < begin[2]
    for step in record.steps:
        assert sum(end - begin for begin, end in step.spans) == pytest.approx(step.seconds)


def test_a_step_that_an_earlier_build_began_counts_from_the_start_of_this_one(replay):
    recording = replay("cold")
    recording.feed(
        b'{"vertexes": [{"digest": "sha256:other", "name": "[builder 2/9] RUN long", '
        b'"started": "2020-01-01T00:00:00Z", "completed": "2020-01-01T00:01:00Z"}]}'
    )
    record = assemble(recording, Metadata(), lambda name: (), 1.0, "")
    (other,) = [step for step in record.steps if step.instruction == "RUN long"]
    assert other.spans == ((0.0, 0.0),)
    assert max(step.ended for step in record.steps) < 1.1
