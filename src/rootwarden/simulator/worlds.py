"""Named worlds: each one function that makes an organization of any size, the same every time.

An account is built when it is first asked for, from a random sequence of its own, so the order of asking changes
nothing. Account 0 is the management account, 1 the security account (delegated administrator of IAM), 2 the log
archive.
"""

from __future__ import annotations

from functools import partial
from random import Random
from typing import TYPE_CHECKING, Final

from rootwarden.errors import UsageError
from rootwarden.simulator import parts, ways_up
from rootwarden.simulator.account import PasswordPolicy
from rootwarden.simulator.elsewhere import HOME_REGIONS, Elsewhere
from rootwarden.simulator.moment import NOW
from rootwarden.simulator.patchwork import patchwork_knobs, patchwork_member
from rootwarden.simulator.services.sts import IAM_PRINCIPAL
from rootwarden.simulator.watching_services import administered, half_watched, watched
from rootwarden.simulator.world import MANAGEMENT_ID, DelegatedAdministrator, World

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from rootwarden.simulator.account import Account
    from rootwarden.simulator.world import Organization

LARGEST: Final = 5000
_SMALLEST_WITH_DELEGATE: Final = 2


def greenfield(accounts: int = 10, *, external_id: str = "") -> World:
    """All is well: nothing should be found."""
    ids = _ids(accounts)
    organization = _central(ids)
    _guard(organization)
    administered(organization, ids)
    return _world(ids, watched(partial(_healthy, external_id=external_id), ids), organization)


def forgotten_mailbox(accounts: int = 8, *, external_id: str = "") -> World:
    """Grown without a plan: private mailboxes, one contact for everything, no MFA, root used long ago or never."""
    ids = _ids(accounts)
    return _world(ids, partial(_forgotten, external_id=external_id), parts.organization(ids))


def central_root(accounts: int = 20, *, external_id: str = "") -> World:
    """Central management is on; every fifth member still has a root password, key, certificate or device."""
    ids = _ids(accounts)
    organization = _central(ids)
    _guard(organization)
    return _world(ids, partial(_leftover, external_id=external_id), organization)


def breached(accounts: int = 6, *, external_id: str = "") -> World:
    """Somebody is in: a root key made and used within hours, MFA gone, one alarm narrowed and one deleted.

    With six accounts or more there are ways up to root in it, and what looks like one (`simulator/ways_up.py`).
    """
    ids = _ids(accounts)
    organization = _central(ids)
    if accounts < ways_up.SMALLEST:
        return _world(ids, partial(_breached, external_id=external_id), organization)
    ways_up.fence_sandbox(organization)
    return _world(ids, partial(_breached_with_ways_up, external_id=external_id), organization)


def patchwork(accounts: int = 40, *, external_id: str = "") -> World:
    """What organizations really look like: a mixture of everything, with denials, throttling and gaps."""
    ids = _ids(accounts)
    organization = _central(ids)
    keys = parts.deny_root_policy(
        "p-denyrootkeys", "DenyRootKeys", action="iam:CreateAccessKey", exempt_assumed_root=False
    )
    everything = parts.deny_root_policy("p-denyrootall0", "DenyRoot", action="*", exempt_assumed_root=False)
    parts.attach(organization, parts.WORKLOADS_UNIT, keys)
    parts.attach(organization, parts.SANDBOX_UNIT, everything)
    administered(organization, ids)
    world = _world(ids, half_watched(partial(_patchwork, external_id=external_id), ids), organization)
    world.initial_knobs = patchwork_knobs(ids)
    return world


def standalone(accounts: int = 1, *, external_id: str = "") -> World:
    """One account without an organization; its root has one authenticator app and an alarm of its own."""
    if accounts != 1:
        raise UsageError("the world `standalone` has exactly one account", hint="leave --accounts out")
    return _world(_ids(1), partial(_standalone, external_id=external_id), None)


WORLDS: Final[dict[str, Callable[..., World]]] = {
    "greenfield": greenfield,
    "forgotten_mailbox": forgotten_mailbox,
    "central_root": central_root,
    "breached": breached,
    "patchwork": patchwork,
    "standalone": standalone,
}


def make_world(
    name: str,
    accounts: int | None = None,
    *,
    external_id: str = "",
    partition: str = "aws",
    now: datetime = NOW,
) -> World:
    """A named world.

    Args:
        name: One of `WORLDS`.
        accounts: How many, 1 to 5,000; what the world has by default when not given.
        external_id: What the audit role in every account asks for; nothing when empty.
        partition: `aws`, `aws-us-gov` or `aws-cn`.
        now: The instant the world stands at, aware; every date in it moves along.

    Raises:
        UsageError: There is no such world, partition or number of accounts.
    """
    maker = WORLDS.get(name)
    if maker is None:
        raise UsageError(f"no world `{name}`", hint=f"choose one of {', '.join(WORLDS)}")
    world = maker(external_id=external_id) if accounts is None else maker(accounts, external_id=external_id)
    elsewhere = Elsewhere(partition, now)
    if not elsewhere.is_home:
        if world.organization is not None:
            world.organization = elsewhere.retell(world.organization)
        home_region = HOME_REGIONS[partition]
        world.move(partition=partition, home_region=home_region, now=now, retell=elsewhere.retell)
    return world


