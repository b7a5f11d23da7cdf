"""The command line as a whole: help, colours, faults, interruption and closed pipes."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import jettison as package
from jettison.cli import COMMANDS
from jettison.errors import CannotRun, ProofFailed

Write = Callable[..., Path]
COMMAND = [sys.executable, "-c", "import sys; from jettison.cli import main; sys.exit(main())"]


def test_without_arguments_the_two_commands_are_named(jettison) -> None:
    ran = jettison()
    assert ran.code == 0
    assert "jettison check " in ran.out
    assert "jettison fix --prove " in ran.out
    assert len(ran.out.splitlines()) < 10


def test_version(jettison) -> None:
    assert jettison("--version") == (0, f"jettison {package.__version__}\n", "")


def test_help_lists_every_command_and_the_exit_codes(jettison) -> None:
    out = jettison("--help").out
    assert "3 proof failed" in out
    for name, what in COMMANDS.items():
        assert f"  {name} " in out
        assert what in out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(jettison, name: str) -> None:
    ran = jettison(name, "--help")
    assert ran.code == 0
    assert ran.out.startswith(f"Usage: jettison {name} ")


def test_every_command_file_is_listed() -> None:
    from jettison.cli import __file__ as file

    defining = {
        path.stem for path in Path(file).parent.glob("*.py") if "\n@click.command(" in path.read_text()
    }
    assert defining == set(COMMANDS)


@pytest.mark.parametrize("argv", [("chekc",), ("check", "--nope"), ("--nope",), ("--color", "pink", "check")])
def test_wrong_use_is_exit_code_2_in_one_line_and_a_hint(jettison, argv: tuple[str, ...]) -> None:
    ran = jettison(*argv)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("jettison: ")
    assert ran.err.splitlines()[-1].endswith(" --help")


class TestFaults:
    @pytest.fixture
    def failing(self, monkeypatch: pytest.MonkeyPatch, dockerfile: Write) -> Callable[[BaseException], None]:
        dockerfile()

        def fail_with(problem: BaseException) -> None:
            def fail(*_args: object) -> None:
                raise problem

            monkeypatch.setattr("jettison.cli.check.findings_of", fail)

        return fail_with

    def test_an_internal_fault_is_told_in_one_line(self, jettison, failing) -> None:
        failing(RuntimeError("boom"))
        ran = jettison("check")
        assert ran.code == 2
        assert ran.err.startswith("jettison: internal error: RuntimeError: boom\n  ")
        assert "--debug" in ran.err
        assert "Traceback" not in ran.err

    def test_debug_shows_the_traceback(self, jettison, failing) -> None:
        failing(RuntimeError("boom"))
        ran = jettison("--debug", "check")
        assert ran.code == 2
        assert "Traceback" in ran.err

    def test_an_error_has_its_own_exit_code(self, jettison, failing) -> None:
        failing(ProofFailed("no", "look"))
        assert jettison("check") == (3, "", "jettison: no\n  look\n")

    def test_a_message_of_several_lines_stays_readable(self, jettison, failing) -> None:
        failing(CannotRun("first\n\x1b[31msecond"))
        assert jettison("check").err == "jettison: first\n\\x1b[31msecond\n"

    def test_an_interruption_is_130(self, jettison, failing) -> None:
        failing(KeyboardInterrupt())
        assert jettison("check") == (130, "", "jettison: interrupted\n")


def test_a_closed_pipe_is_quiet_and_keeps_the_exit_code(dockerfile: Write, folder: Path) -> None:
    dockerfile(*["WHAT"] * 5000)
    with subprocess.Popen(
        [*COMMAND, "check"], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        assert (process.wait(30), process.stderr.read()) == (1, b"")


def test_a_full_disk_is_told(dockerfile: Write, folder: Path) -> None:
    dockerfile("WHAT")
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*COMMAND, "check"], cwd=folder, stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 2
    assert done.stderr == b"jettison: the result cannot be written: No space left on device\n"


def test_no_standard_output_at_all(dockerfile: Write, folder: Path) -> None:
    dockerfile("WHAT")
    call = " ".join(["exec", *(f"'{word}'" for word in COMMAND), "check", ">&-"])
    done = subprocess.run(["sh", "-c", call], cwd=folder, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (1, b"")


def test_ctrl_c_while_reading_standard_input(folder: Path) -> None:
    with subprocess.Popen(
        [*COMMAND, "check", "-"],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        process.stdin.write(b"# more than a pipe holds\n" * 10_000)  # ends once jettison reads
        process.stdin.flush()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, b"", b"jettison: interrupted\n")


class TestColour:
    def on_a_terminal(self, folder: Path, *argv: str, **env: str) -> bytes:
        keep = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TERM")}
        parent, child = pty.openpty()
        subprocess.run([*COMMAND, *argv], cwd=folder, stdout=child, check=False, env={**keep, **env})
        os.close(child)
        pieces = []
        try:
            while piece := os.read(parent, 65536):
                pieces.append(piece)
        except OSError:
            pass
        os.close(parent)
        return b"".join(pieces)

    def test_plain_when_it_is_no_terminal(self, jettison, dockerfile: Write) -> None:
        dockerfile("RUN bad")
        assert "\x1b" not in jettison("check").out

    def test_always_and_never(self, jettison, dockerfile: Write, monkeypatch: pytest.MonkeyPatch) -> None:
        dockerfile("RUN bad")
        monkeypatch.setenv("NO_COLOR", "1")
        assert "\x1b[36mfake-safe\x1b[0m" in jettison("--color", "always", "check").out
        assert "\x1b" not in jettison("--color=never", "check").out

    def test_a_terminal_has_colours_unless_told_otherwise(self, dockerfile: Write, folder: Path) -> None:
        dockerfile("WHAT")
        assert b"\x1b[36m" in self.on_a_terminal(folder, "check", TERM="xterm")
        assert b"\x1b" not in self.on_a_terminal(folder, "check", TERM="dumb")
        assert b"\x1b" not in self.on_a_terminal(folder, "check", TERM="xterm", NO_COLOR="1")
        assert b"\x1b" not in self.on_a_terminal(folder, "--color=never", "check", TERM="xterm")
        assert b"\x1b[36m" in self.on_a_terminal(folder, "check", TERM="xterm", NO_COLOR="")
