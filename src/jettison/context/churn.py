"""How often the files of a context change, from its git history."""

from __future__ import annotations

from pathlib import Path

_OFFLINE = {"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "none", "GIT_TERMINAL_PROMPT": "0"}
"""A partial clone fetches what is missing, with programs that its own configuration names: not here."""


def churn(root: Path, last: int = 200) -> dict[str, int]:
    """Commits among the `last` first-parent ones that touched each path, for paths below `root` and relative
    to it.

    {} without git, without a repository, without a commit, or when git fails or takes longer than 20 s. Paths
    that exist no more are listed too; a merge counts for what it changed against its first parent.
    """
    import os

    from jettison.errors import JettisonError
    from jettison.run import run

    command = ["git", "-c", "core.quotepath=off", "-c", "diff.renames=false", "-C", str(root), "log"]
    command += ["--first-parent", "-m", "--no-renames", "--no-ext-diff", "--no-show-signature", "--relative"]
    command += ["--name-only", "-z", "--format=%x01", f"--max-count={last}", "--", "."]
    try:
        done = run(command, timeout=20.0, env={**os.environ, **_OFFLINE})
    except (JettisonError, OSError):
        return {}
    if not done.ok:
        return {}
    counts: dict[str, int] = {}
    for commit in done.stdout.split(b"\x01"):
        for name in {part.strip(b"\n") for part in commit.split(b"\0")} - {b""}:
            path = name.decode("utf-8", "surrogateescape")
            counts[path] = counts.get(path, 0) + 1
    return counts