def _ids(accounts: int) -> list[str]:
    if not 1 <= accounts <= LARGEST:
        raise UsageError(f"cannot simulate `{accounts}` accounts", hint=f"choose between 1 and {LARGEST}")
    return [parts.member_id(number) for number in range(accounts)]


def _world(ids: list[str], build: Callable[[str], Account], organization: Organization | None) -> World:
    return World(account_ids=ids, build=build, management_id=MANAGEMENT_ID, organization=organization)


def _central(ids: list[str]) -> Organization:
    organization = parts.organization(ids)
    organization.features = {"RootCredentialsManagement", "RootSessions"}
    organization.trusted_services = (IAM_PRINCIPAL, "account.amazonaws.com", "cloudtrail.amazonaws.com")
    if len(ids) >= _SMALLEST_WITH_DELEGATE:
        organization.delegated = [DelegatedAdministrator(account_id=ids[1], service_principal=IAM_PRINCIPAL)]
    return organization


def _guard(organization: Organization) -> None:
    keys = parts.deny_root_policy(
        "p-denyrootkeys", "DenyRootKeys", action="iam:CreateAccessKey", exempt_assumed_root=False
    )
    everything = parts.deny_root_policy("p-denyrootall0", "DenyRoot", action="*", exempt_assumed_root=True)
    parts.attach(organization, organization.root.unit_id, keys)
    parts.attach(organization, organization.root.unit_id, everything)


def _healthy(account_id: str, external_id: str = "") -> Account:
    account = parts.base_account(account_id, Random(account_id), external_id=external_id)  # noqa: S311 - not for secrets
    if account_id == MANAGEMENT_ID:
        root = account.root
        root.password = True
        root.password_last_used = parts.days_ago(240)
        root.devices = [parts.fido_device(account_id, "safe-a"), parts.fido_device(account_id, "safe-b")]
        parts.add_root_alarm(account)
        parts.add_root_event_rule(account)
        parts.fence_sign_in(account)
    return account


def _forgotten(account_id: str, external_id: str = "") -> Account:
    account = parts.base_account(account_id, Random(account_id), external_id=external_id)  # noqa: S311 - not for secrets
    number = parts.number_of(account_id)
    domain = ("gmail.com", "example.com", "outlook.com")[number % 3]
    account.email = f"pat.founder.not.real+{number:04d}@{domain}"
    parts.one_contact_for_everything(account, account.email)
    account.root.password = True
    account.root.password_last_used = parts.days_ago(1500 + number % 700) if number % 3 else None
    if number % 4 == 1:
        account.root.devices = [parts.virtual_device(account_id)]
    if number % 5 == 2:  # noqa: PLR2004 - 2, 7, 12, …
        account.root.keys = [parts.root_key(account_id, created=parts.days_ago(2500), used=parts.days_ago(1300))]
    account.password_policy = (None, PasswordPolicy(minimum_length=6, symbols=False, reuse_prevention=None))[number % 2]
    if number % 2:
        parts.add_administrators(account)
    return account


def _leftover(account_id: str, external_id: str = "") -> Account:
    account = _healthy(account_id, external_id)
    number = parts.number_of(account_id)
    if number == 0 or number % 5:
        return account
    root = account.root
    match number // 5 % 4:
        case 1:
            root.password = True
            root.password_last_used = parts.days_ago(45)
        case 2:
            root.keys = [parts.root_key(account_id, created=parts.days_ago(900), used=parts.days_ago(3), active=True)]
        case 3:
            root.password = True
            root.devices = [parts.virtual_device(account_id, "phone-of-somebody")]
        case _:
            root.certificates = [parts.certificate()]
    return account


def _breached(account_id: str, external_id: str = "") -> Account:
    account = _healthy(account_id, external_id)
    number = parts.number_of(account_id)
    if number == 0:
        account.region(parts.HOME_REGION).metric_filters[0].pattern = parts.NARROWED_PATTERN
        account.region(parts.HOME_REGION).event_rules.clear()
        account.sign_in_policy = []
        account.console_authorization = None
        account.root.devices = []
        account.root.password_last_used = parts.days_ago(0.2)
    if number == 1:
        hours = parts.days_ago(0.25), parts.days_ago(0.08)
        account.root.password = True
        account.root.password_last_used = parts.days_ago(0.3)
        account.root.keys = [parts.root_key(account_id, created=hours[0], used=hours[1])]
        parts.add_root_alarm(account, organization=False)
        account.region(parts.HOME_REGION).alarms.clear()
    return account


def _breached_with_ways_up(account_id: str, external_id: str = "") -> Account:
    account = _breached(account_id, external_id)
    ways_up.plant(account)
    return account


def _patchwork(account_id: str, external_id: str = "") -> Account:
    account = _healthy(account_id, external_id)
    if account_id != MANAGEMENT_ID:
        patchwork_member(account)
    return account


def _standalone(account_id: str, external_id: str = "") -> Account:
    account = parts.base_account(account_id, Random(account_id), external_id=external_id)  # noqa: S311 - not for secrets
    account.root.password = True
    account.root.password_last_used = parts.days_ago(90)
    account.root.devices = [parts.virtual_device(account_id)]
    parts.add_root_alarm(account, organization=False)
    return account
