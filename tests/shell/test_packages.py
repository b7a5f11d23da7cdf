from __future__ import annotations

import datetime

import pytest

from jettison.facts import load
from jettison.shell import parse_text
from jettison.shell.packages import VERBS, Action, action, find_manager, managers, resolve


def done_by(text: str) -> Action | None:
    return action(parse_text(text).commands[0])


ACTIONS = [
    # text, manager, verb, sub-command, packages, files
    ("apt-get update", "apt-get", "update", "update", "", ""),
    ("apt-get -o A=b install -y a b=1 ./c.deb", "apt-get", "install", "install", "a b=1", "./c.deb"),
    ("apt install -y $X", "apt-get", "install", "install", "$X", ""),
    ("apt-get dist-clean", "apt-get", "clean", "dist-clean", "", ""),
    ("apt-get purge -y --auto-remove a", "apt-get", "remove", "purge", "a", ""),
    ("apt-get build-dep -y x", "apt-get", "build", "build-dep", "x", ""),
    ("apk add --no-cache --virtual .deps a b", "apk", "install", "add", "a b", ""),
    ("apk --no-cache add -t .deps a", "apk", "install", "add", "a", ""),
    ("apk del .deps", "apk", "remove", "del", ".deps", ""),
    ("apk cache clean", "apk", "clean", "cache clean", "", ""),
    ("dnf -y --setopt=keepcache=1 install a", "dnf", "install", "install", "a", ""),
    ("dnf group install -y x", "dnf", "install", "group install", "x", ""),
    ("dnf clean all", "dnf", "clean", "clean", "all", ""),
    ("microdnf install -y a", "microdnf", "install", "install", "a", ""),
    ("yum update -y", "yum", "upgrade", "update", "", ""),
    ("zypper -n in a", "zypper", "install", "in", "a", ""),
    ("pip install -r r.txt -c c.txt flask==1 .", "pip", "install", "install", "flask==1", "r.txt c.txt ."),
    ("pip3.12 install -e .[dev]", "pip", "install", "install", "", ".[dev]"),
    ("python3.11 -m pip install --upgrade pip", "pip", "install", "install", "pip", ""),
    ("python -Im pip install x", "pip", "install", "install", "x", ""),
    ("python -m venv /v", None, "", "", "", ""),
    ("python setup.py install", None, "", "", "", ""),
    ("pip download -d /w x", "pip", "download", "download", "x", ""),
    ("pip --version", "pip", "other", "", "", ""),
    ("pipenv sync --system", "pipenv", "install", "sync", "", ""),
    ("poetry install --no-root --only main", "poetry", "install", "install", "", ""),
    ("uv sync --locked --no-dev", "uv", "install", "sync", "", ""),
    ("uv pip install --system -r r.txt x", "uv", "install", "pip install", "x", "r.txt"),
    ("conda install -y -c conda-forge numpy", "conda", "install", "install", "numpy", ""),
    ("mamba env create -f env.yml", "conda", "install", "env create", "", "env.yml"),
    ("npm ci --omit=dev", "npm", "install", "ci", "", ""),
    ("npm i -g yarn", "npm", "install", "i", "yarn", ""),
    ("npm run build", "npm", "run", "run", "build", ""),
    ("npm cache clean --force", "npm", "clean", "cache clean", "", ""),
    ("yarn", "yarn", "install", "", "", ""),
    ("yarn --frozen-lockfile", "yarn", "install", "", "", ""),
    ("yarn global add x", "yarn", "install", "global add", "x", ""),
    ("yarn build", "yarn", "run", "build", "", ""),
    ("pnpm fetch --prod", "pnpm", "download", "fetch", "", ""),
    ("pnpm i --offline", "pnpm", "install", "i", "", ""),
    ("bun install --frozen-lockfile", "bun", "install", "install", "", ""),
    ("gem install --no-document rails -v 7", "gem", "install", "install", "rails", ""),
    ("bundle", "bundle", "install", "", "", ""),
    ("bundle install -j4 --without dev", "bundle", "install", "install", "", ""),
    ("bundle exec rake x", "bundle", "run", "exec", "rake x", ""),
    ("composer install --no-dev", "composer", "install", "install", "", ""),
    ("go mod download", "go", "download", "mod download", "", ""),
    ("go build -o /a -ldflags '-s' ./cmd/x", "go", "build", "build", "", "./cmd/x"),
    ("go install x@v1", "go", "install", "install", "x@v1", ""),
    ("go1.21 version", "go", "other", "version", "", ""),
    ("cargo build --release -p x", "cargo", "build", "build", "", ""),
    ("cargo chef cook --recipe-path r.json", "cargo", "build", "chef cook", "", ""),
    ("cargo fetch", "cargo", "download", "fetch", "", ""),
    ("mvn -B clean package -DskipTests", "mvn", "build", "clean package", "", ""),
    ("./mvnw dependency:go-offline", "mvn", "download", "dependency:go-offline", "", ""),
    ("mvn clean", "mvn", "clean", "clean", "", ""),
    ("./gradlew --no-daemon :app:bootJar", "gradle", "build", ":app:bootJar", "", ""),
    ("gradle dependencies", "gradle", "download", "dependencies", "", ""),
    ("dotnet restore x.csproj", "dotnet", "download", "restore", "x.csproj", ""),
    ("dotnet publish -c Release -o /app", "dotnet", "build", "publish", "", ""),
    ("mix deps.get --only prod", "mix", "download", "deps.get", "", ""),
    ("sudo DEBIAN_FRONTEND=x apt-get install y", "apt-get", "install", "install", "y", ""),
    ("echo apt-get install x", None, "", "", "", ""),
    ("rm -rf x", None, "", "", "", ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "manager", "verb", "subcommand", "packages", "files"), ACTIONS)
