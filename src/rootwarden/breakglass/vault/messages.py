"""What the broker asks the vault, and what it answers: typed, bounded, and without a field for a secret.

A message is a JSON object and, beside it, bytes that nobody decodes on the way: the seed that is enrolled, the code
that is released (framing.py). So a secret never becomes a string or an object of the process that only passes it on.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

from rootwarden.breakglass.custody.opening import Progress
from rootwarden.breakglass.custody.sealed import Account, Count
from rootwarden.breakglass.custody.spelling import Digest
from rootwarden.facts.instant import Instant
from rootwarden.transparency.head import Head

Id = Annotated[str, Meta(min_length=1, max_length=200)]
Maybe = Annotated[str, Meta(max_length=200)]
Blob = Annotated[bytes, Meta(max_length=64 * 1024)]
KeyBlob = Annotated[bytes, Meta(max_length=1024)]
Step = Annotated[int, Meta(ge=0, le=1 << 40)]
Material: TypeAlias = Literal["text", "picture", "password"]


class LogPart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The entries after those the vault knows.

    Attributes:
        since: How many it knows.
        entries: The next ones, in canonical form.
        head: The head over all of them.
        receipts: What shows that the head is anchored.
    """

    since: int
    entries: list[bytes]
    head: Head
    receipts: list[bytes] = []


class Request(msgspec.Struct, frozen=True, kw_only=True, tag_field="request", forbid_unknown_fields=True):
    """Anything asked.

    Attributes:
        log: New entries, taken in before the request is looked at.
    """

    log: LogPart | None = None


class Status(Request, frozen=True, kw_only=True, tag="status"):
    """How does it stand?"""


class Advance(Request, frozen=True, kw_only=True, tag="advance"):
    """Only take the new entries in."""


class Hear(Request, frozen=True, kw_only=True, tag="hear"):
    """Take entries in whose head comes later: a vault that starts anew hears a long log in pieces.

    Attributes:
        since: How many it knows.
        entries: The next ones, in canonical form.
    """

    since: int
    entries: list[bytes]


class SealEpoch(Request, frozen=True, kw_only=True, tag="seal-epoch"):
    """Make the first envelope of a group, and its account keys."""

    group: Id
    epoch: Count


class BeginOpening(Request, frozen=True, kw_only=True, tag="begin-opening"):
    """Make a one-time key for an opening.

    Attributes:
        opening: Its id.
        group: Whose envelope.
        epoch: Of which epoch.
        envelope: The envelope.
        account_keys: Blobs of the account keys that will be needed, by account.
    """

    opening: Id
    group: Id
    epoch: Count
    envelope: bytes
    account_keys: dict[Account, KeyBlob]


class Layers(Request, frozen=True, kw_only=True, tag="layers"):
    """What does a custodian have to take off?"""

    opening: Id
    custodian: Id


class GiveShare(Request, frozen=True, kw_only=True, tag="give-share"):
    """A custodian's results, in the order of `Layers`."""

    opening: Id
    custodian: Id
    results: list[Blob]


class SealRecord(Request, frozen=True, kw_only=True, tag="seal-record"):
    """Seal what stands beside the message.

    Attributes:
        opening: Whose keys.
        lease: The approved enrolment.
        device: The MFA device; empty for the password.
        material: What it is: an otpauth address or base32 secret, a picture of its QR code, a password.
    """

    opening: Id
    lease: Id
    device: Maybe
    material: Material


class EnrolmentCodes(Request, frozen=True, kw_only=True, tag="enrolment-codes"):
    """The codes of a step and the next one, for the form of the console."""

    opening: Id
    lease: Id
    device: Id
    step: Step
    record: Blob


class ReleaseCode(Request, frozen=True, kw_only=True, tag="release-code"):
    """One code; `opening` is empty when the account is warm."""

    opening: Maybe
    lease: Id
    device: Id
    step: Step
    record: Blob


class ReleasePassword(Request, frozen=True, kw_only=True, tag="release-password"):
    """The root password."""

    opening: Maybe
    lease: Id
    record: Blob


class MakeExport(Request, frozen=True, kw_only=True, tag="make-export"):
    """Seal records for the custodians alone; what is made stays here until the log has its digest."""

    opening: Id
    lease: Id
    records: list[Blob]


class ReleaseExport(Request, frozen=True, kw_only=True, tag="release-export"):
    """Hand out the export that was made."""

    lease: Id


class Rewrap(Request, frozen=True, kw_only=True, tag="rewrap"):
    """Go to the next epoch of the opening's group."""

    opening: Id
    records: list[Blob]


class KeepWarm(Request, frozen=True, kw_only=True, tag="keep-warm"):
    """Keep an account's key for as long as a waiver allows."""

    opening: Id
    account: Account


class Forget(Request, frozen=True, kw_only=True, tag="forget"):
    """Wipe the keys of an opening; without one, all keys there are."""

    opening: Maybe = ""


