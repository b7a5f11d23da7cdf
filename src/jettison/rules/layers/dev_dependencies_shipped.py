"""Packages that only development needs are installed into the image."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from jettison.dockerfile import Instruction, Stage
from jettison.facts import load
from jettison.facts.bases import Reference
from jettison.findings import Allowance, Finding, Fix, Safety, Saving
from jettison.project import Project
from jettison.rules import rule
from jettison.rules.leftovers import home
from jettison.shell import Script
from jettison.shell.packages import Action, action
from jettison.shell.render import Refusal, add_option, replace_word
from jettison.spans import Edit, Span

if TYPE_CHECKING:
    from jettison.rules.nodepackages import NodePackage


@rule("JT105", order=24)
def dev_dependencies_shipped(project: Project) -> Iterator[Finding]:
    """Packages that only development needs are installed into the image.

    What:
        `npm install` or `npm ci` (or yarn 1, pnpm) without `--omit=dev` in a stage whose layers ship, where
        package.json has devDependencies; `composer install`, `poetry install` and `uv sync` where the
        manifest has packages for development; `bundle install` and `mix deps.get` where RAILS_ENV, RACK_ENV
        or MIX_ENV says production; and `pip install -r requirements-dev.txt`.

    Why:
        Linters, compilers and test runners are most of a node_modules: with eslint and jest 37 of 41 MB
        (measured). They are pulled with every deployment, and each has security reports of its own.

    How it is fixed:
        `--omit=dev` is added, and `npm install` becomes `npm ci` when a package-lock.json that fits is
        copied. For bundler BUNDLE_WITHOUT is set before the install, and holds when the program starts, too.
        Applied once a real build agrees that only packages disappear and the program still answers.

    When not:
        It is refused when something after the install needs such a package: a RUN, CMD or ENTRYPOINT, a
        script of package.json that it calls, a lifecycle script of the install (`prepare: husky`), or a
        source file that imports one. A build step belongs into a stage of its own. Without a lock file nobody
        knows what would be installed. For pip it is only proposed. Bundler and mix are left alone where no
        variable says production, pipenv because it installs them only when told to. NODE_ENV is never set: it
        would hold for every later build step.

    References:
        https://docs.npmjs.com/cli/v10/commands/npm-ci
        https://docs.docker.com/build/building/multi-stage/
    """
    for stage in project.shipped:
        for run, script in project.runs(stage):
            for command in script.commands if script.form != "json" else ():
                done = action(command)
                if done is not None and done.manager.name in load("dev-dependencies")["manager"]:
                    yield from _node(_Install(project, stage, run, script, done))
                elif done is not None and done.manager.name in load("dev-dependencies")["group"]:
                    yield from _group(project, stage, run, script, done)
                elif done is not None and done.manager.name in load("dev-dependencies")["environment"]:
                    yield from _production(project, stage, run, script, done)
                elif done is not None and done.manager.name == "pip" and done.verb == "install":
                    yield from _pip(project, done)


def _group(
    project: Project, stage: Stage, run: Instruction, script: Script, done: Action
) -> Iterator[Finding]:
    from jettison.rules.devgroups import Group, findings

    row = load("dev-dependencies")["group"][done.manager.name]
    yield from findings(Group(project, stage, run, script, done, row))


def _production(
    project: Project, stage: Stage, run: Instruction, script: Script, done: Action
) -> Iterator[Finding]:
    from jettison.rules.devgroups import Group
    from jettison.rules.productiongroups import findings

    row = load("dev-dependencies")["environment"][done.manager.name]
    yield from findings(Group(project, stage, run, script, done, row))


class _Install(NamedTuple):
    project: Project
    stage: Stage
    run: Instruction
    script: Script
    done: Action

    @property
    def row(self) -> dict[str, Any]:
        found: dict[str, Any] = load("dev-dependencies")["manager"][self.done.manager.name]
        return found


def _node(install: _Install) -> Iterator[Finding]:
    if not _installs_everything(install):
        return
    from jettison.rules.nodepackages import find_package

    package = find_package(install.project, install.run, install.row["lockfiles"])
    if package is None or not package.development or _configured(install, package):
        return
    count = package.count()
    message = f"{count} packages that only development needs are installed into the image"
    saving = Saving(bytes=int(count * load("dev-dependencies")["each_mb"] * 1e6))
    reason = _needed(install, package)
    fix = Refusal(reason) if reason else _fix(install, package)
    words = install.done.command.words
    yield Finding(
        Span(words[0].span.start, install.done.word.span.end),
        message,
        saving,
        fix if isinstance(fix, Fix) else None,
        fix.reason if isinstance(fix, Refusal) else None,
    )


def _installs_everything(install: _Install) -> bool:
    """True for an install of the project's own packages, development included."""
    done, row = install.done, install.row
    if done.subcommand not in row["commands"] or done.packages or done.files or install.script.named("cd"):
        return False
    for option in done.options:
        if option.name in (*row["already"], "-g", "--global", "--prefix", "-C", "--dir", "--cwd"):
            return False
        if option.value in row["values"].get(option.name, ()):
            return False
    return True