def test_what_a_package_manager_is_told_to_do(
    text: str, manager: str | None, verb: str, subcommand: str, packages: str, files: str
) -> None:
    done = done_by(text)
    if manager is None:
        assert done is None
        return
    assert done is not None
    assert (done.manager.name, done.verb, done.subcommand) == (manager, verb, subcommand)
    assert (" ".join(done.packages), " ".join(done.files)) == (packages, files)


def test_the_word_after_which_an_option_goes() -> None:
    texts = ("pip install x", "uv pip install x", "yarn", "python -m pip -V")
    assert [done_by(text).word.raw for text in texts] == ["install", "install", "yarn", "pip"]


@pytest.mark.parametrize(
    ("text", "env", "keeps"),
    [
        ("pip install x", {}, True),
        ("pip install --no-cache-dir x", {}, False),
        ("pip --no-cache-dir install x", {}, False),
        ("PIP_NO_CACHE_DIR=1 pip install x", {}, False),
        ("PIP_NO_CACHE_DIR=0 pip install x", {}, True),
        ("env PIP_NO_CACHE_DIR=on pip install x", {}, False),
        ("pip install x", {"PIP_NO_CACHE_DIR": "1"}, False),
        ("PIP_NO_CACHE_DIR=false pip install x", {"PIP_NO_CACHE_DIR": "1"}, True),
        ("apk add --no-cache x", {}, False),
        ("uv sync -n", {}, False),
        ("npm ci", {}, True),
    ],
)
def test_whether_a_cache_is_left(text: str, env: dict[str, str], keeps: bool) -> None:
    assert done_by(text).keeps_cache(env) is keeps


@pytest.mark.parametrize(
    ("text", "thorough"),
    [
        ("apt-get clean", False),
        ("apt-get distclean", True),
        ("dnf clean all", True),
        ("yum clean packages", False),
        ("zypper clean", False),
        ("zypper cc -a", True),
        ("npm cache clean --force", True),
        ("npm cache verify", False),
        ("conda clean -afy", True),
        ("apt-get install distclean", False),
    ],
)
def test_which_clean_up_leaves_nothing(text: str, thorough: bool) -> None:
    assert done_by(text).cleans_up is thorough


