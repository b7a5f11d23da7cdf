"""Whether a Python project runs on distroless python: one interpreter per Debian release, and no shell."""

from __future__ import annotations

import posixpath
import re

from jettison.dockerfile import Instruction
from jettison.facts import load
from jettison.facts.bases import Reference, debian_suite
from jettison.project import Project

_STARTS = ("CMD", "ENTRYPOINT", "HEALTHCHECK")


def runs_on_distroless(project: Project, base: str, repository: str) -> tuple[bool | None, str]:
    """Whether what starts on `base` runs on a repository of distroless python as well, and why.

    Never True: its packages have to come from a builder, which no table knows anything of.
    """
    row = load("image-choices")["interpreter"][repository]
    reference = Reference.parse(base)
    version = re.match(r"\d+\.\d+", reference.tag)
    if version is None:
        return None, f"it has Python {row['version']} alone, and which one {base} has is not certain"
    if version[0] != row["version"]:
        return False, f"it has Python {row['version']} alone, and the project runs on {version[0]}"
    starts = [i for stage in project.shipped for i in stage.instructions if i.keyword in _STARTS]
    entry = any(each.keyword == "ENTRYPOINT" for each in starts)
    for each in starts:
        arguments = each.keyword == "CMD" and each.json is not None and entry
        if not arguments and (why := _needs(project, each)):
            return False, why
    if debian_suite(reference) != row["suite"]:
        return (
            None,
            f"Python {row['version']} as here, on {row['suite']}, where a compiled package may not load",
        )
    return None, f"Python {row['version']} as here; packages come from a builder, with PYTHONPATH"


def _needs(project: Project, start: Instruction) -> str:
    """What a start needs and distroless has not, "" for nothing."""
    line = f"the {start.keyword} of line {start.start_line}"
    if start.keyword == "HEALTHCHECK" and start.args.strip().upper() == "NONE":
        return ""
    if start.json is None:
        return f"{line} needs a shell"
    first = start.json[0].text if start.json else ""
    name = posixpath.basename(first)
    script = next((f.path for f in project.context.files if posixpath.basename(f.path) == name), "")
    if name.endswith("sh") or (script and project.context.read(script, 100).startswith(b"#!")):
        return f"{line} starts {name}, which needs a shell or another interpreter's path"
    if not first.startswith("-") and not re.fullmatch(r"python(3(\.\d+)?)?", name):
        return (
            f"{line} starts {name}, whose first line names an interpreter that is not there: python -m {name}"
        )
    return ""
