"""A RUN moves the image to another release of its distribution."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import rule
from jettison.shell.packages import action

_RELEASE = {"zypper": ("dist-upgrade", "dup"), "dnf": ("distro-sync",), "yum": ("distro-sync",)}


@rule("JT674", aliases=("DL3035",), default=False)
def distribution_upgrade(project: Project) -> Iterator[Finding]:
    """A RUN moves the image to another release of its distribution.

    What:
        `zypper dist-upgrade`, `zypper dup` and `dnf distro-sync`.

    Why:
        Packages may change vendor or go back to older versions: what the build gives depends on the day. A
        newer base image gives the same, and smaller.

    How it is fixed:
        Not automatically: which base image is meant is not known.

    When not:
        `apt-get dist-upgrade`, which stays in its release.

    References:
        https://en.opensuse.org/SDB:System_upgrade
        https://github.com/hadolint/hadolint/wiki/DL3035
    """
    for stage in project.dockerfile.stages:
        for _, script in project.runs(stage):
            for command in script.commands:
                done = action(command)
                if done is None or done.subcommand not in _RELEASE.get(done.manager.name, ()):
                    continue
                yield Finding(
                    command.span,
                    f"{command.name} {done.subcommand} makes another release of the base image",
                    refused="a newer base image is what is meant; which one is not known",
                )
