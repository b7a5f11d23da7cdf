"""Java: what Maven, Gradle or the JDK's own tools make, and the image with the JRE that runs it.

The JRE is of the same vendor, version, system and libc. Another vendor's build is only advised.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Any

from jettison.facts import load
from jettison.facts.bases import Reference
from jettison.stages import Refusal, covers
from jettison.stages.javac import Launch, Made, made_by, read_launch
from jettison.stages.shipped import Moved, Ran, Shipped

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jettison.dockerfile import Stage
    from jettison.project import Project
    from jettison.stages.opened import Sources
    from jettison.stages.plain import Plain


def has_jdk(project: Project, stage: Stage) -> bool:
    """True when the stage stands on an image that is a JDK, or installs Debian's, and builds with it."""
    facts = load("managed")["java"]
    reference = Reference.parse(project.base_of(stage))
    calls = {command.name for _, script in project.runs(stage) for command in script.commands}
    if calls.isdisjoint(facts["commands"]):
        return False
    if reference.repository in ("debian", "ubuntu"):
        return bool(_jdk_packages(project, stage))
    jdk = reference.repository in facts["jdk"] or reference.repository in facts["no_jre"]
    return jdk and not any(tag in reference.tag for tag in facts["runtime_tags"])


def shipped(
    project: Project,
    stage: Stage,
    argv: tuple[str, ...],
    plain: Plain,
    sources: Sources,
    runs: Sequence[Ran],
    moves: Mapping[str, Moved],
) -> Shipped:
    """What of a Java stage ships, on which image; raises Refusal when anything about it is not certain."""
    facts = load("managed")["java"]
    reference = Reference.parse(project.base_of(stage))
    made = [each for ran in runs if ran.words[0] not in facts["builders"]
            for each in made_by(ran.words, ran.workdir)]  # fmt: skip
    runtime = next((m for m in made if m.kind == "runtime" and covers(f"{m.path}/bin", argv[0])), None)
    if posixpath.basename(argv[0]) != "java" or (runtime is None and argv[0] != "java"):
        raise Refusal(f"it starts {argv[0]}, not the `java` of its image")
    if any(value.endswith(("/bin", "/bin/java")) for value in plain.values):
        raise Refusal("which Java its ENV finds is not certain")
    launch = read_launch(argv, plain.workdir)
    if launch.jar and not any(m.kind == "jar" and m.path == launch.jar for m in made):
        paths = _built_jar(project, launch.jar, runs, moves, facts)
    elif launch.jar:
        paths = (_own_jar(project, next(m for m in made if m.path == launch.jar), facts),)
    else:
        paths = _class_path(launch, made, sources)
    if runtime is not None:
        return _own_runtime(project, stage, runtime, paths, sources, launch)
    packages = _jdk_packages(project, stage)
    if packages:
        return Shipped(paths, *_debian(project, stage, reference, packages))
    return Shipped(paths, _image(reference, facts))


def _built_jar(
    project: Project,
    started: str,
    runs: Sequence[Ran],
    moves: Mapping[str, Moved],
    facts: dict[str, Any],
) -> tuple[str, ...]:
    """The jar of Maven or Gradle, or the folder that it has its libraries in.

    One that is copied from there is itself; a pattern for it matched one file, as `cp` would fail otherwise.
    """
    jar = moves[started].source if started in moves else started
    folder = posixpath.dirname(jar)
    built = [ran for ran in runs if ran.words[0] in facts["builders"]]
    if not built:
        raise Refusal("no command makes the jar")
    if not any(covers(ran.workdir, jar) and ran.workdir != "/" for ran in built):
        raise Refusal(f"{jar} is not where Maven or Gradle put a jar")
    if folder.endswith("/quarkus-app") and jar == started:
        return (folder,)
    if not folder.endswith(("/target", "/build/libs")):
        raise Refusal(f"{jar} is not where Maven or Gradle put a jar")
    goals = {goal for ran in built for goal in re.findall(r"dependency:([\w-]+)", ran.text)}
    if beside := goals.difference(facts["only_fetch"]):
        raise Refusal(f"`dependency:{min(beside)}` may put libraries beside the jar")
    for file in project.context.files:
        if posixpath.basename(file.path) in facts["manifests"]:
            text = project.context.read(file.path).decode("utf-8", "replace")
            sign = next((sign for sign in facts["class_path"] if sign in text), "")
            if sign:
                raise Refusal(f"{file.path} has {sign}: the jar may need libraries that lie beside it")
    return (started,)


def _own_jar(project: Project, made: Made, facts: dict[str, Any]) -> str:
    """A jar that `jar` makes; raises Refusal when its manifest names others."""
    if made.argument:
        name = posixpath.normpath(made.argument)
        found = [f.path for f in project.context.files if f.path == name or f.path.endswith(f"/{name}")]
        texts = [project.context.read(path).decode("utf-8", "replace") for path in found]
        if not texts or any(sign in text for text in texts for sign in facts["class_path"]):
            raise Refusal(f"the manifest {made.argument} may name libraries that lie beside the jar")
    return made.path


