"""From what is wanted, and what there is, to a plan that can be carried out, or the reason why it cannot."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import structs

from rootwarden.attachment.calls import permissions_of
from rootwarden.attachment.foretold import Change, Sought, read_replay
from rootwarden.attachment.plan import (
    SCHEMA,
    Operation,
    Plan,
    PlannedPolicy,
    Proven,
    Seen,
    Verb,
    Waiver,
    steps_of,
)
from rootwarden.attachment.proving import counted
from rootwarden.attachment.refusing import refuse_last, refuse_no_room, refuse_unproven
from rootwarden.attachment.staging import Draft, Map, Placed, attaching, detaching, numbered
from rootwarden.audit.guardrail_proof import Wanted, policy_of
from rootwarden.errors import UsageError
from rootwarden.facts.instant import format_instant
from rootwarden.guardrails.changed import without_policy
from rootwarden.guardrails.content.writing import as_json
from rootwarden.guardrails.replaying.digest import landscape_digest, policy_digest
from rootwarden.guardrails.standing import Attached, with_policy
from rootwarden.packs import guardrails

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rootwarden.attachment.plan import Foretold
    from rootwarden.attachment.present import Existing, Present
    from rootwarden.facts.iam_document import IamDocument
    from rootwarden.guardrails.standing import Landscape

_BESIDE: Final = (
    "--as NAME makes a new policy beside it, which canary and waves try; then `guardrails detach {name}`, in waves, too"
)
_AWS_OWN: Final = "AWS attaches it to every target, and without it nobody below could do anything"


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What the plan is made with.

    Attributes:
        targets: Where policies shall be attached or detached; none for a detachment: wherever they are.
        canaries: Accounts that get a policy first.
        at: The instant everything is judged at.
        replay: The replay record, or `None`.
        days: How old its last event may be.
        window: How many days it must cover.
        waived: Why there is no replay; empty with one.
        proof_waived: Why the plan is made although the proof says that it bars too much, or does not know.
        update: A policy of the same name that is attached to nothing may get another document.
        name: What the policy is called; empty for the id of the guardrail.
    """

    targets: tuple[str, ...]
    canaries: tuple[str, ...] = ()
    at: datetime
    replay: Path | None = None
    days: int = 30
    window: int = 14
    waived: str = ""
    proof_waived: str = ""
    update: bool = False
    name: str = ""


def switching(present: Present, kind: str, at: datetime) -> Plan:
    """The plan that switches a type of policies on, by itself: what comes of it is looked at before the next."""
    name = f"policies of kind {kind} are switched on"
    drafts = (Draft(name=name, calls=((Verb.ENABLE, kind, "", False),), accounts=()),)
    note = (
        "AWS attaches its own policy that allows everything to every target; it denies nothing. Plan again afterwards"
    )
    return _plan(present, Operation.ATTACH, (), drafts, at, notes=(note,))


def attachment(present: Present, wanted: Sequence[Wanted], asked: Asked) -> Plan:
    """The plan that attaches guardrails.

    Raises:
        UsageError: It cannot be carried out: no such target, no room, not replayed, or it would not hold.
    """
    tree = Map(present.landscape)
    for target in (*asked.targets, *asked.canaries):
        tree.check(target)
    _refuse_no_canary(asked, tree)
    names = _names(wanted, asked)
    documents = {name: policy_of(one) for name, one in names.items()}
    policies = tuple(_planned(present, one, documents[name], asked, name) for name, one in names.items())
    there = frozenset(
        Placed(one.name, target)
        for one in policies
        for target in (*asked.targets, *asked.canaries, *(each.id for each in present.landscape.units))
        if one.id and one.id in present.attached(one.kind, target)
    )
    drafts = (
        Draft(
            name="policies are made", calls=tuple((Verb.CREATE, one.name, "", False) for one in policies if not one.id)
        ),
        *(_renewed(one) for one in policies if one.before),
        *attaching([*names], asked.targets, asked.canaries, there, tree),
    )
    after, notes = _with_all(present.landscape, policies, documents, asked.targets, there)
    proof = tuple(_proven(one, present.landscape, after) for one in wanted)
    plan = _plan(present, Operation.ATTACH, policies, drafts, asked.at, notes=notes)
    if not plan.waves:
        raise UsageError("there is nothing to do: every policy is attached wherever it shall be")
    refuse_no_room(plan, present.landscape, documents)
    waived = refuse_unproven(wanted, after, asked.targets, tree, asked.proof_waived)
    return _foretold(structs.replace(plan, proof=proof, proof_waived=waived), present, asked)


