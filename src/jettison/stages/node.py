"""Node: development packages and build tools stay in a builder; a slim stage takes the built application."""

from __future__ import annotations

import posixpath
import re

from jettison.dockerfile import Instruction, Stage
from jettison.facts import load
from jettison.facts.bases import Base, Reference
from jettison.findings import Allowance, Saving
from jettison.project import Project
from jettison.shell import Command
from jettison.shell.packages import Action, action
from jettison.stages import Refusal, Split
from jettison.stages.cut import Cut, allowance, from_line, image_of, inside, read, refuse_odd_stage
from jettison.stages.emit import builder_name
from jettison.stages.node_package import Package, find_package, importer, starts_programs
from jettison.stages.start import started

_MANAGERS = ("npm", "yarn", "pnpm")
_FOR_NATIVE_MODULES = frozenset(("python3", "python", "python3-minimal", "py3-setuptools"))
_BUNDLERS = (
    "webpack",
    "esbuild",
    "rollup",
    "vite",
    "tsup",
    "ncc",
    "next",
    "parcel",
    "rspack",
    "nuxt",
    "astro",
)
"""Builds whose result has the packages that the sources import inside."""
_GENERATES = ("prisma", "@prisma/client")


def split(project: Project, stage: Stage, base: Base) -> Split | None:
    """Builder and runtime stage for a Node application; None when no RUN builds. Raises Refusal."""
    if not any(_builds(c) for _, script in project.runs(stage) for c in script.commands):
        return None
    reference = Reference.parse(project.base_of(stage))
    refuse_odd_stage(project, stage, reference)
    start = started(stage)
    words = _shell_words(stage, start) if isinstance(start, str) else list(start.argv)
    first = next(r for r, script in project.runs(stage) if any(_packs(c) for c in script.commands))
    package = find_package(project, stage, first)
    command = package.command(words)
    if not isinstance(start, str):
        from jettison.stages.frontend import front_end

        found = front_end(project, stage, base, package, command)
        if found is not None:
            return found
    cut = read(project, stage, _kind, _FOR_NATIVE_MODULES)
    return None if cut is None else _service(cut, base, reference, package, command)


def _shell_words(stage: Stage, problem: str) -> list[str]:
    """The words of what is started through a shell, which slim images have. Raises Refusal without any."""
    found = [i.args for i in stage.instructions if i.keyword in ("ENTRYPOINT", "CMD")]
    if not "".join(found).strip("[] "):
        raise Refusal(problem)
    return re.findall(r"[@\w./:$-]+", " ".join(found))


def _service(cut: Cut, base: Base, reference: Reference, package: Package, command: str) -> Split | None:
    project, stage, workdir = cut.project, cut.stage, cut.workdir
    install = _install(project, stage)
    pruned = _pruned(project, stage)
    _refuse_service(cut, package, command, install, pruned)
    image = image_of(stage, reference, base, _why_full(project, cut, package))
    if image == stage.base and (pruned or not package.development) and not cut.packages.build:
        return None
    above = [] if pruned or not package.development else [_production(project, stage, install)]
    below = [
        from_line(stage, image),
        *cut.packages.install(),
        *cut.text(i for i in cut.kept if i.keyword not in ("COPY", "ADD") or not inside(cut, i)),
        f"COPY --from={builder_name(stage)} {workdir} {workdir}",
        *cut.text(cut.moved),
    ]
    count = 0 if pruned else package.count()
    megabytes = count * load("dev-dependencies")["each_mb"]
    megabytes += load("runtime-stages")["compiler_mb"] * bool(cut.packages.build)
    if image != stage.base:
        megabytes += base.size - base.slim_mb
    modules = posixpath.join(workdir, "node_modules")
    allows = allowance(f"{modules}/*") | Allowance(
        change=(f"{modules}/.package-lock.json", f"{modules}/.yarn-integrity", f"{modules}/.modules.yaml")
    )
    left = f"{count} packages that only development needs" if count else "what only the build needs"
    title = f"Build in a stage of its own and ship the result, on {image}, without {left}"
    return Split(title, cut.edits(above, below), allows, Saving(bytes=int(megabytes * 1e6)))


