"""One change between two builds, many times: the truth table of BuildKit's cache."""

from __future__ import annotations

from collections.abc import Iterator

from tests.cache import table_mounts
from tests.cache.case import Case
from tests.cache.change import EFFECT, FILES, TOP, case, files


def cases() -> Iterator[Case]:
    """All of them, without what an engine said."""
    yield from _values()
    yield from table_mounts.cases()


def _values() -> Iterator[Case]:
    """Files, variables, and the text of instructions."""
    yield case("nothing changed", TOP + EFFECT)
    yield case("bytes of a copied file", TOP + EFFECT, files("a.txt", 0o644, "other NONCE"))
    yield case("mode of a copied file", TOP + EFFECT, files("a.txt", 0o664, "a NONCE"))
    yield case(
        "mode, with --chmod",
        TOP + EFFECT.replace("COPY", "COPY --chmod=644"),
        files("a.txt", 0o664, "a NONCE"),
    )
    yield case("executable bit", TOP + EFFECT, files("a.txt", 0o755, "a NONCE"))
    yield case("mode of a folder, fresh checkout", TOP + "COPY . .\nRUN true\n", {"folders": {"src": 0o700}})
    yield case("an empty folder", TOP + "COPY . .\nRUN true\n", {"folders": {"src/empty": 0o755}})
    yield case("a file more", TOP + "COPY . .\nRUN true\n", {"files": FILES | {"src/e.txt": (0o644, "e")}})
    yield case(
        "a file less",
        TOP + "COPY . .\nRUN true\n",
        {"files": {p: v for p, v in FILES.items() if p != "src/d.md"}},
    )
    renamed = {("src/z.txt" if p == "src/c.txt" else p): v for p, v in FILES.items()}
    yield case("a file renamed", TOP + "COPY src src\nRUN true\n", {"files": renamed})
    yield case("a file outside of the source", TOP + "COPY src src\nRUN true\n", files("a.txt", 0o644, "new"))
    yield case(
        "a file deep in the source", TOP + "COPY src src\nRUN true\n", files("src/c.txt", 0o644, "new")
    )
    moved = FILES | {"n/a.txt": FILES["a.txt"]}
    yield case(
        "the file moved, the same name",
        TOP + EFFECT,
        {"files": moved},
        dockerfile=TOP + EFFECT.replace("a.txt .", "n/a.txt ."),
    )
    lib = FILES | {p.replace("src/", "lib/"): v for p, v in FILES.items() if p.startswith("src/")}
    yield case(
        "the folder renamed, the same content",
        TOP + "COPY src to\nRUN true\n",
        {"files": lib},
        dockerfile=TOP + "COPY lib to\nRUN true\n",
    )
    yield case(
        "an ENV value",
        TOP.replace("WORKDIR", "ENV V=1\nWORKDIR") + "COPY a.txt .\nWORKDIR /more\nRUN true\n",
        dockerfile=TOP.replace("WORKDIR", "ENV V=2\nWORKDIR") + "COPY a.txt .\nWORKDIR /more\nRUN true\n",
    )
    yield case(
        "the order of two ENV",
        TOP + "ENV A=1\nENV B=2\nRUN true\n",
        dockerfile=TOP + "ENV B=2\nENV A=1\nRUN true\n",
    )
    yield case(
        "an ENV set again to the same",
        TOP + "ENV A=1 B=2\nRUN true\n",
        dockerfile=TOP + "ENV A=1 B=2\nENV A=1\nRUN true\n",
    )
    yield case("an ENV below the RUN", TOP + "RUN true\nENV V=1\n", dockerfile=TOP + "RUN true\nENV V=2\n")
    arg = TOP + "ARG V\nCOPY a.txt .\nRUN true\n"
    yield case("a build argument that nothing uses", arg, {"args": {"V": "2"}}, before={"args": {"V": "1"}})
    yield case("an ARG default", TOP + "ARG V=1\nRUN true\n", dockerfile=TOP + "ARG V=2\nRUN true\n")
    yield case("an ARG without a value", TOP + "RUN true\n", dockerfile=TOP + "ARG V\nRUN true\n")
    yield case(
        "an ARG below the RUN", TOP + "RUN true\nARG V\n", {"args": {"V": "2"}}, before={"args": {"V": "1"}}
    )
    yield case(
        "a build argument that is not declared",
        TOP + "RUN true\n",
        {"args": {"V": "2"}},
        before={"args": {"V": "1"}},
    )
    yield case(
        "an ARG in the destination",
        TOP + "ARG V\nCOPY a.txt $V\n",
        {"args": {"V": "y"}},
        before={"args": {"V": "x"}},
    )
    yield case(
        "a global ARG",
        "ARG V\nFROM busybox:1.35\nWORKDIR /NONCE\nARG V\nRUN true\n",
        {"args": {"V": "y"}},
        before={"args": {"V": "x"}},
    )
    yield case(
        "a global ARG that the stage does not ask for",
        "ARG V\nFROM busybox:1.35\nWORKDIR /NONCE\nRUN true\n",
        {"args": {"V": "y"}},
        before={"args": {"V": "x"}},
    )
    yield case(
        "proxy, not declared",
        TOP + "RUN true\n",
        {"args": {"HTTP_PROXY": "http://127.0.0.1:2"}},
        before={"args": {"HTTP_PROXY": "http://127.0.0.1:1"}},
    )
    yield case(
        "proxy, declared",
        TOP + "ARG HTTP_PROXY\nRUN true\n",
        {"args": {"HTTP_PROXY": "http://127.0.0.1:2"}},
        before={"args": {"HTTP_PROXY": "http://127.0.0.1:1"}},
    )
    yield case("a platform argument", TOP + "ARG TARGETARCH\nRUN echo $TARGETARCH > /x\n")
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
        yield case(f"{word} above the RUN", TOP + EFFECT, dockerfile=TOP + word + "\n" + EFFECT)
    yield case("USER above the RUN", TOP + "RUN true\n", dockerfile=TOP + "USER 1000\nRUN true\n")
    yield case("USER above a COPY", TOP + "COPY a.txt .\n", dockerfile=TOP + "USER 1000\nCOPY a.txt .\n")
    yield case("USER above a WORKDIR", TOP + "WORKDIR /w\n", dockerfile=TOP + "USER 1000\nWORKDIR /w\n")
    yield case("SHELL", TOP + "RUN true\n", dockerfile=TOP + 'SHELL ["/bin/ash", "-c"]\nRUN true\n')
    yield case(
        "SHELL with an exec form",
        TOP + 'RUN ["true"]\n',
        dockerfile=TOP + 'SHELL ["/bin/ash", "-c"]\nRUN ["true"]\n',
    )
    yield case(
        "the text of a RUN", TOP + "RUN true\nRUN true 2\n", dockerfile=TOP + "RUN true 1\nRUN true 2\n"
    )
    yield case("the body of a heredoc", TOP + "RUN <<E\ntrue 1\nE\n", dockerfile=TOP + "RUN <<E\ntrue 2\nE\n")
    yield case("the name of a heredoc", TOP + "RUN <<E\ntrue 1\nE\n", dockerfile=TOP + "RUN <<F\ntrue 1\nF\n")
    yield case(
        "the name of a heredoc for a command",
        TOP + "RUN cat <<E\ntrue 1\nE\n",
        dockerfile=TOP + "RUN cat <<F\ntrue 1\nF\n",
    )
    yield case(
        "a script in a heredoc",
        TOP + "RUN <<E\n#!/bin/sh\ntrue 1\nE\n",
        dockerfile=TOP + "RUN <<E\n#!/bin/sh\ntrue 2\nE\n",
    )
    yield case(
        "a heredoc copied",
        TOP + "COPY <<E /f\none\nE\nRUN true\n",
        dockerfile=TOP + "COPY <<E /f\ntwo\nE\nRUN true\n",
    )
    yield case(
        "a heredoc copied, with a variable",
        TOP + "ARG V\nCOPY <<E /f\n$V\nE\nRUN true\n",
        {"args": {"V": "y"}},
        before={"args": {"V": "x"}},
    )
    yield case(
        "a comment in a continuation",
        TOP + "RUN true \\\n# one\n 1\n",
        dockerfile=TOP + "RUN true \\\n# two\n 1\n",
    )
    yield case(
        "indentation in a continuation", TOP + "RUN true \\\n  1\n", dockerfile=TOP + "RUN true \\\n    1\n"
    )
    yield case("blanks after the keyword", TOP + "RUN true 1\n", dockerfile=TOP + "RUN   true 1\n")
    yield case("the keyword in lower case", TOP + "RUN true 1\n", dockerfile=TOP + "run true 1\n")
    yield case(
        "two sources in another order",
        TOP + "COPY a.txt b.txt ./\nRUN true\n",
        dockerfile=TOP + "COPY b.txt a.txt ./\nRUN true\n",
    )
    yield case(
        "a final slash at the destination",
        TOP + "COPY src /to\nRUN true\n",
        dockerfile=TOP + "COPY src /to/\nRUN true\n",
    )
    yield case(
        "a destination written absolutely",
        TOP + "COPY a.txt .\nRUN true\n",
        dockerfile=TOP + "COPY a.txt /NONCE/\nRUN true\n",
    )
    yield case(
        "./ before the source",
        TOP + "COPY a.txt .\nRUN true\n",
        dockerfile=TOP + "COPY ./a.txt .\nRUN true\n",
    )
    yield case(
        "COPY becomes ADD", TOP + "COPY a.txt .\nRUN true\n", dockerfile=TOP + "ADD a.txt .\nRUN true\n"
    )
    yield case(
        "--chown", TOP + "COPY a.txt .\nRUN true\n", dockerfile=TOP + "COPY --chown=1:1 a.txt .\nRUN true\n"
    )
    yield case(
        "a wildcard that takes the same one file",
        TOP + "COPY a.txt .\nRUN true\n",
        dockerfile=TOP + "COPY a*.txt .\nRUN true\n",
    )
    yield case(
        "a wildcard, a file outside", TOP + "COPY *.txt ./\nRUN true\n", files("src/c.txt", 0o644, "new")
    )
    yield case(
        "a wildcard, another file inside",
        TOP + "COPY *.txt ./\nRUN true\n",
        {"files": FILES | {"e.txt": (0o644, "e")}},
    )
    one = {"a.txt": FILES["a.txt"]}
    yield case(
        "a wildcard, the one file renamed",
        TOP + "COPY *.txt ./\nRUN true\n",
        {"files": {"z.txt": FILES["a.txt"]}},
        before={"files": one},
    )
    yield case(
        "an excluded file, --exclude",
        TOP + "COPY --exclude=*.md src to\nRUN true\n",
        files("src/d.md", 0o644, "new"),
    )
    yield case(
        "a file beside it, --exclude",
        TOP + "COPY --exclude=*.md src to\nRUN true\n",
        files("src/c.txt", 0o644, "new"),
    )
