"""One image run once, and watched from outside: what it prints, how it ends, what its ports answer."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from jettison.build import Container, Workbench
from jettison.config import Smoke
from jettison.errors import CannotRun
from jettison.proof import inside
from jettison.proof.probe import Answer, ask
from jettison.proof.trial import Observation, Trial, unmet

_POLL = 0.1
_PATIENCE = 3.0
"""Seconds that further ports get once one of them answers, and that an answer of `not yet` gets to change."""
_NOT_YET = (502, 503)
_ANSWER = 10.0
"""Seconds that one request may take."""
_SILENT = 10.0
"""Seconds given to an image that exposes no port, to end or to listen on one."""
_LARGEST = 1_000_000
"""Bytes of output that are looked at."""


def observe(
    bench: Workbench,
    image: str,
    trial: Trial,
    run_config: Mapping[str, Any],
    *,
    ready: float,
    earlier: Observation | None = None,
) -> Observation:
    """Run a trial on the image built under this name.

    What `earlier`, a run of before, answered on is waited for up to `ready` seconds. An image that cannot be
    started is an observation too, not an exception.
    """
    ready = max([ready if test.timeout is None else test.timeout for test in trial.tests], default=ready)
    try:
        if trial.command:
            return _run_command(bench, image, trial, trial.command, ready)
        return _run_service(bench, image, trial, run_config, ready, earlier)
    except CannotRun as problem:
        return Observation({"run": "does not start"}, weak="it does not start", log=problem.message)


def _run_command(bench: Workbench, image: str, trial: Trial, test: Smoke, ready: float) -> Observation:
    started = time.monotonic()
    container = bench.start(
        image,
        command=test.command,
        entrypoint=test.entrypoint,
        env=trial.env,
        ports=(),
        options=trial.options,
    )
    try:
        code = container.wait(ready)
        out, err = _output(container)
        if code is None:
            return Observation(
                {"run": f"still runs after {ready:.0f} s"}, weak="it did not end", log=_tail(out + err)
            )
        facets = {"run": "ends", "exit code": str(code), "stdout": out, "stderr": err}
        problems = unmet(test, facets)
        return Observation(facets, problems, log=_tail(out + err), seconds=time.monotonic() - started)
    finally:
        container.remove()


def _run_service(
    bench: Workbench,
    image: str,
    trial: Trial,
    run_config: Mapping[str, Any],
    ready: float,
    earlier: Observation | None,
) -> Observation:
    ports = tuple(earlier.ports) if earlier and earlier.ports else _named_ports(trial, run_config)
    while True:
        started = time.monotonic()
        container = bench.start(image, command=trial.args, env=trial.env, ports=ports, options=trial.options)
        try:
            if not ports:
                silent = earlier is not None and earlier.facets.get("run") == "stays up"
                ports = _await_listening(container, min(ready, _PATIENCE if silent else _SILENT))
                if ports:
                    continue
            kinds = _await_ports(container, ready, earlier.ports if earlier else {})
            return _look(container, trial, run_config, kinds, time.monotonic() - started)
        finally:
            container.remove()


def _named_ports(trial: Trial, run_config: Mapping[str, Any]) -> tuple[int, ...]:
    """The TCP ports that the image exposes and that tests name."""
    exposed = [port.partition("/") for port in run_config.get("ExposedPorts") or ()]
    ports = {int(number) for number, _, kind in exposed if kind in ("", "tcp") and number.isdecimal()}
    return tuple(sorted(ports | {test.port for test in trial.tests if test.port}))


def _await_listening(container: Container, seconds: float) -> tuple[int, ...]:
    """Ports that an image listens on without saying so; empty when it ends first or listens on none."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and container.state().running:
        if inside.listening(container):
            time.sleep(2 * _POLL)
            return inside.listening(container)
        time.sleep(2 * _POLL)
    return ()


def _await_ports(container: Container, ready: float, known: Mapping[int, str]) -> dict[int, str]:
    """What each port was found to be, once all answer, the container ends, or the time is up.

    Ports `known` to be closed are not waited for; without any others the container gets a while to end.
    """
    kinds: dict[int, str] = dict.fromkeys(container.ports, "closed")
    awaited = {port for port in kinds if known.get(port) != "closed"}
    if kinds and not awaited:
        container.wait(min(ready, _PATIENCE))
    until = time.monotonic() + ready
    while awaited and container.state().running and time.monotonic() < until:
        for port in sorted(awaited):
            answer = _first_answer(container, port, ready)
            kinds[port] = answer.kind
            if answer.kind != "closed" and answer.status not in _NOT_YET:
                awaited.discard(port)
            if answer.kind != "closed" and not (known and awaited):
                until = min(until, time.monotonic() + _PATIENCE)
        if awaited:
            time.sleep(_POLL)
    return kinds | {p: _first_answer(container, p, ready).kind for p in kinds if known.get(p) == "closed"}


