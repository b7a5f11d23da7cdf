"""From a project to the pipeline files that it should have: repaired where there are some, else written."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from jettison.ci import github, gitlab, script
from jettison.ci.choice import Choice
from jettison.ci.site import Site
from jettison.ci.wanted import Change, Refusal, Wanted
from jettison.ci.wiring import Wiring
from jettison.ci.yamlfile import LARGEST, Unclear, YamlFile, plain
from jettison.errors import CannotRun
from jettison.report.diff import FileChange, shown_path

PROVIDERS = ("github", "gitlab", "buildx")


def wire(site: Site, provider: str, wanted: Wanted, file: str = "") -> Wiring:
    """The files of one provider. `wanted` is the image of the call, written where no pipeline builds one yet;
    `file` names the script to repair (buildx)."""
    if provider == "github":
        return _github(site, wanted)
    if provider == "gitlab":
        return _gitlab(site, wanted)
    return _buildx(site, wanted, file)


def _github(site: Site, wanted: Wanted) -> Wiring:
    from jettison.ci.github_repair import Repair

    sources, files, refused = _read(site.root, _workflows(site.root))
    repair = Repair(site, files)
    repair.run()
    refused += repair.refused
    made, after = _rendered(site.root, sources, files)
    if made:
        again = Repair(site, {name: YamlFile(after.get(name, sources[name])) for name in files})
        again.run()
        _settled(again.changes)
    if repair.builds == 0 and not refused:
        new = _new(site.root, github.FILE, github.write(wanted))
        title = "A workflow that builds the image with a cache"
        return _written(wanted, "github", new, title, _advice(wanted, "github"))
    advice = [*repair.advice, *_advice(wanted, "")]
    return Wiring(
        "github", wanted.choice, made, tuple(repair.changes), tuple(refused), tuple(dict.fromkeys(advice))
    )


def _gitlab(site: Site, wanted: Wanted) -> Wiring:
    from jettison.ci.gitlab_repair import Repair

    sources, files, refused = _read(site.root, [gitlab.FILE] if (site.root / gitlab.FILE).is_file() else [])
    if not sources:
        new = _new(site.root, gitlab.FILE, gitlab.write(wanted))
        return _written(
            wanted, "gitlab", new, "A pipeline that builds the image with a cache", _advice(wanted, "gitlab")
        )
    advice = _advice(wanted, "")
    changes: list[Change] = []
    made: tuple[FileChange, ...] = ()
    for path, each in files.items():
        repair = Repair(site, path, each)
        repair.run()
        changes, advice = repair.changes, [*repair.advice, *advice]
        refused += repair.refused
        made, after = _rendered(site.root, sources, files)
        if made:
            again = Repair(site, path, YamlFile(after[path]))
            again.run()
            _settled(again.changes)
        if repair.builds == 0 and not repair.refused:
            advice.append(
                f"{path} has no job with `docker build`: see the one of `jettison ci` in an empty folder"
            )
    return Wiring("gitlab", wanted.choice, made, tuple(changes), tuple(refused), tuple(advice))


def _buildx(site: Site, wanted: Wanted, file: str) -> Wiring:
    from jettison.ci.script_repair import repair_script

    folder = site.root / wanted.context
    path = Path(file) if file else folder / script.FILE
    if not path.is_file():
        if file:
            raise CannotRun(f"{file}: no such file", "name a script that is there, or leave out --file")
        dockerfile = os.path.relpath(site.root / wanted.dockerfile, folder)
        inside = wanted._replace(dockerfile=Path(dockerfile).as_posix(), context=".")
        new = FileChange(path, shown_path(path), None, script.write(inside).encode())
        return _written(
            wanted, "buildx", new, "A script that builds the image with a cache", _advice(wanted, "")
        )
    data = path.read_bytes()
    shown = shown_path(path)
    if len(data) > LARGEST:
        raise CannotRun(f"{shown}: larger than {LARGEST // 10**6} MB")
    own = Path(os.path.relpath(os.path.realpath(path.parent), site.root)).as_posix()
    new_data, changes, refused, builds = repair_script(site, shown, data, wanted.context, own)
    advice = _advice(wanted, "")
    if not builds:
        advice.append(f"{shown} has no `docker build`")
    made = (FileChange(path, shown, data, new_data),) if new_data != data else ()
    return Wiring("buildx", wanted.choice, made, tuple(changes), tuple(refused), tuple(advice))


def _workflows(root: Path) -> list[str]:
    folder = root / ".github" / "workflows"
    names = sorted(os.listdir(folder)) if folder.is_dir() else []
    return [f".github/workflows/{name}" for name in names if name.endswith((".yml", ".yaml"))]


def _read(root: Path, names: Iterable[str]) -> tuple[dict[str, bytes], dict[str, YamlFile], list[Refusal]]:
    sources: dict[str, bytes] = {}
    files: dict[str, YamlFile] = {}
    refused = []
    for name in names:
        try:
            with open(root / name, "rb") as file:
                sources[name] = file.read(LARGEST + 1)
            files[name] = YamlFile(sources[name])
        except Unclear as problem:
            refused.append(Refusal(name, problem.line, problem.why))
        except OSError as problem:
            refused.append(Refusal(name, 0, f"cannot be read: {problem.strerror}"))
    return sources, files, refused


def _settled(changes: list[Change]) -> None:
    """Raise CannotRun when a repaired file would be repaired again, which would be a fault of ours."""
    for each in changes:
        raise CannotRun(f"{each.path}: a second repair would change it again: nothing is written")


def _rendered(
    root: Path, sources: dict[str, bytes], files: dict[str, YamlFile]
) -> tuple[tuple[FileChange, ...], dict[str, bytes]]:
    """The files that change. Each is read again: what was there has to be there still.

    Raises CannotRun otherwise, which would be a fault of ours.
    """
    made, after = [], {}
    for name, file in files.items():
        if not file.changed:
            continue
        after[name] = file.render()
        try:
            grown = _grown(plain(file.root), plain(YamlFile(after[name]).root))
        except Unclear as problem:
            raise CannotRun(
                f"{name}: the edits would break it at line {problem.line}: {problem.why}"
            ) from None
        if not grown:
            raise CannotRun(f"{name}: the edits would change more than they say: nothing is written")
        path = root / name
        made.append(FileChange(path, shown_path(path), sources[name], after[name]))
    return tuple(made), after


def _grown(before: object, after: object) -> bool:
    """True when everything before is in after, in order; texts may have grown in the middle."""
    if isinstance(before, dict):
        return isinstance(after, dict) and all(
            key in after and _grown(value, after[key]) for key, value in before.items()
        )
    if isinstance(before, list):
        rest: Iterator[object] = iter(after if isinstance(after, list) else ())
        return all(any(_grown(each, other) for other in rest) for each in before)
    letters = iter(str(after))
    return before == after or all(char in letters for char in str(before))


def _new(root: Path, name: str, text: str) -> FileChange:
    path = root / name
    return FileChange(path, shown_path(path), path.read_bytes() if path.is_file() else None, text.encode())


def _written(wanted: Wanted, provider: str, new: FileChange, title: str, advice: list[str]) -> Wiring:
    if new.before is not None and new.before != new.after:
        why = "it builds no image and is left as it is"
        return Wiring(provider, wanted.choice, refused=(Refusal(new.shown, 0, why),), advice=tuple(advice))
    choice: Choice = wanted.choice
    why = f"type={choice.backend}: {choice.why_backend}; mode={choice.mode}: {choice.why_mode}"
    changes = (Change(new.shown, 1, title, why),)
    return Wiring(provider, choice, (new,), changes, (), tuple(advice))


def _advice(wanted: Wanted, written_for: str) -> list[str]:
    """What the pipeline cannot mend, or what is to be done beside it."""
    needs, found = wanted.needs, []
    for mount in needs.mounts:
        where = (
            f"the cache mount {mount.target} ({wanted.dockerfile}:{mount.line}) is empty on a fresh builder"
        )
        if not mount.pays:
            why = "its step comes before the sources, so the cache of layers serves it: nothing to keep"
            found.append(f"{where}; {why}")
        elif written_for != "github" and written_for:
            found.append(
                f"{where}, and its step runs with every edit: split off what depends on manifests alone"
            )
    for line in needs.unknown_mounts:
        found.append(
            f"a cache mount in {wanted.dockerfile}:{line} is named by a variable, and cannot be kept"
        )
    if needs.group_writable:
        found.append(
            f"{needs.group_writable} files here are writable for their group (umask 002), a checkout in CI "
            "has 644: builds here and there share no COPY; chmod -R go-w . makes them alike"
        )
    if written_for:
        from jettison.ci.wanted import secret_name

        found += [
            f"the secret {id} is taken from {secret_name(id)}: set it in the settings of the project"
            for id in needs.secrets
        ]
        if needs.ssh and written_for == "github":
            found.append("the Dockerfile mounts ssh: start an agent before the build (webfactory/ssh-agent)")
    return found
