"""What children do with secrets. Each function runs in a process of its own, and ends with it (child.py)."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import msgspec

from rootwarden.breakglass.custody import age, spelling
from rootwarden.breakglass.custody.export import Opened
from rootwarden.breakglass.custody.export import make_export as export_of
from rootwarden.breakglass.custody.hierarchy import enrol_account, found, renew, seal_record
from rootwarden.breakglass.custody.keys import Secret
from rootwarden.breakglass.custody.records import secret_of
from rootwarden.breakglass.custody.sealed import Kind, unseal
from rootwarden.breakglass.custody.troubles import CustodyError
from rootwarden.breakglass.vault.child import Result
from rootwarden.breakglass.vault.devices import codes, read_material
from rootwarden.breakglass.vault.messages import Password, SealedEpoch, SealedRecord

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from rootwarden.breakglass.custody.hierarchy import Group
    from rootwarden.breakglass.custody.keys import Key
    from rootwarden.breakglass.custody.sealed import Binding
    from rootwarden.breakglass.vault.authority import ExportGrant


def seal_epoch(group: Group, vault: Sequence[str], maker: Key) -> Result:
    """Make a group's envelope and its account keys; nobody keeps the epoch key."""
    envelope, epoch_key = found(group, vault, maker)
    account_keys: dict[str, bytes] = {}
    with epoch_key:
        for account in group.accounts:
            key, account_keys[account] = enrol_account(epoch_key, group=group.name, epoch=group.epoch, account=account)
            key.wipe()
    answer = SealedEpoch(envelope=envelope, digest=spelling.digest(envelope), account_keys=account_keys)
    return Result(msgspec.json.encode(answer))


def rewrap(
    epoch_key: Key,
    account_keys: dict[str, bytes],
    records: Sequence[bytes],
    group: Group,
    vault: Sequence[str],
    *,
    maker: Key,
) -> Result:
    """Take a group to its next epoch."""
    made = renew(epoch_key, account_keys=account_keys, records=records, group=group, vault=vault, maker=maker)
    answer = SealedEpoch(
        envelope=made.envelope,
        digest=spelling.digest(made.envelope),
        account_keys=made.account_keys,
        records=made.records,
    )
    return Result(msgspec.json.encode(answer))


def seal_material(key: Key, binding: Binding, material: Secret, kind: str) -> Result:
    """Read a seed or a password, and seal it."""
    if (kind == "password") is not (binding.kind is Kind.ROOT_PASSWORD):
        raise CustodyError(f"a {kind} is no {binding.kind}")
    read = read_material(material, kind, binding.account)
    with read.record as record:
        blob = seal_record(key, binding, record)
    answer = SealedRecord(
        record=blob,
        digest=spelling.digest(blob),
        version=binding.version,
        fingerprint=read.fingerprint,
        notes=list(read.notes),
    )
    return Result(msgspec.json.encode(answer))


def make_codes(key: Key, binding: Binding, blob: bytes, steps: Sequence[int]) -> Result:
    """Open a seed and make the codes of some steps."""
    with unseal(key, blob, binding) as record:
        return Result(b"", codes(record, steps))


def open_password(key: Key, binding: Binding, blob: bytes, recipient: str) -> Result:
    """Open a password; for a recipient with a key of their own it leaves encrypted."""
    with unseal(key, blob, binding) as record:
        password = secret_of(Kind.ROOT_PASSWORD, record)
    answer = msgspec.json.encode(Password(recipient=recipient))
    if not recipient:
        return Result(answer, password)
    with password:
        sealed = age.encrypt(password, [recipient], armored=True)
    return Result(answer, Secret(bytearray(sealed), "encrypted password"))


def make_export(keys: Sequence[Key], blobs: Sequence[bytes], grant: ExportGrant, now: datetime) -> Result:
    """Open records and seal them for their custodians alone."""
    with ExitStack() as opened:
        records = [
            Opened(record.binding, opened.enter_context(unseal(key, blob, record.binding)))
            for key, blob, record in zip(keys, blobs, grant.records, strict=True)
        ]
        return Result(export_of(records, account=grant.account, group=grant.group, made_at=now))
