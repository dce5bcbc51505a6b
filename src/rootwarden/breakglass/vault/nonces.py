"""Random words the vault gave out a moment ago: what bears one was signed since, and is no old statement (V5)."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

# A witness is asked between the word and the head that comes back: longer says too little about the time.
LIVES: Final = 6.0
MOST: Final = 256


class Nonces:
    """Words, with the moment each was given out.

    Args:
        monotonic: Seconds by a clock that only goes forward.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._given: dict[str, float] = {}

    def fresh(self) -> str:
        """A word that was never given out."""
        now = self._monotonic()
        self._given = {word: at for word, at in list(self._given.items())[-MOST:] if now - at <= LIVES}
        word = secrets.token_hex(16)
        self._given[word] = now
        return word

    def age(self, word: str) -> float | None:
        """Seconds since a word was given out; none when it was not, or too long ago."""
        at = self._given.get(word)
        age = None if at is None else self._monotonic() - at
        return age if age is not None and 0 <= age <= LIVES else None
