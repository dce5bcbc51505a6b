"""What a request carries beside action and resource: condition keys with their values, absent, or not known.

Names of keys have no letter case; a key that holds a list has several values whatever their number (IAM user guide,
*Single-valued vs. multivalued context keys*).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

import msgspec


class Values(msgspec.Struct, frozen=True, gc=False):
    """The values of a key that is there; `listed` when it may have several."""

    texts: tuple[str, ...]
    listed: bool = False


class Missing(msgspec.Struct, frozen=True, gc=False):
    """The key is not there."""


class NotKnown(msgspec.Struct, frozen=True, gc=False):
    """Nobody said whether the key is there and what it holds."""

    reason: str = ""


class Unlike(NotKnown, frozen=True, gc=False, kw_only=True):
    """The key is not there, or holds anything but one text and what begins with it and a slash, in any letter case.

    Attributes:
        text: Which, without a wildcard.
    """

    text: str


class Supposed(NotKnown, frozen=True, gc=False, kw_only=True):
    """Nobody said what the key holds; for the sake of the argument it is there, and some tests of it come out so.

    Attributes:
        answers: What comes of tests, by `CompiledCondition.question`.
    """

    answers: Mapping[object, bool]


Held: TypeAlias = Values | Missing | NotKnown
MISSING: Final = Missing()
NOT_KNOWN: Final = NotKnown()


class Context:
    """The keys of one request.

    Args:
        keys: By name, in any letter case.
        complete: Whether a key that is not named is not there; else it is not known.
        absent: Beginnings of keys, in lower case, of which every one that is not named is not there.
    """

    __slots__ = ("_absent", "_keys", "_rest")

    def __init__(
        self, keys: Mapping[str, Held] | None = None, *, complete: bool = True, absent: tuple[str, ...] = ()
    ) -> None:
        self._keys: dict[str, Held] = {name.lower(): held for name, held in (keys or {}).items()}
        self._rest: Held = MISSING if complete else NOT_KNOWN
        self._absent = absent

    def held(self, key: str) -> Held:
        """What a key holds."""
        name = key.lower()
        found = self._keys.get(name)
        if found is not None:
            return found
        return MISSING if self._absent and name.startswith(self._absent) else self._rest

    def with_defaults(self, keys: Mapping[str, Held]) -> Context:
        """The same context, with `keys` where it names none itself."""
        made = Context(keys, complete=isinstance(self._rest, Missing), absent=self._absent)
        made._keys |= self._keys
        return made

    def carrying(self, keys: Mapping[str, Held], absent: tuple[str, ...] = ()) -> Context:
        """The same context, with `keys` instead of what it says of them."""
        made = Context(complete=isinstance(self._rest, Missing), absent=self._absent + absent)
        made._keys = self._keys | {name.lower(): held for name, held in keys.items()}
        return made


def held(*texts: str) -> Values:
    """The values of a key: one, or several."""
    return Values(texts, listed=len(texts) != 1)
