"""A program is copied into an image that lacks what it needs to start or to work."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from jettison.findings import Finding, Fix, Safety
from jettison.project import Project
from jettison.rules import rule

if TYPE_CHECKING:
    from jettison.dockerfile import Stage
    from jettison.stages.linking import Copied

_RANKS = ("", "glibc", "libgcc", "libstdc++")
_MISSING = {
    "glibc": "the loader and libc of glibc",
    "libgcc": "libgcc_s.so.1",
    "libstdc++": "libstdc++.so.6",
}


@rule("JT404", order=45)
def stage_copy_missing_library(project: Project) -> Iterator[Finding]:
    """A program is copied into an image that lacks what it needs to start or to work.

    What:
        `COPY --from` takes a dynamically linked program (Go with cgo, Rust, C, C++) into scratch, distroless
        static, distroless base, Alpine or BusyBox, where its loader or a library is missing. Or a Go program
        on scratch makes TLS calls without certificates. Or a stage on scratch has a USER by name and no
        /etc/passwd.

    Why:
        The image builds, and fails when it starts: "no such file or directory", although the file is there;
        it is the loader that is missing. Missing certificates and users show later still, in production.

    How it is fixed:
        For Go, `CGO_ENABLED=0` makes the program static; for the others a base with the right libraries is
        named. These are shown, not applied, because an image that does not start has nothing to be compared
        with. Missing certificates are copied from the builder.

    When not:
        Only commands whose result is certain are judged: `go build -o`, `cargo build --release`, `gcc -o`.
        Flags that may link statically, Alpine builders, and stages with a RUN that may install libraries are
        left alone.

    References:
        https://pkg.go.dev/cmd/cgo
        https://github.com/GoogleContainerTools/distroless/blob/main/base/README.md
    """
    stage = project.final_stage
    if stage is None or len(project.dockerfile.stages) < 2:
        return
    runtime = _runtime(project, stage)
    if runtime is None or _installs(project, stage):
        return
    from jettison.stages.linking import copied_programs

    for copied in copied_programs(project, stage):
        yield from _linking(project, copied, runtime)
        if copied.built.language == "go" and runtime["name"] == "scratch":
            yield from _data(project, stage, copied)
    if not runtime.get("users"):
        yield from _users(project, stage)


def _runtime(project: Project, stage: Stage) -> dict[str, Any] | None:
    from jettison.facts import load
    from jettison.facts.bases import Reference

    repository = Reference.parse(project.base_of(stage)).repository
    rows: list[dict[str, Any]] = load("linking")["runtime"]
    for row in rows:
        name = row["name"]
        if repository == name or ("/" in name and repository.startswith(name + "-")):
            return row
    return None


def _installs(project: Project, stage: Stage) -> bool:
    """True when a RUN of the stage may bring libraries: on Alpine that is what gcompat is for."""
    return any(each.keyword == "RUN" for each in stage.instructions)


def _linking(project: Project, copied: Copied, runtime: dict[str, Any]) -> Iterator[Finding]:
    """The loader or a library that the runtime image does not have."""
    from jettison.stages.linking import asks_libc, go_source

    built = copied.built
    has = runtime["libc"]
    source = go_source(project) if built.language == "go" else None
    if not built.needs or (built.language == "go" and (source is None or not asks_libc(source))):
        return
    if has == "glibc" and _RANKS.index(built.needs) < 2:
        return
    missing = _MISSING[built.needs if has == "glibc" else "glibc"]
    name = runtime["name"]
    message = f"{built.path} is linked to {missing}, which {name} does not have: it cannot start"
    fix: Fix | None = None
    refused: str | None = None
    if source is not None and not source.cgo:
        from jettison.spans import Edit, Span

        at = built.command.words[0].span.start
        edit = Edit(Span(at, at), b"CGO_ENABLED=0 ")
        fix = Fix("Link the program statically", (edit,), Safety.SUGGEST)
    else:
        kind = "gcr.io/distroless/cc of the builder's Debian release"
        refused = f"the image as it is does not start, so nothing can be compared; {kind} has what it needs"
    yield Finding(copied.copy.span, message, fix=fix, refused=refused)


def _data(project: Project, stage: Stage, copied: Copied) -> Iterator[Finding]:
    """Certificates that a Go program reads at run time and scratch does not have."""
    from jettison.dockerfile.edit import insert_before
    from jettison.facts import load
    from jettison.findings import Allowance
    from jettison.stages.linking import go_source

    source = go_source(project)
    if source is None:
        return
    facts = load("linking")["go"]
    brought = " ".join(project.dockerfile.text(i.span) for i in stage.instructions if i.keyword == "COPY")
    tls = any(name in source.imports for name in facts["calls_tls"])
    if (
        tls
        and any(literal.startswith("https://") and len(literal) > 12 for literal in source.literals)
        and not any(name in source.imports for name in facts["roots"])
        and not any(word in brought for word in ("/etc/ssl", "ca-cert", "/etc/pki", ".pem", ".crt", "/etc/"))
    ):
        origin = copied.copy.flag("from")
        where = "/etc/ssl/certs/ca-certificates.crt"
        line = f"COPY --from={origin.value if origin else ''} {where} {where}"
        yield Finding(
            copied.copy.span,
            "it calls https:// addresses, and scratch has no certificates: every such call fails",
            fix=Fix(
                "Copy the certificates from the builder",
                (insert_before(copied.copy, line),),
                Safety.PROVEN,
                allows=Allowance(appear=("/etc", "/etc/ssl", "/etc/ssl/*")),
            ),
        )


def _users(project: Project, stage: Stage) -> Iterator[Finding]:
    """A USER by name where there is no /etc/passwd."""
    copies = " ".join(
        project.dockerfile.text(i.span) for i in stage.instructions if i.keyword in ("COPY", "ADD")
    )
    if "passwd" in copies or "/etc" in copies or stage.base_stage is not None:
        return
    if any(i.dest is not None and i.dest.text in ("/", "./", ".") for i in stage.instructions):
        return
    for instruction in stage.instructions:
        if instruction.keyword != "USER" or not instruction.words:
            continue
        name = project.scope(instruction).expand(instruction.words[0].text).text.partition(":")[0]
        if name and not name.isdigit() and "$" not in name and name != "root":
            yield Finding(
                instruction.span,
                f"there is no /etc/passwd in scratch, so the user {name} is not found and nothing starts",
                refused="which number the user has is not known here: write the number, as in USER 65532",
            )
