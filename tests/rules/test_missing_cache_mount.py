"""Cache mounts: every package manager of the table, and who owns the mount."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from jettison.check import check
from jettison.facts import load
from jettison.findings import Finding, Fix, Safety
from jettison.project import Project
from jettison.rewrite import rewrite
from jettison.rules import find_rule
from jettison.shell.packages import managers

RULE = find_rule("missing-cache-mount")
HERE = Path(__file__).parent

# manager, base, command, targets for root; a variable that moves the first target and where it does; sharing
ROWS = [
    ("apt-get", "debian", "apt-get update && apt-get install -y x",
     "/var/cache/apt/archives /var/lib/apt/lists", "", "", "locked"),
    ("pip", "python", "pip install x", "/root/.cache/pip", "PIP_CACHE_DIR=/c", "/c", ""),
    ("pip", "python", "pip install x", "/root/.cache/pip", "XDG_CACHE_HOME=/c", "/c/pip", ""),
    ("pipenv", "python", "pipenv sync", "/root/.cache/pipenv /root/.cache/pip",
     "PIPENV_CACHE_DIR=/c", "/c", ""),
    ("poetry", "python", "poetry install",
     "/root/.cache/pypoetry/cache /root/.cache/pypoetry/artifacts", "POETRY_CACHE_DIR=/c", "/c/cache", ""),
    ("uv", "python", "uv sync", "/root/.cache/uv", "UV_CACHE_DIR=/c", "/c", ""),
    ("pdm", "python", "pdm sync", "/root/.cache/pdm", "PDM_CACHE_DIR=/c", "/c", ""),
    ("conda", "continuumio/miniconda3", "conda install -y x", "/opt/conda/pkgs",
     "CONDA_PKGS_DIRS=/c", "/c", "locked"),
    ("npm", "node", "npm ci", "/root/.npm", "npm_config_cache=/c", "/c", ""),
    ("npm", "node", "npm ci", "/root/.npm", "NPM_CONFIG_CACHE=/c", "/c", ""),
    ("yarn", "node", "yarn install", "/usr/local/share/.cache/yarn", "YARN_CACHE_FOLDER=/c", "/c", "locked"),
    ("pnpm", "node", "pnpm install", "/root/.local/share/pnpm/store", "PNPM_HOME=/c", "/c/store", ""),
    ("bun", "node", "bun install", "/root/.bun/install/cache", "BUN_INSTALL_CACHE_DIR=/c", "/c", ""),
    ("gem", "ruby", "gem install x", "/usr/local/bundle/cache", "GEM_HOME=/c", "/c/cache", "locked"),
    ("bundle", "ruby", "bundle install", "/usr/local/bundle/cache", "GEM_HOME=/c", "/c/cache", "locked"),
    ("composer", "php", "composer install", "/root/.composer/cache", "COMPOSER_HOME=/c", "/c/cache", ""),
    ("go", "golang", "go build .", "/go/pkg/mod /root/.cache/go-build", "GOMODCACHE=/c", "/c", ""),
    ("go", "golang", "go build .", "/go/pkg/mod /root/.cache/go-build", "GOPATH=/c", "/c/pkg/mod", ""),
    ("cargo", "rust", "cargo build", "/usr/local/cargo/registry /usr/local/cargo/git",
     "CARGO_HOME=/c", "/c/registry", ""),
    ("mvn", "maven", "mvn package", "/root/.m2/repository", "", "", "locked"),
    ("gradle", "gradle", "gradle build", "/root/.gradle/caches /root/.gradle/wrapper",
     "GRADLE_USER_HOME=/c", "/c/caches", "locked"),
    ("dotnet", "mcr.microsoft.com/dotnet/sdk", "dotnet restore", "/root/.nuget/packages",
     "NUGET_PACKAGES=/c", "/c", ""),
    ("nuget", "mono", "nuget restore", "/root/.nuget/packages", "NUGET_PACKAGES=/c", "/c", ""),
    ("mix", "elixir", "mix deps.get", "/root/.hex /root/.cache/rebar3", "HEX_HOME=/c", "/c", ""),
]  # fmt: skip

LEFT_ALONE = {"apk", "dnf", "tdnf", "microdnf", "yum", "zypper"}
"""apk has no cache without a link that stays in the image; the others install from old indexes in a mount."""


def one(source: str, folder: Path = HERE) -> Finding:
    (finding,) = check(Project(source.encode(), root=folder), [RULE])
    return finding


def fixed(source: str) -> str:
    done = rewrite(Project(source.encode(), root=HERE), [RULE], levels=(Safety.SAFE, Safety.PROVEN))
    assert done.dropped == ()
    return done.after.dockerfile.source.decode()


def mounts(source: str, suffix: str = "") -> list[str]:
    """The targets of the cache mounts that are added, each of which has to end in `suffix`."""
    flags = re.findall(r"--mount=type=cache,target=([^,\s]+)(\S*)", fixed(source))
    assert flags
    assert all(rest == suffix for _, rest in flags), flags
    return [target for target, _ in flags]


def test_every_row_of_the_table_is_here() -> None:
    assert {row[0] for row in ROWS} | LEFT_ALONE == {manager.name for manager in managers()}
    assert {row[0] for row in ROWS} == set(load("costs")["cache_mount_seconds"])


@pytest.mark.parametrize(
    ("manager", "base", "command", "targets", "variable", "moved", "sharing"), ROWS, ids=lambda x: str(x)[:20]
)
def test_target_variable_sharing_and_owner(
    manager: str, base: str, command: str, targets: str, variable: str, moved: str, sharing: str
) -> None:
    suffix = f",sharing={sharing}" if sharing else ""
    base = f"{base}\nCOPY a /a"
    plain = f"FROM {base}\nRUN {command}\n"
    assert manager in one(plain).message
    assert mounts(plain, suffix) == targets.split()
    if variable:
        assert mounts(f"FROM {base}\nENV {variable}\nRUN {command}\n", suffix)[0] == moved
    user = f"FROM {base}\nRUN useradd -m -u 1234 app\nUSER app\nRUN {command}\n"
    own = mounts(user, f"{suffix},uid=1234,gid=1234")
    homes = [t.replace("/root/", "/home/app/") for t in targets.split()]
    if manager == "yarn":
        homes = ["/home/app/.cache/yarn"]
    assert own == homes


@pytest.mark.parametrize("manager", sorted(LEFT_ALONE))
def test_managers_that_are_left_alone(manager: str) -> None:
    word = "add" if manager == "apk" else "install"
    assert check(Project(f"FROM fedora\nRUN {manager} {word} x\n".encode(), root=HERE), [RULE]) == ()


USERS = [
    # base, instructions, what the mount of `RUN npm ci` says after its target; "" where it is refused
    ("node", "USER node", "/home/node/.npm,uid=1000,gid=1000"),
    ("node:22-alpine", "USER node:node", "/home/node/.npm,uid=1000,gid=1000"),
    ("node", "USER 1000", "/home/node/.npm,uid=1000,gid=1000"),
    ("node", "USER 1000:0", "/home/node/.npm,uid=1000,gid=0"),
    ("node", "USER 0", "/root/.npm"),
    ("node", "USER node\nUSER root", "/root/.npm"),
    ("node", "USER 1500", ""),
    ("node", "ENV HOME=/h\nUSER 1500", "/h/.npm,uid=1500"),
    ("node", "ENV HOME=/h", "/h/.npm"),
    ("node", "USER nobody", ""),
    ("debian", "USER node", ""),
    ("debian", "RUN groupadd -g 77 g && useradd -m -u 88 -g g app\nUSER app", "/home/app/.npm,uid=88,gid=77"),
    ("debian", "RUN groupadd g && useradd -m -u 88 -g g app\nUSER app", "/home/app/.npm,uid=88"),
    ("debian", "RUN useradd -m -u 88 -d /srv/app app\nUSER app", "/srv/app/.npm,uid=88,gid=88"),
    ("debian", "RUN useradd -u 88 app\nUSER app", ""),
    ("debian", "RUN useradd -u 88 app\nWORKDIR /home/app\nUSER app", "/home/app/.npm,uid=88,gid=88"),
    ("debian", "RUN useradd -m -u 88 app || true\nUSER app", ""),
    ("debian", "RUN id app || useradd -m -u 88 app\nUSER app", ""),
    ("debian", "ARG UID=88\nRUN useradd -m -u $UID app\nUSER app", ""),
    ("debian", "RUN useradd -m -u 88 app\nRUN usermod -u 89 app\nUSER app", ""),
    ("debian", "RUN adduser --system --uid 88 app\nUSER app", ""),
    ("debian", "RUN adduser --disabled-password --uid 88 app\nUSER app", "/home/app/.npm,uid=88,gid=88"),
    ("alpine", "RUN addgroup -g 77 -S g && adduser -S -u 88 -G g app\nUSER app",
     "/home/app/.npm,uid=88,gid=77"),
    ("alpine", "RUN adduser -D -H -u 88 app\nUSER app", ""),
    ("alpine", "RUN adduser -D -h /srv -u 88 app\nUSER app", "/srv/.npm,uid=88,gid=88"),
    ("debian", "COPY rootfs/ /\nUSER 1000", ""),
    ("node", "ARG WHO=node\nUSER $WHO", ""),
    ("node", "ENV WHO=node\nUSER $WHO", "/home/node/.npm,uid=1000,gid=1000"),
    ("debian", "RUN useradd -m -u 88 app\nUSER app\nFROM 0", "/home/app/.npm,uid=88,gid=88"),
]  # fmt: skip


@pytest.mark.parametrize(("base", "instructions", "mount"), USERS)
def test_whose_mount_it_is(base: str, instructions: str, mount: str) -> None:
    source = f"FROM {base} AS first\n{instructions.replace('FROM 0', 'FROM first')}\nRUN npm ci\n"
    finding = one(source)
    if not mount:
        assert finding.fix is None
        why = "user id is not known|home of user|changes users|/etc/passwd|build argument"
        assert re.search(why, finding.refused or "")
        return
    assert f"RUN --mount=type=cache,target={mount} npm ci\n" in fixed(source)
    if ",uid=" in mount:
        assert isinstance(finding.fix, Fix)
        assert finding.fix.safety is Safety.PROVEN
        assert not finding.fix.allows.appear, "a folder of root's in the home of another would keep him out"


ELSEWHERE = [
    ("python", "", "pip --cache-dir /c install x"),
    ("python", "RUN pip config set global.cache-dir /c", "pip install x"),
    ("python", "", "PIP_CACHE_DIR=/c pip install x"),
    ("python", "", "HOME=/tmp pip install x"),
    ("node", "", "npm ci --cache /c"),
    ("node", "", "yarn install --cache-folder=/c"),
    ("node", "RUN yarn config set cache-folder /c", "yarn install"),
    ("node", "", "pnpm install --store-dir=/c"),
    ("maven", "", "mvn -Dmaven.repo.local=/c package"),
    ("maven", "ENV MAVEN_OPTS='-Xmx1g -Dmaven.repo.local=/c'", "mvn package"),
    ("gradle", "", "gradle -g /c build"),
    ("ruby", "ENV BUNDLE_PATH=/c", "bundle install"),
    ("ruby", "RUN bundle config set --local path vendor", "bundle install"),
    ("debian", "", "gem install x"),
    ("debian", "ENV APT_CONFIG=/c", "apt-get update && apt-get install -y x"),
    ("node", "ENV npm_config_cache=cache", "npm ci"),
]


@pytest.mark.parametrize(("base", "before", "command"), ELSEWHERE)
def test_a_cache_that_is_elsewhere(base: str, before: str, command: str) -> None:
    finding = one(f"FROM {base}\nCOPY a /a\n{before}\nRUN {command}\n")
    assert finding.fix is None
    assert re.search("elsewhere|not known|no plain path", finding.refused or "")


CLEANUPS = [
    # manager's command, clean-up, what is left of it; None where it is refused
    ("npm ci", " && npm cache clean --force", ""),
    ("npm ci", " && rm -rf ~/.npm /tmp/*", " && rm -rf /tmp/*"),
    ("npm ci", ' && rm -rf "$HOME/.npm"', ""),
    ("npm ci", " && rm -rf /root/.npm/_logs", ""),
    ("npm ci", " && rm -rf /root/*", None),
    ("npm ci", " && rm -rf /root/.??*", None),
    ("npm ci", " && rm -rf /root", None),
    ("npm ci", " && find / -name x -delete", None),
    ("npm ci", "; rm -rf /root/.npm", None),
    ("npm ci", ' && rm -rf "$tmp" /usr/src/x', ' && rm -rf "$tmp" /usr/src/x'),
    ("pip install x", " && pip cache purge", ""),
]


@pytest.mark.parametrize(("command", "cleanup", "left"), CLEANUPS)
def test_a_clean_up_under_the_mount(command: str, cleanup: str, left: str | None) -> None:
    source = f"FROM node\nRUN {command}{cleanup}\n"
    if left is None:
        assert one(source).fix is None
    else:
        assert fixed(source).endswith(f"{command}{left}\n")


@pytest.mark.parametrize(
    "command", ["npm run build", "npm config set fund false", "yarn build", "dotnet tool install -g x"]
)
def test_what_fetches_nothing_needs_no_mount(command: str) -> None:
    assert check(Project(f"FROM node\nRUN {command}\n".encode(), root=HERE), [RULE]) == ()


def test_a_stage_that_is_only_copied_from_makes_no_users() -> None:
    source = "FROM debian AS other\nRUN useradd -m -u 88 app\nCOPY x /\nFROM debian\n"
    source += "COPY --from=other /x /x\nUSER app\nRUN npm ci\n"
    assert "user id is not known" in (one(source).refused or "")


def test_apt_is_proved_and_may_change_no_more_than_its_own_folders() -> None:
    fix = one("FROM debian\nCOPY a /a\nRUN apt-get update && apt-get install -y git\n").fix
    assert fix is not None
    assert fix.safety is Safety.PROVEN
    folders = ("/var/cache/apt/archives", "/var/lib/apt/lists")
    globs = (*fix.allows.vanish, *fix.allows.appear, *fix.allows.change)
    assert all(glob.startswith(folders) for glob in globs)
    assert not any("*" in glob for glob in fix.allows.appear)
