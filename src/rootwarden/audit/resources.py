"""What was collected, as the resources of one entity: what a rule about it would judge, without judging."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.audit.entities.catalog import FLEET_NAME, OF_THE_ORGANIZATION, fleet, view_of
from rootwarden.audit.entities.view import Run
from rootwarden.facts.fact import Known, Unknown
from rootwarden.rules.fixture import Resource
from rootwarden.rules.schema import FLEET

if TYPE_CHECKING:
    from rootwarden.collect.collected import Collected


def resources_of(collected: Collected, entity: str) -> tuple[list[tuple[str, Resource]], list[tuple[str, str]]]:
    """The resources of an entity.

    Args:
        collected: What was looked at.
        entity: Its name in the rule language.

    Returns:
        The account (empty for what is of all accounts) and the resource, named as findings name it; and the account
        and the reason wherever they could not be read.
    """
    run = Run()
    run.views.update({each.facts.id: view_of(each.facts, collected.organization, run) for each in collected.accounts})
    if entity == FLEET:
        return [("", Resource(entity=entity, name=FLEET_NAME, record=fleet(run)))], []
    found: list[tuple[str, Resource]] = []
    unread: list[tuple[str, str]] = []
    views = list(run.views.items())
    for account, view in views[:1] if entity in OF_THE_ORGANIZATION else views:
        if not view.has(entity):
            unread.append((account, f"`{entity}` is known to the language, not collected here"))
            continue
        listing = view.listing(entity)
        elements = listing.value if isinstance(listing, Known) else (listing,) if isinstance(listing, Unknown) else ()
        for each in elements:
            if isinstance(each, Unknown):
                unread.append((account, each.reason))
            else:
                found.append((account, Resource(entity=entity, name=each.name, record=each)))
    return found, unread
