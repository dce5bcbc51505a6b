"""One code: RFC 4226 and RFC 6238."""

from __future__ import annotations

import hmac
import struct
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NoReturn

import msgspec

from rootwarden.breakglass.codes.step import LONGEST_PERIOD, PERIOD, SHORTEST_PERIOD
from rootwarden.errors import InputError

if TYPE_CHECKING:
    from rootwarden.breakglass.codes.seed import Seed

FEWEST_DIGITS, MOST_DIGITS = 6, 8
_LARGEST_STEP: Final = (1 << 64) - 1


class Algorithm(StrEnum):
    """The hash of RFC 6238, section 1.2, as otpauth spells it."""

    SHA1 = "SHA1"
    SHA256 = "SHA256"
    SHA512 = "SHA512"


class Parameters(msgspec.Struct, frozen=True, kw_only=True):
    """How a device makes codes; the defaults are what AWS uses.

    Attributes:
        digits: How many, 6 to 8.
        algorithm: The hash.
        period: Seconds a step takes, 15 to 300.

    Raises:
        InputError: Digits or period are out of range.
    """

    digits: int = FEWEST_DIGITS
    algorithm: Algorithm = Algorithm.SHA1
    period: int = PERIOD

    def __post_init__(self) -> None:
        if not FEWEST_DIGITS <= self.digits <= MOST_DIGITS:
            raise InputError(f"a code has {FEWEST_DIGITS} to {MOST_DIGITS} digits")
        if not SHORTEST_PERIOD <= self.period <= LONGEST_PERIOD:
            raise InputError(f"a period is {SHORTEST_PERIOD} to {LONGEST_PERIOD} seconds long")


class Code:
    """A code. It does not print, pickle, copy or turn into JSON, and compares in constant time.

    Args:
        digits: ASCII digits; `code_at` sees to that.
    """

    __slots__ = ("_digits",)
    __hash__ = None  # type: ignore[assignment]  # a code is compared, and nothing else

    def __init__(self, digits: str) -> None:
        self._digits = digits

    def __repr__(self) -> str:
        return "Code(…)"

    __str__ = __repr__

    def __format__(self, _how: str) -> str:
        return repr(self)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Code):
            return NotImplemented
        return hmac.compare_digest(self._digits, other._digits)

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        msg = "a code is neither pickled nor copied"
        raise TypeError(msg)

    def reveal(self) -> str:
        """The digits, for the one page or line that shows them."""
        return self._digits


def code_at(seed: Seed, step: int, parameters: Parameters | None = None) -> Code:
    """The code of a step (RFC 4226, section 5.3; RFC 6238, section 4.2).

    Args:
        seed: The shared secret.
        step: The moving factor: a time step, or the counter of RFC 4226.
        parameters: Digits and hash; those of AWS when left out.

    Raises:
        InputError: The step is no 64-bit number.
    """
    parameters = parameters or Parameters()
    if not 0 <= step <= _LARGEST_STEP:
        raise InputError("a step is a number from 0 to 2^64 - 1")
    mac = hmac.digest(seed.reveal(), struct.pack(">Q", step), parameters.algorithm.value.lower())
    offset = mac[-1] & 0x0F
    number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFF_FFFF
    return Code(str(number % 10**parameters.digits).rjust(parameters.digits, "0"))
