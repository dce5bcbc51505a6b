"""From what was collected to who is as good as root: accounts placed in their organization, everybody judged."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden import packs
from rootwarden.facts.fact import Absent, Known
from rootwarden.iam.admins.building import Credentials, Library, document, household
from rootwarden.iam.admins.holders import AccountSeat
from rootwarden.iam.admins.landscape import Landscape
from rootwarden.iam.admins.powers import Book
from rootwarden.iam.admins.standing import Standing, standings
from rootwarden.iam.admins.verdict import OpenRole, PrincipalVerdict, judge, open_roles
from rootwarden.iam.layer import Policy, Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rootwarden.collect.collected import Collected
    from rootwarden.facts.account import Account
    from rootwarden.facts.credential_report import CredentialReportRow
    from rootwarden.facts.organization import Organization
    from rootwarden.facts.principals import AuthorizationDetails
    from rootwarden.iam.admins.building import Household
    from rootwarden.iam.admins.landscape import Inventory

_KEYS: Final = ("access_key_1", "access_key_2")
_NONE: Final = {"", "n/a"}
_NOT_GIVEN: Final = "service control policies were not given: what they bar is not taken off"
_NO_MANAGEMENT: Final = "the management account is not known: the roles by which it enters members were not tried"


class RootEquivalents(msgspec.Struct, frozen=True, kw_only=True):
    """Who is as good as root.

    Attributes:
        principals: The verdict on every user and role.
        open_roles: Those of them that let in others than were looked at.
        administrators: Of every account, whether it can be administered without its root user.
        unread: What could not be read, with the reason: accounts of which nobody could be judged, by their id, and
            what was asked and refused.
        notes: What the reader must know: what was not given, and so not taken off or added.
        as_of: Instant of the facts; `None` for a file that does not tell.
        land: Who was judged, for the statements as they are written.
    """

    principals: tuple[PrincipalVerdict, ...]
    open_roles: tuple[OpenRole, ...] = ()
    administrators: tuple[Standing, ...] = ()
    unread: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    as_of: datetime | None = None
    land: Landscape | None = None


class Bureau:
    """Makes households of accounts, sharing what they share.

    Args:
        organization: For the service control policies; `None` when not given.
        book: Where policies are compiled; if not given, one of the actions that are part of ways up.

    Attributes:
        notes: What the reader must know.
    """

    def __init__(self, organization: Organization | None, book: Book | None = None) -> None:
        self.paths = packs.escalation_paths()
        self.book = book or Book(action for path in self.paths for action in path.actions)
        self._library = Library()
        self._organization = organization
        self._controls: dict[str, Policy] = {}
        self.notes: dict[str, None] = {}

    def household(
        self, account: str, partition: str, details: AuthorizationDetails, credentials: Mapping[str, Credentials]
    ) -> Household:
        """Everybody of one account, in its place."""
        return household(details, self._seat(account, partition), self.book, self._library, credentials)

    def _seat(self, account: str, partition: str) -> AccountSeat:
        organization = self._organization
        if organization is not None and isinstance(organization.id, Absent):
            return AccountSeat(id=account, partition=partition)
        if organization is None or not isinstance(organization.management_account, Known):
            self.notes[_NOT_GIVEN] = None
            self.notes[_NO_MANAGEMENT] = None
            return AccountSeat(id=account, partition=partition)
        management = organization.management_account.value
        return AccountSeat(
            id=account,
            partition=partition,
            management=account == management,
            manages_root_access=True if account == management else None,
            organization=organization.id.value if isinstance(organization.id, Known) else "",
            management_account=management,
            scp=() if account == management else self._levels(account, organization),
        )

    def _levels(self, account: str, organization: Organization) -> tuple[tuple[Policy, ...], ...]:
        """The levels of service control policies above an account; noted when they are not known."""
        enabled = organization.service_control_policies_enabled
        if isinstance(enabled, Known) and not enabled.value:
            return ()
        units, attachments = organization.units, organization.attachments
        if not isinstance(units, Known) or not isinstance(attachments, Known):
            self.notes["the organization's tree or policies were not given: what they bar is not taken off"] = None
            return ()
        home = next((unit for unit in units.value if account in unit.accounts), None)
        if home is None:
            self.notes[f"account {account} is not in the organization's tree: no policies bar anything in it here"] = (
                None
            )
            return ()
        levels = {target: attachments.value.get(target) for target in (*home.targets, account)}
        for target, level in levels.items():
            if not level:
                self.notes[f"no service control policy of `{target}` is told: it is taken to allow everything"] = None
        # A level of which nothing is told has the policy that AWS attached, which nobody can take away last.
        return tuple(tuple(self._control(one, organization) for one in level) for level in levels.values() if level)

    def _control(self, policy: str, organization: Organization) -> Policy:
        if policy not in self._controls:
            found = organization.policies.get(policy)
            if found is None:
                self.notes[f"service control policy `{policy}` was not collected: what it bars is not known"] = None
            self._controls[policy] = (
                Policy(found.name, document(found.statements))
                if found is not None
                else Policy(policy, Unreadable("its document was not collected"))
            )
        return self._controls[policy]

    def judged(
        self,
        households: Iterable[Household],
        inventory: Inventory | None,
        settled: Mapping[str, Mapping[str, bool]] | None = None,
        *,
        as_of: datetime | None = None,
    ) -> RootEquivalents:
        """The verdict on everybody."""
        listed = self._organization.accounts if self._organization is not None else None
        members = tuple(one.id for one in listed.value) if isinstance(listed, Known) else ()
        land = Landscape(households, inventory, members, settled)
        verdicts = judge(land, self.book, self.paths, self.notes)
        if inventory is None:
            self.notes["no inventory of resources was given: paths over existing ones are conditional"] = None
        return RootEquivalents(
            principals=verdicts,
            open_roles=open_roles(land, verdicts),
            administrators=standings(land, verdicts),
            notes=tuple(self.notes),
            as_of=as_of,
            land=land,
        )


def households_of_details(bureau: Bureau, accounts: Mapping[str, AuthorizationDetails]) -> list[Household]:
    """Everybody of accounts of which there are authorization details alone."""
    return [bureau.household(account, _partition(details), details, {}) for account, details in accounts.items()]


def households_of_collected(bureau: Bureau, collected: Collected) -> tuple[list[Household], list[tuple[str, str]]]:
    """Everybody of the accounts that were collected, and the accounts of which that is not known, with the reason."""
    households: list[Household] = []
    unread = [(one.subject, one.reason) for one in collected.unreadable]
    for account in collected.accounts:
        facts = account.facts
        details = facts.inventory.details
        if not isinstance(details, Known):
            unread.append((facts.id, getattr(details, "reason", "there are no authorization details")))
            continue
        report = facts.inventory.report
        credentials = credentials_in(report.value) if isinstance(report, Known) else {}
        households.append(bureau.household(facts.id, facts.partition, details.value, credentials))
    return households, list(dict.fromkeys(unread))


def of_details(
    accounts: Mapping[str, AuthorizationDetails], organization: Organization | None, inventory: Inventory | None
) -> RootEquivalents:
    """Judge accounts by their authorization details alone.

    Args:
        accounts: Authorization details by account.
        organization: For the service control policies; `None` when not given.
        inventory: Resources with roles; `None` when not given.
    """
    bureau = Bureau(organization)
    return bureau.judged(households_of_details(bureau, accounts), inventory)


def settled_of(account: Account, organization: Organization) -> dict[str, bool]:
    """What the facts settle of the words that paths to root require (`packs/escalation/shared/words.toml`)."""
    made: dict[str, bool] = {}
    mfa, password = account.root.mfa_active, account.root.password.present
    if isinstance(mfa, Known) and not mfa.value:
        made["root-mfa"] = True  # with a device, the actor may still have it
    if isinstance(password, Known) and password.value:
        made["password-recovery"] = True
    managed = organization.root_credentials_management
    if isinstance(managed, Known):
        made["credentials-management"] = managed.value
    return made


def _partition(details: AuthorizationDetails) -> str:
    arns = [*(one.arn for one in details.users), *(one.arn for one in details.roles)]
    return arns[0].split(":")[1] if arns else "aws"


def credentials_in(rows: Iterable[CredentialReportRow]) -> dict[str, Credentials]:
    """What the credential report says of keys and passwords; an inactive key shows by its last rotation."""
    return {row.arn: Credentials(_keys(row), _password(row)) for row in rows if not row.is_root}


def _keys(row: CredentialReportRow) -> int | None:
    count = 0
    for key in _KEYS:
        active, rotated = row.cells.get(f"{key}_active"), row.cells.get(f"{key}_last_rotated")
        if active is None or rotated is None:
            return None
        count += active.lower() == "true" or rotated.lower() not in _NONE
    return count


def _password(row: CredentialReportRow) -> bool | None:
    return {"true": True, "false": False}.get(row.cells.get("password_enabled", "").lower())
