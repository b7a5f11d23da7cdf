"""`jettison explain`: the documentation of a rule, out of its docstring and its cases."""

from __future__ import annotations

from collections.abc import Iterator

import click

from jettison.cli.console import Console
from jettison.report.rulepage import cases_of, explanation
from jettison.report.style import Style
from jettison.rules import all_rules, find_rule


@click.command("explain")
@click.argument("name", required=False, metavar="[RULE]")
@click.pass_obj
def command(console: Console, name: str | None) -> int:
    """What a rule finds, why it matters, how it is fixed and when it stays silent, with examples.

    RULE is a name, a code or an alias. Without one: the list of all rules.
    """
    if name is None:
        console.write(_list(console.style))
    else:
        rule = find_rule(name)
        console.write(explanation(rule, cases_of(rule.name), console.style))
    return 0


def _list(style: Style) -> Iterator[str]:
    from jettison.casefile import fixable

    rules = all_rules()
    width = max((len(rule.name) for rule in rules), default=0)
    for rule in rules:
        fix = "fix" if fixable(cases_of(rule.name)) else "   "
        yield f"{rule.code}  {style.cyan(rule.name.ljust(width))}  {style.green(fix)}  {rule.summary}\n"
    yield "\njettison explain RULE shows one of them with examples.\n"
