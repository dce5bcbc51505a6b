"""AWS's own services as worlds have them: on everywhere, or with the gaps one finds.

They are administered from the security account; an organization too small to have one has none of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.simulator.monitoring import Analyzer, CostSubscription, Detector, Hub
from rootwarden.simulator.world import MANAGEMENT_ID, DelegatedAdministrator

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rootwarden.simulator.account import Account
    from rootwarden.simulator.world import Organization

_PRINCIPALS: Final = ("access-analyzer.amazonaws.com", "guardduty.amazonaws.com", "securityhub.amazonaws.com")
_SECURITY: Final = 1


def administered(organization: Organization, ids: Sequence[str]) -> None:
    """Delegate the services to the security account, if there is one."""
    for account_id in ids[_SECURITY : _SECURITY + 1]:
        organization.delegated += [
            DelegatedAdministrator(account_id=account_id, service_principal=principal) for principal in _PRINCIPALS
        ]


def watched(build: Callable[[str], Account], ids: Sequence[str]) -> Callable[[str], Account]:
    """Accounts as `build` makes them, with every service on in every region.

    Args:
        build: Makes an account.
        ids: Every account of the organization, the management account first, then the security account.
    """

    def made(account_id: str) -> Account:
        account = build(account_id)
        _switch_on(account, ids)
        return account

    return made


def half_watched(build: Callable[[str], Account], ids: Sequence[str]) -> Callable[[str], Account]:
    """The same with gaps: one region without an analyzer, a hub that the newer half of the accounts never joined."""

    def made(account_id: str) -> Account:
        account = build(account_id)
        _switch_on(account, ids)
        if account_id in ids[_SECURITY : _SECURITY + 1]:
            account.region(account.enabled_regions[0]).hub = Hub(members=tuple(ids[: len(ids) // 2]))
            account.region(account.enabled_regions[-1]).analyzers = []
        return account

    return made


def _switch_on(account: Account, ids: Sequence[str]) -> None:
    if account.account_id == MANAGEMENT_ID:
        account.cost_subscriptions = [CostSubscription(name="bill", addresses=("aws-finance@example.com",))]
        for name in account.enabled_regions:
            account.region(name).detector = Detector()
    elif account.account_id in ids[_SECURITY : _SECURITY + 1]:
        for name in account.enabled_regions:
            region = account.region(name)
            region.detector = Detector(members="ALL")
            region.analyzers = [Analyzer(name="organization")]
        others = tuple(each for each in ids if each != account.account_id)
        account.region(account.enabled_regions[0]).hub = Hub(members=others)
