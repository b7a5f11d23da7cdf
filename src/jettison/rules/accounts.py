"""Who runs a step: the user id, group id and home of its USER, as far as Dockerfile and base image say."""

from __future__ import annotations

from typing import Any, NamedTuple

from jettison.dockerfile import Instruction, Stage
from jettison.facts import load
from jettison.facts.bases import Reference, base_facts
from jettison.project import Project
from jettison.shell import Command

ROOT = ("", "root", "0")


class Account(NamedTuple):
    """The user that a RUN runs as."""

    name: str
    """As USER says it, without a group."""
    uid: int
    gid: int | None
    """None where the group's id is not known; the owner of a folder may write to it without."""
    home: str
    """HOME by /etc/passwd, which is what a JVM goes by; "" when there is none, or it is not known."""

    @property
    def is_root(self) -> bool:
        """True for user id 0."""
        return self.uid == 0


def account(project: Project, run: Instruction) -> Account | str:
    """Whom a RUN runs as; a clause that says why the user id is not known."""
    stage = project.dockerfile.stage_of(run)
    user, _, group = (project.scope(run).user or "").partition(":")
    if user in ROOT:
        facts = base_facts(Reference.parse(project.base_of(stage)).repository) if stage else None
        return Account("root", 0, 0, facts.home if facts and facts.user == "root" else "/root")
    if stage is None:
        return f"the stage of line {run.start_line} is not known"
    known = _made(project, stage, run)
    if isinstance(known, str):
        return known
    users, groups = known
    if _depends(project, stage, run):
        return f"USER is {user} for one build argument only"
    gid = int(group) if _number(group) else groups.get(group)
    if _number(user):
        same = next((each for each in users.values() if each.uid == int(user)), None)
        return Account(
            user, int(user), gid if group else (same.gid if same else None), same.home if same else ""
        )
    if user not in users:
        return f"USER is {user}, whose user id is not known"
    found = users[user]
    return found._replace(gid=gid) if group else found


def _made(
    project: Project, stage: Stage, run: Instruction
) -> tuple[dict[str, Account], dict[str, int]] | str:
    """Users and groups with known ids just before a RUN: those of the base image and those made since."""
    facts = load("accounts")
    reference = Reference.parse(project.base_of(stage))
    rows = facts["alpine" if reference.musl else "debian"] | facts["image"].get(reference.repository, {})
    users = {name: Account(name, uid, gid, home) for name, (uid, gid, home) in rows.items()}
    groups = {name: gid for name, (_, gid, _) in rows.items()}
    for each in project.dockerfile.above(stage):
        for instruction in each.instructions:
            if each is stage and instruction.span.start >= run.span.start:
                break
            why = _replaced(instruction)
            if why:
                return why
            if instruction.keyword != "RUN":
                continue
            for command in project.script(instruction).commands:
                if command.name in facts["other_commands"]["changing"]:
                    return f"line {instruction.start_line} changes users with {command.name}"
                if command.name in facts["other_commands"]["groups"]:
                    _add_group(groups, command)
                elif command.name in facts["commands"]:
                    _add_user(project, each, facts["commands"][command.name], users, groups, command)
    return users, groups


def _depends(project: Project, stage: Stage, run: Instruction) -> bool:
    """True when the USER in force is written with a variable, which a build argument may change."""
    words = [
        word.text
        for each in project.dockerfile.above(stage)
        for instruction in each.instructions
        if instruction.keyword == "USER" and instruction.span.start < run.span.start
        for word in instruction.words
    ]
    return bool(words) and "$" in words[-1] and bool(project.scope(run).args)


def _replaced(instruction: Instruction) -> str:
    """Why /etc/passwd may be another one; "" when it is not."""
    if instruction.keyword in ("COPY", "ADD") and instruction.words:
        to = instruction.words[-1].text.rstrip("/")
        if to in ("/etc/passwd", "/etc", ""):
            return f"line {instruction.start_line} may bring another /etc/passwd"
    return ""


def _add_group(groups: dict[str, int], command: Command) -> None:
    gid = _value(command, ("-g", "--gid"))
    names = [word.text for word in command.operands if word.text]
    if names:
        groups.pop(names[-1], None)
        if _number(gid) and command.must_succeed:
            groups[names[-1]] = int(gid)


def _add_user(
    project: Project,
    stage: Stage,
    row: dict[str, Any],
    users: dict[str, Account],
    groups: dict[str, int],
    command: Command,
) -> None:
    names = [word.text for word in command.operands if word.text]
    if not names:
        return
    name = names[0]
    users.pop(name, None)
    uid = _value(command, row["uid"])
    if not _number(uid) or not command.must_succeed:
        return
    group = _value(command, row["group"])
    gid = int(group) if _number(group) else groups.get(group, None if group else int(uid))
    # Debian's `adduser --system` gives no home of its own.
    usual = "" if command.has_option("--system") and command.name == "adduser" else f"/home/{name}"
    home = _value(command, row["home"]) or usual
    asked = command.has_option(*row["home_options"])
    made = asked == (row["makes_home"] == "only with") or _named(project, stage, home)
    users[name] = Account(name, int(uid), gid, home if made and home.startswith("/") else "")


def _named(project: Project, stage: Stage, folder: str) -> bool:
    """True when a WORKDIR or a word of a RUN makes, or gives away, a folder that no option makes."""
    for instruction in stage.instructions:
        if instruction.keyword == "WORKDIR":
            place = project.scope(instruction).workdir
            words = [word.text for word in instruction.words] + [place]
        elif instruction.keyword == "RUN":
            commands = project.script(instruction).named("mkdir", "chown", "install")
            words = [word.text or "" for command in commands for word in command.operands]
        else:
            continue
        if any(word == folder or word.startswith(folder + "/") for word in words):
            return True
    return False


def _value(command: Command, names: tuple[str, ...] | list[str]) -> str:
    return next((option.value or "" for option in command.options if option.name in names), "")


def _number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10
