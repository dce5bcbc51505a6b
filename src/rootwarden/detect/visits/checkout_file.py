"""Reads `checkouts.jsonl`, and believes a line only when its signature and its place in the log are proven.

The format is docs/checkouts.md. A line that cannot be believed is given all the same, with the reason; one that cannot
be read is told by its number. Neither ever explains a visit.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Final

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from rootwarden.detect.visits.checkout import AccountId, Checkout
from rootwarden.errors import InputError
from rootwarden.facts.instant import Instant
from rootwarden.transparency.canonical import canonical
from rootwarden.transparency.merkle import is_included, leaf_hash

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rootwarden.detect.filter_pattern import Event as Document

LONGEST_LINE: Final = 64 * 1024
MOST_LINES: Final = 1_000_000
LONGEST_PATH: Final = 64
_PEM: Final = re.compile(rb"-----BEGIN PUBLIC KEY-----.+?-----END PUBLIC KEY-----", re.DOTALL)
_MOST_KEYS: Final = 100


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """A signed tree head: so many entries, with this root, at this instant."""

    size: int
    root: str
    time: Instant
    signature: str


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """Where a line stands in the audit log, and the hashes that lead from it to the root of a signed head."""

    index: int
    hashes: tuple[str, ...]
    head: Head


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    lease: str
    account: AccountId
    task: str
    person: str
    start: Instant = msgspec.field(name="from")
    until: Instant
    released_at: Instant | None = None
    mfa_device: str = ""
    sources: tuple[str, ...] = ()
    signature: str | None = None
    proof: Proof | None = None


class Checkouts(msgspec.Struct, frozen=True, kw_only=True):
    """What a file held.

    Attributes:
        checkouts: Every line that could be read, in order; of several trusted ones of one lease the latest in the log.
        unreadable: What could not be read: sentences with the number of the line.
    """

    checkouts: tuple[Checkout, ...]
    unreadable: tuple[str, ...] = ()


def read_public_keys(content: bytes, *, file: str) -> tuple[Ed25519PublicKey, ...]:
    """The Ed25519 public keys of a PEM file, the current one and those before it.

    Raises:
        InputError: There is none, or one is of another kind.
    """
    hint = "give the broker's Ed25519 public key as PEM (`-----BEGIN PUBLIC KEY-----`)"
    blocks = _PEM.findall(content[: LONGEST_LINE * _MOST_KEYS])
    if not blocks:
        raise InputError(f"`{file}` holds no public key", hint=hint)
    keys: list[Ed25519PublicKey] = []
    for block in blocks[:_MOST_KEYS]:
        try:
            key = load_pem_public_key(block)
        except (ValueError, UnsupportedAlgorithm) as error:
            raise InputError(f"a key in `{file}` cannot be read", hint=hint) from error
        if not isinstance(key, Ed25519PublicKey):
            raise InputError(f"a key in `{file}` is not an Ed25519 key", hint=hint)
        keys.append(key)
    return tuple(keys)


def read_checkouts(content: bytes, keys: Sequence[Ed25519PublicKey], *, file: str) -> Checkouts:
    """Read the file.

    Args:
        content: JSON Lines; empty lines are passed over.
        keys: Public keys of the broker; without one nothing is believed.
        file: Its name, for messages.
    """
    believed: dict[tuple[str, str], tuple[int, int, Checkout]] = {}
    doubted: list[tuple[int, Checkout]] = []
    unreadable: list[str] = []
    for number, line in enumerate(content.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            checkout, index = _read(line, keys)
        except InputError as error:
            unreadable.append(f"`{file}` line {number}: {error.message}")
            continue
        if index is None:
            doubted.append((number, checkout))
            continue
        name = (checkout.account, checkout.lease)
        known = believed.get(name)
        if known is None or index > known[0]:
            believed[name] = (index, number, checkout)
    every = doubted + [(number, checkout) for _, number, checkout in believed.values()]
    return Checkouts(
        checkouts=tuple(checkout for _, checkout in sorted(every, key=lambda one: one[0])),
        unreadable=tuple(unreadable),
    )


def signed_part(document: Document) -> bytes:
    """What is signed of a line, and what its entry in the audit log is: the line without `signature` and `proof`.

    Raises:
        InputError: It has no canonical spelling.
    """
    return canonical({name: value for name, value in document.items() if name not in {"signature", "proof"}})


def signed_head(*, size: int, root: str, time: str) -> bytes:
    """What is signed of a tree head."""
    return canonical({"size": size, "root": root, "time": time})


def _read(line: bytes, keys: Sequence[Ed25519PublicKey]) -> tuple[Checkout, int | None]:
    """The check-out of a line, and its place in the log if it is believed."""
    if len(line) > LONGEST_LINE:
        raise InputError(f"longer than {LONGEST_LINE} bytes")
    try:
        document: Document = msgspec.json.decode(line, type=dict)
        read = msgspec.convert(document, _Line)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"no check-out: {error}") from error
    doubt = _doubt(document, read, keys)
    checkout = Checkout(
        lease=read.lease,
        account=read.account,
        task=read.task,
        person=read.person,
        start=read.start,
        until=read.until,
        released_at=read.released_at,
        mfa_device=read.mfa_device,
        sources=read.sources,
        trusted=not doubt,
        doubt=doubt,
    )
    return checkout, None if doubt or read.proof is None else read.proof.index


def _doubt(document: Document, line: _Line, keys: Sequence[Ed25519PublicKey]) -> str:
    """Why a line is not believed; empty when it is."""
    if not line.signature:
        return "it is not signed"
    if line.proof is None:
        return "it has no proof that it stands in the audit log"
    if not keys:
        return "no public key was given to verify it with"
    try:
        return _disproof(document, line.signature, line.proof, keys)
    except (InputError, binascii.Error, ValueError) as error:
        return f"it cannot be verified: {error}"


def _disproof(document: Document, signature: str, proof: Proof, keys: Sequence[Ed25519PublicKey]) -> str:
    entry, head = signed_part(document), proof.head
    if not _verifies(keys, signature, entry):
        return "its signature does not verify"
    if not _verifies(keys, head.signature, signed_head(size=head.size, root=head.root, time=_written_time(document))):
        return "the signature of the tree head does not verify"
    return "" if _is_in_log(proof, entry) else "its proof does not lead to the signed tree head"


def _written_time(document: Document) -> str:
    """The head's time as it is written, which is what was signed."""
    value: object = document
    for name in ("proof", "head", "time"):
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""


def _is_in_log(proof: Proof, entry: bytes) -> bool:
    if len(proof.hashes) > LONGEST_PATH:
        return False
    return is_included(
        leaf_hash(entry),
        index=proof.index,
        size=proof.head.size,
        path=[_bytes(one) for one in proof.hashes],
        root=_bytes(proof.head.root),
    )


def _verifies(keys: Iterable[Ed25519PublicKey], signature: str, content: bytes) -> bool:
    for key in keys:
        try:
            key.verify(_bytes(signature), content)
        except InvalidSignature:
            continue
        return True
    return False


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
