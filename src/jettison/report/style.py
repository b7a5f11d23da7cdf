"""How text looks: colours where they are wanted, and nothing that a hostile file could do to a terminal."""

from __future__ import annotations

from typing import NamedTuple

_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(32), 127, *range(128, 160)) if code != 9}
_CONTROLS |= {
    code: f"\\u{code:04x}" for code in (0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
}
_CONTROLS[13] = "^M"


class Style(NamedTuple):
    """Colour or not, and whether a person looks at a terminal."""

    color: bool = False
    terminal: bool = False

    def bold(self, text: str) -> str:
        """What the eye should find first."""
        return self._paint("1", text)

    def dim(self, text: str) -> str:
        """What may be passed over."""
        return self._paint("2", text)

    def red(self, text: str) -> str:
        """Lost, removed, failed."""
        return self._paint("31", text)

    def green(self, text: str) -> str:
        """Gained, added, passed."""
        return self._paint("32", text)

    def yellow(self, text: str) -> str:
        """Not known, not done."""
        return self._paint("33", text)

    def cyan(self, text: str) -> str:
        """A name to look up, a place."""
        return self._paint("36", text)

    def _paint(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.color and text else text


def visible(text: str) -> str:
    """The text on one line: control characters and those that reorder text are spelled out, `\\r` as `^M`."""
    return text.translate(_CONTROLS)
