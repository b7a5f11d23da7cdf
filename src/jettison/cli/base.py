"""`jettison base`: what the image could stand on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from jettison.cli.console import Console
from jettison.cli.options import build_arguments, context_option, format_option, target_options
from jettison.cli.sources import Request, find_one, open_project
from jettison.errors import CannotRun, UsageError

if TYPE_CHECKING:
    from jettison.project import Project
    from jettison.report.style import Style
    from jettison.stages.choices import Advice, Choice

_SHOWN = ("shell", "manager", "debugging", "certificates", "timezones", "users", "health")


@click.command("base")
@click.argument("path", default=".", metavar="[PATH]")
@context_option
@target_options
@format_option
@click.pass_obj
def command(
    console: Console,
    path: str,
    context: str | None,
    build_args: tuple[str, ...],
    target: str | None,
    form: str,
) -> int:
    """What the image could stand on: size, libc, what comes with each, and which is advised.

    PATH is a Dockerfile or its folder (default: this one). Nothing is changed, built or pulled. Sizes are as
    a machine pulls them; `jettison facts refresh` asks registries for newer ones. Exit codes: 0 done, 2
    cannot run.
    """
    from jettison.facts.overlay import measured_images
    from jettison.stages.choices import advise

    if form not in ("text", "json"):
        raise UsageError(f"jettison base has no format {form!r}", "formats: text, json")
    project = open_project(find_one(path, context), Request(context, target, build_arguments(build_args)))
    advice = advise(project, measured_images())
    if not project.shipped:
        raise CannotRun(f"{project.path}: there is no FROM")
    if advice is None:
        console.write(_unknown(project, form))
        return 0
    console.write(_json(project, advice) if form == "json" else _text(project, advice, console.style))
    return 0


def _unknown(project: Project, form: str) -> Iterator[str]:
    from jettison.report.style import visible

    base = project.base_of(project.shipped[0])
    if form == "json":
        import json

        document = {"version": 1, "path": project.path, "base": base, "family": None, "choices": []}
        yield json.dumps({**document, "advice": None}, indent=2) + "\n"
    else:
        yield f"{visible(project.path)} stands on {visible(base)}: its relatives are not known here\n"


def _text(project: Project, advice: Advice, style: Style) -> Iterator[str]:
    from jettison.report.style import visible

    yield f"{style.bold(visible(project.path))} stands on {style.cyan(visible(advice.base))}\n\n"
    width = max(len(visible(each.image)) for each in advice.choices)
    yield f"   {'image'.ljust(width)}  {'MB pulled':>10}  on this project\n"
    for each in advice.choices:
        mark = "->" if each.image == advice.image else "* " if each.current else "  "
        size = f"{each.compressed:.1f}" if each.compressed else "?"
        yield f"{mark} {visible(each.image).ljust(width)}  {size:>10}  {_fits(each, style)}\n"
    yield "\n"
    for kind in dict.fromkeys(each.kind for each in advice.choices):
        each = next(each for each in advice.choices if each.kind == kind)
        yield f"{style.bold(kind)}: {each.comes_with['libc']}\n"
        for name in _SHOWN:
            yield f"   {name.ljust(12)}  {each.comes_with[name]}\n"
    notes = [f"{each.image}: {each.note}" for each in advice.choices if each.note]
    yield "".join(f"\n{note}" for note in notes) + ("\n" if notes else "")
    yield f"\n{style.green('Advised:')} {visible(advice.image)}: {visible(advice.why)}.\n"
    yield style.dim(_sizes(advice)) + "\n"


def _fits(choice: Choice, style: Style) -> str:
    from jettison.report.style import visible

    word = {True: style.green("fits"), False: style.red("fails"), None: style.yellow("unknown")}
    return f"{word[choice.verdict.fits]}: {visible(choice.verdict.why)}"


def _sizes(advice: Advice) -> str:
    known = sorted({f"{each.basis} {each.dated}" for each in advice.choices if each.compressed})
    return (
        f"Sizes: compressed, linux/amd64, of each image's current version; {', '.join(known) or 'unknown'}."
    )


def _json(project: Project, advice: Advice) -> Iterator[str]:
    import json

    document: dict[str, Any] = {
        "version": 1,
        "path": project.path,
        "base": advice.base,
        "family": advice.family,
        "choices": [_row(each) for each in advice.choices],
        "advice": {"image": advice.image, "why": advice.why},
    }
    yield json.dumps(document, indent=2) + "\n"


def _row(each: Choice) -> dict[str, Any]:
    size = {"megabytes": each.compressed, "of": each.sample, "date": each.dated, "basis": each.basis}
    return {
        "image": each.image,
        "kind": each.kind,
        "current": each.current,
        "compressed": size if each.compressed else None,
        "fits": each.verdict.fits,
        "why": each.verdict.why,
        "comes_with": dict(each.comes_with),
        "note": each.note or None,
    }
