"""The proof on a real engine, with images of busybox so that each build takes about a second."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection
from pathlib import Path
from uuid import uuid4

import pytest

from jettison.build import Engine, Workbench
from jettison.config import Config, Smoke
from jettison.errors import CannotRun
from jettison.findings import Allowance
from jettison.proof import Candidate, Change, Proof, Request, Result, prove, to_json
from jettison.proof.table import text

pytestmark = pytest.mark.e2e

WEB = """\
FROM busybox:1.35
WORKDIR /srv
COPY . .
RUN echo web:x:1234:1234::/: >> /etc/passwd && echo built > /srv/made && date +%s%N > /srv/when
RUN dd if=/dev/zero of=/srv/junk bs=1M count=2
RUN rm /srv/junk
ENV MODE=plain
EXPOSE 8080
HEALTHCHECK CMD wget -q -O /dev/null http://127.0.0.1:8080/
CMD ["httpd", "-f", "-p", "8080", "-h", "/srv/www"]
"""
STEADY = WEB.replace(" && date +%s%N > /srv/when", "")
NOTHING = Config(scenarios=())

Edit = Callable[[str], str]
Proving = Callable[..., Proof]


def replaced(old: str, new: str) -> Edit:
    def edit(text: str) -> str:
        assert old in text
        return text.replace(old, new)

    return edit


merged = replaced("count=2\nRUN rm", "count=2 && rm")


@pytest.fixture
def proving(engine: Engine, tmp_path: Path) -> Proving:
    """Prove a Dockerfile with edits by id, in a small project; afterwards nothing may be left."""
    root = tmp_path / "user"
    (root / "www").mkdir(parents=True)
    (root / "www" / "index.html").write_text("<p>hello</p>\n")
    (root / "package.json").write_text('{"name": "x"}\n')

    def run(
        before: str,
        edits: dict[str, Edit],
        allows: dict[str, Allowance] | None = None,
        config: Config = NOTHING,
        files: dict[str, bytes] | None = None,
    ) -> Proof:
        (root / "Dockerfile").write_text(before)

        def candidate_for(ids: Collection[str]) -> Candidate:
            made = before
            for id, edit in edits.items():
                made = edit(made) if id in ids else made
            return Candidate(made.encode(), (files or {}) if ids else {})

        changes = tuple(Change(id, id, allows=(allows or {}).get(id, Allowance())) for id in edits)
        first, dockerfile = Candidate(before.encode()), root / "Dockerfile"
        request = Request(root, first, changes, candidate_for, dockerfile=dockerfile, config=config)
        listed = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
        benches: list[Workbench] = []

        def workbench(engine: Engine, **how: str | None) -> Workbench:
            benches.append(Workbench(engine, **how))  # type: ignore[arg-type]
            return benches[-1]

        try:
            return prove(engine, request, workbench=workbench)
        finally:
            assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == listed
            assert_nothing_left(engine, benches[0].nonce)

    return run


def assert_nothing_left(engine: Engine, nonce: str) -> None:
    assert len(nonce) == 8
    images = engine.docker("image", "ls", "--filter", f"reference=jettison-{nonce}", "--format", "{{.Tag}}")
    assert images.text == ""
    assert engine.docker("container", "ls", "-aq", "--filter", f"label=jettison={nonce}").text == ""
    assert list(Path(tempfile.gettempdir()).glob(f"jettison-{nonce}*")) == []


def test_a_good_change_with_every_scenario(proving: Proving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JETTISON_PRUNE", "always")
    proof = proving(WEB, {"merge": merged}, config=Config(time_budget=1))
    assert proof.passed, text(proof)
    assert proof.after is not None
    assert proof.before.sizes.uncompressed - proof.after.sizes.uncompressed > 2_000_000
    assert proof.before.sizes.layers == proof.after.sizes.layers + 1
    assert (proof.before.uid, proof.after.uid) == (0, 0)
    times = {timing.name: timing for timing in proof.timings}
    assert list(times) == ["cold", "unchanged", "code-edit", "dependency-edit", "ci", "ci-cache"]
    assert not [timing.missing for timing in proof.timings if timing.missing]
    assert times["unchanged"].steps == (0, 0)
    assert times["code-edit"].note == "a line added to www/index.html"
    assert times["dependency-edit"].note == "a line added to package.json"
    assert min(times["code-edit"].steps) >= 2, "the edit has to reach the COPY and what follows it"
    assert times["ci-cache"].steps == (0, 0), "everything has to come from the cache that was written"
    (trial,) = proof.check.trials if proof.check else ()
    facets = {c.facet: c.evidence for c in trial.comparisons}
    assert facets["GET :8080/ body"] == "<p>hello</p>"
    assert facets["healthcheck"] == "exit code 0"
    assert [each.examples for each in proof.check.tree.masked] == [("/srv/when",)] if proof.check else False


WRONG: dict[str, tuple[Edit, str]] = {
    "build": (replaced("RUN rm", "RUN rmm"), "rmm: not found"),
    "body": (replaced("echo built", "echo bye > www/index.html; echo built"), "GET :8080/ body"),
    "gone": (replaced("echo built > /srv/made", "true"), "/srv/made vanished"),
    "config": (replaced("MODE=plain", "MODE=other"), 'Env.MODE: "plain" before, "other" after'),
    "start": (replaced('"httpd"', '"httpdd"'), "after it does not start"),
    "health": (replaced("CMD wget", "CMD wgett"), "healthcheck: "),
    "user": (replaced("EXPOSE 8080", "USER web\nEXPOSE 8080"), 'User: not set before, "web" after'),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_change_is_caught(proving: Proving, what: str) -> None:
    edit, evidence = WRONG[what]
    proof = proving(STEADY, {what: edit}, {what: Allowance(config=("Cmd", "Healthcheck"))})
    assert proof.verdict.result is Result.FAILED
    found = "\n".join(piece for reason in proof.dropped[0].evidence for piece in reason.evidence)
    assert evidence in found


def test_several_wrong_changes_among_good_ones(proving: Proving) -> None:
    edits = {"merge": merged, "body": WRONG["body"][0], "label": replaced("ENV MODE", "LABEL a=b\nENV MODE")}
    edits |= {"config": WRONG["config"][0]}
    proof = proving(STEADY, edits, {"label": Allowance(config=("Labels.a",))}, Config(scenarios=("cold",)))
    assert [change.id for change in proof.kept] == ["merge", "label"]
    assert {d.change.id for d in proof.dropped} == {"body", "config"}
    assert proof.passed
    assert proof.timings[0].after


def test_before_does_not_build(proving: Proving) -> None:
    with pytest.raises(CannotRun, match=r"(?s)before any change.*no-such-file"):
        proving("FROM busybox:1.35\nCOPY no-such-file /\n", {"x": lambda text: text + "\n"})


def test_no_shell_a_named_user_and_a_port_that_is_not_exposed(proving: Proving, tmp_path: Path) -> None:
    bare = """\
