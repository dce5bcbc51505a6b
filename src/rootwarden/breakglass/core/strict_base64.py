"""Base64 that has one spelling for each content, so that no letter of what is signed can change unnoticed.

The standard library passes over foreign letters and over the spare bits of the last one; here both are refused.
Source: RFC 4648, sections 3.5 (spare bits), 4 and 5.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_FROM_URL: Final = str.maketrans("-_", "+/")


def encode(content: bytes) -> str:
    """Base64 with padding (RFC 4648, section 4)."""
    return base64.b64encode(content).decode()


def decode(text: str) -> bytes | None:
    """The content of Base64 with padding; `None` when the text is not exactly what `encode` makes."""
    return _only_spelling(text, text, encode)


def encode_url(content: bytes) -> str:
    """Base64url without padding (RFC 4648, section 5), as WebAuthn and JOSE write it."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def decode_url(text: str) -> bytes | None:
    """The content of Base64url without padding; `None` when the text is not exactly what `encode_url` makes."""
    return _only_spelling(text, text.translate(_FROM_URL) + "=" * (-len(text) % 4), encode_url)


def _only_spelling(text: str, standard: str, encoder: Callable[[bytes], str]) -> bytes | None:
    try:
        content = base64.b64decode(standard, validate=True)
    except (binascii.Error, ValueError):
        return None
    return content if encoder(content) == text else None
