"""The rules: one file per rule, in folders by area. Importing this package registers every built-in rule.

A rule is a generator `Project -> Iterator[Finding]` under the `rule` decorator. Its file name is its name,
its folder its area, and its docstring its documentation, in sections What, Why, How it is fixed, When not,
References. Beside it `tests/cases/<name>.md` holds the Dockerfiles that test it and that its documentation
page shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from jettison.errors import UsageError
from jettison.findings import Finding
from jettison.plugins import load_plugins

if TYPE_CHECKING:
    from jettison.project import Project

Check = Callable[["Project"], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One registered rule. `order` says when its fixes are applied: small numbers first, so that a rule which
    moves instructions into another stage (50) sees them already improved (10 to 30)."""

    name: str
    code: str
    area: str
    check: Check
    aliases: tuple[str, ...] = ()
    order: int = 20
    default: bool = True

    @property
    def doc(self) -> str:
        """The rule's documentation: its docstring, unindented."""
        import inspect

        return inspect.getdoc(self.check) or ""

    @property
    def summary(self) -> str:
        """The first line of the documentation."""
        return (self.check.__doc__ or "").strip().partition("\n")[0]

    def answers_to(self, wanted: str) -> bool:
        """True for its name, its code and each of its aliases, given in lower case."""
        return wanted in (self.name, self.code.casefold(), *(alias.casefold() for alias in self.aliases))

    def findings(self, project: Project) -> Iterator[Finding]:
        """What the rule says about a project, stamped with its name, code and the Dockerfile's path."""
        for found in self.check(project):
            yield replace(found, rule=self.name, code=self.code, aliases=self.aliases, path=project.path)


_rules: dict[str, Rule] = {}


def rule(
    code: str, *, aliases: tuple[str, ...] = (), order: int = 20, default: bool = True
) -> Callable[[Check], Check]:
    """Register a generator function as a rule; name and area come from its module:
    `rules/<area>/<name>.py`."""

    def register(check: Check) -> Check:
        *_, area, module = check.__module__.split(".")
        name = module.replace("_", "-")
        _rules[name] = Rule(name, code, area, check, aliases, order, default)
        return check

    return register


OPTIONAL_AREA = "style"
"""The area whose rules are all off by default: not imported until a rule is asked for by name."""


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule, built in and plugged in, by code."""
    default_rules()
    _import_rules(OPTIONAL_AREA)
    return tuple(sorted(_rules.values(), key=lambda r: r.code))


@cache
def default_rules() -> tuple[Rule, ...]:
    """The rules that are on by default, by code; the optional area is not imported for it."""
    _import_rules("[!_]*")
    load_plugins("rule")
    return tuple(sorted((each for each in _rules.values() if each.default), key=lambda r: r.code))


def _import_rules(areas: str) -> None:
    """Import the rule modules of the areas that match; the optional one only by its own name."""
    for file in sorted(Path(__file__).parent.glob(f"{areas}/[a-z]*.py")):
        area = file.parent.name
        if area != OPTIONAL_AREA or areas == OPTIONAL_AREA:
            import_module(f"{__name__}.{area}.{file.stem}")


def find_rules(name: str) -> tuple[Rule, ...]:
    """The rule of that name, code or alias, else every rule of that area, or with `default` those on by
    default. Raises UsageError when it names nothing."""
    if name.casefold() == "default":
        return default_rules()
    return tuple(each for each in all_rules() if each.area == name.casefold()) or (find_rule(name),)


def find_rule(name: str) -> Rule:
    """The rule of that name, code or alias (upper and lower case alike); UsageError names the nearest when
    none is."""
    wanted = name.casefold()
    for each in all_rules():
        if each.answers_to(wanted):
            return each
    from difflib import get_close_matches

    near = get_close_matches(wanted, [each.name for each in all_rules()], 1)
    hint = f"did you mean {near[0]}?" if near else "`jettison explain` lists the rules"
    raise UsageError(f"there is no rule {name!r}", hint)
