"""Changes of people, keys, roles, settings, accounts and custody: two administrators, steps C1 to C7."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec

from rootwarden.breakglass.core import change as changes
from rootwarden.breakglass.core.people import CONFLICTS, HeldKey, Role, Standing
from rootwarden.breakglass.core.public_key import UnverifiedError, check_public_key
from rootwarden.breakglass.core.quorum import missing
from rootwarden.breakglass.core.refusal import Refused, require
from rootwarden.breakglass.core.settings import (
    LEAST_ADMINISTRATORS,
    PROPOSAL_LIVES,
    check_account,
    check_group,
    check_settings,
)
from rootwarden.breakglass.core.state import Custody, Guarded, Proposal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from rootwarden.breakglass.core.entry import ChangeProposed, ChangeSeconded, KeyOffered, PersonSuspended
    from rootwarden.breakglass.core.people import Person
    from rootwarden.breakglass.core.settings import Quorum
    from rootwarden.breakglass.core.state import State


def check_key_offered(state: State, entry: KeyOffered) -> None:
    """C5: a sound key nobody has, offered by its holder, whose signature with it was checked before."""
    require(entry.actor == entry.person, "C5", "a key is offered by its holder")
    _check_new_key(state, entry.person, entry.key.id)
    try:
        check_public_key(entry.key)
    except UnverifiedError as error:
        raise Refused("C5", error.message, hint=error.hint) from error


def apply_key_offered(state: State, entry: KeyOffered) -> None:
    """It waits for two administrators."""
    state.offered[entry.person, entry.key.id] = entry.key


def check_proposed(state: State, entry: ChangeProposed) -> None:
    """C1, and everything the change must satisfy already now."""
    require(entry.proposal not in state.proposals, "C1", f"there is a proposal `{entry.proposal}` already")
    _check_change(state, entry.change, entry.at)


def apply_proposed(state: State, entry: ChangeProposed) -> None:
    """It waits for a second administrator."""
    state.proposals[entry.proposal] = Proposal(
        change=entry.change,
        digest=changes.change_digest(entry.proposal, entry.change),
        proposer=entry.actor,
        index=state.size,
        at=entry.at,
    )


def check_seconded(state: State, entry: ChangeSeconded) -> None:
    """C2, C3, and the change once more."""
    proposal = state.proposals.get(entry.proposal)
    if proposal is None:
        raise Refused("C2", f"there is no proposal `{entry.proposal}`")
    require(entry.actor != proposal.proposer, "C2", "the second signature is by another administrator")
    require(entry.digest == proposal.digest, "C2", "the digest is not that of the proposal")
    fresh = entry.at < proposal.at + PROPOSAL_LIVES and proposal.index >= _last_change(state, proposal.change)
    require(fresh, "C3", "the proposal is too old, or what it changes was changed since", hint="propose it again")
    _check_change(state, proposal.change, entry.at)


def apply_seconded(state: State, entry: ChangeSeconded) -> None:
    """The change holds."""
    change = state.proposals.pop(entry.proposal).change
    _APPLY[type(change)](state, change, entry.at)


def check_suspended(state: State, entry: PersonSuspended) -> None:
    """C4: two administrators must be left."""
    standing = state.people.get(entry.person)
    if standing is None:
        raise Refused("G6", f"`{entry.person}` is nobody this log knows")
    require(not standing.suspended, "C4", f"`{entry.person}` is suspended already")
    _check_administrators_left(state, without=entry.person)


def apply_suspended(state: State, entry: PersonSuspended) -> None:
    """Every right is gone."""
    standing = state.people[entry.person]
    state.people[entry.person] = msgspec.structs.replace(standing, suspended=entry.reason or "suspended")


def check_roles(person: Person, others: Mapping[str, Person]) -> None:
    """C4: no roles that exclude each other, and no alias of somebody else (BG-3: one human counts once).

    Raises:
        Refused: There are.
    """
    for role in person.roles:
        both = CONFLICTS.get(role, frozenset()) & set(person.roles)
        require(not both, "C4", f"`{person.id}` cannot be {role} and {', '.join(sorted(both))}")
    require(len(set(person.roles)) == len(person.roles), "C4", f"`{person.id}` has a role twice")
    taken = {name.casefold() for one in others.values() if one.id != person.id for name in (one.id, *one.aliases)}
    shared = sorted(name for name in (person.id, *person.aliases) if name.casefold() in taken)
    require(not shared, "C4", f"`{', '.join(shared)}` belongs to somebody else")


def _check_change(state: State, change: changes.Change, at: datetime) -> None:
    _CHECK[type(change)](state, change, at)


def _check_person(state: State, change: changes.SetPerson, _at: datetime) -> None:
    require(bool(change.person.id) and change.person.id.islower(), "C4", "the id of a person is a lower-case name")
    require(change.person.id != "system", "C4", "`system` is nobody's name")
    check_roles(change.person, {name: standing.person for name, standing in state.people.items()})
    if Role.ADMINISTRATOR not in change.person.roles and change.person.id in state.people:
        _check_administrators_left(state, without=change.person.id)


def _set_person(state: State, change: changes.SetPerson, at: datetime) -> None:
    known = state.people.get(change.person.id)
    since = known.roles_from if known else {}
    # Who is added to a group of approvers, or gets another name, is as good as new.
    same = known is not None and known.person.groups == change.person.groups
    settled = at + timedelta(minutes=state.settings.settle_minutes)
    roles_from = {role: since[role] if same and role in since else settled for role in change.person.roles}
    if known is None:
        state.people[change.person.id] = Standing(person=change.person, keys={}, roles_from=roles_from)
    else:
        state.people[change.person.id] = msgspec.structs.replace(known, person=change.person, roles_from=roles_from)


def _check_restore(state: State, change: changes.RestorePerson, _at: datetime) -> None:
    standing = state.people.get(change.person)
    out = standing is not None and bool(standing.suspended or standing.frozen)
    require(out, "C4", f"`{change.person}` is neither suspended nor frozen")


def _restore(state: State, change: changes.RestorePerson, at: datetime) -> None:
    standing = state.people[change.person]
    settled = at + timedelta(minutes=state.settings.settle_minutes)
    roles_from = dict.fromkeys(standing.person.roles, settled) if standing.suspended else standing.roles_from
    state.people[change.person] = msgspec.structs.replace(standing, suspended="", frozen="", roles_from=roles_from)


def _check_admit(state: State, change: changes.AdmitKey, _at: datetime) -> None:
    require((change.person, change.key) in state.offered, "C5", f"`{change.person}` has not offered this key")
    _check_new_key(state, change.person, change.key)


def _admit(state: State, change: changes.AdmitKey, at: datetime) -> None:
    key = state.offered.pop((change.person, change.key))
    standing = state.people[change.person]
    held = HeldKey(key=key, counts_from=at + timedelta(minutes=state.settings.settle_minutes))
    state.people[change.person] = msgspec.structs.replace(standing, keys={**standing.keys, key.id: held})


def _check_revoke(state: State, change: changes.RevokeKey, _at: datetime) -> None:
    standing = state.people.get(change.person)
    require(standing is not None and change.key in standing.keys, "C5", f"`{change.person}` has no such key")
    if standing is not None and len(standing.keys) == 1:
        _check_administrators_left(state, without=change.person)


def _revoke(state: State, change: changes.RevokeKey, _at: datetime) -> None:
    standing = state.people[change.person]
    keys = {name: held for name, held in standing.keys.items() if name != change.key}
    state.people[change.person] = msgspec.structs.replace(standing, keys=keys)


def _check_new_settings(state: State, change: changes.SetSettings, at: datetime) -> None:
    check_settings(change.settings)
    for guarded in state.accounts.values():
        quorum = change.settings.quorums.get(guarded.account.quorum)
        if quorum is None:
            raise Refused("C7", f"account `{guarded.account.id}` needs the quorum `{guarded.account.quorum}`")
        _check_can_be_met(state, guarded.account.quorum, quorum, at)


def _set_settings(state: State, change: changes.SetSettings, _at: datetime) -> None:
    state.settings, state.settings_index = change.settings, state.size


def _check_new_account(state: State, change: changes.SetAccount, at: datetime) -> None:
    check_account(change.account, state.settings, state.waived(at))
    _check_can_be_met(state, change.account.quorum, state.settings.quorums[change.account.quorum], at)


def _set_account(state: State, change: changes.SetAccount, _at: datetime) -> None:
    known = state.accounts.get(change.account.id)
    records = known.records if known else {}
    state.accounts[change.account.id] = Guarded(account=change.account, index=state.size, records=records)


def _check_new_group(state: State, change: changes.SetGroup, at: datetime) -> None:
    group = change.group
    check_group(group)
    known = state.groups.get(group.id)
    require(group.epoch == (known.group.epoch + 1 if known else 1), "C3", "the epoch does not follow the one before")
    if known:
        require(bool(known.digest), "C3", f"the vault has not sealed `{group.id}` yet")
        require(known.group.holds == group.holds, "C7", "a group holds what it held")
    for account in group.accounts:
        require(account in state.accounts, "C7", f"account `{account}` is not known")
    for custodian in group.custodians:
        standing = state.people.get(custodian.person)
        held = standing is not None and Role.CUSTODIAN in standing.person.roles and not standing.suspended
        require(held, "C7", f"`{custodian.person}` is no custodian")
        own = standing is not None and standing.person.age_recipient == custodian.recipient
        require(own, "C7", f"`{custodian.recipient}` is not the recipient of `{custodian.person}`")
    _check_apart(state, change, at)


def _check_apart(state: State, change: changes.SetGroup, _at: datetime) -> None:
    """An account's seeds and password have no custodian, and an account no two groups for one thing."""
    people = {custodian.person for custodian in change.group.custodians}
    for other in state.groups.values():
        if other.group.id == change.group.id or not set(other.group.accounts) & set(change.group.accounts):
            continue
        require(other.group.holds != change.group.holds, "C7", f"`{other.group.id}` holds these accounts already")
        both = people & {custodian.person for custodian in other.group.custodians}
        require(not both, "C7", f"{', '.join(sorted(both))} would hold seed and password of one account")


