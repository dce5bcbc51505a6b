"""After the visit: evidence, duties, closing; steps D1 to D3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.breakglass.core.duty import Duty, Shown
from rootwarden.breakglass.core.people import Role
from rootwarden.breakglass.core.refusal import Refused, require
from rootwarden.breakglass.core.standing import has_any
from rootwarden.breakglass.core.state import Phase

if TYPE_CHECKING:
    from rootwarden.breakglass.core.entry import CheckedIn, DutyAccepted, LeaseClosed
    from rootwarden.breakglass.core.state import Lease, State


def open_duties(lease: Lease) -> tuple[Duty, ...]:
    """Duties that are neither met nor accepted, in order."""
    return tuple(
        duty
        for duty in lease.duties
        if duty not in lease.accepted and (duty not in lease.findings or lease.findings[duty].shown is not Shown.MET)
    )


def check_checked_in(state: State, entry: CheckedIn) -> None:
    """D1, D2: evidence newer than everything, brought by somebody else, about every duty."""
    lease = _owing(state, entry.lease)
    involved = {lease.request.requester, *lease.request.recipients}
    require(entry.actor not in involved, "D2", "who was there does not check in")
    after = max(filter(None, (lease.ended, entry.last_root_event)), default=entry.observed_at)
    require(after < entry.observed_at <= entry.at, "D1", "the evidence is older than the end of the visit")
    newer = lease.observed is None or lease.observed <= entry.observed_at
    require(newer, "D1", "newer evidence was looked at already")
    require(bool(entry.evidence), "D1", "the evidence has no digest")
    duties = tuple(finding.duty for finding in entry.findings)
    require(duties == lease.duties, "D1", "the findings are not about the duties of this lease, in their order")
    said = [finding.shown for finding in entry.findings if finding.duty is Duty.REPORT]
    reported = Shown.MET if entry.report.strip() else Shown.UNKNOWN
    require(said == [reported], "D1", "a report is there, or its duty is open")


def apply_checked_in(state: State, entry: CheckedIn) -> None:
    """The newest evidence holds; what was accepted stays so where it shows the very same."""
    lease = state.leases[entry.lease]
    findings = {finding.duty: finding for finding in entry.findings}
    lease.accepted = {duty: why for duty, why in lease.accepted.items() if findings[duty] == lease.findings[duty]}
    lease.findings, lease.observed, lease.evidence = findings, entry.observed_at, entry.evidence


def check_accepted(state: State, entry: DutyAccepted) -> None:
    """D3: an administrator and an approver take a difference upon them, in words."""
    lease = _owing(state, entry.lease)
    require(entry.duty in open_duties(lease), "D3", f"`{entry.duty}` is not open")
    finding = lease.findings.get(Duty(entry.duty))
    differs = finding is not None and finding.shown is Shown.DIFFERS
    require(differs, "D3", "only what differs is accepted; unknown stays open until somebody looks")
    require(entry.evidence == lease.evidence, "D3", "other evidence was looked at since")
    require(bool(entry.reason.strip()), "D3", "why it is accepted is missing")
    signers = [one.person for one in entry.signers]
    involved = {lease.request.requester, *lease.request.recipients}
    require(not involved & set(signers), "D3", "who was there does not sign")
    for one, other in ((signers[:1], signers[1:]), (signers[1:], signers[:1])):
        if len(signers) == len(("administrator", "approver")) and _fits(state, one[0], other[0], entry):
            return
    raise Refused("D3", "an administrator and an approver sign, two people")


def apply_accepted(state: State, entry: DutyAccepted) -> None:
    """It is closed with words."""
    state.leases[entry.lease].accepted[Duty(entry.duty)] = entry.reason


def check_closed(state: State, entry: LeaseClosed) -> None:
    """BG-9: nothing is open."""
    left = open_duties(_owing(state, entry.lease))
    require(not left, "D1", f"still open: {', '.join(left)}")


def apply_closed(state: State, entry: LeaseClosed) -> None:
    """The account can be opened again."""
    lease = state.leases[entry.lease]
    lease.phase = Phase.CLOSED
    del state.owed[lease.request.account][lease.id]


def _owing(state: State, name: str) -> Lease:
    lease = state.lease(name)
    require(lease.phase is Phase.DUTIES, "D1", f"the lease is {lease.phase}")
    return lease


def _fits(state: State, administrator: str, approver: str, entry: DutyAccepted) -> bool:
    return has_any(state, administrator, [Role.ADMINISTRATOR], entry.at) and has_any(
        state, approver, [Role.APPROVER], entry.at
    )
