"""`ENV name value` written as `ENV name=value`, where that is sure to mean the same."""

from __future__ import annotations

from jettison.dockerfile import Instruction


def as_pair(instruction: Instruction) -> str | None:
    """`name=value` for an ENV or LABEL in the old form; None when no form is sure to mean the same.

    What is proposed is read back, and its value expanded with no variable set and with every variable set to
    a text with blanks and quotes: both have to come to what the old form comes to.
    """
    pair = instruction.pairs()[0]
    if pair.value is None or b"\n" in instruction.file.data[slice(*instruction.args_span)]:
        return None
    key, value, escape = pair.key.text, pair.value.text, instruction.escape
    quoted = any(character in value for character in f"\"'{escape}")
    forms = (value, _escaped(value, escape)) if quoted else (value, f'"{value}"')
    same = (form for form in forms if _means(f"{instruction.keyword} {key}={form}", key, value, escape))
    return next((f"{key}={form}" for form in same), None)


def _escaped(value: str, escape: str) -> str:
    """The value with an escape character before every blank outside quotes."""
    made, quote, skip = [], "", False
    for character in value:
        if skip:
            skip = False
        elif character == escape and quote != "'":
            skip = True
        elif character in "'\"" and quote in ("", character):
            quote = "" if quote else character
        elif character == " " and not quote:
            made.append(escape)
        made.append(character)
    return "".join(made)


def _means(text: str, key: str, value: str, escape: str) -> bool:
    """True when the new instruction is one pair with the old key, whose value comes to the same."""
    from jettison.dockerfile import expand, parse

    head = "# escape=`\n" if escape == "`" else ""
    instructions = parse(f"{head}{text}\n".encode("utf-8", "surrogateescape")).instructions
    if len(instructions) != 1 or instructions[0].error is not None or "=" in key:
        return False
    pairs = instructions[0].pairs()
    if len(pairs) != 1 or pairs[0].key.text != key or pairs[0].value is None:
        return False
    nothing: dict[str, str | None] = {}
    for variables in (nothing, _Every()):
        old, new = (expand(each, variables, escape) for each in (value, pairs[0].value.text))
        if old.error or new.error or old != new:
            return False
    return True


class _Every(dict[str, str | None]):
    """A value for every name, with what would show a difference in quoting."""

    def get(self, name: str, default: str | None = None) -> str:  # type: ignore[override]
        return f"<{name}' \"of>"
