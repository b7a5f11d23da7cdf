"""Splits of Node and Python stages: layouts that have to survive, and what is refused with which reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jettison.check import check
from jettison.findings import Finding, Safety
from jettison.project import Project
from jettison.rewrite import rewrite
from jettison.rules import find_rule

TYPESCRIPT = {"scripts": {"build": "tsc"}, "devDependencies": {"typescript": "5.7.2"}}
NODE = "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci\nRUN npm run build\n"
PYTHON = (
    "FROM python:3.12-slim-bookworm\nRUN apt-get update && apt-get install -y gcc libpq-dev\nCOPY . /app\n"
)
PIP = PYTHON + "RUN pip install -r /app/requirements.txt\n"


def project_of(folder: Path, dockerfile: str, files: dict[str, str]) -> Project:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    (folder / "Dockerfile").write_bytes(dockerfile.encode())
    return Project(dockerfile.encode(), root=folder, file=folder / "Dockerfile")


def found(project: Project) -> Finding | None:
    return next(iter(check(project, [find_rule("single-stage-build")])), None)


def refusal(project: Project) -> str:
    finding = found(project)
    assert finding is not None
    assert finding.fix is None
    return finding.refused or ""


def node(tmp_path: Path, dockerfile: str, manifest: object = TYPESCRIPT, **files: str) -> Project:
    sources = {"package.json": json.dumps(manifest), "package-lock.json": "{}"}
    return project_of(tmp_path, dockerfile, sources | {k.replace("__", "."): v for k, v in files.items()})


def python(tmp_path: Path, dockerfile: str, requirements: str = "psycopg2\n", **files: str) -> Project:
    sources = {"requirements.txt": requirements}
    return project_of(tmp_path, dockerfile, sources | {k.replace("__", "."): v for k, v in files.items()})


def after(project: Project) -> str:
    done = rewrite(project, [find_rule("single-stage-build")], levels=(Safety.SAFE, Safety.PROVEN))
    assert done.dropped == ()
    return done.after.dockerfile.source.decode()


def test_line_ends_and_a_missing_final_newline_survive(tmp_path: Path) -> None:
    source = (NODE + 'CMD ["node", "dist/main.js"]').replace("\n", "\r\n")
    made = after(node(tmp_path, source))
    assert "\n" not in made.replace("\r\n", "")
    assert made.startswith("FROM node:22 AS build\r\n")
    assert made.endswith('RUN npm ci --omit=dev\r\n\r\nFROM node:22-slim\r\nWORKDIR /app\r\nCOPY --from=build /app /app\r\nCMD ["node", "dist/main.js"]')  # fmt: skip  # noqa: E501


def test_a_name_and_a_platform_are_kept(tmp_path: Path) -> None:
    source = (
        NODE.replace("FROM node:22", "FROM --platform=linux/amd64 node:22 AS app") + 'CMD ["node", "x.js"]\n'
    )
    made = after(node(tmp_path, source))
    assert "FROM --platform=linux/amd64 node:22 AS app\n" in made
    assert "FROM --platform=linux/amd64 node:22-slim\n" in made
    assert "COPY --from=app /app /app\n" in made


@pytest.mark.parametrize(
    ("change", "manifest", "reason"),
    [
        (("RUN npm ci", "USER node\nRUN npm ci"), TYPESCRIPT, "USER changes in line 4"),
        (("RUN npm ci", "RUN ./setup.sh && npm ci"), TYPESCRIPT, "does something whose results"),
        (("RUN npm ci", 'SHELL ["bash", "-c"]\nRUN npm ci'), TYPESCRIPT, "SHELL"),
        (("RUN npm ci", "RUN npm ci && npm install left-pad"), TYPESCRIPT, "left-pad beside"),
        (("RUN npm ci", "RUN cd web && npm ci"), TYPESCRIPT, "another folder"),
        (
            ("RUN npm ci", "RUN echo x > /etc/x\nRUN npm ci"),
            TYPESCRIPT,
            "line 4 does something whose results",
        ),
        (("WORKDIR /app", "WORKDIR /"), TYPESCRIPT, "cannot be copied as a whole"),
        (("COPY . .", "COPY src src"), TYPESCRIPT, "which package.json"),
        (("", ""), TYPESCRIPT | {"workspaces": ["a"]}, "workspace"),
    ],
)
def test_a_node_stage_that_is_not_certain_is_refused(tmp_path: Path, change, manifest, reason) -> None:
    source = (NODE + 'CMD ["node", "dist/main.js"]\n').replace(*change, 1)
    assert reason in refusal(node(tmp_path, source, manifest))


def test_scripts_that_only_scripts_call_are_read(tmp_path: Path) -> None:
    manifest = TYPESCRIPT | {
        "scripts": {"build": "tsc", "start": "npm run serve", "preserve": "rimraf tmp", "serve": "node x.js"},
        "devDependencies": {"typescript": "5.7.2", "rimraf": "6.0.1"},
    }
    assert "it runs rimraf" in refusal(node(tmp_path, NODE + 'CMD ["npm", "start"]\n', manifest))


def test_a_start_script_that_needs_a_development_package(tmp_path: Path) -> None:
    source = NODE + 'CMD ["sh", "start.sh"]\n'
    script = {"start__sh": "npx tsc --version\nexec node dist/main.js\n"}
    assert "it runs tsc" in refusal(node(tmp_path, source, **script))


def test_no_lock_file_before_the_install_is_refused(tmp_path: Path) -> None:
    source = NODE.replace("COPY . .\nRUN npm ci", "COPY package.json .\nRUN npm install\nCOPY . .")
    assert "no lock file" in refusal(node(tmp_path, source + 'CMD ["node", "dist/main.js"]\n'))


def test_an_installation_without_development_packages_is_not_made_again(tmp_path: Path) -> None:
    source = NODE.replace("RUN npm ci", "ENV NODE_ENV=production\nRUN npm ci") + 'CMD ["node", "x.js"]\n'
    made = after(node(tmp_path, source))
    assert made.count("npm ci") == 1
    assert made.count("ENV NODE_ENV=production") == 2


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ('["serve", "-s", "build", "--ssl-cert", "x"]', "serve --ssl-cert"),
        ('["serve", "-s", "build", "-l", "unix:/run/web.sock"]', "port"),
        ('["serve", "-s", "."]', "hands out the sources"),
        ('["serve", "-s"]', "folder"),
    ],
)
def test_a_static_server_that_nginx_cannot_stand_in_for(tmp_path: Path, command: str, reason: str) -> None:
    assert reason in refusal(node(tmp_path, f"{NODE}CMD {command}\n"))


def test_serve_json_refuses_nginx(tmp_path: Path) -> None:
    source = NODE + 'CMD ["serve", "-s", "build"]\n'
    assert "serve.json" in refusal(node(tmp_path, source, serve__json="{}"))


def test_nginx_listens_where_port_says(tmp_path: Path) -> None:
    source = NODE + 'ENV PORT=4173\nCMD ["serve", "-s", "build"]\n'
    assert "listen 4173;" in after(node(tmp_path, source))


@pytest.mark.parametrize(
    ("rest", "reason"),
    [
        ('CMD ["/usr/local/bin/gunicorn", "app"]\n', "names a path of the system's packages"),
        ("CMD su app -c 'gunicorn app'\n", "calls su"),
        ("RUN pip install --user flask\nCMD python app.py\n", "--user"),
        ("RUN pip install -e /app\nCMD python app.py\n", "-e"),
        ("RUN poetry install\nCMD python app.py\n", "no pyproject.toml"),
        ("RUN curl -O https://example.com/x\nCMD python app.py\n", "does something whose results"),
    ],
)
def test_a_python_stage_that_is_not_certain_is_refused(tmp_path: Path, rest: str, reason: str) -> None:
    assert reason in refusal(python(tmp_path, PIP + rest))


def test_what_names_a_compiler_at_run_time_keeps_it(tmp_path: Path) -> None:
    assert "torch may call a compiler" in refusal(python(tmp_path, PIP + "CMD python a.py\n", "torch\n"))


def test_a_full_image_with_requirements_nobody_knows(tmp_path: Path) -> None:
    source = "FROM python:3.12\nCOPY . /app\nRUN pip install -r /app/requirements.txt\nCMD python /app/a.py\n"
    reason = refusal(python(tmp_path, source, "psycopg2\nfrobnicator==1\n"))
    assert "whether frobnicator is built against" in reason
    assert found(python(tmp_path, source, "flask\nfrobnicator==1\n")) is None


def test_packages_that_the_same_run_removes_ship_nothing(tmp_path: Path) -> None:
    one = "FROM python:3.12-slim\nCOPY . /app\nRUN apt-get update && apt-get install -y gcc && "
    one += "pip install -r /app/requirements.txt && apt-get purge -y gcc\nCMD python /app/a.py\n"
    assert found(python(tmp_path, one)) is None


def test_another_release_has_other_library_names(tmp_path: Path) -> None:
    source = PIP.replace("libpq-dev", "libssl-dev") + "CMD python app.py\n"
    assert "install -y --no-install-recommends libssl3 &&" in after(python(tmp_path, source))
    trixie = source.replace("bookworm", "trixie")
    assert "install -y --no-install-recommends libssl3t64 &&" in after(python(tmp_path, trixie))
    assert "not known" in refusal(python(tmp_path, source.replace("bookworm", "bullseye")))
