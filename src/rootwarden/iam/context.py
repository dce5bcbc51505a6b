"""What a request carries beside action and resource: condition keys with their values, absent, or not known.

Names of keys have no letter case; a key that holds a list has several values whatever their number (IAM user guide,
*Single-valued vs. multivalued context keys*).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping


class Values(msgspec.Struct, frozen=True, gc=False):
    """The values of a key that is there; `listed` when it may have several."""

    texts: tuple[str, ...]
    listed: bool = False


class Missing(msgspec.Struct, frozen=True, gc=False):
    """The key is not there."""


class NotKnown(msgspec.Struct, frozen=True, gc=False):
    """Nobody said whether the key is there and what it holds."""

    reason: str = ""


Held: TypeAlias = Values | Missing | NotKnown
MISSING: Final = Missing()
NOT_KNOWN: Final = NotKnown()


class Context:
    """The keys of one request.

    Args:
        keys: By name, in any letter case.
        complete: Whether a key that is not named is not there; else it is not known.
    """

    __slots__ = ("_keys", "_rest")

    def __init__(self, keys: Mapping[str, Held] | None = None, *, complete: bool = True) -> None:
        self._keys: dict[str, Held] = {name.lower(): held for name, held in (keys or {}).items()}
        self._rest: Held = MISSING if complete else NOT_KNOWN

    def held(self, key: str) -> Held:
        """What a key holds."""
        return self._keys.get(key.lower(), self._rest)

    def with_defaults(self, keys: Mapping[str, Held]) -> Context:
        """The same context, with `keys` where it names none itself."""
        made = Context(complete=isinstance(self._rest, Missing))
        made._keys = {name.lower(): held for name, held in keys.items()} | self._keys
        return made


def held(*texts: str) -> Values:
    """The values of a key: one, or several."""
    return Values(texts, listed=len(texts) != 1)