def _refuse_service(
    cut: Cut, package: Package, command: str, install: tuple[Instruction, Action] | None, pruned: bool
) -> None:
    if cut.workdir in ("/", "/root", "/usr", "/usr/local", "/tmp"):
        raise Refusal(f"it is built in {cut.workdir}, which cannot be copied as a whole")
    if "workspaces" in package.manifest:
        raise Refusal("it is a workspace: its members have packages of their own")
    development = load("runtime-stages")["development"]["commands"]
    plain = command.removeprefix("npx ").strip()
    berry = str(package.manifest.get("packageManager", "yarn@1"))
    if package.lockfile == "yarn.lock" and (
        not berry.startswith("yarn@1")
        or cut.project.context.exists(posixpath.join(package.folder, ".yarnrc.yml"))
    ):
        raise Refusal("yarn 2 and later leave development packages out by a plug-in only")
    for each in development:
        called = plain == each or plain.startswith(f"{each} ")
        if called and not (each == "vite" and plain.split()[1:2] == ["preview"]):
            raise Refusal(f"it starts a development server ({each}): which server it should be is not said")
    if pruned:
        return
    if install is None:
        raise Refusal("no RUN installs its packages where it is built")
    if install[0].mounts and any(m.type == "bind" for m in install[0].mounts):
        raise Refusal("its packages are installed from a bind mount")
    if not package.lockfile:
        raise Refusal("there is no lock file: what a second install would bring is not fixed")
    if not package.development:
        return
    if why := package.install_script():
        raise Refusal(f"{why}, which an install without development packages does not have")
    if any(name in package.names("dependencies", "devDependencies") for name in _GENERATES):
        raise Refusal("prisma writes its client into node_modules, and a second install would lose it")
    used = package.programs() & _words(package.reached(command))
    for instruction in (*cut.moved, *cut.tail):
        if instruction.keyword in ("RUN", "HEALTHCHECK", "CMD", "ENTRYPOINT"):
            text = package.reached(cut.project.dockerfile.text(instruction.span).replace('"', " "))
            used |= package.programs() & _words(text)
            for script in {word for word in _words(text) if word.endswith(".sh")}:
                used |= package.programs() & _words(package.reached(_script(cut.project, script)))
    bundled = any(re.search(rf"\b{name}\b", package.scripts.get("build", "")) for name in _BUNDLERS)
    if not bundled and (found := importer(cut.project, package)):
        raise Refusal(f"{found[0]} imports {found[1]}, which package.json lists for development only")
    if used:
        raise Refusal(f"it runs {sorted(used)[0]}, which package.json lists for development only")


def _words(text: str) -> set[str]:
    return {posixpath.basename(token) for token in re.findall(r"[@\w./-]+", text)}


def _script(project: Project, name: str) -> str:
    """The shell scripts of that name in the context."""
    files = (f.path for f in project.context.files if posixpath.basename(f.path) == name)
    return "\n".join(project.context.read(path, 100_000).decode("utf-8", "replace") for path in files)


def _kind(command: Command) -> str:
    done = action(command)
    if done is not None and done.manager.name in _MANAGERS:
        if command.has_option("-g", "--global", "--location") or done.subcommand == "global":
            return "quiet" if _tools_only(done) else "runtime"
        if done.verb == "install" and done.packages:
            raise Refusal(f"it installs {done.packages[0]} beside what package.json names")
        if done.verb == "clean" or done.subcommand in ("config", "config set", "set"):
            return "build"
        return "build"
    if done is not None and done.manager.family == "node":
        raise Refusal(f"there is no conversion for {done.manager.name} yet")
    if command.name == "corepack":
        return "build"
    if command.name in ("npx", "tsc", "node") or any(
        "node_modules/.bin" in (word.text or "") for word in command.words[:1]
    ):
        return "build"
    return ""


def _tools_only(done: Action) -> bool:
    """True when all that is installed globally are well-known tools of the build."""
    bins = load("dev-dependencies")["bins"]
    names = [p.rpartition("@")[0] or p for p in done.packages]
    return bool(names) and all(name in bins or name in _MANAGERS for name in names)


