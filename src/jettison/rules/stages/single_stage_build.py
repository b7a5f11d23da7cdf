"""The image ships the compiler because there is only one stage."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

from jettison.dockerfile import Stage
from jettison.facts.bases import Base, Reference, base_facts, base_megabytes
from jettison.findings import Finding, Fix, Safety, Saving
from jettison.project import Project
from jettison.rules import rule
from jettison.stages import Refusal, Split

_LANGUAGES = {
    "go": "go",
    "rust": "native",
    "c": "native",
    "java": "managed",
    "dotnet": "managed",
    "elixir": "elixir",
}
"""By language, the module of `stages/` that has its `split`; imported when a stage asks for it."""
_INTERPRETED = {"node": "node", "python": "python", "php": "php", "ruby": "ruby"}
"""The same for interpreters: their `split` gives None for a stage that ships nothing only building needs."""

_ON_DEBIAN = {
    "elixir": (b"mix release",),
    "php": (b"composer install",),
    "ruby": (b"bundle install",),
    "native": (b"gcc ", b"g++ ", b"cc ", b"++ ", b"make"),
}
"""By module, words of a Dockerfile on Debian itself that has a build of its kind."""


@rule("JT401", order=50)
def single_stage_build(project: Project) -> Iterator[Finding]:
    """The image ships the compiler because there is only one stage.

    What:
        A Dockerfile with a single stage on a compiler's image, for example golang; one on node that builds
        (`npm run build`, tsc, nest, vite); one on python, ruby or php that installs compilers and headers for
        pip, bundler or extensions, poetry, uv, pipenv or pdm, or has composer in it; one on elixir that makes
        a release.

    Why:
        The compiler, its sources and its caches are needed once, while building; the program that runs needs
        none of them. A Go service of 8 MB ships as 860 MB, and each of these megabytes is pulled, scanned and
        patched.

    How it is fixed:
        The stage becomes a builder. A second stage takes the program, the files that the source names, and
        everything that describes the image (CMD, EXPOSE, LABEL, ...). For Go the program is linked statically
        and runs on distroless static as user 65532; a program that needs cgo runs on distroless base or cc of
        the same Debian release. Rust and C programs run on distroless cc of the same release with the files
        that their sources name; what make and CMake run is read from a plain Makefile or CMakeLists.txt.
        A jar runs on the JRE of its version, what `dotnet publish` makes on aspnet or
        runtime. The change is applied after a real build of both images agrees.

        Node: the builder installs once more without development packages, and the slim image takes the whole
        application. A front end that `serve -s` or http-server hands out goes to nginx, on the same port and
        with the same fallback and headers; what differs is named. Python: packages are installed into a
        virtual environment in the builder; the slim image takes it, and the shared libraries of the headers
        it was built with. So with `pip install .`, `poetry install`, `uv sync`, `uv pip install`, `pipenv
        install` and `pdm install`, whose environment lies where the tool's settings say; the tool stays in
        the builder. From a full image a package goes to slim when the lock file names a wheel of it for this
        Python. Which groups are installed stays as it is written.

        Ruby: the slim image takes the gems, with the libraries of those that are compiled. PHP: the same
        image takes extensions, settings and application; composer, git, unzip and headers stay behind.
        Elixir: Debian of the builder's own release takes what `mix release` made. All three also on Debian's
        own packages. What only development needs is left out by `dev-dependencies-shipped`.

    When not:
        It is refused, with the reason, when the program starts other programs, loads plug-ins, needs a shell,
        when a RUN does something whose results may be needed at run time, or when anything about it is
        uncertain. For Node: no lock file before the install, workspaces, prisma, a start or an import that
        needs a development package, a development server. For Python: a start with `poetry run` or
        `uv run`, an environment whose name the tool chooses, another Python than the image's, pip beside such
        a tool, editable installs by pip, a -dev package whose libraries are not known, programs that start
        others or name the interpreter's path. It does not go to distroless python: that has one Python per
        Debian release at another path, so the environment would have to be built for it. For Java: a JDK
        whose vendor has no image of only the runtime (openjdk, Corretto): another vendor's is only advised.
        For Go: a Makefile that sets what a build would be given, a workspace that uses folders outside of the
        context. A static program that looks names up with glibc loads libraries all the same.

        For Ruby: gems from git, or of which it is not known what they are built against. For PHP: packages
        that call git, a tag that does not fix the release of Debian where libraries differ. For Elixir: a
        tag that does not name it (elixir:1.18), mix as what is started, packages with unknown libraries.

        Alpine is refused for Python and Elixir. A Node program that starts others keeps its own base image.
        The pure-Go resolver of a static binary reads /etc/hosts and /etc/resolv.conf but no NSS modules.

    References:
        https://docs.docker.com/build/building/multi-stage/
        https://github.com/GoogleContainerTools/distroless
    """
    stages = project.dockerfile.stages
    if len(stages) != 1 or project.dockerfile.errors:
        return
    stage = stages[0]
    reference = Reference.parse(project.base_of(stage))
    base = base_facts(reference.repository)
    if base is None or base.purpose == "system":
        found = tuple(_jdk(project, stage, base))
        yield from found
        if found or base is None:
            return
    if base.language in _INTERPRETED:
        yield from _interpreted(project, stage, base)
        return
    if base.purpose == "system":
        yield from _installed(project, stage, base)
        return
    if base.purpose != "compiler":
        return
    size = base_megabytes(reference)
    module = _LANGUAGES.get("c" if base.repository == "buildpack-deps" else base.language)
    message = f"the image ships {base.repository} itself, about {size} MB that only the build needs"
    saving = Saving(bytes=size * 1_000_000)
    place = stage.from_.span
    if module is None:
        yield Finding(place, message, saving, refused=f"there is no conversion for {base.repository} yet")
        return
    try:
        split: Split = import_module(f"jettison.stages.{module}").split(project, stage, base)
    except Refusal as reason:
        yield Finding(place, message, saving, refused=str(reason))
        return
    yield Finding(
        place, message, split.saving, Fix(split.title, split.edits, Safety.PROVEN, allows=split.allows)
    )


def _jdk(project: Project, stage: Stage, base: Base | None) -> Iterator[Finding]:
    """Java on an image that is a JDK, or on Debian that installs one."""
    if not any(word in project.dockerfile.source for word in (b"javac", b"mvn", b"gradle")):
        return
    from jettison.stages.java import has_jdk
    from jettison.stages.managed import split

    if not has_jdk(project, stage):
        return
    message = "the image ships a JDK, of which a program that is built needs only the JRE"
    try:
        made = split(project, stage, base)
    except Refusal as reason:
        yield Finding(stage.from_.span, message, refused=str(reason))
        return
    fix = Fix(made.title, made.edits, Safety.PROVEN, allows=made.allows)
    yield Finding(stage.from_.span, message, made.saving, fix)


def _installed(project: Project, stage: Stage, base: Base) -> Iterator[Finding]:
    """What packages of a distribution build; silent where it is not certain, as it may serve anything."""
    source = project.dockerfile.source
    module = next((name for name, words in _ON_DEBIAN.items() if any(w in source for w in words)), "")
    native = module == "native" and base.repository in ("debian", "ubuntu", "alpine")
    if not native and (base.repository != "debian" or not module):
        return
    try:
        split: Split | None = import_module(f"jettison.stages.{module}").split(project, stage, base)
    except Refusal:
        return
    if split is None:
        return
    fix = Fix(split.title, split.edits, Safety.PROVEN, allows=split.allows)
    yield Finding(
        stage.from_.span, "the image ships the compiler that only its build needs", split.saving, fix
    )


def _interpreted(project: Project, stage: Stage, base: Base) -> Iterator[Finding]:
    message = "the image ships what only its build needs"
    if not any(instruction.keyword == "RUN" for instruction in stage.instructions):
        return
    try:
        module = import_module(f"jettison.stages.{_INTERPRETED[base.language]}")
        split: Split | None = module.split(project, stage, base)
    except Refusal as reason:
        yield Finding(stage.from_.span, message, refused=str(reason))
        return
    if split is not None:
        fix = Fix(split.title, split.edits, Safety.PROVEN, allows=split.allows)
        yield Finding(stage.from_.span, message, split.saving, fix)
