"""A seed or a password on its way to the vault: read here once, so that both sides can compare what they have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.breakglass.broker.wishes import ConfirmRecord
from rootwarden.breakglass.client.door import part
from rootwarden.breakglass.client.private_file import read_bounded
from rootwarden.breakglass.client.troubles import Distrusted
from rootwarden.breakglass.codes.otpauth import read_otpauth
from rootwarden.breakglass.codes.qr import read_qr
from rootwarden.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from rootwarden.breakglass.client.replies import Signed
    from rootwarden.breakglass.client.session import Session

LARGEST: Final = 8 * 1024 * 1024
_LONGEST_PASSWORD: Final = 1024
_PICTURES: Final = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"BM")


class Material(msgspec.Struct, frozen=True):
    """What is brought; it does not print.

    Attributes:
        text: What the vault gets.
        fingerprint: Of the seed; empty for a password.
        notes: What was odd about it.
    """

    text: str
    fingerprint: str = ""
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Material(fingerprint={self.fingerprint!r})"

    __str__ = __repr__


def read(path: Path) -> bytes:
    """The file with the secret.

    Raises:
        InputError: It cannot be read, or is too large.
    """
    return read_bounded(path, most=LARGEST)


def seed_of(content: bytes) -> Material:
    """A seed: a picture of its QR code, an `otpauth://` address, or Base32.

    Raises:
        InputError: It is none of them; the message says nothing of its content.
    """
    try:
        text = read_qr(content) if content.startswith(_PICTURES) else content.decode("ascii").strip()
    except UnicodeDecodeError:
        raise InputError(
            "this is no picture, and no text of a seed", hint="give a PNG or JPEG, or otpauth://…"
        ) from None
    imported = read_otpauth(text)
    with imported.seed as seed:
        return Material(text, seed.fingerprint, tuple(imported.notes))


def password_of(content: bytes) -> Material:
    """A password: one line.

    Raises:
        InputError: It is none, or several lines.
    """
    try:
        text = content.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise InputError("the password is no UTF-8") from None
    if not text or not text.isprintable() or len(text) > _LONGEST_PASSWORD:
        raise InputError("the password is not one line of text")
    return Material(text)


def bring(session: Session, lease: str, device: str, material: Material) -> Signed:
    """Hand it over, compare the fingerprint, and sign for what the vault sealed.

    Raises:
        Refused: A step, or the vault, refused it.
        Distrusted: The vault sealed something else.
    """
    body = {"device": device, "text": material.text}
    sealed = session.door.post(f"/leases/{part(lease)}/seed", body, ConfirmRecord)
    if (sealed.lease, sealed.device) != (lease, device) or sealed.fingerprint != material.fingerprint:
        hint = "sign nothing, and destroy the seed: it may be known to somebody else now"
        raise Distrusted("what the vault sealed is not what was brought", hint=hint)
    _, signed = session.wish(sealed)
    return signed
