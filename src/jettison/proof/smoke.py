"""One run of an image, seen from outside: what it prints, how it ends, what its ports answer."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from jettison.build import Container, Workbench
from jettison.config import Config, Smoke
from jettison.errors import CannotRun
from jettison.proof import inside
from jettison.proof.probe import Answer, ask

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


class Trial(NamedTuple):
    """One start of a container and what is asked of it. Without `tests`: whatever it shows by itself."""

    name: str
    tests: tuple[Smoke, ...] = ()
    env: Mapping[str, str] = {}
    args: tuple[str, ...] | None = None

    @property
    def command(self) -> Smoke | None:
        """The command to run, when this is a command test."""
        return self.tests[0] if self.tests and self.tests[0].command else None


@dataclass(frozen=True, slots=True)
class Observation:
    """What one run showed, by name. Names are the same for every image, so that two runs can be compared."""

    facets: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    """Expectations of the user's that did not hold."""
    ports: Mapping[int, str] = field(default_factory=dict)
    """What each port was found to be: `http`, `open` or `closed`."""
    weak: str = ""
    """Why this run says little about the image; empty when it says something."""
    log: str = ""
    """The last lines it printed, as evidence."""
    seconds: float = 0.0
    """From start until it answered or ended."""
    uid: int | None = None


def trials(config: Config) -> tuple[Trial, ...]:
    """What to do with each image: the user's smoke tests, else one start that looks at everything it offers.

    HTTP tests with the same environment and arguments share one container.
    """
    shared: dict[tuple[object, ...], list[Smoke]] = {}
    for number, test in enumerate(config.smoke):
        same = (tuple(test.env.items()), test.args) if test.http else (number,)
        shared.setdefault(same, []).append(test)
    made = [
        Trial(
            ", ".join(test.name for test in tests),
            tuple(tests),
            {**config.env, **tests[0].env},
            tests[0].args if tests[0].args is not None else config.args,
        )
        for tests in shared.values()
    ]
    return tuple(made) or (Trial("start", (), config.env, config.args),)


def observe(
    bench: Workbench,
    image: str,
    trial: Trial,
    run_config: Mapping[str, Any],
    *,
    ready: float,
    known: Mapping[int, str] | None = None,
) -> Observation:
    """Run a trial on the image built under this name.

    `known` are the ports that an earlier run of before found: these are waited for, up to `ready` seconds. An
    image that cannot be started is an observation too, not an exception.
    """
    ready = max([ready if test.timeout is None else test.timeout for test in trial.tests], default=ready)
    try:
        if trial.command:
            return _run_command(bench, image, trial, trial.command, ready)
        return _run_service(bench, image, trial, run_config, ready, known)
    except CannotRun as problem:
        return Observation({"run": "does not start"}, weak="it does not start", log=problem.message)


def _run_command(bench: Workbench, image: str, trial: Trial, test: Smoke, ready: float) -> Observation:
    started = time.monotonic()
    container = bench.start(image, command=test.command, entrypoint=test.entrypoint, env=trial.env, ports=())
    try:
        code = container.wait(ready)
        out, err = _output(container)
        if code is None:
            return Observation(
                {"run": f"still runs after {ready:.0f} s"}, weak="it did not end", log=_tail(out + err)
            )
        facets = {"run": "ends", "exit code": str(code), "stdout": out, "stderr": err}
        problems = _unmet(test, facets)
        return Observation(facets, problems, log=_tail(out + err), seconds=time.monotonic() - started)
    finally:
        container.remove()


def _run_service(
    bench: Workbench,
    image: str,
    trial: Trial,
    run_config: Mapping[str, Any],
    ready: float,
    known: Mapping[int, str] | None,
) -> Observation:
    wanted = tuple(known) if known else tuple(test.port for test in trial.tests if test.port)
    found: tuple[int, ...] = ()
    while True:
        started = time.monotonic()
        container = bench.start(image, command=trial.args, env=trial.env, ports=wanted or found or None)
        try:
            if not container.ports and not found:
                found = _await_listening(container, min(ready, _SILENT))
                if found:
                    continue
            ports = _await_ports(container, ready, known)
            return _look(container, trial, run_config, ports, time.monotonic() - started)
        finally:
            container.remove()


def _await_listening(container: Container, seconds: float) -> tuple[int, ...]:
    """Ports that an image listens on without saying so; empty when it ends first or listens on none."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and container.state().running:
        if inside.listening(container):
            time.sleep(2 * _POLL)
            return inside.listening(container)
        time.sleep(2 * _POLL)
    return ()


def _await_ports(container: Container, ready: float, known: Mapping[int, str] | None) -> dict[int, str]:
    """What each port was last found to be, once all answer, the container ends, or the time is up."""
    until = time.monotonic() + ready
    awaited = {port for port in container.ports if not known or known.get(port) != "closed"}
    kinds: dict[int, str] = dict.fromkeys(container.ports, "closed")
    while awaited and container.state().running and time.monotonic() < until:
        for port in sorted(awaited):
            address = container.reach(port, 0.0)
            answer = ask(address, port, timeout=min(5.0, ready)) if address else Answer("closed")
            kinds[port] = answer.kind
            if answer.kind != "closed" and answer.status not in _NOT_YET:
                awaited.discard(port)
            if answer.kind != "closed" and not (known and awaited):
                until = min(until, time.monotonic() + _PATIENCE)
        if awaited:
            time.sleep(_POLL)
    return kinds


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
    weak = "" if any(kind != "closed" for kind in ports.values()) else "no port answers, and it does not end"
    for port, test in _questions(trial, ports, problems):
        address = container.reach(port, 1.0)
        answer = Answer("closed")
        if address:
            answer = ask(
                address,
                port,
                test.http,
                method=test.method,
                headers=test.headers,
                send=test.send,
                timeout=_ANSWER,
            )
        seen = _facets_of(f"{test.method} :{port}{test.http}", answer)
        facets |= seen
        problems += _unmet(test, {key.rpartition(" ")[2]: value for key, value in seen.items()})
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


def _unmet(test: Smoke, seen: Mapping[str, str]) -> tuple[str, ...]:
    """What the user expects and did not get."""
    problems = []
    for name, wanted in (("status", test.status), ("exit code", test.exit_code)):
        if wanted is not None and seen.get(name) != str(wanted):
            problems.append(f"{test.name}: {name} {seen.get(name, 'missing')}, expected {wanted}")
    for name, patterns in (("body", test.body), ("stdout", test.stdout), ("stderr", test.stderr)):
        for pattern in patterns:
            if not re.search(pattern, seen.get(name, ""), re.MULTILINE):
                problems.append(f"{test.name}: {name} has no match for {pattern!r}")
    return tuple(problems)


def _output(container: Container) -> tuple[str, str]:
    out, err = container.logs()
    return out[:_LARGEST].decode("utf-8", "replace"), err[:_LARGEST].decode("utf-8", "replace")


def _tail(text: str, lines: int = 8) -> str:
    return "\n".join(text.strip().splitlines()[-lines:])[-2000:]
