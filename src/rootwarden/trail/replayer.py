"""The calls of some files under a change of policies: rows of those it touches, and of what explains them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec

from rootwarden.facts.instant import format_instant, parse_instant
from rootwarden.guardrails.replaying.ruling import Effect, Issued, Ruling, SignedIn, Touched
from rootwarden.iam.usage.mapping import source_of
from rootwarden.trail.replay import Sums, bench_of
from rootwarden.trail.replay_fields import LONG_TERM, TEMPORARY, started
from rootwarden.trail.seats import OF_PARAMETERS
from rootwarden.trail.spool import Row
from rootwarden.trail.thin import OF_SHARED, thin_reading
from rootwarden.trail.usage import UNREADABLE
from rootwarden.trail.usage_tally import outcome_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.trail.place_names import Restriction
    from rootwarden.trail.replay import Replay
    from rootwarden.trail.replayed import Replayed, ReplayedIdentity
    from rootwarden.trail.seats import Course, Party, Seat

    # Rulings as if root had been assumed, and as if not.
    Either: TypeAlias = tuple[Ruling, Ruling] | None

_SIGN_IN: Final = "signin.amazonaws.com"
_TRUE: Final = ("true", True)
_SPELLED: Final = len("2026-03-02T12:00:00Z")
_LAST_YEAR: Final = "2200"
_SECOND: Final = 1_000_000
_MOST_TIMES: Final = 50_000
# Looking in vain costs thrice what passing over a file spares; so many files are remembered.
_IN_VAIN: Final = 3
_MOST_WORTH: Final = 12
# Of the records of one call the caller's own counts, and of copies the one that was corrected.
_OTHERS, _OWN, _CORRECTED = 0, 1, 2
_UNTOUCHED: Final = Ruling()
_NOTHING: Final = Effect.NOTHING
_UNMET: Final[Any] = object()
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
        self._times: dict[str | None, bool] = {}
        self._told = 0
        self._looked = False

    def taken(self) -> list[Row]:
        """The rows since this was asked last."""
        self.sums.unknown |= self._bench.unknown
        if len(self.sums.heard) < len(self._bench.heard):
            self.sums.heard |= self._bench.heard
        rows, self._rows = self._rows, []
        return rows

    def take(self, calls: Iterable[Replayed]) -> None:
        """Take some calls."""
        before = self._told
        for call in calls:
            self._take(call)
        if not self._looked:
            self._weigh(passed=self._told == before)
        self._looked = False

    def passes(self, data: bytes, *, listed: bool) -> int | None:
        """Look at some records thinly.

        Args:
            data: A document with records, or a list of them.
            listed: Whether it is a list.

        Returns:
            How many records there are, where nothing is to be told of any; `None` where they are to be taken.
        """
        if self._bench.worth < 0 or not self._anywhere:
            return None
        fields = self._bench.thin
        thin = thin_reading(fields)
        rows = len(self._rows)
        try:
            calls = thin.list.decode(data) if listed else thin.file.decode(data).Records
        except UNREADABLE:
            passed = False
        else:
            passed = self._look(calls, fields)
        self._weigh(passed=passed)
        if passed:
            return len(calls)
        del self._rows[rows:]
        self._looked = True
        return None

    def _look(self, calls: list[Replayed], fields: frozenset[str]) -> bool:  # noqa: C901 - one loop for every call
        """Whether nothing is to be told of any call; what sums need of them is taken."""
        bench, times = self._bench, self._times
        met = bench.roles.seats
        for call in calls:
            name, who, time = call.name, call.identity, call.time
            if not name:
                return False
            if who is None:
                continue
            inside = times.get(time)
            if inside is None:
                inside = self._placed(time)
            if not inside:
                if inside is None:
                    return False
                continue
            session = who.session
            issuer = session.issuer if session is not None and who.kind == "AssumedRole" else None
            arn = issuer.arn if issuer is not None and issuer.kind == "Role" else None
            seat = met.get(arn) if arn else None
            if seat is None:
                seat = self._seat(call, who, arn)
                if seat is None or bench.thin is not fields:
                    return False
            party = seat.party
            if party is not None and not self._leaves(call, who, name, party.first):
                return False
            if name == "AssumeRoot" or (call.shared and not self._shared(call, seat, time, fields)):
                return False
        return True

    def _seat(self, call: Replayed, who: ReplayedIdentity, role: str | None = None) -> Seat | None:
        """Who made a call; nobody where it is root, of whom more has to be decoded.

        Args:
            call: The call.
            who: Its identity.
            role: The ARN of the role, where it is one.
        """
        seat = self._bench.roles.seat(role) if role else None
        if seat is not None:
            return seat
        return None if _is_root(who) else self._bench.seat(who, call.source, assumed=False)

    def _shared(self, call: Replayed, seat: Seat, time: str | None, fields: frozenset[str]) -> bool:
        """Say that nothing comes of a call another account has a record of, too; not where more has to be decoded."""
        if not fields >= OF_SHARED:
            self._bench.ask(OF_SHARED)
            return False
        if call.account == seat.account:
            self._keep(call, time or "", Touched(event=call.event or ""), own=True)
        return True

    def _leaves(self, call: Replayed, who: ReplayedIdentity, name: str, party: Party) -> bool:
        """Whether the change does nothing to a call by one of a party, as far as the fields tell that are decoded."""
        course = party.courses.get((call.source, name, call.kind), _UNMET)
        if course is None:
            return True
        if course is _UNMET:
            return self._leaves_unmet(call, who, name, party)
        classes = course.of_addresses
        if classes is None or call.endpoint or who.invoked_by:
            like: object = course.glance(call, who, call.time or "")
        else:
            # Nearly every call is such a one where an address is asked for: the same as a glance, sooner.
            address = call.address
            like = classes.addresses.get(address)
            if like is None:
                like = classes.of_other_address(address or "")
        return course.quiet.get(like) or self._leaves_closely(call, who, party, course)

    def _leaves_unmet(self, call: Replayed, who: ReplayedIdentity, name: str, party: Party) -> bool:
        """The same of the first call of its kind; not where more has to be decoded to tell."""
        bench = self._bench
        fields = bench.thin
        course = bench.course(party, call.source, name, call.kind)
        return course is None or (bench.thin is fields and self._leaves_closely(call, who, party, course))

    def _leaves_closely(self, call: Replayed, who: ReplayedIdentity, party: Party, course: Course) -> bool:
        """The same of a call that is not known to be quiet at a glance."""
        bench, plan, time = self._bench, course.plan, call.time or ""
        if bench.quiet(party, course, call, who, time):
            return True
        if course.glance is course.like:
            return False
        if not bench.thin >= OF_PARAMETERS:
            bench.ask(OF_PARAMETERS)
            return False
        ruling = plan.rulings.get(course.like(call, who, time)) or bench.ruling(party, course, call, who, time)
        return ruling.effect is _NOTHING

    def _placed(self, time: str | None) -> bool | None:
        """Whether a time is in the window; `None` where it is not spelled as times are."""
        if time is None or not _is_spelled(time):
            return None
        if len(self._times) >= _MOST_TIMES:
            self._times.clear()
        inside = self._times[time] = self._in_window(time)
        return inside

    def _weigh(self, *, passed: bool) -> None:
        """Remember whether it was, or would have been, enough to look thinly."""
        bench = self._bench
        bench.worth = min(bench.worth + 1, _MOST_WORTH) if passed else max(bench.worth - _IN_VAIN, -_MOST_WORTH)

    def _take(self, call: Replayed) -> None:
        who, name = call.identity, call.name
        if who is None or not name:
            return
        time = call.time
        if time is None or not _is_spelled(time):
            self._told += 1
            time = _time(time)
        if time and not self._in_window(time):
            return
        if name == "AssumeRoot" and not call.error:
            self._issued(call)
        if not self._anywhere and not self._allowed(call):
            return
        seat = self._seat(call, who) or self._of_root(call, who, time)
        ruling = self._ruling(call, who, seat, time)
        either = None
        if seat.either is not None:
            one, other = (self._ruling(call, who, each, time) for each in seat.either)
            either = None if one == other == ruling else (one, other)
        if ruling.effect is not _NOTHING or either:
            self._tell(call, who, seat, time, ruling=ruling, either=either)
        elif call.shared and call.account == seat.account:
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
        self._told += 1
        seat = self._bench.seat(who, call.source, assumed=_assumed(call, who))
        if call.source == _SIGN_IN and time:
            document = _encoder.encode(SignedIn(seat.account, time))
            self._rows.append(Row(f"sign-in {seat.account} {time}", "", None, 0, document))
        return seat

    def _allowed(self, call: Replayed) -> bool:
        return self._restriction.allows(account=call.account or "", region=call.region or "", instant=None)

    def _tell(
        self, call: Replayed, who: ReplayedIdentity, seat: Seat, time: str, *, ruling: Ruling, either: Either
    ) -> None:
        self._told += 1
        touched = Touched(
            event=call.event or "",
            time=time,
            account=call.account or "",
            of=seat.account,
            principal=self._bench.name(who, call.source) if seat.name is None else seat.name,
            kind=seat.kind,
            assumed=seat.assumed,
            source=source_of(call.source or ""),
            name=call.name or "",
            region=call.region or "",
            address=call.address or "",
            outcome=outcome_of(call.error, self._bench.refusals).value,
            error=call.error or "",
            ruling=ruling,
            if_assumed=either[0] if either else None,
            if_itself=either[1] if either else None,
            key=(who.access_key or "") if either else "",
            started=started(call, who, time) if either else "",
        )
        self._keep(call, time, touched, own=call.account == seat.account)

    def _ruling(self, call: Replayed, who: ReplayedIdentity, seat: Seat, time: str) -> Ruling:
        if seat.party is None:
            return _UNTOUCHED
        course = self._bench.course(seat.party, call.source, call.name or "", call.kind)
        return self._bench.ruling(seat.party, course, call, who, time) if course is not None else _UNTOUCHED

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
        self._told += 1
        try:
            given = _given.decode(call.response)
        except UNREADABLE:
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
    if key.startswith(LONG_TERM) or call.source == _SIGN_IN or call.console in _TRUE or with_mfa:
        return False
    # Without a key and a session nobody opened one: what signs in, and what services do.
    untold = not key and session is not None and session.attributes is not None
    return None if key.startswith(TEMPORARY) or untold else False


def _is_root(who: ReplayedIdentity) -> bool:
    kind = who.kind
    return kind == "Root" or (kind is not None and kind.lower() == "root")


def _is_spelled(time: str) -> bool:
    return len(time) == _SPELLED and time[-1] == "Z" and time[10] == "T" and time < _LAST_YEAR


def _time(written: str | None) -> str:
    """An instant that is spelled otherwise as instants are compared here, or an empty text."""
    if written is None:
        return ""
    instant = parse_instant(written)
    return format_instant(instant) if instant is not None and written < _LAST_YEAR else ""
