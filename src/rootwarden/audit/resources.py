"""What was collected, as the resources of one entity: what a rule about it would judge, without judging."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.audit.entities import iam_user_records, root_user_records
from rootwarden.facts.fact import Known, Unknown
from rootwarden.rules.fixture import Resource

if TYPE_CHECKING:
    from rootwarden.audit.entities import Record
    from rootwarden.collect.collected import Collected
    from rootwarden.facts.account import Account


def resources_of(collected: Collected, entity: str) -> tuple[list[tuple[str, Resource]], list[tuple[str, str]]]:
    """The resources of an entity.

    Args:
        collected: What was looked at.
        entity: Its name in the rule language.

    Returns:
        The account and the resource, named as findings name it; and the account and the reason wherever they could not
        be read.
    """
    found: list[tuple[str, Resource]] = []
    unread: list[tuple[str, str]] = []
    for each in collected.accounts:
        account = each.facts
        records = Known(root_user_records(account)) if entity == "RootUser" else iam_user_records(account)
        if isinstance(records, Known):
            found += [
                (account.id, Resource(entity=entity, name=resource_name(account, record), record=record))
                for record in records.value
            ]
        else:
            unread.append((account.id, records.reason if isinstance(records, Unknown) else "nobody looked"))
    return found, unread


def resource_name(account: Account, record: Record) -> str:
    """The ARN of the user a record is about: its own where it has one, else root's."""
    named = record.get("id")
    return str(named.value) if isinstance(named, Known) else account.root.arn
