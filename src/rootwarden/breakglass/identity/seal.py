"""Small records that travel through other people's hands and come back as they left: signed, for one purpose each."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec
from itsdangerous import BadSignature, Signer

from rootwarden.breakglass.core import strict_base64

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST: Final = 4096

Record = TypeVar("Record", bound=msgspec.Struct)


class Seal:
    """Seals records and knows its own; a record sealed for another purpose is no record.

    What is sealed can be read by whoever holds it. It says nothing about time: records carry their own.

    Args:
        keys: The one to seal with first, those that are still believed after it.
        purpose: What the records are for.
    """

    def __init__(self, keys: Sequence[bytes], purpose: str) -> None:
        # itsdangerous wants the newest last; the purpose is its salt, from which it derives the key it uses.
        self._signer = Signer(
            list(reversed(keys)), salt=f"rootwarden/{purpose}/1", key_derivation="hmac", digest_method=hashlib.sha256
        )

    def close(self, record: msgspec.Struct) -> str:
        """The record as text for a cookie or a form: letters, digits, `-`, `_` and one dot."""
        return self._signer.sign(strict_base64.encode_url(msgspec.json.encode(record))).decode()

    def open(self, text: str, kind: type[Record]) -> Record | None:
        """The record; `None` when this text was not sealed here for this purpose."""
        if len(text) > LONGEST or not text.isascii():
            return None
        try:
            content = strict_base64.decode_url(self._signer.unsign(text).decode())
            return None if content is None else msgspec.json.decode(content, type=kind)
        except (BadSignature, msgspec.DecodeError):
            return None
