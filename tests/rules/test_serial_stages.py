"""What keeps a chain in its stage, by its reason; and how the edits keep the layout of the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from jettison.check import check
from jettison.facts import load
from jettison.findings import Safety
from jettison.project import Project
from jettison.rewrite import rewrite
from jettison.rules import find_rule

RULE = find_rule("serial-stages")
EXPRESS = '{"dependencies": {"express": "4.21.2"}}'
VITE = '{"scripts": {"build": "vite build"}, "devDependencies": {"vite": "5.4.11"}}'

TWO = """\
FROM node:22
WORKDIR /shop
COPY shop/ .
RUN npm ci
WORKDIR /admin
COPY admin/ .
RUN npm ci
"""


def project(tmp_path: Path, source: str, **files: str) -> Project:
    """The Dockerfile with two packages, and `files` by their path with `__` for the slash."""
    given = {"shop/package.json": EXPRESS, "admin/package.json": EXPRESS}
    for path, content in (given | {k.replace("__", "/"): v for k, v in files.items()}).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(content)
    return Project(source.encode(), root=tmp_path)


def fixed(given: Project) -> str:
    result = rewrite(given, [RULE], levels=(Safety.PROVEN,))
    assert not result.dropped
    return result.after.dockerfile.source.decode()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("COPY admin/ .", "COPY --chmod=700 admin/ ."), "another owner or mode"),
        (("/admin", "/admin dir"), "cannot be written as it is"),
        (
            ("/admin\nCOPY admin/ .\nRUN npm ci", "/srv\nCOPY admin/ .\nRUN npm ci && npm start"),
            "/srv, which",
        ),
    ],
)
def test_reasons(tmp_path: Path, change: tuple[str, str], reason: str) -> None:
    """The one with a browser cannot move, and the other one cannot for the reason."""
    browser = {"shop__package.json": '{"dependencies": {"cypress": "13"}}'}
    (finding,) = check(project(tmp_path, TWO.replace(*change), **browser), [RULE])
    assert finding.fix is None
    assert reason in (finding.refused or "")


@pytest.mark.parametrize(
    "change",
    [
        ("RUN npm ci\nWORKDIR", "RUN npm ci -w x\nWORKDIR"),
        ("FROM node:22\nWORKDIR /shop", "FROM node:22\nENV D=/shop\nWORKDIR $D"),
        ("FROM node:22\nWORKDIR /shop", "FROM own/node\nWORKDIR shop"),
        ("COPY admin/", "ADD admin/"),
    ],
)
def test_the_other_one_moves(tmp_path: Path, change: tuple[str, str]) -> None:
    assert "COPY --from=admin /admin /admin\n" in fixed(project(tmp_path, TWO.replace(*change)))


GO = """\
FROM golang:1.27 AS build
RUN apt-get update && apt-get install -y npm
WORKDIR /server
COPY server/ .
RUN go mod download
WORKDIR /shop
COPY shop/ .
RUN npm ci
WORKDIR /server
RUN go build -o {} .
"""


def test_a_cache_that_the_next_step_reads_stays_with_it(tmp_path: Path) -> None:
    module = "module example.org/server\n\nrequire golang.org/x/text v0.21.0\n"
    browser = {"server__go.mod": module, "shop__package.json": '{"dependencies": {"cypress": "13"}}'}
    (finding,) = check(project(tmp_path, GO.format("/usr/local/bin/server"), **browser), [RULE])
    assert finding.refused == "shop/package.json has cypress, which is installed outside the folder"
    browser["shop__package.json"] = EXPRESS
    after = fixed(project(tmp_path, GO.format("/usr/local/bin/server"), **browser))
    assert after.endswith("RUN go build -o /usr/local/bin/server .\nCOPY --from=shop /shop /shop\n")
    browser["shop__package.json"] = '{"dependencies": {"cypress": "13"}}'
    moved = fixed(project(tmp_path, GO.format("bin/server"), **browser))
    assert "RUN go mod download\nRUN go build -o bin/server .\n\nFROM build-base AS build\n" in moved
    assert moved.endswith("RUN npm ci\nWORKDIR /server\nCOPY --from=server /server /server\n")


def test_no_chain_moves_past_what_is_not_understood(tmp_path: Path) -> None:
    for between in (
        "RUN ./configure",
        "COPY settings /root/",
        "COPY settings $Y",
        "RUN if true; then npm ci; fi",
    ):
        source = TWO.replace("WORKDIR /admin", f"{between}\nWORKDIR /admin")
        assert check(project(tmp_path, source, settings="x"), [RULE]) == ()


def test_what_may_reach_the_other_folder_is_left_alone(tmp_path: Path) -> None:
    for text in ("RUN npm ci && npm run build -- --out /shop", "RUN cd ../shop && npm ci"):
        source = TWO.replace("COPY admin/ .\nRUN npm ci", f"COPY admin/ .\n{text}")
        assert check(project(tmp_path, source, admin__package_json=VITE), [RULE]) == ()


def test_the_layout_of_the_file_is_kept(tmp_path: Path) -> None:
    plain = fixed(project(tmp_path, TWO))
    assert plain == (
        "FROM node:22 AS admin\nWORKDIR /admin\nCOPY admin/ .\nRUN npm ci\n\n"
        "FROM node:22\nWORKDIR /shop\nCOPY shop/ .\nRUN npm ci\nWORKDIR /admin\n"
        "COPY --from=admin /admin /admin\n"
    )
    assert fixed(project(tmp_path, TWO.removesuffix("\n"))) == plain.removesuffix("\n")
    assert fixed(project(tmp_path, TWO.replace("\n", "\r\n"))) == plain.replace("\n", "\r\n")
    head = "# syntax=docker/dockerfile:1\n# ours\n"
    assert fixed(project(tmp_path, head + TWO)) == (
        plain.replace("FROM node:22 AS admin", "# syntax=docker/dockerfile:1\nFROM node:22 AS admin").replace(
            "FROM node:22\n", "# ours\nFROM node:22\n"
        )
    )


def test_a_new_stage_gets_a_name_that_nothing_else_has(tmp_path: Path) -> None:
    source = f"FROM admin AS admin-2\nRUN true\n\n{TWO}COPY --from=admin-2 /x /x\n"
    after = fixed(project(tmp_path, source))
    assert "FROM node:22 AS admin-3\n" in after
    assert "COPY --from=admin-3 /admin /admin\n" in after


def test_heredocs_and_continuations_move_as_they_are(tmp_path: Path) -> None:
    moved = "COPY <<-'EOF' extra.txt\n\tone\n\tEOF\nRUN npm ci \\\n    # twice\n    && npm run build\n"
    source = TWO.replace("COPY admin/ .\nRUN npm ci\n", f"COPY admin/ .\n{moved}")
    after = fixed(project(tmp_path, source, admin__package_json=VITE))
    assert f"FROM node:22 AS admin\nWORKDIR /admin\nCOPY admin/ .\n{moved}\nFROM node:22\n" in after
    assert after.count(moved) == 1


def test_the_target_decides_what_is_shipped(tmp_path: Path) -> None:
    """As a builder the stage may hold a folder twice: its layers are not the image."""
    source = "FROM node:22 AS build\nWORKDIR /app\nCOPY . .\nRUN cd shop && npm ci\nRUN cd admin && npm ci\n"
    final = "FROM node:22-slim\nCOPY --from=build /app/shop /shop\nCOPY --from=build /app/admin /admin\n"
    assert "COPY --from=admin /app/admin /app/admin\n" in fixed(project(tmp_path, f"{source}\n{final}"))
    (finding,) = check(project(tmp_path, source), [RULE])
    assert finding.fix is not None
    assert finding.fix.title == "Make /app/admin/node_modules in a stage beside it"


def test_nothing_is_worth_a_stage_beside_a_package_manager(tmp_path: Path) -> None:
    source = "FROM own/image\nWORKDIR /shop\nRUN {}\nCOPY shop/ .\nRUN npm ci\n"
    assert check(project(tmp_path, source.format("pip install --upgrade pip setuptools>=70")), [RULE]) == ()
    (finding,) = check(project(tmp_path, source.format("pip install torch")), [RULE])
    assert finding.fix is not None


@pytest.mark.parametrize(
    ("manager", "files"),
    [
        ("yarn", {"admin__.yarnrc.yml": "nodeLinker: pnp\n"}),
        ("yarn", {"admin__package.json": '{"packageManager": "yarn@4.5.3", "dependencies": {"a": "1"}}'}),
        ("pnpm", {"admin__pnpm-workspace.yaml": "enableGlobalVirtualStore: true\n"}),
    ],
)
def test_packages_that_stay_in_a_store_are_not_left_behind(
    tmp_path: Path, manager: str, files: dict[str, str]
) -> None:
    source = TWO.replace("COPY admin/ .\nRUN npm ci", f"COPY admin/ .\nRUN {manager} install")
    moved = fixed(project(tmp_path, source))
    assert "COPY --from=admin /admin /admin\n" in moved
    assert "COPY --from=shop /shop /shop\n" in fixed(project(tmp_path, source, **files))


def test_the_saving_is_what_the_longest_path_loses(tmp_path: Path) -> None:
    """Beside the longest of three the other two fit one after the other: no second stage is worth it."""
    source = f"{TWO}WORKDIR /tall\nCOPY tall/ .\nRUN npm ci && npm run build && npm run build\n"
    given = project(tmp_path, source, **{"tall__package.json": VITE})
    (finding,) = check(given, [RULE])
    after = rewrite(given, [RULE], levels=(Safety.PROVEN,)).after
    then, now = [int(word) for word in finding.message.split() if word.isdigit()][-2:]
    saved = finding.saving.seconds
    assert saved == pytest.approx(now - then, abs=1)
    assert saved == pytest.approx(2 * load("costs")["install_seconds"]["npm"], abs=2)
    assert check(after, [RULE]) == ()


def test_modules_of_another_program_are_fetched_by_it(tmp_path: Path) -> None:
    module = "module example.org/server\n\nrequire golang.org/x/text v0.21.0\n"
    one = "WORKDIR /one\nCOPY one/ .\nRUN go mod download && go build -o bin/one .\n"
    source = f"FROM golang:1.27 AS build\n{one}{one.replace('one', 'two')}"
    final = "\nFROM scratch\nCOPY --from=build /one/bin/one /one\nCOPY --from=build /two/bin/two /two\n"
    files = {"one__go.mod": module, "two__go.mod": module}
    after = fixed(project(tmp_path, source + final, **files))
    assert after.startswith(
        f"FROM golang:1.27 AS two\n{one.replace('one', 'two')}\nFROM golang:1.27 AS build\n"
    )
    tested = f"{source}\nFROM build AS test\nRUN cd /two && go test ./...\n{final}"
    (finding,) = check(project(tmp_path, tested, **files), [RULE])
    assert finding.refused == "what comes after may need what go keeps in its cache"


def test_cmd_and_entrypoint_stay_in_one_stage(tmp_path: Path) -> None:
    """BuildKit, dispatchEntrypoint: an ENTRYPOINT drops the CMD unless its own stage has set it."""
    source = TWO.replace("WORKDIR /shop", 'CMD ["shop"]\nRUN true\nWORKDIR /shop')
    assert "AS node-base\nCMD" in fixed(project(tmp_path, source))
    (finding,) = check(project(tmp_path, source + 'ENTRYPOINT ["node"]\n'), [RULE])
    assert finding.refused == "ENTRYPOINT drops the CMD of another stage, and keeps that of its own"


def test_onbuild_is_not_done_twice(tmp_path: Path) -> None:
    for source in (
        TWO.replace("node:22", "node:8-onbuild"),
        TWO.replace("COPY shop", "ONBUILD RUN true\nCOPY shop"),
    ):
        assert [finding.fix for finding in check(project(tmp_path, source), [RULE])] == [None]
