"""A journal as every `verify` looks at it: line by line, whose it is, and whether it is of this plan."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from rootwarden.cli.applying import public_keys, say

if TYPE_CHECKING:
    from collections.abc import Iterable

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
    from rootwarden.rollout.reading import read_journal, verify

    found = verify(path, public_keys(keys))
    say(f"journal: {found.entries} entries hold, {found.signed} of them signed")
    if found.torn:
        say(f"journal: {found.torn} bytes at its end are of a line that was never finished")
    if found.unsettled:
        say(f"journal: of {len(found.unsettled)} calls it is not known what became; apply looks at AWS first")
    if not found.holds:
        say(f"journal: entry {found.bad} {found.why}; nothing from it on is believed")
        return False
    begun = read_journal(path).entries
    if not begun or begun[0].parameters.get("plan") != digest:
        say("journal: it is of another plan")
        return False
    return True
