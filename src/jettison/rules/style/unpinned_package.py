"""A package is installed in whatever version there is."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import rule
from jettison.shell.packages import Action, action

_MARKS = {
    "apt-get": ("=", "/"),
    "apk": ("=", "<", ">", "~"),
    "pip": ("=", "<", ">", "~", "@", "/"),
    "npm": ("@", "/", ":"),
    "yarn": ("@", "/"),
    "gem": (":",),
    "yum": ("-",),
    "dnf": ("-",),
    "zypper": ("=", "<", ">"),
    "go": ("@",),
}
"""What stands between a package's name and its version."""


@rule(
    "JT668",
    aliases=("DL3008", "DL3013", "DL3016", "DL3018", "DL3028", "DL3033", "DL3037", "DL3041", "DL3062"),
    default=False,
)
def unpinned_package(project: Project) -> Iterator[Finding]:
    """A package is installed in whatever version there is.

    What:
        An install by name without a version: apt, pip, npm, apk, gem, yum, zypper, dnf, go.

    Why:
        Two builds of a commit may have different packages. Pins of distributions vanish from their mirrors,
        which is why this is off unless asked for.

    How it is fixed:
        Not automatically: which version is meant is not known.

    When not:
        Requirement files, lock files, local files, and names that a variable gives.

    References:
        https://github.com/hadolint/hadolint/wiki/DL3008
    """
    for stage in project.dockerfile.stages:
        for _, script in project.runs(stage):
            for command in script.commands if script.ok else ():
                done = action(command)
                if done is None or done.verb != "install" or done.manager.name not in _MARKS:
                    continue
                loose = [package for package in done.packages if not _pinned(done, package)]
                if loose:
                    yield Finding(
                        command.span,
                        f"{loose[0]} is installed in whatever version there is on the day",
                        refused="which version is meant is not known",
                    )


def _pinned(done: Action, package: str) -> bool:
    """True for a name with a version, one that only the shell knows, and one that a file may pin."""
    name = done.manager.name
    if "$" in package or (name == "pip" and {"-r", "--requirement", "-c", "--constraint"} & set(done.flags)):
        return True
    if name == "gem" and {"-v", "--version"} & set(done.flags):
        return True
    if name in ("npm", "yarn") and package.startswith("@"):
        return "@" in package[1:]
    if package.endswith("@latest"):
        return False
    return any(mark in package[1:] for mark in _MARKS[name])
