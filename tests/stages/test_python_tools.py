"""poetry, uv, pipenv and pdm: where they install to, and what is refused with which reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from jettison.check import check
from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import find_rule
from jettison.stages.pythontools import _fits, calls_tool

POETRY = "FROM python:3.12-slim\nWORKDIR /app\nRUN pip install poetry\nCOPY . .\n"
UV = "FROM python:3.12-slim\nWORKDIR /app\nCOPY --from=ghcr.io/astral-sh/uv /uv /bin/\nCOPY . .\n"
SYNC = UV + 'RUN uv sync --frozen\nENV PATH="/app/.venv/bin:$PATH"\n'
PIPENV = "FROM python:3.12-slim\nWORKDIR /app\nRUN pip install pipenv\nCOPY . .\n"
PDM = "FROM python:3.12-slim\nWORKDIR /app\nRUN pip install pdm\nCOPY . .\n"
CREATE = "RUN poetry config virtualenvs.create false && poetry install\n"
START = 'CMD ["python", "app.py"]\n'
PROJECT = {"pyproject.toml": '[project]\nname = "x"\n', "Pipfile": "", "app.py": ""}


def found(folder: Path, dockerfile: str, files: dict[str, str] | None = None) -> Finding | None:
    for path, text in (PROJECT | (files or {})).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    (folder / "Dockerfile").write_text(dockerfile)
    project = Project(dockerfile.encode(), root=folder, file=folder / "Dockerfile")
    return next(iter(check(project, [find_rule("single-stage-build")])), None)


def added(folder: Path, dockerfile: str, files: dict[str, str] | None = None) -> str:
    """What the edits write."""
    finding = found(folder, dockerfile, files)
    assert finding is not None
    assert finding.fix is not None, finding.refused
    return "\n".join(edit.new.decode() for edit in finding.fix.edits)


@pytest.mark.parametrize(
    ("dockerfile", "reason"),
    [
        (POETRY + "RUN poetry install\n" + START, "set virtualenvs.in-project or .create"),
        (POETRY + CREATE + 'CMD ["poetry", "run", "python", "app.py"]\n', "line 6 calls poetry"),
        (POETRY + CREATE + 'ENTRYPOINT ["python", "-m", "poetry", "run", "x"]\n', "calls poetry"),
        (POETRY + CREATE + "RUN poetry run ./manage.py\n" + START, "`poetry run` leaves"),
        (POETRY + CREATE + "RUN poetry add flask\n" + START, "`poetry add` leaves"),
        (POETRY + CREATE + "RUN pip install flask\n" + START, "by pip and by poetry"),
        (POETRY + CREATE + "RUN pip install -r requirements.txt\n" + START, "by pip and by poetry"),
        (POETRY + "RUN cd sub && poetry install\n" + START, "changes the folder"),
        (POETRY + "ENV POETRY_VIRTUALENVS_IN_PROJECT=1\nRUN poetry install\n" + START, "names /app"),
        (POETRY + "RUN poetry install --directory sub\n" + START, "--directory"),
        (UV + "RUN uv sync\n" + START, "nothing names /app/.venv/bin"),
        (SYNC + 'CMD ["uv", "run", "app.py"]\n', "calls uv, which would have to ship"),
        (SYNC + "RUN uv tool install ruff\n" + START, "`uv tool install` leaves"),
        (SYNC.replace("sync", "sync --python 3.13") + START, "--python"),
        (SYNC.replace("3.12-slim", "slim") + START, "which Python its base image has"),
        (SYNC.replace("WORKDIR", "ENV UV_PYTHON=3.9\nWORKDIR") + START, "told which Python"),
        (SYNC.replace("WORKDIR", "ENV UV_PROJECT_ENVIRONMENT=/usr/local\nWORKDIR") + START, "/usr/local,"),
        (UV + "RUN uv pip install flask\n" + START, "into which virtual environment uv installs in line 5"),
        (UV + "RUN uv pip install --system -e .\n" + START, "-e"),
        (UV + "RUN uv pip install flask --system\n" + START, "end of a line"),
        (UV + "RUN uv pip install --system flask && uv sync\n" + START, "to several places"),
        (PIPENV + "RUN pipenv install --deploy\n" + START, "PIPENV_VENV_IN_PROJECT"),
        (PIPENV + "RUN pipenv install --system flask\n" + START, "installs flask"),
        (PIPENV + "RUN pip install pipenv && pipenv install --system\n" + START, "in one RUN"),
        ("FROM python:3.12-slim\nENV VIRTUAL_ENV=/v PATH=/v/bin:$PATH\nRUN python -m venv /v\nCOPY . .\n"
         "RUN pip install poetry\nRUN poetry install\n" + START, "may install poetry into /v"),
        (UV + "RUN curl https://example.com/x | sh\n" + SYNC[len(UV):] + START, "whose results"),
        (UV + "RUN curl https://astral.sh/uv/install.sh > x\n" + SYNC[len(UV):] + START, "whose results"),
        (PDM + "RUN pdm config python.use_venv false && pdm sync\n" + START, "`pdm config` leaves"),
        (PDM + "ENV PDM_PYTHON=/usr/bin/python3\nRUN pdm sync\n" + START, "virtual environment pdm installs"),
    ],
)  # fmt: skip
def test_what_is_refused(dockerfile: str, reason: str, tmp_path: Path) -> None:
    finding = found(tmp_path, dockerfile)
    assert finding is not None
    assert finding.fix is None
    assert reason in (finding.refused or "")


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({".python-version": "3.13\n"}, ".python-version asks for 3.13"),
        ({"pyproject.toml": '[project]\nrequires-python = ">=3.13"\n'}, "fits >=3.13"),
        ({"pyproject.toml": '[tool.uv.workspace]\nmembers = ["a"]\n'}, "workspace"),
        ({"sub/pyproject.toml": ""}, "several pyproject.toml"),
        ({".venv/pyvenv.cfg": ""}, ".venv of the context"),
        ({"start.sh": "#!/bin/sh\nexec uv run app.py\n"}, "start.sh calls uv"),
        ({"bin/start": "#!/bin/sh\nexec uv run app.py\n"}, "bin/start calls uv"),
    ],
)
def test_files_that_speak_against_uv(files: dict[str, str], reason: str, tmp_path: Path) -> None:
    finding = found(tmp_path, SYNC + START, files)
    assert finding is not None
    assert reason in (finding.refused or "")


def test_pip_installs_a_project_that_says_nothing_of_what_it_needs(tmp_path: Path) -> None:
    plain = "FROM python:3.12-slim\nCOPY . /app\nRUN pip install /app\nRUN pip install .\n" + START
    assert found(tmp_path, plain, {"sub/pyproject.toml": ""}) is None
    built = (
        "FROM python:3.12\nCOPY . .\nRUN apt-get update && apt-get install -y gcc\nRUN pip install .\n"
        + START
    )
    finding = found(tmp_path, built)
    assert finding is not None
    assert "whether a requirement is built against" in (finding.refused or "")


def test_settings_of_poetry(tmp_path: Path) -> None:
    path = 'ENV PATH="/app/.venv/bin:$PATH"\n'
    taken = "COPY --from=build /app/.venv /app/.venv"
    install = POETRY + "RUN poetry install\n" + path + START
    assert taken in added(tmp_path, install, {"poetry.toml": "[virtualenvs]\nin-project = true\n"})
    in_env = POETRY + "ENV POETRY_VIRTUALENVS_IN_PROJECT=1\nRUN poetry install\n" + path + START
    assert taken in added(tmp_path, in_env, {"poetry.toml": ""})
    made = added(
        tmp_path, POETRY + "RUN poetry install\n" + START, {"poetry.toml": "[virtualenvs]\ncreate = false\n"}
    )
    assert "ENV VIRTUAL_ENV=/opt/venv" in made
    over = (
        POETRY.replace("WORKDIR", "ENV POETRY_VIRTUALENVS_CREATE=1\nWORKDIR") + "RUN poetry install\n" + START
    )
    finding = found(tmp_path, over)
    assert finding is not None
    assert finding.fix is None


def test_the_environment_of_uv(tmp_path: Path) -> None:
    moved = SYNC.replace("WORKDIR", "ENV UV_PROJECT_ENVIRONMENT=/venv\nWORKDIR").replace(
        "/app/.venv", "/venv"
    )
    assert "COPY --from=build /venv /venv" in added(tmp_path, moved + START)
    fits = {"pyproject.toml": '[project]\nrequires-python = ">=3.11,<3.14"\n', ".python-version": "3.12\n"}
    assert "COPY --from=build /app/.venv" in added(tmp_path, SYNC + START, fits)


def test_a_tool_that_is_only_used_for_its_cache_or_lock_is_no_tool(tmp_path: Path) -> None:
    assert found(tmp_path, UV + "RUN uv cache clean\n" + START) is None


@pytest.mark.parametrize(
    ("specifier", "fits"),
    [
        *((">=3.11", True), (">=3.12", True), (">=3.13", False), (">=3.12.4", False), (">=3.11.9", True)),
        *(("<3.13", True), ("<3.12", False), ("<4", True), ("<=3.12", False), ("<=3.13", True)),
        *(("~=3.11", True), ("~=3.13", False), ("~=3.12.0", True), ("~=3.12.1", False), ("~=2.7", False)),
        *(("==3.12.*", True), ("==3.*", True), ("==3.12", False), ("==3.12.1", False), ("==3.11.*", False)),
        *(("!=3.12.*", False), ("!=3.9.*", True), ("!=3.12.3", True), (">3.11", True), (">3.12", False)),
        *(("3.12", False), ("", False)),
    ],
)  # fmt: skip
def test_which_python_certainly_fits(specifier: str, fits: bool) -> None:
    assert _fits(specifier, "3.12") is fits


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ('CMD ["uv", "run"]', "uv"),
        ("CMD uvicorn app:app", ""),
        ("CMD exec poetry run x", "poetry"),
        ("cd /app; /usr/local/bin/uvx x", "uvx"),
        ('CMD ["gunicorn", "-k", "uvicorn.workers"]', ""),
        ("COPY uv.lock .", ""),
        ("pipenv-like", ""),
    ],
)
def test_what_a_start_calls(text: str, tool: str) -> None:
    assert calls_tool(text) == tool