def _builds(command: Command) -> bool:
    """True for a command that runs a script of package.json or a compiler."""
    done = action(command)
    if done is not None and done.manager.name in _MANAGERS:
        words = [w.text or "" for w in command.operands]
        scripts = [w for w in words if w not in ("run", "run-script")]
        return any("build" in w or w in ("compile", "tsc", "bundle", "generate") for w in scripts[:1])
    if command.name == "npx":
        return bool(command.operands) and command.operands[0].text in load("runtime-stages")["compilers"]
    return command.name == "tsc"


def _packs(command: Command) -> bool:
    """True for a command that installs the project's packages, or builds with them."""
    done = action(command)
    installs = done is not None and done.manager.name in _MANAGERS and done.verb == "install"
    return _builds(command) or (installs and not command.has_option("-g", "--global"))


def _install(project: Project, stage: Stage) -> tuple[Instruction, Action] | None:
    """The last RUN that installs the project's own packages, and its command."""
    found = None
    for run, script in project.runs(stage):
        for command in script.commands:
            done = action(command)
            if done is None or done.manager.name not in _MANAGERS or done.verb != "install":
                continue
            if done.packages or command.has_option("-g", "--global"):
                continue
            if script.named("cd") or command.has_option("--prefix", "-C", "--cwd", "--dir"):
                raise Refusal("it installs in another folder than its WORKDIR")
            found = run, done
    return found


def _pruned(project: Project, stage: Stage) -> bool:
    """True when a RUN takes the development packages away, or installs without them."""
    table = load("dev-dependencies")["manager"]
    for run, script in project.runs(stage):
        for command in script.commands:
            done = action(command)
            if done is None or done.manager.name not in _MANAGERS:
                continue
            row = table[done.manager.name]
            named = {option.name for option in done.options}
            installs = done.verb == "install" and not done.packages
            if installs and project.scope(run).env.get("NODE_ENV") == "production":
                return not named & {"--include", "--production", "--prod"}
            leaves = named & set(row["already"]) or any(
                option.value in row["values"].get(option.name, ()) for option in done.options
            )
            if leaves and (done.verb == "install" or done.subcommand == "prune"):
                return True
            if done.subcommand == "prune" and done.manager.name != "npm":
                return True
    return False


def _production(project: Project, stage: Stage, install: tuple[Instruction, Action] | None) -> str:
    """The RUN that installs once more, without development packages, as the first one did."""
    assert install is not None
    run, done = install
    row = load("dev-dependencies")["manager"][done.manager.name]
    reference = Reference.parse(project.base_of(stage))
    major = reference.tag.partition("-")[0].partition(".")[0]
    old = reference.repository == "node" and major.isdigit() and int(major) < row.get("since", 0)
    option = row["before"] if old else row["option"]
    words = [project.dockerfile.text(w.span) for w in done.command.words]
    flags = "".join(project.dockerfile.text(flag.span) + " " for flag in run.flags)
    prefix = "".join(project.dockerfile.text(w.span) + " " for w in done.command.assignments)
    clear = "" if done.subcommand in ("ci", "clean-install") else "rm -rf node_modules && "
    include = [w for w in words if not w.startswith(("--include=dev", "--production=false"))]
    return f"RUN {flags}{clear}{prefix}{' '.join(include)} {option}"


def _why_full(project: Project, cut: Cut, package: Package) -> str:
    """Why the program may need what only the full image has; "" when nothing speaks for it."""
    if path := starts_programs(project, package):
        return f"{path} starts other programs"
    table = load("slim-images")
    missing = {c for commands in table["missing"].values() for c in commands}
    for instruction in (*cut.moved, *cut.tail, *cut.kept):
        if instruction.keyword in ("RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK"):
            text = project.dockerfile.text(instruction.span)
            text += "".join(v for k, v in package.scripts.items() if re.search(rf"\b{re.escape(k)}\b", text))
            named = {posixpath.basename(w) for w in re.findall(r"[\w.+/-]+", text)}
            if named & missing:
                return f"line {instruction.start_line} calls {sorted(named & missing)[0]}"
            if any(n.endswith(".sh") for n in named):
                return "a shell script runs at the start"
    return ""