def _set_group(state: State, change: changes.SetGroup, _at: datetime) -> None:
    state.groups[change.group.id] = Custody(group=change.group, before=state.groups.get(change.group.id))


def _check_waive(_state: State, change: changes.Waive, at: datetime) -> None:
    require(bool(change.waiver) and bool(change.reason), "C7", "a waiver names what is waived, and why")
    require(at < change.until <= at + LONGEST_WAIVER, "C7", "a waiver ends within a year")


def _waive(state: State, change: changes.Waive, _at: datetime) -> None:
    state.waivers[change.waiver] = change.until


def _check_new_key(state: State, person: str, key: str) -> None:
    require(person in state.people, "G6", f"`{person}` is nobody this log knows")
    held = any(key in standing.keys for standing in state.people.values())
    require(not held, "C5", "the key belongs to somebody already")


def _check_administrators_left(state: State, *, without: str) -> None:
    left = [
        name
        for name, standing in state.people.items()
        if name != without and Role.ADMINISTRATOR in standing.person.roles and standing.keys and not standing.suspended
    ]
    standing = state.people[without]
    matters = Role.ADMINISTRATOR in standing.person.roles
    require(not matters or len(left) >= LEAST_ADMINISTRATORS, "C4", "fewer than two administrators would be left")


def _check_can_be_met(state: State, name: str, quorum: Quorum, _at: datetime) -> None:
    """C6: with any one person as the requester, there are enough others to approve."""
    approvers = {
        who: frozenset(standing.person.groups)
        for who, standing in state.people.items()
        if Role.APPROVER in standing.person.roles and not standing.suspended
    }
    for requester in [*state.people, ""]:
        others = {who: groups for who, groups in approvers.items() if who != requester}
        lacking = missing(quorum.slots, others)
        who = f" when `{requester}` asks" if requester else ""
        named = ", ".join(group or "any group" for group in lacking)
        require(not lacking, "C6", f"the quorum `{name}` cannot be met{who}: nobody is left for {named}")


def _last_change(state: State, change: changes.Change) -> int:
    """The place of the last change of what a proposal changes."""
    if isinstance(change, changes.SetSettings):
        return state.settings_index
    if isinstance(change, changes.SetAccount) and change.account.id in state.accounts:
        return state.accounts[change.account.id].index
    return 0


LONGEST_WAIVER: Final = timedelta(days=366)
_CHECK: Final[dict[type, Callable[[State, Any, datetime], None]]] = {
    changes.SetPerson: _check_person,
    changes.RestorePerson: _check_restore,
    changes.AdmitKey: _check_admit,
    changes.RevokeKey: _check_revoke,
    changes.SetSettings: _check_new_settings,
    changes.SetAccount: _check_new_account,
    changes.SetGroup: _check_new_group,
    changes.Waive: _check_waive,
}
_APPLY: Final[dict[type, Callable[[State, Any, datetime], None]]] = {
    changes.SetPerson: _set_person,
    changes.RestorePerson: _restore,
    changes.AdmitKey: _admit,
    changes.RevokeKey: _revoke,
    changes.SetSettings: _set_settings,
    changes.SetAccount: _set_account,
    changes.SetGroup: _set_group,
    changes.Waive: _waive,
}
