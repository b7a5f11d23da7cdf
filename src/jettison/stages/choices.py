"""What an image could stand on: the images for its language, what fits this project, and what is advised."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from jettison.facts import load
from jettison.facts.bases import Reference, base_facts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jettison.dockerfile import Stage
    from jettison.facts.overlay import Measured
    from jettison.project import Project


class Verdict(NamedTuple):
    """Whether what the project installs or builds runs on this image. `fits` is None when it is not known."""

    fits: bool | None
    why: str


class Choice(NamedTuple):
    """One image. `compressed` is MB as a machine pulls them (linux/amd64), 0 when unknown, of the tag
    `sample` on the day `dated`; `basis` is `measured` for what a registry said, else `rule of thumb`."""

    image: str
    kind: str
    current: bool
    compressed: float
    sample: str
    dated: str
    basis: str
    verdict: Verdict
    comes_with: Mapping[str, str]
    note: str


class Advice(NamedTuple):
    """What the shipped stage stands on, what else it could, and which of them is advised for what reason."""

    stage: Stage
    base: str
    family: str
    choices: tuple[Choice, ...]
    image: str
    why: str


def advise(project: Project, measured: Mapping[str, Measured] | None = None) -> Advice | None:
    """The choices for the shipped image; None without a FROM, or for a base of which nothing is known.

    `measured` has newer sizes by `repository:tag`.
    """
    if not project.shipped:
        return None
    base = project.base_of(project.shipped[0])
    family = _family(project, Reference.parse(base))
    if not family:
        return None
    variant = _variant(Reference.parse(base))
    rows = [
        row
        for row in load("image-choices")["choice"]
        if row["family"] == family and variant.strip("-") not in row.get("without", ())
    ]
    evidence = _evidence(project, family)
    choices = tuple(_choice(row, base, evidence, measured or {}) for row in rows)
    choices = tuple(_interpreted(each, project, base) for each in choices)
    image, why = _best(base, family, choices, _shell_needed(project), evidence.builder)
    return Advice(project.shipped[0], base, family, choices, image, why)


def _interpreted(choice: Choice, project: Project, base: str) -> Choice:
    """A choice that has an interpreter of its own, judged by it."""
    if choice.image not in load("image-choices")["interpreter"]:
        return choice
    from jettison.stages.distroless import runs_on_distroless

    return choice._replace(verdict=Verdict(*runs_on_distroless(project, base, choice.image)))


class _Evidence(NamedTuple):
    """What is known of the project; `builder` is the repository that compiles its program, "" for none."""

    musl: Verdict
    static: Verdict
    builder: str = ""


def sampled(row: Mapping[str, Any]) -> str:
    """The repository whose size stands in a row of the table: that of the last version, where it has one."""
    return str(row["repository"]).replace("{v}", row.get("versions", [""])[-1])


def _family(project: Project, reference: Reference) -> str:
    """The family of the builder where a compiled program is copied into the image, else that of the base."""
    families = load("image-choices")["family"]
    bases = [reference]
    if len(project.shipped) == 1 and any(i.flag("from") for i in project.shipped[0].instructions):
        bases += [Reference.parse(project.base_of(s)) for s in project.dockerfile.stages]
    if any(each.windows for each in bases):
        return ""
    names = [_family_of(each, families) for each in bases]
    known = [name for name in names if name]
    return next((name for name in known if name != "system"), known[0] if known else "")


def _family_of(reference: Reference, families: Mapping[str, Any]) -> str:
    facts = base_facts(reference.repository)
    for name, row in families.items():
        if reference.repository in row["images"]:
            return str(name)
        if facts is not None and facts.language and facts.language in row["languages"]:
            return str(name)
    return ""


def _choice(
    row: Mapping[str, Any], base: str, evidence: _Evidence, measured: Mapping[str, Measured]
) -> Choice:
    facts = load("image-choices")["kind"][row["kind"]]
    tag = _tag(row, Reference.parse(base))
    repository = _repository(row, Reference.parse(base))
    image = f"{repository}:{tag}" if tag else repository
    known = measured.get(f"{repository}:{row['sample']}")
    size = known.compressed / 1e6 if known else float(row["compressed"]) * (repository == sampled(row))
    dated = known.date if known else row.get("dated", "")
    verdict = Verdict(True, load("image-choices")["family"][row["family"]]["glibc"])
    if facts["libc"] == "musl":
        verdict = evidence.musl
    elif facts["libc"] == "none":
        verdict = evidence.static
    elif row["kind"] == "distroless" and row["family"] != "native":
        verdict = Verdict(None, "glibc; what RUN installs has to come from a builder stage")
    elif row["kind"] == "distroless" and evidence.builder != "golang":
        why = "Rust programs need libgcc" if evidence.builder == "rust" else "C++ programs need libstdc++"
        verdict = Verdict(False if evidence.builder == "rust" else None, f"glibc; {why}, which it has not")
    current = Reference.parse(image)[:2] == Reference.parse(base)[:2]
    basis = "measured" if known else "rule of thumb" if size else ""
    return Choice(
        image, row["kind"], current, round(size, 1), row["sample"], dated, basis, verdict, facts,
        row.get("note", ""),
    )  # fmt: skip


def _repository(row: Mapping[str, Any], reference: Reference) -> str:
    """The repository of a choice, for the major version in use where it is there for that."""
    major = reference.tag.partition("-")[0].partition(".")[0]
    found = str(row["repository"])
    return found.replace("{v}", major) if major in row.get("versions", ()) else sampled(row)


def _variant(reference: Reference) -> str:
    """`-fpm` of php:8.3-fpm-bookworm: what an image is beside its version, system and size."""
    from jettison.facts.releases import by_name

    words = [word for word in reference.variants if not by_name(word) and not word.startswith("alpine")]
    return f"-{words[0]}" if reference.repository == "php" and words else ""


def _tag(row: Mapping[str, Any], reference: Reference) -> str:
    """The tag of a choice in the version that is in use; without a version, the one without a version."""
    template: str = row["tag"]
    if "{v}" not in template:
        return template
    version = reference.tag.partition("-")[0]
    if not version[:1].isdigit() or reference.repository not in (row["repository"], "openjdk"):
        version = row["sample"].partition("-")[0] if row["family"] in ("java", "system") else ""
    return template.replace("{v}", version).replace("{variant}", _variant(reference)).strip("-")


def _evidence(project: Project, family: str) -> _Evidence:
    if family in ("python", "node"):
        return _Evidence(_musl(project, family), Verdict(False, "an interpreter is needed"))
    if family == "native":
        builder = _builder(project)
        static = _static(project, builder)
        return _Evidence(static._replace(why=f"musl; {static.why}"), static, builder)
    why = "musl: not known of the packages here"
    return _Evidence(Verdict(None, why), Verdict(None, "only for static programs"))


def _musl(project: Project, family: str) -> Verdict:
    """What the lock or requirement files say of musl, by name."""
    from jettison.context.locks import node_packages, python_packages

    locked = _locked(project) if family == "python" else None
    if locked is not None:
        return locked
    table = load("musl")[family]
    packages = (python_packages if family == "python" else node_packages)(project.context)
    names = tuple(dict.fromkeys(each.name for each in packages))
    missing = [name for name in names if name in table["none"]]
    if missing:
        return Verdict(False, f"musl: no build of {', '.join(missing)} ({packages[0].file})")
    if not names:
        return Verdict(None, "musl: no lock or requirements file says what is installed")
    unknown = [name for name in names if name not in table.get("has", ())]
    if not unknown:
        return Verdict(True, f"musl: all {len(names)} packages have builds for it")
    shown = ", ".join(unknown[:4]) + (", ..." if len(unknown) > 4 else "")
    return Verdict(None, f"musl: not known of {len(unknown)} of {len(names)} packages: {shown}")


def _locked(project: Project) -> Verdict | None:
    """What the wheels that a lock file names say of musl; None without such a lock."""
    from jettison.context.lockwheels import locked_for_musl

    file, builds = locked_for_musl(project.context)
    missing = [name for name, fine in builds.items() if not fine]
    if missing:
        shown = ", ".join(missing[:6]) + (", ..." if len(missing) > 6 else "")
        return Verdict(False, f"musl: no wheel of {shown} ({file})")
    if builds:
        return Verdict(True, f"musl: wheels for all of the {len(builds)} packages in {file} that have any")
    return None


def _builder(project: Project) -> str:
    """The repository of the stage that compiles; the last one where there are several."""
    known = load("image-choices")["family"]["native"]["static"]
    bases = [Reference.parse(project.base_of(stage)).repository for stage in project.dockerfile.stages]
    return next((base for base in reversed(bases) if base in known), "")


def _static(project: Project, builder: str) -> Verdict:
    """Whether the Dockerfile says that the program is linked statically."""
    source = project.dockerfile.source
    if any(word in source for word in (b"CGO_ENABLED=0", b"linux-musl", b"-static")):
        return Verdict(True, "the Dockerfile asks for a static program")
    ask = load("image-choices")["family"]["native"]["static"].get(builder, "-static")
    return Verdict(None, f"needs a static program, which nothing here asks for ({ask})")


def _shell_needed(project: Project) -> str:
    """What in the shipped stages of a multi-stage file needs a shell; "" for nothing."""
    if len(project.dockerfile.stages) < 2:
        return ""
    for stage in project.shipped:
        for each in stage.instructions:
            form = each.keyword in ("RUN", "CMD", "ENTRYPOINT") and each.json is None
            health = (
                each.keyword == "HEALTHCHECK" and "[" not in each.args and "NONE" not in each.args.upper()
            )
            if form or health:
                return f"the {each.keyword} of line {each.start_line} needs a shell"
    return ""


def _best(base: str, family: str, choices: tuple[Choice, ...], shell: str, builder: str) -> tuple[str, str]:
    """The image that is advised, and why. Never one of which it is not known that it fits."""
    current = next((each for each in choices if each.current), None)
    reference = Reference.parse(base)
    by_kind = {each.kind: each for each in choices}
    if family == "native" and shell and _family_of(reference, load("image-choices")["family"]) == "system":
        return base, f"{shell}; without it {by_kind['static'].image} would be the place"
    if family == "native":
        static = by_kind["static"]
        if static.verdict.fits:
            return static.image, "smallest with certificates, time zones and a user; " + static.verdict.why
        if builder == "golang":
            return by_kind["distroless"].image, "has the glibc that a dynamic program needs, and nothing else"
        return by_kind["cc"].image, "has the glibc, libgcc and libstdc++ that the program may need, no more"
    slim = by_kind.get("slim") or by_kind["builder"]
    if reference.repository == "debian" and "slim" not in reference.tag:
        tag = reference.tag if reference.tag not in ("", "latest") else "trixie"
        return f"debian:{tag}-slim", "the same packages without documentation and locales"
    if reference.musl or (current is not None and current.kind == "alpine"):
        if by_kind["alpine"].verdict.fits is False:
            return slim.image, by_kind["alpine"].verdict.why
        return base, "it is small already, and nothing here is known to fail on musl"
    if current is not None and current.kind == "full":
        return slim.image, "the same system without what only builds need; alpine saves little more"
    small = any(part.startswith(("slim", "jre")) for part in reference.variants)
    if "full" in by_kind and current is None and not small:
        return slim.image, "the smallest of which it is known that everything runs"
    return base, "it is the small one of its system already"