def detachment(present: Present, named: Sequence[str], asked: Asked) -> Plan:
    """The plan that detaches policies, named by id or name.

    Raises:
        UsageError: There is no such policy, it is AWS's own or the last of its kind, or it is not replayed.
    """
    tree = Map(present.landscape)
    found = [_existing(present, name) for name in named]
    if len({one.name for one in found}) != len(found):
        raise UsageError("two of the policies have the same name, or are the same", hint="plan one after the other")
    placed, after = [], present.landscape
    for one in found:
        where = [level.target for level in present.landscape.attached.get(one.kind, ())]
        targets = asked.targets or tuple(each for each in where if one.id in present.attached(one.kind, each))
        if not targets:
            raise UsageError(f"the policy `{one.name}` is attached to nothing")
        for target in targets:
            if one.id not in present.attached(one.kind, target):
                raise UsageError(f"the policy `{one.name}` is not attached to `{target}`")
            placed.append(Placed(one.name, target))
            after = without_policy(after, one.kind, target, one.id)
    refuse_last({one.name: one.kind for one in found}, placed, after)
    policies = tuple(
        PlannedPolicy(name=one.name, kind=one.kind, id=one.id, sha256=one.sha256, document=one.text) for one in found
    )
    kinds = {one.kind for one in found}
    proof = tuple(_proven(one, present.landscape, after) for one in _without_needs() if one.guardrail.kind in kinds)
    plan = _plan(present, Operation.DETACH, policies, detaching(placed, tree), asked.at, notes=())
    changed = tuple(one for one in proof if one.before != one.after)
    return _foretold(structs.replace(plan, proof=changed), present, asked)


def changes_of(plan: Plan) -> frozenset[Change]:
    """What the plan comes to in the end: temporary attachments left out."""
    made = set()
    for step in steps_of(plan):
        if step.temporary or step.call not in {Verb.ATTACH, Verb.DETACH}:
            continue
        policy = plan.policy(step.policy)
        made.add(Change(step.call.operation.removesuffix("Policy").lower(), policy.kind, step.target, policy.sha256))
    return frozenset(made)


def _plan(
    present: Present,
    operation: Operation,
    policies: tuple[PlannedPolicy, ...],
    drafts: Iterable[Draft],
    at: datetime,
    *,
    notes: tuple[str, ...],
) -> Plan:
    land = present.landscape
    waves = numbered(drafts)
    touched = {(step.target, step.policy) for wave in waves for step in wave.steps if step.target}
    kinds = {one.name: one.kind for one in policies}
    places = sorted({(kinds[policy], target) for target, policy in touched})
    plan = Plan(
        schema=SCHEMA,
        made_at=format_instant(at),
        operation=operation,
        organization=land.organization,
        management=land.management,
        root=land.root,
        partition=land.standings[0].partition if land.standings else "aws",
        policies=policies,
        waves=waves,
        seen=tuple(Seen(target=each, kind=kind, policies=present.attached(kind, each)) for kind, each in places),
        notes=notes,
    )
    return structs.replace(plan, permissions=permissions_of(plan))


def _refuse_no_canary(asked: Asked, tree: Map) -> None:
    if asked.canaries or all(target in tree.members for target in asked.targets):
        return
    raise UsageError(
        "no canary is named",
        hint="--canary ACCOUNT: an account below the target whose owner knows, the first to get it",
    )


def _names(wanted: Sequence[Wanted], asked: Asked) -> dict[str, Wanted]:
    """The guardrails by what their policies are called."""
    if asked.name and len(wanted) > 1:
        raise UsageError("--as names one policy, and there are several", hint="plan one after the other")
    names = {asked.name or one.guardrail.id: one for one in wanted}
    if len(names) != len(wanted):
        raise UsageError("a guardrail is named twice")
    return names


