"""Secrets in memory: they do not print, do not pickle, and are wiped after use; and the one way keys come from keys.

Wiping is best effort, and honest about it. A `Secret` is a `bytearray`, overwritten by `wipe`. What others copied on
the way is beyond reach: the garbage of a Rust or C library, processor registers, pages swapped out before memory was
locked. Python strings cannot be wiped, so secrets are never made into strings here; `bytes` that a library hands over
are overwritten by `forget`.
"""

from __future__ import annotations

import ctypes
import hmac
import os
import sys
from typing import TYPE_CHECKING, Final, NoReturn, Self, SupportsIndex

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from rootwarden.errors import InternalError
from rootwarden.transparency.canonical import canonical

if TYPE_CHECKING:
    from types import TracebackType

    from rootwarden.transparency.canonical import Value

KEY_BYTES: Final = 32
# The attribute's reference, and that of the argument of `getrefcount`.
_ONLY_OURS: Final = 2
_PREFIX: Final = b"rootwarden custody 1\x00"


class Secret:
    """Bytes nobody should see, under a name anybody may.

    Used as a context manager it is wiped at the end of the block.

    Args:
        content: The bytes; they belong to this object from now on.
        name: What it is, for messages.
    """

    __slots__ = ("_content", "name")

    def __init__(self, content: bytearray, name: str) -> None:
        self._content: bytearray | None = content
        self.name = name

    @classmethod
    def taking(cls, content: bytes, name: str) -> Self:
        """Copy bytes that a library handed over, and overwrite the original."""
        taken = bytearray(content)
        forget(content)
        return cls(taken, name)

    @property
    def content(self) -> bytearray:
        """The bytes themselves, not a copy.

        Raises:
            InternalError: They were wiped.
        """
        if self._content is None:
            raise InternalError(f"the {self.name} was wiped before its last use")
        return self._content

    @property
    def wiped(self) -> bool:
        """Whether it is gone."""
        return self._content is None

    def wipe(self) -> None:
        """Overwrite it with zeros; a second time does nothing."""
        if self._content is not None:
            self._content[:] = bytes(len(self._content))
            self._content = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.wipe()

    def __del__(self) -> None:
        # In `identity.decrypt(…).content` the bytes outlive their owner, and whoever took them must not read zeros.
        if self._content is not None and sys.getrefcount(self._content) <= _ONLY_OURS:
            self.wipe()

    def __len__(self) -> int:
        return len(self.content)

    def __repr__(self) -> str:
        return f"<{self.name}{', wiped' if self.wiped else ''}>"

    def __eq__(self, other: object) -> bool:
        """In constant time."""
        return isinstance(other, Secret) and hmac.compare_digest(self.content, other.content)

    __hash__ = None  # type: ignore[assignment]  # a hash of a secret would end in a table

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError(f"the {self.name} is not pickled or copied")


class Key(Secret):
    """A key of 32 bytes."""

    __slots__ = ()

    def __init__(self, content: bytearray, name: str) -> None:
        super().__init__(content, name)
        if len(content) != KEY_BYTES:
            raise InternalError(f"the {name} has {len(content)} bytes, not {KEY_BYTES}")

    @classmethod
    def fresh(cls, name: str) -> Self:
        """A random key, from the operating system."""
        return cls.taking(os.urandom(KEY_BYTES), name)

    def copied(self) -> Key:
        """A second one with the same bytes, which lives on when this one is wiped."""
        return Key(bytearray(self.content), self.name)

    def derive(self, info: dict[str, Value], name: str) -> Key:
        """The key for one use (HKDF-SHA256, RFC 5869; docs/vault-format.md)."""
        derived = bytearray(KEY_BYTES)
        HKDF(SHA256(), KEY_BYTES, None, _PREFIX + canonical(info)).derive_into(self.content, derived)
        return Key(derived, name)


def forget(content: bytes | str) -> None:
    """Overwrite `bytes`, or a string of ASCII, in place.

    Only for an object that this code alone holds, and made itself: everybody who shares it sees zeros, and a literal or
    an interned string is shared by all. Python shares objects of no or one letter everywhere; these are left alone.
    Another interpreter than CPython, and another string, are left as they are.
    """
    if len(content) > 1 and sys.implementation.name == "cpython" and (isinstance(content, bytes) or content.isascii()):
        # Both begin with a header, as large as an empty one is without the zero that ends it.
        ctypes.memset(id(content) + sys.getsizeof(content[:0]) - 1, 0, len(content))
