"""Changes of people, keys, roles, settings, accounts and custody: two administrators, steps C1 to C7."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from rootwarden.breakglass.core import change as changes
from rootwarden.breakglass.core.entries.base import SYSTEM
from rootwarden.breakglass.core.people import CONFLICTS, HeldKey, Role, Standing
from rootwarden.breakglass.core.public_key import UnverifiedError, check_public_key
from rootwarden.breakglass.core.quorum import missing
from rootwarden.breakglass.core.refusal import Refused, require
from rootwarden.breakglass.core.settings import (
    LEAST_ADMINISTRATORS,
    MOST_KEYS,
    PROPOSAL_LIVES,
    check_account,
    check_group,
    check_settings,
)
from rootwarden.breakglass.core.state import Custody, Guarded, Proposal
from rootwarden.breakglass.core.text import folded, is_one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from rootwarden.breakglass.core.entry import (
        ChangeProposed,
        ChangeSeconded,
        KeyOffered,
        LeaverSuspended,
        PersonSuspended,
    )
    from rootwarden.breakglass.core.people import Person
    from rootwarden.breakglass.core.public_key import PublicKey
    from rootwarden.breakglass.core.settings import Quorum
    from rootwarden.breakglass.core.state import Record, State


def check_key_offered(state: State, entry: KeyOffered) -> None:
    """C5: a sound key nobody has, offered by its holder, whose signature with it was checked before."""
    require(entry.actor == entry.person, "C5", "a key is offered by its holder")
    _check_new_key(state, entry.person, entry.key)
    try:
        check_public_key(entry.key)
    except UnverifiedError as error:
        raise Refused("C5", error.message, hint=error.hint) from error


def apply_key_offered(state: State, entry: KeyOffered) -> None:
    """It waits for two administrators; of one person only the newest few do."""
    state.offered[entry.person, entry.key.id] = entry.key
    waiting = [one for one in state.offered if one[0] == entry.person]
    for one in waiting[:-MOST_KEYS]:
        del state.offered[one]


def check_proposed(state: State, entry: ChangeProposed) -> None:
    """C1, and everything the change must satisfy already now."""
    require(entry.proposal not in state.proposed, "C1", f"there was a proposal `{entry.proposal}` already")
    _check_change(state, entry.change, entry.at)


def apply_proposed(state: State, entry: ChangeProposed) -> None:
    """It waits for a second administrator."""
    state.proposed.add(entry.proposal)
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
    changed = state.changed.get(_subject(proposal.change), 0)
    fresh = entry.at < proposal.at + PROPOSAL_LIVES and changed <= proposal.index
    require(fresh, "C3", "the proposal is too old, or what it changes was changed since", hint="propose it again")
    _check_change(state, proposal.change, entry.at)


def apply_seconded(state: State, entry: ChangeSeconded) -> None:
    """The change holds."""
    change = state.proposals.pop(entry.proposal).change
    _APPLY[type(change)](state, change, entry.at)
    state.changed[_subject(change)] = state.size


def check_suspended(state: State, entry: PersonSuspended | LeaverSuspended) -> None:
    """C4: two administrators must be left."""
    standing = state.people.get(entry.person)
    if standing is None:
        raise Refused("G6", f"`{entry.person}` is nobody this log knows")
    require(not standing.suspended, "C4", f"`{entry.person}` is suspended already")
    _check_administrators_left(state, without=entry.person)


def apply_suspended(state: State, entry: PersonSuspended | LeaverSuspended) -> None:
    """Every right is gone, with what they agreed to."""
    state.forget_approvals(entry.person)
    state.forget_shares(entry.person)
    state.changed[f"person:{entry.person}"] = state.size
    standing = state.people[entry.person]
    state.people[entry.person] = msgspec.structs.replace(standing, suspended=entry.reason or "suspended")


def check_person(person: Person, others: Mapping[str, Person]) -> None:
    """C4: no roles that exclude each other, and no alias of somebody else (BG-3: one human counts once).

    Raises:
        Refused: There are.
    """
    seen = all(is_one_line(text) for text in (person.name, *person.aliases))
    require(seen and bool(person.name) and all(person.aliases), "C4", "a name has marks nobody sees, or none at all")
    for role in person.roles:
        both = CONFLICTS.get(role, frozenset()) & set(person.roles)
        require(not both, "C4", f"`{person.id}` cannot be {role} and {', '.join(sorted(both))}")
    require(len(set(person.roles)) == len(person.roles), "C4", f"`{person.id}` has a role twice")
    taken = {folded(name) for one in others.values() if one.id != person.id for name in (one.id, *one.aliases)}
    shared = sorted(name for name in (person.id, *person.aliases) if folded(name) in taken | {SYSTEM})
    require(not shared, "C4", f"`{', '.join(shared)}` belongs to somebody else")


def _check_change(state: State, change: changes.Change, at: datetime) -> None:
    _CHECK[type(change)](state, change, at)


def check_checkpoint_key(pem: str, step: str) -> None:
    """A key that signs heads: Ed25519, as PEM.

    Raises:
        Refused: With this step, when it is none.
    """
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Refused(step, "the checkpoint key cannot be read") from error
    require(isinstance(key, Ed25519PublicKey), step, "the checkpoint key is no Ed25519 key")


def _check_person(state: State, change: changes.SetPerson, _at: datetime) -> None:
    person = change.person
    check_person(person, {name: standing.person for name, standing in state.people.items()})
    if person.id not in state.people:
        return
    if Role.ADMINISTRATOR not in person.roles:
        _check_administrators_left(state, without=person.id)
    standing = state.people[person.id]
    if _is_seated(standing):
        _check_quorums_still_met(state, {**state.people, person.id: msgspec.structs.replace(standing, person=person)})


def _set_person(state: State, change: changes.SetPerson, at: datetime) -> None:
    known = state.people.get(change.person.id)
    since = known.roles_from if known else {}
    # Who is added to a group of approvers, or gets another name, is as good as new.
    same = known is not None and (known.person.groups, known.person.name) == (change.person.groups, change.person.name)
    roles_from = {role: since[role] if same and role in since else state.settled(at) for role in change.person.roles}
    if not same or Role.APPROVER not in change.person.roles:
        state.forget_approvals(change.person.id)
    if not same or Role.CUSTODIAN not in change.person.roles:
        state.forget_shares(change.person.id)
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
    roles = standing.person.roles
    roles_from = dict.fromkeys(roles, state.settled(at)) if standing.suspended else standing.roles_from
    state.people[change.person] = msgspec.structs.replace(standing, suspended="", frozen="", roles_from=roles_from)


def _check_admit(state: State, change: changes.AdmitKey, _at: datetime) -> None:
    key = state.offered.get((change.person, change.key))
    if key is None:
        raise Refused("C5", f"`{change.person}` has not offered this key")
    _check_new_key(state, change.person, key)
    full = len(state.people[change.person].keys) >= MOST_KEYS
    require(not full, "C5", f"`{change.person}` has {MOST_KEYS} keys already", hint="revoke one first")


def _admit(state: State, change: changes.AdmitKey, at: datetime) -> None:
    key = state.offered.pop((change.person, change.key))
    standing = state.people[change.person]
    held = HeldKey(key=key, counts_from=state.settled(at))
    state.people[change.person] = msgspec.structs.replace(standing, keys={**standing.keys, key.id: held})


def _check_revoke(state: State, change: changes.RevokeKey, _at: datetime) -> None:
    standing = state.people.get(change.person)
    require(standing is not None and change.key in standing.keys, "C5", f"`{change.person}` has no such key")
    if standing is not None and len(standing.keys) == 1:
        _check_administrators_left(state, without=change.person)
        if _is_seated(standing):
            bare = msgspec.structs.replace(standing, keys={})
            _check_quorums_still_met(state, {**state.people, change.person: bare})


def _revoke(state: State, change: changes.RevokeKey, _at: datetime) -> None:
    standing = state.people[change.person]
    keys = {name: held for name, held in standing.keys.items() if name != change.key}
    state.people[change.person] = msgspec.structs.replace(standing, keys=keys)
    state.revoked.add(change.key)
    # Whoever had the key may have agreed in their name.
    state.forget_approvals(change.person)
    state.forget_shares(change.person)


def _check_new_settings(state: State, change: changes.SetSettings, _at: datetime) -> None:
    check_settings(change.settings)
    for guarded in state.accounts.values():
        quorum = change.settings.quorums.get(guarded.account.quorum)
        if quorum is None:
            raise Refused("C7", f"account `{guarded.account.id}` needs the quorum `{guarded.account.quorum}`")
        check_can_be_met(state.people, guarded.account.quorum, quorum)


def _set_settings(state: State, change: changes.SetSettings, at: datetime) -> None:
    # A shorter wait is itself waited for: two administrators cannot first shorten it and then add whom they like.
    if change.settings.settle_minutes < state.settings.settle_minutes:
        state.settles_after = state.settled(at)
    state.settings, state.settings_index = change.settings, state.size


def _check_new_account(state: State, change: changes.SetAccount, at: datetime) -> None:
    check_account(change.account, state.settings, state.waived(at))
    check_can_be_met(state.people, change.account.quorum, state.settings.quorums[change.account.quorum])


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
        left = sorted(set(known.group.accounts) - set(group.accounts))
        holding = [one for one in left if any(record.group == group.id for record in _records(state, one))]
        require(not holding, "C7", f"`{group.id}` holds records of {', '.join(holding)}")
    for account in group.accounts:
        require(account in state.accounts, "C7", f"account `{account}` is not known")
    for custodian in group.custodians:
        standing = state.people.get(custodian.person)
        held = standing is not None and Role.CUSTODIAN in standing.person.roles and not standing.suspended
        require(held, "C7", f"`{custodian.person}` is no custodian")
        own = standing is not None and standing.person.age_recipient == custodian.recipient
        said = f"`{custodian.recipient}` is not the recipient of `{custodian.person}`"
        require(own, "C7", said, hint="it is the person's `age_recipient`, set with `set-person`")
    _check_apart(state, change, at)


def _check_apart(state: State, change: changes.SetGroup, _at: datetime) -> None:
    """An account's seeds and password have no custodian and no key in common, and it has no two groups for one."""
    people = {custodian.person for custodian in change.group.custodians}
    recipients = {custodian.recipient for custodian in change.group.custodians}
    for custody in state.groups.values():
        other = custody.group
        if other.id == change.group.id or not set(other.accounts) & set(change.group.accounts):
            continue
        require(other.holds != change.group.holds, "C7", f"`{other.id}` holds these accounts already")
        # Until an epoch is wrapped anew the custodians of the one before hold it as well.
        held = [other, *([custody.before.group] if custody.before else ())]
        both = {
            custodian.person
            for group in held
            for custodian in group.custodians
            if custodian.person in people or custodian.recipient in recipients
        }
        require(not both, "C7", f"{', '.join(sorted(both))} would hold seed and password of one account")


