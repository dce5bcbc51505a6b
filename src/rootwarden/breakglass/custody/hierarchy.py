"""Groups, epochs, account keys and records: what is made when, and what a new epoch renews."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

import msgspec
from msgspec import Meta

from rootwarden.breakglass.custody.keys import Key
from rootwarden.breakglass.custody.nesting import Custodian, check_custodians, nest
from rootwarden.breakglass.custody.sealed import (
    Account,
    Count,
    Kind,
    Name,
    account_key_binding,
    read_sealed,
    seal,
    unseal,
    unseal_key,
)
from rootwarden.breakglass.custody.troubles import CustodyError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rootwarden.breakglass.custody.keys import Secret
    from rootwarden.breakglass.custody.sealed import (
        Binding,
    )


class Group(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who keeps what, for which accounts.

    Attributes:
        name: The group's id in the log.
        keeps: `totp-seed` or `root-password`, never both.
        epoch: The epoch this is about, from 1.
        accounts: The accounts, twelve digits each.
        custodians: Who may act.
        threshold: How many of them must.
    """

    name: Name
    keeps: Kind
    epoch: Count
    accounts: Annotated[list[Account], Meta(min_length=1, max_length=1000)]
    custodians: list[Custodian]
    threshold: int


class Founded(NamedTuple):
    """A group's epoch, new: the envelope to be stored, the key to be used and wiped."""

    envelope: bytes
    epoch_key: Key


class Renewed(NamedTuple):
    """What a new epoch puts in the place of the old one.

    Attributes:
        envelope: The new envelope.
        account_keys: New blobs of fresh account keys, by account.
        records: New blobs, in the order of the old ones.
    """

    envelope: bytes
    account_keys: dict[str, bytes]
    records: list[bytes]


def check_group(group: Group) -> None:
    """Whether a group can be.

    Raises:
        CustodyError: It keeps no kind of record, names an account twice, or its numbers are out of bounds.
    """
    if group.keeps is Kind.ACCOUNT_KEY:
        raise CustodyError(f"group `{group.name}` keeps `{group.keeps}`", hint="`totp-seed` or `root-password`")
    if len(set(group.accounts)) < len(group.accounts):
        raise CustodyError(f"group `{group.name}` names an account twice")
    check_custodians(group.custodians, group.threshold)


def found(group: Group, vault: Sequence[str], maker: Key | None = None) -> Founded:
    """Make a fresh epoch key and its envelope.

    Args:
        group: The group, with its epoch.
        vault: The vault's own recipients.
        maker: The key by which the vault knows its own envelopes again.

    Raises:
        CustodyError: The group cannot be.
    """
    check_group(group)
    key = Key.fresh(f"epoch key of group `{group.name}`, epoch {group.epoch}")
    try:
        envelope = nest(key, group.custodians, group.threshold, vault, group=group.name, epoch=group.epoch, maker=maker)
    except BaseException:
        key.wipe()
        raise
    return Founded(envelope, key)


def enrol_account(epoch_key: Key, *, group: str, epoch: int, account: str) -> tuple[Key, bytes]:
    """Make an account's key.

    Returns:
        The key, to be used and wiped, and its blob.
    """
    binding = account_key_binding(group=group, epoch=epoch, account=account)
    key = Key.fresh(str(binding))
    return key, seal(epoch_key, binding, key)


def seal_record(account_key: Key, binding: Binding, plain: Secret) -> bytes:
    """Seal a seed or a password.

    Raises:
        CustodyError: The binding is that of a key, or the record is too long.
    """
    if binding.kind is Kind.ACCOUNT_KEY:
        raise CustodyError("a record is a `totp-seed` or a `root-password`")
    return seal(account_key, binding, plain)


def renew(
    old_key: Key,
    *,
    account_keys: dict[str, bytes],
    records: Sequence[bytes],
    group: Group,
    vault: Sequence[str],
    maker: Key | None = None,
) -> Renewed:
    """Go to the next epoch: other custodians, fresh keys, everything encrypted again.

    Args:
        old_key: The epoch key until now.
        account_keys: Its account keys' blobs, by account; an account that is new to the group has none.
        records: All records' blobs below them. Their digests are the caller's to check against the log.
        group: The group as it shall be, with the next epoch.
        vault: The vault's own recipients.
        maker: The key by which the vault knows its own envelopes again.

    Raises:
        CustodyError: A blob does not open, or belongs to an account that is not in the group any more, or has no key.
    """
    old_epoch = group.epoch - 1
    if old_epoch < 1:
        raise CustodyError(f"epoch {group.epoch} of group `{group.name}` has none before it")
    envelope, new_key = found(group, vault, maker)
    fresh_blobs: dict[str, bytes] = {}
    renewed: dict[int, bytes] = {}
    with new_key:
        for account in group.accounts:
            fresh_key, fresh_blobs[account] = enrol_account(
                new_key, group=group.name, epoch=group.epoch, account=account
            )
            with fresh_key:
                if account not in account_keys:
                    continue
                expected = account_key_binding(group=group.name, epoch=old_epoch, account=account)
                with unseal_key(old_key, account_keys[account], expected) as old_account_key:
                    renewed |= _renewed_of(account, records, old_account_key, fresh_key, group)
    if len(renewed) != len(records):
        raise CustodyError(f"a record belongs to no account of group `{group.name}`")
    return Renewed(envelope, fresh_blobs, [renewed[at] for at in range(len(records))])


def _renewed_of(account: str, records: Sequence[bytes], old_key: Key, fresh_key: Key, group: Group) -> dict[int, bytes]:
    renewed = {}
    for at, blob in enumerate(records):
        claimed = read_sealed(blob).binding
        if claimed.account != account:
            continue
        replace = msgspec.structs.replace
        expected = replace(claimed, group=group.name, epoch=group.epoch - 1, kind=group.keeps)
        with unseal(old_key, blob, expected) as plain:
            renewed[at] = seal_record(
                fresh_key, replace(expected, epoch=group.epoch, version=claimed.version + 1), plain
            )
    return renewed
