"""A new workflow for GitHub Actions."""

from __future__ import annotations

import json

from jettison.ci.needs import CacheMount
from jettison.ci.wanted import Wanted, cache_from, cache_to, secret_name, slug
from jettison.facts import load

FILE = ".github/workflows/image.yml"
"""Where it is written."""

TAG = "jettison-ci:built"
"""The image inside the job, for tests and the budget check."""

TIMES = "BUILDX_METADATA_PROVENANCE: max"
"""Has buildx write into the metadata when a build began and ended: measured with buildx 0.29, `min`, the
default, has neither."""

_PUSHES = "github.event_name != 'pull_request'"


def write(wanted: Wanted) -> str:
    """The workflow: builds on pull requests and on the main branch, and pushes from there where an image is
    named."""
    several = len(wanted.platforms) > 1
    lines = [
        "# Written by `jettison ci`.",
        f"# Cache: type={wanted.choice.backend}: {wanted.choice.why_backend}.",
        f"# mode={wanted.choice.mode}: {wanted.choice.why_mode}.",
        "name: image",
        "on:",
        "  push:",
        f"    branches: [{json.dumps(wanted.branch)}]",
        "  pull_request:",
        "permissions:",
        "  contents: read",
        *(["  packages: write"] if _on_ghcr(wanted) else []),
        *(["env:", f"  IMAGE: {wanted.image}"] if wanted.image else []),
        "jobs:",
        "  image:",
        *(_matrix(wanted) if several else [f"    runs-on: {_runner(_only(wanted))}"]),
        "    steps:",
        *_steps(wanted, several),
    ]
    if several and wanted.image:
        lines += _merge(wanted)
    return "\n".join(lines) + "\n"


def login_step(image: str) -> list[str]:
    """A step that logs in to the registry of an image: GitHub's own with the job's token."""
    host = image.partition("/")[0] if "." in image.partition("/")[0] else ""
    ours = host == "ghcr.io"
    return [
        f"- uses: {_action('login')}",
        "  with:",
        *([f"    registry: {host}"] if host else []),
        f"    username: ${{{{ {'github.actor' if ours else 'secrets.REGISTRY_USERNAME'} }}}}",
        f"    password: ${{{{ {'github.token' if ours else 'secrets.REGISTRY_PASSWORD'} }}}}",
    ]


def dance_steps(wanted: Wanted, name: str, builder: str) -> list[str]:
    """Steps that fill the cache mounts that pay before the build and keep them after it, in no context."""
    place = "${{ runner.temp }}/cache-mounts"
    mounts = {f"{place}/{slug(each.id)}": _mount(each) for each in wanted.needs.mounts if each.pays}
    return [
        f"- uses: {_action('cache')}",
        "  with:",
        f"    path: {place}",
        f"    key: cache-mounts-{name}-${{{{ github.sha }}}}",
        f"    restore-keys: cache-mounts-{name}-",
        f"- uses: {_action('cache-dance')}",
        "  with:",
        f"    builder: ${{{{ steps.{builder}.outputs.name }}}}",
        "    scratch-dir: ${{ runner.temp }}/cache-dance",
        "    cache-map: |",
        *(f"      {line}" for line in json.dumps(mounts, indent=2).splitlines()),
    ]


def _budget_lines(wanted: Wanted, image: str) -> list[str]:
    """Shell lines: install jettison, write the report into the summary of the run, fail over the budget."""
    folder = "" if wanted.context == "." else f" {wanted.context}"
    return [
        wanted.install,
        'printf "%s" "$BUILD_METADATA" > "$RUNNER_TEMP/build.json"',
        f'jettison ci{folder} --check {image} --metadata "$RUNNER_TEMP/build.json" \\',
        '  --format markdown >> "$GITHUB_STEP_SUMMARY"',
    ]


def budget_step(wanted: Wanted, image: str, id: str = "build") -> list[str]:
    """The size and time budget of jettison.toml, behind the build step `id`; the report is the summary of the
    run."""
    return [
        "- name: Budgets of size and time",
        "  env:",
        f"    BUILD_METADATA: ${{{{ steps.{id}.outputs.metadata }}}}",
        "  run: |",
        *(f"    {line}" for line in _budget_lines(wanted, image)),
    ]


