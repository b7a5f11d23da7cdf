"""What is tried on both images, and what one run of it showed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from jettison.config import Config, Smoke


class Trial(NamedTuple):
    """One start of a container and what is asked of it. Without `tests`: whatever it shows by itself."""

    name: str
    tests: tuple[Smoke, ...] = ()
    env: Mapping[str, str] = {}
    args: tuple[str, ...] | None = None
    options: tuple[str, ...] = ()
    """For `docker run`."""

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
            config.run_options,
        )
        for tests in shared.values()
    ]
    return tuple(made) or (Trial("start", (), config.env, config.args, config.run_options),)


def unmet(test: Smoke, seen: Mapping[str, str]) -> tuple[str, ...]:
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
