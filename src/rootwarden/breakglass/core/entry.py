"""The vocabulary of the audit log: everything that can be written there, one record a kind, and how it is spelled.

An entry is one JSON object in canonical form (RFC 8785). Who causes it signs it: all of its fields but `at` and the
signatures, with the name of the log and its epoch. `docs/break-glass-protocol.md` lists what each records.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import msgspec

from rootwarden.breakglass.core.entries.base import SYSTEM, Cosigner, Entry, JointEntry, SignedEntry
from rootwarden.breakglass.core.entries.custody import (
    EnrolmentProven,
    EnrolmentServed,
    EpochSealed,
    OpeningBegun,
    OpeningEnded,
    RecordSealed,
    Resealed,
    ShareGiven,
    ShareRefused,
    WrappedKey,
)
from rootwarden.breakglass.core.entries.founding import (
    ClockAttested,
    EpochBegun,
    Founder,
    LogBegun,
    SinkChanged,
    StepFloor,
)
from rootwarden.breakglass.core.entries.governing import (
    ChangeProposed,
    ChangeSeconded,
    KeyOffered,
    LeaverSuspended,
    PersonSuspended,
)
from rootwarden.breakglass.core.entries.leasing import (
    CheckedIn,
    CheckoutPublished,
    CodeReleased,
    DutyAccepted,
    ExportReleased,
    LeaseClosed,
    LeaseEnded,
    LeaseOpened,
    PasswordReleased,
    TaskSessionReleased,
)
from rootwarden.breakglass.core.entries.recording import (
    AttemptRefused,
    DrillBegun,
    DrillDone,
    HazardNoticed,
    SignedIn,
)
from rootwarden.breakglass.core.entries.requesting import (
    ApprovalGiven,
    NoticeRecorded,
    RequestDenied,
    RequestExpired,
    RequestFiled,
    RequestReported,
    RequestWithdrawn,
)
from rootwarden.errors import InputError

__all__ = [
    "SYSTEM",
    "AnyEntry",
    "ApprovalGiven",
    "AttemptRefused",
    "ChangeProposed",
    "ChangeSeconded",
    "CheckedIn",
    "CheckoutPublished",
    "ClockAttested",
    "CodeReleased",
    "Cosigner",
    "DrillBegun",
    "DrillDone",
    "DutyAccepted",
    "EnrolmentProven",
    "EnrolmentServed",
    "Entry",
    "EpochBegun",
    "EpochSealed",
    "ExportReleased",
    "Founder",
    "HazardNoticed",
    "JointEntry",
    "KeyOffered",
    "LeaseClosed",
    "LeaseEnded",
    "LeaseOpened",
    "LeaverSuspended",
    "LogBegun",
    "NoticeRecorded",
    "OpeningBegun",
    "OpeningEnded",
    "PasswordReleased",
    "PersonSuspended",
    "RecordSealed",
    "RequestDenied",
    "RequestExpired",
    "RequestFiled",
    "RequestReported",
    "RequestWithdrawn",
    "Resealed",
    "ShareGiven",
    "ShareRefused",
    "SignedEntry",
    "SignedIn",
    "SinkChanged",
    "StepFloor",
    "TaskSessionReleased",
    "WrappedKey",
]

LONGEST_ENTRY: Final = 256 * 1024

AnyEntry: TypeAlias = (
    LogBegun
    | EpochBegun
    | ClockAttested
    | SinkChanged
    | KeyOffered
    | ChangeProposed
    | ChangeSeconded
    | PersonSuspended
    | LeaverSuspended
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
    | ShareRefused
    | OpeningEnded
    | RecordSealed
    | EnrolmentServed
    | EnrolmentProven
    | DrillBegun
    | DrillDone
    | SignedIn
    | HazardNoticed
    | AttemptRefused
)

_DECODER: msgspec.json.Decoder[AnyEntry] = msgspec.json.Decoder(AnyEntry)
# All names in an entry are ASCII, so that sorting them by code points is sorting them as RFC 8785 3.2.3 wants;
# whole numbers and strings are spelled alike. A test holds it against `transparency.canonical`.
_ENCODER: Final = msgspec.json.Encoder(order="sorted")


def kind_of(entry: Entry) -> str:
    """The kind of an entry, as its JSON has it."""
    return str(type(entry).__struct_config__.tag)


def to_bytes(entry: Entry) -> bytes:
    """An entry as it stands in the log.

    Raises:
        InputError: It has no canonical spelling.
    """
    try:
        return _ENCODER.encode(entry)
    except (UnicodeEncodeError, ValueError, TypeError, OverflowError) as error:
        raise InputError("the entry has no canonical spelling") from error


def from_bytes(content: bytes) -> AnyEntry:
    """Read an entry of the log.

    Raises:
        InputError: It is too long, of no kind we know, out of bounds, or not in canonical form (G3).
    """
    if len(content) > LONGEST_ENTRY:
        raise InputError(f"an entry has {len(content)} bytes, more than {LONGEST_ENTRY}")
    try:
        entry = _DECODER.decode(content)
    except (msgspec.DecodeError, RecursionError, UnicodeError, ValueError, OverflowError) as error:
        raise InputError(f"the entry is none of this protocol: {error}") from error
    if to_bytes(entry) != content:
        raise InputError("the entry is not in canonical form")
    return entry


def signed_message(entry: Entry, *, log: str, epoch: str) -> bytes:
    """What people sign of an entry; `State.message` gives what to say of log and epoch.

    Args:
        entry: With or without signatures: its fields but these and `at` are signed.
        log: Name of the log.
        epoch: Root of the log when its epoch began, in hexadecimal; empty for the first entry. So nothing that was
            signed in a part of the log that was lost can be played again after it.
    """
    document = msgspec.to_builtins(entry)
    for field in ("at", "authenticator", "signers"):
        document.pop(field, None)
    return _ENCODER.encode({**document, "log": log, "log_epoch": epoch})