def _planned(present: Present, wanted: Wanted, document: IamDocument, asked: Asked, name: str) -> PlannedPolicy:
    guardrail, text = wanted.guardrail, as_json(document)
    there = present.named(guardrail.kind, name)
    planned = PlannedPolicy(
        name=name,
        kind=guardrail.kind.value,
        guardrail=guardrail.id,
        parameters=dict(wanted.values),
        description=guardrail.title,
        sha256=policy_digest(document),
        document=text,
    )
    if there is None:
        return planned
    planned = structs.replace(planned, id=there.id)
    if there.sha256 == planned.sha256:
        return planned
    if there.aws_managed or not there.text:
        raise UsageError(f"the policy `{there.name}` ({there.id}) cannot be changed: it is AWS's, or could not be read")
    where = [level.target for level in present.landscape.attached.get(planned.kind, ())]
    attached = [each for each in where if there.id in present.attached(planned.kind, each)]
    if attached:
        raise UsageError(
            f"there is a policy `{there.name}` ({there.id}) that says something else, attached to {_places(attached)}: "
            "a new document would take effect there at once, and no canary could try it",
            hint=_BESIDE.format(name=there.name),
        )
    if not asked.update:
        raise UsageError(
            f"there is a policy `{there.name}` ({there.id}) that says something else, attached to nothing",
            hint="--update gives it the new document before it is attached; --as NAME makes another",
        )
    return structs.replace(planned, before=there.text, before_sha256=there.sha256)


def _places(targets: Sequence[str]) -> str:
    more = f" and {len(targets) - 1} more" if len(targets) > 1 else ""
    return f"`{targets[0]}`{more}"


def _renewed(policy: PlannedPolicy) -> Draft:
    return Draft(name=f"new document of {policy.name}", calls=((Verb.UPDATE, policy.name, "", False),))


def _with_all(
    before: Landscape,
    policies: Iterable[PlannedPolicy],
    documents: dict[str, IamDocument],
    targets: Iterable[str],
    there: frozenset[Placed],
) -> tuple[Landscape, tuple[str, ...]]:
    """The organization once the plan is carried out, and what was there already."""
    after, notes = before, []
    for one in policies:
        document = documents[one.name]
        for target in targets:
            if Placed(one.name, target) in there:
                notes.append(f"`{one.name}` is attached to `{target}` already")
            else:
                after = with_policy(after, one.kind, target, Attached(one.id, one.name, document, planned=True))
    return after, tuple(notes)


def _proven(wanted: Wanted, before: Landscape, after: Landscape) -> Proven:
    return Proven(guardrail=wanted.guardrail.id, before=counted(wanted, before), after=counted(wanted, after))


def _existing(present: Present, name: str) -> Existing:
    found = present.named("scp", name) or present.named("rcp", name)
    if found is None:
        known = ", ".join(sorted(f"`{one.name}`" for one in present.policies if not one.aws_managed)[:10])
        raise UsageError(f"there is no policy `{name}` in the organization", hint=f"there are {known or 'none'}")
    if found.aws_managed:
        raise UsageError(f"`{found.name}` is never detached: {_AWS_OWN}")
    if not found.text:
        raise UsageError(f"the policy `{found.name}` could not be read, so it could not be put back")
    return found


def _without_needs() -> tuple[Wanted, ...]:
    """The shipped guardrails that need no value."""
    return tuple(
        Wanted(one, {each.name: each.default for each in one.parameters})
        for one in guardrails()
        if not any(each.needed for each in one.parameters)
    )


def _foretold(plan: Plan, present: Present, asked: Asked) -> Plan:
    """The plan with what the replay says, or the reason why there is none."""
    if asked.waived and asked.replay is None:
        return structs.replace(plan, waived=Waiver(reason=asked.waived))
    if asked.replay is None or asked.waived:
        raise UsageError(
            "what the change would have denied is not known",
            hint="give one of --replay RECORD (see docs/guardrails-replay.md) and --waive-replay REASON",
        )
    wanted = Sought(plan.organization, changes_of(plan), asked.at, days=asked.days, window=asked.window)
    found, heard = read_replay(asked.replay, wanted)
    if found.present != landscape_digest(present.landscape):
        raise UsageError(
            f"`{asked.replay}` was replayed on other policies than are attached now", hint="replay again, then plan"
        )
    silent = sorted({account for wave in plan.waves for account in wave.accounts} - heard)
    return structs.replace(plan, replay=found, notes=(*plan.notes, *_left_out(found, silent)))


def _left_out(found: Foretold, silent: Sequence[str]) -> Iterator[str]:
    """What the replay does not tell, and the reader must know."""
    if found.beyond:
        yield "the record leaves calls out, and what is denied of them counts as not foretold"
    if silent:
        yield (
            f"the replay read no call of anybody in {len(silent)} of the accounts the change reaches, {silent[0]} "
            "among them: nothing is foretold of them"
        )
