"""PHP: composer, git and headers stay in a builder; the same image takes extensions and application."""

from __future__ import annotations

import posixpath
import re
from functools import partial
from typing import NamedTuple

from jettison.dockerfile import Instruction, Stage
from jettison.facts import load
from jettison.facts.bases import Base, Reference
from jettison.findings import Saving
from jettison.project import Project
from jettison.shell import Command
from jettison.shell.packages import action
from jettison.stages import Refusal, Split, covers
from jettison.stages.cut import Cut, allowance, from_line, read, refuse_odd_stage, system_packages
from jettison.stages.emit import builder_name
from jettison.stages.left import (
    MORE,
    STARTS_PROGRAMS,
    folders_of_commands,
    libraries,
    lies_in,
    megabytes,
    refuse_what_is_called,
    refuse_what_sources_say,
    slim_image,
    suite_of,
)

_SETTINGS = "/usr/local/etc"
_EXTENSIONS = "/usr/local/lib/php/extensions"
_APACHE = "/etc/apache2"
_NAMES = {
    "PHP_INI_DIR": f"{_SETTINGS}/php",
    "APACHE_CONFDIR": _APACHE,
    "APACHE_ENVVARS": f"{_APACHE}/envvars",
}
_EXTEND = frozenset(("docker-php-ext-install", "docker-php-ext-configure", "docker-php-ext-enable", "pecl"))
_SITES = frozenset(("a2enmod", "a2dismod", "a2ensite", "a2dissite", "a2enconf", "a2disconf"))
_FILES = frozenset(
    ("mkdir", "chown", "chmod", "touch", "ln", "cp", "mv", "rm", "sed", "echo", "printf", "tee")
)
_INSTALLER = re.compile(r"getcomposer\.org|composer-setup\.php|composer\.phar|/s?bin/composer\b")
_STARTS = re.compile(
    r"(?<![>:\w$])(?<!function )((?:exec|shell_exec|passthru|proc_open|popen|pcntl_exec|system)\s*\("
    r"|\bnew\s+\\?(?:[\w\\]+\\)?Process\s*\(|\bProcess::(?:run|start|fromShellCommandline)\b"
    r"|^[^\"'\n*]*(?:=|\(|return|echo)\s*`)",
    re.M,
)
_GIT = re.compile(r"(?:^|[-/_])git(?:$|[-/_])")
_WIDE = ("/", "/root", "/usr", "/usr/local", "/usr/src", "/tmp", "/etc", "/var", "/home", "/opt", "/srv")


def split(project: Project, stage: Stage, base: Base) -> Split | None:
    """Builder and runtime stage for a PHP application; None when nothing ships that only building needs.

    Raises Refusal.
    """
    reference = Reference.parse(project.base_of(stage))
    also = frozenset(load("runtime-stages")["php"]["tools"])
    packages = system_packages(project, stage, also)
    composer = _composer_copies(stage)
    own = _install_folders(project, stage)
    if not packages.build and not (composer and own):
        return None
    refuse_odd_stage(project, stage, reference)
    folder = _folder(project, stage, own)
    official = reference.repository == "php"
    taken = ((_SETTINGS, _APACHE) if official else ()) + ((folder,) if folder else ())
    cut = read(
        project, stage, partial(_kind, _Places(folder, taken, folders_of_commands(project, stage))), also
    )
    if cut is None and own:
        raise Refusal(MORE)
    if cut is None:
        return None
    carried = _carried(project, stage, folder) if official else [folder] * bool(folder)
    _refuse(project, cut, also)
    suite = suite_of(reference)
    kept = [i for i in cut.kept if i not in composer and not _lands_in(project, i, carried)]
    image = stage.base if official else slim_image(stage, reference, base)
    lines = [
        from_line(stage, image),
        *cut.packages.install(libraries(cut.packages.build, suite, also)),
        *cut.text(kept),
        *(f"COPY --from={builder_name(stage)} {path} {path}" for path in carried),
        *cut.text(cut.moved),
    ]
    what = [*(["composer"] if composer else []), *cut.packages.build]
    return Split(
        f"Build in a stage of its own and ship the application without {', '.join(what[:4])}",
        cut.edits([], lines),
        allowance(*(str(i.dest.text) for i in composer if i.dest), *load("runtime-stages")["php"]["leaves"]),
        Saving(bytes=int((megabytes(cut.packages.build) + 3 * bool(composer)) * 1e6)),
    )


def _composer_copies(stage: Stage) -> list[Instruction]:
    """COPYs of the program composer from its own image."""
    return [
        i
        for i in stage.instructions
        if i.keyword == "COPY" and i.flag("from") and i.dest and posixpath.basename(_program(i)) == "composer"
    ]


def _program(copy: Instruction) -> str:
    dest = copy.dest.text if copy.dest else ""
    return dest + copy.sources[0].text if dest.endswith("/") and len(copy.sources) == 1 else dest


def _install_folders(project: Project, stage: Stage) -> list[str]:
    """Where composer installs, as absolute paths. Raises Refusal."""
    found = []
    for run, script in project.runs(stage):
        for command in script.commands:
            done = action(command)
            if done is None or done.manager.name != "composer" or done.subcommand not in ("install", "i"):
                continue
            if script.named("cd") or command.has_option("-d", "--working-dir"):
                raise Refusal("composer installs in another folder than its WORKDIR")
            if any(mount.type == "bind" for mount in run.mounts):
                raise Refusal("composer installs from a bind mount")
            found.append(posixpath.normpath(project.scope(run).workdir or "/"))
    return found


