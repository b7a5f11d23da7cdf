"""Bytes and seconds as people read them. 1 MB is 1,000,000 bytes, everywhere."""

from __future__ import annotations

from jettison.findings import Basis, Saving


def size(count: int) -> str:
    """`812 B`, `3.4 kB`, `12 MB`, `1.24 GB`: two to three digits, so that nothing looks too exact."""
    if abs(count) < 1000:
        return f"{count} B"
    value, unit = count / 1e3, "kB"
    for bigger in ("MB", "GB", "TB"):
        if abs(value) < 999.5:
            break
        value, unit = value / 1e3, bigger
    return f"{_digits(value, 2 if unit == 'GB' else 1)} {unit}"


def duration(seconds: float) -> str:
    """`0.04 s`, `0.8 s`, `41 s`, `2 min 5 s`, `1 h 10 min`."""
    if seconds < 0:
        return f"-{duration(-seconds)}"
    if seconds < 59.5:
        return f"{seconds:.2f} s" if 0 < seconds < 0.095 else f"{_digits(seconds, 1)} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def saving(value: Saving) -> str:
    """`-12 MB, -41 s per rebuild, rule of thumb`; `+` for what gets worse; empty without a claim."""
    parts = []
    if value.bytes:
        parts.append(f"{'+' if value.bytes < 0 else ''}{size(-value.bytes)}")
    if value.seconds:
        parts.append(f"{'+' if value.seconds < 0 else ''}{duration(-value.seconds)} per rebuild")
    return ", ".join([*parts, value.basis.value]) if parts else ""


def total(savings: list[Saving]) -> Saving:
    """All of them together, on the weakest basis among them."""
    order = [Basis.MEASURED, Basis.MODELLED, Basis.RULE_OF_THUMB]
    counted = [each for each in savings if each.bytes or each.seconds]
    basis = max((each.basis for each in counted), key=order.index, default=Basis.RULE_OF_THUMB)
    return Saving(sum(each.bytes for each in counted), sum(each.seconds for each in counted), basis)


def factor(before: float, after: float) -> str:
    """How many times smaller or faster: `92x`, `3.4x`; `1.2x more` when it got worse, `same` within 2 %."""
    if before <= 0 or after <= 0:
        return ""
    ratio = max(before, after) / min(before, after)
    if ratio < 1.02:
        return "same"
    text = f"{ratio:.0f}x" if ratio >= 9.95 else f"{ratio:.1f}x" if ratio >= 1.05 else f"{ratio:.2f}x"
    return text if after < before else f"{text} more"


def _digits(value: float, places: int) -> str:
    return f"{value:.{places}f}" if abs(value) < (9.95 if places < 2 else 99.5) else f"{value:.0f}"
