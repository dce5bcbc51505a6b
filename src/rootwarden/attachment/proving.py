"""The proof before and after: in how many accounts guardrails hold, decided request by request."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rootwarden.attachment.plan import Proven
from rootwarden.audit.guardrail_proof import Wanted, around_of
from rootwarden.guardrails.proof import Verdict, prove
from rootwarden.packs import guardrails
from rootwarden.rollout.surprise import Surprise, SurpriseKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rootwarden.attachment.plan import Plan
    from rootwarden.guardrails.standing import Landscape


def counted(wanted: Wanted, land: Landscape) -> dict[str, int]:
    """How many accounts there are of each verdict."""
    found: Counter[str] = Counter()
    for group in prove(wanted.guardrail, wanted.values, land, around_of(land)).groups:
        found[group.verdict.value] += len(group.accounts)
    return dict(sorted(found.items()))


def proven_now(plan: Plan, land: Landscape) -> tuple[Proven, ...]:
    """The shipped guardrails of a plan, proven again: before the plan, and as things are.

    Those of files are left out: the plan holds their policies, and not the requests they are about.
    """
    shipped = {one.id: one for one in guardrails()}
    before = {one.guardrail: one.before for one in plan.proof}
    policies = [one for one in plan.policies if one.guardrail in shipped and one.guardrail in before]
    return tuple(
        Proven(
            guardrail=one.guardrail,
            before=before[one.guardrail],
            after=counted(Wanted(shipped[one.guardrail], one.parameters), land),
        )
        for one in policies
    )


def worse(promised: Iterable[Proven], found: Iterable[Proven]) -> Iterator[Surprise]:
    """Guardrails that are open, in doubt or bar too much in more accounts than the plan said they would be."""
    wanted = {one.guardrail: one.after for one in promised}
    for one in found:
        for verdict in (Verdict.OPEN, Verdict.BARS, Verdict.UNKNOWN):
            now, then = one.after.get(verdict.value, 0), wanted.get(one.guardrail, {}).get(verdict.value, 0)
            if now > then:
                kind = SurpriseKind.UNREADABLE if verdict is Verdict.UNKNOWN else SurpriseKind.CHANGED
                detail = f"proven again, it is {verdict.value} in {now} accounts; the plan said {then}"
                yield Surprise(target=one.guardrail, kind=kind, detail=detail)