def _class_path(launch: Launch, made: Sequence[Made], sources: Sources) -> tuple[str, ...]:
    """The folders and jars of a class path, each of which is made or copied here."""
    places = [each.path for each in made if each.kind in ("classes", "jar")]
    if not any(covers(entry, place) or covers(place, entry) for entry in launch.entries for place in places):
        raise Refusal("nothing on its class path is made by a plain `javac` or `jar`")
    for entry in launch.entries:
        there = any(covers(entry, place) for place in places)
        if not there and not any(covers(entry, image) for _, image in sources.others):
            raise Refusal(f"its class path names {entry}, which nothing here makes")
        if entry == "/":
            raise Refusal("its classes lie in /, among everything else: a WORKDIR would keep them apart")
    return launch.entries


def _own_runtime(
    project: Project,
    stage: Stage,
    made: Made,
    paths: tuple[str, ...],
    sources: Sources,
    launch: Launch,
) -> Shipped:
    """A runtime of jlink's on Debian, which has the libc that it needs."""
    facts = load("managed")["java"]
    rows = facts["jlink"]
    reference = Reference.parse(project.base_of(stage))
    desktop = next((each for each in rows["desktop"] if each in made.argument.split(",")), "")
    if desktop:
        raise Refusal(f"its runtime has {desktop}, which needs fonts and libraries of the system")
    if _jdk_packages(project, stage):
        return Shipped((*paths, made.path), _slim(project, stage, reference))
    if reference.musl or reference.repository not in facts["jdk"] or "ubi" in reference.tag:
        raise Refusal(f"which libraries a runtime made by {reference.repository} needs is not certain")
    jar = next((entry for entry in launch.entries if any(i.startswith(entry) and i.endswith(".jar")
                for _, i in sources.others)), "")  # fmt: skip
    locale = next((each for each in rows["locale"] if each in sources.text), "") or jar
    if locale:
        raise Refusal(f"{locale} may depend on the locale en_US.UTF-8, which only Temurin's own images set")
    return Shipped((*paths, made.path), rows["image"], ("ENV LANG=C.UTF-8",))


def _image(reference: Reference, facts: dict[str, Any]) -> str:
    """The image with the JRE of the same version and system; raises Refusal when there is none."""
    name = f"{reference.repository}:{reference.tag or 'latest'}"
    if reference.digest:
        raise Refusal("its base has a digest, and the JRE of just that build cannot be named")
    number = re.match(r"\d+", reference.tag)
    if reference.repository in facts["no_jre"]:
        wanted = facts["image"].format(version=number[0]) if number else "eclipse-temurin"
        raise Refusal(
            f"{reference.repository} has no image with only the runtime; {wanted} runs the same classes, "
            "but is another vendor's build: build on eclipse-temurin, and this becomes two stages"
        )
    other = next((each for each in facts["others"] if each in reference.tag), "")
    if other:
        raise Refusal(f"the JDK of {name} is not Eclipse Temurin's, and has no image with only the runtime")
    if reference.repository in facts["jdk"]:
        found = re.fullmatch(r"(\d[\w.+]*)(?:-jdk)?(?:-(.+))?", reference.tag)
    else:
        marks = "|".join(map(re.escape, facts["marks"]))
        found = re.search(rf"(?:^|-)(?:{marks})(\d+)(?:-(.+))?$", reference.tag)
    if found is None:
        raise Refusal(f"which Java {name} has is not certain")
    system = found[2] or ""
    if system and not re.fullmatch(rf"(?:{'|'.join(facts['systems'])})(?:-?\d[\d.]*)?", system):
        raise Refusal(f"there may be no JRE for the system of {name}")
    if system and system not in facts["systems"] and reference.repository not in facts["jdk"]:
        raise Refusal(f"there may be no JRE for the system of {name}")
    image: str = facts["image"]
    return image.format(version=found[1]) + (f"-{system}" if system else "")


def _jdk_packages(project: Project, stage: Stage) -> dict[str, bool]:
    """The JDK packages that RUNs install with apt, and whether recommended packages come along."""
    from jettison.shell.packages import action

    pattern = re.compile(load("managed")["java"]["package"])
    found: dict[str, bool] = {}
    for _, script in project.runs(stage):
        for command in script.commands:
            done = action(command)
            if done is not None and done.manager.family == "apt" and done.verb == "install":
                lean = command.has_option("--no-install-recommends")
                found.update({name: not lean for name in done.packages if pattern.fullmatch(name)})
    return found


def _debian(
    project: Project, stage: Stage, reference: Reference, packages: dict[str, bool]
) -> tuple[str, tuple[str, ...]]:
    """The system's own base and the RUN that installs the JRE beside the JDK that builds."""
    from jettison.stages.cut import Packages

    if len(packages) != 1:
        raise Refusal("it installs more than one JDK")
    ((name, recommends),) = packages.items()
    install = Packages((), (name.replace("-jdk", "-jre", 1),), recommends).install()
    return _slim(project, stage, reference), tuple(install)


def _slim(project: Project, stage: Stage, reference: Reference) -> str:
    from jettison.facts.bases import base_facts
    from jettison.stages.cut import image_of

    facts = base_facts(reference.repository)
    if facts is None or "$" in stage.base:
        raise Refusal("its base is not certain")
    return image_of(stage, reference, facts, "")
