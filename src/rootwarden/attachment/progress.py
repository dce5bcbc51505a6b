"""How far a plan is carried out, by its journal; and what must be attached where, if nobody else changed anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.attachment.plan import Verb, steps_of
from rootwarden.attachment.staging import Map
from rootwarden.rollout.entry import Kind, Result
from rootwarden.rollout.surprise import Surprise, SurpriseKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rootwarden.attachment.plan import Plan, PlannedPolicy, Step, Wave
    from rootwarden.attachment.present import Existing, Present
    from rootwarden.rollout.entry import Entry

APPLIED: Final = "applied"
RELEASED: Final = "released"
TAKING_BACK: Final = "taking-back"
TAKEN_BACK: Final = "taken-back"
FINISHED: Final = "finished"
UNDO: Final = "undo "
_HAPPENED: Final = frozenset({Result.DONE.value, Result.FOUND.value, Result.UNDONE.value})


class Progress:
    """What a journal tells.

    Args:
        plan: Its plan.
        entries: Its entries.

    Attributes:
        done: Names of the steps that were made, in order, and not taken back.
        applied: When the last call of each wave was made, by its number; ISO 8601.
        released: Numbers of the waves that were looked at and found good.
        state: The last thing that was noted of the whole.
        ids: Of the policies by name, as far as the plan or a call names them.
    """

    def __init__(self, plan: Plan, entries: Iterable[Entry]) -> None:
        self._plan = plan
        self.done: dict[str, None] = {}
        self.applied: dict[int, str] = {}
        self.released: set[int] = set()
        self.state = ""
        self._since = ""
        binding = {step.name for wave in plan.waves if wave.accounts for step in wave.steps}
        self.ids = {one.name: one.id for one in plan.policies if one.id}
        steps = {step.name: step for step in steps_of(plan)}
        for entry in entries:
            if entry.kind is Kind.INTENT and entry.step in binding and not self._since:
                self._since = entry.at
            identity = entry.parameters.get("PolicyId")
            if entry.step in steps and isinstance(identity, str):
                self.ids[steps[entry.step].policy] = identity
            if entry.kind is Kind.OUTCOME and entry.result in _HAPPENED:
                self._outcome(entry)
            elif entry.kind is Kind.NOTE:
                self._note(entry)

    def _outcome(self, entry: Entry) -> None:
        if entry.step.startswith(UNDO):
            self.done.pop(entry.step.removeprefix(UNDO), None)
        else:
            self.done[entry.step] = None

    def _note(self, entry: Entry) -> None:
        state, wave = entry.parameters.get("state"), entry.parameters.get("wave")
        if isinstance(wave, int):
            if state == APPLIED:
                self.applied[wave] = entry.at
            elif state == RELEASED:
                self.released.add(wave)
        elif isinstance(state, str):
            self.state = state

    @property
    def waiting(self) -> int:
        """Number of the wave that was applied and not yet looked at; 0 when there is none."""
        return max((wave for wave in self.applied if wave not in self.released), default=0)

    def reached(self) -> frozenset[str]:
        """Accounts that waves so far changed something for."""
        return frozenset(
            account for wave in self._plan.waves if wave.number in self.applied for account in wave.accounts
        )

    def since(self) -> str:
        """When the first call was about to be made that changes something for anybody; empty when none was."""
        return self._since

    def attached(self, ids: Mapping[str, str]) -> dict[tuple[str, str], frozenset[str]]:
        """What must be attached by kind and target: what the plan saw, and the steps made since."""
        found = {(one.kind, one.target): {*one.policies} for one in self._plan.seen}
        for step in steps_of(self._plan):
            if step.name not in self.done or step.call not in {Verb.ATTACH, Verb.DETACH}:
                continue
            policy = self._plan.policy(step.policy)
            place = found.setdefault((policy.kind, step.target), set())
            (place.add if step.call is Verb.ATTACH else place.discard)(
                ids.get(policy.name) or self.ids.get(policy.name, "")
            )
        return {place: frozenset(each) for place, each in found.items()}

    def texts(self) -> dict[str, str]:
        """The document each policy must have now, by name; of one that is not made yet, none."""
        texts = {one.name: one.before or one.document for one in self._plan.policies if one.id}
        for step in steps_of(self._plan):
            if step.name in self.done and step.call in {Verb.CREATE, Verb.UPDATE}:
                texts[step.policy] = self._plan.policy(step.policy).document
        return texts


def there(policy: PlannedPolicy, present: Present, ids: Mapping[str, str]) -> Existing | None:
    """A policy of the plan as it is now: by the id its calls had, else by its name, which may not be readable."""
    known = ids.get(policy.name) or policy.id
    found = present.named(policy.kind, known) if known else None
    return found or present.named(policy.kind, policy.name)


def ids_of(plan: Plan, present: Present, known: Mapping[str, str]) -> dict[str, str]:
    """Ids of the plan's policies by name, of those that are there.

    Args:
        plan: The plan.
        present: What there is.
        known: Ids that calls had (`Progress.ids`).
    """
    found = {one.name: there(one, present, known) for one in plan.policies}
    return {name: one.id for name, one in found.items() if one is not None}


def surprises(plan: Plan, progress: Progress, present: Present, digest_of: Mapping[str, str]) -> tuple[Surprise, ...]:
    """Everything that is not as the plan and its journal say.

    Args:
        plan: The plan.
        progress: How far it is.
        present: What there is.
        digest_of: The digest of every document the plan knows, by its text.
    """
    land = present.landscape
    if (land.organization, land.management) != (plan.organization, plan.management):
        detail = f"the plan is for the organization {plan.organization}"
        return (Surprise(target=land.organization or "organization", kind=SurpriseKind.CHANGED, detail=detail),)
    found = [
        *changed_documents(plan, progress, present, digest_of),
        *other_policies(plan, progress, present),
        *changed_attachments(plan, progress, present),
        *_elsewhere(plan, progress, present),
        *gone_accounts(plan, present),
        *_moved(plan, progress, present),
    ]
    return tuple(found)


def changed_documents(
    plan: Plan, progress: Progress, present: Present, digest_of: Mapping[str, str]
) -> Iterable[Surprise]:
    """Policies of the plan that are not there, or do not say what they must say now."""
    texts = progress.texts()
    for one in plan.policies:
        found = there(one, present, progress.ids)
        if found is not None and found.aws_managed:
            yield Surprise(target=one.name, kind=SurpriseKind.REFUSED, detail="it is AWS's own, which is never changed")
        elif one.name not in texts:
            if found is not None:
                detail = f"somebody made a policy of that name ({found.id}) since the plan"
                yield Surprise(target=one.name, kind=SurpriseKind.CHANGED, detail=detail)
        elif found is None and present.nameless(one.kind) and one.name not in progress.ids:
            detail = "the names of policies cannot be read, so nobody knows whether it is there"
            yield Surprise(target=one.name, kind=SurpriseKind.UNREADABLE, detail=detail)
        elif found is None:
            yield Surprise(target=one.name, kind=SurpriseKind.GONE, detail="the policy is not there any more")
        elif found.sha256 != digest_of[texts[one.name]]:
            detail = "somebody gave the policy another document" if found.sha256 else "its document cannot be read"
            kind = SurpriseKind.CHANGED if found.sha256 else SurpriseKind.UNREADABLE
            yield Surprise(target=one.name, kind=kind, detail=detail)


def other_policies(plan: Plan, progress: Progress, present: Present) -> Iterable[Surprise]:
    """Policies that have a name of the plan, and are not those its calls were made for."""
    for one in plan.policies:
        found, ours = there(one, present, progress.ids), progress.ids.get(one.name, "")
        if found is not None and ours and found.id != ours:
            detail = f"the policy {ours} is not there any more, and {found.id} has its name"
            yield Surprise(target=one.name, kind=SurpriseKind.CHANGED, detail=detail)


def changed_attachments(plan: Plan, progress: Progress, present: Present) -> Iterable[Surprise]:
    """What somebody else attached to targets of the plan, or detached from them."""
    names = {identity: name for name, identity in progress.ids.items()}
    names |= {one.id: one.name for one in present.policies}
    for (kind, target), wanted in sorted(progress.attached(ids_of(plan, present, progress.ids)).items()):
        if kind not in present.told:
            detail = "what is attached there cannot be read"
            yield Surprise(target=target, kind=SurpriseKind.UNREADABLE, detail=detail)
            continue
        there = frozenset(present.attached(kind, target))
        for one in sorted(there - wanted):
            detail = f"somebody attached `{names.get(one, one)}`"
            yield Surprise(target=target, kind=SurpriseKind.CHANGED, detail=detail)
        for one in sorted(wanted - there):
            detail = f"somebody detached `{names.get(one, one)}`"
            yield Surprise(target=target, kind=SurpriseKind.CHANGED, detail=detail)


def _elsewhere(plan: Plan, progress: Progress, present: Present) -> Iterable[Surprise]:
    """A policy that gets another document, attached where the plan does not attach it: that would change at once."""
    places = progress.attached(ids_of(plan, present, progress.ids))
    for one in plan.policies:
        if not one.before:
            continue
        for level in present.landscape.attached.get(one.kind, ()):
            there = one.id in present.attached(one.kind, level.target)
            if there and (one.kind, level.target) not in places:
                detail = f"somebody attached `{one.name}`, which is to get another document"
                yield Surprise(target=level.target, kind=SurpriseKind.CHANGED, detail=detail)


def _moved(plan: Plan, progress: Progress, present: Present) -> Iterable[Surprise]:
    """Accounts a wave to come would change although the plan does not name them, or named and not there any more."""
    tree = Map(present.landscape)
    for wave in plan.waves:
        if wave.number in progress.applied:
            continue
        now = {account for target in targets_of(wave) for account in tree.below(target)}
        for account in sorted(now.difference(wave.accounts)):
            detail = f"the account came to {wave.name} since the plan, which does not name it"
            yield Surprise(target=account, kind=SurpriseKind.CHANGED, detail=detail)
        for account in sorted({*wave.accounts} & tree.members - now):
            detail = f"the account is not in {wave.name} any more"
            yield Surprise(target=account, kind=SurpriseKind.CHANGED, detail=detail)


def targets_of(wave: Wave) -> frozenset[str]:
    """Where a wave changes something for accounts: not where a target above goes on to bind them."""
    return frozenset(
        step.target for step in wave.steps if step.target and not (step.temporary and step.call is Verb.DETACH)
    )


def gone_accounts(plan: Plan, present: Present) -> Iterable[Surprise]:
    """Accounts of the plan that are not there any more, or not active."""
    active = {one.account for one in present.landscape.standings}
    for account in sorted({account for wave in plan.waves for account in wave.accounts} - active):
        detail = "the account left the organization, or is not active any more"
        yield Surprise(target=account, kind=SurpriseKind.GONE, detail=detail)


def made(plan: Plan, step: Step, present: Present, ids: Mapping[str, str]) -> bool | None:
    """Whether what a step is for is so already: for an intent of which nobody knows what became.

    Args:
        plan: The plan.
        step: Which step.
        present: What there is.
        ids: Of policies by name, as calls had them (`Progress.ids`).

    Returns:
        `None` where the policy, or its document, cannot be read.
    """
    if step.call is Verb.ENABLE:
        return step.policy not in present.off
    policy = plan.policy(step.policy)
    found = there(policy, present, ids)
    if found is None:
        return None if present.nameless(policy.kind) and policy.name not in ids else False
    if step.call in {Verb.CREATE, Verb.UPDATE}:
        return found.sha256 == policy.sha256 if found.sha256 else None
    attached = found.id in present.attached(policy.kind, step.target)
    return attached is (step.call is Verb.ATTACH)
