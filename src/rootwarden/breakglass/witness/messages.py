"""What a log and its witness say to each other: JSON, small, and bounded before anything looks at it."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, ClassVar, Final, TypeAlias

import msgspec

from rootwarden.errors import InputError
from rootwarden.transparency.head import Cosignature, Head

MOST_BYTES: Final = 64 * 1024
HASH_BYTES: Final = 32
LONGEST_PROOF: Final = 64
LARGEST: Final = (1 << 53) - 1
_LONGEST_TIME: Final = 40
_LONGEST_SIGNATURE: Final = 200

LogName: TypeAlias = Annotated[str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9-]{0,39}$")]
Hash: TypeAlias = Annotated[str, msgspec.Meta(min_length=44, max_length=44)]
Size: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=LARGEST)]


class Offer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A head, and the proof that the log only grew since an earlier size.

    Attributes:
        log: Name of the log.
        head: The signed head.
        first: The size the proof begins at; 0 needs none.
        proof: Consistency path, hashes in Base64 (RFC 9162, section 2.1.4.1).
        nonce: What is to stand in what the witness signs, so that it cannot be an old one.
    """

    log: LogName
    head: Head
    first: Size = 0
    proof: Annotated[tuple[Hash, ...], msgspec.Meta(max_length=LONGEST_PROOF)] = ()
    nonce: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{0,64}$")] = ""


class _Answer(msgspec.Struct, frozen=True, kw_only=True, tag_field="answer"):
    """One of the answers; `status` is that of HTTP."""

    status: ClassVar[int] = 409


class Cosigned(_Answer, frozen=True, kw_only=True, tag="cosigned"):
    """The head is remembered, and this was signed for it."""

    status: ClassVar[int] = 200

    cosignature: Cosignature


class Newer(_Answer, frozen=True, kw_only=True, tag="newer"):
    """A longer log was seen before; its head and what was signed for it."""

    head: Head
    cosignature: Cosignature


class ProofWanted(_Answer, frozen=True, kw_only=True, tag="proof-wanted"):
    """The proof must begin at this size: the newest that was seen."""

    size: Size


class Conflict(_Answer, frozen=True, kw_only=True, tag="conflict"):
    """The head is not the same log, longer; nothing is signed, and both heads are kept.

    Attributes:
        reason: `fork`: two signed heads of one size with two roots, which proves that the log was forked or replaced.
            `unproven`: the proof does not lead from one to the other, which proves nothing by itself.
        seen: What the witness saw first.
        offered: What it was offered now.
    """

    reason: str
    seen: Head
    offered: Head


class Refused(_Answer, frozen=True, kw_only=True, tag="refused"):
    """The question itself is not taken.

    Attributes:
        reason: In words.
        code: Status of HTTP.
    """

    reason: str
    code: int = 400


class Seen(_Answer, frozen=True, kw_only=True, tag="seen"):
    """What the witness remembers of a log.

    Attributes:
        log: Its name.
        head: The newest head; none before the first.
        cosignature: What was signed for it.
        forks: How many heads it keeps as evidence of a fork.
    """

    status: ClassVar[int] = 200

    log: LogName
    head: Head | None = None
    cosignature: Cosignature | None = None
    forks: int = 0


Answer: TypeAlias = Cosigned | Newer | ProofWanted | Conflict | Refused | Seen


def parse_offer(body: bytes) -> Offer:
    """What was offered.

    Raises:
        InputError: It is too large, or no offer.
    """
    if len(body) > MOST_BYTES:
        raise InputError(f"the offer is larger than {MOST_BYTES} bytes")
    try:
        offer = msgspec.json.decode(body, type=Offer)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"the offer is not right: {error}") from error
    check_head(offer.head)
    for each in offer.proof:
        from_text(each)
    return offer


def parse_answer(body: bytes) -> Answer:
    """What a witness answered; otherwise as `parse_offer`."""
    if len(body) > MOST_BYTES:
        raise InputError(f"the answer is larger than {MOST_BYTES} bytes")
    try:
        answer: Answer = msgspec.json.decode(body, type=Answer)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError("it is no answer of a witness") from error
    for head in _heads(answer):
        check_head(head)
    return answer


def parse_head(content: bytes) -> Head:
    """A head that was kept somewhere; otherwise as `parse_offer`."""
    if len(content) > MOST_BYTES:
        raise InputError(f"the head is larger than {MOST_BYTES} bytes")
    try:
        head = msgspec.json.decode(content, type=Head)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"it is no head: {error}") from error
    check_head(head)
    return head


def check_head(head: Head) -> None:
    """Refuse a head no log can have signed.

    Raises:
        InputError: Its size, root, time or signature is out of bounds.
    """
    from_text(head.root)
    if not 1 <= head.size <= LARGEST or len(head.time) > _LONGEST_TIME or len(head.signature) > _LONGEST_SIGNATURE:
        raise InputError("the head is out of bounds")


def from_text(text: str) -> bytes:
    """A hash from Base64.

    Raises:
        InputError: It is not 32 bytes in the one spelling RFC 4648 gives them.
    """
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InputError("a hash is not Base64") from error
    if len(content) != HASH_BYTES or base64.b64encode(content).decode() != text:
        raise InputError(f"a hash is not {HASH_BYTES} bytes in Base64")
    return content


def _heads(answer: Answer) -> tuple[Head, ...]:
    match answer:
        case Newer() | Seen():
            return (answer.head,) if answer.head is not None else ()
        case Conflict():
            return (answer.seen, answer.offered)
        case _:
            return ()