FROM busybox:1.35 AS tools
RUN mkdir -p /out/etc /out/www && cp -L /bin/busybox /out/httpd && echo hi > /out/www/index.html
RUN echo "web:x:1234:1234::/:" > /out/etc/passwd
FROM scratch
COPY --from=tools /out /
USER web
CMD ["/httpd", "-f", "-p", "8099", "-h", "/www"]
"""
    (tmp_path / "user" / "structure.json").write_text(
        '{"schemaVersion": "2.0.0",'
        '"commandTests": [{"name": "version", "command": "/httpd", "args": ["--help"], "exitCode": 0}],'
        '"fileExistenceTests": [{"name": "server", "path": "/httpd", "isExecutableBy": "any"}],'
        '"fileContentTests": [{"name": "page", "path": "/www/index.html", "expectedContents": ["^hi$"]}],'
        '"metadataTest": {"user": "web"}}'
    )
    config = Config(scenarios=(), structure_tests=("structure.json",))
    proof = proving(bare, {"order": replaced("FROM scratch\n", "FROM scratch\n# nothing\n")}, config=config)
    assert proof.passed, text(proof)
    assert proof.check is not None
    assert (proof.before.uid, proof.after.uid if proof.after else None) == (1234, 1234)
    facets = {c.facet: c.evidence for c in proof.check.trials[0].comparisons}
    assert facets["port 8099"] == "http"
    assert facets["GET :8099/ body"] == "hi"
    assert [(t.name, t.problems, t.weak) for t in proof.check.structure] == [
        ("version", (), ""),
        ("server", (), ""),
        ("page", (), ""),
        ("metadata", (), ""),
    ]
    wrong = proving(
        bare, {"page": replaced("echo hi", "echo ho")}, {"page": Allowance(change=("/www/*",))}, config
    )
    assert [reason.what for reason in wrong.dropped[0].evidence] == [
        "it behaves differently (start)",
        "structure test 'page' fails",
    ]


def test_a_program_that_ends(proving: Proving) -> None:
    job = 'FROM busybox:1.35\nRUN echo 1 > /n\nCMD ["sh", "-c", "cat /n; hostname; exit 4"]\n'
    config = Config(scenarios=(), smoke=(Smoke("job", command=("sh", "-c", "cat /n; hostname")),))
    allows = {"other": Allowance(change=("/n",))}
    proof = proving(job, {"other": replaced("echo 1", "echo 2")}, allows)
    assert "stdout: line 1: expected '1', got '2'" in str(proof.dropped[0].evidence)
    proof = proving(job, {"other": replaced("echo 1", "echo 2")}, allows, config)
    assert "stdout: line 1: expected '1', got '2'" in str(proof.dropped[0].evidence)
    same = proving(job, {"echo": replaced("RUN echo 1 >", "RUN echo  1 >")}, config=config)
    assert same.passed
    assert same.check is not None
    assert same.check.trials[0].masking.wholly == 1


def test_a_service_among_what_it_depends_on(engine: Engine, proving: Proving) -> None:
    name = f"jettison-test-{uuid4().hex[:8]}"
    ask = '"wget -q -O - http://peer:8080$(cat /path)"'
    job = f'FROM busybox:1.35\nRUN echo /a > /path\nCMD ["sh", "-c", {ask}]\n'
    serve = "mkdir /w && echo one > /w/a && echo two > /w/b && httpd -f -p 8080 -h /w"
    peer = ["--detach", "--rm", "--name", name, "--network", name, "--network-alias", "peer", "busybox:1.35"]
    assert engine.docker("network", "create", name).ok
    try:
        assert engine.docker("run", *peer, "sh", "-c", serve).ok
        config = Config(scenarios=(), run_options=(f"--network={name}",))
        allows = {"other": Allowance(change=("/path",))}
        proof = proving(job, {"other": replaced("echo /a", "echo /b")}, allows, config)
        assert "stdout: line 1: expected 'one', got 'two'" in str(proof.dropped[0].evidence)
        assert proving(job, {"same": replaced("RUN echo", "RUN  echo")}, config=config).passed
        assert engine.docker("container", "inspect", name).ok, "what the user started stays"
    finally:
        engine.docker("container", "rm", "--force", name)
        engine.docker("network", "rm", name)


def test_ports_that_do_not_speak_http(proving: Proving) -> None:
    quiet = 'FROM busybox:1.35\nEXPOSE 7000 7001\nCMD ["telnetd", "-F", "-p", "7000", "-l", "sh"]\n'
    closed = replaced('"7000"', '"7001"')
    allows = {"moved": Allowance(config=("Cmd",))}
    proof = proving(quiet, {"moved": closed}, allows, Config(scenarios=(), ready_timeout=4.0))
    assert proof.verdict.result is Result.FAILED
    assert "port 7000: line 1: expected 'open', got 'closed'" in str(proof.dropped[0].evidence)


def test_an_ignore_file_is_tried_without_writing_it(proving: Proving) -> None:
    files = {".dockerignore": b"package.json\n.dockerignore\nDockerfile\n"}
    allows = {"ignore": Allowance(vanish=("/srv/package.json", "/srv/Dockerfile"))}
    proof = proving(STEADY, {"ignore": lambda text: text}, allows, files=files)
    assert proof.passed, text(proof)
    assert proof.candidate is not None
    assert proof.candidate.files == files
    refused = proving(STEADY, {"ignore": lambda text: text}, files=files)
    assert "/srv/package.json vanished (file)" in str(refused.dropped[0].evidence)


def test_json_of_a_real_proof(proving: Proving) -> None:
    document = to_json(
        proving(WEB, {"merge": merged}, config=Config(scenarios=("cold", "unchanged"), repeats=1))
    )
    assert document["verdict"] == "passed"
    assert document["before"]["compressed"]["bytes"] > 500_000
    assert document["before"]["uncompressed"]["basis"] == "measured"
    assert [scenario["name"] for scenario in document["scenarios"]] == ["cold", "unchanged"]
    assert document["differences"]["unexplained_count"] == 0


INTERRUPTED = """
import sys
from pathlib import Path
from jettison.build import Engine, Workbench
from jettison.config import Config
from jettison.proof import Candidate, Change, Request, prove
root = Path(sys.argv[1])
source = (root / "Dockerfile").read_bytes()
changes, config = (Change("x", "x"),), Config(ready_timeout=2.0)
request = Request(root, Candidate(source), changes, lambda ids: Candidate(source + b"# x\\n"), config=config)

