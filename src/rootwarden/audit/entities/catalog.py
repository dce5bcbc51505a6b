"""Which entities are fed, how the list of each is made, and the two that stand for a whole: `AWS` and `Fleet`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from rootwarden.audit.entities import account, iam_user, monitoring, organization, principals, root_user
from rootwarden.audit.entities.record import Resource
from rootwarden.audit.entities.view import View
from rootwarden.facts.fact import Known, Unknown, unlisted
from rootwarden.facts.inventory import Part
from rootwarden.rules.schema import ACCOUNT, plural

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from rootwarden.audit.entities.record import Listing
    from rootwarden.audit.entities.view import Families, Run
    from rootwarden.facts.account import Account
    from rootwarden.facts.fact import Fact
    from rootwarden.facts.organization import Organization

FLEET_NAME: Final = "fleet"


def accounts_as_wholes(view: View) -> Listing:
    """The account as a whole, as the only element."""
    return Known((Resource(account.account_arn(view), view, _Lists(_one_account)),))


FAMILIES: Final[Families] = {
    "RootUser": root_user.root_users,
    "IAMUser": iam_user.users,
    "IAMGroup": principals.groups,
    "IAMRole": principals.roles,
    "IAMPolicy": principals.policies,
    "IAMPasswordPolicy": account.password_policies,
    "Account": account.accounts,
    "AccountSummary": account.summaries,
    "AlternateContact": account.alternate_contacts,
    "CloudTrail": monitoring.trails,
    "CloudWatchLogGroup": monitoring.log_groups,
    "MetricAlarm": monitoring.alarms,
    "SNSTopic": monitoring.topics,
    "Organization": organization.organizations,
    "OrganizationalUnit": organization.units,
    "ServiceControlPolicy": organization.policies,
    "CentralRootAccess": organization.central_root_accesses,
    ACCOUNT: accounts_as_wholes,
}
# The same whichever account is asked: judged once a run.
OF_THE_ORGANIZATION: Final = frozenset(
    {"Organization", "OrganizationalUnit", "ServiceControlPolicy", "CentralRootAccess"}
)
# Of these every account has one.
_ONE_EACH: Final = frozenset({"RootUser", "Account", "AccountSummary"})
_MONITORING: Final = frozenset({"CloudTrail", "CloudWatchLogGroup", "MetricAlarm", "SNSTopic"})
_PARTS: Final[Mapping[str, frozenset[Part]]] = {
    "IAMUser": frozenset({Part.USERS}),
    "IAMGroup": frozenset({Part.DETAILS}),
    "IAMRole": frozenset({Part.DETAILS}),
    "IAMPolicy": frozenset({Part.DETAILS}),
    "IAMPasswordPolicy": frozenset({Part.PASSWORD_POLICY}),
    "AccountSummary": frozenset({Part.SUMMARY}),
    **dict.fromkeys(_MONITORING, frozenset({Part.MONITORING})),
}
# Some attributes of these are made from more than their list.
_JOINING: Final = frozenset({"Account", "IAMRole", "IAMUser"})
_JOINED: Final = {"iam:GetAccountAuthorizationDetails": Part.DETAILS, "iam:GetCredentialReport": Part.USERS}
_ENTITY_OF: Final[Mapping[str, str]] = {plural(name): name for name in FAMILIES if name != ACCOUNT}


def parts_of(entity: str, calls: Collection[str]) -> frozenset[Part]:
    """What of an account's inventory the attributes of an entity that come from these calls are made from."""
    joined = {part for call, part in _JOINED.items() if entity in _JOINING and call in calls}
    return _PARTS.get(entity, frozenset()) | joined


def is_monitoring(entity: str) -> bool:
    """Whether an entity is told by the calls that ask about trails, log groups, alarms and topics."""
    return entity in _MONITORING


def view_of(facts: Account, surrounding: Organization, run: Run | None = None) -> View:
    """An account as rules look at it."""
    return View(facts, surrounding, FAMILIES, run)


def listing_of(view: View, entity: str) -> Listing:
    """The resources of an entity; one that nobody collects is unknown, never an empty list."""
    if entity not in FAMILIES:
        return Unknown(f"`{entity}` is known to the language, not collected here")
    return view.listing(entity)


def speaker(run: Run, surrounding: Organization) -> str:
    """The account that findings about the organization are told of.

    The management account where it took part, the only account of a run of one, else none.
    """
    manager = surrounding.management_account
    if isinstance(manager, Known) and manager.value in run.views:
        return manager.value
    return next(iter(run.views)) if len(run.views) == 1 else ""


def fleet(run: Run) -> Resource:
    """All accounts of a run as a whole; its lists hold what is in all of them, in the order of the accounts."""
    return Resource(FLEET_NAME, run, _Lists(_all_accounts))


class _Lists(Mapping[str, Callable[[Any], "Fact[object]"]]):
    """A table that has the list of every entity under its name in the plural; what nobody feeds is not in it."""

    def __init__(self, listing: Callable[[Any, str], Fact[object]]) -> None:
        self._listing = listing

    def __getitem__(self, name: str) -> Callable[[Any], Fact[object]]:
        entity = _ENTITY_OF[name]
        return lambda subject: self._listing(subject, entity)

    def __iter__(self) -> Iterator[str]:
        return iter(_ENTITY_OF)

    def __len__(self) -> int:
        return len(_ENTITY_OF)


def _one_account(view: View, entity: str) -> Fact[object]:
    listed: Fact[object] = view.listing(entity)
    return listed


def _all_accounts(run: Run, entity: str) -> Fact[object]:
    """The lists of all accounts one after the other; what could not be read stands for as many as there may be."""
    elements: list[object] = []
    views = list(run.views.values())
    for view in views[:1] if entity in OF_THE_ORGANIZATION else views:
        listed = view.listing(entity)
        if isinstance(listed, Known):
            elements.extend(listed.value)
        elif isinstance(listed, Unknown):
            elements.append(listed if entity in _ONE_EACH else unlisted(listed))
    return Known(tuple(elements))
