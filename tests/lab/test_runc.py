"""The lab's runc: what it adds to a container, and what it never replaces."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import json

import pytest
from support import LAB


@pytest.fixture
def runc(monkeypatch, tmp_path):
    loader = importlib.machinery.SourceFileLoader("lab_runc", str(LAB / "gear" / "runc"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("lab_runc", loader))
    loader.exec_module(module)
    for name in (*module.CA_NAMES, *module.HANDED_ON):
        monkeypatch.delenv(name, raising=False)
    module.BUNDLE = str(tmp_path / "bundle.crt")
    module.OWN_CAS = str(tmp_path / "own" / "*.crt")
    return module


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"process": {"env": ["PIP_CERT=/mine"]}, "mounts": []}))
    return path


def trust(tmp_path):
    (tmp_path / "bundle.crt").touch()
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "proxy.crt").touch()


def test_a_plain_host_adds_nothing(runc, config):
    before = config.read_bytes()
    runc.edit(str(config))
    assert config.read_bytes() == before


def test_a_host_with_own_authorities_shares_its_bundle(runc, config, tmp_path):
    trust(tmp_path)
    runc.edit(str(config))
    after = json.loads(config.read_text())
    assert after["mounts"] == [
        {"destination": runc.INSIDE, "type": "bind", "source": runc.BUNDLE, "options": ["rbind", "ro"]}
    ]
    assert f"SSL_CERT_FILE={runc.INSIDE}" in after["process"]["env"]
    assert [entry for entry in after["process"]["env"] if entry.startswith("PIP_CERT=")] == ["PIP_CERT=/mine"]


def test_proxy_settings_are_handed_on(runc, config, monkeypatch):
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    runc.edit(str(config))
    after = json.loads(config.read_text())
    assert "https_proxy=http://proxy.example:3128" in after["process"]["env"]
    assert after["mounts"] == []
