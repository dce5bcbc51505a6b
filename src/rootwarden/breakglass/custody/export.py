"""Sealed exports: what opens with the program `age` alone when this software, or the vault's key, is gone (BG-12).

The vault makes the body, which only m custodians together can read; somebody else signs it. So the vault needs no
signing key, and who signs needs no secret.
"""

from __future__ import annotations

import json
from itertools import combinations
from typing import TYPE_CHECKING, Annotated, Final, Literal, NamedTuple

import msgspec
from msgspec import Meta

from rootwarden.breakglass.custody import age, spelling
from rootwarden.breakglass.custody.hierarchy import check_group
from rootwarden.breakglass.custody.keys import Secret
from rootwarden.breakglass.custody.nesting import Custodian, check_custodians
from rootwarden.breakglass.custody.sealed import Account, Count, Kind, Name
from rootwarden.breakglass.custody.troubles import CustodyError
from rootwarden.facts.instant import Instant
from rootwarden.transparency.canonical import canonical
from rootwarden.transparency.head import is_signed, to_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

    from rootwarden.breakglass.custody.hierarchy import Group
    from rootwarden.breakglass.custody.sealed import Binding

EXPORT_LIMIT: Final = 4 * 1024 * 1024

# The program `age`, and a way to take a text out of JSON: nothing else is needed.
_WITHOUT_JQ: Final = (
    """  python3 -c 'import json, sys; ways = json.load(open(sys.argv[1]))["nestings"]; """
    """print(*[way["age"] for way in ways if way["custodians"] == sys.argv[2:]])' EXPORT.json ada ben > layer.age"""
)
HOW_TO_OPEN: Final = (
    "This file opens with the program age (age-encryption.org) alone, and the custodians of one of `nestings`.",
    "Choose the nesting of those who are there, and write its age text into a file. For ada and ben:",
    """  jq -r '.nestings[] | select(.custodians == ["ada","ben"]) | .age' EXPORT.json > layer.age""",
    "or without jq:",
    _WITHOUT_JQ,
    "Each custodian, in the order of that list, takes one layer off with their own key and hands the result on:",
    "  age -d -i MY-KEY.txt -o next.age layer.age",
    "The last one reads the records, on a computer to be trusted and off the network, and keeps no copy:",
    "  age -d -i MY-KEY.txt layer.age",
    "A record with `uri` goes into any authenticator app, or: oathtool --totp --base32 SECRET, with the secret in it.",
    "Afterwards the seed is known to a person: replace the MFA device and the password.",
)

_READ_ME: Final = (
    "These are root credentials of the AWS account below. Sign in at https://console.aws.amazon.com/ as root user.",
    "`uri` holds the seed of an MFA device: an authenticator app makes its digits. `password` is the root password.",
    "They are known now: change the password, and replace the device. Then destroy this text.",
)


class Kept(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One record that an export holds."""

    kind: Kind
    record: Name
    version: Count


class Way(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way in: these custodians, in this order; `age` is an armored age file."""

    custodians: list[Name]
    age: Annotated[str, Meta(max_length=EXPORT_LIMIT)]


class Export(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sealed export, as docs/vault-format.md has it; the signature is empty before it is signed."""

    schema: Literal["rootwarden.export/1"]
    account: Account
    group: Name
    epoch: Count
    made_at: Instant
    threshold: int
    custodians: list[Custodian]
    records: list[Kept]
    how_to_open: list[str]
    nestings: list[Way]
    signature: str


class Opened(NamedTuple):
    """A record in the clear, with where it belongs."""

    binding: Binding
    plain: Secret


def make_export(records: Sequence[Opened], *, account: str, group: Group, made_at: datetime) -> bytes:
    """The body of an export, not yet signed.

    Args:
        records: The account's records of this group.
        account: Twelve digits.
        group: Who may open it.
        made_at: When it is made.

    Raises:
        CustodyError: There is nothing to export, or a record is of another account or group.
    """
    check_group(group)
    if not records or account not in group.accounts:
        raise CustodyError(f"group `{group.name}` has nothing of account {account} to export")
    for binding, _ in records:
        if (binding.account, binding.group, binding.epoch) != (account, group.name, group.epoch):
            raise CustodyError(
                f"the {binding} does not belong into an export of account {account}, group `{group.name}`"
            )
    with _text_of(account, records) as plain:
        nestings = [
            Way(custodians=[each.name for each in some], age=_nested(plain, some))
            for some in combinations(group.custodians, group.threshold)
        ]
    return spelling.spell(
        Export(
            schema="rootwarden.export/1",
            account=account,
            group=group.name,
            epoch=group.epoch,
            made_at=made_at.replace(microsecond=0),
            threshold=group.threshold,
            custodians=group.custodians,
            records=[Kept(kind=binding.kind, record=binding.record, version=binding.version) for binding, _ in records],
            how_to_open=list(HOW_TO_OPEN),
            nestings=nestings,
            signature="",
        )
    )


def sign_export(body: bytes, key: Ed25519PrivateKey) -> bytes:
    """Sign what `make_export` made.

    Raises:
        CustodyError: It is no export, or is signed already.
    """
    export = _read(body)
    if export.signature:
        raise CustodyError(f"the export of account {export.account} is signed already")
    signature = to_text(key.sign(_signed_part(export)))
    return spelling.spell(msgspec.structs.replace(export, signature=signature))


def read_export(content: bytes, keys: Iterable[Ed25519PublicKey]) -> Export:
    """Read an export and check that one of the keys signed it.

    Raises:
        CustodyError: It is damaged, not signed by them, or its ways in are not those of its custodians.
    """
    export = _read(content)
    message = _signed_part(export)
    if not any(is_signed(message, export.signature, key) for key in keys):
        raise CustodyError(
            f"the signature of the export of account {export.account} does not verify",
            hint="it was changed, or signed with another key than those given",
        )
    check_custodians(export.custodians, export.threshold)
    names = [each.name for each in export.custodians]
    if [each.custodians for each in export.nestings] != [list(some) for some in combinations(names, export.threshold)]:
        raise CustodyError(
            f"the export of account {export.account} does not have a way in for every {export.threshold}"
        )
    return export


def _read(content: bytes) -> Export:
    return spelling.read(content, Export, name="export", limit=EXPORT_LIMIT)


def _signed_part(export: Export) -> bytes:
    fields = json.loads(spelling.spell(export))
    del fields["signature"]
    return canonical(fields)


def _nested(plain: Secret, custodians: Sequence[Custodian]) -> str:
    *outer, last = [each.recipient for each in custodians]
    sealed = age.encrypt(plain, [last])
    for number, recipient in reversed(list(enumerate(outer))):
        sealed = age.encrypt_public(sealed, [recipient], armored=number == 0)
    return sealed.decode()


def _text_of(account: str, records: Sequence[Opened]) -> Secret:
    """Readable JSON, put together without a string that could not be wiped."""
    text = bytearray(json.dumps({"account": account, "read_me": _READ_ME}, indent=2).encode().removesuffix(b"\n}"))
    text += b',\n  "records": ['
    for number, (binding, plain) in enumerate(records):
        about = json.dumps({"kind": binding.kind, "record": binding.record}).encode()
        text += b",\n    " if number else b"\n    "
        text += about.removesuffix(b"}") + b', "content": ' + plain.content + b"}"
    text += b"\n  ]\n}\n"
    return Secret(text, f"export of account {account}")