def _set_group(state: State, change: changes.SetGroup, _at: datetime) -> None:
    state.groups[change.group.id] = Custody(group=change.group, before=state.groups.get(change.group.id))


def _check_waive(state: State, change: changes.Waive, at: datetime) -> None:
    kind, _, what = change.waiver.partition(":")
    known = (kind in {"warm", "member"} and what in state.accounts) or (kind == "placement" and bool(what))
    require(known and bool(change.reason.strip()), "C7", "a waiver names what is waived, and why", hint=_WAIVERS)
    require(at < change.until <= at + LONGEST_WAIVER, "C7", "a waiver ends within a year")


def _waive(state: State, change: changes.Waive, _at: datetime) -> None:
    state.waivers[change.waiver] = change.until


def _check_set_checkpoint_key(state: State, change: changes.SetCheckpointKey, _at: datetime) -> None:
    check_checkpoint_key(change.key, "C7")
    new = change.key not in (state.checkpoint_key, *state.former_checkpoint_keys)
    require(new, "C7", "this key signs heads, or did so before")


def _set_checkpoint_key(state: State, change: changes.SetCheckpointKey, _at: datetime) -> None:
    state.former_checkpoint_keys = (*state.former_checkpoint_keys, state.checkpoint_key)
    state.checkpoint_key = change.key


