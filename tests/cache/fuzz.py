"""Random Dockerfiles in a language that is known completely, and random changes to them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

from tests.cache.case import Case, Side

_NAMES = ("a.txt", "b.txt", "src/c.txt", "src/d.md", "src/deep/e.txt", "lib/f.txt", "README.md")
_SOURCES = ("a.txt", "b.txt", "src", "src/deep", "lib", ".", "*.txt", "src/*.txt", "s*/d.md", "README.md")
_FLAGS = ("", "", "", "--chown=1:1 ", "--chmod=755 ", "--link ", "--link --chown=2 ", "--exclude=*.md ")
_MOUNTS = (
    "--mount=type=cache,target=/c ", "--mount=type=cache,target=/c,id=x ",
    "--mount=type=cache,target=/c,sharing=locked ", "--mount=target=/in,source=src ",
    "--mount=target=/in ", "--mount=type=tmpfs,target=/t ",
)  # fmt: skip
_IGNORES = ("*.md\n", "src\n!src/c.txt\n", "**/*.txt\n!a.txt\n", ".dockerignore\n", "lib\nnothing\n")


def cases(count: int) -> Iterator[Case]:
    """The first `count`, always the same ones."""
    for seed in range(count):
        yield _case(random.Random(seed), seed)


def _case(at: random.Random, seed: int) -> Case:
    files = {name: (0o644, f"{name} {at.randrange(3)} NONCE\n") for name in _NAMES}
    if at.random() < 0.3:
        files[".dockerignore"] = (0o644, at.choice(_IGNORES))
    lines = _dockerfile(at)
    before = Side("\n".join(lines) + "\n", files, {"V": "1", "W": "1"})
    after = before
    for _ in range(at.choice((1, 1, 1, 2))):
        after = _change(at, after)
    cache = at.choices(("local", "min", "max"), (6, 1, 1))[0]
    return Case(f"seed {seed}", before, after, cache)


def _dockerfile(at: random.Random) -> list[str]:
    lines = ["ARG W=0"] if at.random() < 0.3 else []
    stages = at.choice((1, 2, 2, 3))
    for index in range(stages):
        base = f"s{index - 1}" if index and at.random() < 0.15 else "busybox:1.35"
        lines += [f"FROM {base} AS s{index}", f"WORKDIR /NONCE-{index}"]
        lines += [_instruction(at, index) for _ in range(at.randrange(2, 6))]
        lines.append(
            at.choice(
                (
                    "RUN echo made > /out.txt",
                    "RUN echo $V > /out.txt",
                    f"COPY a.txt /out.txt\nRUN true {index}",
                )
            )
        )
        if index:
            taken = at.choice(
                (
                    "COPY --from=s{} /out.txt /got.txt",
                    "RUN --mount=from=s{},source=/out.txt,target=/got.txt true",
                    "COPY --link --from=s{} /out.txt /got/",
                )
            )
            lines += [taken.format(at.randrange(index)), f"RUN true {at.randrange(9)}"]
    return [part for line in lines for part in line.split("\n")]


def _instruction(at: random.Random, index: int) -> str:
    kind = at.randrange(12)
    if kind < 4:
        return f"COPY {at.choice(_FLAGS)}{at.choice(_SOURCES)} /data/{at.randrange(2)}/"
    if kind < 7:
        mount = at.choice(_MOUNTS) if at.random() < 0.3 else ""
        return f"RUN {mount}{at.choice(('true 1', 'true 2', 'echo x > /x.txt', 'echo $V > /v.txt'))}"
    return at.choice(
        (
            "ENV E=1",
            "ENV E=2 F=3",
            "ARG V",
            "ARG W",
            "USER 1000\nUSER 0",
            "LABEL l=1",
            "WORKDIR sub",
            "EXPOSE 80",
            'SHELL ["/bin/ash", "-c"]',
        )
    )


def _change(at: random.Random, side: Side) -> Side:
    kind = at.randrange(10)
    if kind < 5:
        return replace(side, files=_other_files(at, dict(side.files)))
    if kind < 6:
        name = at.choice(("V", "W"))
        return replace(side, args={**side.args, name: str(at.randrange(2, 5))})
    return replace(side, dockerfile=_other_lines(at, side.dockerfile.split("\n")))


def _other_files(at: random.Random, files: dict[str, tuple[int, str]]) -> dict[str, tuple[int, str]]:
    name = at.choice(sorted(files))
    mode, text = files[name]
    kind = at.randrange(6)
    if kind < 3:
        files[name] = (mode, text if name == ".dockerignore" else f"{name} {at.randrange(3)} NONCE\n")
    elif kind == 3:
        files[name] = (0o664 if mode == 0o644 else 0o644, text)
    elif kind == 4 and name not in (
        "a.txt",
        "src/c.txt",
        "README.md",
        "b.txt",
        "lib/f.txt",
        "src/deep/e.txt",
        "src/d.md",
    ):
        del files[name]
    else:
        folder = at.choice(("", "src/", "lib/", "new/"))
        files[f"{folder}n{at.randrange(3)}.txt"] = (0o644, f"new {at.randrange(2)}\n")
    return files


def _other_lines(at: random.Random, lines: list[str]) -> str:
    index = at.choice(
        [
            i
            for i, line in enumerate(lines)
            if line and not line.startswith(("FROM", "ARG W=", "WORKDIR /NONCE"))
        ]
    )
    line = lines[index]
    kind = at.randrange(5)
    if kind == 0 and line.startswith(("ENV", "LABEL", "EXPOSE", "RUN true")):
        lines[index] = f"{line}9"
    elif kind == 1 and line.startswith("RUN"):
        lines[index] = line.replace("RUN ", "RUN  ", 1)
    elif kind == 2:
        lines.insert(
            index,
            at.choice(("LABEL x=1", "ENV X=1", "RUN true new", "# words", "EXPOSE 1", "COPY b.txt /b/")),
        )
    elif kind == 3 and line.startswith(("LABEL", "ENV", "EXPOSE", "RUN true", "ARG", "USER")):
        del lines[index]
    else:
        swap = index + 1
        if (
            swap < len(lines)
            and lines[swap]
            and not lines[swap].startswith("FROM")
            and "--from" not in lines[swap] + line
            and "from=" not in lines[swap] + line
        ):
            lines[index], lines[swap] = lines[swap], lines[index]
    return "\n".join(lines)
