"""The short phrase a requester reads out to approvers, so that nobody approves what nobody announced.

Two pronounceable words of 16 bits each, spelled as proquints (Wilkerson, "A Proposal for Proquints", arXiv:0901.4016):
easy to say on a bad line, in any language.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Final

_CONSONANTS: Final = "bdfghjklmnprstvz"
_VOWELS: Final = "aiou"
WORDS: Final = 2


def spell(number: bytes) -> str:
    """Spell bytes, two to a word: 127.0.0.1, as four bytes, is `lusab-babad`.

    Args:
        number: An even number of random bytes.
    """
    return "-".join(_word(int.from_bytes(number[at : at + 2])) for at in range(0, len(number), 2))


def phrase_digest(phrase: str, salt: str) -> str:
    """What a request holds of its phrase.

    Args:
        phrase: As typed; letter case, blanks and hyphens do not matter.
        salt: In Base64.
    """
    letters = "".join(letter for letter in phrase.lower() if letter.isascii() and letter.isalpha())
    return hashlib.sha256(base64.b64decode(salt) + letters.encode()).hexdigest()


def is_phrase(phrase: str, salt: str, digest: str) -> bool:
    """Whether somebody typed the phrase of a request; takes the same time either way."""
    return hmac.compare_digest(phrase_digest(phrase, salt), digest)


def _word(bits: int) -> str:
    parts = (_CONSONANTS[bits >> 12], _VOWELS[bits >> 10 & 3], _CONSONANTS[bits >> 6 & 15], _VOWELS[bits >> 4 & 3])
    return "".join(parts) + _CONSONANTS[bits & 15]