def _folder(project: Project, stage: Stage, own: list[str]) -> str:
    """The application's folder, "" when composer installs nothing. Raises Refusal."""
    if len(set(own)) > 1:
        raise Refusal("composer installs in several folders")
    if own and own[0] in _WIDE:
        raise Refusal(f"composer installs in {own[0]}, which cannot be copied as a whole")
    return own[0] if own else ""


class _Places(NamedTuple):
    """The application's folder, "" without one; what of the builder comes along; where each command runs."""

    folder: str
    taken: tuple[str, ...]
    at: dict[int, str]


def _kind(places: _Places, command: Command) -> str:
    done = action(command)
    name = command.name
    at = places.at[command.span.start]
    here = bool(places.folder) and lies_in(".", at, (places.folder,))
    if done is not None and done.manager.name == "composer":
        if done.subcommand in ("global require", "create-project", "require", "update"):
            raise Refusal(f"composer {done.subcommand} brings what no lock file names")
        return "build" if here or done.subcommand not in ("install", "i") else "other"
    if name in _EXTEND or name in _SITES:
        return "build" if _SETTINGS in places.taken else "runtime" if name in _SITES else "other"
    if name == "install-php-extensions":
        raise Refusal("install-php-extensions installs libraries that no text names")
    if done is not None and done.manager.family == "node":
        return "other" if not here or command.has_option("-g", "--global") else "build"
    raws = [_path(word.raw) for word in command.words[1:]]
    if name in ("php", "curl", "wget", "rm", "mv", "chmod") and any(_INSTALLER.search(raw) for raw in raws):
        return "build"
    if name == "php" and here and raws and not raws[0].startswith(("-", "/")):
        return "build"
    if name in _FILES and _stays_inside(command, raws, at, places.taken):
        return "build"
    if name == "nproc" or (name == "php" and raws[:1] in (["-v"], ["-m"], ["--version"])):
        return "quiet"
    return ""


def _path(raw: str) -> str:
    """A word without its quotes, the image's own variables filled in."""
    text = raw.replace('"', "").replace("'", "")
    for name, value in _NAMES.items():
        text = text.replace(f"${{{name}}}", value).replace(f"${name}", value)
    return text


def _stays_inside(command: Command, raws: list[str], at: str, taken: tuple[str, ...]) -> bool:
    """True when all that a command for files may write lies in folders that are carried over."""
    places = [_path(r.target.raw) for r in command.redirects if r.target is not None]
    words = [raw for raw in raws if not raw.startswith("-")]
    if command.name in ("echo", "printf"):
        words = []
    if command.name == "sed":
        in_place = any(re.match(r"-[A-Za-z]*i|--in-place", raw) for raw in raws)
        words = [raw for raw in words if raw.startswith("/")] if in_place else []
    if command.name in ("chown", "chmod"):
        words = words[1:]
    return bool(words or places) and all(lies_in(place, at, taken) for place in [*words, *places])


def _carried(project: Project, stage: Stage, folder: str) -> list[str]:
    """What the runtime stage takes from the builder: extensions, settings, the application."""
    texts = " ".join(_path(project.dockerfile.text(r.span)) for r in stage.instructions if r.keyword == "RUN")
    names = {command.name for _, script in project.runs(stage) for command in script.commands}
    found = [_EXTENSIONS] if names & _EXTEND else []
    found += [_SETTINGS] if found or _SETTINGS in texts else []
    found += [_APACHE] if names & _SITES or _APACHE in texts else []
    return [*found, folder] if folder else found


def _lands_in(project: Project, copy: Instruction, roots: list[str]) -> bool:
    """True for a COPY or ADD into a folder that the runtime stage takes as a whole."""
    if copy.keyword not in ("COPY", "ADD") or copy.dest is None:
        return False
    at = posixpath.normpath(posixpath.join(project.scope(copy).workdir or "/", copy.dest.text))
    return any(covers(root, at) for root in roots)


def _refuse(project: Project, cut: Cut, also: frozenset[str]) -> None:
    table = load("runtime-stages")["php"]
    refuse_what_sources_say(project, (".php",), _STARTS, STARTS_PROGRAMS)
    refuse_what_is_called(project, cut, {*also, "composer.phar", "docker-php-ext-install", "pecl"})
    lock = project.context.read("composer.lock", 8_000_000).decode("utf-8", "replace")
    manifest = project.context.read("composer.json", 1_000_000).decode("utf-8", "replace")
    if (
        re.search(r'"vendor-dir":\s*"(?:/|\.\.)', manifest)
        or b"COMPOSER_VENDOR_DIR" in project.dockerfile.source
    ):
        raise Refusal("composer installs outside of its folder")
    for name in re.findall(r'"name":\s*"([\w.-]+/[\w.-]+)"', lock.partition('"packages-dev"')[0]):
        if _GIT.search(name) or name in table["starting"]:
            raise Refusal(f"{name} starts programs that the builder keeps")
    if '"composer/composer"' in manifest.partition('"require-dev"')[0]:
        raise Refusal("composer/composer starts programs that the builder keeps")
