"""A plan that was carried out, looked at again: is everything still where its journal says, and as it says?"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.attachment.plan import Proven
from rootwarden.attachment.progress import (
    FINISHED,
    TAKEN_BACK,
    TAKING_BACK,
    Progress,
    changed_attachments,
    changed_documents,
    gone_accounts,
    ids_of,
    made,
    other_policies,
    there,
)
from rootwarden.attachment.proving import proven_now, worse
from rootwarden.errors import UsageError
from rootwarden.rollout.reading import unsettled
from rootwarden.rollout.surprise import Surprise, SurpriseKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rootwarden.attachment.plan import Plan, Step
    from rootwarden.attachment.present import Present
    from rootwarden.rollout.entry import Entry

# An account that is not there any more says nothing of the others; of what cannot be read nothing is known.
_UNDECIDED: Final = frozenset({SurpriseKind.UNREADABLE, SurpriseKind.GONE})


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A policy of the plan that is as its journal says.

    Attributes:
        policy: Its name.
        id: Its id.
        sha256: Of its document, as it is now.
        targets: Where it is attached, of the targets of the plan.
    """

    policy: str
    id: str
    sha256: str
    targets: tuple[str, ...]


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """What a look showed.

    Attributes:
        state: How far the plan is, by its journal.
        standing: Policies that are as the journal says.
        differing: What is not as the journal says.
        undecided: What could not be looked at, and accounts that are not there any more.
        proof: Of a plan that was carried out, each guardrail proven again.
    """

    state: str
    standing: tuple[Standing, ...]
    differing: tuple[Surprise, ...]
    undecided: tuple[Surprise, ...]
    proof: tuple[Proven, ...] = ()

    @property
    def exit_code(self) -> int:
        """0: as the journal says. 1: something differs. 3: neither, but something is not known."""
        if self.differing:
            return 1
        return 3 if self.undecided else 0


def verify(plan: Plan, entries: Sequence[Entry], present: Present, digest_of: Mapping[str, str]) -> Verified:
    """Hold what there is against a plan and its journal.

    Args:
        plan: The plan.
        entries: Its journal, which holds.
        present: What there is.
        digest_of: The digest of every document the plan knows, by its text.

    Raises:
        UsageError: The plan is of another organization.
    """
    land = present.landscape
    if (land.organization, land.management) != (plan.organization, plan.management):
        raise UsageError(
            f"the plan is for the organization `{plan.organization}`, and the caller is in `{land.organization}`",
            hint="use credentials of the organization the plan was made for",
        )
    progress = Progress(plan, entries)
    waiting = {intent.target: _waiting(plan, intent, present, progress.ids) for intent in unsettled(entries)}
    found = [
        *waiting.values(),
        *(one for one in _differing(plan, progress, present, digest_of) if one.target not in waiting),
        *gone_accounts(plan, present),
    ]
    proof = proven_now(plan, land) if progress.state == FINISHED else ()
    found += worse(plan.proof, proof)
    differs = {one for one in found if not (one.kind in _UNDECIDED and not _policy_gone(plan, one))}
    return Verified(
        state=_state(plan, progress) + (", as far as is known" if waiting else ""),
        standing=tuple(_standing(plan, progress, present, {one.target for one in found})),
        differing=tuple(sorted(differs)),
        undecided=tuple(sorted({*found} - differs)),
        proof=proof,
    )


def _differing(plan: Plan, progress: Progress, present: Present, digest_of: Mapping[str, str]) -> Iterator[Surprise]:
    yield from changed_documents(plan, progress, present, digest_of)
    yield from changed_attachments(plan, progress, present)
    yield from other_policies(plan, progress, present)
    yield from _elsewhere(plan, progress, present)


def _policy_gone(plan: Plan, found: Surprise) -> bool:
    """Whether it is a policy that is not there, and not an account."""
    return found.kind is SurpriseKind.GONE and any(found.target == one.name for one in plan.policies)


def _state(plan: Plan, progress: Progress) -> str:
    if progress.state == FINISHED:
        return "the plan is carried out"
    if progress.state == TAKEN_BACK:
        return "the plan was taken back"
    if progress.state == TAKING_BACK:
        return "the plan was being taken back when its run ended: `guardrails apply` goes on with that"
    if not progress.done:
        return "nothing of the plan is done"
    left = Counter(one.number in progress.applied for one in plan.waves)
    return f"{left[True]} of {len(plan.waves)} waves are applied"


def _waiting(plan: Plan, intent: Entry, present: Present, ids: Mapping[str, str]) -> Surprise:
    """A call of which the journal does not say what became."""
    steps: dict[str, Step] = {step.name: step for wave in plan.waves for step in wave.steps}
    step = steps.get(intent.step.rpartition(" ")[2])
    so = made(plan, step, present, ids) if step is not None else None
    undone = intent.step not in steps
    shown = (
        "AWS does not show it" if so is None else f"by what AWS shows it was {'' if so is not undone else 'not '}made"
    )
    detail = f"the journal does not say what became of {intent.call}; {shown}; apply looks at AWS first"
    return Surprise(target=intent.target, kind=SurpriseKind.UNREADABLE, detail=detail)


def _elsewhere(plan: Plan, progress: Progress, present: Present) -> Iterator[Surprise]:
    """A policy the plan made, attached where the plan does not attach it."""
    ids = ids_of(plan, present, progress.ids)
    places = progress.attached(ids)
    for one in plan.policies:
        if one.id or one.before or one.name not in ids:
            continue
        for level in present.landscape.attached.get(one.kind, ()):
            if (one.kind, level.target) not in places and ids[one.name] in present.attached(one.kind, level.target):
                detail = f"somebody attached `{one.name}` here, too"
                yield Surprise(target=level.target, kind=SurpriseKind.CHANGED, detail=detail)


def _standing(plan: Plan, progress: Progress, present: Present, strange: set[str]) -> Iterator[Standing]:
    ids = ids_of(plan, present, progress.ids)
    texts = progress.texts()
    places = progress.attached(ids)
    for one in plan.policies:
        found = there(one, present, progress.ids)
        if found is None or one.name in strange or one.name not in texts:
            continue
        targets = sorted(
            target
            for (kind, target), wanted in places.items()
            if kind == one.kind and found.id in wanted and target not in strange
        )
        yield Standing(policy=one.name, id=found.id, sha256=found.sha256, targets=tuple(targets))
