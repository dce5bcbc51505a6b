"""Exceptions: a fail somebody accepts for a time, with a reason, an owner, a ticket and an end.

They stand as `[[exception]]` tables in a file of their own (docs/exceptions.md), or in the file of the rule they are
about. What becomes of a finding under one is decided in `audit.ledger`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import UTC, date
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import msgspec

from rootwarden.errors import InputError
from rootwarden.rules.diagnostic import RuleSyntaxError
from rootwarden.rules.posture import compile_condition
from rootwarden.rules.rule import CompiledRule

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from rootwarden.audit.rulebook import Rulebook
    from rootwarden.rules.posture import PreparedRule
    from rootwarden.rules.rule_file import AcceptedFail

_HINT = "each [[exception]] has rule, accounts, reason, owner, ticket and until (a date); see docs/exceptions.md"


class ExceptionEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"since": "from"}):
    """One `[[exception]]` table.

    Attributes:
        rule: Rule id, or a pattern such as `root-contact-*`.
        accounts: Twelve-digit ids, or `*` for every account.
        units: Organizational unit paths; accounts in or below them are meant. With `accounts`, both must hold.
        when: A condition of the rule language about what was judged; it must hold too.
        reason: Why the fail is accepted.
        owner: Who accepted it.
        approver: Who approved that, or empty.
        ticket: Where it is written down.
        since: First day it holds (UTC), or `None` for always; `from` in the file.
        until: Last day it holds (UTC).
    """

    rule: str
    reason: str
    owner: str
    ticket: str
    until: date
    accounts: tuple[str, ...] = ("*",)
    units: tuple[str, ...] = ()
    when: str = ""
    approver: str = ""
    since: date | None = None

    def covers(self, rule: str, account: str, unit: str) -> bool:
        """Whether it is about this rule and account."""
        if not fnmatchcase(rule, self.rule):
            return False
        if "*" not in self.accounts and account not in self.accounts:
            return False
        return not self.units or in_or_below(unit, self.units)

    def has_begun(self, as_of: datetime) -> bool:
        """Whether `since` has come."""
        return self.since is None or self.since <= _day(as_of)

    def has_ended(self, as_of: datetime) -> bool:
        """Whether `until` has passed."""
        return _day(as_of) > self.until

    def days_ahead(self, as_of: datetime) -> int:
        """How many days it still holds."""
        return (self.until - _day(as_of)).days


class PreparedException(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """An exception beside the rules of a run.

    Attributes:
        entry: As it was written.
        conditions: Its `when`, compiled for each rule it is about; empty when it has none.
        longest: For each rule that limits its exceptions, the most days one may still have to run.
    """

    entry: ExceptionEntry
    conditions: Mapping[str, CompiledRule] = {}
    longest: Mapping[str, int] = {}


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
        complaint = _complaint(entry, known)
        if complaint:
            raise InputError(f"the exceptions file `{name}` {complaint}", hint=_HINT)
    return entries


def prepare_exceptions(entries: Iterable[ExceptionEntry], rulebook: Rulebook) -> tuple[PreparedException, ...]:
    """Put exceptions, those in the files of the rules among them, beside the rules of a run.

    Args:
        entries: From an exceptions file.
        rulebook: The rules of the run.

    Raises:
        RuleSyntaxError: A `when` is no condition about what its rule judges.
    """
    own = (_of_rule(rule.rule.id, one) for rule in rulebook.rules for one in rule.rule.accepted)
    return tuple(_prepared(entry, rulebook) for entry in (*entries, *own))


def in_or_below(unit: str, units: Iterable[str]) -> bool:
    """Whether an organizational unit is one of `units` or lies below one; paths as `/Root/Workloads`."""
    return any(unit == each or unit.startswith(f"{each}/") for each in units)


def is_unit_path(unit: str) -> bool:
    """Whether a text can be the path of an organizational unit; nothing, or a slash at its end, is in none."""
    return len(unit) > 1 and unit.startswith("/") and not unit.endswith("/")


def _prepared(entry: ExceptionEntry, rulebook: Rulebook) -> PreparedException:
    about = [rule for rule in rulebook.rules if fnmatchcase(rule.rule.id, entry.rule)]
    conditions = {rule.rule.id: _condition(entry, rule) for rule in about if entry.when}
    longest = {rule.rule.id: rule.rule.longest_exception for rule in about}
    return PreparedException(
        entry=entry,
        conditions=conditions,
        longest={rule: days for rule, days in longest.items() if days is not None},
    )


def _condition(entry: ExceptionEntry, rule: PreparedRule) -> CompiledRule:
    """The `when` of an exception about what a rule judges; its mistakes name the ticket, for a file has many."""
    try:
        return compile_condition(rule.compiled.entity, entry.when, rule.schema)
    except RuleSyntaxError as error:
        file = f"exception {entry.ticket}"
        raise RuleSyntaxError(error.diagnostics, error.text, file=file) from None


def _of_rule(rule: str, accepted: AcceptedFail) -> ExceptionEntry:
    return ExceptionEntry(rule=rule, **msgspec.structs.asdict(accepted))


def _complaint(entry: ExceptionEntry, rules: tuple[str, ...]) -> str:
    """What the types of the keys cannot say, or empty."""
    for field in ("reason", "owner", "ticket"):
        if not getattr(entry, field).strip():
            return f"has an empty `{field}` for `{entry.rule}`"
    if not any(fnmatchcase(rule, entry.rule) for rule in rules):
        return f"names the rule `{entry.rule}`, which does not exist"
    for account in entry.accounts:
        if account != "*" and not (len(account) == 12 and account.isdigit()):  # noqa: PLR2004 - account ids
            return f"names `{account}`, which is no account id"
    for unit in entry.units:
        if not is_unit_path(unit):
            return f"names `{unit}`, which is no path of an organizational unit such as `/Root/Workloads`"
    if entry.since is not None and entry.since > entry.until:
        return f"has an exception for `{entry.rule}` that ends before it begins"
    return ""


def _day(instant: datetime) -> date:
    return instant.astimezone(UTC).date()
