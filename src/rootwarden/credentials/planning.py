"""From an evidence folder to the plan: who holds what, what still uses it, what stands in the way, in which order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.collect.folder import as_of_of
from rootwarden.collect.guardrail_landscape import read_landscape
from rootwarden.credentials.holdings import read_holdings
from rootwarden.credentials.plan import Phase, Plan, Planned, State
from rootwarden.credentials.reach import Reach
from rootwarden.credentials.steps import DEACTIVATE, not_in_task_policies, preparation, removal
from rootwarden.credentials.trail import Trail, events_of
from rootwarden.errors import UsageError
from rootwarden.facts.fact import Absent, Known, Unknown
from rootwarden.facts.instant import format_instant
from rootwarden.guardrails.replaying.digest import digest_of
from rootwarden.guardrails.standing import Attached
from rootwarden.rollout.waves import USUAL_CAP, waves_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.collect.folder import EvidenceFolder
    from rootwarden.credentials.holdings import Holdings, Key
    from rootwarden.credentials.plan import Step
    from rootwarden.detect.visits.findings import RootKey
    from rootwarden.facts.organization import Organization
    from rootwarden.guardrails.standing import Landscape

_MOST_SHOWN = 3
# What a session has to do before anything else; the rest of its reads stand and fall with it.
_LOOKS = ("iam:ListAccessKeys",)
NO_TRAIL: Final = Trail()


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """What people choose.

    Attributes:
        as_of: The instant to judge at, or `None` for that of the evidence.
        hold: Id of the policy that puts keys to sleep, `deactivate` for the keys themselves, or empty.
        wait_days: Days between that and deleting; 0 for no sleep at all.
        unused_days: A credential used within so many days blocks its account.
        waived: Accounts whose credentials go although they are in use, and why, in somebody's words.
        canaries: Accounts that come first.
        order: Units that come next, by id or path.
        cap: Most accounts of a wave.
        delegate: A member to make delegated administrator of IAM, or empty.
        caller: ARN of who will apply the plan, or empty.
        accounts: Only these; empty for all.
    """

    as_of: datetime | None = None
    hold: str = ""
    wait_days: int = 14
    unused_days: int = 90
    waived: Mapping[str, str] = {}
    canaries: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    cap: int = USUAL_CAP
    delegate: str = ""
    caller: str = ""
    accounts: tuple[str, ...] = ()


def plan_from(folder: EvidenceFolder, wishes: Wishes, trail: Trail = NO_TRAIL) -> Plan:
    """Make the plan.

    Args:
        folder: Evidence, best of an AssumeRoot audit: without one the names of keys and devices are not known.
        wishes: What people choose.
        trail: What CloudTrail shows of root's keys.

    Raises:
        UsageError: A wish names what is not there, or the hold policy does not do what it is for.
    """
    landscape, organization = read_landscape(folder)
    as_of = as_of_of(folder, wishes.as_of)
    planner = _Planner(
        folder=folder,
        landscape=landscape,
        organization=organization,
        wishes=wishes,
        as_of=as_of,
        trail=trail,
    )
    accounts = tuple(planner.accounts())
    ready = [one.account for one in accounts if one.state is State.READY]
    _check_named(wishes, {one.account for one in accounts})
    canaries = tuple(each for each in wishes.canaries if each in ready)
    return Plan(
        as_of=as_of,
        organization=landscape.organization,
        management=landscape.management,
        partition=landscape.standings[0].partition if landscape.standings else "aws",
        wait_days=wishes.wait_days,
        unused_days=wishes.unused_days,
        hold=wishes.hold,
        hold_sha256=planner.hold_sha256,
        prepare=preparation(organization, delegate=wishes.delegate),
        waves=waves_of(ready, organization.units, canaries=canaries, order=wishes.order, cap=wishes.cap),
        accounts=accounts,
        told=(*_told(organization, wishes, accounts), *_unread(trail)),
    )


class _Planner:
    """Goes through the accounts of one folder."""

    def __init__(
        self,
        *,
        folder: EvidenceFolder,
        landscape: Landscape,
        organization: Organization,
        wishes: Wishes,
        as_of: datetime,
        trail: Trail,
    ) -> None:
        self._folder = folder
        self._landscape = landscape
        self._wishes = wishes
        self._since = as_of - timedelta(days=wishes.unused_days)
        self._trail = trail
        self._reach = Reach(landscape, wishes.caller)
        self._units = {account: unit.path for unit in landscape.units for account in unit.accounts}
        self._hold = _hold_policy(organization, wishes.hold)

    @property
    def hold_sha256(self) -> str:
        """Digest of the document keys sleep under, or empty."""
        return "" if self._hold is None else digest_of(self._hold)

    def accounts(self) -> Iterator[Planned]:
        """Every account, in order; those that are not active, too."""
        wanted = set(self._wishes.accounts)
        for standing in self._landscape.standings:
            if wanted and standing.account not in wanted:
                continue
            one = Planned(
                account=standing.account,
                name=standing.name,
                unit=self._units.get(standing.account, ""),
                state=State.UNKNOWN,
                waived=self._wishes.waived.get(standing.account, ""),
            )
            if standing.management or standing.alone:
                yield self._guided(one, management=standing.management)
            elif standing.partition == "aws-cn":
                yield msgspec.structs.replace(
                    one, state=State.SKIPPED, reasons=("the China partition has no root user",)
                )
            else:
                yield self._member(one, standing.partition)
        for account, state in self._landscape.skipped:
            if not wanted or account in wanted:
                yield Planned(account=account, state=State.SKIPPED, reasons=(f"the account is {state}",))

    def _guided(self, one: Planned, *, management: bool) -> Planned:
        which = "the management account" if management else "a standalone account"
        seen = read_holdings(self._folder.account(one.account))
        one = msgspec.structs.replace(one, uses=self._trail.of(_ids(seen), one.account))
        keys = "its keys go by hand, with the steps below" if seen.may_hold_keys() else "it holds no key to remove"
        in_use = self._in_use(seen, one) if seen.may_hold_keys() else ()
        reasons = (f"{which} keeps its root user; {keys}", *in_use)
        return msgspec.structs.replace(one, state=State.GUIDED, reasons=reasons, seen=seen)

    def _member(self, one: Planned, partition: str) -> Planned:
        seen = read_holdings(self._folder.account(one.account, partition))
        made = msgspec.structs.replace(one, seen=seen, uses=self._trail.of(_ids(seen), one.account))
        unknown = tuple(f"{name}: {fact.reason}" for name, fact in seen.unknown())
        if seen.is_empty():
            return msgspec.structs.replace(made, state=State.CLEAN, reasons=("it holds nothing",))
        if unknown:
            denied, _ = self._reach.barred(one.account, _LOOKS)
            state = State.BLOCKED if denied else State.UNKNOWN
            return msgspec.structs.replace(made, state=state, reasons=(*denied, *unknown))
        return self._holder(made, seen)

    def _holder(self, one: Planned, seen: Holdings) -> Planned:
        """A member whose credentials are all known: what bars their removal decides, then what is not known."""
        hold = self._wishes.hold if self._wishes.wait_days else ""
        steps = removal(one.account, seen, hold=hold)
        barred, doubtful = self._reach.barred(one.account, [step.call for step in steps if step.through])
        in_use = tuple(self._in_use(seen, one))
        blocked = (*barred, *self._asleep(seen, steps, one.account), *(() if one.waived else in_use))
        not_known = () if one.waived else (*_last_use_unknown(seen), *self._trail.doubts(_ids(seen)))
        if blocked:
            return msgspec.structs.replace(one, state=State.BLOCKED, reasons=(*blocked, *not_known, *doubtful))
        if not_known:
            return msgspec.structs.replace(one, reasons=(*not_known, *doubtful))
        waived = (f"in use, and removed all the same: {one.waived}", *in_use) if one.waived else ()
        reasons = (*waived, *self._long_ago(seen, one), *doubtful)
        return msgspec.structs.replace(one, state=State.READY, reasons=reasons, steps=steps)

    def _in_use(self, seen: Holdings, one: Planned) -> Iterator[str]:
        """What still uses the credentials, and has to move first."""
        for key in seen.held_keys():
            use = _use_of(one, key)
            last = _latest(key.last_used, use.last if use else None)
            if last is not None and last >= self._since:
                yield f"move first: the key {key.id} was used on {format_instant(last)}{_what_for(key, use)}"
        used = seen.password_last_used
        there = isinstance(seen.password, Known) and seen.password.value
        if there and isinstance(used, Known) and used.value >= self._since:
            yield f"move first: root signed in with the password on {format_instant(used.value)}"

    def _long_ago(self, seen: Holdings, one: Planned) -> Iterator[str]:
        """What the logs show of keys that go, when logs were given and nothing of it is recent."""
        if not self._trail.given or one.waived:
            return
        for key in seen.held_keys():
            use = _use_of(one, key)
            if use is None:
                yield f"the logs that were given show no use of the key {key.id}"
            elif use.last is not None:
                yield f"the key {key.id} was used last on {format_instant(use.last)}{_what_for(key, use)}"

    def _asleep(self, seen: Holdings, steps: tuple[Step, ...], account: str) -> Iterator[str]:
        """Why active keys are not put to sleep as they should be."""
        active = [key.id for key in seen.held_keys() if isinstance(key.active, Known) and key.active.value]
        if not active or not self._wishes.wait_days:
            return
        if not any(step.phase is Phase.HOLD for step in steps):
            yield f"the key {active[0]} is active: say how it is put to sleep first (--hold), or not (--wait 0)"
        elif self._hold is not None:
            calls = [step.call for step in steps if step.through]
            why = self._reach.sleeps_under(self._hold, account, calls)
            if why:
                yield f"policy `{self._hold.name}` does not put its keys to sleep: {why}"


def _hold_policy(organization: Organization, hold: str) -> Attached | None:
    if hold in {"", DEACTIVATE}:
        return None
    found = organization.policies.get(hold)
    if found is None:
        hint = "make one with `rootwarden guardrails render deny-root-actions`, and collect again"
        raise UsageError(f"there is no service control policy `{hold}` in the evidence", hint=hint)
    if not isinstance(found.statements, Known):
        raise UsageError(f"the service control policy `{hold}` could not be read", hint="collect again")
    return Attached(hold, found.name, found.statements.value)


def _check_named(wishes: Wishes, known: set[str]) -> None:
    """Refuse accounts that are not there: a waiver or canary nobody notices is a mistake nobody notices."""
    for what, named in (
        ("waiver", wishes.waived),
        ("canary", wishes.canaries),
        ("account", wishes.accounts),
        ("delegated administrator", (wishes.delegate,) if wishes.delegate else ()),
    ):
        for account in named:
            if account not in known and not (what == "delegated administrator" and wishes.accounts):
                raise UsageError(f"the {what} `{account}` is not in the evidence")


def _last_use_unknown(seen: Holdings) -> Iterator[str]:
    for key in seen.held_keys():
        if isinstance(key.last_used, Unknown):
            yield f"when the key {key.id} was last used is not known: {key.last_used.reason}"
    if isinstance(seen.password, Known) and seen.password.value and isinstance(seen.password_last_used, Unknown):
        yield f"when the password was last used is not known: {seen.password_last_used.reason}"


def _ids(seen: Holdings) -> tuple[str, ...]:
    return tuple(key.id for key in seen.held_keys())


def _use_of(one: Planned, key: Key) -> RootKey | None:
    return next((use for use in one.uses if use.access_key == key.id), None)


def _unread(trail: Trail) -> Iterator[str]:
    """Logs that were given and not read: what is in them is not known, and is never taken for no use."""
    if trail.unread:
        more = f", and {len(trail.unread) - 1} more" if len(trail.unread) > 1 else ""
        yield f"of the logs some could not be read in full: {trail.unread[0]}{more}; keys may have been used in them"


def _latest(used: object, seen: datetime | None) -> datetime | None:
    last = used.value if isinstance(used, Known) else None
    return max((each for each in (last, seen) if each is not None), default=None)


def _what_for(key: Key, use: RootKey | None) -> str:
    """What a key is used for: from CloudTrail if somebody gave it, else the last service and region."""
    if use is not None:
        parts = (("for", use.services), ("from", use.addresses), ("with", use.agents))
        told = "; ".join(f"{word} {_most(counts)}" for word, counts in parts if counts)
        return f"; CloudTrail shows {events_of(use)} {told}"
    service, region = ((each.value if isinstance(each, Known) else "") for each in (key.service, key.region))
    return f", for {service} in {region}" if service and region else ""


def _most(counts: Mapping[str, int]) -> str:
    most = sorted(counts, key=lambda name: (-counts[name], name))
    more = f" and {len(most) - _MOST_SHOWN} more" if len(most) > _MOST_SHOWN else ""
    return ", ".join(f"{name} ({counts[name]})" for name in most[:_MOST_SHOWN]) + more


def _not_seen(organization: Organization) -> Iterator[str]:
    """What nobody knows of the organization itself."""
    if isinstance(organization.id, Unknown):
        yield f"which organization this is is not known, so nothing of it can be applied: {organization.id.reason}"
    elif isinstance(organization.accounts, Unknown):
        yield f"there may be members that are not in this plan: {organization.accounts.reason}"


def _told(organization: Organization, wishes: Wishes, accounts: tuple[Planned, ...]) -> Iterator[str]:
    """What people should know before they apply it."""
    yield from _not_seen(organization)
    for fact, name in (
        (organization.root_credentials_management, "RootCredentialsManagement"),
        (organization.root_sessions, "RootSessions"),
    ):
        if isinstance(fact, Unknown):
            yield f"whether {name} is on is not known: {fact.reason}"
        elif isinstance(fact, Absent) or not fact.value:
            yield f"{name} is off: apply this plan to switch it on, then collect and plan again"
    if not wishes.caller:
        yield "whether you may call sts:AssumeRoot was not checked: give --caller ARN"
    steps = [step for one in accounts for step in one.steps]
    refused = sorted({f"{step.call} by {step.through}" for step in not_in_task_policies(steps)})
    for each in refused:
        yield f"the text of the task policy we know does not allow {each}: expect a refusal, or use --hold POLICY_ID"
    ready = {one.account for one in accounts if one.state is State.READY}
    for canary in wishes.canaries:
        if canary not in ready:
            yield f"the canary {canary} is not ready, so it is no canary"
    if not wishes.canaries and ready:
        yield "no canary: name one with --canary, so that one account shows what the others would"
