"""What BusyBox's adduser and addgroup make, said with useradd, groupadd and usermod."""

from __future__ import annotations

import pytest

from jettison.rules.busyboxusers import UnknownUsage, user_command


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("addgroup app", "groupadd app"),
        ("addgroup -S -g 101 app", "groupadd --system --gid 101 app"),
        ("addgroup --system --gid=101 app", "groupadd --system --gid 101 app"),
        ("addgroup app audio", "usermod --append --groups audio app"),
        ("adduser app audio", "usermod --append --groups audio app"),
        ("adduser -D app", "useradd --user-group --create-home --shell /bin/sh app"),
        ("adduser -S app", "useradd --system --gid nogroup --create-home --shell /bin/false app"),
        (
            "adduser -SDHu 101 -G app -h /srv app",
            "useradd --system --uid 101 --gid app --home-dir /srv --no-create-home --shell /bin/false app",
        ),
        (
            "adduser --disabled-password --gecos --no-create-home app",
            None,
        ),
        (
            "adduser -D -s /bin/bash -G users -u1000 app",
            "useradd --uid 1000 --gid users --create-home --shell /bin/bash app",
        ),
    ],
)
def test_the_same_user(said: str, wanted: str | None) -> None:
    name, *words = said.split()
    if wanted is None:
        words.insert(2, "")
        wanted = "useradd --user-group --no-create-home --shell /bin/sh app"
    assert user_command(name, words) == wanted


@pytest.mark.parametrize(
    "said", ["adduser app", "adduser -k /skel -D app", "adduser -D", "addgroup", "addgroup --force app",
             "adduser -D a b c", "adduser -D -G x a b", "addgroup -g 5 a b"],
)  # fmt: skip
def test_what_is_not_certain(said: str) -> None:
    name, *words = said.split()
    with pytest.raises(UnknownUsage):
        user_command(name, words)
