"""Two image configs compared."""

from __future__ import annotations

from typing import Any

import pytest

from jettison.findings import Allowance
from jettison.image import Image
from jettison.proof.imageconfig import ConfigDifference, compare_config


def image(arch: str = "amd64", **config: Any) -> Image:
    return Image("sha256:x", {"architecture": arch, "os": "linux", "config": config}, (), ())


CASES: list[tuple[dict[str, Any], dict[str, Any], list[str]]] = [
    ({"Cmd": ["a"]}, {"Cmd": ["a"]}, []),
    ({"Cmd": ["a"]}, {"Cmd": ["b"]}, ["Cmd"]),
    ({"Cmd": ["a"]}, {}, ["Cmd"]),
    ({"Cmd": None, "Volumes": {}, "Env": []}, {}, []),
    ({"WorkingDir": ""}, {"WorkingDir": "/"}, []),
    ({"WorkingDir": "/app"}, {"WorkingDir": "/"}, ["WorkingDir"]),
    ({"User": "root"}, {"User": "0:0"}, []),
    ({"User": "root"}, {"User": "65532"}, ["User"]),
    ({"Env": ["A=1", "B=2"]}, {"Env": ["B=2", "A=1"]}, []),
    ({"Env": ["A=1", "B=x=y"]}, {"Env": ["A=2", "C="]}, ["Env.A", "Env.B", "Env.C"]),
    ({"ExposedPorts": {"80": {}}}, {"ExposedPorts": {"80/tcp": {}}}, []),
    ({"ExposedPorts": {"80/tcp": {}}}, {}, ["ExposedPorts.80/tcp"]),
    ({"Labels": {"a": ""}}, {"Labels": None}, ["Labels.a"]),
    ({"Volumes": {"/data": {}}}, {}, ["Volumes./data"]),
    ({"Healthcheck": {"Test": ["NONE"]}}, {}, ["Healthcheck"]),
    ({"ArgsEscaped": True}, {}, []),
    ({"Entrypoint": ["sh"], "StopSignal": "SIGINT"}, {"Entrypoint": ["sh"]}, ["StopSignal"]),
]


@pytest.mark.parametrize(("before", "after", "fields"), CASES)
def test_fields(before: dict[str, Any], after: dict[str, Any], fields: list[str]) -> None:
    assert [d.field for d in compare_config(image(**before), image(**after))] == fields
    assert [d.field for d in compare_config(image(**after), image(**before))] == fields


def test_the_platform_counts() -> None:
    assert compare_config(image(), image("arm64")) == (
        ConfigDifference("architecture", '"amd64"', '"arm64"'),
    )


def test_only_the_change_that_names_a_field_allows_it() -> None:
    before, after = image(Env=["A=1", "B=1"], Cmd=["a"]), image(Env=["A=2", "B=2"], Cmd=["b"])
    allows = [("x", Allowance(config=("Env.A",))), ("y", Allowance(config=("Cmd",)))]
    by = {d.field: d.allowed_by for d in compare_config(before, after, allows)}
    assert by == {"Cmd": "y", "Env.A": "x", "Env.B": ""}
    by = {d.field: d.allowed_by for d in compare_config(before, after, [("z", Allowance(config=("Env",)))])}
    assert by == {"Cmd": "", "Env.A": "z", "Env.B": "z"}
