"""From the parts of a ledger to visits: every part finds the visit it belongs to (docs/incidents.md, "One visit")."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

import msgspec

from rootwarden.detect.visits.incident import Shape
from rootwarden.detect.visits.runs import Runs
from rootwarden.detect.visits.shape import AssumeRootCall
from rootwarden.detect.visits.visit import Summary

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.detect.visits.ledger import Ledger
    from rootwarden.detect.visits.settings import Thresholds

# What a visit is told apart by: its sort, and what makes it one.
VisitKey = tuple[str, str, int, str]
SESSION, FEDERATED, ASSUMED, ACCESS_KEY = "session", "federated", "assumed", "key"
LOOSE, DOOR, SERVICE, SERVICE_EVENT, TIMELESS = "loose", "door", "service", "service-event", "no-time"


class Visit(msgspec.Struct, kw_only=True):
    """One visit, complete, not yet judged.

    Attributes:
        key: What it is told apart by: sort, account, second, and a key, service or identity.
        summary: What happened.
        call: The AssumeRoot call that gave the session.
        failures: Failed sign-ins by second: (second, how many).
    """

    key: VisitKey
    summary: Summary = msgspec.field(default_factory=Summary)
    call: AssumeRootCall | None = None
    failures: list[tuple[int, int]] = msgspec.field(default_factory=list)

    @property
    def account(self) -> str:
        """Whose root."""
        return self.key[1]

    @property
    def shape(self) -> Shape:
        """How root was there: of the shapes of its events the one that tells most."""
        order = _PRECEDENCE_WITHOUT_TIME if self.key[0] == TIMELESS else _PRECEDENCE
        return next(shape for shape in order if self._is(shape))

    def _is(self, shape: Shape) -> bool:
        shapes = self.summary.shapes
        if shape is Shape.ASSUMED:
            return self.key[0] == ASSUMED or shape in shapes
        if shape is Shape.CONSOLE and self.key[0] == SESSION and Shape.SESSION in shapes:
            return shape in shapes or bool(self.summary.sign_ins)
        if shape is Shape.SESSION and self.key[0] == SESSION:
            return shape in shapes and Shape.CONSOLE not in shapes and not self.summary.sign_ins
        return shape in shapes


_PRECEDENCE = (
    Shape.ASSUMED,
    Shape.FEDERATED,
    Shape.ACCESS_KEY,
    Shape.SESSION,
    Shape.CONSOLE,
    Shape.SIGN_IN,
    Shape.FORWARDED,
    Shape.SERVICE,
)
# What has no time is one visit whatever it is, and AssumeRoot must not speak for those who hold root's credentials.
_PRECEDENCE_WITHOUT_TIME = (
    *(shape for shape in _PRECEDENCE if shape not in {Shape.ASSUMED, Shape.FORWARDED, Shape.SERVICE}),
    Shape.ASSUMED,
    Shape.FORWARDED,
    Shape.SERVICE,
)


def gather(ledger: Ledger, thresholds: Thresholds) -> list[Visit]:
    """All visits of a ledger, sorted by account and key; the ledger is left as it is."""
    gathering = _Gathering(ledger, thresholds)
    gathering.sessions()
    gathering.loose_keys()
    gathering.long_term_keys()
    gathering.tokens()
    gathering.doors()
    gathering.services()
    gathering.rest()
    return sorted(gathering.visits.values(), key=lambda visit: (visit.account, visit.key))


class _Gathering:
    """Visits while they are put together; the steps build on each other in the order of `gather`."""

    def __init__(self, ledger: Ledger, thresholds: Thresholds) -> None:
        self._ledger = ledger
        self._quiet = ledger.quiet
        self._before = thresholds.sign_in_minutes * 60
        self.visits: dict[VisitKey, Visit] = {}
        self._by_key: dict[tuple[str, str], VisitKey] = {}
        self._at_door: dict[str, Runs] = {}
        self._failures: dict[str, list[tuple[int, int]]] = {}
        self._by_start: dict[tuple[str, int], VisitKey] = {}
        self._sign_ins: dict[str, list[int]] = {}
        for account, second in sorted(ledger.sign_ins):
            self._sign_ins.setdefault(account, []).append(second)
        self._going_on = Spans(())

    def sessions(self) -> None:
        """Sessions with a known start, and sign-ins."""
        for (account, started, access_key, party), summary in self._ledger.sessions.items():
            key = self._session_key(account, started, access_key, party, summary)
            self._put(key, summary)
            for one in summary.access_keys.values:
                self._by_key[account, one] = min(key, self._by_key.get((account, one), key))
            self._by_start[account, started] = min(key, self._by_start.get((account, started), key), key=_own_first)
        for (account, second), summary in self._ledger.sign_ins.items():
            self._put((SESSION, account, second, ""), summary)
            self._by_start[account, second] = (SESSION, account, second, "")

    def loose_keys(self) -> None:
        """Temporary keys of sessions that do not say when they began."""
        for (account, access_key), runs in self._ledger.loose.items():
            known = self._by_key.get((account, access_key)) if access_key else None
            if known is None and self._is_assumed(account, access_key, runs.runs):
                known = (ASSUMED, account, 0, access_key)
            for run in runs.runs:
                self._put(known or (LOOSE, account, run.first, access_key), run)

    def long_term_keys(self) -> None:
        """Each run of a key is a visit."""
        for (account, access_key), runs in self._ledger.keys.items():
            for run in runs.runs:
                self._put((ACCESS_KEY, account, run.first, access_key), run)
        # What follows joins the visits as they are now, whatever is joined first.
        self._going_on = Spans(visit for visit in self.visits.values() if visit.key[0] in {SESSION, LOOSE})

    def tokens(self) -> None:
        """`aws login`: to the session of the same second, else to that of the key that was given out."""
        for (account, second, issued), summary in self._ledger.tokens.items():
            known = self._by_start.get((account, second)) or self._by_key.get((account, issued))
            if known is not None:
                self._put(known, summary)
            else:
                self._door(account, summary, knock=False)

    def doors(self) -> None:
        """Other events of the sign-in page: to the sign-in that follows, or the visit that was going on."""
        for account, door in self._ledger.doors.items():
            for knock, cell in door.cells():
                self._door(account, cell, knock=knock)

    def services(self) -> None:
        """What services did for root: to the session behind it, else to the visit that was going on."""
        active = Spans(self.visits.values())
        apart: dict[tuple[str, str], Runs] = {}
        for (account, service, started), runs in self._ledger.services.items():
            session = self._by_start.get((account, started))
            for run in runs.runs:
                near = session or active.nearest(account, run, self._quiet)
                if near is not None:
                    self._put(near, run)
                else:
                    apart.setdefault((account, service), Runs(quiet=self._quiet)).join(run)
        for (account, service), runs in apart.items():
            for run in runs.runs:
                self._put((SERVICE, account, run.first, service), run)

    def rest(self) -> None:
        """Sign-in page events no visit wanted, service events, and what has no time."""
        for account, at_door in self._at_door.items():
            for run in at_door.runs:
                visit = self._put((DOOR, account, run.first, ""), run)
                failures = self._failures.get(account, ())
                visit.failures.extend(each for each in failures if run.first <= each[0] <= run.last)
        for account, events in self._ledger.service_events.items():
            for run in events.runs:
                self._put((SERVICE_EVENT, account, run.first, ""), run)
        for account, summary in self._ledger.timeless.items():
            self._put((TIMELESS, account, 0, ""), summary)

    def _session_key(self, account: str, started: int, access_key: str, party: str, summary: Summary) -> VisitKey:
        if party:
            return (FEDERATED, account, started, party)
        if self._is_assumed(account, access_key, (summary,)):
            return (ASSUMED, account, 0 if access_key else started, access_key)
        return (SESSION, account, started, "")

    def _is_assumed(self, account: str, access_key: str, parts: Iterable[Summary]) -> bool:
        called = self._ledger.joins.call_for(account, access_key) is not None
        return called or any(Shape.ASSUMED in part.shapes for part in parts)

    def _door(self, account: str, cell: Summary, *, knock: bool) -> None:
        """Where an event of the sign-in page belongs."""
        following = self._following(account, cell)
        known = following if knock else self._going_on.nearest(account, cell, self._quiet) or following
        failures = [(cell.first, cell.failed_sign_ins)] if cell.failed_sign_ins else []
        if known is not None:
            self._put(known, cell).failures.extend(failures)
        else:
            self._at_door.setdefault(account, Runs(quiet=self._quiet)).join(cell)
            self._failures.setdefault(account, []).extend(failures)

    def _following(self, account: str, cell: Summary) -> VisitKey | None:
        """The next successful sign-in, if it came soon enough."""
        sign_ins = self._sign_ins.get(account, [])
        place = bisect_left(sign_ins, cell.first)
        soon = place < len(sign_ins) and sign_ins[place] - cell.last <= self._before
        return (SESSION, account, sign_ins[place], "") if soon else None

    def _put(self, key: VisitKey, part: Summary) -> Visit:
        visit = self.visits.get(key)
        if visit is None:
            call = self._ledger.joins.call_for(key[1], key[3]) if key[0] == ASSUMED else None
            visit = self.visits[key] = Visit(key=key, call=call)
        visit.summary.merge(part)
        return visit


class Spans:
    """From when until when each visit in which root was in lasted, asked by nearness."""

    def __init__(self, visits: Iterable[Visit]) -> None:
        self._spans: dict[str, list[tuple[int, int, VisitKey]]] = {}
        for visit in visits:
            summary = visit.summary
            if summary.used and summary.first <= summary.last and visit.key[0] != SERVICE_EVENT:
                start = min(summary.first, summary.started)
                self._spans.setdefault(visit.account, []).append((start, summary.last, visit.key))
        self._latest: dict[str, list[int]] = {}
        for account, spans in self._spans.items():
            spans.sort()
            self._latest[account] = list(accumulate((last for _, last, _ in spans), max))

    def nearest(self, account: str, part: Summary, within: int) -> VisitKey | None:
        """The visit that lasted then, or ended or began at most `within` seconds away; the nearest, then the first."""
        spans, latest = self._spans.get(account, []), self._latest.get(account, [])
        found: list[tuple[int, int, VisitKey]] = []
        place = bisect_right(spans, part.last + within, key=_start)
        while place and latest[place - 1] >= part.first - within:
            place -= 1
            first, last, key = spans[place]
            away = max(0, first - part.last, part.first - last)
            if away <= within:
                found.append((away, first, key))
        return min(found)[2] if found else None


def _start(span: tuple[int, int, VisitKey]) -> int:
    return span[0]


def _own_first(key: VisitKey) -> tuple[bool, VisitKey]:
    """A session of root itself goes before one that AssumeRoot or a federation began in the same second."""
    return (key[0] != SESSION, key)
