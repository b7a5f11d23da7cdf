"""The truth table: mounts, stages, ignore files, options, and fresh builders with a registry cache."""

from __future__ import annotations

from collections.abc import Iterator

from tests.cache.case import Case
from tests.cache.change import FILES, TOP, TWO, case, files


def cases() -> Iterator[Case]:
    cache = "RUN --mount=type=cache,target=/c{} true\n"
    yield case("a cache mount more", TOP + "RUN true\n", dockerfile=TOP + cache.format(""))
    yield case("the id of a cache mount", TOP + cache.format(",id=x"), dockerfile=TOP + cache.format(",id=y"))
    yield case(
        "the first id of a cache mount", TOP + cache.format(""), dockerfile=TOP + cache.format(",id=y")
    )
    yield case(
        "a cache mount becomes locked",
        TOP + cache.format(""),
        dockerfile=TOP + cache.format(",sharing=locked"),
    )
    yield case(
        "locked becomes private",
        TOP + cache.format(",sharing=locked"),
        dockerfile=TOP + cache.format(",sharing=private"),
    )
    yield case("the target of a cache mount", TOP + cache.format(""), dockerfile=TOP + cache.format("2"))
    yield case("the uid of a cache mount", TOP + cache.format(""), dockerfile=TOP + cache.format(",uid=1"))
    bind = TOP + "RUN --mount=target=/in,source=src cat /in/c.txt > /x.txt\n"
    yield case("a file outside of a bind mount", bind, files("a.txt", 0o644, "new"))
    yield case("a file inside of a bind mount", bind, files("src/c.txt", 0o644, "new"))
    yield case(
        "a bind mount of one file",
        TOP + "RUN --mount=target=/in/a.txt,source=a.txt true\n",
        files("a.txt", 0o644, "new"),
    )
    yield case(
        "a bind mount of everything", TOP + "RUN --mount=target=/in true\n", files("b.txt", 0o644, "new")
    )
    yield case("a bind mount becomes writable", bind, dockerfile=bind.replace("source", "rw,source"))
    yield case("the artefact is the same", TWO.format(make="echo made"), files("src/c.txt", 0o644, "new"))
    yield case("the artefact is another", TWO.format(make="cat src/c.txt"), files("src/c.txt", 0o644, "new"))
    mounted = TWO.format(make="echo made").replace(
        "COPY --from=build /out.txt /\nRUN ", "RUN --mount=from=build,source=/out.txt,target=/out.txt "
    )
    yield case("the artefact is mounted, and the same", mounted, files("src/c.txt", 0o644, "new"))
    yield case(
        "the artefact is mounted, and another",
        mounted.replace("echo made", "cat src/c.txt"),
        files("src/c.txt", 0o644, "new"),
    )
    yield case(
        "a stage renamed",
        TWO.format(make="cat src/c.txt"),
        dockerfile=TWO.format(make="cat src/c.txt").replace("build", "make"),
    )
    yield case(
        "a stage from a stage",
        TOP.replace("1.35", "1.35 AS one") + "COPY a.txt .\nFROM one\nRUN true\n",
        files("a.txt", 0o644, "new"),
    )
    yield case(
        "ONBUILD of a stage",
        TOP.replace("1.35", "1.35 AS one") + "ONBUILD COPY a.txt .\nFROM one\nRUN true\n",
        files("a.txt", 0o644, "new"),
    )
    whole = TOP + "COPY . .\nRUN true\n"
    yield case(
        "the ignore file is sent, and edited",
        whole,
        files(".dockerignore", 0o644, "nothing\nmore\n"),
        before=files(".dockerignore", 0o644, "nothing\n"),
    )
    hidden = ".dockerignore\nDockerfile\n"
    yield case(
        "the ignore file is ignored, and edited",
        whole,
        files(".dockerignore", 0o644, hidden + "more\n"),
        before=files(".dockerignore", 0o644, hidden),
    )
    yield case(
        "an ignored file",
        whole,
        {"files": FILES | {".dockerignore": (0o644, "*.txt"), "b.txt": (0o644, "new")}},
        before=files(".dockerignore", 0o644, "*.txt"),
    )
    kept = "src\n!src/d.md\n"
    yield case(
        "a file brought back",
        whole,
        {"files": FILES | {".dockerignore": (0o644, kept), "src/d.md": (0o644, "new")}},
        before=files(".dockerignore", 0o644, kept),
    )
    yield case(
        "a file beside one brought back",
        whole,
        {"files": FILES | {".dockerignore": (0o644, kept), "src/c.txt": (0o644, "new")}},
        before=files(".dockerignore", 0o644, kept),
    )
    linked = TOP + "RUN true {}\nCOPY --link a.txt /l/\nRUN true after\n"
    yield case("COPY --link below another RUN", linked.format(1), dockerfile=linked.format(2))
    yield case(
        "COPY --link --chmod below another RUN",
        linked.format(1).replace("--link", "--link --chmod=644"),
        dockerfile=linked.format(2).replace("--link", "--link --chmod=644"),
    )
    yield case("COPY --link of another file", linked.format(1), files("a.txt", 0o644, "new"))
    yield case(
        "the address of an extra host",
        TOP + "RUN true\n",
        {"options": ("--add-host=h:127.0.0.2",)},
        before={"options": ("--add-host=h:127.0.0.1",)},
    )
    yield case(
        "the name of an extra host",
        TOP + "RUN true\n",
        {"options": ("--add-host=i:127.0.0.1",)},
        before={"options": ("--add-host=h:127.0.0.1",)},
    )
    yield case("a limit", TOP + "RUN true\n", {"options": ("--ulimit=nofile=1024:1024",)})
    yield case("a label by option", TOP + "RUN true\n", {"options": ("--label=a=b",)})
    epoch = {"args": {"SOURCE_DATE_EPOCH": "1"}}
    yield case(
        "SOURCE_DATE_EPOCH with a WORKDIR",
        TOP + "COPY a.txt .\n",
        {"args": {"SOURCE_DATE_EPOCH": "2"}},
        before=epoch,
    )
    yield case(
        "SOURCE_DATE_EPOCH without a WORKDIR",
        "FROM busybox:1.35\nCOPY a.txt /NONCE/\nRUN true\n",
        {"args": {"SOURCE_DATE_EPOCH": "2"}},
        before=epoch,
    )
    yield case(
        "a link in the context",
        TOP + "COPY . .\nRUN true\n",
        {"links": {"l": "b.txt"}},
        before={"links": {"l": "a.txt"}},
    )
    yield case(
        "the file behind a link that is copied",
        TOP + "COPY l .\nRUN true\n",
        files("a.txt", 0o644, "new") | {"links": {"l": "a.txt"}},
        before={"links": {"l": "a.txt"}},
    )
    yield case(
        "a link to the same content",
        TOP + "COPY l .\nRUN true\n",
        {"links": {"l": "src/a.txt"}, "files": FILES | {"src/a.txt": FILES["a.txt"]}},
        before={"links": {"l": "a.txt"}},
    )
    for cache in ("min", "max"):
        same = TWO.format(make="cat src/c.txt")
        yield case(f"nothing changed, fresh builder, {cache}", same, cache=cache)
        yield case(
            f"the source changed, fresh builder, {cache}",
            same,
            files("src/c.txt", 0o644, "new"),
            cache=cache,
        )
        yield case(
            f"the source changed, the artefact not, fresh builder, {cache}",
            TWO.format(make="echo made"),
            files("src/c.txt", 0o644, "new"),
            cache=cache,
        )
        yield case(
            f"the last RUN changed, fresh builder, {cache}",
            same,
            dockerfile=same.replace("/last.txt", "/later.txt"),
            cache=cache,
        )
        yield case(
            f"the last COPY changed, fresh builder, {cache}",
            same,
            dockerfile=same.replace("/out.txt /\nRUN cat /", "/out.txt /in/\nRUN cat /in/"),
            cache=cache,
        )
        yield case(
            f"one stage, its end changed, fresh builder, {cache}",
            TOP + "RUN true\nCOPY src src\nRUN true 2\n",
            files("src/c.txt", 0o644, "new"),
            cache=cache,
        )
        based = TOP.replace("1.35", "1.35 AS one") + "COPY a.txt .\nFROM one\nRUN true 1\n"
        yield case(
            f"a stage from a stage, fresh builder, {cache}",
            based,
            dockerfile=based.replace("true 1", "true 2"),
            cache=cache,
        )
        both = TWO.format(make="cat src/c.txt").replace(
            "COPY --from=build /out.txt /\n", "RUN true runtime\nCOPY --from=build /out.txt /\n"
        )
        yield case(
            f"the runtime stage is kept, fresh builder, {cache}",
            both,
            files("src/c.txt", 0o644, "new"),
            cache=cache,
        )
