"""Exceptions: a fail somebody accepts for a time, with a reason, an owner, a ticket and an end.

The file is TOML, `[[exception]]` tables (docs/exceptions.md). An exception never hides a finding: a fail under it
stays a fail with `suppressed_by` set and no effect on the exit code. Expired, the finding counts again and a warning
says so; one that matches nothing gives a warning too.
"""

from __future__ import annotations

import tomllib
from datetime import UTC, date
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import msgspec

from rootwarden.audit.result import ExceptionUse, Suppression
from rootwarden.errors import InputError
from rootwarden.rules.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from rootwarden.audit.result import Finding

_HINT = "each [[exception]] has rule, accounts, reason, owner, ticket and until (a date); see docs/exceptions.md"


class ExceptionEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One `[[exception]]` table.

    Attributes:
        rule: Rule id, or a pattern such as `root-contact-*`.
        accounts: Twelve-digit ids, or `*` for every account.
        units: Organizational unit paths; accounts in or below them are meant. With `accounts`, both must hold.
        reason: Why the fail is accepted.
        owner: Who accepted it.
        ticket: Where it is written down.
        until: Last day it holds (UTC).
    """

    rule: str
    reason: str
    owner: str
    ticket: str
    until: date
    accounts: tuple[str, ...] = ("*",)
    units: tuple[str, ...] = ()

    def covers(self, rule: str, account: str, unit: str) -> bool:
        """Whether it is about this rule and account."""
        if not fnmatchcase(rule, self.rule):
            return False
        if "*" not in self.accounts and account not in self.accounts:
            return False
        return not self.units or any(unit == each or unit.startswith(f"{each}/") for each in self.units)

    def in_force(self, as_of: datetime) -> bool:
        """Whether `until` has not passed."""
        return as_of.astimezone(UTC).date() <= self.until


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    exception: tuple[ExceptionEntry, ...] = ()


def parse_exceptions(text: str, *, name: str, rules: Iterable[str]) -> tuple[ExceptionEntry, ...]:
    """Read an exceptions file.

    Args:
        text: TOML.
        name: File name for messages.
        rules: Ids of the rules that exist; an exception for none of them is a mistake.

    Raises:
        InputError: When the file is not what it should be.
    """
    try:
        entries = msgspec.convert(tomllib.loads(text), _File).exception
    except (ValueError, msgspec.ValidationError, RecursionError) as error:
        raise InputError(f"the exceptions file `{name}` is wrong: {error}", hint=_HINT) from error
    known = tuple(rules)
    for entry in entries:
        for field in ("reason", "owner", "ticket"):
            if not getattr(entry, field).strip():
                raise InputError(f"the exceptions file `{name}` has an empty `{field}` for `{entry.rule}`", hint=_HINT)
        if not any(fnmatchcase(rule, entry.rule) for rule in known):
            raise InputError(
                f"the exceptions file `{name}` names the rule `{entry.rule}`, which does not exist", hint=_HINT
            )
        for account in entry.accounts:
            if account != "*" and not (len(account) == 12 and account.isdigit()):  # noqa: PLR2004 - account ids
                raise InputError(f"the exceptions file `{name}` names `{account}`, which is no account id", hint=_HINT)
    return entries


def apply_exceptions(
    findings: Iterable[Finding],
    entries: tuple[ExceptionEntry, ...],
    units: Mapping[str, str],
    as_of: datetime,
) -> tuple[tuple[Finding, ...], tuple[ExceptionUse, ...], tuple[str, ...]]:
    """Mark the fails that stand under an exception.

    Args:
        findings: All findings.
        entries: The exceptions.
        units: Path of the organizational unit by account id.
        as_of: The instant that decides what has expired.

    Returns:
        (findings, what became of each exception, warnings).
    """
    matched = dict.fromkeys(range(len(entries)), 0)
    judged: set[str] = set()
    marked = []
    for finding in findings:
        judged.add(finding.rule)
        covering = [
            number
            for number, entry in enumerate(entries)
            if finding.verdict is Verdict.FAIL
            and entry.covers(finding.rule, finding.account, units.get(finding.account, ""))
        ]
        for number in covering:
            matched[number] += 1
        valid = next((entries[number] for number in covering if entries[number].in_force(as_of)), None)
        marked.append(finding if valid is None else msgspec.structs.replace(finding, suppressed_by=_suppression(valid)))
    # An exception for a rule that this run left out can neither match nor end here: nothing is said about it.
    asked = [any(fnmatchcase(rule, entry.rule) for rule in judged) for entry in entries]
    uses = tuple(_use(entry, matched[number], as_of, asked=asked[number]) for number, entry in enumerate(entries))
    warned = (use for use, about in zip(uses, asked, strict=True) if about and use.state != "in_force")
    return tuple(marked), uses, tuple(_warning(use) for use in warned)


def _suppression(entry: ExceptionEntry) -> Suppression:
    return Suppression(reason=entry.reason, owner=entry.owner, ticket=entry.ticket, until=entry.until)


def _use(entry: ExceptionEntry, matched: int, as_of: datetime, *, asked: bool) -> ExceptionUse:
    state = "expired" if not entry.in_force(as_of) else "in_force" if matched or not asked else "unmatched"
    return ExceptionUse(
        rule=entry.rule,
        accounts=entry.accounts,
        reason=entry.reason,
        owner=entry.owner,
        ticket=entry.ticket,
        until=entry.until,
        state=state,
        matched=matched,
    )


def _warning(use: ExceptionUse) -> str:
    who = f"the exception of {use.owner} for `{use.rule}` ({use.ticket})"
    if use.state == "expired":
        again = (
            f"{use.matched} finding{'s count' if use.matched != 1 else ' counts'} again"
            if use.matched
            else "it covers nothing"
        )
        return f"{who} ended on {use.until.isoformat()}: {again}"
    return f"{who} matches no failing finding: remove it, or correct its scope"
