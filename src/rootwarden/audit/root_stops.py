"""What would end the ways up of one principal, and whether AWS would take the policies that do it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.audit.root_equivalents import Bureau, households_of_collected, households_of_details
from rootwarden.errors import InputError
from rootwarden.iam.admins.stopping.outcome import Stopping
from rootwarden.iam.admins.stopping.stopping import stopping
from rootwarden.iam.lint.codes import Level
from rootwarden.iam.lint.finding import Kind
from rootwarden.iam.lint.lint import lint_value
from rootwarden.packs.policies import policy_knowledge, policy_limits
from rootwarden.rules.words import closest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from rootwarden.collect.collected import Collected
    from rootwarden.facts.organization import Organization
    from rootwarden.facts.principals import AuthorizationDetails
    from rootwarden.iam.admins.building import Household
    from rootwarden.iam.admins.landscape import Inventory
    from rootwarden.iam.admins.stopping.outcome import EditedPolicy


class LintedPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """What the lint says of one policy of a remedy.

    Attributes:
        owner: As in `EditedPolicy`.
        name: Its name.
        characters: Its length as AWS counts it.
        limit: How long it may be; for an inline policy, all of its owner together.
        findings: Errors and warnings, each with its code.
    """

    owner: str
    name: str
    characters: int
    limit: int
    findings: tuple[str, ...] = ()


class RootStops(msgspec.Struct, frozen=True, kw_only=True):
    """What would end the ways up.

    Attributes:
        stopping: The changes.
        linted: Every policy they print, in their order.
        unread: Accounts of which nobody could be looked at, with the reason: a way may lead through them.
        notes: What the reader must know.
    """

    stopping: Stopping
    linted: tuple[LintedPolicy, ...] = ()
    unread: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()


def stops_in_details(
    accounts: Mapping[str, AuthorizationDetails],
    organization: Organization | None,
    inventory: Inventory | None,
    arn: str,
    *,
    spared: Collection[str] = (),
) -> RootStops:
    """Of a principal in accounts of which there are authorization details alone.

    Args:
        accounts: Authorization details by account.
        organization: For the service control policies; `None` when not given.
        inventory: Resources with roles; `None` when not given.
        arn: The user or role.
        spared: ARNs a service control policy leaves alone; if none, the other administrators of the account.

    Raises:
        InputError: There is no such user or role.
    """
    bureau = Bureau(organization)
    return _stops(bureau, households_of_details(bureau, accounts), inventory, arn, spared)


def stops_in_collected(
    collected: Collected, inventory: Inventory | None, arn: str, *, spared: Collection[str] = ()
) -> RootStops:
    """Of a principal in one of the accounts that were collected.

    Raises:
        InputError: There is no such user or role.
    """
    bureau = Bureau(collected.organization)
    households, unread = households_of_collected(bureau, collected)
    found = _stops(bureau, households, inventory, arn, spared)
    return msgspec.structs.replace(found, unread=tuple(unread))


def _stops(
    bureau: Bureau,
    households: Iterable[Household],
    inventory: Inventory | None,
    arn: str,
    spared: Collection[str],
) -> RootStops:
    land = bureau.landscape(households, inventory)
    for one in (arn, *spared):
        if one not in land.by_arn:
            meant = closest(one, list(land.by_arn))
            raise InputError(
                f"there is no user or role `{one}` in what was given",
                hint=f"did you mean `{meant}`?" if meant else "`rootwarden iam admins` names them",
            )
    if arn in spared:
        raise InputError(f"`{arn}` is the principal itself", hint="spare others")
    found = stopping(land, bureau.book, bureau.paths, arn, spared=spared)
    linted = tuple(_linted(policy) for one in found.remedies for policy in one.policies if policy.document.statements)
    return RootStops(stopping=found, linted=linted, notes=tuple(bureau.notes))


def _linted(policy: EditedPolicy) -> LintedPolicy:
    kind = Kind(policy.layer)
    findings = lint_value(msgspec.to_builtins(policy.document, str_keys=True), kind, policy_knowledge())
    serious = (f"{one.code.value}: {one.message}" for one in findings if one.level in {Level.ERROR, Level.WARNING})
    limits = [one for one in policy_limits() if one.kind is kind and one.counts == "characters"]
    managed = ":policy/" in policy.owner or kind is not Kind.IDENTITY
    fitting = [one for one in limits if managed or "inline" in one.what] or limits
    return LintedPolicy(
        owner=policy.owner,
        name=policy.name,
        characters=policy.characters,
        limit=fitting[0].newest.value,
        findings=tuple(serious),
    )
