"""Secrets in the context and in instructions: what Markdown cannot show, and what must stay quiet."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from tests.context.tree import plant

from jettison.check import check
from jettison.findings import Finding, Safety
from jettison.project import Project
from jettison.rewrite import attempt_fix
from jettison.rules import find_rule
from jettison.rules.secretfiles import judge
from jettison.rules.secretwords import first_secret, is_placeholder, is_secret_name
from jettison.spans import apply

DRAWN = "Zt7PpQ2mLx9rrK4vB8nWc3Yd6Hf1Js5GqTa0"
KEY = "-----BEGIN RSA PRIVATE KEY-----\n" + "MIIEowIBAAKCAQEA7bq3x" * 3 + "\n-----END RSA PRIVATE KEY-----\n"
LOGIN = base64.b64encode(b"build:" + DRAWN.encode()).decode()


def found(folder: Path, rule: str, dockerfile: str, files: dict[str, str]) -> tuple[Finding, ...]:
    plant(folder, {**files})
    return check(Project(dockerfile.encode(), root=folder), [find_rule(rule)])


SECRETS = {
    "certs/server.key": KEY,
    "deploy/id_ed25519": KEY.replace("RSA", "OPENSSH"),
    "gcp-service-account.json": '{"type": "service_account", "private_key": "'
    + KEY.replace("\n", "\\n")
    + '"}',
    ".npmrc": f"//registry.npmjs.org/:_authToken={DRAWN}",
    ".yarnrc.yml": f"npmAuthToken: {DRAWN}",
    ".pypirc": f"[pypi]\nusername = __token__\npassword = {DRAWN}",
    "pip.conf": f"[global]\nindex-url = https://build:{DRAWN}@pypi.shop.io/simple",
    ".netrc": f"machine github.com login build password {DRAWN}",
    ".git-credentials": f"https://build:{DRAWN}@github.com",
    ".aws/credentials": f"[default]\naws_secret_access_key = {DRAWN}aBcD",
    ".docker/config.json": f'{{"auths": {{"ghcr.io": {{"auth": "{LOGIN}"}}}}}}',
    "kubeconfig": "users:\n- user:\n    client-key-data: " + "TFMwdExTMUNSVWRK" * 5,
    ".env": f"PORT=80\nAPI_TOKEN={DRAWN}",
    "config/settings.py": f'TOKEN = "ghp_{DRAWN}Ab"',
    "application.properties": f"stripe.key=sk_live_{DRAWN}",
}


@pytest.mark.parametrize("path", SECRETS)
def test_what_a_copy_of_the_context_takes_is_told_without_the_secret(tmp_path: Path, path: str) -> None:
    (finding,) = found(tmp_path, "secret-in-context", "FROM debian\nCOPY . /app\n", {path: SECRETS[path]})
    assert path in finding.message
    shown = repr(finding)
    assert DRAWN[:20] not in shown
    assert "MIIEowIBAAKCAQEA" not in shown
    assert LOGIN not in shown


HARMLESS = {
    ".env": "API_TOKEN=changeme\nSECRET_KEY=${SECRET_KEY}\nKEY_FILE=/run/secrets/key\nPASSWORD=\nPORT=8080",
    ".env.example": SECRETS[".env"],
    "tests/certs/server.key": KEY,
    "node_modules/x/key.pem": KEY,
    "localhost.key": KEY,
    "ca.pem": "-----BEGIN CERTIFICATE-----\n" + "MIIEowIBAAKCAQEA7bq3x" * 3,
    ".npmrc": "save-exact=true\n//registry.npmjs.org/:_authToken=${NPM_TOKEN}",
    "pip.conf": "[global]\nindex-url = https://pypi.shop.io/simple",
    "config.json": '{"auth": "authentication", "mode": "x"}',
    "config.yml": "password: postgres",
    "database.ini": "[db]\nurl = postgres://postgres:postgres@db/app",
    "settings.py": 'SECRET_KEY = os.environ["SECRET_KEY"]\nAWS = "AKIAIOSFODNN7EXAMPLE"',
    "docs/config.yml": SECRETS["config/settings.py"],
    "key.pem.md": KEY,
}


@pytest.mark.parametrize("path", HARMLESS)
def test_what_is_none(tmp_path: Path, path: str) -> None:
    assert found(tmp_path, "secret-in-context", "FROM debian\nCOPY . /app\n", {path: HARMLESS[path]}) == ()


def test_only_what_a_copy_takes(tmp_path: Path) -> None:
    files = {".env": SECRETS[".env"], "app.py": "1"}
    assert found(tmp_path, "secret-in-context", "FROM debian\nCOPY app.py /app/\n", files) == ()
    assert found(tmp_path, "secret-in-context", "FROM debian\nCOPY --exclude=.env . /app/\n", files) == ()
    ignored = {**files, ".dockerignore": "**/.env\n"}
    made = plant(tmp_path / "b", ignored)
    project = Project(
        b"FROM debian\nCOPY . /app/\n", root=made, files={".dockerignore": ignored[".dockerignore"].encode()}
    )
    assert check(project, [find_rule("secret-in-context")]) == ()


def test_odd_names_are_escaped_and_the_fix_holds(tmp_path: Path) -> None:
    path = "a[1]/!x*.key"
    plant(tmp_path, {path: KEY, "a1/!xy.key": "no", ".dockerignore": "*.md\r\n"})
    project = Project(b"FROM debian\nCOPY . /app\n", root=tmp_path)
    rule = find_rule("secret-in-context")
    (finding,) = check(project, [rule])
    assert finding.fix is not None
    assert finding.fix.safety is Safety.PROVEN
    assert finding.fix.allows.vanish == (f"/app/{path}",)
    after = attempt_fix(project, finding, [rule])
    assert not isinstance(after, str), after
    assert after.files[".dockerignore"].startswith(b"*.md\r\n")
    assert not after.context.match("a[[]1]/!x[*].key")
    assert after.context.exists("a1/!xy.key")


@pytest.mark.parametrize(
    ("path", "more", "dockerfile", "why"),
    [
        (".npmrc", {}, "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci\n", "target=/app/.npmrc"),
        ("tls/server.key", {"nginx.conf": "ssl_certificate_key /app/tls/server.key;"}, None, "nginx.conf"),
        (".env", {"package.json": '{"devDependencies": {"vite": "^5"}}'}, None, "front-end build"),
        ("server.key", {}, 'FROM debian\nCOPY . /app\nCMD ["serve", "/app/server.key"]\n', "line 3"),
        ("id_rsa", {}, "FROM debian\nCOPY id_rsa /root/.ssh/\n", "copied by name"),
    ],
)
def test_what_something_wants_is_not_ignored(
    tmp_path: Path, path: str, more: dict[str, str], dockerfile: str | None, why: str
) -> None:
    files = {path: SECRETS.get(path, KEY), **more}
    (finding,) = found(tmp_path, "secret-in-context", dockerfile or "FROM debian\nCOPY . /app\n", files)
    assert finding.fix is None
    assert why in (finding.refused or "")
    assert "--mount=type=secret" in (finding.refused or "")


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        *((name, True) for name in ("TOKEN", "db_password", "AUTH", "X_APIKEY_Y", "API_KEY", "my_Passwd")),
        *((name, False) for name in ("PUBLIC_KEY", "MONKEY", "KEYS", "AUTHOR", "TOKENIZER", "PASSWORDLESS")),
    ],
)
def test_names_as_the_builder_reads_them(name: str, secret: bool) -> None:
    assert is_secret_name(name) is secret


@pytest.mark.parametrize("value", ["", "changeme", "<token>", "your-key", "/run/x", "xxxxxxxx", "AAAAAAAA"])
def test_placeholders(value: str) -> None:
    assert is_placeholder(value)


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xfe\x00", b"=" * 70_000, b"A=" + b"(" * 60_000, b"://@" * 9_000]
)
def test_any_bytes_are_judged_quickly(data: bytes) -> None:
    for name in (".env", ".npmrc", "config.json", "x.pem", "kubeconfig"):
        judge(name, data)
    first_secret("-----BEGIN PRIVATE KEY-----" + data.decode("latin-1"))


def test_an_argument_is_mounted_on_every_run_that_uses_it(tmp_path: Path) -> None:
    source = (
        "FROM node:22\r\nARG A=1\r\nARG TOKEN\r\nRUN echo $TOKEN\r\nRUN \\\r\n  # note\r\n  echo ${TOKEN:-x}"
    )
    project = Project(source.encode(), root=tmp_path)
    rule = find_rule("secret-in-arg-or-env")
    (finding,) = check(project, [rule])
    assert finding.fix is not None
    assert finding.fix.safety is Safety.SUGGEST
    mount = "--mount=type=secret,id=TOKEN,env=TOKEN"
    assert apply(source.encode(), finding.fix.edits).decode() == (
        f"FROM node:22\r\nARG A=1\r\nRUN {mount} echo $TOKEN\r\n"
        f"RUN {mount} \\\r\n  # note\r\n  echo ${{TOKEN:-x}}"
    )


@pytest.mark.parametrize(
    "line",
    ["ENV A=$TOKEN", "LABEL a=${TOKEN}", 'RUN ["sh", "-c", "echo $TOKEN"]', "USER $TOKEN"],
)
def test_an_argument_that_something_else_uses_stays(tmp_path: Path, line: str) -> None:
    source = f"FROM node:22\nARG TOKEN\nRUN echo $TOKEN\n{line}\n"
    (finding,) = found(tmp_path, "secret-in-arg-or-env", source, {})
    assert finding.fix is None
    assert "line 4" in (finding.refused or "")
