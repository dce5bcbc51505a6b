"""Who wrote a line: each run makes a key of its own, a person's key vouches for it, and it seals every line of the run.

A key that signs every line would have to be touched for every line where it is in hardware. So it signs twice a run: at
the beginning for the key of the run, and at the end for everything. The run's key is in its memory alone and ends with
it; what is written after a kill by anybody else carries no seal that holds.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from rootwarden.rollout.entry import Kind, sealed_message, signed_message, warrant_message
from rootwarden.rollout.seal import key_name
from rootwarden.transparency.head import is_signed, to_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rootwarden.rollout.entry import Entry

BEGINNINGS: Final = frozenset({Kind.BEGIN, Kind.RESUME})
_KEY_BYTES: Final = 32


class RunKey:
    """A key that one run makes for itself; it is never stored.

    Attributes:
        public: Its public half as it stands in the journal: 32 bytes (RFC 8032) in Base64.
    """

    def __init__(self) -> None:
        self._key = Ed25519PrivateKey.generate()
        self.public = to_text(self._key.public_key().public_bytes_raw())

    def sealed(self, entry: Entry) -> Entry:
        """The entry with its seal."""
        return msgspec.structs.replace(entry, seal=to_text(self._key.sign(sealed_message(entry))))


class Seals:
    """Goes through the lines of a journal in order, and tells of each who vouches for it.

    Args:
        keys: Of the people who may have worked with it.
    """

    def __init__(self, keys: Iterable[Ed25519PublicKey]) -> None:
        self._known = {key_name(key): key for key in keys}
        self._person = ""
        self._run: Ed25519PublicKey | None = None

    def fault(self, entry: Entry) -> str:
        """Why nobody vouches for the next line, or an empty text.

        Args:
            entry: The line; those before it had no fault.
        """
        if entry.kind in BEGINNINGS:
            why = self._taken_over(entry)
            if why:
                return why
        if not entry.seal:
            return "has no seal, in a journal that was begun signed: no run wrote it"
        if self._run is None or not is_signed(sealed_message(entry), entry.seal, self._run):
            return "has a seal that is not of the run it stands in: somebody else wrote or changed it"
        return self._signature_fault(entry) if entry.kind is Kind.SIGNED else ""

    def _taken_over(self, entry: Entry) -> str:
        """Believe the key of the run that begins here, if a person we know vouches for it."""
        told = _texts(entry, "by", "key", "plan", "run", "signature")
        if not told["signature"] and not told["run"] and self._run is None:
            return "was begun unsigned: nothing shows who wrote it, so none of it is believed"
        person = self._known.get(told["key"])
        if person is None:
            return f"is signed by the key {told['key'][:16] or '(none)'}, which was not given"
        message = warrant_message(
            at=entry.at,
            by=told["by"],
            head=entry.previous,
            key=told["key"],
            plan=told["plan"],
            run=told["run"],
            size=entry.number,
        )
        run = _run_key(told["run"])
        if run is None or not is_signed(message, told["signature"], person):
            return "has a signature that does not hold"
        self._person, self._run = told["key"], run
        return ""

    def _signature_fault(self, entry: Entry) -> str:
        told = _texts(entry, "key", "signature", "why")
        person = self._known.get(told["key"])
        if person is None or told["key"] != self._person:
            return f"is signed by the key {told['key'][:16] or '(none)'}, which did not begin its run"
        message = signed_message(at=entry.at, head=entry.previous, key=told["key"], size=entry.number, why=told["why"])
        return "" if is_signed(message, told["signature"], person) else "has a signature that does not hold"


def _texts(entry: Entry, *names: str) -> Mapping[str, str]:
    return {name: str(entry.parameters.get(name, "")) for name in names}


def _run_key(text: str) -> Ed25519PublicKey | None:
    """A public key as a journal spells it; `None` when it is none."""
    try:
        spelled = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return Ed25519PublicKey.from_public_bytes(spelled) if len(spelled) == _KEY_BYTES else None
