"""Custody cards of everybody, from a replayed log and the exports there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from rootwarden.breakglass.custody import spelling
from rootwarden.breakglass.custody.cards import ExportFile, Kept, cards
from rootwarden.breakglass.custody.export import read_export
from rootwarden.breakglass.custody.hierarchy import Group
from rootwarden.breakglass.custody.nesting import Custodian
from rootwarden.breakglass.custody.sealed import Kind
from rootwarden.breakglass.custody.troubles import CustodyError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from rootwarden.breakglass.core.state import Custody, State


def cards_of(state: State, exports: Iterable[bytes], *, printed_at: datetime) -> dict[str, str]:
    """The card of every custodian, as HTML, by name.

    Args:
        state: The replayed log; groups whose key the vault has not made yet have no card.
        exports: Sealed exports the cards are to name.
        printed_at: What stands on them.

    Raises:
        CustodyError: No group is sealed yet, or an export is not signed with the key of this log.
    """
    key = load_pem_public_key(state.checkpoint_key.encode()) if state.checkpoint_key else None
    sealed = [one for one in state.groups.values() if one.digest]
    if not isinstance(key, Ed25519PublicKey) or not sealed:
        raise CustodyError("no custody group of this log is sealed yet", hint="two administrators make one first")
    files: dict[str, list[ExportFile]] = {}
    for content in exports:
        export = read_export(content, [key])
        file = ExportFile(account=export.account, made_at=export.made_at, digest=spelling.digest(content))
        files.setdefault(export.group, []).append(file)
    groups = [_kept(one, files.get(one.group.id, [])) for one in sealed]
    return cards(groups, printed_at=printed_at, export_key=spelling.digest(key.public_bytes_raw()))


def _kept(custody: Custody, exports: list[ExportFile]) -> Kept:
    group = custody.group
    return Kept(
        group=Group(
            name=group.id,
            keeps=Kind(group.holds),
            epoch=group.epoch,
            accounts=list(group.accounts),
            custodians=[Custodian(name=one.person, recipient=one.recipient) for one in group.custodians],
            threshold=group.threshold,
        ),
        envelope=custody.digest,
        exports=exports,
    )
