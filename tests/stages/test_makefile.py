"""What is read of a Makefile is what make itself would run."""

from __future__ import annotations

import subprocess
from fnmatch import fnmatch
from pathlib import Path

import pytest

from jettison.stages import Refusal
from jettison.stages.makefile import read_makefile, recipe
from jettison.stages.makewords import Words

PLAIN = {
    "pattern rules and folders": (
        "",
        "SRC = $(wildcard src/*.c)\nOBJ := $(SRC:src/%.c=obj/%.o)\nall: bin/app\n"
        "bin/app: $(OBJ) | bin\n\t@echo link $@\n\t$(CC) -o $@ $^ -lm\n"
        "obj/%.o: src/%.c | obj\n\t$(CC) -c -o $@ $<\nbin obj:\n\tmkdir -p $@\n",
    ),
    "functions": (
        "app",
        "NAMES = main util\nOBJ = $(addsuffix .o,$(addprefix build/,$(NAMES)))\n"
        "EXTRA = $(filter-out b%,a b bc d) $(sort z y z) $(notdir x/y.c) $(dir x/y.c)\n"
        "app: $(OBJ)\n\t${CC} $(subst -O0,-O2,-O0 -g) $(strip  -a   -b ) $(EXTRA) $+ -o $@\n"
        "build/%.o: %.c\n\techo $(basename $(@F)) $(firstword $^) $* $(@D)\n",
    ),
    "kinds of assignment": (
        "",
        "A = $(B)\nB = late\nC := $(B)\nB = later\nD ?= given\nE = one\nE += two\nCC ?= gcc\n"
        "t:\n\techo $(A) $(C) $(D) $(E) $(F) $$HOME\n",
    ),
    "several targets and rules": (
        "b",
        ".PHONY: a b\na b: c\n\techo $@\nc: d\nc: e\n\techo $^\nd e:\n\techo $@\n",
    ),
    "continuations and comments": ("", "# one\nX = a \\\n  b # two\nt:\n\techo $(X) \\\n\t  c\n"),
    "silent and ignored lines": ("", "t:\n\t@echo a\n\t-rm x\n\t@-echo b\n"),
}


def nothing(pattern: str) -> list[str]:
    return []


@pytest.mark.parametrize("name", PLAIN)
def test_make_agrees(name: str, tmp_path: Path) -> None:
    goal, text = PLAIN[name]
    for path in ("src/a.c", "src/b.c", "main.c", "util.c", "a", "x"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).touch()
    (tmp_path / "Makefile").write_text(text)
    done = subprocess.run(
        ["make", "--just-print", "--always-make", "--no-print-directory", *([goal] if goal else [])],
        cwd=tmp_path,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "F": "of the environment"},
        capture_output=True,
        text=True,
        check=True,
    )

    def glob(pattern: str) -> list[str]:
        files = (str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*"))
        return sorted(path for path in files if fnmatch(path, pattern))

    made = read_makefile(text, {"F": "of the environment"}, {}, glob)
    ours = [line.split() for line in recipe(made, goal, glob)]
    assert ours == [line.split() for line in done.stdout.replace("\\\n", "").splitlines()]


@pytest.mark.parametrize(
    "text",
    [
        "ifdef X\nA = 1\nendif\nt:\n\ttrue\n",
        "include other.mk\nt:\n\ttrue\n",
        "t::\n\ttrue\n",
        "t: CFLAGS = -g\nt:\n\ttrue\n",
        "define X\na\nendef\n",
        "SHELL = /bin/bash\nt:\n\ttrue\n",
        ".c.o:\n\tcc -c $<\n",
    ],
)
def test_what_is_more_than_plain_is_refused(text: str) -> None:
    with pytest.raises(Refusal):
        read_makefile(text, {}, {}, nothing)


@pytest.mark.parametrize("text", ["$(shell date)", "$(foreach x,a b,$x)", "$(A", "$(LOOP)", "$(eval X=1)"])
def test_what_make_would_have_to_run_is_refused(text: str) -> None:
    with pytest.raises(Refusal):
        Words({"LOOP": "$(LOOP)"}, nothing).expand(text)


def test_variables_of_the_command_line_win() -> None:
    made = read_makefile("A = file\nt:\n\techo $(A)\n", {"A": "environment"}, {"A": "given"}, nothing)
    assert recipe(made, "", nothing) == ["echo given"]
