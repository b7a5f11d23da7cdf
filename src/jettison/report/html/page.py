"""The document around the parts: head, style sheet, title."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.resources import files

from jettison import __version__
from jettison.report.html.markup import esc

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
"""Of the page itself: whatever a hostile Dockerfile got into it could neither run nor ask for anything."""

_TITLES = {
    "check": "What is worth fixing",
    "fix": "The rewrite",
    "ignore": "What the builder is sent",
    "prove": "Two versions, built and compared",
    "replay": "What it costs over the history",
    "why": "Why steps run again",
}


def page(command: str, paths: Sequence[str], parts: Sequence[str]) -> Iterator[str]:
    """The whole document. `parts` are markup."""
    names = paths[0] if len(paths) == 1 else f"{len(paths)} Dockerfiles"
    title = _TITLES.get(command, command)
    style = files(__package__).joinpath("style.css").read_text(encoding="utf-8")
    yield (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<link rel="icon" href="data:,">\n'
        f"<title>{esc(names)} - jettison {esc(command)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        f'<header><p class="tool">jettison {esc(command)}</p><h1>{esc(names)}</h1>'
        f"<p>{esc(title)}</p></header>\n<main>\n"
    )
    yield from parts
    yield f"</main>\n<footer>jettison {esc(__version__)}. 1 MB is 1,000,000 bytes.</footer>\n"
    yield "</body>\n</html>\n"
