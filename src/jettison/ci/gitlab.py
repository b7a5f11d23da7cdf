"""A new pipeline for GitLab CI."""

from __future__ import annotations

import json

from jettison.ci.github import TIMES
from jettison.ci.wanted import Wanted, cache_from, cache_to, secret_name, slug
from jettison.facts import load

FILE = ".gitlab-ci.yml"
"""Where it is written."""

LOGIN = 'echo "$CI_REGISTRY_PASSWORD" | docker login -u "$CI_REGISTRY_USER" --password-stdin "$CI_REGISTRY"'
"""The job's own token for the project's own registry."""

BUILDER = ("docker context create jettison", "docker buildx create --use jettison")
"""A builder that can export cache where the engine is docker:dind, whose TLS comes as a context."""

MODES = "chmod -R go-w ."
"""The runner clones with umask 0000, so every file is writable for all, and no cache of another machine's
checkout fits: 644 and 755 are what a clone has elsewhere."""


def write(wanted: Wanted) -> str:
    """The pipeline: builds in merge requests and on the main branch, and pushes from there where an image is
    named."""
    several = len(wanted.platforms) > 1
    image = load("ci")["images"]
    lines = [
        "# Written by `jettison ci`.",
        f"# Cache: type={wanted.choice.backend}: {wanted.choice.why_backend}.",
        f"# mode={wanted.choice.mode}: {wanted.choice.why_mode}.",
        "build-image:",
        f"  image: {image['docker']}",
        f"  services: [{json.dumps(image['dind'])}]",
        "  variables:",
        '    DOCKER_TLS_CERTDIR: "/certs"',
        *([f"    {TIMES}"] if wanted.install else []),
        *(['    GIT_DEPTH: "0"  # ' + wanted.needs.git] if wanted.needs.git else []),
        *(_matrix(wanted) if several else []),
        *_rules(wanted, several),
        "  before_script:",
        f"    - {MODES}  # the runner's umask is 0000",
        f"    - {LOGIN}",
        *(
            [f"    - docker run --privileged --rm {image['binfmt']} --install all"]
            if _emulates(wanted)
            else []
        ),
        *(f"    - {line}" for line in BUILDER),
        "  script:",
        "    - |",
        *(f"      {line}" for line in _build(wanted, several)),
    ]
    if wanted.install:
        lines += [*_save(several), *_budget(wanted, several)]
    if several and wanted.image:
        lines += _merge(wanted)
    return "\n".join(lines) + "\n"


def _name(wanted: Wanted, several: bool) -> str:
    return f"{wanted.name}-$NAME" if several else f"{wanted.name}-{slug(_only(wanted))}"


def _rules(wanted: Wanted, several: bool) -> list[str]:
    """One cache for all branches: the main branch writes it, a merge request reads it."""
    to = cache_to("registry", "$CI_REGISTRY_IMAGE", _name(wanted, several), wanted.choice.mode)
    push = "--push" if wanted.image else ""
    return [
        "  rules:",
        "    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH",
        "      variables:",
        f'        CACHE_TO: "--cache-to={to}"',
        *([f'        PUSH: "{push}"'] if push else []),
        '    - if: $CI_PIPELINE_SOURCE == "merge_request_event"',
    ]


def _build(wanted: Wanted, several: bool) -> list[str]:
    default = "Dockerfile" if wanted.context == "." else f"{wanted.context}/Dockerfile"
    tag = f"{wanted.image or '$CI_REGISTRY_IMAGE'}:{'latest' if wanted.image else 'built'}"
    platform = "$PLATFORM" if several else (wanted.platforms[0] if wanted.platforms else "")
    options = [
        f'--cache-from "{cache_from("registry", "$CI_REGISTRY_IMAGE", _name(wanted, several))}" $CACHE_TO',
        *([f"--file {wanted.dockerfile}"] if wanted.dockerfile != default else []),
        *([f"--target {wanted.target}"] if wanted.target else []),
        *([f'--platform "{platform}"'] if platform else []),
        *(f"--secret id={each},env={secret_name(each)}" for each in wanted.needs.secrets),
        *(["--ssh default"] if wanted.needs.ssh else []),
        *([f"--output type=docker,dest={_archive('$NAME' if several else '')}"] if wanted.install else []),
        *([f"--metadata-file {_metadata('$NAME' if several else '')}"] if wanted.install else []),
        *(["$PUSH"] if wanted.image else []),
        f'--tag "{tag}{"-$NAME" if several else ""}"',
    ]
    return ["docker buildx build \\", *(f"  {each} \\" for each in options), f"  {wanted.context}"]


def _matrix(wanted: Wanted) -> list[str]:
    lines = ["  parallel:", "    matrix:"]
    for platform in wanted.platforms:
        lines += [f"      - PLATFORM: {platform}", f"        NAME: {slug(platform)}"]
    return lines


def _emulates(wanted: Wanted) -> bool:
    return any(platform != "linux/amd64" for platform in wanted.platforms)


def _archive(name: str) -> str:
    return f"image-{name}.tar" if name else "image.tar"


def _metadata(name: str) -> str:
    return f"build-{name}.json" if name else "build.json"


def _merge(wanted: Wanted) -> list[str]:
    image = load("ci")["images"]
    tags = " ".join(f"{wanted.image}:latest-{slug(each)}" for each in wanted.platforms)
    return [
        "all-platforms:",
        "  stage: .post",
        f"  image: {image['docker']}",
        f"  services: [{json.dumps(image['dind'])}]",
        "  variables:",
        '    DOCKER_TLS_CERTDIR: "/certs"',
        "  rules:",
        "    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH",
        "  script:",
        f"    - {LOGIN}",
        f"    - docker buildx imagetools create --tag {wanted.image}:latest {tags}",
    ]


def _save(several: bool) -> list[str]:
    name = "$NAME" if several else ""
    return [
        "  artifacts:",
        f"    paths: [{_archive(name)}, {_metadata(name)}]",
        "    expire_in: 1 hour",
    ]


def _budget(wanted: Wanted, several: bool) -> list[str]:
    folder = "" if wanted.context == "." else f" {wanted.context}"
    return [
        "budgets:",
        "  stage: .post",
        f"  image: {load('ci')['images']['python']}",
        "  needs: [build-image]",
        "  rules:",
        "    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH",
        '    - if: $CI_PIPELINE_SOURCE == "merge_request_event"',
        "  script:",
        f"    - {wanted.install}",
        *(_check(folder, slug(each) if several else "") for each in wanted.platforms or ("",)),
        "  artifacts:",
        "    when: always",
        "    paths: [budgets.md]",
    ]


def _check(folder: str, name: str) -> str:
    command = f"jettison ci{folder} --check {_archive(name)} --metadata {_metadata(name)}"
    return f"    - {command} --format markdown | tee -a budgets.md"


def _only(wanted: Wanted) -> str:
    return wanted.platforms[0] if wanted.platforms else "linux/amd64"
