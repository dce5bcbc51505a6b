"""What must be true of a history, told from its entries alone: a second, simpler reading of the protocol."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from rootwarden.breakglass.core import change as changes
from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core.duty import Shown
from rootwarden.breakglass.core.people import Role

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from rootwarden.breakglass.core.people import Person
    from rootwarden.breakglass.core.request import Request
    from rootwarden.breakglass.core.settings import Settings


class Chronicle:
    """Takes every entry that was allowed, and objects to one that should not have been."""

    def __init__(self) -> None:
        self.settings: Settings | None = None
        self.people: dict[str, Person] = {}
        self.suspended: set[str] = set()
        self.frozen: set[str] = set()
        self.requests: dict[str, Request] = {}
        self.over: set[str] = set()
        self.filed_at: dict[str, datetime] = {}
        self.told: dict[str, dict[str, datetime]] = defaultdict(dict)
        self.agreed: dict[str, set[str]] = defaultdict(set)
        self.open: dict[str, tuple[str, Request, datetime]] = {}
        self.duties: dict[str, tuple[str, ...]] = {}
        self.codes: dict[str, int] = defaultdict(int)
        self.passwords: set[str] = set()
        self.steps: dict[tuple[str, str], int] = {}
        self.enrolled: dict[str, dict[str, str]] = defaultdict(dict)
        self.shown: dict[str, dict[str, bool]] = {}
        self.proposals: dict[str, tuple[changes.Change, str]] = {}
        self.shares: dict[str, set[str]] = defaultdict(set)
        self.nonces: set[str] = set()
        self.newest: datetime | None = None

    def take(self, entry: log.Entry) -> None:
        """Read the next entry."""
        assert self.newest is None or entry.at >= self.newest
        self.newest = entry.at
        signers = {one.person for one in entry.signers} if isinstance(entry, log.JointEntry) else set()
        assert not ({entry.actor} | signers) & self.suspended, "a suspended person did something"
        if isinstance(entry, (log.SignedEntry, log.JointEntry)):
            assert entry.nonce not in self.nonces, "a signature was used twice"
            self.nonces.add(entry.nonce)
        told = _TELLERS.get(type(entry))
        if told is not None:
            told(self, entry)

    def begun(self, entry: log.LogBegun) -> None:
        self.settings = entry.settings
        self.people = {founder.person.id: founder.person for founder in entry.founders}

    def filed(self, entry: log.RequestFiled) -> None:
        assert entry.actor not in self.frozen
        self.requests[entry.request.id] = entry.request
        self.filed_at[entry.request.id] = entry.at

    def noticed(self, entry: log.NoticeRecorded) -> None:
        if entry.delivered:
            self.told[entry.request].setdefault(entry.person, entry.at)

    def approved(self, entry: log.ApprovalGiven) -> None:
        assert entry.request not in self.over, "an approval of what is over"
        assert entry.actor not in self.agreed[entry.request], "one person approved twice"
        self.agreed[entry.request].add(entry.actor)

    def ended(self, entry: log.RequestDenied | log.RequestWithdrawn | log.RequestExpired) -> None:
        self.over.add(entry.request)

    def reported(self, entry: log.RequestReported) -> None:
        self.over.add(entry.request)
        self.frozen.add(self.requests[entry.request].requester)

    def lease_opened(self, entry: log.LeaseOpened) -> None:
        request = self.requests[entry.request]
        assert entry.request not in self.over
        assert request.account not in {one.account for _, one, _ in self.open.values()}, "two leases on one account"
        out = {request.requester, request.code_to, request.password_to, *self.enrolled[request.account].values()}
        agreed = self.agreed[entry.request] - out - self.suspended - self.frozen
        approvers = {who for who in agreed if Role.APPROVER in self.people[who].roles}
        if request.emergency:
            self.emergency(request, approvers, agreed, out, entry.at)
        else:
            assert len(approvers) >= 2, "fewer distinct people than the quorum agreed"
            groups = [set(self.people[who].groups) for who in approvers]
            pairs = ((a, b) for a in groups for b in groups if a is not b)
            assert any("security" in a and "operations" in b for a, b in pairs), "a slot of the quorum is empty"
        assert request.requester not in self.frozen | self.suspended
        self.over.add(entry.request)
        self.open[entry.lease] = (entry.request, request, entry.until)

    def emergency(
        self, request: Request, approvers: set[str], agreed: set[str], out: set[str], opened_at: datetime
    ) -> None:
        """L6: somebody of the list agreed, and the veto is over since somebody else was told, or was to be told."""
        assert self.settings is not None
        quorum = self.settings.quorums["default"]
        listed = approvers & set(quorum.emergency)
        assert listed, "an emergency nobody of its list agreed to"
        custodians = {who for who in agreed if Role.CUSTODIAN in self.people[who].roles}
        stands_in = any(one != other for one in listed for other in custodians)
        heard = [at for who, at in self.told[request.id].items() if who not in out]
        assert stands_in or heard, "an emergency only its own people were told of"
        since = self.filed_at[request.id] if stands_in else min(heard)
        assert opened_at >= since + timedelta(minutes=quorum.veto_minutes), "an emergency within its veto"

    def released(self, entry: log.CodeReleased) -> None:
        request = self.standing(entry)
        assert (entry.actor, entry.device) == (request.code_to, request.device)
        self.spend(request.account, entry.device, entry.step, entry.step)
        self.codes[entry.lease] += 1
        assert self.codes[entry.lease] <= 3, "more codes than the settings give"

    def password(self, entry: log.PasswordReleased) -> None:
        assert entry.actor == self.standing(entry).password_to
        assert entry.lease not in self.passwords, "a password left twice"
        self.passwords.add(entry.lease)

    def served(self, entry: log.EnrolmentServed) -> None:
        request = self.standing(entry)
        assert entry.actor == request.requester
        self.spend(request.account, entry.device, entry.step, entry.step + 1)

    def sealed(self, entry: log.RecordSealed) -> None:
        assert self.standing(entry).account == entry.account
        self.enrolled[entry.account][entry.device] = entry.actor

    def lease_ended(self, entry: log.LeaseEnded) -> None:
        del self.open[entry.lease]

    def checked_in(self, entry: log.CheckedIn) -> None:
        assert entry.lease not in self.open
        self.shown[entry.lease] = {str(one.duty): one.shown is Shown.MET for one in entry.findings}

    def accepted(self, entry: log.DutyAccepted) -> None:
        assert entry.duty in self.shown[entry.lease]
        self.shown[entry.lease][entry.duty] = True

    def closed(self, entry: log.LeaseClosed) -> None:
        assert all(self.shown[entry.lease].values()), "a lease was closed with a duty open"

    def suspension(self, entry: log.PersonSuspended | log.LeaverSuspended) -> None:
        self.suspended.add(entry.person)
        self.forget(entry.person)

    def forget(self, person: str) -> None:
        """What somebody agreed to or gave goes with their rights."""
        for given in (*self.agreed.values(), *self.shares.values()):
            given.discard(person)

    def proposed(self, entry: log.ChangeProposed) -> None:
        self.proposals[entry.proposal] = (entry.change, entry.actor)

    def seconded(self, entry: log.ChangeSeconded) -> None:
        change, by = self.proposals.pop(entry.proposal)
        assert by != entry.actor, "one administrator changed something alone"
        if isinstance(change, changes.SetPerson):
            if set(self.people[change.person.id].roles) != set(change.person.roles):
                self.forget(change.person.id)
            self.people[change.person.id] = change.person
        elif isinstance(change, changes.RevokeKey):
            self.forget(change.person)
        elif isinstance(change, changes.RestorePerson):
            self.suspended.discard(change.person)
            self.frozen.discard(change.person)
        elif isinstance(change, changes.SetSettings):
            self.settings = change.settings

    def share(self, entry: log.ShareGiven) -> None:
        assert entry.actor not in self.shares[entry.opening], "one custodian gave twice"
        self.shares[entry.opening].add(entry.actor)

    def opening_ended(self, entry: log.OpeningEnded) -> None:
        assert entry.outcome != "opened" or len(self.shares[entry.opening]) >= 2, "opened by fewer than the threshold"

    def epoch(self, entry: log.EpochBegun) -> None:
        assert len({one.person for one in entry.signers}) >= 3
        self.over |= set(self.requests)
        self.open.clear()
        self.proposals.clear()
        self.nonces.clear()
        for floor in entry.floors:
            self.steps[floor.account, floor.device] = max(floor.step, self.steps.get((floor.account, floor.device), 0))

    def standing(self, entry: Any) -> Request:
        """The request of a lease that has to be open at this instant."""
        assert entry.lease in self.open, "something was released without an open lease"
        _, request, until = self.open[entry.lease]
        assert entry.at < until, "something was released after the window"
        return request

    def spend(self, account: str, device: str, step: int, last: int) -> None:
        assert step > self.steps.get((account, device), -1), "a step of a device came twice, or went back"
        self.steps[account, device] = last


_TELLERS: dict[type[log.Entry], Callable[[Chronicle, Any], None]] = {
    log.LogBegun: Chronicle.begun,
    log.RequestFiled: Chronicle.filed,
    log.NoticeRecorded: Chronicle.noticed,
    log.ApprovalGiven: Chronicle.approved,
    log.RequestDenied: Chronicle.ended,
    log.RequestWithdrawn: Chronicle.ended,
    log.RequestExpired: Chronicle.ended,
    log.RequestReported: Chronicle.reported,
    log.LeaseOpened: Chronicle.lease_opened,
    log.CodeReleased: Chronicle.released,
    log.PasswordReleased: Chronicle.password,
    log.EnrolmentServed: Chronicle.served,
    log.RecordSealed: Chronicle.sealed,
    log.LeaseEnded: Chronicle.lease_ended,
    log.CheckedIn: Chronicle.checked_in,
    log.DutyAccepted: Chronicle.accepted,
    log.LeaseClosed: Chronicle.closed,
    log.PersonSuspended: Chronicle.suspension,
    log.LeaverSuspended: Chronicle.suspension,
    log.ChangeProposed: Chronicle.proposed,
    log.ChangeSeconded: Chronicle.seconded,
    log.ShareGiven: Chronicle.share,
    log.OpeningEnded: Chronicle.opening_ended,
    log.EpochBegun: Chronicle.epoch,
}
