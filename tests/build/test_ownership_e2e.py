"""What is ours and what is the user's on one engine: the mechanisms that the proof stands on."""

from __future__ import annotations

import dataclasses
import threading
import uuid
from pathlib import Path

import pytest

from jettison.build import BuildRecord, BuildRequest, Engine, Workbench
from jettison.errors import CannotRun
from jettison.image import Image, compare, read_archive

pytestmark = pytest.mark.e2e

BASE = "debian:bookworm-slim"


class User:
    """Somebody who uses the same engine, with an image and build cache."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine = engine
        self.tag = f"user-{uuid.uuid4().hex[:8]}:1"
        self.context = folder / f"user-{uuid.uuid4().hex[:8]}"
        self.context.mkdir()
        (self.context / "a.txt").write_text(f"{self.tag}\n")
        self.source = f"""FROM {BASE}
COPY a.txt /
RUN --mount=type=cache,target=/cache cat /a.txt >> /cache/f && wc -l < /cache/f && cp /a.txt /b.txt
RUN sort /etc/passwd > /c.txt
USER nobody
""".encode()
        self.request = BuildRequest(self.context, self.source, tag=self.tag)

    def build(self) -> BuildRecord:
        record = self.engine.build(self.request)
        assert record.ok, record.error
        return record

    def ids(self) -> set[str]:
        return {record.id for record in self.engine.cache_records()}


@pytest.fixture
def user(engine, removal, tmp_path):
    before = {record.id for record in engine.cache_records()}
    user = User(engine, tmp_path)
    user.build()
    user.records = user.ids() - before
    yield user
    engine.remove_image(user.tag)
    engine.prune(sorted(user.ids() - before))


def ran(record: BuildRecord) -> list[str]:
    return [step.instruction.partition(" ")[0] for step in record.steps if not step.cached]


def history(image: Image) -> list[dict[str, object]]:
    return [
        {key: value for key, value in entry.items() if key != "created"} for entry in image.config["history"]
    ]


def test_the_salt_keeps_run_steps_apart_and_the_image_as_it_is(engine, user, tmp_path):
    assert ran(user.build()) == []
    with Workbench(engine, prune="always") as bench:
        request = BuildRequest(user.context, user.source)
        salted = bench.build(request, "app")
        assert ran(salted) == ["RUN", "RUN"], "COPY may hit what the user built, RUN may not"
        assert ran(bench.build(request, "app")) == []
        assert ran(bench.build(dataclasses.replace(request, salt="other"), "app")) == ["RUN", "RUN"]

        archive = tmp_path / "user.tar"
        engine.save(user.tag, archive)
        theirs, ours = read_archive(archive), bench.image("app")
        assert not compare(theirs.tree(), ours.tree())
        assert theirs.run_config == ours.run_config
        assert history(theirs) == history(ours)


def test_cache_mounts_of_another_salt_are_empty(engine, user):
    source = f"""FROM {BASE}