def _configured(install: _Install, package: NodePackage) -> bool:
    """True when the environment or an .npmrc leaves development packages out already, or it is a yarn with
    other words.
    """
    given = dict(install.project.scope(install.run).variables)
    for word in install.done.command.assignments:
        name, _, value = (word.text or word.raw).partition("=")
        given[name] = value
    context = install.project.context
    settings = context.read(posixpath.join(package.folder, ".npmrc")).replace(b" ", b"")
    if install.done.manager.name == "yarn":
        manager = str(package.manifest.get("packageManager", "yarn@1"))
        if context.exists(posixpath.join(package.folder, ".yarnrc.yml")) or not manager.startswith("yarn@1"):
            return True
    return (
        given.get("NODE_ENV") == "production"
        or "dev" in (given.get("NPM_CONFIG_OMIT"), given.get("npm_config_omit"))
        or any(text in settings for text in (b"omit=dev", b"production=true", b"only=prod"))
    )


def _needed(install: _Install, package: NodePackage) -> str:
    """What needs a development package, or why that cannot be known; "" when nothing does."""
    from jettison.rules.nodepackages import LIFECYCLE, importer
    from jettison.rules.runslater import later_texts

    if not package.lockfile:
        return f"no {install.row['lockfiles'][0]} is copied: which packages would be installed is not fixed"
    if "workspaces" in package.manifest:
        return "it is a workspace: its members have packages of their own"
    programs = package.programs()
    if not install.done.command.has_option("--ignore-scripts"):
        for name in LIFECYCLE:
            used = package.uses(package.scripts.get(name, ""), programs)
            if used:
                return f"the {name} script of package.json runs {used}"
    done = install.done
    for line, text in later_texts(install.project, install.stage, install.run, install.script, done.command):
        used = package.uses(text, programs)
        if used:
            return f"line {line} needs {used}: build in a stage of its own"
    found = importer(install.project, package)
    return f"{found[0]} imports {found[1]}" if found else ""


def _fix(install: _Install, package: NodePackage) -> Fix | Refusal:
    row, script, command = install.row, install.script, install.done.command
    reference = Reference.parse(install.project.base_of(install.stage))
    major = reference.tag.partition("-")[0].partition(".")[0]
    old = reference.repository == "node" and major.isdigit() and int(major) < row.get("since", 0)
    option = row["before"] if old else row["option"]
    added = add_option(script, command, option, install.done.word)
    if isinstance(added, Refusal):
        return added
    edits: tuple[Edit, ...] = added
    fresh = install.done.manager.name == "npm" and install.done.subcommand != "ci" and package.in_step()
    if fresh and not command.has_option("--no-package-lock"):
        named = replace_word(script, install.done.word, "ci")
        edits += () if isinstance(named, Refusal) else named
    at = install.project.scope(install.run).workdir
    modules = posixpath.join(at, "node_modules")
    caches = tuple(f"{p}/*" for p in install.done.manager.left_behind(home(install.project, install.run)))
    lists = (*(f"{modules}/{name}" for name in row["writes"]), posixpath.join(at, package.lockfile))
    allows = Allowance(vanish=(f"{modules}/*", *caches), appear=caches, change=(*lists, *caches))
    title = f"Install without development packages: {option}"
    return Fix(title, edits, Safety.PROVEN, allows=allows)


def _pip(project: Project, done: Action) -> Iterator[Finding]:
    """Requirement files whose name says that they are for development."""
    named = [o for o in done.options if o.name in ("-r", "--requirement") and o.value]
    words = done.command.words
    for option in named:
        value = option.value or ""
        parts = re.split(r"[-_./]", posixpath.basename(value))
        if not {"dev", "test", "tests", "development", "testing"} & set(parts):
            continue
        at = words.index(option.word)
        last = option.word if value in (option.word.text or "") else words[at + 1]
        place = Span(option.word.span.start, last.span.end)
        message = f"{value} is installed into the image: by its name it is for development"
        gone = Span(words[at - 1].span.end, last.span.end)
        alone = len(named) < 2 and not done.packages
        if alone or b"\n" in project.dockerfile.source[gone.start : gone.end]:
            yield Finding(place, message, refused="whether the program needs it is not known")
            continue
        fix = Fix(f"Leave {value} to a stage for tests", (Edit(gone, b""),), Safety.SUGGEST)
        yield Finding(place, message, Saving(bytes=10_000_000), fix)
