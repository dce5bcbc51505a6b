"""The shared secret of a virtual MFA device, in memory that can be wiped and in no text."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Final, NoReturn

from rootwarden.errors import InputError, InternalError

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

# RFC 4226, section 4, R6, asks for 128 bits; 112 are still found in the field.
SHORTEST: Final = 14
# The block of SHA-512: a longer key is hashed first (RFC 2104), and nobody makes one.
LONGEST: Final = 128
_FINGERPRINT_BYTES: Final = 8


class Seed:
    """A seed: it does not print, pickle, copy or become JSON, compares in constant time, and can be wiped.

    Wiping overwrites this copy. What the interpreter or a library copied on the way cannot be reached from here: that
    is why the process that holds seeds is a small one that ends soon.

    Args:
        content: The secret itself; it is copied, so that the caller may wipe its own.

    Raises:
        InputError: It is shorter than 112 bits or longer than 1024.
    """

    __slots__ = ("_content", "_wiped")
    __hash__ = None  # type: ignore[assignment]  # a hash of a secret would end in a table

    def __init__(self, content: bytes | bytearray) -> None:
        if not SHORTEST <= len(content) <= LONGEST:
            raise InputError(
                f"the secret has {len(content) * 8} bits",
                hint=f"take one of {SHORTEST * 8} to {LONGEST * 8} bits; AWS makes them longer than the least",
            )
        self._content = bytearray(content)
        self._wiped = False

    def __repr__(self) -> str:
        return "Seed(…)"

    __str__ = __repr__

    def __format__(self, _how: str) -> str:
        return repr(self)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Seed):
            return NotImplemented
        return hmac.compare_digest(self.reveal(), other.reveal())

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        msg = "a seed is neither pickled nor copied"
        raise TypeError(msg)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.wipe()

    @property
    def fingerprint(self) -> str:
        """What people compare: the first 8 bytes of SHA-256 over `rootwarden seed` and the seed, in groups of hex."""
        digest = hashlib.sha256(b"rootwarden seed")
        digest.update(self.reveal())
        text = digest.digest()[:_FINGERPRINT_BYTES].hex()
        return " ".join(text[place : place + 4] for place in range(0, len(text), 4))

    def reveal(self) -> memoryview:
        """The secret itself, to be sealed or used as a key: a view, not a copy, so that wiping reaches it.

        Raises:
            InternalError: It was wiped.
        """
        if self._wiped:
            raise InternalError("the seed was wiped and is asked for again")
        return memoryview(self._content).toreadonly()

    def wipe(self) -> None:
        """Overwrite it; from now on it is of no use."""
        self._content[:] = bytes(len(self._content))
        self._wiped = True
