"""MFA devices inside the child: material read strictly, made into a record, and codes made from a record.

Only children call this. What is imported here makes strings of secrets, which only the child's end takes away.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from rootwarden.breakglass.codes.aws_label import agreement
from rootwarden.breakglass.codes.code import Parameters, code_at
from rootwarden.breakglass.codes.otpauth import read_otpauth
from rootwarden.breakglass.codes.step import PERIOD
from rootwarden.breakglass.custody.keys import Secret
from rootwarden.breakglass.custody.records import password_record, secret_of, seed_record
from rootwarden.breakglass.custody.sealed import Kind
from rootwarden.breakglass.custody.troubles import CustodyError
from rootwarden.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.breakglass.codes.otpauth import Imported


class Material(NamedTuple):
    """What is sealed, and what may be told of it."""

    record: Secret
    fingerprint: str
    notes: tuple[str, ...]


def read_material(material: Secret, kind: str, account: str) -> Material:
    """Read what was brought to be sealed.

    Args:
        material: The bytes.
        kind: `text`, `picture` or `password`.
        account: Which account it must be for.

    Raises:
        InputError: It is not what it should be; nothing of it is repeated.
    """
    if kind == "password":
        return Material(password_record(material), "", ())
    text = _picture(material) if kind == "picture" else _text(material)
    imported = read_otpauth(text)
    agreement(imported.label, account)
    if imported.parameters.period != PERIOD:
        raise InputError(
            f"the device makes a code every {imported.parameters.period} s", hint=f"AWS's make one every {PERIOD} s"
        )
    with imported.seed:
        shown = tuple(f"the parameter `{name[:40]}` means nothing here" for name, _ in imported.unknown)
        return Material(seed_record(_address(imported, account)), imported.seed.fingerprint, (*imported.notes, *shown))


def codes(record: Secret, steps: Iterable[int]) -> Secret:
    """The codes of some steps, with a space between.

    Raises:
        CustodyError: It is no record of a seed.
    """
    with secret_of(Kind.TOTP_SEED, record) as address:
        imported = read_otpauth(address.content.decode("ascii"))
    if imported.parameters.period != PERIOD:
        raise CustodyError(f"the {record.name} does not make a code every {PERIOD} s")
    with imported.seed as seed:
        revealed = [code_at(seed, step, imported.parameters).reveal() for step in steps]
    return Secret(bytearray(" ".join(revealed).encode("ascii")), "code")


def _picture(material: Secret) -> str:
    # Pillow and zxing are large; the vault itself never has them in memory.
    from rootwarden.breakglass.codes.qr import read_qr

    return read_qr(bytes(material.content))


def _text(material: Secret) -> str:
    try:
        return material.content.decode()
    except UnicodeDecodeError:
        raise InputError("the secret is no text", hint="is it a picture? then say so") from None


def _address(imported: Imported, account: str) -> Secret:
    """An `otpauth://totp/` address that any app reads, whatever was imported."""
    issuer = imported.label.issuer or "Amazon Web Services"
    label = quote(f"{issuer}:{imported.label.account or f'root@{account}'}", safe="")
    address = bytearray(f"otpauth://totp/{label}?issuer={quote(issuer, safe='')}".encode("ascii"))
    if imported.parameters != Parameters():
        how = imported.parameters
        address += f"&algorithm={how.algorithm}&digits={how.digits}&period={how.period}".encode("ascii")
    return Secret(address + b"&secret=" + base64.b32encode(imported.seed.reveal()).rstrip(b"="), "otpauth address")
