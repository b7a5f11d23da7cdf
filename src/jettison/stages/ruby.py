"""Ruby: gems are compiled in a builder; a slim stage takes them, the application and their libraries."""

from __future__ import annotations

import posixpath
import re
from functools import partial

from jettison.dockerfile import Stage
from jettison.facts import load
from jettison.facts.bases import Base, Reference
from jettison.findings import Allowance, Saving
from jettison.project import Project
from jettison.shell import Command
from jettison.shell.packages import action
from jettison.stages import Refusal, Split
from jettison.stages.cut import (
    Cut,
    allowance,
    from_line,
    inside,
    read,
    refuse_odd_stage,
    system_packages,
)
from jettison.stages.emit import builder_name
from jettison.stages.left import (
    MORE,
    STARTS_PROGRAMS,
    folders_of_commands,
    libraries,
    lies_in,
    megabytes,
    refuse_what_is_called,
    refuse_what_slim_lacks,
    refuse_what_sources_say,
    slim_image,
    suite_of,
)

_STARTS = re.compile(
    r"^[^#\n]*?(\b(?:system|exec|spawn)[\s(]+[\"'\[]|\bIO\.popen|\bOpen3\.|\bPTY\.|%x[({\[]|(?<!\w)`[a-z./][^`\n]*`)",
    re.M,
)
_SPEC = re.compile(r"^    ([\w.-]+) \(([^)]+)\)$", re.M)
_TASKS = frozenset(("rails", "rake", "bin/rails", "bin/rake", "./bin/rails", "./bin/rake"))
_STARTED = frozenset(("rails", "rake", "bootsnap"))
_FILES = frozenset(("mkdir", "chown", "chmod", "touch", "ln", "cp", "rm"))
_WIDE = ("/", "/root", "/usr", "/usr/local", "/usr/src", "/tmp", "/etc", "/var", "/home", "/opt", "/srv")
_OWN_PLACE = re.compile(
    r"BUNDLE_PATH|BUNDLE_DEPLOYMENT|GEM_HOME|--path\b|--deployment\b|\bpath\s|\bdeployment\s"
)


def split(project: Project, stage: Stage, base: Base) -> Split | None:
    """Builder and runtime stage for a Ruby program; None when nothing ships that only building needs.

    Raises Refusal.
    """
    reference = Reference.parse(project.base_of(stage))
    also = frozenset(load("runtime-stages")["ruby"]["tools"])
    packages = system_packages(project, stage, also)
    official = reference.repository == "ruby"
    full = official and not any(part.startswith(("slim", "alpine")) for part in reference.variants)
    gems = _gems(project) if full else {}
    native = load("runtime-stages")["ruby"]["native"]
    compiled = sorted(name for name in gems if name in native)
    if not packages.build and not compiled:
        return None
    folder = _folder(project, stage)
    if not folder:
        return None
    refuse_odd_stage(project, stage, reference)
    gem_folders = _gem_folders(project, stage, official)
    cut = read(
        project, stage, partial(_kind, (folder, *gem_folders), folders_of_commands(project, stage)), also
    )
    if cut is None:
        raise Refusal(MORE)
    if cut.workdir != folder:
        raise Refusal("WORKDIR changes after its gems are installed, before everything is built")
    image = slim_image(stage, reference, base)
    if full and image == stage.base:
        return None
    if full and not gems:
        raise Refusal("there is no Gemfile.lock that says which gems are installed")
    places = [*gem_folders, folder]
    _refuse(project, cut, also, full)
    lines = [
        from_line(stage, image),
        *cut.packages.install(_libraries(cut, gems, suite_of(reference), also, full)),
        *cut.text(i for i in cut.kept if i.keyword not in ("COPY", "ADD") or not inside(cut, i)),
        *(f"COPY --from={builder_name(stage)} {path} {path}" for path in places),
        *cut.text(cut.moved),
    ]
    what = ", ".join(packages.build[:3]) or f"what {compiled[0]} is built with"
    saved = megabytes(packages.build)
    if full:
        saved = max(saved, base.size - base.slim_mb)
    allows = allowance("/usr/local/share/*", "/root/.bundle*", "/root/.gem*") | Allowance(
        appear=("/usr/*", "/etc/*", "/var/*"), change=("/usr/*", "/etc/*", "/var/*")
    )
    title = (
        f"Install gems in a stage of its own and ship them with the program, on {image}: {what} stay behind"
    )
    return Split(title, cut.edits([], lines), allows, Saving(bytes=int(saved * 1e6)))


