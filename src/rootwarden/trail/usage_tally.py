"""Calls of a log added up: who called what, on what, in which session (`rootwarden.iam.usage.tally`).

Parameters are decoded only where they can tell something: a mark that a rule looks for, or a resource that is named.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.facts.instant import format_instant, parse_instant
from rootwarden.iam.usage.caller import Identity, Kind, caller_of, service_behind
from rootwarden.iam.usage.mapping import source_of
from rootwarden.iam.usage.tally import MOST_SESSIONS, Call, Covered, Issue, Outcome, Seen, Tally

if TYPE_CHECKING:
    from rootwarden.iam.usage.caller import Caller
    from rootwarden.iam.usage.mapping import EventRules
    from rootwarden.iam.usage.refusals import Refusals
    from rootwarden.iam.usage.tally import Named
    from rootwarden.trail.place_names import Restriction
    from rootwarden.trail.usage import Used, UsedIdentity

# A call that asked whether it would be allowed, and would have been.
_DRY: Final = frozenset({"Client.DryRunOperation", "DryRunOperation"})
_TEMPORARY: Final = "ASIA"
_SPELLED: Final = len("2026-03-02T12:00:00Z")
_LAST_YEAR: Final = "2200"
_MOST_TEXT: Final = 2048
_MOST_HERE: Final = 8
_CACHE: Final = 100_000
_ISSUING: Final = frozenset({"AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"})


class _Resource(msgspec.Struct, gc=False):
    ARN: str = ""


class _Credentials(msgspec.Struct, gc=False, rename={"key": "accessKeyId"}):
    key: str = ""


class _AssumedUser(msgspec.Struct, gc=False):
    arn: str = ""


class _Issued(msgspec.Struct, gc=False, rename={"user": "assumedRoleUser"}):
    credentials: _Credentials | None = None
    user: _AssumedUser | None = None


_resources: Final = msgspec.json.Decoder(list[_Resource])
_parameters: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_issued: Final = msgspec.json.Decoder(_Issued)
_text: Final = msgspec.json.Decoder(str)
_NOTHING: Final = ((), ())
_EMPTY: Final = frozenset({b"null", b'""', b"[]", b"{}"})
_UNREADABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


class _Wanted:
    """What is wanted of one kind of event."""

    def __init__(self, source: str, marks: tuple[str, ...], parameters: tuple[str, ...] | None) -> None:
        self.source = source
        self.marks = marks
        self.parameters = parameters
        names = "|".join(map(re.escape, marks))
        self.sought = re.compile(f'"(?:arn:|(?:{names})")'.encode())


class UsageTally:
    """Adds up calls.

    Args:
        rules: Which parameters of which events are wanted.
        restriction: Which events are asked for.

    Attributes:
        tally: The sum so far.
    """

    def __init__(self, rules: EventRules, restriction: Restriction) -> None:
        self.tally = Tally()
        self._rules = rules
        self._start = format_instant(restriction.start) if restriction.start else ""
        self._end = format_instant(restriction.end) if restriction.end else ""
        self._callers: dict[tuple[object, ...], Caller] = {}
        self._wanted: dict[tuple[str, str], _Wanted] = {}
        self._days: dict[str, int] = {}

    def take(self, used: Used) -> None:
        """Add one call."""
        time = self._time(used.time)
        if time and not (self._start <= time and (not self._end or time < self._end)):
            return
        who = used.identity
        if not used.name or who is None:
            return
        caller = self._caller(who)
        wanted = self._what(used.source or "", used.name)
        day = self._day(time)
        error = used.error
        outcome = Outcome.DONE if error is None else outcome_of(error, self._rules.refusals)
        marks, named = self._details(used, wanted) if outcome is not Outcome.DENIED else _NOTHING
        call = Call(wanted.source, used.name, outcome, service_behind(who.invoked_by) if who.invoked_by else "", marks)
        calls = self.tally.calls.get(caller)
        if calls is None:
            calls = self.tally.calls[caller] = {}
        seen = calls.get(call)
        if seen is None:
            seen = calls[call] = Seen()
        seen.at(time, day)
        if outcome is Outcome.DONE:
            seen.about(named)
        self._cover(used, wanted.source, time, day)
        self._session(used, who, caller, call)

    def _time(self, written: str | None) -> str:
        """An instant as we compare it, or an empty text."""
        if written is None:
            self.tally.undated = True
            return ""
        if len(written) == _SPELLED and written[10] == "T" and written[-1] == "Z" and written < _LAST_YEAR:
            return written
        instant = parse_instant(written)
        self.tally.undated = self.tally.undated or instant is None
        return format_instant(instant) if instant is not None and written < _LAST_YEAR else ""

    def _day(self, time: str) -> int:
        spelled = time[:10]
        day = self._days.get(spelled)
        if day is None:
            try:
                day = date.fromisoformat(spelled).toordinal()
            except ValueError:
                day = 0
            self._days[spelled] = day
        return day

    def _caller(self, who: UsedIdentity) -> Caller:
        issuer = who.session.issuer if who.session is not None else None
        of = (issuer.kind, issuer.arn, issuer.principal) if issuer is not None else ()
        key = (who.kind, who.arn, who.account, who.principal, *of)
        caller = self._callers.get(key)
        if caller is None:
            if len(self._callers) >= _CACHE:
                self._callers.clear()
            caller = self._callers[key] = caller_of(_identity(who))
        if who.session is not None and who.session.source_identity:
            self.tally.identities.setdefault(caller, set()).add(who.session.source_identity)
        return caller

    def _what(self, host: str, name: str) -> _Wanted:
        found = self._wanted.get((host, name))
        if found is None:
            source = source_of(host)
            found = _Wanted(source, self._rules.marks(source, name), self._rules.parameters(source, name))
            if len(self._wanted) < _CACHE:
                self._wanted[host, name] = found
        return found

    def _details(self, used: Used, wanted: _Wanted) -> tuple[tuple[str, ...], Named]:
        """Which marks a call has, and what it names."""
        raw = bytes(used.parameters)
        everything = wanted.parameters is None
        named = {("", arn) for arn in _arns(used.resources)} if everything and used.resources else set()
        if everything and wanted.sought.search(raw) is None:
            return (), tuple(sorted(named))
        try:
            found = _parameters.decode(raw)
        except _UNREADABLE:
            return _NOTHING
        for name in found if wanted.parameters is None else wanted.parameters:
            text = _short_text(found.get(name))
            if text and (not everything or text.startswith("arn:")):
                named.add((name, text))
        marks = tuple(mark for mark in wanted.marks if mark in found and bytes(found[mark]) not in _EMPTY)
        return marks, tuple(sorted(named)) if len(named) <= _MOST_HERE else ()

    def _cover(self, used: Used, source: str, time: str, day: int) -> None:
        account = used.account or (used.identity.account if used.identity else None)
        if not account:
            return
        covered = self.tally.accounts.get(account)
        if covered is None:
            covered = self.tally.accounts[account] = Covered()
        covered.seen.at(time, day)
        if used.management is False:
            covered.data.add(source)
            return
        covered.sources.add(source)
        if used.read_only is True:
            covered.reads = True
        elif used.read_only is False:
            covered.writes = True

    def _session(self, used: Used, who: UsedIdentity, caller: Caller, call: Call) -> None:
        """Remember which temporary key made the call, and which one it made."""
        tally = self.tally
        key = who.access_key or ""
        if key.startswith(_TEMPORARY) and caller.kind is Kind.ROLE and tally.sessions is not None:
            tally.sessions.setdefault(key, set()).add(call)
            if len(tally.sessions) > MOST_SESSIONS:
                tally.sessions = None
        if call.name not in _ISSUING or call.source != "sts" or call.outcome is not Outcome.DONE:
            return
        try:
            issued = _issued.decode(used.response)
        except _UNREADABLE:
            return
        if issued.credentials is not None and issued.credentials.key and issued.user is not None:
            issue = Issue(caller, key, issued.user.arn)
            new = issued.credentials.key
            tally.issued[new] = max(issue, tally.issued.get(new, issue))


def _identity(who: UsedIdentity) -> Identity:
    issuer = who.session.issuer if who.session is not None else None
    return Identity(
        kind=who.kind or "",
        arn=who.arn or "",
        account=who.account or "",
        principal=who.principal or "",
        invoked_by=who.invoked_by or "",
        issuer_kind=(issuer.kind if issuer else None) or "",
        issuer_arn=(issuer.arn if issuer else None) or "",
        issuer_principal=(issuer.principal if issuer else None) or "",
    )


def outcome_of(error: str | None, refusals: Refusals) -> Outcome:
    """How a call ended that has this `errorCode`."""
    if not error or error in _DRY:
        return Outcome.DONE
    return Outcome.DENIED if refusals.spelled(error) else Outcome.FAILED


def _arns(raw: msgspec.Raw) -> list[str]:
    try:
        return [each.ARN for each in _resources.decode(raw) if 0 < len(each.ARN) <= _MOST_TEXT]
    except _UNREADABLE:
        return []


def _short_text(raw: msgspec.Raw | None) -> str:
    """A parameter that is a text of sensible length, or an empty text."""
    content = bytes(raw) if raw is not None else b""
    if not content.startswith(b'"') or len(content) > _MOST_TEXT:
        return ""
    try:
        return _text.decode(content)
    except _UNREADABLE:
        return ""
