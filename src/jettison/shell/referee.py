"""A second opinion on shell text: shfmt in the shell's dialect where installed, the grammar otherwise."""

from __future__ import annotations

from jettison.run import run, which

_DIALECTS = {"bash": "bash", "zsh": "bash", "ksh": "mksh", "mksh": "mksh"}


def check(text: str, dialect: str = "posix") -> str | None:
    """What is wrong with shell text in a dialect (`posix`, `bash`, `mksh`); None when it parses.

    The complaint begins with the name of who found it. A here-document has to be complete, body and all.
    """
    data = text.encode("utf-8", "surrogateescape")
    if speaker() == "shfmt":
        done = run(["shfmt", "-ln", dialect, "-filename", "RUN"], input=data)
        return None if done.ok else "shfmt: " + done.complaint.splitlines()[0]
    from jettison.shell.parse import parse_text

    script = parse_text(text)
    return None if script.ok else "tree-sitter: " + script.reason


def check_change(before: str, after: str, dialect: str = "posix") -> str | None:
    """What is wrong with `after` when nothing was wrong with `before`.

    BusyBox ash and dash run some text that a strict POSIX reading refuses.
    """
    complaint = check(after, dialect)
    return None if complaint is None or check(before, dialect) is not None else complaint


def speaker() -> str:
    """Who answers on this machine: `shfmt`, or `tree-sitter`, which knows no dialects."""
    return "shfmt" if which("shfmt") else "tree-sitter"


def dialect(shell: tuple[str, ...] | None) -> str:
    """The dialect of a SHELL; `posix` for sh, dash, ash and where none is known."""
    from jettison.shell.parse import program

    return _DIALECTS.get(program(shell[0]), "posix") if shell else "posix"
