"""What one person may read of people, changes, and of what waits for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.breakglass.broker import seeing
from rootwarden.breakglass.broker.untold import UntoldCount, count_untold
from rootwarden.breakglass.broker.views import (
    LeaseView,
    OpeningView,
    RequestView,
    leases_of,
    openings_of,
    requests_of,
)
from rootwarden.breakglass.core.change import Change
from rootwarden.breakglass.core.people import Role
from rootwarden.breakglass.core.refusal import Refused
from rootwarden.breakglass.core.settings import PROPOSAL_LIVES, Account, Group, Settings
from rootwarden.breakglass.core.standing import has_any
from rootwarden.facts.instant import Instant

if TYPE_CHECKING:
    from datetime import datetime

    from rootwarden.breakglass.core.people import Standing
    from rootwarden.breakglass.core.state import Proposal, State


class KeyView(msgspec.Struct, frozen=True, kw_only=True):
    """A key of somebody: what it is, and from when on it counts; `offered` when nobody has admitted it yet."""

    id: str
    kind: str
    algorithm: str
    name: str
    device_bound: bool
    counts_from: Instant | None
    offered: bool


class RoleView(msgspec.Struct, frozen=True, kw_only=True):
    """A role of somebody, and from when on it counts."""

    role: str
    counts_from: Instant


class PersonView(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody, as themselves, auditors and administrators may see them.

    Attributes:
        id: Lower-case name.
        name: As people write it.
        roles: What they may be.
        groups: Groups that quorums ask for.
        aliases: Other names of the same human.
        addresses: Where notices go.
        keys: Their keys, and those they offered.
        custodian_of: Custody groups they hold a key of.
        suspended: Why they are suspended, or nothing.
        frozen: The reported request that froze them, or nothing.
    """

    id: str
    name: str
    roles: tuple[RoleView, ...]
    groups: tuple[str, ...]
    aliases: tuple[str, ...]
    addresses: tuple[str, ...]
    keys: tuple[KeyView, ...]
    custodian_of: tuple[str, ...]
    suspended: str
    frozen: str


class ProposalView(msgspec.Struct, frozen=True, kw_only=True):
    """A change one administrator signed, and that waits for another.

    Attributes:
        id: Names it.
        digest: What the second signature is over, in hexadecimal.
        change: The change, word for word.
        proposer: Who proposed it.
        at: When.
        expires: From when on it does not count any more.
        may: `second`, when the reader could.
    """

    id: str
    digest: str
    change: Change
    proposer: str
    at: Instant
    expires: Instant
    may: tuple[str, ...]


class Governance(msgspec.Struct, frozen=True, kw_only=True):
    """Everything two administrators decide on, as it is now."""

    settings: Settings
    accounts: tuple[Account, ...]
    groups: tuple[Group, ...]


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """Who somebody is, and what waits for them.

    Attributes:
        person: Themselves.
        log: Name of the log.
        requests: Their own requests that are still open.
        to_approve: Requests that wait for them.
        leases: Their own leases that are not closed.
        to_check_in: Leases whose duties they may check in.
        to_give: Openings that wait for their share.
        to_second: Proposals they may second.
        untold: Notices nobody took, for auditors and administrators; for others none.
    """

    person: PersonView
    log: str
    requests: tuple[RequestView, ...]
    to_approve: tuple[RequestView, ...]
    leases: tuple[LeaseView, ...]
    to_check_in: tuple[LeaseView, ...]
    to_give: tuple[OpeningView, ...]
    to_second: tuple[ProposalView, ...]
    untold: UntoldCount


def waiting_for(state: State, who: str, at: datetime) -> Waiting:
    """What waits for somebody.

    Raises:
        Unseen: Nobody is called that.
    """
    requests = requests_of(state, who, at)
    leases = leases_of(state, who, at)
    return Waiting(
        person=person_of(state, who, who, at),
        log=state.log,
        requests=tuple(one for one in requests.own if one.stage == "filed"),
        to_approve=requests.to_approve,
        leases=tuple(one for one in leases if _is_own(one, who) and one.phase != "closed"),
        to_check_in=tuple(one for one in leases if "check-in" in one.may),
        to_give=tuple(one for one in openings_of(state, who, at) if "give-share" in one.may),
        to_second=tuple(one for one in proposals_of(state, who, at) if one.may),
        untold=count_untold(state, at) if seeing.sees_everything(state, who, at) else UntoldCount(),
    )


