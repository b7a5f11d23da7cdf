"""Two image configs: what a container gets has to be equal but for what a change names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from jettison.findings import Allowance
from jettison.image import Image

_ABOUT_THE_PLATFORM = ("architecture", "os", "variant", "os.version")
_BY_KEY = ("Env", "Labels", "ExposedPorts", "Volumes")
_SAME_AS_ABSENT = {"WorkingDir": ("/",), "User": ("root", "0", "0:0", "root:root")}
"""What the engine takes an absent value for (OCI image specification, config.md; docker run reference)."""


class ConfigDifference(NamedTuple):
    """One field of the config that differs: `Cmd`, `Env.PATH`, `ExposedPorts.80/tcp`, `architecture`, ..."""

    field: str
    before: str
    """JSON; empty when absent."""
    after: str
    allowed_by: str = ""
    """Id of the change that names the field; empty: a reason to fail."""


def compare_config(
    before: Image, after: Image, allows: Iterable[tuple[str, Allowance]] = ()
) -> tuple[ConfigDifference, ...]:
    """Every field that differs, sorted. `Env` in an Allowance takes in `Env.PATH`, not the other way."""
    one, two = _fields(before), _fields(after)
    allows = list(allows)
    found = []
    for field in sorted(one.keys() | two.keys()):
        if one.get(field) != two.get(field):
            by = next((id for id, a in allows if _names(a.config, field)), "")
            found.append(ConfigDifference(field, one.get(field, ""), two.get(field, ""), by))
    return tuple(found)


def _names(allowed: Iterable[str], field: str) -> bool:
    return field in allowed or field.partition(".")[0] in allowed


def _fields(image: Image) -> dict[str, str]:
    """Every field that is set, flat, as JSON; values that mean the same as none are left out."""
    import json

    flat: dict[str, Any] = {name: image.config.get(name) for name in _ABOUT_THE_PLATFORM}
    for name, value in image.run_config.items():
        if name in _BY_KEY:
            flat |= {f"{name}.{key}": each for key, each in _by_key(name, value).items()}
        else:
            flat[name] = value
    flat.pop("ArgsEscaped", None)
    return {name: json.dumps(value, sort_keys=True) for name, value in flat.items() if _is_set(name, value)}


def _is_set(name: str, value: Any) -> bool:
    if "." in name and name.partition(".")[0] in _BY_KEY:
        return True
    return value not in (None, "", [], {}, False) and value not in _SAME_AS_ABSENT.get(name, ())


def _by_key(name: str, value: Any) -> Mapping[str, Any]:
    if name == "Env":
        return {key: rest for key, _, rest in (str(item).partition("=") for item in value or ())}
    if name == "ExposedPorts":
        return {port if "/" in port else f"{port}/tcp": {} for port in value or {}}
    return value if isinstance(value, dict) else {}
