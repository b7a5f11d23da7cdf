"""What each install reads of the context, row by row, and what is no install of manifests."""

from __future__ import annotations

from pathlib import Path

import pytest

from jettison.casefile import read_cases
from jettison.dockerfile import parse
from jettison.facts import load
from jettison.installs import Needs, needs
from jettison.rules import find_rule
from jettison.shell import parse_run

CASES = read_cases(Path(__file__).parent.parent / "cases" / "deps-after-source.md")
RULE = find_rule("deps-after-source")


def need(command: str) -> Needs:
    run = parse(f"FROM scratch\nRUN {command}\n".encode()).instructions[1]
    return needs(parse_run(run).commands[0])


@pytest.mark.parametrize("manager", sorted({row["manager"] for row in load("install-reads")["install"]}))
def test_every_row_has_a_case(manager: str) -> None:
    """A row that no case names is a claim that nothing tests."""
    names = {"mvn": "mvn", "conda": "mamba"}
    assert any(names.get(manager, manager).encode() in case.source for case in CASES)


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        ("npm ci", "manifests"),
        ("npm install express", "sources"),
        ("npm install -g pnpm", "nothing"),
        ("npm install -g ./tool", "sources"),
        ("npm --prefix web install", "sources"),
        ("npm config set fund false", "nothing"),
        ("npm run build", "sources"),
        ("yarn", "manifests"),
        ("yarn build", "sources"),
        ("yarn add left-pad", "sources"),
        ("pip install -r requirements.txt", "manifests"),
        ("pip install -r requirements.txt .", "sources"),
        ("pip install -r requirements.txt -e .", "sources"),
        ("pip install -r requirements.txt < names", "sources"),
        ("pip install -f wheels -r requirements.txt", "sources"),
        ("pip install -f https://example.com/wheels -r requirements.txt", "manifests"),
        ("pip install -r $FILE", "sources"),
        ("pip install flask", "nothing"),
        ("pip install ./lib", "sources"),
        ("uv pip install -r requirements.txt", "manifests"),
        ("uv pip install -e .", "sources"),
        ("poetry install --no-root --directory sub", "sources"),
        ("gem install bundler", "nothing"),
        ("gem install ./x.gem", "sources"),
        ("go install golang.org/x/tools/cmd/goimports@latest", "nothing"),
        ("go install ./cmd/server", "manifests"),
        ("go run .", "sources"),
        ("cargo install cargo-chef", "nothing"),
        ("cargo install --path .", "sources"),
        ("conda install -y numpy", "nothing"),
        ("conda install -y --file requirements.txt", "manifests"),
        ("mvn package -P prod", "sources"),
        ("mvn -f app/pom.xml package", "sources"),
        ("dotnet publish --no-restore", "sources"),
        ("dotnet restore", "manifests"),
        ("corepack enable", "nothing"),
        ("corepack install", "sources"),
        ("composer update", "sources"),
        ("apt-get install -y git", "nothing"),
        ("apt-get install -y ./tool.deb", "sources"),
        ("bundle exec rake assets:precompile", "sources"),
    ],
)
def test_what_a_command_reads(command: str, kind: str) -> None:
    assert need(command).kind == kind


@pytest.mark.parametrize(
    ("command", "first"),
    [
        ("go build -o /x -ldflags '-s -w' ./cmd/x", "go mod download"),
        ("CGO_ENABLED=0 go build ./cmd/x", "go mod download"),
        ("uv sync --locked", "uv sync --locked --no-install-project"),
        ("uv sync --locked --no-install-project", ""),
        ("poetry install --with dev", "poetry install --with dev --no-root"),
        ("composer install --no-scripts", "composer install --no-scripts --no-autoloader"),
        ("dotnet publish api/api.csproj -c Release /p:X=1 -o /o", "dotnet restore api/api.csproj"),
        ("dotnet build -r linux-x64", "dotnet restore -r linux-x64"),
        ("./mvnw -B clean package -DskipTests", "./mvnw -B dependency:go-offline"),
        ("./gradlew build -x test", "./gradlew --no-daemon dependencies"),
    ],
)
def test_what_is_run_first(command: str, first: str) -> None:
    found = need(command)
    assert (found.kind, found.first) == ("manifests", first)
