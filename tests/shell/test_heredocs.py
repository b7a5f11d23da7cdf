from __future__ import annotations

import pytest

from jettison.shell.heredocs import mask

MASKED = [
    ("cat <<EOF\nrm -rf /\nEOF\nb", "cat <____\n        \n   \nb"),
    ("cat <<-EOF\n\tx\n\tEOF\nb", "cat <_____\n  \n    \nb"),
    ("cat <<'A B' && c\nx\nA B\n", "cat <______ && c\n \n   \n"),
    ("cat <<A <<B\na\nA\nb\nB", "cat <__ <__\n \n \n \n "),
    ("cat <<\\E\n$x\nE\n", "cat <___\n  \n \n"),
    ("x <<<word && y", "x <  word && y"),
    ("x $((1<<4)) && y", "x $((1<<4)) && y"),
    ("((x = 1 << 4)) && y", "((x = 1 << 4)) && y"),
    ("echo \\<<x\nx\n", "echo \\<<x\nx\n"),
    ("echo '<<EOF' \"<<EOF\" # <<EOF\nb", "echo '<<EOF' \"<<EOF\" # <<EOF\nb"),
    ('x "$(cat <<E\na\nE\n)" y', 'x "$(cat <__\n \n \n)" y'),
    ("cat <<EOF\nno end", None),
    ("cat <<EOF", None),
    ("cat <<\nEOF", None),
]


@pytest.mark.parametrize(("text", "masked"), MASKED)
def test_bodies_are_blanked_out_at_the_same_length(text: str, masked: str | None) -> None:
    assert mask(text) == masked
    assert masked is None or len(masked) == len(text)