@pytest.mark.parametrize(
    ("place", "home", "env", "path"),
    [
        ("/var/cache/apt", "/root", {}, "/var/cache/apt"),
        ("~/.npm", "/home/node", {}, "/home/node/.npm"),
        ("A|B/x|~/y", "/root", {}, "/root/y"),
        ("A|B/x|~/y", "/root", {"B": "/b/"}, "/b/x"),
        ("A|B/x|~/y", "/root", {"A": "/a", "B": "/b"}, "/a"),
        ("A|B/x|~/y", "/root", {"A": ""}, "/root/y"),
        ("~/x", "/", {}, "/x"),
        ("A|root:/s|~/y", "/root", {}, "/s"),
        ("A|root:/s|~/y", "/home/x", {}, "/home/x/y"),
    ],
)
def test_a_place_follows_variables_and_home(place: str, home: str, env: dict[str, str], path: str) -> None:
    assert resolve(place, home, env) == path


@pytest.mark.parametrize(
    ("text", "cleanup"),
    [
        ("apt-get install x", "rm -rf /var/lib/apt/lists/*"),
        ("sudo apt-get install x", "sudo rm -rf /var/lib/apt/lists/*"),
        ("pip3 install x", "pip3 cache purge"),
        ("/v/bin/pip install x", "/v/bin/pip cache purge"),
        ("python3 -m pip install x", "python3 -m pip cache purge"),
        ("mamba install x", "mamba clean --all --force-pkgs-dirs --yes"),
        ("tdnf install x", "tdnf clean all"),
        ("gem install x", ""),
    ],
)
def test_clean_up_is_called_the_way_the_command_is(text: str, cleanup: str) -> None:
    assert done_by(text).cleanup == cleanup


def test_where_caches_are_for_a_user_and_an_image() -> None:
    go = find_manager("go")
    assert go is not None
    assert go.cache_targets(env={"GOPATH": "/go"}) == ("/go/pkg/mod", "/root/.cache/go-build")
    assert go.cache_targets("/home/x") == ("/home/x/go/pkg/mod", "/home/x/.cache/go-build")
    pip = find_manager("pip")
    assert pip is not None
    assert pip.left_behind("/home/x", {"XDG_CACHE_HOME": "/c"}) == ("/c/pip",)


@pytest.mark.parametrize("manager", managers(), ids=lambda manager: manager.name)
def test_every_row_of_the_table_is_sound(manager: object) -> None:
    row = next(r for r in load("package-managers")["manager"] if r["name"] == manager.name)
    assert find_manager(row["names"].split()[0]) is manager
    assert set(manager.verbs.values()) <= set(VERBS)
    assert manager.bare in (*VERBS, "other")
    assert manager.otherwise in (*VERBS, "other")
    assert "install" in manager.verbs.values() or manager.goals
    assert row["source"]
    known = {
        *(
            "name",
            "family",
            "names",
            "module",
            "bare",
            "otherwise",
            "goals",
            "values",
            "cluster",
            "files",
            "yes",
            "ask",
        ),
        *(
            "no_cache",
            "no_cache_env",
            "left",
            "cleanup",
            "thorough",
            "mounts",
            "locked",
            "later",
            "offline",
            "compiled",
            "usually_offline",
            "moved",
            "config",
            "settings",
            "passwd_home",
            "known_in",
            "updates",
            "keep",
            "keep_as",
            "note",
            "source",
        ),
        *VERBS,
    }
    assert set(row) <= known
    for place in (*manager.left, *manager.mounts):
        *alternatives, default = place.split("|")
        assert default.startswith(("/", "~/"))
        assert not any(alternative.startswith(("/", "~")) for alternative in alternatives)
    if manager.cleanup:
        script = parse_text(manager.cleanup)
        assert len(script.commands) == 1
        own = action(script.commands[0])
        assert own is None or own.cleans_up or not own.manager.thorough


@pytest.mark.parametrize("table", ["package-managers", "commands"])
def test_the_tables_are_dated(table: str) -> None:
    assert datetime.date.fromisoformat(load(table)["date"]).year >= 2026
