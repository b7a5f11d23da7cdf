"""Go workspaces and builds that a Makefile runs: what decides how and where a program is made."""

from __future__ import annotations

from pathlib import Path

import pytest

from jettison.check import check
from jettison.context import Context
from jettison.findings import Safety
from jettison.project import Project
from jettison.rewrite import rewrite
from jettison.rules import find_rule
from jettison.stages import Refusal
from jettison.stages.go_work import members_of, module_of

RULE = find_rule("single-stage-build")
MAIN = "package main\n\nfunc main() {}\n"
WORK = {"go.work": "use ./api\n", "api/go.mod": "module example.com/api\n", "api/main.go": MAIN}
PLAIN = {"go.mod": "module example.com/hello\n", "main.go": MAIN}


def project(folder: Path, run: str, files: dict[str, str], copy: str = "COPY . .") -> Project:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    source = f'FROM golang:1.27\nWORKDIR /src\n{copy}\nRUN {run}\nCMD ["/hello"]\n'
    return Project(source.encode(), root=folder)


def reason(given: Project) -> str:
    (finding,) = check(given, [RULE])
    assert finding.fix is None
    return finding.refused or ""


def after(given: Project) -> str:
    return rewrite(given, [RULE], levels=(Safety.PROVEN,)).after.dockerfile.source.decode()


def test_members_in_every_form() -> None:
    text = 'go 1.22\nuse ./a // one\nuse (\n\t./b\n\t"./c"\n)\nuse(\n ./d\n)\nuse .\nreplace x => ./y\n'
    assert members_of(text) == ("a", "b", "c", "d", ".")


def test_a_workspace_requires_what_its_modules_require(tmp_path: Path) -> None:
    files = {
        "go.work": "use (\n\t.\n\t./tools\n)\n",
        "go.mod": "module example.com/app\n\nrequire example.org/a v1.0.0\n",
        "tools/go.mod": "module t\n\nrequire (\n\texample.org/b v1.0.0\n)\nreplace example.org/b => ../b\n",
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    made = module_of(Context(tmp_path), "")
    assert made.path == "example.com/app"
    assert made.requires == ("example.org/a", "example.org/b")
    assert made.local_replaces == ("b",)


def test_a_module_outside_is_refused(tmp_path: Path) -> None:
    (tmp_path / "go.work").write_text("use ../lib\n")
    with pytest.raises(Refusal) as refused:
        module_of(Context(tmp_path), "")
    assert str(refused.value) == "go.work uses ../lib, which is not in the context"


def test_the_name_of_a_module_names_its_program(tmp_path: Path) -> None:
    assert reason(project(tmp_path, "go build ./api", WORK)) == (
        "where `go build` puts its result is not certain"
    )


def test_a_workspace_that_is_left_out_does_not_count(tmp_path: Path) -> None:
    given = project(tmp_path, "go build -o /hello .", WORK, "COPY api/ .")
    assert "FROM gcr.io/distroless/static-debian12:nonroot" in after(given)


def test_gowork_is_set(tmp_path: Path) -> None:
    given = project(tmp_path, "go build -o /hello ./api", WORK, "ENV GOWORK=off\nCOPY . .")
    assert reason(given) == "GOWORK is off, so which modules are built is not certain"


@pytest.mark.parametrize(
    ("run", "makefile", "written"),
    [
        ("make", "build:\n\tgo build -o /hello .\n", "RUN CGO_ENABLED=0 make\n"),
        ("X=1 make build", "build:\n\tgo build -o /hello .\n", "RUN X=1 CGO_ENABLED=0 make build\n"),
        ("make build", "build:\n\tCGO_ENABLED=0 go build -o /hello .\n", "RUN make build\n"),
        ("make CGO_ENABLED=0", "build:\n\tgo build -o /hello .\n", "RUN make CGO_ENABLED=0\n"),
        ("CGO_ENABLED=0 make", "build:\n\tgo build -o /hello .\n", "RUN CGO_ENABLED=0 make\n"),
        ("OUT=/hello make", "build:\n\tgo build -o $(OUT) .\n", "RUN OUT=/hello CGO_ENABLED=0 make\n"),
    ],
)
def test_what_make_is_given(run: str, makefile: str, written: str, tmp_path: Path) -> None:
    said = after(project(tmp_path, run, PLAIN | {"Makefile": makefile}))
    assert written in said
    assert "FROM gcr.io/distroless/static-debian12:nonroot\n" in said
    assert "COPY --from=build /hello /hello\n" in said


@pytest.mark.parametrize(
    ("run", "makefile", "why"),
    [
        ("make", "GOOS = linux\nbuild:\n\tgo build -o /hello .\n", "Makefile sets GOOS"),
        ("make GOOS=windows", "build:\n\tgo build -o /hello .\n", "it builds for windows"),
        ("make", "build:\n\tcd api && go build -o /hello .\n",
         "the RUN of line 4 builds in another folder than its WORKDIR"),
        ("make", "build:\n\tgo build -o /hello .\n\tcp config /etc/config\n",
         "the RUN of line 4 calls cp, whose results the program may need"),
        ("make", "V = $(shell git describe)\nbuild:\n\tgo build -ldflags $(V) -o /hello .\n",
         "the Makefile calls $(shell ...)"),
        ("make other", "build:\n\tgo build -o /hello .\n", "the Makefile has no rule for other"),
    ],
)  # fmt: skip
def test_a_makefile_that_is_not_certain(run: str, makefile: str, why: str, tmp_path: Path) -> None:
    assert reason(project(tmp_path, run, PLAIN | {"Makefile": makefile})) == why


def test_cgo_asked_for_by_make(tmp_path: Path) -> None:
    makefile = {"Makefile": "build:\n\tgo build -o /hello .\n"}
    said = after(project(tmp_path, "CGO_ENABLED=1 make", PLAIN | makefile))
    assert "RUN CGO_ENABLED=1 make\n" in said
    assert "FROM gcr.io/distroless/base-debian" in said
