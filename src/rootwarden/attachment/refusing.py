"""What keeps a plan from being made: it would not do what it is for, there is no room, or it takes the last policy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.attachment.plan import Verb, Waiver, steps_of
from rootwarden.audit.guardrail_proof import around_of
from rootwarden.errors import UsageError
from rootwarden.guardrails.compared import room_for
from rootwarden.guardrails.proof import Verdict, prove
from rootwarden.guardrails.standing import Attached, with_policy
from rootwarden.packs.policies import policy_limits

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rootwarden.attachment.plan import Plan
    from rootwarden.attachment.staging import Map, Placed
    from rootwarden.audit.guardrail_proof import Wanted
    from rootwarden.facts.iam_document import IamDocument
    from rootwarden.guardrails.proof import Group
    from rootwarden.guardrails.standing import Landscape

_SAYS: Final = {
    Verdict.OPEN: "`{id}` would not hold in {accounts}",
    Verdict.BARS: "`{id}` holds, and more than it is for would be barred in {accounts}",
    Verdict.UNKNOWN: "it is not known whether `{id}` would hold in {accounts}",
}


def refuse_unproven(
    wanted: Iterable[Wanted], after: Landscape, targets: Iterable[str], tree: Map, waived: str
) -> Waiver | None:
    """Refuse what does not do, once attached, what it is attached for, or does more.

    Args:
        wanted: The guardrails.
        after: The organization once they are attached.
        targets: Where to.
        tree: The organization.
        waived: Why somebody takes it that more is barred, or that it is not known.

    Returns:
        The waiver, where there is something to waive.

    Raises:
        UsageError: One does not hold; or bars too much, or is not known, and nobody waived that; or nothing is to be
            waived.
    """
    reached = {account for target in targets for account in tree.below(target)}
    needed = False
    for one in wanted:
        for group in prove(one.guardrail, one.values, after, around_of(after)).groups:
            accounts = sorted(reached & {*group.accounts}) if group.verdict in _SAYS else []
            if not accounts:
                continue
            if group.verdict is Verdict.OPEN or not waived:
                raise _unproven(one.guardrail.id, group, accounts)
            needed = True
    if waived and not needed:
        raise UsageError("there is nothing to waive: every guardrail is proven to hold", hint="leave out --waive-proof")
    return Waiver(reason=waived) if needed else None


def _unproven(guardrail: str, group: Group, accounts: list[str]) -> UsageError:
    where = f"account {accounts[0]}"
    if len(accounts) > 1:
        where = f"{len(accounts)} accounts, {accounts[0]} among them"
    said = _SAYS[group.verdict].format(id=guardrail, accounts=where)
    why = f"`rootwarden guardrails prove {guardrail} --with {guardrail}@TARGET` says more"
    if group.verdict is not Verdict.OPEN:
        why = f"mend what stands there, or give --waive-proof REASON; {why}"
    return UsageError(f"{said}: {_because(group)}", hint=why)


def _because(group: Group) -> str:
    """The first request that is not decided as it shall be."""
    for one in group.rulings:
        if group.verdict is Verdict.OPEN and one.expected and one.denied is False:
            return f"{one.ask} all the same"
        if group.verdict is Verdict.BARS and not one.expected and one.denied:
            names = [f"policy `{each.policy}` at {each.level}" for each in one.by]
            return f"{one.ask}: denied by {names[0] if names else f'what {one.omitted} does not allow'}"
        if group.verdict is Verdict.UNKNOWN and one.denied is None:
            return f"{one.ask}: depends on {', '.join(one.depends_on) or 'what nobody knows'}"
    return group.note or "nothing is known of it"


def refuse_no_room(plan: Plan, before: Landscape, documents: dict[str, IamDocument]) -> None:
    """Refuse a document that is too long and a target that would have too many, temporary ones counted.

    What only an older limit would have refused is not: AWS raised it (`packs/policy-language/limits.toml`).
    """
    limits = policy_limits()
    for one in plan.policies:
        for limit in limits:
            if limit.kind == one.kind and limit.counts == "characters" and len(one.document) > limit.newest.value:
                raise UsageError(
                    f"`{one.name}` has {len(one.document)} characters; a policy may have {limit.newest.value}",
                    hint="leave something out, or split it",
                )
    full = before
    for step in steps_of(plan):
        if step.call is Verb.ATTACH:
            one = plan.policy(step.policy)
            new = Attached(one.id, one.name, documents[one.name], planned=True)
            full = with_policy(full, one.kind, step.target, new)
            for too_many, said in room_for(full, one.kind, step.target, limits):
                if too_many:
                    raise UsageError(said, hint="detach one first, or join two")


def refuse_last(kinds: Mapping[str, str], placed: Iterable[Placed], after: Landscape) -> None:
    """Refuse to take the last policy of its kind from a target.

    Args:
        kinds: Of the policies by name.
        placed: What is detached where.
        after: The organization afterwards.
    """
    for one in placed:
        level = next((each for each in after.attached.get(kinds[one.policy], ()) if each.target == one.target), None)
        if level is None or not level.policies:
            raise UsageError(
                f"`{one.policy}` is the last policy of its kind at `{one.target}`, and AWS keeps one there",
                hint="attach FullAWSAccess there first",
            )