AnyRequest = (
    Status
    | Advance
    | Hear
    | SealEpoch
    | BeginOpening
    | Layers
    | GiveShare
    | SealRecord
    | EnrolmentCodes
    | ReleaseCode
    | ReleasePassword
    | MakeExport
    | ReleaseExport
    | Rewrap
    | KeepWarm
    | Forget
)


class Answer(msgspec.Struct, frozen=True, kw_only=True, tag_field="answer", forbid_unknown_fields=True):
    """Anything answered."""


class Hardening(msgspec.Struct, frozen=True, kw_only=True):
    """What keeps secrets in the process, and whether it worked here.

    Attributes:
        measures: Each measure with `on`, or why not.
    """

    measures: dict[str, str]


class Stands(Answer, frozen=True, kw_only=True, tag="stands"):
    """How the vault stands.

    Attributes:
        size: How many entries it replayed.
        trusted: The size of the newest head it ever saw; until it replayed so many it does nothing else.
        recipient: Its own age recipient, for envelopes.
        openings: Openings that wait for shares, by id.
        open: Openings and warm accounts whose keys are in memory, with seconds left.
        hardening: What protects the process.
        nonce: What a witness is to sign with the next head, so that its time is believed.
    """

    size: int
    trusted: int
    recipient: str
    openings: dict[str, Progress]
    open: dict[str, float]
    hardening: Hardening
    nonce: str = ""


class Advanced(Answer, frozen=True, kw_only=True, tag="advanced"):
    """So many entries are replayed."""

    size: int


class SealedEpoch(Answer, frozen=True, kw_only=True, tag="sealed-epoch"):
    """What belongs into the database: the envelope with the digest for the log, blobs of account keys, records."""

    envelope: bytes
    digest: Digest
    account_keys: dict[str, bytes]
    records: list[bytes] = []


class Begun(Answer, frozen=True, kw_only=True, tag="begun"):
    """An opening's one-time key.

    Attributes:
        recipient: What custodians encrypt to.
        fingerprint: Its SHA-256, for the log.
        shown: The part of it that people compare.
    """

    recipient: str
    fingerprint: Digest
    shown: str


class LayersToPeel(Answer, frozen=True, kw_only=True, tag="layers-to-peel"):
    """What a custodian takes off, and what they encrypt to."""

    recipient: str
    shown: str
    layers: list[bytes]


class Shared(Answer, frozen=True, kw_only=True, tag="shared"):
    """A share was taken.

    Attributes:
        progress: Who gave, who is waited for.
        open: Whether the keys are in memory now.
    """

    progress: Progress
    open: bool


class SealedRecord(Answer, frozen=True, kw_only=True, tag="sealed-record"):
    """A record's blob; of the seed only the fingerprint.

    Attributes:
        record: The blob.
        digest: For the log.
        version: Of the record.
        fingerprint: Of the seed; empty for a password.
        notes: What was odd about the material, one sentence each.
    """

    record: bytes
    digest: Digest
    version: int
    fingerprint: str
    notes: list[str]


class Code(Answer, frozen=True, kw_only=True, tag="code"):
    """The code stands beside the message; of an enrolment two, with a space between (BG-7).

    Attributes:
        step: Its step.
        valid_from: When the step begins.
        valid_until: When it, or of two the second, is over.
        seconds_left: Until then, whole seconds.
        server_time: When this was made.
    """

    step: int
    valid_from: Instant
    valid_until: Instant
    seconds_left: int
    server_time: Instant


class Password(Answer, frozen=True, kw_only=True, tag="password"):
    """The password stands beside the message.

    Attributes:
        recipient: Whom it is encrypted to, as an armored age file; empty: it is in the clear.
    """

    recipient: str


class MadeExport(Answer, frozen=True, kw_only=True, tag="made-export"):
    """An export waits for its digest to stand in the log."""

    digest: Digest


class ReleasedExport(Answer, frozen=True, kw_only=True, tag="released-export"):
    """The export, not yet signed."""

    body: bytes


class Warm(Answer, frozen=True, kw_only=True, tag="warm"):
    """The key stays for so long."""

    seconds: float


class Forgotten(Answer, frozen=True, kw_only=True, tag="forgotten"):
    """So many openings and warm accounts were wiped."""

    number: int


class No(Answer, frozen=True, kw_only=True, tag="no"):
    """The vault refused.

    Attributes:
        message: Why.
        hint: What to do.
        step: The step of the protocol that refused, if one did.
        custodian: Whose share it was about, if it was.
    """

    message: str
    hint: str = ""
    step: str = ""
    custodian: str = ""


AnyAnswer = (
    Stands
    | Advanced
    | SealedEpoch
    | Begun
    | LayersToPeel
    | Shared
    | SealedRecord
    | Code
    | Password
    | MadeExport
    | ReleasedExport
    | Warm
    | Forgotten
    | No
)
