"""Ctrl-C and SIGTERM in the middle of a build leave nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e

SCRIPT = """
import sys
from jettison.build import BuildRequest, Engine, Workbench
with Workbench(Engine.find(), prune=sys.argv[1]) as bench:
    context = bench.folder("context")
    (context / "a.txt").write_text(bench.nonce)
    base = b"FROM debian:bookworm-slim\\nCOPY a.txt /\\n"
    base += b"RUN --mount=type=cache,target=/cache cp /a.txt /cache/f\\n"
    assert bench.build(BuildRequest(context, base), "first").ok
    bench.start("first", command=["sleep", "300"])
    if bench.engine.features.cache_export:
        bench.cache_to("never-written")
    def tell(event):
        if event.kind == "log":
            print("NONCE", bench.nonce, context.parent, flush=True)
    bench.build(BuildRequest(context, base + b"RUN echo started; sleep 300\\n"), "second", tell)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_nothing_is_left_behind(engine, prune, number):
    before = {record.id for record in engine.cache_records()}
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT, prune], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        mark, nonce, folder = child.stdout.readline().decode().split()
        assert mark == "NONCE"
        assert Path(folder).is_dir()
        os.kill(child.pid, number)
        time.sleep(0.5)
        os.kill(child.pid, signal.SIGINT)  # the impatient second one
        error = child.stderr.read().decode()
        assert child.wait(60) in (-signal.SIGINT, 128 + number), error
    assert not Path(folder).exists()
    assert nonce not in engine.docker("image", "ls").text
    assert not engine.docker(
        "container", "ls", "--all", "--quiet", "--filter", f"label=jettison={nonce}"
    ).text
    assert not list(Path(folder).parent.glob(f"jettison-{nonce}*"))
    fresh = [record for record in engine.cache_records() if record.id not in before]
    texts = [record.description for record in fresh]
    assert not [text for text in texts if "sleep 300" in text]
    if prune == "always":
        assert not [text for text in texts if "cp /a.txt /cache/f" in text]
    processes = subprocess.run(["ps", "ax", "-o", "args"], capture_output=True, text=True, check=True).stdout
    assert nonce not in processes
