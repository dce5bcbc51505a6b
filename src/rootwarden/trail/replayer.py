"""The calls of some files under a change of policies: rows of those it touches, and of what explains them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

import msgspec

from rootwarden.facts.instant import format_instant, parse_instant
from rootwarden.guardrails.replaying.details import Details, via_of
from rootwarden.guardrails.replaying.owners import owners_of
from rootwarden.guardrails.replaying.ruling import Effect, Issued, Ruling, SignedIn, Touched
from rootwarden.iam.usage.caller import account_in
from rootwarden.iam.usage.mapping import source_of
from rootwarden.trail.replay import Sums, bench_of
from rootwarden.trail.spool import Row
from rootwarden.trail.usage_tally import outcome_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from rootwarden.guardrails.replaying.judge import Plan
    from rootwarden.trail.place_names import Restriction
    from rootwarden.trail.replay import Replay, Seat
    from rootwarden.trail.replayed import Replayed, ReplayedAttributes, ReplayedIdentity


_SIGN_IN: Final = "signin.amazonaws.com"
_TEMPORARY: Final = "ASIA"
_LONG_TERM: Final = "AKIA"
_TRUE: Final = ("true", True)
_SPELLED: Final = len("2026-03-02T12:00:00Z")
_LAST_YEAR: Final = "2200"
_SECOND: Final = 1_000_000
# Of the records of one call the caller's own counts, and of copies the one that was corrected.
_OTHERS, _OWN, _CORRECTED = 0, 1, 2
_UNREADABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_UNTOUCHED: Final = Ruling()
_encoder: Final = msgspec.json.Encoder(order="deterministic")


class _Credentials(msgspec.Struct, gc=False, rename={"key": "accessKeyId"}):
    key: str = ""


class _Given(msgspec.Struct, gc=False):
    credentials: _Credentials | None = None


_given: Final = msgspec.json.Decoder(_Given)


class Replayer:
    """Takes calls.

    Args:
        replay: What is replayed.
        restriction: Which events are asked for.

    Attributes:
        sums: What the calls come to besides.
    """

    def __init__(self, replay: Replay, restriction: Restriction) -> None:
        self.sums = Sums()
        self._bench = bench_of(replay)
        self._rows: list[Row] = []
        self._restriction = restriction
        self._anywhere = not restriction.accounts and not restriction.regions
        self._start = format_instant(restriction.start) if restriction.start else ""
        self._end = format_instant(restriction.end) if restriction.end else ""

    def taken(self) -> list[Row]:
        """The rows since this was asked last."""
        self.sums.unknown |= self._bench.unknown
        rows, self._rows = self._rows, []
        return rows

    def take(self, call: Replayed) -> None:
        """Take one call."""
        who, name = call.identity, call.name
        if who is None or not name:
            return
        time = call.time
        if time is None or len(time) != _SPELLED or time[-1] != "Z" or time[10] != "T" or time >= _LAST_YEAR:
            time = _time(time)
        if time and not self._in_window(time):
            return
        if name == "AssumeRoot" and not call.error:
            self._issued(call)
        if not self._anywhere and not self._allowed(call):
            return
        kind = who.kind
        if kind != "Root" and (kind is None or kind.lower() != "root"):
            seat = self._bench.seat(who, call.source, assumed=False)
        else:
            seat = self._of_root(call, who, time)
        if seat.touched:
            plan = self._bench.plan(seat, call.source, name, call.kind)
            if plan is not None:
                self._decided(call, who, seat, plan, time)
                return
        if call.shared and call.account == seat.account:
            # The record another account has of it knows less: this one says that nothing comes of it.
            self._keep(call, time, Touched(event=call.event or ""), own=True)

    def _in_window(self, time: str) -> bool:
        if time < self._start or (self._end and time >= self._end):
            return False
        sums = self.sums
        if time > sums.last:
            sums.last = time
        elif time < sums.first:
            sums.first = time
        if not sums.first:
            sums.first = time
        return True

    def _of_root(self, call: Replayed, who: ReplayedIdentity, time: str) -> Seat:
        seat = self._bench.seat(who, call.source, assumed=_assumed(call, who))
        if call.source == _SIGN_IN and time:
            document = _encoder.encode(SignedIn(seat.account, time))
            self._rows.append(Row(f"sign-in {seat.account} {time}", "", None, 0, document))
        return seat

    def _allowed(self, call: Replayed) -> bool:
        return self._restriction.allows(account=call.account or "", region=call.region or "", instant=None)

    def _decided(self, call: Replayed, who: ReplayedIdentity, seat: Seat, plan: Plan, time: str) -> None:
        ruling = self._ruling(seat, plan, call, who, time)
        if ruling.effect is Effect.NOTHING and seat.either is None and not call.shared:
            return
        own = call.account == seat.account
        either: list[Ruling | None] = [None, None]
        if seat.either is not None:
            either = [self._as_if(one, call, who, time) for one in seat.either]
            if either[0] == either[1] == ruling:
                either = [None, None]
        if ruling.effect is Effect.NOTHING and either[0] is None:
            if call.shared and own:
                self._keep(call, time, Touched(event=call.event or ""), own=True)
            return
        asker = seat.asker
        touched = Touched(
            event=call.event or "",
            time=time,
            account=call.account or "",
            of=seat.account,
            principal=asker.name,
            kind=asker.kind,
            assumed=asker.assumed,
            source=source_of(call.source or ""),
            name=call.name or "",
            region=call.region or "",
            address=call.address or "",
            outcome=outcome_of(call.error).value,
            error=call.error or "",
            ruling=ruling,
            if_assumed=either[0],
            if_itself=either[1],
            key=(who.access_key or "") if either[0] is not None else "",
            started=str(_FIELDS["started"](call, who, time)) if either[0] is not None else "",
        )
        self._keep(call, time, touched, own=own)

    def _as_if(self, seat: Seat, call: Replayed, who: ReplayedIdentity, time: str) -> Ruling:
        plan = self._bench.plan(seat, call.source, call.name or "", call.kind)
        return self._ruling(seat, plan, call, who, time) if plan is not None else _UNTOUCHED

    def _ruling(self, seat: Seat, plan: Plan, call: Replayed, who: ReplayedIdentity, time: str) -> Ruling:
        picked = tuple([_FIELDS[field](call, who, time) for field in plan.fields])
        raw = bytes(call.parameters)
        return self._bench.ruling(seat, plan, picked, raw, lambda: _details(call, who, time))

    def _keep(self, call: Replayed, time: str, touched: Touched, *, own: bool) -> None:
        original = call.addendum.original if call.addendum is not None else None
        document = _encoder.encode(touched)
        key = call.shared or original or call.event
        if not key:
            content = b"".join((document, bytes(call.parameters), bytes(call.response), bytes(call.resources)))
            key = f"sha256:{hashlib.sha256(content).hexdigest()}"
        rank = (_CORRECTED if call.addendum is not None else _OTHERS) + (_OWN if own else _OTHERS)
        instant = parse_instant(time) if time else None
        at = None if instant is None else int(instant.timestamp() * _SECOND)
        self._rows.append(Row(key, touched.account or " ", at, rank, document))

    def _issued(self, call: Replayed) -> None:
        try:
            given = _given.decode(call.response)
        except _UNREADABLE:
            return
        if given.credentials is not None and given.credentials.key:
            key = given.credentials.key
            self._rows.append(Row(f"issued {key}", "", None, 0, _encoder.encode(Issued(key))))


def _assumed(call: Replayed, who: ReplayedIdentity) -> bool | None:
    """Whether root was assumed; `None` where the record does not tell (IAM user guide, *Track privileged tasks*)."""
    session = who.session
    if who.assumed_root in _TRUE or (session is not None and session.assumed_root in _TRUE):
        return True
    if session is not None and session.issuer is not None and session.issuer.kind == "Root":
        return False
    key = who.access_key or ""
    with_mfa = session is not None and session.attributes is not None and session.attributes.mfa in _TRUE
    if key.startswith(_LONG_TERM) or call.source == _SIGN_IN or call.console in _TRUE or with_mfa:
        return False
    # Without a key nothing opened a session: what signs in, and what services do.
    return None if key.startswith(_TEMPORARY) else False


def _details(call: Replayed, who: ReplayedIdentity, time: str) -> Details:
    return Details(**{name: field(call, who, time) for name, field in _FIELDS.items()})


def _attributes(who: ReplayedIdentity) -> ReplayedAttributes | None:
    return who.session.attributes if who.session is not None else None


def _mfa(_: Replayed, who: ReplayedIdentity, __: str) -> str:
    attributes = _attributes(who)
    return "" if attributes is None or attributes.mfa is None else str(attributes.mfa).lower()


def _started(_: Replayed, who: ReplayedIdentity, __: str) -> str:
    attributes = _attributes(who)
    return (attributes.started if attributes is not None else None) or ""


def _source_identity(_: Replayed, who: ReplayedIdentity, __: str) -> str:
    return (who.session.source_identity if who.session is not None else None) or ""


# Each field of `Details`, out of a record.
_FIELDS: Final[dict[str, Callable[[Replayed, ReplayedIdentity, str], Any]]] = {
    "account": lambda call, _, __: call.account or "",
    "region": lambda call, _, __: call.region or "",
    "time": lambda _, __, time: time,
    "address": lambda call, _, __: call.address or "",
    "agent": lambda call, _, __: call.agent or "",
    "endpoint": lambda call, _, __: call.endpoint or "",
    "via": lambda call, who, __: via_of(who.invoked_by or "", call.address or ""),
    "mfa": _mfa,
    "started": _started,
    "temporary": lambda _, who, __: _temporary(who.access_key or "", has_session=who.session is not None),
    "encrypted": lambda call, _, __: len(bytes(call.tls)) > len(b"null"),
    "source_identity": _source_identity,
    "principal": lambda _, who, __: who.principal or "",
    "owners": lambda call, who, __: owners_of(
        bytes(call.resources),
        bytes(call.parameters),
        source=source_of(call.source or ""),
        account=call.account or "",
        caller=who.account or account_in(who.arn or ""),
    ),
    "parameters": lambda call, _, __: bytes(call.parameters),
    "resources": lambda call, _, __: bytes(call.resources),
}


def _temporary(key: str, *, has_session: bool) -> bool | None:
    if key.startswith(_LONG_TERM) and not has_session:
        return False
    return True if key.startswith(_TEMPORARY) or has_session else None


def _time(written: str | None) -> str:
    """An instant that is spelled otherwise as instants are compared here, or an empty text."""
    if written is None:
        return ""
    instant = parse_instant(written)
    return format_instant(instant) if instant is not None and written < _LAST_YEAR else ""