def _check_new_key(state: State, person: str, key: PublicKey) -> None:
    require(person in state.people, "G6", f"`{person}` is nobody this log knows")
    held = (one.key for standing in state.people.values() for one in standing.keys.values())
    taken = any(one.id == key.id or (key.credential_id and one.credential_id == key.credential_id) for one in held)
    require(not taken, "C5", "the key belongs to somebody already")
    require(key.id not in state.revoked, "C5", "the key was revoked, and stays so", hint="make a new one")


def _check_administrators_left(state: State, *, without: str) -> None:
    left = [
        name
        for name, standing in state.people.items()
        if name != without and Role.ADMINISTRATOR in standing.person.roles and standing.keys and not standing.suspended
    ]
    standing = state.people[without]
    matters = Role.ADMINISTRATOR in standing.person.roles
    require(not matters or len(left) >= LEAST_ADMINISTRATORS, "C4", "fewer than two administrators would be left")


def _is_seated(standing: Standing) -> bool:
    """Whether somebody can approve, or will be able to."""
    return Role.APPROVER in standing.person.roles and bool(standing.keys) and not standing.suspended


def _check_quorums_still_met(state: State, people: Mapping[str, Standing]) -> None:
    for name in sorted({guarded.account.quorum for guarded in state.accounts.values()}):
        check_can_be_met(people, name, state.settings.quorums[name])


