"""The vocabulary of the audit log: everything that can be written there, one record a kind.

An entry is one JSON object in canonical form (RFC 8785). Who causes it signs it: all of its fields but `at` and the
signatures, with the name of the log. `docs/break-glass-protocol.md` lists what each records and who may write it.
"""

from __future__ import annotations

from typing import ClassVar, TypeAlias

import msgspec

from rootwarden.breakglass.core.authenticator import Authenticator
from rootwarden.breakglass.core.change import Change
from rootwarden.breakglass.core.duty import Finding
from rootwarden.breakglass.core.people import Person
from rootwarden.breakglass.core.public_key import PublicKey
from rootwarden.breakglass.core.request import Request
from rootwarden.breakglass.core.settings import Settings
from rootwarden.errors import InputError
from rootwarden.facts.instant import Instant
from rootwarden.transparency.canonical import canonical

SYSTEM = "system"
LONGEST_ENTRY = 256 * 1024


class Entry(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", forbid_unknown_fields=True):
    """What every entry has.

    Attributes:
        at: When, by the broker's trusted clock.
        actor: Id of the person who caused it, or `system`.
    """

    SIGNED: ClassVar[bool] = False

    at: Instant
    actor: str


class SignedEntry(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry its actor signs.

    Attributes:
        nonce: Random, so that a signature is good for once.
        authenticator: The actor's signature.
    """

    SIGNED: ClassVar[bool] = True

    nonce: str
    authenticator: Authenticator


class Cosigner(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of several people who sign an entry."""

    person: str
    authenticator: Authenticator


class JointEntry(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry several people sign together."""

    SIGNED: ClassVar[bool] = True

    nonce: str
    signers: tuple[Cosigner, ...]


# The log, its epochs, its clock.


class Founder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A first administrator with a first key."""

    person: Person
    key: PublicKey


class LogBegun(JointEntry, frozen=True, kw_only=True, tag="log-begun", forbid_unknown_fields=True):
    """The first entry: the name of the log, its checkpoint key (PEM), its founders and first settings."""

    log: str
    checkpoint_key: str
    founders: tuple[Founder, ...]
    settings: Settings


class StepFloor(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """No step up to this one is served any more."""

    account: str
    device: str
    step: int


class EpochBegun(JointEntry, frozen=True, kw_only=True, tag="epoch-begun", forbid_unknown_fields=True):
    """After a rollback, a fork or a restore: everything open ends, and steps have a floor."""

    epoch: int
    reason: str
    floors: tuple[StepFloor, ...] = ()


class ClockAttested(JointEntry, frozen=True, kw_only=True, tag="clock-attested", forbid_unknown_fields=True):
    """Two people say what time it is, from a source of their own; `boot` and `monotonic_ns` are the host's."""

    instant: Instant
    source: str
    boot: str
    monotonic_ns: int


class SinkChanged(Entry, frozen=True, kw_only=True, tag="sink-changed", forbid_unknown_fields=True):
    """A sink stopped or began again to accept."""

    sink: str
    works: bool
    reason: str = ""


# People and settings.


class KeyOffered(SignedEntry, frozen=True, kw_only=True, tag="key-offered", forbid_unknown_fields=True):
    """Somebody proves to hold a key that administrators may admit; the signature is the key's own."""

    person: str
    key: PublicKey


class ChangeProposed(SignedEntry, frozen=True, kw_only=True, tag="change-proposed", forbid_unknown_fields=True):
    """An administrator proposes a change."""

    proposal: str
    change: Change


class ChangeSeconded(SignedEntry, frozen=True, kw_only=True, tag="change-seconded", forbid_unknown_fields=True):
    """Another administrator agrees: the change holds from here on."""

    proposal: str
    digest: str


class PersonSuspended(Entry, frozen=True, kw_only=True, tag="person-suspended", forbid_unknown_fields=True):
    """Somebody lost every right: by an administrator, or because a list of leavers names them."""

    person: str
    reason: str


# Requests.


class RequestFiled(SignedEntry, frozen=True, kw_only=True, tag="request-filed", forbid_unknown_fields=True):
    """Somebody asks."""

    request: Request


class ApprovalGiven(SignedEntry, frozen=True, kw_only=True, tag="approval-given", forbid_unknown_fields=True):
    """An approver agrees to exactly this request, having seen the log up to this head (BG-2)."""

    request: str
    digest: str
    head_size: int
    head_root: str
    phrase: str


class RequestDenied(SignedEntry, frozen=True, kw_only=True, tag="request-denied", forbid_unknown_fields=True):
    """An approver says no."""

    request: str
    reason: str


class RequestWithdrawn(Entry, frozen=True, kw_only=True, tag="request-withdrawn", forbid_unknown_fields=True):
    """The requester does not want it any more."""

    request: str


class RequestReported(Entry, frozen=True, kw_only=True, tag="request-reported", forbid_unknown_fields=True):
    """Somebody got a request nobody announced: it ends, and its requester is frozen."""

    request: str
    reason: str


class RequestExpired(Entry, frozen=True, kw_only=True, tag="request-expired", forbid_unknown_fields=True):
    """Its time passed without enough approvals."""

    request: str


class NoticeRecorded(Entry, frozen=True, kw_only=True, tag="notice-recorded", forbid_unknown_fields=True):
    """Somebody was told of a request, or could not be."""

    request: str
    person: str
    channel: str
    delivered: bool


# Leases and what is released.


class LeaseOpened(Entry, frozen=True, kw_only=True, tag="lease-opened", forbid_unknown_fields=True):
    """The quorum is met and the recipient begins; `fence` is the entry's own place in the log."""

    lease: str
    request: str
    until: Instant
    fence: int


class CodeReleased(SignedEntry, frozen=True, kw_only=True, tag="code-released", forbid_unknown_fields=True):
    """A code for one step of one device may leave the vault."""

    lease: str
    device: str
    step: int


class PasswordReleased(SignedEntry, frozen=True, kw_only=True, tag="password-released", forbid_unknown_fields=True):
    """The root password may leave the vault."""

    lease: str


class TaskSessionReleased(
    SignedEntry, frozen=True, kw_only=True, tag="task-session-released", forbid_unknown_fields=True
):
    """The recipient's client may open an AssumeRoot session with this task policy."""

    lease: str
    task_policy: str
    role: str
    seconds: int


class ExportReleased(SignedEntry, frozen=True, kw_only=True, tag="export-released", forbid_unknown_fields=True):
    """A sealed export of one account leaves the vault."""

    lease: str
    digest: str


class LeaseEnded(Entry, frozen=True, kw_only=True, tag="lease-ended", forbid_unknown_fields=True):
    """The window ended, or it was given back, or revoked; duties begin."""

    lease: str
    why: str
    reason: str = ""


class CheckedIn(SignedEntry, frozen=True, kw_only=True, tag="checked-in", forbid_unknown_fields=True):
    """Evidence was looked at: what it shows of each duty."""

    lease: str
    observed_at: Instant
    last_root_event: Instant | None
    evidence: str
    findings: tuple[Finding, ...]
    report: str = ""


class DutyAccepted(JointEntry, frozen=True, kw_only=True, tag="duty-accepted", forbid_unknown_fields=True):
    """A duty that differs is closed with words, by an administrator and an approver (D3)."""

    lease: str
    duty: str
    reason: str


class LeaseClosed(Entry, frozen=True, kw_only=True, tag="lease-closed", forbid_unknown_fields=True):
    """Every duty is met or accepted."""

    lease: str


class CheckoutPublished(Entry, frozen=True, kw_only=True, tag="checkout-published", forbid_unknown_fields=True):
    """A line of `checkouts.jsonl` (docs/checkouts.md): these bytes are what is signed there."""

    lease: str
    account: str
    task: str
    person: str
    start: Instant = msgspec.field(name="from")
    until: Instant
    released_at: Instant | None
    mfa_device: str
    sources: tuple[str, ...]


# Custody.


class Rewrapped(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A record that was encrypted anew for an epoch."""

    account: str
    device: str
    version: int
    digest: str


class EpochSealed(Entry, frozen=True, kw_only=True, tag="epoch-sealed", forbid_unknown_fields=True):
    """The vault made the key of a custody group's epoch; `digest` is of its sealed envelope."""

    group: str
    epoch: int
    digest: str
    records: tuple[Rewrapped, ...] = ()


class OpeningBegun(Entry, frozen=True, kw_only=True, tag="opening-begun", forbid_unknown_fields=True):
    """Custodians are asked to open a group for one purpose; they compare the fingerprint."""

    opening: str
    group: str
    epoch: int
    purpose: str
    reference: str
    fingerprint: str


class ShareGiven(SignedEntry, frozen=True, kw_only=True, tag="share-given", forbid_unknown_fields=True):
    """A custodian peeled their layer; `digest` is of what they handed in."""

    opening: str
    fingerprint: str
    digest: str


class OpeningEnded(Entry, frozen=True, kw_only=True, tag="opening-ended", forbid_unknown_fields=True):
    """The key was used and wiped, or nobody came, or a share was wrong."""

    opening: str
    outcome: str
    reason: str = ""


class RecordSealed(Entry, frozen=True, kw_only=True, tag="record-sealed", forbid_unknown_fields=True):
    """A seed or a password lies in the vault: who brought it, its fingerprint, the digest of the sealed record."""

    account: str
    holds: str
    device: str
    group: str
    epoch: int
    version: int
    fingerprint: str
    digest: str
    lease: str


class EnrolmentServed(SignedEntry, frozen=True, kw_only=True, tag="enrolment-served", forbid_unknown_fields=True):
    """Two consecutive codes for the console's form: steps `step` and the next."""

    lease: str
    device: str
    step: int


class EnrolmentProven(SignedEntry, frozen=True, kw_only=True, tag="enrolment-proven", forbid_unknown_fields=True):
    """A sign-in with the new device was seen; who destroyed the source of the seed says so."""

    lease: str
    device: str
    evidence: str
    source_destroyed: bool


# Drills, sign-ins, refusals.


class DrillDone(Entry, frozen=True, kw_only=True, tag="drill-done", forbid_unknown_fields=True):
    """A drill came to an end (S3.9)."""

    drill: str
    account: str
    drill_kind: str
    due: Instant
    outcome: str
    evidence: str


class SignedIn(Entry, frozen=True, kw_only=True, tag="signed-in", forbid_unknown_fields=True):
    """Somebody signed in to look: `method` is passkey, ed25519 or oidc."""

    method: str


class AttemptRefused(Entry, frozen=True, kw_only=True, tag="attempt-refused", forbid_unknown_fields=True):
    """Somebody tried what the protocol does not allow; many of one kind are counted in one entry."""

    attempted: str
    step: str
    count: int = 1


AnyEntry: TypeAlias = (
    LogBegun
    | EpochBegun
    | ClockAttested
    | SinkChanged
    | KeyOffered
    | ChangeProposed
    | ChangeSeconded
    | PersonSuspended
    | RequestFiled
    | ApprovalGiven
    | RequestDenied
    | RequestWithdrawn
    | RequestReported
    | RequestExpired
    | NoticeRecorded
    | LeaseOpened
    | CodeReleased
    | PasswordReleased
    | TaskSessionReleased
    | ExportReleased
    | LeaseEnded
    | CheckedIn
    | DutyAccepted
    | LeaseClosed
    | CheckoutPublished
    | EpochSealed
    | OpeningBegun
    | ShareGiven
    | OpeningEnded
    | RecordSealed
    | EnrolmentServed
    | EnrolmentProven
    | DrillDone
    | SignedIn
    | AttemptRefused
)

_DECODER: msgspec.json.Decoder[AnyEntry] = msgspec.json.Decoder(AnyEntry)


def kind_of(entry: Entry) -> str:
    """The kind of an entry, as its JSON has it."""
    return str(type(entry).__struct_config__.tag)


def to_bytes(entry: Entry) -> bytes:
    """An entry as it stands in the log.

    Raises:
        InputError: It has no canonical spelling.
    """
    return canonical(msgspec.to_builtins(entry))


def from_bytes(content: bytes) -> AnyEntry:
    """Read an entry of the log.

    Raises:
        InputError: It is too long, of no kind we know, or not in canonical form (G3).
    """
    if len(content) > LONGEST_ENTRY:
        raise InputError(f"an entry has {len(content)} bytes, more than {LONGEST_ENTRY}")
    try:
        entry = _DECODER.decode(content)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise InputError(f"the entry is none of this protocol: {error}") from error
    if to_bytes(entry) != content:
        raise InputError("the entry is not in canonical form")
    return entry


def signed_message(entry: Entry, *, log: str) -> bytes:
    """What people sign of an entry: its fields without `at` and the signatures, and the name of the log."""
    document = msgspec.to_builtins(entry)
    for field in ("at", "authenticator", "signers"):
        document.pop(field, None)
    return canonical({**document, "log": log})
