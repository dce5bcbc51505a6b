"""Sealed blobs: AES-256-GCM under a key for one use, bound to where they belong (docs/vault-format.md)."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import Annotated, Final, Literal

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Meta

from rootwarden.breakglass.custody import spelling
from rootwarden.breakglass.custody.keys import KEY_BYTES, Key, Secret
from rootwarden.breakglass.custody.troubles import CustodyError
from rootwarden.transparency.canonical import canonical

BLOB_LIMIT: Final = 64 * 1024
PLAIN_LIMIT: Final = 16 * 1024
_NONCE_BYTES, _TAG_BYTES = 12, 16

Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+\Z")]
Account = Annotated[str, Meta(pattern=r"^[0-9]{12}\Z")]
Count = Annotated[int, Meta(ge=1, le=1_000_000_000)]


class Kind(StrEnum):
    """What a blob holds."""

    ACCOUNT_KEY = "account-key"
    TOTP_SEED = "totp-seed"
    ROOT_PASSWORD = "root-password"  # noqa: S105  # the name of a kind


class Binding(msgspec.Struct, frozen=True, kw_only=True):
    """Where a blob belongs; it opens nowhere else.

    Attributes:
        group: The group of custodians.
        epoch: Which of its epochs, from 1.
        account: Twelve digits.
        kind: What the blob holds.
        record: The record's name in its account.
        version: Counts the sealings of this record, from 1.
    """

    group: Name
    epoch: Count
    account: Account
    kind: Kind
    record: Name
    version: Count

    def __str__(self) -> str:
        where = f"version {self.version}, group `{self.group}`, epoch {self.epoch}"
        return f"{self.kind} `{self.record}` of account {self.account} ({where})"


class Sealed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sealed blob, as docs/vault-format.md has it; the fields of `Binding` are those it claims."""

    schema: Literal["rootwarden.sealed/1"]
    group: Name
    epoch: Count
    account: Account
    kind: Kind
    record: Name
    version: Count
    nonce: bytes
    ciphertext: bytes

    @property
    def binding(self) -> Binding:
        """Where it claims to belong."""
        return Binding(
            group=self.group,
            epoch=self.epoch,
            account=self.account,
            kind=self.kind,
            record=self.record,
            version=self.version,
        )


def account_key_binding(*, group: str, epoch: int, account: str) -> Binding:
    """Where an account key belongs: one for each account, group and epoch, sealed once."""
    return Binding(
        group=group, epoch=epoch, account=account, kind=Kind.ACCOUNT_KEY, record=Kind.ACCOUNT_KEY.value, version=1
    )


def seal(above: Key, binding: Binding, plain: Secret) -> bytes:
    """Seal something under the key above it.

    Args:
        above: The epoch key for an account key, the account key for a record.
        binding: Where it belongs.
        plain: What is sealed.

    Returns:
        The blob.

    Raises:
        CustodyError: It is too long.
    """
    if len(plain) > PLAIN_LIMIT:
        raise CustodyError(f"the {binding} has {len(plain)} bytes; {PLAIN_LIMIT} is the most")
    nonce = os.urandom(_NONCE_BYTES)
    with _key_for(above, binding) as key:
        ciphertext = AESGCM(key.content).encrypt(nonce, plain.content, _associated(binding))
    return spelling.spell(
        Sealed(schema="rootwarden.sealed/1", nonce=nonce, ciphertext=ciphertext, **msgspec.structs.asdict(binding))
    )


def unseal(above: Key, blob: bytes, expected: Binding) -> Secret:
    """Open a blob under the key above it.

    Args:
        above: The epoch key for an account key, the account key for a record.
        blob: What was stored.
        expected: Where it must belong, from the log; what the blob says of itself gives it no right.

    Returns:
        What is inside, to be wiped.

    Raises:
        CustodyError: It was changed, belongs elsewhere, or is sealed under another key.
    """
    sealed = read_sealed(blob)
    if sealed.binding != expected:
        raise CustodyError(f"the blob is the {sealed.binding}, not the {expected}")
    plain = bytearray(len(sealed.ciphertext) - _TAG_BYTES)
    try:
        with _key_for(above, expected) as key:
            AESGCM(key.content).decrypt_into(sealed.nonce, sealed.ciphertext, _associated(expected), plain)
    except InvalidTag:
        raise CustodyError(f"the {expected} does not open: it was changed, or is sealed under another key") from None
    return Secret(plain, str(expected))


def unseal_key(above: Key, blob: bytes, expected: Binding) -> Key:
    """Open the blob of an account key.

    Raises:
        CustodyError: As `unseal`.
    """
    plain = unseal(above, blob, expected)
    if len(plain) != KEY_BYTES:
        plain.wipe()
        raise CustodyError(f"the {expected} does not hold {KEY_BYTES} bytes")
    # The same bytes change hands; a second wiping, by the `Secret` that goes away, must not reach them.
    copied = Key(bytearray(plain.content), str(expected))
    plain.wipe()
    return copied


def read_sealed(blob: bytes) -> Sealed:
    """The fields of a blob, unproven.

    Raises:
        CustodyError: It is damaged.
    """
    sealed = spelling.read(blob, Sealed, name="sealed blob", limit=BLOB_LIMIT)
    if len(sealed.nonce) != _NONCE_BYTES or len(sealed.ciphertext) < _TAG_BYTES:
        raise CustodyError("the sealed blob is damaged: its nonce or its cipher text has the wrong length")
    return sealed


def _key_for(above: Key, binding: Binding) -> Key:
    where: dict[str, str | int] = {"account": binding.account, "epoch": binding.epoch, "group": binding.group}
    if binding.kind is Kind.ACCOUNT_KEY:
        return above.derive({**where, "use": "account-key"}, f"key that seals the {binding}")
    return above.derive({**where, "kind": binding.kind.value, "use": "record"}, f"key that seals the {binding}")


def _associated(binding: Binding) -> bytes:
    return canonical(msgspec.to_builtins(binding))
