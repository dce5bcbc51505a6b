"""What a custodian hands in, as the log names it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from rootwarden.transparency.canonical import canonical

if TYPE_CHECKING:
    from collections.abc import Sequence


def digest_of_peeled(peeled: Sequence[str]) -> str:
    """SHA-256 of the canonical JSON of the peeled nestings (each in Base64), in hexadecimal."""
    return hashlib.sha256(canonical(list(peeled))).hexdigest()
