"""A package manager's cache or lists stay in the layer."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from jettison.dockerfile import Stage
from jettison.facts import load
from jettison.findings import Allowance, Finding, Fix, Safety, Saving
from jettison.project import Project
from jettison.rules import rule
from jettison.rules.leftovers import Use, clean_up, emptied, leaving, makes, used_again, weight
from jettison.shell.packages import Action, action
from jettison.shell.render import Refusal, add_option, append_command
from jettison.spans import Edit, Span


@rule(
    "JT101",
    aliases=("DL3009", "DL3019", "DL3032", "DL3036", "DL3040", "DL3042", "DL3060"),
    order=30,
)
def package_cache_left(project: Project) -> Iterator[Finding]:
    """A package manager's cache or lists stay in the layer.

    What:
        A RUN of a stage whose layers ship installs packages and keeps what only the package manager would
        read again: apt's lists, apk's index, the caches of dnf, yum, zypper, pip, pipenv, poetry, npm, yarn,
        composer, gem, Bundler, conda, Go, Cargo, Maven, Gradle and NuGet.

    Why:
        A layer is what a RUN leaves behind; removing it in a later RUN only hides it. apt's lists alone are
        20 MB (bookworm, measured), npm's cache is larger than the packages it installs.

    How it is fixed:
        With the manager's own option where it has one (`pip --no-cache-dir`, `apk --no-cache`), else by its
        clean-up at the end of the same RUN, reached only when everything before it has succeeded. Nothing but
        the cache leaves the image, so this is applied without a proof. Where the next RUNs install from the
        same lists, they are joined with the one that fetched them; that waits for a real build.

    When not:
        With a cache or tmpfs mount on that folder nothing stays behind. In stages that are not shipped it
        does not matter. It is refused after `||`, a background command or an `exit`, and when a later RUN
        that cannot be joined, or one of a stage built FROM this one, still installs from these lists. pnpm
        and uv are left alone: their stores are hard links to what is installed. Go, Cargo, Maven, Gradle and
        NuGet keep their caches where a later RUN or the container itself calls them; where nothing does, the
        clean-up waits for a real build. gem and Bundler are known in the ruby images only. `yarn cache clean`
        is used for yarn 1 only: later versions may run the program out of their cache.

    References:
        https://docs.docker.com/build/building/best-practices/#apt-get
        https://github.com/hadolint/hadolint/wiki/DL3009
    """
    for stage in project.shipped:
        for run, script in project.runs(stage):
            for use in leaving(project, stage, run, script):
                found = _judge(project, stage, use)
                if found is not None:
                    yield found


def _judge(project: Project, stage: Stage, use: Use) -> Finding | None:
    later = [script for run, script in project.runs(stage) if run.span.start > use.run.span.start]
    if any(emptied(use, script) and not makes(script, use.manager) for script in later):
        return None
    if used_again(use) or (use.manager.later and _removed_after(use)):
        return None
    fix = _fix(use)
    first = use.made[0]
    return Finding(
        Span(first.command.words[0].span.start, first.word.span.end),
        f"this layer keeps {use.what}",
        Saving(bytes=weight(use)),
        fix if isinstance(fix, Fix) else None,
        fix.reason if isinstance(fix, Refusal) else None,
        about=f"{use.manager.name}'s cache of line {use.run.start_line}",
    )


def _fix(use: Use) -> Fix | Refusal:
    from jettison.rules.lists import join_readers, readers

    inside = tuple(f"{folder}/*" for folder in use.folders)
    leading = tuple(posixpath.dirname(folder) for folder in use.folders if "/.cache/" in folder)
    allows = Allowance(vanish=(*use.folders, *inside, *leading))
    if use.row.get("logs"):
        allows |= Allowance(appear=inside, change=inside)
    if use.row["way"] == "option" and all(each.verb != "update" for each in use.made):
        return _with_option(use, allows)
    if (gone := _removed_after(use)) is not None:
        return Refusal(f"`{gone}` comes after the install, and may remove {use.manager.name} itself")
    found = readers(use.project, use.run, use.manager)
    joined = join_readers(use.project, use.run, found) if found else ()
    last = use.project.script(found[-1]) if found else use.script
    if isinstance(joined, Refusal):
        return joined
    outcome = () if found and emptied(use, last) else append_command(last, clean_up(use))
    if isinstance(outcome, Refusal):
        return outcome
    sure = not found and not use.row.get("proven")
    safety = Safety.SAFE if sure else Safety.PROVEN
    where = f"one RUN, up to line {found[-1].start_line}, that" if found else "the RUN that"
    title = f"Remove {use.what} in {where} leaves {'and uses ' if found else ''}them"
    return Fix(title, (*joined, *outcome), safety, allows=allows)


def _removed_after(use: Use) -> str | None:
    """The command after an install that may remove the language's own package manager, whose clean-up is
    needed.
    """
    removes = use.row["way"] == "remove" or use.manager.cleanup.startswith("rm ")
    if removes or use.manager.family == "rpm":
        return None
    for command in use.script.commands:
        done = action(command)
        words = " ".join(word.raw for word in command.words)
        system = done is not None and done.verb == "remove" and done.manager.family in ("apt", "apk", "rpm")
        if command.start < use.made[-1].command.start:
            continue
        if command.name == "rm" and use.manager.name in words:
            return words
        if done is not None and system and _may_remove(use, done):
            return words
    return None


def _may_remove(use: Use, removal: Action) -> bool:
    """True unless every package that is removed is known, and none brings the manager."""
    brings = load("leftovers")["brought_by"].get(use.manager.name)
    virtual = {
        option.value: done.packages
        for command in use.script.commands
        if (done := action(command)) is not None and done.verb == "install"
        for option in done.options
        if option.name in ("-t", "--virtual")
    }
    gone = [name for each in removal.packages for name in virtual.get(each, (each,))]
    unknown = any(name.startswith(".") or set(name) & set("$`*") for name in gone)
    return brings is None or not gone or unknown or any(name in brings for name in gone)


def _with_option(use: Use, allows: Allowance) -> Fix | Refusal:
    option = use.manager.no_cache[0]
    edits: list[Edit] = []
    for each in use.made:
        outcome = add_option(use.script, each.command, option, each.word)
        if isinstance(outcome, Refusal):
            return outcome
        edits += outcome
    return Fix(
        f"Give {use.manager.name} {option}, so that it keeps none", tuple(edits), Safety.SAFE, allows=allows
    )
