"""The lab's tables agree with its Dockerfiles and with themselves."""

from __future__ import annotations

import re

import pytest
from support import LAB, Image, aliases, images

IMAGES = {image.name: image for image in images()}
BUILT = [image for image in IMAGES.values() if not image.recipe.startswith("rootfs")]


def stages(image: Image) -> dict[str, str]:
    """Stage name to the text of the stage, with the table's arguments filled in."""
    text = (LAB / "images" / image.recipe / "Dockerfile").read_text()
    for name, value in image.values("arg").items():
        text = text.replace(f"${{{name}}}", value)
    parts = re.split(r"(?m)^(?=FROM )", text)[1:]
    return {re.match(r"FROM \S+ AS (\S+)", part)[1]: part for part in parts}


def sources(text: str) -> set[str]:
    """What a stage is made from: its base, and whatever it copies or mounts from."""
    found = re.findall(r"(?m)^FROM (\S+)|--(?:mount=)?from=([\w.:/-]+)", text)
    return {name for pair in found for name in pair if name}


def reached(image: Image) -> set[str]:
    """All names outside the Dockerfile that building the target asks for."""
    known, wanted, outside, done = stages(image), [image.target], set(), set()
    while wanted:
        name = wanted.pop()
        if name in done:
            continue
        done.add(name)
        if name in known:
            wanted += sources(known[name])
        elif name != "scratch":
            outside.add(name)
    return outside


def bases(name: str) -> set[str]:
    return {name}.union(*(bases(need) for need in IMAGES[name].needs))


def test_names_are_unique():
    assert len(IMAGES) == len(images())


@pytest.mark.parametrize("image", BUILT, ids=lambda image: image.name)
def test_target_is_a_stage_and_its_bases_are_needed(image):
    assert image.target in stages(image)
    assert reached(image) <= bases(image.name) | set(image.values("fetch"))


@pytest.mark.parametrize("image", BUILT, ids=lambda image: image.name)
def test_no_context_hides_a_stage(image):
    assert not set(image.values("fetch")) & set(stages(image))


def test_bases_come_before_what_needs_them():
    order = list(IMAGES)
    for image in IMAGES.values():
        assert all(order.index(need) < order.index(image.name) for need in image.needs), image.name


def test_every_option_is_understood():
    for image in IMAGES.values():
        for option in image.options:
            assert re.fullmatch(r"extra|arg=\w+=\S+|fetch=\w+=(pip|npm|musl|src):[\w.-]+@[\w.*-]+", option), (
                option
            )


def test_aliases_are_unique_and_lead_somewhere():
    names = [alias for alias, _, _ in aliases()]
    assert len(names) == len(set(names))
    assert not set(names) & set(IMAGES)
    for alias, kind, image in aliases():
        assert image in IMAGES, alias
        assert kind in {"same", "stand-in"}


def test_alpine_names_never_mean_glibc():
    for name in (*IMAGES, *(alias for alias, _, _ in aliases())):
        image = next((image for alias, _, image in aliases() if alias == name), name)
        assert ("alpine" in name) == ("alpine:3.20" in bases(image)), name


def test_usual_images_need_only_usual_ones():
    for image in IMAGES.values():
        if "extra" not in image.options:
            assert not any("extra" in IMAGES[base].options for base in bases(image.name)), image.name
