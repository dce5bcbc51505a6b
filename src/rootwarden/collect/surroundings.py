"""What is the same for every account of a run, and looked up once."""

from __future__ import annotations

from datetime import datetime

import msgspec

from rootwarden.facts.declarations import Declaration
from rootwarden.facts.fact import Fact, Known
from rootwarden.facts.inventory import Part
from rootwarden.facts.organization import Organization, OrganizationAccount, OrganizationalUnit
from rootwarden.guardrails.asking import Around
from rootwarden.guardrails.compared import keys_there_are_not
from rootwarden.packs.policies import policy_knowledge


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What is the same for every account of a run.

    Attributes:
        organization: The organization's facts.
        listed: Accounts of the organization by id.
        units: The unit each account is in, by account id.
        declarations: What people declared.
        as_of: The instant everything is judged at.
        parts: What of each account's inventory is kept, because a selected rule reads it.
        guardrails: What evaluating the organization's policies takes.
        services: What AWS's own services watch is read.
    """

    organization: Organization
    listed: dict[str, OrganizationAccount]
    units: dict[str, OrganizationalUnit]
    declarations: Fact[tuple[Declaration, ...]]
    as_of: datetime
    parts: frozenset[Part] = frozenset()
    guardrails: Around = Around()
    services: bool = False


def surroundings(
    organization: Organization,
    declarations: Fact[tuple[Declaration, ...]],
    as_of: datetime,
    *,
    parts: frozenset[Part] = frozenset(),
    services: bool = False,
) -> Surroundings:
    """Index an organization's facts once for all its accounts."""
    accounts = organization.accounts.value if isinstance(organization.accounts, Known) else ()
    units = organization.units.value if isinstance(organization.units, Known) else ()
    return Surroundings(
        organization=organization,
        # An account that is listed twice is looked at when either entry says it is active.
        listed={each.id: each for each in sorted(accounts, key=lambda each: each.state in ("ACTIVE", ""))},
        units=_units_by_account(units),
        declarations=declarations,
        as_of=as_of,
        parts=parts,
        guardrails=_guardrails_around(organization),
        services=services,
    )


def _units_by_account(units: tuple[OrganizationalUnit, ...]) -> dict[str, OrganizationalUnit]:
    """The unit of each account; one that is listed in several is in none we can rely on."""
    found: dict[str, list[OrganizationalUnit]] = {}
    for unit in units:
        for account in unit.accounts:
            found.setdefault(account, []).append(unit)
    return {account: placed[0] for account, placed in found.items() if len(placed) == 1}


def _guardrails_around(organization: Organization) -> Around:
    """What is the same for every account when its policies are evaluated; condition keys there are not among it."""
    read = (one.statements for one in organization.policies.values())
    documents = [one.value for one in read if isinstance(one, Known)]
    manager = organization.management_account
    return Around(
        organization=organization.id.value if isinstance(organization.id, Known) else "",
        management=manager.value if isinstance(manager, Known) else "",
        no_keys=keys_there_are_not(documents, policy_knowledge()) if documents else frozenset(),
    )
