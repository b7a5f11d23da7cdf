"""One docker/build-push-action step: what it lacks is added to it, and before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jettison.ci import entries
from jettison.ci.github import TIMES, budget_step, dance_steps, login_step, secret_lines
from jettison.ci.needs import Needs
from jettison.ci.shellrepair import apart
from jettison.ci.wanted import Wanted, cache_from, cache_to, slug
from jettison.ci.workflow import (
    Built,
    Job,
    State,
    built,
    lines_of,
    local_images,
    logs_in,
    on_linux,
    suffix,
)
from jettison.ci.yamlfile import Node, Unclear, get, is_mapping, is_sequence, text_of
from jettison.facts import load

if TYPE_CHECKING:
    from jettison.ci.github_repair import Repair

_MODES = "chmod -R go-w ."


class Action:
    """One docker/build-push-action step."""

    def __init__(self, all: Repair, job: Job, step: Node, state: State) -> None:
        self.all, self.job, self.step, self.state = all, job, step, state
        self.file = job.file
        self.what: Built = built(job, step)
        first = self.what.targets[0]
        self.wanted: Wanted = all.site.wanted(
            "github",
            first.dockerfile,
            first.context,
            first.target,
            self.what.platforms.split(",") if self.what.platforms and "$" not in self.what.platforms else (),
            image=self.what.image,
            backends=("gha", "registry"),
        )
        self._merge_needs()

    def repair(self) -> None:
        """Make the edits."""
        self.file.own(self.step, "the step")
        on_linux(self.job)
        with_ = get(self.step, "with")
        if with_ is not None and not is_mapping(with_):
            raise Unclear("its `with` is no mapping", self.step.start_mark.line + 1)
        if with_ is not None:
            self.file.own(with_, "its `with`")
        keys = self._cache(with_)
        keys += self._secrets(with_)
        if with_ is not None and keys:
            self.file.add_keys(with_, keys)
        elif keys:
            self.file.add_keys(self.step, ["with:", *(f"  {line}" for line in keys)])
        before: list[str] = []
        before += self._modes()
        before += self._buildx()
        before += self._login(keys)
        before += self._dance()
        if before:
            self.file.add_items(self.job.steps, self.step, before)
        self._depth()
        self._budget(with_)
        if self.wanted.needs.ssh and get(with_, "ssh") is None:
            self.all.advice.append(
                f"{self.job.path}: the Dockerfile mounts ssh ({', '.join(self.wanted.needs.ssh)}): "
                "start an agent (webfactory/ssh-agent) and hand it over: ssh: default"
            )

    def _merge_needs(self) -> None:
        """Under a matrix a step builds several targets: it needs what any of them needs."""
        if len(self.what.targets) == 1:
            return
        all_needs = [self.all.site.needs(*target) for target in self.what.targets]
        merged = Needs(
            tuple(dict.fromkeys(base for each in all_needs for base in each.bases)),
            tuple(dict.fromkeys(stage for each in all_needs for stage in each.lost)),
            tuple(dict.fromkeys(id for each in all_needs for id in each.secrets)),
            tuple(dict.fromkeys(id for each in all_needs for id in each.ssh)),
            git=next((each.git for each in all_needs if each.git), ""),
        )
        choice = self.wanted.choice
        if merged.lost and choice.mode == "min" and not self.all.site.asked.mode:
            names = ", ".join(merged.lost)
            choice = choice._replace(mode="max", why_mode=f"mode=min would not keep the steps of {names}")
        self.wanted = self.wanted._replace(needs=merged, choice=choice)

    @property
    def name(self) -> str:
        """What the cache of this step is called."""
        base = self.wanted.name if len(self.what.targets) == 1 else "image"
        platforms = self.what.platforms if "$" not in self.what.platforms else ""
        tagged = self.wanted.choice.backend == "registry"
        parts = [base, slug(platforms)]
        return "-".join(part for part in parts if part) + suffix(self.job, self.what.variables, tagged)

    def _cache(self, with_: Node) -> list[str]:
        """The lines to add for the cache; entries that are there are extended in place."""
        reads, writes = get(with_, "cache-from"), get(with_, "cache-to")
        choice, why = self.wanted.choice, f"mode={self.wanted.choice.mode}: {self.wanted.choice.why_mode}"
        if text_of(with_, "no-cache") == "true":
            return []
        if reads is None and writes is None:
            where = self._where()
            self._note(f"A cache for fresh runners: type={choice.backend}", f"{choice.why_backend}; {why}")
            return [
                f"cache-from: {cache_from(choice.backend, where, self.name)}",
                f"cache-to: {cache_to(choice.backend, where, self.name, choice.mode)}",
            ]
        if writes is None:
            listed = lines_of(reads)
            if "BUILDKIT_INLINE_CACHE=1" in text_of(with_, "build-args"):
                raise Unclear(
                    "BUILDKIT_INLINE_CACHE=1 keeps a cache in the image, and is left: it was chosen"
                )
            first = listed[0] if listed else ""
            made = entries.write_for(first, self.wanted)
            self._set_apart({entries.place(first)}, reads)
            self._note("Write the cache that is read", why)
            return [f"cache-to: {self._renamed(first, made)}"]
        written = lines_of(writes)
        if not written:
            return []
        self._set_apart(
            {entries.place(entry) for entry in written}, reads, writes
        )  # first: its edit stands before what is added behind the entry
        for entry in written:
            self._extend(writes, entry, why)
        added = (
            []
            if reads is not None
            else [f"cache-from: {self._renamed(written[0], entries.read_back(written[0]))}"]
        )
        if added:
            self._note("Read the cache that is written", "nothing was read from it")
        return added

    def _extend(self, writes: Node, entry: str, why: str) -> None:
        more = entries.lacks(entry, self.wanted.choice.mode)
        if not more:
            return
        self.file.extend(writes, entry, entry, more)
        if "mode=" in more:
            self.all.change(self.job, writes, f"Keep the steps of all stages: {more.split(',')[1]}", why)
        if "ignore-error" in more:
            self.all.change(
                self.job,
                writes,
                "A failed cache export fails no build: ignore-error=true",
                "the image is there by then",
            )

    def _apart(self, entry: str) -> tuple[str, str] | None:
        """The end of an entry's place as written and as it should be, None when no other build writes it."""
        where = entries.place(entry)
        others = len(self.all.places.get(where, ())) > 1
        missing = self.what.variables and "matrix." not in entry and "strategy." not in entry
        return entries.set_apart(entry, self.name) if where and (others or missing) else None

    def _renamed(self, entry: str, text: str) -> str:
        """A text that names the place of an entry, with the name that the entry gets."""
        apart = self._apart(entry)
        return text.replace(*apart, 1) if apart else text

    def _set_apart(self, written: set[str], *lists: Node) -> None:
        """Two builds that write one cache drop each other's: docker/buildx #1044, moby/buildkit #2758.

        Only what this step writes is renamed; it may well read what another one writes.
        """
        told: set[str] = set()
        for node in lists:
            for entry in lines_of(node):
                apart = self._apart(entry) if entries.place(entry) in written else None
                if apart is None:
                    continue
                old, new = apart
                self.file.extend(node, entry, old, new.removeprefix(old))
                where = entries.place(entry)
                if where not in told:
                    told.add(where)
                    why = f"several builds write {where.partition(':')[2]}, and each drops what others wrote"
                    self.all.change(self.job, node, "A cache of its own", why)

    def _where(self) -> str:
        if self.wanted.choice.backend == "gha":
            return ""
        where = self.what.image or self.all.site.asked.image
        if not where:
            raise Unclear("a registry cache needs a repository: name it with --image, or take --cache gha")
        return where

    def _secrets(self, with_: Node) -> list[str]:
        there = "\n".join(text_of(with_, key) for key in ("secrets", "secret-envs", "secret-files"))
        named = {line.strip().partition("=")[0].strip("\"'") for line in there.split("\n")}
        missing = tuple(id for id in self.wanted.needs.secrets if id not in named)
        if not missing:
            return []
        old = get(with_, "secrets")
        lines = secret_lines(missing, "")
        self._note(
            f"Hand over the secret{'s' * (len(missing) > 1)} {', '.join(missing)}",
            "a RUN of the Dockerfile mounts it; the repository needs a secret of that name",
        )
        if old is None:
            return lines
        if old.style != "|":
            raise Unclear("its `secrets` are not written as lines below a |", old.start_mark.line + 1)
        first = self.file.text.index(lines_of(old)[0], old.start_mark.index)
        pad = first - self.file.text.rfind("\n", 0, first) - 1
        self.file.add_lines(old, [" " * pad + line.strip() for line in lines[1:]])
        return []

    def _buildx(self) -> list[str]:
        """The default builder of a runner cannot export a cache; one that can is set up before."""
        setup = self.job.find("docker/setup-buildx-action", self.step)
        dances = self._dances()
        if setup is not None:
            if text_of(get(setup, "with"), "driver") == "docker":
                raise Unclear("setup-buildx asks for the driver docker, which exports no cache")
            self.state.buildx = self.state.buildx or text_of(setup, "id")
            if dances and not self.state.buildx:
                if any(text_of(each, "id") == "buildx" for each in self.job.steps.value):
                    raise Unclear("another step has the id buildx")
                self.file.own(setup, "the step")
                self.file.add_keys(setup, ["id: buildx"])
                self.state.buildx = "buildx"
            return []
        if self.state.buildx or any(
            "buildx create" in text_of(each, "run") for each in self.job.before(self.step)
        ):
            return []
        apart(self.wanted.needs.bases, local_images(self.job.before(self.step)))
        self.state.buildx = "buildx"
        self._note("Set up a builder that can export cache", "the runner's own builder cannot")
        return [f"- uses: {load('ci')['actions']['setup-buildx']}", "  id: buildx"]

    def _login(self, keys: list[str]) -> list[str]:
        """A registry cache needs a login, and on GitHub's registry a permission."""
        to = next((line for line in keys if line.startswith("cache-to: type=registry,ref=")), "")
        before = self.job.before(self.step)
        if not to or self.state.login or logs_in(before):
            return []
        where = entries.fields(to.removeprefix("cache-to: "))["ref"]
        if not where.startswith("ghcr.io/"):
            raise Unclear("the cache belongs into a registry that the job does not log in to")
        self.state.login = True
        self._permission()
        self._note("Log in to the registry of the cache", "a cache is pushed like an image")
        return login_step(where)

    def _permission(self) -> None:
        for node in (self.job.node, self.file.root):
            allowed = get(node, "permissions")
            if is_mapping(allowed) and allowed.value:
                if text_of(allowed, "packages") == "write":
                    return
                if get(allowed, "packages") is not None:
                    raise Unclear("the job may only read packages", allowed.start_mark.line + 1)
                self.file.add_keys(allowed, ["packages: write"])
                self.all.change(
                    self.job,
                    allowed,
                    "Allow the job to push the cache: packages: write",
                    "it is pushed to ghcr.io",
                )
                return
        self.all.advice.append(f"{self.job.path}: job {self.job.name} needs `permissions: packages: write`")

    def _modes(self) -> list[str]:
        """On a machine of one's own the umask may be another, and COPY then finds other files."""
        runner = get(self.job.node, "runs-on")
        labels = [each.value for each in runner.value] if is_sequence(runner) else [text_of(runner)]
        if self.what.from_git or "self-hosted" not in labels or self.state.modes:
            return []
        if any("chmod" in text_of(each, "run") for each in self.job.before(self.step)):
            return []
        self.state.modes = True
        self._note(
            "Files in the same modes on every machine",
            "a checkout under umask 002 has 664 where others have 644, and COPY takes that for a change",
        )
        return ["- name: File modes as on every other machine", f"  run: {_MODES}"]

    def _dances(self) -> bool:
        pays = any(each.pays for each in self.wanted.needs.mounts)
        steps = self.job.steps.value
        there = any("buildkit-cache-dance" in text_of(each, "uses") for each in steps)
        return pays and not there and not self.state.dance

    def _dance(self) -> list[str]:
        if not self._dances():
            return []
        self.state.dance = True
        mounts = [each for each in self.wanted.needs.mounts if each.pays]
        lines = ", ".join(f"{each.target} (line {each.line})" for each in mounts)
        self._note(
            f"Keep the cache mounts: {lines}",
            "they are empty on a fresh builder, and their RUN runs with every edit",
        )
        return dance_steps(self.wanted, self.name, self.state.buildx)

    def _depth(self) -> None:
        checkout = self.job.find("actions/checkout", self.step)
        if not self.wanted.needs.git or self.what.from_git or checkout is None or self.state.depth:
            return
        with_ = get(checkout, "with")
        if get(with_, "fetch-depth") is not None:
            return
        self.file.own(checkout, "the checkout")
        self.state.depth = True
        if is_mapping(with_):
            self.file.add_keys(with_, ["fetch-depth: 0"])
        else:
            self.file.add_keys(checkout, ["with:", "  fetch-depth: 0"])
        self.all.change(self.job, checkout, "Fetch the whole history: fetch-depth: 0", self.wanted.needs.git)

    def _budget(self, with_: Node) -> None:
        """The budget check behind a step that keeps its image in the engine."""
        install = self.all.site.asked.install
        if not install or "jettison ci" in _all_runs(self.job):
            return
        tag = next(iter(lines_of(get(with_, "tags"))), "").partition(",")[0]
        if text_of(with_, "load") != "true" or not tag or "${{" in tag or not text_of(self.step, "id"):
            self.all.advice.append(
                f"{self.job.path}: no budget check is written: it stands behind a build step that has an id, "
                "load: true and one tag that is written out"
            )
            return
        if get(self.step, "env") is None:
            self.file.add_keys(self.step, ["env:", f"  {TIMES}"])
        pad = " " * (self.step.start_mark.column - 2)
        lines = budget_step(self.wanted._replace(install=install), tag, text_of(self.step, "id"))
        self.file.add_lines(self.step, [pad + line for line in lines])
        self._note(
            "Check the budgets of size and time", "jettison.toml has a [budget], or --install asks for it"
        )

    def _note(self, title: str, why: str) -> None:
        self.all.change(self.job, self.step, title, why)


def _all_runs(job: Job) -> str:
    return "\n".join(text_of(each, "run") for each in job.steps.value)