RUN --mount=type=cache,target=/cache cp -r /cache /seen && date >> /cache/f # TURN
"""
    with Workbench(engine, prune="always") as bench:

        def seen(salt: str, turn: str, no_cache: bool = False) -> bool:
            text = source.replace("TURN", turn).encode()
            record = bench.build(BuildRequest(user.context, text, salt=salt, no_cache=no_cache), "app")
            assert record.ok, record.error
            return "/seen/f" in bench.image("app").tree()

        assert not seen("a", "1"), "the user's mount of this path has content"
        assert seen("a", "2")
        assert not seen("b", "1")
        assert not seen("a", "3", no_cache=True), "--no-cache begins with an empty cache mount"


def test_everything_of_ours_goes_and_everything_else_stays(engine, user, tmp_path):
    before = user.ids()
    with Workbench(engine, prune="always") as bench:
        context = bench.folder("context")
        (context / "a.txt").write_text("ours\n")
        for salt in ("one", "two"):
            assert bench.build(BuildRequest(context, user.source, salt=salt), salt).ok
        assert bench.build(BuildRequest(context, b"FROM scratch\nCOPY a.txt /\n"), "scratch").ok
        assert not bench.build(BuildRequest(context, user.source + b"RUN exit 1\n"), "bad").ok
        bench.start("one", command=["sleep", "60"])
        ours = {record.id for record in bench._ledger.account().certain}
        assert len(ours) >= 8
        assert not ours & before
    assert not bench._ledger.account().certain, bench.leftovers
    assert not ours & user.ids()
    assert user.records <= user.ids()
    assert bench.nonce not in engine.docker("image", "ls").text
    assert bench.nonce not in engine.docker("container", "ls", "--all", "--no-trunc").text
    assert not context.parent.exists()
    assert engine.has_image(user.tag)
    container = engine.start(user.tag, nonce="test", command=["cat", "/c.txt", "/b.txt"])
    try:
        assert container.wait(30) == 0, (
            "the image is whole although records that share layers with it were removed"
        )
    finally:
        container.remove()


@pytest.mark.parametrize("place", ["registry", "local"])
def test_after_forgetting_a_build_is_cold_and_a_cache_of_ours_serves_it(engine, user, place, monkeypatch):
    if place == "local":
        monkeypatch.delenv("JETTISON_CACHE_REGISTRY", raising=False)
    with Workbench(engine, prune="always") as bench:
        if place == "registry" and not bench.registry:
            pytest.fail("JETTISON_CACHE_REGISTRY names no registry: run the tests with make test")
        if not engine.features.cache_export:
            with pytest.raises(CannotRun, match="cannot export build cache"):
                bench.cache_to("app")
            return
        assert bench.cache_place == (f"registry {bench.registry}" if place == "registry" else "local folder")
        context = bench.folder("context")
        (context / "a.txt").write_text(f"{bench.nonce}\n")
        request = BuildRequest(context, user.source)
        assert ran(bench.build(request, "app")) == ["COPY", "RUN", "RUN"]
        first = bench.image("app")
        source, target = bench.cache_to("app")
        assert bench.build(dataclasses.replace(request, cache_to=(target,))).ok

        assert bench.forget()
        served = bench.build(dataclasses.replace(request, cache_from=(source,)), "app")
        assert ran(served) == []
        assert bench.image("app").tree() == first.tree()

        assert bench.forget()
        assert ran(bench.build(request, "app")) == ["COPY", "RUN", "RUN"]
    assert not bench._ledger.account().certain, bench.leftovers


def test_a_careful_workbench_does_not_cost_others_their_cache(engine, user):
    """Where any removal makes other builds miss (see at_risk), our records stay and are counted."""
    with Workbench(engine, prune="careful") as bench:
        context = bench.folder("context")
        (context / "a.txt").write_text(f"{bench.nonce}\n")
        assert bench.build(BuildRequest(context, user.source), "app").ok
        forgot = bench.forget()
        assert ran(user.build()) == []
    account = bench._ledger.account()
    try:
        assert ran(user.build()) == []
        assert forgot is not engine.features.containerd_store
        assert bench.leftovers.records == len(account.certain) + len(account.unsure)
        if engine.features.containerd_store:
            assert bench.leftovers.bytes > 0
            assert "JETTISON_PRUNE=always" in bench.leftovers.why
        assert bench.nonce not in engine.docker("image", "ls").text
    finally:
        engine.prune([record.id for record in account.certain])


def test_a_build_of_somebody_else_at_the_same_time_is_left_alone(engine, user, tmp_path):
    other = User(engine, tmp_path)
    other.request = dataclasses.replace(
        other.request,
        dockerfile=other.source.replace(b"sort", b"sleep 2; sort -r").replace(b"/cache", b"/other"),
    )
    before = user.ids()
    thread = threading.Thread(target=other.build)
    with Workbench(engine, prune="always") as bench:
        context = bench.folder("context")
        thread.start()
        assert bench.build(BuildRequest(context, f"FROM {BASE}\nRUN sleep 4; echo ours\n".encode()), "app").ok
        thread.join()
        account = bench._ledger.account()
    theirs = user.ids() - before
    try:
        texts = [record.description for record in engine.cache_records() if record.id in theirs]
        assert any("sleep 2; sort -r" in text for text in texts)
        assert any("COPY a.txt" in text for text in texts)
        assert any(text.startswith("cached mount /other") for text in texts)
        assert not any("echo ours" in text for text in texts)
        assert any("sleep 2; sort -r" in record.description for record in account.unsure)
        assert "may be theirs" in bench.leftovers.why
    finally:
        engine.remove_image(other.tag)
        engine.prune(sorted(theirs))


def test_both_ways_to_list_the_cache_say_the_same(engine, user):
    from jettison.build.usage import parse_records, parse_verbose

    if "--format" not in engine.docker("buildx", "du", "--help").text:
        pytest.fail("this buildx is older than 0.28 and knows one way only")
    for _ in range(5):  # others build meanwhile
        listed = [
            engine.docker("buildx", "du", *engine.on, *how).text for how in (["--format=json"], ["--verbose"])
        ]
        rows = parse_records(listed[0]), parse_verbose(listed[1])
        if {row.id for row in rows[0]} == {row.id for row in rows[1]}:
            break
    ours = [{row.id: row._replace(shared=False) for row in found if row.id in user.records} for found in rows]
    assert ours[0] == ours[1]
    assert len(ours[0]) >= 5
