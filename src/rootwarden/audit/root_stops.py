"""What would end the ways up of one principal, and whether AWS would take the policies that do it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden import packs
from rootwarden.errors import UsageError
from rootwarden.iam.admins.stopping.outcome import Stopping
from rootwarden.iam.admins.stopping.stopping import stopping
from rootwarden.iam.lint.codes import Level
from rootwarden.iam.lint.finding import Kind
from rootwarden.iam.lint.lint import lint_value
from rootwarden.packs.policies import policy_knowledge, policy_limits
from rootwarden.rules.words import closest

if TYPE_CHECKING:
    from collections.abc import Collection

    from rootwarden.audit.root_equivalents import RootEquivalents
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
    """

    stopping: Stopping
    linted: tuple[LintedPolicy, ...] = ()


def stops_of(found: RootEquivalents, arn: str, *, spared: Collection[str] = ()) -> RootStops:
    """What would end the ways up of one of those that were judged.

    Args:
        found: The verdicts on everybody.
        arn: The user or role.
        spared: ARNs a service control policy leaves alone; if none, the other administrators of the account.

    Raises:
        UsageError: There is no such user or role, or it is spared itself.
    """
    land = found.land
    known = land.by_arn if land is not None else {}
    for one in (arn, *spared):
        if one not in known:
            near = closest(one, list(known))
            raise UsageError(
                f"nobody is called `{one}` in what was looked at",
                hint=f"did you mean `{near}`?" if near else "`--format csv` lists everybody that was judged",
            )
    if land is None or arn in spared:
        raise UsageError(f"`{arn}` is the principal itself", hint="spare others")
    stopped = stopping(land, land.by_arn[arn].powers.book, packs.escalation_paths(), arn, spared=spared)
    linted = tuple(_linted(policy) for one in stopped.remedies for policy in one.policies if policy.document.statements)
    return RootStops(stopping=stopped, linted=linted)


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