def _folder(project: Project, stage: Stage) -> str:
    """Where `bundle install` runs, "" when it does not. Raises Refusal."""
    found = set()
    copied = False
    for instruction in stage.instructions:
        copied |= instruction.keyword in ("COPY", "ADD")
        for command in project.script(instruction).commands if instruction.keyword == "RUN" else ():
            done = action(command)
            if done is None or done.manager.name != "bundle":
                continue
            if project.script(instruction).named("cd") or command.has_option("--gemfile"):
                raise Refusal("bundle runs in another folder than its WORKDIR")
            local = command.has_option("--local") or (copied and not command.has_option("--global"))
            if "config" in (done.subcommand, *done.packages) and not local:
                raise Refusal(f"the settings of line {instruction.start_line} go to the home folder")
            if done.verb == "install":
                if any(mount.type == "bind" for mount in instruction.mounts):
                    raise Refusal("bundle installs from a bind mount")
                found.add(posixpath.normpath(project.scope(instruction).workdir or "/"))
    if len(found) > 1:
        raise Refusal("bundle installs in several folders")
    if found & set(_WIDE):
        raise Refusal(f"bundle installs in {min(found)}, which cannot be copied as a whole")
    return min(found, default="")


def _gem_folders(project: Project, stage: Stage, official: bool) -> list[str]:
    """Where the gems and their programs lie beside the application. Raises Refusal."""
    texts = [project.dockerfile.text(i.span) for i in stage.instructions if i.keyword in ("RUN", "ENV")]
    bundler = " ".join(t for t in texts if "bundle" in t.lower() or "GEM_HOME" in t)
    if _OWN_PLACE.search(bundler):
        raise Refusal("its gems are put into a folder of its own choice")
    return ["/usr/local/bundle"] if official else ["/var/lib/gems", "/usr/local/bin"]


def _gems(project: Project) -> dict[str, bool]:
    """The gems of Gemfile.lock: True for one that comes compiled for Linux."""
    found: dict[str, bool] = {}
    for name, version in _SPEC.findall(_lock(project)):
        found[name] = found.get(name, False) or "-linux" in version
    return found


def _lock(project: Project) -> str:
    paths = [f.path for f in project.context.files if posixpath.basename(f.path) == "Gemfile.lock"]
    return project.context.read(paths[0], 2_000_000).decode("utf-8", "replace") if len(paths) == 1 else ""


def _libraries(cut: Cut, gems: dict[str, bool], suite: str, also: frozenset[str], full: bool) -> list[str]:
    found = libraries(cut.packages.build, suite, also)
    if not full:
        return found
    table = load("runtime-stages")["ruby"]
    for name, ready in sorted(gems.items()):
        if ready:
            continue
        if name not in table["native"] and name not in table["plain"]:
            raise Refusal(f"whether the gem {name} is built against a library of the full image is not known")
        found += table["native"].get(name, [])
    return list(dict.fromkeys(found))


def _kind(taken: tuple[str, ...], at: dict[int, str], command: Command) -> str:
    """What a command does; `taken` are the folders that come along, the application's first."""
    done = action(command)
    words = [word.text or word.raw for word in command.words]
    where = at[command.span.start]
    here = lies_in(".", where, taken[:1])
    if done is not None and done.manager.name == "gem":
        return "build" if done.packages == ("bundler",) or done.verb != "install" else "other"
    if done is not None and done.manager.name == "bundle":
        started = posixpath.basename(words[2]) if words[1:2] == ["exec"] and len(words) > 2 else ""
        return "other" if not here or (started and started not in _STARTED) else "build"
    if words and words[0] in _TASKS:
        return "build" if here else "other"
    if done is not None and done.manager.family == "node":
        elsewhere = not here or command.has_option("-g", "--global") or done.subcommand == "global"
        return "other" if elsewhere else "build"
    if command.name in _FILES and not command.redirects:
        places = [word.text or "$" for word in command.operands][command.name in ("chown", "chmod") :]
        if places and all(lies_in(place, where, taken) for place in places):
            return "build"
    if command.name == "find" and words[-1] == "-delete" and len(words) > 3:
        return "build" if lies_in(words[1], where, taken) and words[2][:1] == "-" else ""
    return ""


def _refuse(project: Project, cut: Cut, also: frozenset[str], slimmer: bool) -> None:
    table = load("runtime-stages")["ruby"]
    lock = _lock(project)
    if re.search(r"^(GIT|SVN)$", lock, re.M):
        raise Refusal("a gem comes from git, and may call it while the program runs")
    compiling = next((name for name in table["compiling"] if re.search(rf"^    {name} \(", lock, re.M)), "")
    if compiling:
        raise Refusal(f"the gem {compiling} calls programs that the builder keeps")
    refuse_what_sources_say(project, (".rb", ".ru", "Rakefile"), _STARTS, STARTS_PROGRAMS)
    compilers = {"gcc", "g++", "cc", "make"}
    refuse_what_is_called(project, cut, {*also, *compilers})
    if slimmer:
        refuse_what_slim_lacks(project, cut, "ruby")
