"""What was collected, as the resources of one entity: what a rule about it would judge, without judging."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.audit.entities.catalog import OF_THE_ORGANIZATION, fleet, listing_of, speaker, view_of
from rootwarden.audit.entities.record import Resource as Listed
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
        The account and the resource, named as findings name it; and the account and the reason wherever they could not
        be read. The account is empty for all of them at once.
    """
    run = Run()
    run.views.update({each.facts.id: view_of(each.facts, collected.organization, run) for each in collected.accounts})
    if entity == FLEET:
        whole = fleet(run)
        return [("", Resource(entity=entity, name=whole.name, record=whole))], []
    asked = list(run.views.items())
    if entity in OF_THE_ORGANIZATION:
        who = speaker(run, collected.organization)
        asked = [(who, run.views[who] if who else asked[0][1])] if asked else []
    found: list[tuple[str, Resource]] = []
    unread: list[tuple[str, str]] = []
    for account, view in asked:
        listing = listing_of(view, entity)
        elements = listing.value if isinstance(listing, Known) else (listing,)
        for each in elements:
            if isinstance(each, Listed):
                found.append((account, Resource(entity=entity, name=each.name, record=each)))
            elif isinstance(each, Unknown):
                unread.append((account, each.reason))
    return found, unread
