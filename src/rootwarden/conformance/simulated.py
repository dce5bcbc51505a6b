"""The simulator's side: one simulated account in several states, its answers added up to all it can show.

A real account is in one state; the simulator is asked in each of `STATES`, so that a root user without a password, say,
is not taken for a difference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.credentials import Credentials

from rootwarden.aws.door import Door
from rootwarden.conformance.asking import outcomes
from rootwarden.conformance.compare import Outcome
from rootwarden.conformance.place import Place
from rootwarden.conformance.shape import added
from rootwarden.conformance.steps import CallerKind, Standing
from rootwarden.simulator import parts, running
from rootwarden.simulator.account import PasswordPolicy
from rootwarden.simulator.identities import AccessKey, IAMUser, RootUser
from rootwarden.simulator.knobs import ReportPolls
from rootwarden.simulator.monitoring import AdvancedEventSelector, EventRule, FieldSelector, Subscription, Trail
from rootwarden.simulator.services.sts import IAM_PRINCIPAL
from rootwarden.simulator.sessions import OPERATOR
from rootwarden.simulator.sessions import CallerKind as SimulatedCaller
from rootwarden.simulator.world import DelegatedAdministrator
from rootwarden.simulator.worlds import make_world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rootwarden.simulator import Simulator
    from rootwarden.simulator.account import Account
    from rootwarden.simulator.world import World

_MEMBER = parts.member_id(3)  # neither the security account nor the log archive
_ROOT_CALLER = "the simulator has no long-term root caller"


def simulated_outcomes(place: Place, profile: str = "") -> dict[str, Outcome]:
    """What the simulator says to every step, asked from an account that stands where the real one does.

    Args:
        place: Who asked the real side, from where.
        profile: AWS profile, which may name proxies and the like that must exist.

    Raises:
        UsageError: The partition is not simulated.
    """
    organized = place.standing in {Standing.MEMBER, Standing.MANAGEMENT}
    world = make_world("greenfield" if organized else "standalone", partition=place.partition)
    account_id = _MEMBER if place.standing is Standing.MEMBER else world.management_id
    seen: list[dict[str, Outcome]] = []
    with running(world) as simulator:
        simulator.knobs.add(ReportPolls(polls=0))
        door = Door(
            profile=profile,
            region=world.home_region,
            endpoint=simulator.endpoint,
            own=_credentials(simulator, account_id, place.caller),
        )
        asking = Place(
            account=account_id,
            partition=world.partition,
            region=world.home_region,
            standing=place.standing,
            caller=place.caller,
            user=OPERATOR if place.caller is CallerKind.USER else "",
        )
        for put_into_state in STATES:
            put_into_state(world, world.account(account_id))
            simulator.state.reports.clear()
            seen.append(outcomes(door, asking))
    whole = {key: _added(each[key] for each in seen) for key in seen[0]}
    if place.caller in {CallerKind.ROOT, CallerKind.OTHER}:
        whole["sts:GetCallerIdentity"] = Outcome(skipped=_ROOT_CALLER)
    return whole


def _added(several: Iterable[Outcome]) -> Outcome:
    known = [*several]
    asked = [each for each in known if not each.skipped]
    if not asked:
        return known[0]
    return Outcome(
        shape=added(each.shape for each in asked), codes=frozenset(code for each in asked for code in each.codes)
    )


def _credentials(simulator: Simulator, account_id: str, caller: CallerKind) -> Credentials:
    world = simulator.world
    if caller is not CallerKind.ROLE:
        key = world.credentials_of(account_id)
        return Credentials(key.access_key_id, key.secret_access_key)
    arn = world.arn("sts", "", account_id, "assumed-role/RootwardenAudit/conformance")
    issued = simulator.state.sessions.issue(
        account_id=account_id, arn=arn, kind=SimulatedCaller.ROLE, name="conformance", seconds=3600
    )
    return Credentials(issued.caller.access_key_id, issued.secret_access_key, issued.caller.session_token)


def _as_it_is(_world: World, _account: Account) -> None:
    """The world as it is made."""


def _full(world: World, account: Account) -> None:
    """Everything an account can have."""
    here, account_id = account.region(world.home_region), account.account_id
    parts.add_administrators(account)
    account.users.append(_user(account_id))
    account.root = RootUser(
        password=True,
        password_last_used=parts.days_ago(3),
        devices=[parts.virtual_device(account_id)],
        keys=[parts.root_key(account_id, created=parts.days_ago(9), used=parts.days_ago(2))],
        certificates=[parts.certificate()],
    )
    here.rds_instances, here.ec2_instances, account.buckets = 1, 1, 1
    account.password_policy = PasswordPolicy(maximum_age=90, hard_expiry=True)
    if not any(trail.log_group for trail in account.trails):
        parts.add_root_alarm(account, organization=False)
    if not here.event_rules:
        parts.add_root_event_rule(account)
    for topic in here.topics:
        topic.subscriptions.append(Subscription(protocol="sqs", endpoint="https://example.com/", confirmed=False))
    here.event_rules.append(EventRule(name="off", pattern="{}", state="DISABLED"))
    parts.fence_sign_in(account)
    if world.organization is not None and account is not world.management:
        world.organization.delegated.append(
            DelegatedAdministrator(account_id=account_id, service_principal=IAM_PRINCIPAL)
        )


def _user(account_id: str) -> IAMUser:
    used, unused = (
        AccessKey(access_key_id=f"AKIAFAKE{number}{account_id[1:]}", create_date=parts.days_ago(9), last_used=last)
        for number, last in ((1, parts.days_ago(1)), (2, None))
    )
    return IAMUser(
        name=OPERATOR,
        create_date=parts.days_ago(90),
        password=True,
        password_last_used=parts.days_ago(1),
        devices=[parts.virtual_device(account_id, OPERATOR)],
        keys=[used, unused],
    )


def _other_way(world: World, account: Account) -> None:
    """What can be had in more than one way, the other way: advanced selectors, unused credentials, no force."""
    selector = FieldSelector(field="eventCategory", equals=("Management",))
    advanced = AdvancedEventSelector(name="management", field_selectors=(selector,))
    account.trails = [
        Trail(
            name="advanced",
            home_region=world.home_region,
            bucket="b",
            logging=False,
            multi_region=False,
            advanced_selectors=(advanced,),
        )
    ]
    account.root.password_last_used = None
    account.root.keys[0].last_used = None
    account.users[-1].keys.reverse()
    account.console_authorization = False
    if world.organization is not None:
        world.organization.policies = dict(reversed(world.organization.policies.items()))
        world.organization.delegated.clear()
        world.organization.features.clear()


def _bare(world: World, account: Account) -> None:
    """Nothing an account can be without."""
    if world.organization is not None:
        world.organization.trusted_services = ()
    account.root = RootUser(password=False)
    account.users, account.trails, account.buckets = [], [], 0
    account.regions, account.alternate_contacts = {}, {}
    account.contact, account.console_authorization, account.password_policy = None, None, None
    account.sign_in_policy = []


STATES: tuple[Callable[[World, Account], None], ...] = (_as_it_is, _full, _other_way, _bare)
