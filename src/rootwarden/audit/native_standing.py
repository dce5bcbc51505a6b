"""How AWS's own services stand in an organization: by what its settings and administrators' answers tell.

What one account switched on for itself does not count: accounts made tomorrow would be without it. In no organization
the account's own settings are all there is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.facts.fact import Absent, Known, Unknown, Why
from rootwarden.facts.native_services import AccountServices, NativeService
from rootwarden.facts.organization import Organization

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rootwarden.facts.fact import Fact
    from rootwarden.facts.native_services import RegionServices

_MOST_NAMED: Final = 3
_OF_ORGANIZATIONS: Final = frozenset(
    {NativeService.ACCOUNT_MANAGEMENT, NativeService.IAM_ADMINISTRATOR, NativeService.SECURITY_HUB}
)


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at.

    Attributes:
        on: Whether it is as it should be; `None` where nobody knows.
        said: What was seen, in one clause.
        account: Whose it is.
        permission: What would tell, where that is what was missing.
    """

    on: bool | None
    said: str
    account: str
    permission: str = ""


class Native(msgspec.Struct, frozen=True):
    """What the answers are about: the organization, and what each account that was looked at tells."""

    organization: Organization
    accounts: Mapping[str, AccountServices]

    @property
    def alone(self) -> bool:
        """These accounts are known to be in no organization."""
        return isinstance(self.organization.id, Absent)

    @property
    def manager(self) -> str:
        """The management account, or an empty text."""
        found = self.organization.management_account
        return found.value if isinstance(found, Known) else ""


def seen(service: NativeService, native: Native) -> tuple[Seen, ...]:
    """Everything that decides whether a service does its work; nothing where it does not apply.

    Args:
        service: Which.
        native: What was looked at.
    """
    if native.alone:
        return () if service in _OF_ORGANIZATIONS else tuple(_ALONE[service](native))
    if not native.manager:
        return (_unknown(native.organization.management_account, ""),)
    return tuple(_ORGANIZED[service](native))


def _account_management(native: Native) -> Iterator[Seen]:
    found = native.organization.service_access
    if not isinstance(found, Known):
        yield _unknown(found, native.manager)
        return
    on = NativeService.ACCOUNT_MANAGEMENT.principal in found.value
    yield Seen(on=on, said=f"trusted access is {'on' if on else 'off'}", account=native.manager)


def _iam_administrator(native: Native) -> Iterator[Seen]:
    for account, said in _administrators(native, NativeService.IAM_ADMINISTRATOR):
        yield said or Seen(on=True, said=f"account {account} administers it", account=native.manager)


def _cost_anomalies(native: Native) -> Iterator[Seen]:
    yield _costs(native, native.manager)


def _costs_alone(native: Native) -> Iterator[Seen]:
    return (_costs(native, account) for account in native.accounts)


def _costs(native: Native, account: str) -> Seen:
    services = native.accounts.get(account)
    found = services.cost_alerts if services else _not_looked_at(account)
    return _told(found, account, "somebody gets alerts", "no cost anomaly monitor has a subscription somebody gets")


def _guardduty(native: Native) -> Iterator[Seen]:
    """Members are seen to by the administrator's setting; the management account by its own detector."""
    yield from _detectors(native, native.manager)
    for account, said in _administrators(native, NativeService.GUARDDUTY):
        if said is not None:
            yield said
            continue
        yield from _detectors(native, account)
        for region, unread in _regions(native, account):
            if region is None:
                yield unread
            elif not _is_false(region.detector):  # without a detector there is no setting, and that was said
                yield _for_all(region, account)


def _is_false(fact: Fact[bool]) -> bool:
    return isinstance(fact, Known) and not fact.value


def _for_all(region: RegionServices, account: str) -> Seen:
    """Whose detectors the administrator's setting sees to in a region."""
    found, where = region.detector_for, _where(account, region.region)
    if not isinstance(found, Known):
        return _unknown(found, account, region.region)
    if found.value == "NEW":
        said = f"only new accounts get a detector{where}; whether the others have one was not asked"
        return Seen(on=None, said=said, account=account)
    on = found.value == "ALL"
    return Seen(on=on, said=f"{'every' if on else 'no'} account gets a detector{where}", account=account)


def _detectors(native: Native, account: str) -> Iterator[Seen]:
    for region, unread in _regions(native, account):
        if region is None:
            yield unread
        else:
            where = _where(account, region.region)
            off = f"there is no enabled detector{where}"
            yield _told(region.detector, account, "every detector is enabled", off, region.region)


def _detectors_alone(native: Native) -> Iterator[Seen]:
    return (one for account in native.accounts for one in _detectors(native, account))


def _analyzers(native: Native) -> Iterator[Seen]:
    """In each region the management account or an administrator has one with the organization as zone of trust."""
    places, unsure = [native.manager], []
    for account, said in _administrators(native, NativeService.ACCESS_ANALYZER, optional=True):
        if said is None:
            places.append(account)
        else:
            unsure.append(said)
    by_region: dict[str, list[RegionServices]] = {}
    for account in dict.fromkeys(places):
        for region, unread in _regions(native, account):
            if region is None:
                unsure.append(unread)
            else:
                by_region.setdefault(region.region, []).append(region)
    for name, found in by_region.items():
        yield _analyzed(name, found, ("ORGANIZATION",), native.manager, unsure)
    if not by_region:
        yield from unsure


