"""Random Dockerfile-like documents: mostly well formed, with everything the line rules care about."""

from __future__ import annotations

import random

_WORDS = (
    "a", "bc", "$x", "${y:-z}", "${n#p}", "'q r'", '"s t"', "é", "k=v", 'k="a b"', "k='a b'", "=", "\\",
    "`", "\\ ", "\\\"", "'", '"', "#", "&&", "|", ";", "[", "]", '["a"]', '["a", "b\\n"]', "[1]", "[]",
    '["a"]x', "<<EOF", "<<-EOF", '<<"EOF"', "<<'E F'", "3<<EOF", "<<EOF>f", "<<<z", "$((1<<4))", "<< EOF",
    "<<", "--", "--x", "--from=a", '--m="a b"', "--m=a\\ b", "--é=à", "\u00a0", "\v", "\f", "\r", "\t",
    "\u2003", "as", "AS", "x:y@sha256:0", "/", ".", "CMD", "NONE", "\ufeff",
)  # fmt: skip
_KEYWORDS = (
    "FROM", "RUN", "RUN", "RUN", "COPY", "ADD", "ENV", "ENV", "LABEL", "ARG", "CMD", "ENTRYPOINT",
    "HEALTHCHECK", "ONBUILD", "ONBUILD RUN", "ONBUILD ENV", "ONBUILD COPY", "SHELL", "USER", "WORKDIR",
    "VOLUME", "EXPOSE", "STOPSIGNAL", "MAINTAINER", "run", "Env", "FOO", "RU\\\nN", "from",
    "ONBUILD ONBUILD RUN",
)  # fmt: skip
_JOINTS = (" ",) * 12 + (
    "  ",
    "\t",
    " \\\n",
    " \\\n  ",
    "\\\n",
    " \\  \n",
    " \\\n# c\n",
    " \\\n\n ",
    " `\n",
    " \\\r\n",
    " \\\n  #x\\\n",
    "",
)
_ENDS = ("\n",) * 10 + (
    "\r\n",
    "\n\n",
    "\n# note\n",
    "\n  # note\n",
    "\nEOF\n",
    "\n\tEOF\n",
    "\nbody\nEOF\n",
    "\n\tb\n\tEOF\nEOF\n",
    " \n",
    "",
)
_HEADS = ("",) * 12 + (
    "\ufeff", "# escape=`\n", "# escape=\\\n", "#escape = `\r\n", "# syntax=docker/dockerfile:1\n",
    "# check=skip=all\n", "# syntax=a\n# escape=`\n", "# escape=x\n", "# escape=`\n# escape=`\n",
    "# hello\n# escape=`\n", "\n# escape=`\n", "  # escape=`\n", "\ufeff# escape=`\n", "#!/bin/x\n",
)  # fmt: skip


def document(seed: int) -> bytes:
    """The random document of this number: the same on every machine."""
    dice = random.Random(seed)
    parts = [dice.choice(_HEADS)]
    for _ in range(dice.randint(0, 7)):
        parts.append(dice.choice(("", "", "", " ", "\t", "\u00a0")) + dice.choice(_KEYWORDS))
        for _ in range(dice.choice((0, 1, 1, 2, 2, 3, 5))):
            parts += (dice.choice(_JOINTS), dice.choice(_WORDS))
        parts.append(dice.choice(_ENDS))
    data = "".join(parts).encode()
    if dice.random() < 0.03:
        data = data.replace(b" ", bytes((dice.choice((0, *range(128, 256))),)), 1)
    return data
