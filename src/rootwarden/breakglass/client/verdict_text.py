"""The verdict on a log, as lines for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.report.words import several, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.breakglass.store.verdict import Verdict


def verdict_text(found: Verdict) -> str:
    """What is known of a log: the outcome first, then the first bad entry, then everything else."""
    return "".join(f"{visible(line)}\n" for line in _lines(found))


def _lines(found: Verdict) -> Iterator[str]:
    name = f"log `{found.log}`" if found.log else "a log without a readable first entry"
    yield f"{found.outcome}: {name}, {several(found.size, 'entry', 'entries')}, root {found.root}"
    yield f"its own heads cover {found.covered}, heads kept elsewhere {found.witnessed}"
    if found.bad is not None:
        one = found.bad.first == found.bad.last
        where = f"entry {found.bad.first}" if one else f"one of the entries {found.bad.first} to {found.bad.last}"
        yield f"first bad: {where}, step {found.bad.step}: {found.bad.why}"
    for trouble in found.troubles:
        yield f"{trouble.sort}: head of {trouble.where} over {trouble.size}: {trouble.why}"
    for line in found.unchecked:
        yield f"not checked: {line}"
