"""Accounts taken in one by one, as they are read, and then judged together: who is as good as root.

Of each account only who is in it and what they may do is kept, policies of the same text once for all accounts.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final, TypeGuard

import msgspec

from rootwarden.audit.root_equivalents import Bureau, credentials_in, settled_of
from rootwarden.audit.rulebook import Rulebook
from rootwarden.facts.fact import Known, Unknown, Why
from rootwarden.facts.inventory import Inventory as Holdings
from rootwarden.facts.inventory import Part
from rootwarden.iam.admins.standing import Standing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from rootwarden.audit.root_equivalents import RootEquivalents
    from rootwarden.collect.collected import Collected, CollectedAccount
    from rootwarden.facts.fact import Fact
    from rootwarden.facts.organization import Organization
    from rootwarden.iam.admins.building import Household
    from rootwarden.iam.admins.landscape import Inventory

# Calls that feed a verdict; those that list the organization's tree come with its policies.
NEEDS: Final = frozenset(
    {
        "iam:GetAccountAuthorizationDetails",
        "iam:GetCredentialReport",
        "iam:ListOrganizationsFeatures",
        "organizations:ListPolicies",
    }
)
PARTS: Final = frozenset({Part.DETAILS, Part.USERS})


def asking() -> Rulebook:
    """What has to be asked to judge who is as good as root, and nothing else."""
    return Rulebook(rules=(), benchmark="", needs=NEEDS, parts=PARTS)


class Census:
    """Takes accounts in, from several threads if need be; one that comes again replaces what it was."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._bureau: Bureau | None = None
        self._households: dict[str, Household] = {}
        self._unread: dict[str, str] = {}
        self._without_report: dict[str, Unknown] = {}

    def digest(self, account: CollectedAccount, organization: Organization, _as_of: datetime) -> CollectedAccount:
        """Take an account in; give it back without what was taken."""
        facts = account.facts
        details, report = facts.inventory.details, facts.inventory.report
        with self._turn:
            self._bureau = self._bureau or Bureau(organization)
            self._forget(facts.id)
            if isinstance(details, Known):
                credentials = credentials_in(report.value) if isinstance(report, Known) else {}
                made = self._bureau.household(facts.id, facts.partition, details.value, credentials)
                self._households[facts.id] = made
                if isinstance(report, Unknown):
                    self._without_report[facts.id] = report
            else:
                self._unread[facts.id] = getattr(details, "reason", "there are no authorization details")
        return msgspec.structs.replace(account, facts=msgspec.structs.replace(facts, inventory=Holdings()))

    def _forget(self, account: str) -> None:
        self._households.pop(account, None)
        self._unread.pop(account, None)
        self._without_report.pop(account, None)

    def judged(self, collected: Collected, inventory: Inventory | None) -> RootEquivalents:
        """Judge everybody who was taken in.

        Args:
            collected: What the look gave that brought the accounts.
            inventory: Resources with roles; `None` when not given.
        """
        bureau = self._bureau or Bureau(collected.organization)
        if self._without_report:
            bureau.notes[_no_report(len(self._without_report))] = None
        if collected.skipped:
            skipped = ", ".join(one.id for one in collected.skipped)
            bureau.notes[f"not looked at, since they are not active: {skipped}"] = None
        made = (self._households[one.facts.id] for one in collected.accounts if one.facts.id in self._households)
        settled = {one.facts.id: settled_of(one.facts, collected.organization) for one in collected.accounts}
        judged = bureau.judged(made, inventory, settled, as_of=collected.as_of)
        untold = (
            Standing(account=account, has_administrator=None, reason=why)
            for account, why in sorted(self._unread.items())
        )
        return msgspec.structs.replace(
            judged,
            administrators=(*judged.administrators, *untold),
            unread=tuple(dict.fromkeys(self._all_unread(collected))),
        )

    def _all_unread(self, collected: Collected) -> Iterator[tuple[str, str]]:
        yield from sorted(self._unread.items())
        said = {f"account {account}" for account in self._unread}
        yield from ((one.subject, one.reason) for one in collected.unreadable if one.subject not in said)
        organization = collected.organization
        for fact in (organization.management_account, organization.units, organization.attachments):
            if _refused(fact):
                yield "organization", fact.reason
        for account, report in sorted(self._without_report.items()):
            if _refused(report):
                yield f"credential report of {account}", report.reason


def _refused(fact: Fact[Any]) -> TypeGuard[Unknown]:
    """Whether somebody asked and got no answer; what nobody asked for is said in a note."""
    return isinstance(fact, Unknown) and fact.why is not Why.NOT_COLLECTED


def _no_report(accounts: int) -> str:
    whose = "an account" if accounts == 1 else f"{accounts} accounts"
    return f"there is no credential report of {whose}: how many keys users have, and whether a password, is not known"