def workbench(engine, **how):
    bench = Workbench(engine, **how)
    print(bench.nonce, flush=True)
    return bench

prove(Engine.find(), request, lambda step: print(step.text, flush=True), workbench=workbench)
"""


@pytest.mark.parametrize(
    ("when", "seconds"),
    [("build before", 2.0), ("run before", 1.0), ("read the files", 0.05), ("rebuild", 0.3)],
)
def test_ctrl_c_leaves_nothing(engine: Engine, tmp_path: Path, when: str, seconds: float) -> None:
    marker = f"marker-{uuid4().hex}"
    slow = "sleep 30" if when == "build before" else "true"
    (tmp_path / "main.py").write_text("print()\n")
    (tmp_path / "Dockerfile").write_text(
        f'FROM busybox:1.35\nCOPY . /x\nRUN echo {marker}; {slow}\nCMD ["sleep", "60"]\nEXPOSE 80\n'
    )
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "JETTISON_PRUNE": "always"},
        start_new_session=True,
    )
    assert process.stdout is not None
    nonce = process.stdout.readline().strip()
    for line in process.stdout:
        if line.startswith(when):
            break
    else:
        pytest.fail(f"the proof never came to {when!r}: {process.stderr and process.stderr.read()}")
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode != 0
    assert "KeyboardInterrupt" in said
    assert_nothing_left(engine, nonce)
    assert [r for r in engine.cache_records() if marker in r.description] == []