def check_can_be_met(people: Mapping[str, Standing], name: str, quorum: Quorum) -> None:
    """C6: with any one person as the requester, there are enough others with a key to approve."""
    approvers = {who: frozenset(one.person.groups) for who, one in people.items() if _is_seated(one)}
    for requester in [*approvers, ""]:
        others = {who: groups for who, groups in approvers.items() if who != requester}
        lacking = missing(quorum.slots, others)
        who = f" when `{requester}` asks" if requester else ""
        named = ", ".join(group or "any group" for group in lacking)
        require(not lacking, "C6", f"the quorum `{name}` cannot be met{who}: nobody is left for {named}")


def _records(state: State, account: str) -> tuple[Record, ...]:
    return tuple(state.accounts[account].records.values())


def _subject(change: changes.Change) -> str:
    """What a change changes: two proposals for one thing do not both hold (C3)."""
    return _SUBJECT[type(change)](change)


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
    changes.SetCheckpointKey: _check_set_checkpoint_key,
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
    changes.SetCheckpointKey: _set_checkpoint_key,
}
_SUBJECT: Final[dict[type, Callable[[Any], str]]] = {
    changes.SetPerson: lambda change: f"person:{change.person.id}",
    changes.RestorePerson: lambda change: f"person:{change.person}",
    changes.AdmitKey: lambda change: f"key:{change.key}",
    changes.RevokeKey: lambda change: f"key:{change.key}",
    changes.SetSettings: lambda _change: "settings",
    changes.SetAccount: lambda change: f"account:{change.account.id}",
    changes.SetGroup: lambda change: f"group:{change.group.id}",
    changes.Waive: lambda change: f"waiver:{change.waiver}",
    changes.SetCheckpointKey: lambda _change: "checkpoint-key",
}
_WAIVERS: Final = "`warm:<account>`, `member:<account>` or `placement:<finding>`"
