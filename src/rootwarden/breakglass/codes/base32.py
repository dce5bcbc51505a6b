"""Base32 as secrets are written in (RFC 4648, section 6), read strictly, with what was overlooked named.

Overlooked and named: lower case, right padding, and, in text a person pasted, spaces between groups. Refused: padding
that is not right, any other character, and bits left over at the end that are not zero, as a mistyped last letter
leaves them.
"""

from __future__ import annotations

import base64
import re
from typing import Final

from rootwarden.breakglass.codes.seed import LONGEST, SHORTEST, Seed
from rootwarden.errors import InputError

_LETTERS: Final = re.compile(r"[A-Z2-7]+", re.ASCII)
_LOOK_ALIKE: Final = re.compile(r"[0189]", re.ASCII)
_BITS: Final = 5
_BYTE: Final = 8
# Eight letters make five bytes; these many letters in the last group make no whole byte more.
_IMPOSSIBLE: Final = (1, 3, 6)
HOW_TO_COPY: Final = "copy the secret key again, whole, as AWS shows it beside the QR code"


def read_base32(text: str, *, spaces: bool) -> tuple[Seed, tuple[str, ...]]:
    """Read a secret.

    Args:
        text: Base32.
        spaces: Whether spaces and line ends between groups are overlooked.

    Returns:
        The seed, and what was overlooked.

    Raises:
        InputError: It is not base32, or no length a secret has. The text is not repeated.
    """
    notes: list[str] = []
    letters = "".join(text.split()) if spaces and text.isascii() else text
    if letters != text:
        notes.append("spaces in the secret were overlooked")
    if letters.isascii() and letters.upper() != letters:
        letters = letters.upper()
        notes.append("the secret is in lower case")
    if letters.endswith("="):
        letters = _without_padding(letters)
        notes.append("the secret carries padding")
    return _decoded(letters), tuple(notes)


def _without_padding(letters: str) -> str:
    bare = letters.rstrip("=")
    if len(letters) - len(bare) != -len(bare) % _BYTE:
        raise InputError("the padding of the secret does not fit its length", hint=HOW_TO_COPY)
    return bare


def _decoded(letters: str) -> Seed:
    if not _LETTERS.fullmatch(letters):
        hint = HOW_TO_COPY
        if _LOOK_ALIKE.search(letters):
            hint = "base32 has no 0, 1, 8 and 9: look for O, I and B; " + hint
        raise InputError("the secret is not base32", hint=hint)
    bits = len(letters) * _BITS
    if bits // _BYTE < SHORTEST or bits // _BYTE > LONGEST:
        raise InputError(
            f"the secret has {len(letters)} letters, which no secret of {SHORTEST * 8} to {LONGEST * 8} bits has",
            hint=HOW_TO_COPY,
        )
    content = bytearray(base64.b32decode(letters + "=" * (-len(letters) % _BYTE))) if _whole(letters) else None
    if content is None or base64.b32encode(content).rstrip(b"=").decode() != letters:
        raise InputError("the secret ends in half a byte: a letter is missing, or one too many", hint=HOW_TO_COPY)
    try:
        return Seed(content)
    finally:
        content[:] = bytes(len(content))


def _whole(letters: str) -> bool:
    return len(letters) % _BYTE not in _IMPOSSIBLE