def _analyzed(name: str, found: list[RegionServices], types: tuple[str, ...], account: str, unsure: list[Seen]) -> Seen:
    for each in found:
        if isinstance(each.analyzers, Known) and set(types) & set(each.analyzers.value):
            return Seen(on=True, said="every region has an analyzer for external access", account=account)
    unread = [_unknown(each.analyzers, account, name) for each in found if not isinstance(each.analyzers, Known)]
    if unread or unsure:
        return [*unread, *unsure][0]
    return Seen(on=False, said=f"there is no active analyzer for external access in {name}", account=account)


def _analyzers_alone(native: Native) -> Iterator[Seen]:
    for account in native.accounts:
        for region, unread in _regions(native, account):
            types = ("ACCOUNT", "ORGANIZATION")
            yield unread if region is None else _analyzed(region.region, [region], types, account, [])


def _security_hub(native: Native) -> Iterator[Seen]:
    """In some region of the administrator every active account is a member."""
    listed = native.organization.accounts
    if not isinstance(listed, Known):
        yield _unknown(listed, native.manager)
        return
    wanted = frozenset(each.id for each in listed.value if each.state in ("ACTIVE", ""))
    for account, said in _administrators(native, NativeService.SECURITY_HUB):
        if said is not None:
            yield said
            continue
        yield from _hub_of(native, account, wanted - {account})


def _hub_of(native: Native, account: str, wanted: frozenset[str]) -> Iterator[Seen]:
    unsure: list[Seen] = []
    missing: list[tuple[frozenset[str], str]] = []
    for region, unread in _regions(native, account):
        if region is None:
            unsure.append(unread)
        elif not isinstance(region.hub, Known):
            unsure.append(_unknown(region.hub, account, region.region))
        elif region.hub.value and not isinstance(region.hub_members, Known):
            unsure.append(_unknown(region.hub_members, account, region.region))
        elif isinstance(region.hub_members, Known):
            missing.append((wanted - set(region.hub_members.value), region.region))
    fewest = min(missing, key=lambda one: (len(one[0]), one[1]), default=None)
    if fewest is not None and not fewest[0]:
        yield Seen(on=True, said=f"every account is a member in {fewest[1]}", account=account)
    elif unsure:
        yield unsure[0]
    elif fewest is None:
        yield Seen(on=False, said=f"it is off in every region of account {account}", account=account)
    else:
        said = f"not a member in {fewest[1]}: {_named(fewest[0])}"
        yield from (Seen(on=False, said=said, account=each) for each in sorted(fewest[0]))


def _administrators(
    native: Native, service: NativeService, *, optional: bool = False
) -> Iterator[tuple[str, Seen | None]]:
    """Every administrator of a service, or what is seen instead of one."""
    found = native.organization.administrators_of(service)
    if not isinstance(found, Known):
        yield "", _unknown(found, native.manager)
    elif not found.value and not optional:
        yield "", Seen(on=False, said=f"no account administers it ({service.principal})", account=native.manager)
    else:
        yield from ((account, None) for account in found.value)


def _regions(native: Native, account: str) -> Iterator[tuple[RegionServices | None, Seen]]:
    """Every region of an account, or why there is none."""
    services = native.accounts.get(account)
    found = services.regions if services else _not_looked_at(account)
    if not isinstance(found, Known):
        yield None, _unknown(found, account)
        return
    yield from ((region, Seen(on=None, said="", account=account)) for region in found.value)


def _told(fact: Fact[bool], account: str, on: str, off: str, region: str = "") -> Seen:
    if not isinstance(fact, Known):
        return _unknown(fact, account, region)
    return Seen(on=fact.value, said=on if fact.value else off, account=account)


def _unknown(fact: Fact[object], account: str, region: str = "") -> Seen:
    """Nobody knows, and why; "there is none" is no answer here."""
    if not isinstance(fact, Unknown):
        return Seen(on=None, said="nothing was answered", account=account)
    return Seen(on=None, said=f"{fact.reason}{_where(account, region)}", account=account, permission=fact.permission)


def _where(account: str, region: str) -> str:
    return f" in {region} of account {account}" if region else ""


def _not_looked_at(account: str) -> Unknown:
    return Unknown(f"account {account} was not looked at", Why.NOT_COLLECTED)


def _named(accounts: frozenset[str]) -> str:
    named = sorted(accounts)
    more = len(named) - _MOST_NAMED
    return ", ".join(named[:_MOST_NAMED]) + (f" and {more:,} more" if more > 0 else "")


_ORGANIZED: Final[dict[NativeService, Callable[[Native], Iterator[Seen]]]] = {
    NativeService.ACCESS_ANALYZER: _analyzers,
    NativeService.ACCOUNT_MANAGEMENT: _account_management,
    NativeService.COST_ANOMALIES: _cost_anomalies,
    NativeService.GUARDDUTY: _guardduty,
    NativeService.IAM_ADMINISTRATOR: _iam_administrator,
    NativeService.SECURITY_HUB: _security_hub,
}
_ALONE: Final[dict[NativeService, Callable[[Native], Iterator[Seen]]]] = {
    NativeService.ACCESS_ANALYZER: _analyzers_alone,
    NativeService.COST_ANOMALIES: _costs_alone,
    NativeService.GUARDDUTY: _detectors_alone,
}
