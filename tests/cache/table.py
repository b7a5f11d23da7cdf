"""One change between two builds, many times: the truth table of BuildKit's cache."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tests.cache.case import Case, Side

FILES = {
    "a.txt": (0o644, "a NONCE"),
    "b.txt": (0o644, "b NONCE"),
    "src/c.txt": (0o644, "c NONCE"),
    "src/d.md": (0o644, "d NONCE"),
}
TOP = "FROM busybox:1.35\nWORKDIR /NONCE\n"
TWO = (
    "FROM busybox:1.35 AS build\nWORKDIR /NONCE\nRUN true deps\nCOPY src src\nRUN {make} > /out.txt\n"
    "FROM busybox:1.35\nWORKDIR /NONCE-2\nCOPY --from=build /out.txt /\nRUN cat /out.txt > /last.txt\n"
)
EFFECT = "COPY a.txt .\nRUN echo x > /x.txt\n"


def cases() -> Iterator[Case]:
    """All of them, without what an engine said."""
    yield _case("nothing changed", TOP + EFFECT)
    yield _case("bytes of a copied file", TOP + EFFECT, _files("a.txt", 0o644, "other NONCE"))
    yield _case("mode of a copied file", TOP + EFFECT, _files("a.txt", 0o664, "a NONCE"))
    yield _case(
        "mode, with --chmod",
        TOP + EFFECT.replace("COPY", "COPY --chmod=644"),
        _files("a.txt", 0o664, "a NONCE"),
    )
    yield _case("executable bit", TOP + EFFECT, _files("a.txt", 0o755, "a NONCE"))
    yield _case("mode of a folder, fresh checkout", TOP + "COPY . .\nRUN true\n", {"folders": {"src": 0o700}})
    yield _case("an empty folder", TOP + "COPY . .\nRUN true\n", {"folders": {"src/empty": 0o755}})
    yield _case("a file more", TOP + "COPY . .\nRUN true\n", {"files": FILES | {"src/e.txt": (0o644, "e")}})
    yield _case(
        "a file less",
        TOP + "COPY . .\nRUN true\n",
        {"files": {p: v for p, v in FILES.items() if p != "src/d.md"}},
    )
    renamed = {("src/z.txt" if p == "src/c.txt" else p): v for p, v in FILES.items()}
    yield _case("a file renamed", TOP + "COPY src src\nRUN true\n", {"files": renamed})
    yield _case(
        "a file outside of the source", TOP + "COPY src src\nRUN true\n", _files("a.txt", 0o644, "new")
    )
    yield _case(
        "a file deep in the source", TOP + "COPY src src\nRUN true\n", _files("src/c.txt", 0o644, "new")
    )
    moved = FILES | {"n/a.txt": FILES["a.txt"]}
    yield _case(
        "the file moved, the same name",
        TOP + EFFECT,
        {"files": moved},
        dockerfile=TOP + EFFECT.replace("a.txt .", "n/a.txt ."),
    )
    lib = FILES | {p.replace("src/", "lib/"): v for p, v in FILES.items() if p.startswith("src/")}
    yield _case(
        "the folder renamed, the same content",
        TOP + "COPY src to\nRUN true\n",
        {"files": lib},
        dockerfile=TOP + "COPY lib to\nRUN true\n",
    )
    yield _case(
        "an ENV value",
        TOP.replace("WORKDIR", "ENV V=1\nWORKDIR") + "COPY a.txt .\nWORKDIR /more\nRUN true\n",
        dockerfile=TOP.replace("WORKDIR", "ENV V=2\nWORKDIR") + "COPY a.txt .\nWORKDIR /more\nRUN true\n",
    )
    yield _case(
        "the order of two ENV",
        TOP + "ENV A=1\nENV B=2\nRUN true\n",
        dockerfile=TOP + "ENV B=2\nENV A=1\nRUN true\n",
    )
    yield _case(
        "an ENV set again to the same",
        TOP + "ENV A=1 B=2\nRUN true\n",
        dockerfile=TOP + "ENV A=1 B=2\nENV A=1\nRUN true\n",
    )
    yield _case("an ENV below the RUN", TOP + "RUN true\nENV V=1\n", dockerfile=TOP + "RUN true\nENV V=2\n")
    arg = TOP + "ARG V\nCOPY a.txt .\nRUN true\n"
    yield _case("a build argument that nothing uses", arg, {"args": {"V": "2"}}, before={"args": {"V": "1"}})
    yield _case("an ARG default", TOP + "ARG V=1\nRUN true\n", dockerfile=TOP + "ARG V=2\nRUN true\n")
    yield _case("an ARG without a value", TOP + "RUN true\n", dockerfile=TOP + "ARG V\nRUN true\n")
    yield _case(
        "an ARG below the RUN", TOP + "RUN true\nARG V\n", {"args": {"V": "2"}}, before={"args": {"V": "1"}}
    )
    yield _case(
        "a build argument that is not declared",
        TOP + "RUN true\n",
        {"args": {"V": "2"}},
        before={"args": {"V": "1"}},
    )
    yield _case(
        "an ARG in the destination",
        TOP + "ARG V\nCOPY a.txt $V\n",
        {"args": {"V": "y"}},
        before={"args": {"V": "x"}},
    )
    yield _case(
        "a global ARG",
        "ARG V\nFROM busybox:1.35\nWORKDIR /NONCE\nARG V\nRUN true\n",
        {"args": {"V": "y"}},
        before={"args": {"V": "x"}},
    )
    yield _case(
        "a global ARG that the stage does not ask for",
        "ARG V\nFROM busybox:1.35\nWORKDIR /NONCE\nRUN true\n",
        {"args": {"V": "y"}},
        before={"args": {"V": "x"}},
    )
    yield _case(
        "proxy, not declared",
        TOP + "RUN true\n",
        {"args": {"HTTP_PROXY": "http://127.0.0.1:2"}},
        before={"args": {"HTTP_PROXY": "http://127.0.0.1:1"}},
    )
    yield _case(
        "proxy, declared",
        TOP + "ARG HTTP_PROXY\nRUN true\n",
        {"args": {"HTTP_PROXY": "http://127.0.0.1:2"}},
        before={"args": {"HTTP_PROXY": "http://127.0.0.1:1"}},
    )
    yield _case("a platform argument", TOP + "ARG TARGETARCH\nRUN echo $TARGETARCH > /x\n")
    for word in (
        "LABEL a=1",
        'CMD ["x"]',
        'ENTRYPOINT ["x"]',
        "EXPOSE 80",
        "HEALTHCHECK CMD true",
        "VOLUME /v",
        "STOPSIGNAL 9",
        "MAINTAINER me",
        "ONBUILD RUN true",
    ):
        yield _case(f"{word} above the RUN", TOP + EFFECT, dockerfile=TOP + word + "\n" + EFFECT)
    yield _case("USER above the RUN", TOP + "RUN true\n", dockerfile=TOP + "USER 1000\nRUN true\n")
    yield _case("USER above a COPY", TOP + "COPY a.txt .\n", dockerfile=TOP + "USER 1000\nCOPY a.txt .\n")
    yield _case("USER above a WORKDIR", TOP + "WORKDIR /w\n", dockerfile=TOP + "USER 1000\nWORKDIR /w\n")
    yield _case("SHELL", TOP + "RUN true\n", dockerfile=TOP + 'SHELL ["/bin/ash", "-c"]\nRUN true\n')
    yield _case(
        "SHELL with an exec form",
        TOP + 'RUN ["true"]\n',
        dockerfile=TOP + 'SHELL ["/bin/ash", "-c"]\nRUN ["true"]\n',
    )
    yield _case(
        "the text of a RUN", TOP + "RUN true\nRUN true 2\n", dockerfile=TOP + "RUN true 1\nRUN true 2\n"
    )
    yield _case(
        "the body of a heredoc", TOP + "RUN <<E\ntrue 1\nE\n", dockerfile=TOP + "RUN <<E\ntrue 2\nE\n"
    )
    yield _case(
        "the name of a heredoc", TOP + "RUN <<E\ntrue 1\nE\n", dockerfile=TOP + "RUN <<F\ntrue 1\nF\n"
    )
    yield _case(
        "the name of a heredoc for a command",
        TOP + "RUN cat <<E\ntrue 1\nE\n",
        dockerfile=TOP + "RUN cat <<F\ntrue 1\nF\n",
    )
    yield _case(
        "a script in a heredoc",
        TOP + "RUN <<E\n#!/bin/sh\ntrue 1\nE\n",
        dockerfile=TOP + "RUN <<E\n#!/bin/sh\ntrue 2\nE\n",
    )
    yield _case(
        "a heredoc copied",
        TOP + "COPY <<E /f\none\nE\nRUN true\n",
        dockerfile=TOP + "COPY <<E /f\ntwo\nE\nRUN true\n",
    )
    yield _case(
        "a heredoc copied, with a variable",
        TOP + "ARG V\nCOPY <<E /f\n$V\nE\nRUN true\n",
        {"args": {"V": "y"}},
        before={"args": {"V": "x"}},
    )
    yield _case(
        "a comment in a continuation",
        TOP + "RUN true \\\n# one\n 1\n",
        dockerfile=TOP + "RUN true \\\n# two\n 1\n",
    )
    yield _case(
        "indentation in a continuation", TOP + "RUN true \\\n  1\n", dockerfile=TOP + "RUN true \\\n    1\n"
    )
    yield _case("blanks after the keyword", TOP + "RUN true 1\n", dockerfile=TOP + "RUN   true 1\n")
    yield _case("the keyword in lower case", TOP + "RUN true 1\n", dockerfile=TOP + "run true 1\n")
    yield _case(
        "two sources in another order",
        TOP + "COPY a.txt b.txt ./\nRUN true\n",
        dockerfile=TOP + "COPY b.txt a.txt ./\nRUN true\n",
    )
    yield _case(
        "a final slash at the destination",
        TOP + "COPY src /to\nRUN true\n",
        dockerfile=TOP + "COPY src /to/\nRUN true\n",
    )
    yield _case(
        "a destination written absolutely",
        TOP + "COPY a.txt .\nRUN true\n",
        dockerfile=TOP + "COPY a.txt /NONCE/\nRUN true\n",
    )
    yield _case(
        "./ before the source",
        TOP + "COPY a.txt .\nRUN true\n",
        dockerfile=TOP + "COPY ./a.txt .\nRUN true\n",
    )
    yield _case(
        "COPY becomes ADD", TOP + "COPY a.txt .\nRUN true\n", dockerfile=TOP + "ADD a.txt .\nRUN true\n"
    )
    yield _case(
        "--chown", TOP + "COPY a.txt .\nRUN true\n", dockerfile=TOP + "COPY --chown=1:1 a.txt .\nRUN true\n"
    )
    yield _case(
        "a wildcard that takes the same one file",
        TOP + "COPY a.txt .\nRUN true\n",
        dockerfile=TOP + "COPY a*.txt .\nRUN true\n",
    )
    yield _case(
        "a wildcard, a file outside", TOP + "COPY *.txt ./\nRUN true\n", _files("src/c.txt", 0o644, "new")
    )
    yield _case(
        "a wildcard, another file inside",
        TOP + "COPY *.txt ./\nRUN true\n",
        {"files": FILES | {"e.txt": (0o644, "e")}},
    )
    one = {"a.txt": FILES["a.txt"]}
    yield _case(
        "a wildcard, the one file renamed",
        TOP + "COPY *.txt ./\nRUN true\n",
        {"files": {"z.txt": FILES["a.txt"]}},
        before={"files": one},
    )
    yield _case(
        "an excluded file, --exclude",
        TOP + "COPY --exclude=*.md src to\nRUN true\n",
        _files("src/d.md", 0o644, "new"),
    )
    yield _case(
        "a file beside it, --exclude",
        TOP + "COPY --exclude=*.md src to\nRUN true\n",
        _files("src/c.txt", 0o644, "new"),
    )
    cache = "RUN --mount=type=cache,target=/c{} true\n"
    yield _case("a cache mount more", TOP + "RUN true\n", dockerfile=TOP + cache.format(""))
    yield _case(
        "the id of a cache mount", TOP + cache.format(",id=x"), dockerfile=TOP + cache.format(",id=y")
    )
    yield _case(
        "the first id of a cache mount", TOP + cache.format(""), dockerfile=TOP + cache.format(",id=y")
    )
    yield _case(
        "a cache mount becomes locked",
        TOP + cache.format(""),
        dockerfile=TOP + cache.format(",sharing=locked"),
    )
    yield _case(
        "locked becomes private",
        TOP + cache.format(",sharing=locked"),
        dockerfile=TOP + cache.format(",sharing=private"),
    )
    yield _case("the target of a cache mount", TOP + cache.format(""), dockerfile=TOP + cache.format("2"))
    yield _case("the uid of a cache mount", TOP + cache.format(""), dockerfile=TOP + cache.format(",uid=1"))
    bind = TOP + "RUN --mount=target=/in,source=src cat /in/c.txt > /x.txt\n"
    yield _case("a file outside of a bind mount", bind, _files("a.txt", 0o644, "new"))
    yield _case("a file inside of a bind mount", bind, _files("src/c.txt", 0o644, "new"))
    yield _case(
        "a bind mount of one file",
        TOP + "RUN --mount=target=/in/a.txt,source=a.txt true\n",
        _files("a.txt", 0o644, "new"),
    )
    yield _case(
        "a bind mount of everything", TOP + "RUN --mount=target=/in true\n", _files("b.txt", 0o644, "new")
    )
    yield _case("a bind mount becomes writable", bind, dockerfile=bind.replace("source", "rw,source"))
    yield _case("the artefact is the same", TWO.format(make="echo made"), _files("src/c.txt", 0o644, "new"))
    yield _case(
        "the artefact is another", TWO.format(make="cat src/c.txt"), _files("src/c.txt", 0o644, "new")
    )
    mounted = TWO.format(make="echo made").replace(
        "COPY --from=build /out.txt /\nRUN ", "RUN --mount=from=build,source=/out.txt,target=/out.txt "
    )
    yield _case("the artefact is mounted, and the same", mounted, _files("src/c.txt", 0o644, "new"))
    yield _case(
        "the artefact is mounted, and another",
        mounted.replace("echo made", "cat src/c.txt"),
        _files("src/c.txt", 0o644, "new"),
    )
    yield _case(
        "a stage renamed",
        TWO.format(make="cat src/c.txt"),
        dockerfile=TWO.format(make="cat src/c.txt").replace("build", "make"),
    )
    yield _case(
        "a stage from a stage",
        TOP.replace("1.35", "1.35 AS one") + "COPY a.txt .\nFROM one\nRUN true\n",
        _files("a.txt", 0o644, "new"),
    )
    yield _case(
        "ONBUILD of a stage",
        TOP.replace("1.35", "1.35 AS one") + "ONBUILD COPY a.txt .\nFROM one\nRUN true\n",
        _files("a.txt", 0o644, "new"),
    )
    whole = TOP + "COPY . .\nRUN true\n"
    yield _case(
        "the ignore file is sent, and edited",
        whole,
        _files(".dockerignore", 0o644, "nothing\nmore\n"),
        before=_files(".dockerignore", 0o644, "nothing\n"),
    )
    hidden = ".dockerignore\nDockerfile\n"
    yield _case(
        "the ignore file is ignored, and edited",
        whole,
        _files(".dockerignore", 0o644, hidden + "more\n"),
        before=_files(".dockerignore", 0o644, hidden),
    )
    yield _case(
        "an ignored file",
        whole,
        {"files": FILES | {".dockerignore": (0o644, "*.txt"), "b.txt": (0o644, "new")}},
        before=_files(".dockerignore", 0o644, "*.txt"),
    )
    kept = "src\n!src/d.md\n"
    yield _case(
        "a file brought back",
        whole,
        {"files": FILES | {".dockerignore": (0o644, kept), "src/d.md": (0o644, "new")}},
        before=_files(".dockerignore", 0o644, kept),
    )
    yield _case(
        "a file beside one brought back",
        whole,
        {"files": FILES | {".dockerignore": (0o644, kept), "src/c.txt": (0o644, "new")}},
        before=_files(".dockerignore", 0o644, kept),
    )
    linked = TOP + "RUN true {}\nCOPY --link a.txt /l/\nRUN true after\n"
    yield _case("COPY --link below another RUN", linked.format(1), dockerfile=linked.format(2))
    yield _case(
        "COPY --link --chmod below another RUN",
        linked.format(1).replace("--link", "--link --chmod=644"),
        dockerfile=linked.format(2).replace("--link", "--link --chmod=644"),
    )
    yield _case("COPY --link of another file", linked.format(1), _files("a.txt", 0o644, "new"))
    yield _case(
        "the address of an extra host",
        TOP + "RUN true\n",
        {"options": ("--add-host=h:127.0.0.2",)},
        before={"options": ("--add-host=h:127.0.0.1",)},
    )
    yield _case(
        "the name of an extra host",
        TOP + "RUN true\n",
        {"options": ("--add-host=i:127.0.0.1",)},
        before={"options": ("--add-host=h:127.0.0.1",)},
    )
    yield _case("a limit", TOP + "RUN true\n", {"options": ("--ulimit=nofile=1024:1024",)})
    yield _case("a label by option", TOP + "RUN true\n", {"options": ("--label=a=b",)})
    epoch = {"args": {"SOURCE_DATE_EPOCH": "1"}}
    yield _case(
        "SOURCE_DATE_EPOCH with a WORKDIR",
        TOP + "COPY a.txt .\n",
        {"args": {"SOURCE_DATE_EPOCH": "2"}},
        before=epoch,
    )
    yield _case(
        "SOURCE_DATE_EPOCH without a WORKDIR",
        "FROM busybox:1.35\nCOPY a.txt /NONCE/\nRUN true\n",
        {"args": {"SOURCE_DATE_EPOCH": "2"}},
        before=epoch,
    )
    yield _case(
        "a link in the context",
        TOP + "COPY . .\nRUN true\n",
        {"links": {"l": "b.txt"}},
        before={"links": {"l": "a.txt"}},
    )
    yield _case(
        "the file behind a link that is copied",
        TOP + "COPY l .\nRUN true\n",
        _files("a.txt", 0o644, "new") | {"links": {"l": "a.txt"}},
        before={"links": {"l": "a.txt"}},
    )
    yield _case(
        "a link to the same content",
        TOP + "COPY l .\nRUN true\n",
        {"links": {"l": "src/a.txt"}, "files": FILES | {"src/a.txt": FILES["a.txt"]}},
        before={"links": {"l": "a.txt"}},
    )
    for cache in ("min", "max"):
        same = TWO.format(make="cat src/c.txt")
        yield _case(f"nothing changed, fresh builder, {cache}", same, cache=cache)
        yield _case(
            f"the source changed, fresh builder, {cache}",
            same,
            _files("src/c.txt", 0o644, "new"),
            cache=cache,
        )
        yield _case(
            f"the source changed, the artefact not, fresh builder, {cache}",
            TWO.format(make="echo made"),
            _files("src/c.txt", 0o644, "new"),
            cache=cache,
        )
        yield _case(
            f"the last RUN changed, fresh builder, {cache}",
            same,
            dockerfile=same.replace("/last.txt", "/later.txt"),
            cache=cache,
        )
        yield _case(
            f"the last COPY changed, fresh builder, {cache}",
            same,
            dockerfile=same.replace("/out.txt /\nRUN cat /", "/out.txt /in/\nRUN cat /in/"),
            cache=cache,
        )
        yield _case(
            f"one stage, its end changed, fresh builder, {cache}",
            TOP + "RUN true\nCOPY src src\nRUN true 2\n",
            _files("src/c.txt", 0o644, "new"),
            cache=cache,
        )
        based = TOP.replace("1.35", "1.35 AS one") + "COPY a.txt .\nFROM one\nRUN true 1\n"
        yield _case(
            f"a stage from a stage, fresh builder, {cache}",
            based,
            dockerfile=based.replace("true 1", "true 2"),
            cache=cache,
        )
        both = TWO.format(make="cat src/c.txt").replace(
            "COPY --from=build /out.txt /\n", "RUN true runtime\nCOPY --from=build /out.txt /\n"
        )
        yield _case(
            f"the runtime stage is kept, fresh builder, {cache}",
            both,
            _files("src/c.txt", 0o644, "new"),
            cache=cache,
        )


def _case(
    name: str,
    first: str,
    after: dict[str, Any] | None = None,
    *,
    dockerfile: str = "",
    before: dict[str, Any] | None = None,
    cache: str = "local",
) -> Case:
    side = replace(Side(first, FILES), **(before or {}))
    other = replace(side, dockerfile=dockerfile or first, **(after or {}))
    return Case(name, side, other, cache)


def _files(path: str, mode: int, text: str) -> dict[str, Any]:
    return {"files": FILES | {path: (mode, text)}}
