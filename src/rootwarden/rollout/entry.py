"""One line of the journal: what it holds, how it is spelled, what it is bound to (docs/rollout-journal.md)."""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import Any, Final

import msgspec

from rootwarden.errors import InputError
from rootwarden.transparency.canonical import canonical

SCHEMA: Final = "rootwarden.journal/1"
LONGEST_LINE: Final = 1 << 16
FIRST_PREVIOUS: Final = "0" * 64


class Kind(StrEnum):
    """What a line says."""

    BEGIN = "begin"
    RESUME = "resume"
    RECOVERED = "recovered"
    INTENT = "intent"
    OUTCOME = "outcome"
    SEEN = "seen"
    NOTE = "note"
    SURPRISE = "surprise"
    SIGNED = "signed"


class Result(StrEnum):
    """What came of a call that was intended."""

    DONE = "done"
    FOUND = "found"
    UNDONE = "undone"
    REFUSED = "refused"
    FAILED = "failed"


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line.

    Attributes:
        number: Where it stands, from 0.
        previous: SHA-256 of the line before, in hexadecimal.
        at: When, ISO 8601.
        kind: What it says.
        target: What is changed: an account, mostly.
        step: Which step of the plan.
        call: The operation as IAM spells it.
        parameters: Its parameters, or what else a line of this kind holds.
        intent: Of an outcome, the number of its intent; else -1.
        result: Of an outcome a `Result`, of a surprise its kind; else empty.
        detail: Words for people.
        seal: Signature of the run's own key over the rest, in Base64 (`sealing`); empty where a run had none.
    """

    number: int
    previous: str
    at: str
    kind: Kind
    target: str = ""
    step: str = ""
    call: str = ""
    parameters: dict[str, Any] = {}
    intent: int = -1
    result: str = ""
    detail: str = ""
    seal: str = ""


_DECODER: Final = msgspec.json.Decoder(Entry)


def spelled(entry: Entry) -> bytes:
    """The entry as it stands in the file, without its line feed.

    Raises:
        InputError: It holds what canonical JSON has no spelling for, or is too long for a line.
    """
    line = canonical(msgspec.to_builtins(entry))
    if len(line) > LONGEST_LINE:
        raise InputError(f"an entry of {len(line)} bytes is too long for the journal")
    return line


def read_line(line: bytes) -> Entry | None:
    """The entry a line holds; `None` when it holds none, or not in canonical spelling."""
    try:
        entry = _DECODER.decode(line)
        return entry if spelled(entry) == line else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, InputError):
        return None


def digest_of(line: bytes) -> str:
    """What the next line holds as `previous`."""
    return hashlib.sha256(line).hexdigest()


def signed_message(*, at: str, head: str, key: str, size: int, why: str) -> bytes:
    """What a `signed` line holds the signature over."""
    return canonical({"at": at, "head": head, "journal": SCHEMA, "key": key, "size": size, "why": why})


def sealed_message(entry: Entry) -> bytes:
    """What the seal of a line is a signature over: all of it but the seal."""
    return canonical({"journal": SCHEMA, "line": msgspec.to_builtins(msgspec.structs.replace(entry, seal=""))})


def warrant_message(*, at: str, by: str, head: str, key: str, plan: str, run: str, size: int) -> bytes:
    """What a person signs at the beginning of a run: that this key of the run writes lines in their name."""
    told: dict[str, Any] = {
        "at": at,
        "by": by,
        "head": head,
        "journal": SCHEMA,
        "key": key,
        "plan": plan,
        "run": run,
        "size": size,
    }
    return canonical(told)
