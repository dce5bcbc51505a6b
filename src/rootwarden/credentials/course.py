"""What a journal of the removal shows of each wave: who was looked at, what was seen, what was removed. Pure.

What the plan saw is a look like any other, at the instant of the plan: the journal tells it under the signature of who
carried the plan out. A change makes what was seen before it worthless, whatever AWS answered: the account is not known
until the next look.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec

from rootwarden.credentials.holdings import counted
from rootwarden.credentials.plan import State
from rootwarden.credentials.progress import UNDO
from rootwarden.facts.instant import format_instant, parse_instant
from rootwarden.fleet.removal_work import KIND_NAMES, Look, Stretch, Work
from rootwarden.rollout.entry import Kind, Result, digest_of, spelled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rootwarden.credentials.holdings import Holdings
    from rootwarden.credentials.plan import Plan
    from rootwarden.rollout.entry import Entry
    from rootwarden.rollout.journal import Journal

LEFT_ALONE: Final = "left alone by the plan"
PASSED_OVER: Final = "passed over: "
HOLDS: Final = "holds"
SAW: Final = "saw"
SAW_AT: Final = "saw_at"
_NAME_DIGITS: Final = 12
_MOST_OF_A_LINE: Final = 1000
# Calls that change what an account holds, and of which kind; a virtual device is deleted after it was deactivated.
_CHANGES: Final = {
    "iam:DeleteLoginProfile": "password",
    "iam:CreateLoginProfile": "password",
    "iam:DeleteAccessKey": "access-key",
    "iam:DeleteSigningCertificate": "certificate",
    "iam:DeactivateMFADevice": "mfa-device",
}
_NOTHING_SEEN: Final[tuple[bool | None, ...]] = (None,) * len(KIND_NAMES)


class _Wave(msgspec.Struct, kw_only=True):
    """One wave, as it is gone through."""

    announced: datetime
    organization: str
    number: int
    name: str
    accounts: dict[str, None] = msgspec.field(default_factory=dict)
    planned: dict[str, Look] = msgspec.field(default_factory=dict)
    runs: dict[int, dict[str, Look]] = msgspec.field(default_factory=dict)
    removed: dict[str, int] = msgspec.field(default_factory=lambda: dict.fromkeys(KIND_NAMES, 0))


def announce(plan: Plan, journal: Journal) -> None:
    """Write down which accounts are in which wave, which are left alone, and what the plan saw of each.

    What stands there already is left.

    Args:
        plan: The plan.
        journal: Its journal, open.
    """
    groups = [(wave.number, wave.name, wave.accounts) for wave in plan.waves.waves]
    alone = tuple(one.account for state in (State.BLOCKED, State.UNKNOWN) for one in plan.of(state))
    groups += [(0, LEFT_ALONE, alone)] if alone else []
    seen = {one.account: _presence(one.seen) for one in plan.accounts}
    there = {account for entry in journal.entries for account in _announced(entry)}
    for number, name, accounts in groups:
        left = [account for account in accounts if account not in there]
        for at in range(0, len(left), _MOST_OF_A_LINE):
            parameters = {
                "wave": number,
                "name": name,
                "organization": plan.organization,
                "accounts": left[at : at + _MOST_OF_A_LINE],
                SAW: [seen.get(account) for account in left[at : at + _MOST_OF_A_LINE]],
                SAW_AT: format_instant(plan.as_of),
            }
            journal.note(detail=f"wave {number}, {name}" if number else name, parameters=parameters)


def _presence(seen: Holdings | None) -> list[bool | None] | None:
    """Whether a root user held each kind, in the order of `KIND_NAMES`; `None` where nobody looked."""
    return None if seen is None else [_there(count) for count in (counted(seen)[kind] for kind in KIND_NAMES)]


def works_of(entries: Sequence[Entry]) -> tuple[Work, ...]:
    """What each wave of a journal came to, in order.

    Args:
        entries: Of a journal that was verified, from the first on.
    """
    waves: dict[int, _Wave] = {}
    place: dict[str, _Wave] = {}
    run = 0
    for entry in entries:
        run += entry.kind is Kind.RESUME
        at = parse_instant(entry.at)
        if at is None:
            continue
        for account in _announced(entry):
            place[account] = _wave(waves, entry, at)
            place[account].accounts[account] = None
        for account, look in _planned(entry, at).items():
            if account in place:
                place[account].planned[account] = look
        if entry.target in place:
            _take(place[entry.target], entry, at, run)
    name = digest_of(spelled(entries[0]))[:_NAME_DIGITS] if entries else ""
    return tuple(_work(name, wave) for wave in waves.values())


def _announced(entry: Entry) -> Iterator[str]:
    accounts = entry.parameters.get("accounts")
    if entry.kind is Kind.NOTE and isinstance(accounts, list) and isinstance(entry.parameters.get("wave"), int):
        yield from (each for each in accounts if isinstance(each, str))


def _planned(entry: Entry, written: datetime) -> dict[str, Look]:
    """What the plan saw of the accounts a line names, by account; nothing where the line does not tell.

    A plan cannot have seen anything after it was written down.
    """
    accounts, held = entry.parameters.get("accounts"), entry.parameters.get(SAW)
    at = parse_instant(str(entry.parameters.get(SAW_AT, "")))
    if at is None or not isinstance(accounts, list) or not isinstance(held, list) or len(held) != len(accounts):
        return {}
    return {
        account: Look(
            account=account,
            at=min(at, written),
            kinds=tuple(each if isinstance(each, bool) else None for each in kinds),
        )
        for account, kinds in zip(accounts, held, strict=True)
        if isinstance(account, str) and isinstance(kinds, list) and len(kinds) == len(KIND_NAMES)
    }


def _wave(waves: dict[int, _Wave], entry: Entry, at: datetime) -> _Wave:
    told = entry.parameters
    number = int(told["wave"])
    return waves.setdefault(
        number,
        _Wave(
            announced=at,
            organization=str(told.get("organization", "")),
            number=number,
            name=str(told.get("name", "")),
        ),
    )


def _take(wave: _Wave, entry: Entry, at: datetime, run: int) -> None:
    """What one line says of an account of the wave."""
    looks = wave.runs.get(run, {})
    last = next((each[entry.target] for each in reversed(wave.runs.values()) if entry.target in each), None)
    kinds = _seen(entry, last.kinds if last is not None else _NOTHING_SEEN)
    if kinds is not None:
        looks[entry.target] = Look(account=entry.target, at=at, kinds=kinds)
        wave.runs[run] = looks
    kind = _CHANGES.get(entry.call)
    if kind is not None and entry.kind is Kind.OUTCOME and entry.result in {Result.DONE.value, Result.FOUND.value}:
        wave.removed[kind] += -1 if entry.step.startswith(UNDO) else 1


def _seen(entry: Entry, before: tuple[bool | None, ...]) -> tuple[bool | None, ...] | None:
    """What is known of an account after a line; nothing when the line says nothing of that."""
    if entry.kind is Kind.SEEN and isinstance(entry.parameters.get(HOLDS), dict):
        return tuple(_there(entry.parameters[HOLDS].get(kind)) for kind in KIND_NAMES)
    if entry.kind is Kind.NOTE and entry.detail.startswith(PASSED_OVER):
        return _NOTHING_SEEN
    changed = _CHANGES.get(entry.call)
    if entry.kind is Kind.INTENT and changed is not None:
        return tuple(None if kind == changed else known for kind, known in zip(KIND_NAMES, before, strict=True))
    return None


def _there(count: Any) -> bool | None:
    return count > 0 if isinstance(count, int) else None


def _work(name: str, wave: _Wave) -> Work:
    return Work(
        journal=name,
        organization=wave.organization,
        announced=wave.announced,
        number=wave.number,
        name=wave.name,
        accounts=tuple(wave.accounts),
        stretches=tuple(
            Stretch(ended=max(look.at for look in looks.values()), looks=tuple(looks.values()))
            for looks in wave.runs.values()
        ),
        planned=tuple(wave.planned.values()),
        removed=tuple(max(0, wave.removed[kind]) for kind in KIND_NAMES),
    )