def people_of(state: State, who: str, at: datetime) -> tuple[PersonView, ...]:
    """Everybody, for auditors and administrators; for others themselves."""
    seen = state.people if seeing.sees_everything(state, who, at) else [who]
    return tuple(_view_person(state, state.people[name]) for name in sorted(seen) if name in state.people)


def person_of(state: State, who: str, name: str, at: datetime) -> PersonView:
    """One person.

    Raises:
        Unseen: There is nobody of that name whom this person may see.
    """
    standing = state.people.get(name)
    if standing is None or not (name == who or seeing.sees_everything(state, who, at)):
        raise seeing.Unseen("G6", f"`{name}` is nobody this log knows")
    return _view_person(state, standing)


def proposals_of(state: State, who: str, at: datetime) -> tuple[ProposalView, ...]:
    """Changes that wait for a second signature, newest first; for auditors and administrators."""
    if not seeing.sees_everything(state, who, at):
        return ()
    newest = sorted(state.proposals.items(), key=lambda item: item[1].index, reverse=True)
    return tuple(
        _view_proposal(state, name, proposal, who, at) for name, proposal in newest if at < proposal.at + PROPOSAL_LIVES
    )


def governance_of(state: State, who: str, at: datetime) -> Governance:
    """Settings, accounts and custody, for auditors and administrators.

    Raises:
        Refused: The reader is neither.
    """
    if not seeing.sees_everything(state, who, at):
        raise Refused("G6", "auditors and administrators read the settings")
    accounts = tuple(guarded.account for _, guarded in sorted(state.accounts.items()))
    groups = tuple(custody.group for _, custody in sorted(state.groups.items()))
    return Governance(settings=state.settings, accounts=accounts, groups=groups)


def _view_person(state: State, standing: Standing) -> PersonView:
    person = standing.person
    held = tuple(
        KeyView(
            id=one.key.id,
            kind=one.key.kind,
            algorithm=one.key.algorithm,
            name=one.key.name,
            device_bound=one.key.device_bound,
            counts_from=one.counts_from,
            offered=False,
        )
        for one in standing.keys.values()
    )
    offered = tuple(
        KeyView(
            id=key.id,
            kind=key.kind,
            algorithm=key.algorithm,
            name=key.name,
            device_bound=key.device_bound,
            counts_from=None,
            offered=True,
        )
        for (who, _), key in state.offered.items()
        if who == person.id
    )
    groups = (name for name, custody in sorted(state.groups.items()) if _holds(custody.group, person.id))
    return PersonView(
        id=person.id,
        name=person.name,
        roles=tuple(RoleView(role=role.value, counts_from=standing.roles_from[role]) for role in person.roles),
        groups=person.groups,
        aliases=person.aliases,
        addresses=person.addresses,
        keys=held + offered,
        custodian_of=tuple(groups),
        suspended=standing.suspended,
        frozen=standing.frozen,
    )


def _view_proposal(state: State, name: str, proposal: Proposal, who: str, at: datetime) -> ProposalView:
    could = who != proposal.proposer and has_any(state, who, [Role.ADMINISTRATOR], at)
    return ProposalView(
        id=name,
        digest=proposal.digest,
        change=proposal.change,
        proposer=proposal.proposer,
        at=proposal.at,
        expires=proposal.at + PROPOSAL_LIVES,
        may=("second",) if could else (),
    )


def _is_own(lease: LeaseView, who: str) -> bool:
    return who in {lease.requester, lease.code_to, lease.password_to}


def _holds(group: Group, who: str) -> bool:
    return any(custodian.person == who for custodian in group.custodians)
