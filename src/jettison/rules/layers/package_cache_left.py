"""A package manager's cache or lists stay in the layer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from jettison.dockerfile import Instruction, Stage
from jettison.findings import Allowance, Finding, Fix, Safety, Saving
from jettison.project import Project
from jettison.rules import rule
from jettison.rules.leftovers import (
    MAKES,
    actions,
    home,
    left_paths,
    leftover_row,
    mounted,
    needed_later,
    removal,
    weight,
)
from jettison.shell import Script
from jettison.shell.packages import Action, PackageManager
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
        read again: apt's lists, apk's index, the caches of dnf, yum, zypper, pip, uv, npm, yarn, composer and
        conda.

    Why:
        A layer is what a RUN leaves behind; removing it in a later RUN only hides it. apt's lists alone are
        20 MB (bookworm, measured), npm's cache is larger than the packages it installs.

    How it is fixed:
        With the manager's own option where it has one (`pip --no-cache-dir`, `apk --no-cache`), else by its
        clean-up at the end of the same RUN, reached only when everything before it has succeeded. Nothing but
        the cache leaves the image, so the fix is applied without a proof.

    When not:
        With a cache or tmpfs mount on that folder nothing stays behind. In stages that are not shipped it
        does not matter. It is refused after `||`, a background command or an `exit`, and when a later RUN,
        also of a stage built FROM this one, still installs from these lists. pnpm, poetry, Go, Cargo, Maven,
        Gradle, NuGet, gem and Bundler are left alone: their stores are part of the installation or are read
        by later steps. `yarn cache clean` is used for yarn 1 only: later versions may run the program out of
        their cache.

    References:
        https://docs.docker.com/build/building/best-practices/#apt-get
        https://github.com/hadolint/hadolint/wiki/DL3009
    """
    for stage in project.shipped:
        for run, script in project.runs(stage):
            if script.ok:
                yield from _judge(project, stage, run, script)


class _Use(NamedTuple):
    """What one RUN does with one package manager: `made` are the actions that leave something behind."""

    project: Project
    stage: Stage
    run: Instruction
    script: Script
    manager: PackageManager
    made: list[Action]

    @property
    def folders(self) -> tuple[str, ...]:
        """Where it is left."""
        return left_paths(self.project, self.run, self.manager)


def _judge(project: Project, stage: Stage, run: Instruction, script: Script) -> Iterator[Finding]:
    done = actions(script)
    for manager in {each.manager.name: each.manager for each in done}.values():
        row = leftover_row(manager)
        made = [each for each in done if each.manager is manager and each.verb in MAKES]
        use = _Use(project, stage, run, script, manager, made)
        use = use._replace(made=_that_leave(use))
        if row is None or not use.made or _removed(use):
            continue
        fix = _fix(use, row)
        first = use.made[0]
        yield Finding(
            Span(first.command.words[0].span.start, first.word.span.end),
            f"this layer keeps {row['what']}",
            Saving(bytes=weight(project, run, row, use.made)),
            fix if isinstance(fix, Fix) else None,
            fix.reason if isinstance(fix, Refusal) else None,
        )


def _that_leave(use: _Use) -> list[Action]:
    """Those of the actions after which something is there."""
    env = use.project.scope(use.run).variables
    updated = any(each.verb == "update" for each in use.made)
    if use.manager.name == "apt-get":
        piped = any(c.name in ("sh", "bash") and "pipeline" in c.context for c in use.script.commands)
        return use.made if piped or updated else []
    if use.manager.name == "apk" and updated:
        return use.made
    if use.manager.name == "pip" and env.get("PIP_NO_CACHE_DIR"):
        return []
    return [each for each in use.made if each.verb != "update" and each.keeps_cache(env)]


def _removed(use: _Use) -> bool:
    """True when the folders are mounted, emptied here, or emptied by a later RUN (which is another rule's).
    """
    if any(mounted(use.run, folder) for folder in use.folders):
        return True
    if use.manager.name == "yarn" and not _yarn_1(use.project):
        return True
    if _emptied(use, use.script, max(each.command.start for each in use.made)):
        return True
    later = [text for run, text in use.project.runs(use.stage) if run.span.start > use.run.span.start]
    return any(_emptied(use, text, 0) and not _makes(text, use.manager) for text in later)


def _emptied(use: _Use, script: Script, after: int) -> bool:
    """True when a script, from character `after` on, removes what this use leaves."""
    at_home = home(use.project, use.run)
    if any(removal(script, (folder,), at_home, after) for folder in use.folders):
        return True
    for each in actions(script):
        if each.manager is use.manager and each.verb == "clean" and each.command.start >= after:
            return use.manager.name != "apt-get" or each.subcommand in ("distclean", "dist-clean")
    return False


def _makes(script: Script, manager: PackageManager) -> bool:
    return any(each.manager is manager and each.verb in MAKES for each in actions(script))


def _fix(use: _Use, row: dict[str, Any]) -> Fix | Refusal:
    if line := needed_later(use.project, use.run, use.manager):
        return Refusal(f"line {line} installs from these lists without an update of its own")
    inside = tuple(f"{folder}/*" for folder in use.folders)
    allows = Allowance(vanish=(*use.folders, *inside))
    if row.get("logs"):
        allows |= Allowance(appear=inside, change=inside)
    if row["way"] == "option" and all(each.verb != "update" for each in use.made):
        return _with_option(use, allows)
    outcome = append_command(use.script, _clean_up(use))
    if isinstance(outcome, Refusal):
        return outcome
    safety = Safety.PROVEN if use.manager.name == "conda" else Safety.SAFE
    return Fix(f"Remove {row['what']} in the RUN that leaves them", outcome, safety, allows=allows)


def _with_option(use: _Use, allows: Allowance) -> Fix | Refusal:
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


def _clean_up(use: _Use) -> str:
    """The manager's clean-up, by the name it is called here, and through sudo where the install is."""
    first, _, rest = use.manager.cleanup.partition(" ")
    used = use.made[-1].command
    variants = ("dnf5", "tdnf", "mamba", "micromamba")
    name = used.name if first == use.manager.name and used.name in variants else first
    return ("sudo " if "sudo" in used.wrappers else "") + f"{name} {rest}"


def _yarn_1(project: Project) -> bool:
    """True when nothing speaks for a later yarn, whose cache may hold what the program runs from."""
    context = project.context
    if context.exists(".yarnrc.yml") or b'"yarn@' in context.read("package.json").replace(b"yarn@1", b""):
        return False
    commands = [c for stage in project.shipped for _, script in project.runs(stage) for c in script.commands]
    switched = [c for c in commands if c.name == "yarn" and "set" in [word.text for word in c.arguments[:1]]]
    return not switched and not any(command.name == "corepack" for command in commands)
