"""The edits that take stages from an -alpine base to the -slim one: what every RUN says, said for Debian.

All stages of one language image go together, as they copy from each other what is built for one C library.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from jettison.dockerfile import Instruction, Stage
from jettison.dockerfile.edit import insert_after, replace
from jettison.facts import load
from jettison.facts.bases import Reference
from jettison.project import Project
from jettison.rules.basechange import why_base_stays
from jettison.rules.busyboxusers import UnknownUsage, user_command
from jettison.rules.commandsused import NotUnderstood, commands_used
from jettison.shell import Command, Script
from jettison.shell.edits import Refusal
from jettison.shell.layout import has_comment, source_of
from jettison.shell.remove import remove_command
from jettison.shell.script import ShellWord
from jettison.spans import Edit, Span

_TAG = re.compile(r"(?<=[-:])alpine[\d.]*$")
_BINARIES = ("/usr", "/bin", "/lib", "/sbin", "/opt")
_BUILTINS = ("kill", "time")
_ASH = re.compile(r"\$\{\w+(/|:[\d-]|,|\^)|<<<|<\(|\$'|(?<!\S)\[\[\s")


class Untranslatable(Exception):
    """Something in these stages has no certain counterpart on Debian."""


def to_slim(project: Project, repository: str) -> tuple[Edit, ...]:
    """The edits for every stage on an -alpine tag of a repository; Untranslatable says why there are none."""
    roots = [
        stage
        for stage in project.dockerfile.stages
        if stage.base_stage is None and _on_alpine(project, stage, repository)
    ]
    groups = {root: project.dockerfile.below(root) for root in roots}
    _refuse_copies(project, tuple(stage for group in groups.values() for stage in group))
    return tuple(edit for root, group in groups.items() for edit in _group(project, root, group))


def _group(project: Project, root: Stage, stages: tuple[Stage, ...]) -> Iterator[Edit]:
    """The edits for one FROM and the stages that are built on it."""
    yield _base(project, root)
    handled: list[Command] = []
    names: set[str] = set()
    for stage in stages:
        _refuse_places(project, stage)
        for run, script in project.runs(stage):
            said = _Run(project, run, script)
            yield from said.edits
            handled += said.handled
            names |= said.installed
    packages = _missing(project, stages, handled, names)
    if packages:
        install = f"apt-get install -y --no-install-recommends {' '.join(packages)}"
        yield insert_after(root.from_, f"RUN apt-get update && {install} && rm -rf /var/lib/apt/lists/*")


def makes_users_without_number(project: Project, repository: str) -> bool:
    """True when a RUN makes a user or group whose number the system chooses: then owners differ."""
    for stage in project.dockerfile.stages:
        if _on_alpine(project, stage, repository):
            for _, script in project.runs(stage):
                for command in script.named("adduser", "addgroup"):
                    words = " ".join(word.raw for word in command.arguments)
                    if not re.search(r"(^|\s)(-\w*[ug]|--[ug]id)[\s=]*\d", words):
                        return True
    return False


def _on_alpine(project: Project, stage: Stage, repository: str) -> bool:
    reference = Reference.parse(project.base_of(stage))
    return reference.repository == repository and reference.musl


def _base(project: Project, stage: Stage) -> Edit:
    if reason := why_base_stays(project, stage):
        raise Untranslatable(reason)
    new = _TAG.sub("slim", stage.base)
    if new == stage.base:
        raise Untranslatable("its tag comes out of a variable")
    return replace(stage.from_.words[0], new)


def _refuse_copies(project: Project, moving: tuple[Stage, ...]) -> None:
    """Programs that go between a moving stage and one that stays on musl would not start there."""
    from jettison.dockerfile.stages import find_stage

    for stage in project.dockerfile.stages:
        for copy in stage.instructions:
            origin = copy.flag("from") if copy.keyword in ("COPY", "ADD") else None
            if origin is None or not origin.value:
                continue
            other = find_stage(origin.value, project.dockerfile.stages[: stage.index])
            if (stage in moving) == (other in moving):
                continue
            stays = stage if other in moving else other
            base = project.base_of(stays) if stays is not None else origin.value
            if Reference.parse(base).musl and any(_is_binary(word.text) for word in copy.sources):
                raise Untranslatable(
                    f"line {copy.start_line} copies programs between it and {base}, which stays on musl"
                )


def _refuse_places(project: Project, stage: Stage) -> None:
    """Files and mounts in the folders of apk have another meaning, or none, on Debian."""
    for each in stage.instructions:
        flags = " ".join(project.dockerfile.text(flag.span) for flag in each.flags)
        text = flags if each.keyword == "RUN" else project.dockerfile.text(each.span)
        if re.search(r"/apk\b", text):
            raise Untranslatable(f"line {each.start_line} puts something where apk keeps its own")


def _is_binary(path: str) -> bool:
    return path in ("/", ".", "") or path.startswith(_BINARIES)


def _missing(
    project: Project, stages: tuple[Stage, ...], handled: list[Command], names: set[str]
) -> list[str]:
    """The packages that have to be there for what BusyBox did; raises for what no package does alike, and for
    what was not read before."""
    table = load("alpine")
    packages = {name: package for package, commands in table["busybox"].items() for name in commands}
    needed: set[str] = set()
    try:
        for used in commands_used(project, stages):
            if used.name in ("apk", "adduser", "addgroup") and not any(used.command is c for c in handled):
                raise Untranslatable(f"{used.where} calls {used.name} in a place that is not read here")
            package = packages.get(used.name)
            if package is None or package in names or used.name in _BUILTINS:
                continue
            if package not in table["counterpart"]:
                raise Untranslatable(
                    f"{used.where} calls {used.name} of BusyBox, which the slim image has not"
                )
            needed |= set(table["counterpart"][package].split())
    except NotUnderstood as problem:
        raise Untranslatable(str(problem)) from None
    return sorted(needed)


class _Run:
    """One RUN said for Debian. `installed` are the Debian packages that it asks for."""

    def __init__(self, project: Project, run: Instruction, script: Script) -> None:
        self.line = run.start_line
        self.script = script
        self.edits: list[Edit] = []
        self.handled: list[Command] = []
        self.installed: set[str] = set()
        self.stays: set[str] = set()
        if not script.ok:
            raise Untranslatable(f"line {self.line} is not understood: {script.reason}")
        self._refuse_shell(project, run)
        self.updated = any(c.name == "apk" and "update" in _texts(c) for c in script.commands)
        self.virtual: dict[str, list[str]] = {}
        for command in script.commands:
            if command.name == "apk":
                self._apk(command)
            elif command.name in ("adduser", "addgroup"):
                self._user(command)
            elif command.name == "rm" and _only_apk_cache(command):
                self._replace(command, "rm -rf /var/lib/apt/lists/*")
            elif any("apk" in word.raw for word in _all_words(command)):
                raise Untranslatable(f"line {self.line}: {command.name} touches what belongs to apk")
            elif command.name == "echo" and (_texts(command) or [""])[0].startswith("-e"):
                raise Untranslatable(f"line {self.line}: Debian's sh has no `echo -e`")

    def _refuse_shell(self, project: Project, run: Instruction) -> None:
        shell = project.scope(run).shell
        name = shell[0].rpartition("/")[2] if shell else ""
        if name not in ("sh", "bash"):
            raise Untranslatable(f"line {self.line} runs in {name or 'no shell'}, which Debian has not")
        text = project.dockerfile.text(run.span)
        if name == "sh" and (self.script.pipefail or _ASH.search(text) or self.script.named("source", "[[")):
            raise Untranslatable(f"line {self.line} is written for BusyBox's sh, Debian's has less")

    def _apk(self, command: Command) -> None:
        verb, *names = [_name(word) for word in command.operands] or [""]
        self._refuse_place(command)
        allowed = load("alpine")["apk"]["options"]
        for option in command.options:
            if option.name not in allowed:
                raise Untranslatable(f"line {self.line}: apk {option.name} has no counterpart")
        if verb == "update" and not names:
            self._replace(command, "apt-get update")
        elif verb == "add" and names:
            self._add(command, names)
        elif verb == "del" and names:
            self._delete(command, names)
        else:
            raise Untranslatable(f"line {self.line}: `apk {verb}` has no counterpart")

    def _add(self, command: Command, names: list[str]) -> None:
        known = {name: self._debian(name) for name in names}
        wanted = list(dict.fromkeys(package for packages in known.values() for package in packages))
        label = next((o.value for o in command.options if o.name in ("-t", "--virtual")), None)
        if label:
            self.virtual[label] = wanted
        else:
            self.stays |= set(wanted)
        self.installed |= set(wanted)
        setting = "DEBIAN_FRONTEND=noninteractive " if "tzdata" in wanted else ""
        call = f"{setting}apt-get install -y --no-install-recommends"
        if not self.updated:
            call = f"apt-get update && {call}"
        clean = " && rm -rf /var/lib/apt/lists/*" if command.has_option("--no-cache") else ""
        self._say(command, call, {name: " ".join(packages) for name, packages in known.items()}, clean)

    def _delete(self, command: Command, names: list[str]) -> None:
        there = set(load("alpine")["there"])
        named: dict[str, str] = {}
        for name in names:
            virtual = name in self.virtual
            packages = self.virtual[name] if virtual else _packages().get(name, "").split()
            if not packages or not set(packages) <= self.installed:
                raise Untranslatable(f"line {self.line} deletes {name}, which it has not installed")
            stay = there | self.stays if virtual else there
            named[name] = " ".join(package for package in packages if package not in stay)
        self._say(command, "apt-get purge -y --auto-remove", named, "")

    def _debian(self, name: str) -> list[str]:
        packages = _packages().get(name)
        if packages is None:
            why = "it is pinned to a version of Alpine" if re.search("[=~<>@]", name) else "no name is known"
            raise Untranslatable(
                f"line {self.line} installs {name}, of which Debian's name is not certain: {why}"
            )
        return packages.split()

    def _say(self, command: Command, call: str, names: dict[str, str], after: str) -> None:
        """Another call with other names, each where the old one stood, so that lines and comments stay."""
        kept = [word for word in command.operands[1:] if names[_name(word)]]
        if not kept:
            self._drop(command)
            return
        self.handled.append(command)
        self.edits.append(Edit(command.words[0].span, call.encode()))
        for before, word in zip(command.words, command.words[1:], strict=False):
            if any(word is each for each in kept):
                tail = after if word is kept[-1] else ""
                self.edits.append(Edit(word.span, (names[_name(word)] + tail).encode()))
            else:
                self._edit(Span(before.span.end, word.span.end), "")

    def _user(self, command: Command) -> None:
        self._refuse_place(command)
        try:
            text = user_command(command.name, self._plain(command))
        except UnknownUsage as problem:
            raise Untranslatable(f"line {self.line}: {problem}") from None
        self._replace(command, text)

    def _plain(self, command: Command) -> list[str]:
        found = [word.text for word in command.arguments]
        if any(text is None or "$" in text for text in found):
            raise Untranslatable(f"line {self.line}: {command.name} is told something by a variable")
        return [text or "" for text in found]

    def _replace(self, command: Command, text: str) -> None:
        self.handled.append(command)
        self._edit(Span(command.words[0].span.start, command.words[-1].span.end), text)

    def _edit(self, span: Span, text: str) -> None:
        if has_comment(source_of(self.script), span):
            raise Untranslatable(f"line {self.line}: a comment stands between the words that change")
        self.edits.append(Edit(span, text.encode()))

    def _drop(self, command: Command) -> None:
        edits = remove_command(self.script, command)
        if isinstance(edits, Refusal):
            raise Untranslatable(
                f"line {self.line}: `{command.name}` is not needed on Debian, but {edits.reason}"
            )
        self.handled.append(command)
        self.edits += edits

    def _refuse_place(self, command: Command) -> None:
        joints = {command.joined_by, command.followed_by}
        if command.context or joints & {"||", "&", "|"} or self.script.form == "json":
            raise Untranslatable(
                f"line {self.line}: {command.name} does not stand in a plain chain of commands"
            )
        if command.redirects or command.assignments or command.prefix:
            raise Untranslatable(f"line {self.line}: {command.name} is called in a way of its own")


def _packages() -> dict[str, str]:
    found: dict[str, str] = load("alpine")["package"]
    return found


def _name(word: ShellWord) -> str:
    return word.raw if word.text is None else word.text


def _texts(command: Command) -> list[str]:
    return [word.text or "" for word in command.arguments]


def _all_words(command: Command) -> Iterator[ShellWord]:
    yield from command.words
    yield from command.assignments
    yield from (each.target for each in command.redirects if each.target is not None)


def _only_apk_cache(command: Command) -> bool:
    return bool(command.operands) and all(word.raw.startswith("/var/cache/apk") for word in command.operands)
