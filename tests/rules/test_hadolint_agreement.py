"""Our rules speak where hadolint speaks, and every difference has its reason."""

from __future__ import annotations

import pytest
from tests.rules.hadolint_agreement import Row, claimed, rows

HADOLINT, OURS = True, False

REASONS = {
    ("DL3001", OURS): "a command behind sudo is one too",
    (
        "DL3000",
        OURS,
    ): "a variable says that the folder is relative, or the stage it is built from says nothing",
    ("DL3000", HADOLINT): "an earlier WORKDIR is absolute, so the folder is known",
    ("DL3006", OURS): "a name from an ARG without a value has no tag either",
    ("DL3008", OURS): "`apt install` installs as apt-get does; `sudo apt-get` does too",
    (
        "DL3009",
        HADOLINT,
    ): "told by cleanup-in-later-layer instead, or removed by a way that hadolint does not know",
    ("DL3009", OURS): "behind sudo, or where the lists come from a script",
    ("DL3010", OURS): "a copied archive that a RUN unpacks, in other spellings",
    ("DL3011", OURS): "a host port is dropped, or comes out of a variable",
    ("DL3014", OURS): "what removes packages asks too",
    ("DL3013", HADOLINT): "a repository is no package without a version",
    ("DL3013", OURS): "`pip3 install` behind other words",
    ("DL3014", HADOLINT): "`-qq` and `yes |` answer",
    ("DL3015", HADOLINT): "in a stage that is not shipped, or packages that recommend nothing of weight",
    ("DL3015", OURS): "`apt install` installs as apt-get does; `sudo apt-get` does too",
    ("DL3019", HADOLINT): "the same RUN removes what it leaves",
    ("DL3020", HADOLINT): "ADD of a git repository over ssh cannot be a COPY",
    ("DL3021", HADOLINT): "a variable may end in a slash, and so does `.` in effect",
    ("DL3022", HADOLINT): "an image may be copied from without a stage of its name",
    ("DL3022", OURS): "one rule speaks of stages that do not exist and of the stage itself",
    ("DL3023", OURS): "lower case, numbers, mounts, and stages that come later",
    ("DL3024", OURS): "Docker compares the names of stages in lower case",
    ("DL3025", HADOLINT): "a shell is needed, the command is replaced, or it is the one of a HEALTHCHECK",
    ("DL3029", HADOLINT): "the stage is named after its platform",
    ("DL3041", HADOLINT): "microdnf is no dnf",
    ("DL3042", HADOLINT): "a cache mount, a variable or a stage that is not shipped; or told by another rule",
    ("DL3036", OURS): "another rule for zypper stands beside it",
    ("DL3044", HADOLINT): "the name in the value is text, or another variable",
    ("DL3040", OURS): "tdnf leaves what dnf leaves",
    ("DL3042", OURS): "pipenv installs with pip",
    ("DL3046", OURS): "the same rule speaks of the documentation of gems",
    ("DL3060", HADOLINT): "yarn 2 may run the program out of its cache",
    ("DL3064", HADOLINT): "the value is a placeholder or a variable",
    ("DL3064", OURS): "an argument without a value, or a value in the shape of a known token",
    ("DL3065", HADOLINT): "an ARG gives the platform another value",
    ("DL3065", OURS): "a default that never counts",
    ("DL3066", HADOLINT): "only the last USER counts for the container",
    ("DL3067", HADOLINT): "copied to scratch: a flattened image, or a stage that holds only an artefact",
    ("DL4006", HADOLINT): "the RUN sets pipefail itself",
    ("DL4005", HADOLINT): "the link is another one than that of /bin/sh",
    ("DL3067", OURS): "/usr is nearly all of it",
}


@pytest.fixture(scope="module")
def compared() -> tuple[Row, ...]:
    return rows()


def test_every_difference_has_a_reason(compared):
    differ = {(row.code, row.hadolint) for row in compared if row.hadolint != row.ours}
    assert differ <= REASONS.keys(), sorted(differ - REASONS.keys())
    assert REASONS.keys() <= differ, "a reason that nothing needs any more"


def test_how_far_both_agree(compared):
    """Over all rows, and, harder, over those on which at least one of both speaks."""
    spoken = [row for row in compared if row.hadolint or row.ours]
    differ = [row for row in compared if row.hadolint != row.ours]
    assert len(claimed()) >= 45
    assert len(spoken) >= 300
    assert len(differ) <= 0.01 * len(compared)
    assert len(differ) <= 0.22 * len(spoken)
