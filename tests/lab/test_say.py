"""Retries, refusals and locks."""

from __future__ import annotations

import subprocess

import pytest
from support import shell

# Fails with this message until it has been called that many times.
FLAKY = """
sleep() { :; }
flaky() { echo x >>"$LAB/calls"; [ "$(wc -l <"$LAB/calls")" -ge "$2" ] || { echo "$1"; return 1; }; }
"""


def calls(tmp_path) -> int:
    return len((tmp_path / "calls").read_text().splitlines())


def test_a_network_fault_is_tried_again(tmp_path):
    shell(FLAKY + 'retry logged name flaky "Temporary failure resolving" 3', "say", LAB=str(tmp_path))
    assert calls(tmp_path) == 3


def test_but_not_for_ever(tmp_path):
    with pytest.raises(subprocess.CalledProcessError) as failure:
        shell(FLAKY + 'retry logged name flaky "Temporary failure resolving" 9', "say", LAB=str(tmp_path))
    assert calls(tmp_path) == 3
    assert "Temporary failure" in failure.value.stderr


def test_another_fault_is_not(tmp_path):
    with pytest.raises(subprocess.CalledProcessError):
        shell(FLAKY + 'retry logged name flaky "syntax error" 9', "say", LAB=str(tmp_path))
    assert calls(tmp_path) == 1


def test_a_full_disk_is_named(tmp_path):
    with pytest.raises(subprocess.CalledProcessError) as failure:
        shell(FLAKY + 'logged name flaky "write: no space left on device" 9', "say", LAB=str(tmp_path))
    assert "the disk is full" in failure.value.stderr


def test_too_little_space_is_refused_before_the_work(tmp_path):
    with pytest.raises(subprocess.CalledProcessError) as failure:
        shell("need_space 999999999", "say", LAB=str(tmp_path))
    assert "MB free" in failure.value.stderr


def test_a_lock_lasts_as_long_as_its_command(tmp_path):
    code = """
inside() { flock --nonblock "$LAB/locks/name" true && echo free || echo held; }
holding name inside
inside
"""
    assert shell(code, "say", LAB=str(tmp_path)).split() == ["held", "free"]


def test_a_daemon_does_not_inherit_the_lock(tmp_path):
    code = """
mkdir -p "$LAB/run" "$LAB/log"
start() { daemon_start sleeper sleep 30; }
holding name start
flock --nonblock "$LAB/locks/name" true && echo free || echo held
kill "$(cat "$LAB/run/sleeper.pid")"
"""
    assert shell(code, "say", "daemons", LAB=str(tmp_path)) == "free"


def test_a_pid_of_another_program_is_not_the_lab(tmp_path):
    code = """
mkdir -p "$LAB/run"
echo $$ >"$LAB/run/x.pid"
pid_alive "$LAB/run/x.pid" && echo alive || echo stale
"""
    assert shell(code, "daemons", LAB=str(tmp_path)) == "stale"
