"""The public keys CloudTrail's digests are verified with: asked from AWS, kept in a file, found again without AWS.

Each region has its own keys (CloudTrail API reference, `ListPublicKeys`; Value is a PKCS#1 RSA public key in DER). A
key is taken only for its region, and only if it was valid within an hour of the time it is said to have signed.
"""

from __future__ import annotations

import base64
import binascii
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from rootwarden.aws.calls import Call, CallFailed
from rootwarden.aws.deadline import Deadline
from rootwarden.errors import InputError
from rootwarden.facts.instant import Instant, format_instant, parse_instant

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from rootwarden.aws.calls import Json
    from rootwarden.aws.door import Door

SCHEMA: Final = "rootwarden.public-keys/1"
AROUND: Final = timedelta(hours=1)
_SECONDS: Final = 60.0
_MOST_BYTES: Final = 16 * 1024 * 1024


class PublicKey(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A key of a region.

    Attributes:
        region: Region whose digests it signs.
        fingerprint: As digests name it.
        valid_from: Begin of its validity.
        valid_to: End of its validity.
        value: PKCS#1 DER, base64.
    """

    region: str
    fingerprint: str
    valid_from: Instant
    valid_to: Instant
    value: str

    def verifies(self, signature: str, text: bytes) -> bool:
        """Whether a signature in hexadecimal is this key's over a text (SHA256withRSA, PKCS#1 v1.5)."""
        try:
            key = load_der_public_key(base64.b64decode(self.value, validate=True))
            if not isinstance(key, rsa.RSAPublicKey):
                return False
            key.verify(bytes.fromhex(signature), text, padding.PKCS1v15(), hashes.SHA256())
        except (InvalidSignature, UnsupportedAlgorithm, ValueError, binascii.Error):
            return False
        return True

    def valid_around(self, instant: datetime) -> bool:
        """Whether it was valid within an hour of an instant."""
        return self.valid_from <= instant + AROUND and self.valid_to >= instant - AROUND


class NoKey(msgspec.Struct, frozen=True):
    """There is no key to verify with.

    Attributes:
        reason: Why, for people.
        refuted: AWS was asked and knows no such key, or it was not valid then: the digest cannot be CloudTrail's.
    """

    reason: str
    refuted: bool = False


class Keys(Protocol):
    """Where keys come from."""

    def find(self, region: str, fingerprint: str, instant: datetime) -> PublicKey | NoKey:
        """The key of a region that signed at an instant."""
        ...

    def known(self) -> tuple[PublicKey, ...]:
        """Every key it has met, in order of region."""
        ...


class _File(msgspec.Struct, frozen=True):
    """The file keys are kept in."""

    schema: str
    keys: tuple[PublicKey, ...]


class KeptKeys:
    """Keys from a file; nothing is asked.

    Args:
        keys: The keys.
        source: What people call the file.
    """

    def __init__(self, keys: tuple[PublicKey, ...], source: str) -> None:
        self._keys = {(key.region, key.fingerprint): key for key in keys}
        self._source = source

    def known(self) -> tuple[PublicKey, ...]:
        """The keys of the file."""
        return tuple(sorted(self._keys.values()))

    def find(self, region: str, fingerprint: str, instant: datetime) -> PublicKey | NoKey:
        """The key, if the file has it."""
        key = self._keys.get((region, fingerprint))
        if key is None:
            return NoKey(f"the public key `{fingerprint[:64]}` of {region} is not in `{self._source}`")
        return key if key.valid_around(instant) else _outdated(key, instant)


class AskedKeys:
    """Keys asked from AWS when a digest names one not met before; safe to use from many threads.

    Args:
        door: Access to AWS.
    """

    def __init__(self, door: Door) -> None:
        self._door = door
        self._keys: dict[tuple[str, str], PublicKey] = {}
        self._refused: dict[str, str] = {}
        self._asked: set[tuple[str, datetime]] = set()
        self._lock = threading.Lock()

    def known(self) -> tuple[PublicKey, ...]:
        """Every key AWS told so far."""
        return tuple(sorted(self._keys.values()))

    def find(self, region: str, fingerprint: str, instant: datetime) -> PublicKey | NoKey:
        """The key, after asking for those of two hours around the instant. A region that refuses is asked once."""
        with self._lock:
            hour = instant.replace(minute=0, second=0, microsecond=0)
            met = self._keys.get((region, fingerprint))
            if met is None and region not in self._refused and (region, hour) not in self._asked:
                self._ask(region, hour)
                met = self._keys.get((region, fingerprint))
            if met is None and region in self._refused:
                return NoKey(self._refused[region])
        if met is None:
            reason = f"AWS knows no public key `{fingerprint[:64]}` in {region} at {format_instant(instant)}"
            return NoKey(reason, refuted=True)
        return met if met.valid_around(instant) else _outdated(met, instant)

    def _ask(self, region: str, hour: datetime) -> None:
        window: dict[str, Json] = {
            "StartTime": (hour - AROUND).timestamp(),
            "EndTime": (hour + 2 * AROUND).timestamp(),
        }
        call = Call(service="cloudtrail", operation="ListPublicKeys", file="", region=region, parameters=window)
        try:
            answer = self._door.ask(call, identity=None, deadline=Deadline(_SECONDS), charged=region)
        except CallFailed as failed:
            self._refused[region] = f"cloudtrail:ListPublicKeys was refused in {region} ({failed.code})"
            return
        self._asked.add((region, hour))
        listed = answer.get("PublicKeyList")
        for each in listed if isinstance(listed, list) else ():
            key = _key(region, each)
            if key is not None:
                self._keys[region, key.fingerprint] = key


def _key(region: str, told: Json) -> PublicKey | None:
    if not isinstance(told, dict):
        return None
    start, end = parse_instant(str(told.get("ValidityStartTime"))), parse_instant(str(told.get("ValidityEndTime")))
    value, fingerprint = told.get("Value"), told.get("Fingerprint")
    if start is None or end is None or not isinstance(value, str) or not isinstance(fingerprint, str):
        return None
    return PublicKey(region=region, fingerprint=fingerprint, valid_from=start, valid_to=end, value=value)


def _outdated(key: PublicKey, instant: datetime) -> NoKey:
    period = f"from {format_instant(key.valid_from)} to {format_instant(key.valid_to)}"
    reason = f"its public key is valid {period}, and it is of {format_instant(instant)}"
    return NoKey(reason, refuted=True)


def load_keys(path: Path) -> KeptKeys:
    """Read a file of public keys.

    Raises:
        InputError: When it cannot be read, or is none.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES)
        kept = msgspec.json.decode(content, type=_File)
    except OSError as error:
        hint = "`trail verify --save-public-keys FILE` makes one"
        raise InputError(f"`{path}` cannot be read: {error.strerror}", hint=hint) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        hint = "`trail verify --save-public-keys FILE` makes one"
        raise InputError(f"`{path}` is no file of public keys: {error}", hint=hint) from error
    if kept.schema != SCHEMA:
        hint = f"this version reads {SCHEMA}"
        raise InputError(f"`{path}` is no file of public keys: its schema is `{kept.schema[:64]}`", hint=hint)
    return KeptKeys(kept.keys, str(path))


def keys_file(keys: Keys) -> bytes:
    """The file that keeps keys, sorted."""
    return msgspec.json.format(msgspec.json.encode(_File(SCHEMA, keys.known())), indent=2) + b"\n"
