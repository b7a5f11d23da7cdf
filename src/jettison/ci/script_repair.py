"""Repair the build commands of a shell script."""

from __future__ import annotations

import re

from jettison.ci.lines import build_lines, tags_of
from jettison.ci.shellrepair import Place, TextEdit, repair_line
from jettison.ci.site import Site
from jettison.ci.wanted import Change, Refusal
from jettison.ci.yamlfile import Unclear

_HERE = re.compile(r"""(?m)^cd -?-? ?"?\$\(dirname (-- )?"?\$0"?\)"?(?=$| *[;&])""")


def repair_script(
    site: Site, path: str, data: bytes, folder: str, own_folder: str
) -> tuple[bytes, list[Change], list[Refusal], int]:
    """The script with its edits, what they are, what was left, and how many build commands it has. `folder`
    is where the script is taken to run, from the root of the repository, and `own_folder` where it lies, to
    which it may change first."""
    try:
        text = data.decode("utf-8")
        if "\r\n" in text:
            raise Unclear("its lines end in CRLF, which no shell takes")
        here = _HERE.search(text)
        if here:
            folder = own_folder
        found = build_lines(_HERE.sub(lambda made: ":" + " " * (len(made[0]) - 1), text, count=1))
    except UnicodeDecodeError:
        return data, [], [Refusal(path, 0, "it is not UTF-8")], 0
    except Unclear as problem:
        return data, [], [Refusal(path, problem.line, problem.why)], 1
    changes: list[Change] = []
    refused: list[Refusal] = []
    edits: list[TextEdit] = []
    tags = tags_of(found)
    place = Place("buildx", ("registry",), lambda repo: repo or site.asked.image, folder=folder, local=tags)
    for line in found:
        try:
            made = repair_line(site, line, place, "--cache-to" in text)
        except Unclear as problem:
            refused.append(Refusal(path, line.line + 1, problem.why))
            continue
        if made is not None:
            edits += made.edits
            changes += [Change(path, line.line + 1, *each) for each in made.done]
    for edit in sorted(edits, reverse=True):
        text = text[: edit.start] + edit.new + text[edit.end :]
    return text.encode("utf-8"), changes, refused, len(found)