def _first_answer(container: Container, port: int, ready: float) -> Answer:
    address = container.reach(port, 0.0)
    return ask(address, port, timeout=min(5.0, ready)) if address else Answer("closed")


def _look(
    container: Container,
    trial: Trial,
    run_config: Mapping[str, Any],
    ports: dict[int, str],
    seconds: float,
) -> Observation:
    if not container.state().running:
        return _ended(container, trial, run_config, seconds)
    facets = {"run": "stays up"} | {f"port {port}": kind for port, kind in ports.items()}
    problems: list[str] = []
    for port, test in _questions(trial, ports, problems):
        address = container.reach(port, 1.0)
        how = {"method": test.method, "send": test.send}
        answer = (
            ask(address, port, test.http, headers=test.headers, timeout=_ANSWER, **how)
            if address
            else Answer("closed")
        )
        seen = _facets_of(f"{test.method} :{port}{test.http}", answer)
        facets |= seen
        problems += unmet(test, {key.rpartition(" ")[2]: value for key, value in seen.items()})
    statuses = [value for name, value in facets.items() if name.endswith(" status")]
    weak = ""
    if all(kind == "closed" for kind in ports.values()):
        weak = "no port answers, and it does not end"
    elif statuses and all(status.startswith("5") for status in statuses):
        weak = "it answers nothing but errors"
    if check := inside.healthcheck(run_config):
        code = inside.execute(container, check)
        facets["healthcheck"] = "takes too long" if code is None else f"exit code {code}"
    if not container.state().running:
        facets["run"] = "ends when it is asked"
    out, err = _output(container)
    uid = inside.user_id(container, run_config)
    return Observation(facets, tuple(problems), ports, weak, _tail(out + err), seconds, uid)


def _ended(container: Container, trial: Trial, run_config: Mapping[str, Any], seconds: float) -> Observation:
    state = container.state()
    out, err = _output(container)
    facets = {"run": "ends", "exit code": str(state.exit_code), "stdout": out, "stderr": err}
    weak = ""
    if not out and not err:
        weak = "it ends at once and prints nothing"
    elif state.exit_code:
        weak = f"it fails by itself, with exit code {state.exit_code}"
    problems = tuple(f"{test.name}: it ended with exit code {state.exit_code}" for test in trial.tests)
    uid = inside.user_id(container, run_config)
    return Observation(facets, problems, {}, weak, _tail(out + err) or state.error, seconds, uid)


def _questions(trial: Trial, ports: Mapping[int, str], problems: list[str]) -> list[tuple[int, Smoke]]:
    """Port and test of every request to make; what cannot be asked goes to `problems`."""
    speaking = [port for port, kind in ports.items() if kind == "http"]
    if not trial.tests:
        return [(port, Smoke("GET /", http="/")) for port in speaking]
    asked: list[tuple[int, Smoke]] = []
    for test in trial.tests:
        if test.port is not None and test.port in ports:
            asked.append((test.port, test))
        elif test.port is None and len(speaking) == 1:
            asked.append((speaking[0], test))
        else:
            several = f"ports {', '.join(map(str, speaking))} speak HTTP: name one with `port`"
            problems.append(f"{test.name}: {several if speaking else 'no port speaks HTTP'}")
    return asked


def _facets_of(question: str, answer: Answer) -> dict[str, str]:
    if answer.kind != "http":
        return {f"{question} status": answer.kind}
    headers = {f"{question} header {name}": value for name, value in sorted(answer.headers.items())}
    return {f"{question} status": str(answer.status), **headers, f"{question} body": answer.body}


def _output(container: Container) -> tuple[str, str]:
    out, err = container.logs()
    return out[:_LARGEST].decode("utf-8", "replace"), err[:_LARGEST].decode("utf-8", "replace")


def _tail(text: str, lines: int = 8) -> str:
    return "\n".join(text.strip().splitlines()[-lines:])[-2000:]
