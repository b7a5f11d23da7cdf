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
from jettison.findings import BASE, Finding
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

    def findings(self, project: Project) -> Iterator[Finding]:
        """What the rule says about a project, stamped with its name, code and the Dockerfile's path."""
        for found in self.check(project):
            yield replace(
                found,
                rule=self.name,
                code=self.code,
                aliases=self.aliases,
                path=project.path,
                about=found.about or _base(project, found),
            )


def _base(project: Project, found: Finding) -> str:
    """What is said at a FROM is about its base image."""
    for stage in project.dockerfile.stages if found.saving.bytes else ():
        if stage.from_.span.start <= found.span.start < stage.from_.span.end:
            return f"{BASE}{stage.from_.start_line}"
    return ""


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


_OPTIONAL = "style"
"""The area whose rules are all off by default: a check that does not ask for them does not load them."""


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule, built in and plugged in, by code."""
    return _loaded()


@cache
def default_rules() -> tuple[Rule, ...]:
    """The rules that are on unless configured otherwise, by code."""
    return tuple(each for each in _loaded(without=_OPTIONAL) if each.default)


def _loaded(without: str = "") -> tuple[Rule, ...]:
    """What is registered once the modules of every area but one are imported."""
    folder = Path(__file__).parent
    for file in sorted(folder.glob("*/[a-z]*.py")):
        if file.parent.name != without:
            import_module(f"{__name__}.{file.parent.name}.{file.stem}")
    load_plugins("rule")
    return tuple(sorted(_rules.values(), key=lambda r: r.code))


def find_rules(name: str) -> tuple[Rule, ...]:
    """The rule of that name, code or alias, or all rules of that area, or `default`: those on by default.

    Raises UsageError as `find_rule` does.
    """
    wanted = name.casefold()
    if wanted == "default":
        return default_rules()
    area = tuple(each for each in all_rules() if each.area == wanted)
    return area or (find_rule(name),)


def find_rule(name: str) -> Rule:
    """The rule of that name, code or alias (upper and lower case alike); UsageError names the nearest when
    none is."""
    wanted = name.casefold()
    for each in all_rules():
        if wanted in (each.name, each.code.casefold(), *(alias.casefold() for alias in each.aliases)):
            return each
    from difflib import get_close_matches

    near = get_close_matches(wanted, [each.name for each in all_rules()], 1)
    hint = f"did you mean {near[0]}?" if near else "`jettison explain` lists the rules"
    raise UsageError(f"there is no rule {name!r}", hint)