def _steps(wanted: Wanted, several: bool) -> list[str]:
    name = f"{wanted.name}-${{{{ matrix.name }}}}" if several else f"{wanted.name}-{slug(_only(wanted))}"
    steps = [f"- uses: {_action('checkout')}"]
    if wanted.needs.git:
        steps += ["  with:", f"    fetch-depth: 0  # {wanted.needs.git}"]
    if any(each not in load("ci")["runners"] for each in wanted.platforms):
        steps += [f"- uses: {_action('setup-qemu')}"]
    steps += [f"- uses: {_action('setup-buildx')}", "  id: buildx"]
    if wanted.image:
        steps += login_step(wanted.image)
    if any(each.pays for each in wanted.needs.mounts):
        steps += dance_steps(wanted, name, "buildx")
    tag = "${{ env.IMAGE }}:latest" + ("-${{ matrix.name }}" if several else "")
    if wanted.install:
        steps += ["- name: Build", *_build(wanted, name, several, ["load: true", f"tags: {TAG}"], "build")]
        steps += budget_step(wanted, TAG)
        if wanted.image:
            steps += ["- name: Push what was built", f"  if: {_PUSHES}"]
            steps += _build(wanted, name, several, ["push: true", f"tags: {tag}"], "", reads=True)
    else:
        result = [f"push: ${{{{ {_PUSHES} }}}}", f"tags: {tag}"] if wanted.image else []
        steps += ["- name: Build", *_build(wanted, name, several, result, "")]
    return [f"      {line}" for line in steps]


def _build(
    wanted: Wanted, name: str, several: bool, result: list[str], id: str, reads: bool = False
) -> list[str]:
    """A build step; one that only `reads` finds everything in the builder, and writes no cache."""
    where = "${{ env.IMAGE }}"
    backend, mode = wanted.choice.backend, wanted.choice.mode
    target = cache_to(backend, where, name, mode)
    if backend == "registry":  # one cache for all branches: a pull request reads it
        literal = cache_to(backend, "{0}", name, mode).replace("${{ matrix.name }}", "{1}")
        arguments = ", env.IMAGE, matrix.name" if several else ", env.IMAGE"
        target = f"${{{{ {_PUSHES} && format('{literal}'{arguments}) || '' }}}}"
    default = wanted.dockerfile == _default_file(wanted.context)
    return [
        f"  uses: {_action('build-push')}",
        *([f"  id: {id}", "  env:", f"    {TIMES}"] if id else []),
        "  with:",
        f"    context: {wanted.context}",
        *([] if default else [f"    file: {wanted.dockerfile}"]),
        *([f"    target: {wanted.target}"] if wanted.target else []),
        *(_platform(wanted, several)),
        *(f"    {line}" for line in result),
        f"    cache-from: {cache_from(backend, where, name)}",
        *([] if reads else [f"    cache-to: {target}"]),
        *secret_lines(wanted.needs.secrets, "    "),
        *(["    ssh: default"] if wanted.needs.ssh else []),
    ]


def secret_lines(ids: tuple[str, ...], pad: str) -> list[str]:
    """The `secrets` of a build step, each from the repository secret of the same name."""
    if not ids:
        return []
    return [f"{pad}secrets: |", *(f"{pad}  {id}=${{{{ secrets.{secret_name(id)} }}}}" for id in ids)]


def _platform(wanted: Wanted, several: bool) -> list[str]:
    if several:
        return ["    platforms: ${{ matrix.platform }}"]
    return [f"    platforms: {wanted.platforms[0]}"] if wanted.platforms else []


def _matrix(wanted: Wanted) -> list[str]:
    lines = ["    strategy:", "      fail-fast: false", "      matrix:", "        include:"]
    for platform in wanted.platforms:
        lines += [
            f"          - platform: {platform}",
            f"            name: {slug(platform)}",
            f"            runner: {_runner(platform)}",
        ]
    return [*lines, "    runs-on: ${{ matrix.runner }}"]


def _merge(wanted: Wanted) -> list[str]:
    tags = " ".join(f'"$IMAGE:latest-{slug(platform)}"' for platform in wanted.platforms)
    steps = [
        f"- uses: {_action('setup-buildx')}",
        *login_step(wanted.image),
        "- name: One name for all platforms",
        f'  run: docker buildx imagetools create --tag "$IMAGE:latest" {tags}',
    ]
    return [
        "  all-platforms:",
        "    needs: image",
        f"    if: {_PUSHES}",
        f"    runs-on: {_runner('linux/amd64')}",
        "    steps:",
        *(f"      {line}" for line in steps),
    ]


def _mount(each: CacheMount) -> dict[str, str]:
    options = {"target": each.target, "id": each.id, "uid": each.uid, "gid": each.gid}
    return {key: value for key, value in options.items() if value}


def _only(wanted: Wanted) -> str:
    return wanted.platforms[0] if wanted.platforms else "linux/amd64"


def _runner(platform: str) -> str:
    runners = load("ci")["runners"]
    return str(runners.get(platform, runners["linux/amd64"]))


def _default_file(context: str) -> str:
    return "Dockerfile" if context == "." else f"{context}/Dockerfile"


def _on_ghcr(wanted: Wanted) -> bool:
    return wanted.image.startswith("ghcr.io/")


def _action(name: str) -> str:
    return str(load("ci")["actions"][name])
