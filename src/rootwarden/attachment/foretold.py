"""The replay record: is it about exactly this change, of now, and what does it foretell? (docs/guardrails-replay.md)"""

from __future__ import annotations

import hashlib
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.attachment.plan import Foretold
from rootwarden.errors import InputError, UsageError
from rootwarden.facts.instant import parse_instant

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA: Final = "rootwarden.guardrails-replay/1"
LARGEST: Final = 256 << 20
_HOST: Final = ".amazonaws.com"
_COUNTED: Final = frozenset({"denied", "depends"})
_HOW: Final = "`rootwarden guardrails replay … --format json`, or --waive-replay with the reason"


class Change(msgspec.Struct, frozen=True, order=True):
    """One policy attached to or detached from one target."""

    operation: str
    kind: str
    target: str
    sha256: str


class Sought(msgspec.Struct, frozen=True):
    """What a record must be of.

    Attributes:
        organization: `o-…`.
        change: No more and no less.
        at: The instant the plan is judged at.
        days: How old the last event it read may be.
        window: How many days there must be from the first to the last.
    """

    organization: str
    change: AbstractSet[Change]
    at: datetime
    days: int
    window: int


class _Policy(msgspec.Struct, frozen=True):
    sha256: str
    name: str = ""


class _Changed(msgspec.Struct, frozen=True):
    operation: str
    kind: str
    target: str
    policy: _Policy


class _Present(msgspec.Struct, frozen=True):
    sha256: str
    organization: str | None = None


class _Window(msgspec.Struct, frozen=True):
    first: str | None
    last: str | None
    regions: tuple[str, ...]


class _Read(msgspec.Struct, frozen=True):
    complete: bool
    accounts: tuple[str, ...]


class _Calls(msgspec.Struct, frozen=True):
    at_least: int
    at_most: int


class _Group(msgspec.Struct, frozen=True):
    account: str
    principal: str
    source: str
    event: str
    verdict: str
    calls: int


class _Record(msgspec.Struct, frozen=True):
    schema: str
    change: tuple[_Changed, ...]
    present: _Present
    window: _Window
    read: _Read
    calls: _Calls
    groups: tuple[_Group, ...]
    beyond: int = 0


def group_name(account: str, principal: str, source: str, event: str) -> str:
    """How calls are put together: whose, and which; a replay names services without the end of their hosts."""
    return f"{account} {principal} {source.removesuffix(_HOST)} {event}"


def read_replay(path: Path, wanted: Sought) -> tuple[Foretold, frozenset[str]]:
    """What a replay record foretells of a change, and the accounts of whose principals it read a call.

    Args:
        path: The record.
        wanted: What it must be of.

    Raises:
        InputError: It cannot be read, or is no replay record.
        UsageError: It is of another change or organization, too old, of too short a time, or did not read everything.
    """
    content = _content(path)
    try:
        record = msgspec.json.decode(content, type=_Record)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"`{path}` is no replay record: {error}", hint=_HOW) from error
    if record.schema != SCHEMA:
        raise InputError(f"`{path}` has the schema `{record.schema}`, not `{SCHEMA}`", hint=_HOW)
    _refuse_other(path, record, wanted)
    _refuse_half(path, record)
    _refuse_time(path, record, wanted)
    calls: dict[str, int] = {}
    for one in record.groups:
        if one.verdict in _COUNTED:
            name = group_name(one.account, one.principal, one.source, one.event)
            calls[name] = calls.get(name, 0) + one.calls
    found = Foretold(
        record=hashlib.sha256(content).hexdigest(),
        present=record.present.sha256,
        first=record.window.first or "",
        last=record.window.last or "",
        at_least=record.calls.at_least,
        at_most=record.calls.at_most,
        calls=calls,
        beyond=record.beyond,
    )
    return found, frozenset(record.read.accounts)


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise InputError(f"`{path}` cannot be read: {error.strerror}", hint=_HOW) from error
    if len(content) > LARGEST:
        raise InputError(f"`{path}` is larger than any replay record")
    return content


def _refuse_other(path: Path, record: _Record, wanted: Sought) -> None:
    found = {Change(one.operation, one.kind, one.target, one.policy.sha256) for one in record.change}
    if found != wanted.change:
        strange = min(found ^ wanted.change)
        where = "is not in the plan" if strange in found else "was not replayed"
        raise UsageError(
            f"`{path}` is of another change: {strange.operation} {strange.sha256[:12]}… at `{strange.target}` {where}",
            hint=f"replay exactly these policies and targets: {_HOW}",
        )
    if record.present.organization not in {None, "", wanted.organization}:
        raise UsageError(f"`{path}` is of the organization `{record.present.organization}`", hint=_HOW)


def _refuse_half(path: Path, record: _Record) -> None:
    if not record.read.complete:
        raise UsageError(f"`{path}` did not read every log, so its numbers are too low", hint=_HOW)
    if record.window.regions:
        raise UsageError(
            f"`{path}` is of events of {', '.join(record.window.regions)} alone, and the change is for every region",
            hint=f"replay without --event-region: {_HOW}",
        )


def _refuse_time(path: Path, record: _Record, wanted: Sought) -> None:
    first, last = parse_instant(record.window.first or ""), parse_instant(record.window.last or "")
    if first is None or last is None:
        raise UsageError(f"`{path}` read no event, so it foretells nothing", hint=_HOW)
    if wanted.at - last > timedelta(days=wanted.days):
        raise UsageError(
            f"the last event of `{path}` is of {record.window.last}, more than {wanted.days} days ago",
            hint=f"replay newer logs, or give --replay-days: {_HOW}",
        )
    if last - first < timedelta(days=wanted.window):
        raise UsageError(
            f"`{path}` is of {record.window.first} to {record.window.last}, less than {wanted.window} days: "
            "what is done once a week or a month is not in it",
            hint=f"replay more logs, or give --replay-window: {_HOW}",
        )
