"""A journal as every `verify` looks at it: line by line, whose it is, and whether it is of this plan."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from rootwarden.cli.applying import public_keys, say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.rollout.reading import Verdict

PublicKeys: TypeAlias = Annotated[
    list[Path] | None,
    typer.Option("--key", metavar="FILE", help="Public key (PEM) of who may have signed the journal. Repeat."),
]


def journal_holds(path: Path, digest: str, keys: Iterable[Path]) -> bool:
    """Whether a journal holds, and is of a plan; what it is worth is said.

    Args:
        path: The journal.
        digest: Of the plan.
        keys: Public keys of who may have signed it.

    Raises:
        InputError: The journal cannot be read, or a key is none.
    """
    from rootwarden.report.words import several
    from rootwarden.rollout.reading import read_journal
    from rootwarden.rollout.reading import verify as verify_journal

    trusted = public_keys(keys)
    found = verify_journal(path, trusted)
    say(f"journal: {several(found.entries, 'line')} hold{'s' if found.entries == 1 else ''}{_how_signed(found)}")
    if found.torn:
        say(f"journal: {several(found.torn, 'byte')} at its end are of a line that was never finished")
    if found.unsettled:
        calls = several(len(found.unsettled), "call")
        say(f"journal: of {calls} it is not known what became; apply looks at AWS first")
    if not found.holds:
        say(f"journal: line {found.bad + 1} {found.why}; nothing from it on is believed")
        if not trusted and "was not given" in found.why:
            say("hint: --key FILE names the public key (PEM) of who may have signed it")
        return False
    begun = read_journal(path).entries
    if not begun or begun[0].parameters.get("plan") != digest:
        say("journal: it is of another plan")
        return False
    return True


def _how_signed(found: Verdict) -> str:
    """How much stands under the signature of a person, and how much under the seal of a run that never ended."""
    from rootwarden.report.words import several

    rest = found.entries - found.signed
    if not rest:
        return ", all of them signed" if found.entries else ""
    if not found.holds:
        return ""
    return f"; {several(rest, 'line')} after the last signature {'is' if rest == 1 else 'are'} of a run that was killed"
