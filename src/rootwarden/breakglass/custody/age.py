"""The age file format, version 1 (age-encryption.org/v1), with X25519 recipients only: the one door to pyrage.

Any stock `age` program opens what is encrypted here, and the other way round.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, NoReturn, SupportsIndex

import pyrage

from rootwarden.breakglass.custody.keys import Key, Secret, forget
from rootwarden.breakglass.custody.troubles import CustodyError

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST_IDENTITY_FILE: Final = 4096
_GROUP, _GROUPS = 4, 8


class Identity:
    """A private age key. It does not print and does not pickle; its memory is wiped by pyrage when it is dropped."""

    __slots__ = ("_identity", "recipient")

    def __init__(self, identity: pyrage.x25519.Identity) -> None:
        self._identity = identity
        self.recipient = str(identity.to_public())

    @classmethod
    def fresh(cls) -> Identity:
        """A new one."""
        return cls(pyrage.x25519.Identity.generate())

    @classmethod
    def read(cls, text: bytes) -> Identity:
        """Read an identity file as `age-keygen` writes it: comments, and one key.

        Raises:
            CustodyError: It is no such file; the message says nothing of its content.
        """
        if len(text) > _LONGEST_IDENTITY_FILE:
            raise CustodyError(f"the identity file is longer than {_LONGEST_IDENTITY_FILE} bytes")
        keys = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith(b"#")]
        if len(keys) != 1:
            raise CustodyError(f"the identity file holds {len(keys)} keys, not one")
        key = keys[0].decode("ascii", "replace")
        try:
            return cls(pyrage.x25519.Identity.from_str(key))
        except pyrage.IdentityError:
            raise CustodyError(
                "the identity file holds no X25519 key",
                hint="`age-keygen` makes one: a line that begins with AGE-SECRET-KEY-1",
            ) from None
        finally:
            forget(key)
            forget(keys[0])

    def file(self) -> Secret:
        """The content of an identity file."""
        text = str(self._identity)
        content = bytearray(text, "ascii")
        forget(text)
        content += b"\n"
        return Secret(content, "age identity file")

    def derive(self, use: str) -> Key:
        """A secret key that nobody without this identity can make (HKDF-SHA256, RFC 5869; docs/vault-format.md)."""
        with self.file() as content, Key(bytearray(hashlib.sha256(content.content).digest()), "age identity") as whole:
            return whole.derive({"use": use}, f"key for `{use}` of an age identity")

    def decrypt(self, sealed: bytes, name: str) -> Secret:
        """Open an age file, binary or armored, that is encrypted to this key.

        Args:
            sealed: The file.
            name: What is inside, for messages.

        Raises:
            CustodyError: It is encrypted to another key, or was changed.
        """
        try:
            return Secret.taking(pyrage.decrypt(sealed, [self._identity]), name)
        except pyrage.DecryptError:
            raise CustodyError(
                f"the {name} cannot be decrypted: it was changed, or is encrypted to another key"
            ) from None

    def __repr__(self) -> str:
        return f"<age identity of {self.recipient}>"

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError("an age identity is not pickled or copied")


def encrypt(plain: Secret, recipients: Iterable[str], *, armored: bool = False) -> bytes:
    """An age file for any one of the recipients."""
    copied = bytes(plain.content)
    try:
        return encrypt_public(copied, recipients, armored=armored)
    finally:
        forget(copied)


def encrypt_public(plain: bytes, recipients: Iterable[str], *, armored: bool = False) -> bytes:
    """An age file for any one of the recipients, of bytes that are no secret, such as another age file."""
    sealed: bytes = pyrage.encrypt(plain, [_recipient(each) for each in recipients], armored=armored)
    return sealed


def check_recipient(text: str) -> None:
    """Whether it is an X25519 recipient in its one spelling.

    Raises:
        CustodyError: It is not.
    """
    _recipient(text)


def fingerprint(recipient: str) -> str:
    """SHA-256 of the recipient, in hexadecimal: what the log holds."""
    return hashlib.sha256(recipient.encode()).hexdigest()


def in_groups(digest: str) -> str:
    """The first 32 digits in groups of four: what people compare."""
    return " ".join(digest[at : at + _GROUP] for at in range(0, _GROUP * _GROUPS, _GROUP))


def _recipient(text: str) -> pyrage.x25519.Recipient:
    try:
        found = pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError:
        raise CustodyError(
            f"`{text[:80]}` is no age recipient", hint="it begins with age1, as `age-keygen -y` prints it"
        ) from None
    if str(found) != text:
        raise CustodyError(f"`{text[:80]}` is not spelled as age spells it")
    return found
