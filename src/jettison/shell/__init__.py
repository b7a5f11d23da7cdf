"""The text of a RUN as commands with the bytes of every word; what each does; edits that keep it valid."""

from __future__ import annotations

from jettison.shell.parse import parse_run, parse_text
from jettison.shell.script import Command, Item, Link, Option, Redirect, Script, ShellWord

__all__ = ["Command", "Item", "Link", "Option", "Redirect", "Script", "ShellWord", "parse_run", "parse_text"]
