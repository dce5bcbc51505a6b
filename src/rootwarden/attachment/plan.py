"""The plan of a change of guardrails: every call in its wave, what was seen, and what was foretold."""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.errors import InputError
from rootwarden.guardrails.replaying.digest import policy_digest
from rootwarden.iam.document import DocumentError, read_document
from rootwarden.transparency.canonical import canonical

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCHEMA: Final = "rootwarden.guardrails-plan/1"
LARGEST: Final = 32 << 20
_NEVER_EDITED: Final = "plan again; a plan is never edited"
TYPES: Final = {"scp": "SERVICE_CONTROL_POLICY", "rcp": "RESOURCE_CONTROL_POLICY"}


class Operation(StrEnum):
    """What the plan is for."""

    ATTACH = "attach"
    DETACH = "detach"


class Verb(StrEnum):
    """A call to AWS Organizations that changes something."""

    ENABLE = "organizations:EnablePolicyType"
    CREATE = "organizations:CreatePolicy"
    UPDATE = "organizations:UpdatePolicy"
    ATTACH = "organizations:AttachPolicy"
    DETACH = "organizations:DetachPolicy"

    @property
    def operation(self) -> str:
        """As the API spells it."""
        return self.value.partition(":")[2]


class PlannedPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A policy the plan is about.

    Attributes:
        name: In the organization; unique there.
        kind: `scp` or `rcp`.
        id: Empty where it is made by the plan.
        guardrail: Which guardrail it is; empty where it is detached.
        parameters: The values it is made with.
        description: What is written down with it.
        sha256: Of the document in canonical spelling (docs/guardrails-replay.md).
        document: As it shall be, JSON without a needless blank; of one that is detached, as it is.
        before: As it is now, where it is changed; else empty. Only what is attached to nothing is changed.
        before_sha256: Of that document.
    """

    name: str
    kind: str
    id: str = ""
    guardrail: str = ""
    parameters: dict[str, tuple[str, ...]] = {}
    description: str = ""
    sha256: str
    document: str
    before: str = ""
    before_sha256: str = ""


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One call.

    Attributes:
        name: Unique in the plan: `3.2`, the wave and the place in it.
        call: Which.
        policy: Name of the policy; for `EnablePolicyType` its kind.
        target: Root, unit or account; empty where the call has none.
        temporary: It is taken back by a later wave, because a target above has the policy then.
    """

    name: str
    call: Verb
    policy: str
    target: str = ""
    temporary: bool = False


class Wave(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Steps that are made together, before anybody looks what they deny.

    Attributes:
        number: 1 for the first.
        name: What it is about: `canary 111122223333`, `/Root/Workloads`, …
        steps: In order.
        accounts: Active accounts the wave changes something for.
    """

    number: int
    name: str
    steps: tuple[Step, ...]
    accounts: tuple[str, ...] = ()


class Seen(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was attached to a target when the plan was made: ids of one kind, in order of id."""

    target: str
    kind: str
    policies: tuple[str, ...]


class Foretold(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the replay says.

    Attributes:
        record: SHA-256 of the replay record, in hexadecimal.
        present: What it says was attached (`present.sha256`).
        first: Time of the first record it read.
        last: Time of the last.
        at_least: Calls that would have been denied, whatever is not known.
        at_most: And those that may have been.
        calls: `account principal source event` of each of them, with how many.
        beyond: Calls of groups the record does not show.
    """

    record: str
    present: str
    first: str
    last: str
    at_least: int
    at_most: int
    calls: dict[str, int] = {}
    beyond: int = 0


class Waiver(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """That nobody replayed, or that the proof is not what it should be: the reason somebody gave in writing."""

    reason: str


class Proven(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """In how many accounts a guardrail holds, by verdict, as things are and once the plan is carried out."""

    guardrail: str
    before: dict[str, int]
    after: dict[str, int]


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole plan (docs/guardrails-rollout.md, field by field).

    Attributes:
        schema: `rootwarden.guardrails-plan/1`.
        made_at: The instant it is judged at, ISO 8601.
        operation: What it is for.
        organization: `o-…`.
        management: The management account, which must make the calls.
        root: Id of the organization's root.
        partition: `aws`, `aws-us-gov`, …
        policies: Policies by which steps are made, by name.
        waves: In order.
        seen: Every target a step is about.
        replay: What was foretold; or
        waived: why nothing was.
        proof_waived: Why it is planned although the proof says that it bars too much, or does not know.
        proof: Of each guardrail that is about.
        permissions: What whoever applies it may do, and no more.
        notes: What people should know.
    """

    schema: str
    made_at: str
    operation: Operation
    organization: str
    management: str
    root: str
    partition: str
    policies: tuple[PlannedPolicy, ...]
    waves: tuple[Wave, ...]
    seen: tuple[Seen, ...]
    replay: Foretold | None = None
    waived: Waiver | None = None
    proof_waived: Waiver | None = None
    proof: tuple[Proven, ...] = ()
    permissions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def policy(self, name: str) -> PlannedPolicy:
        """The policy of that name.

        Raises:
            InputError: The plan has none.
        """
        found = next((one for one in self.policies if one.name == name), None)
        if found is None:
            raise InputError(f"the plan has a step for the policy `{name}`, which it does not describe")
        return found

    @property
    def digest(self) -> str:
        """SHA-256 of the plan in canonical JSON, in hexadecimal: a journal belongs to one plan."""
        return hashlib.sha256(canonical(msgspec.to_builtins(self))).hexdigest()


def printed(plan: Plan) -> str:
    """The plan as a file."""
    return msgspec.json.format(msgspec.json.encode(plan, order="deterministic"), indent=1).decode() + "\n"


def read_plan(path: Path) -> Plan:
    """A plan from its file.

    Raises:
        InputError: It cannot be read, is no plan, or does not fit together.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise InputError(f"`{path}` cannot be read: {error.strerror}") from error
    if len(content) > LARGEST:
        raise InputError(f"`{path}` is larger than any plan")
    try:
        plan = msgspec.json.decode(content, type=Plan)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"`{path}` is no plan: {error}", hint="`rootwarden guardrails plan` writes one") from error
    _check(plan, path)
    return plan


def _check(plan: Plan, path: Path) -> None:
    if plan.schema != SCHEMA:
        raise InputError(f"`{path}` has the schema `{plan.schema}`, not `{SCHEMA}`")
    names = [step.name for wave in plan.waves for step in wave.steps]
    numbers = [wave.number for wave in plan.waves]
    if len({*names}) != len(names) or numbers != [*range(1, len(numbers) + 1)]:
        raise InputError(f"`{path}` does not number its waves and steps one after the other", hint=_NEVER_EDITED)
    if (plan.replay is None) == (plan.waived is None) and any(one.call is not Verb.ENABLE for one in steps_of(plan)):
        said = f"`{path}` has neither a replay nor a reason why there is none, or both"
        raise InputError(said, hint=_NEVER_EDITED)
    for step in steps_of(plan):
        if step.call is not Verb.ENABLE:
            plan.policy(step.policy)
    if any(each is not None and not each.reason.strip() for each in (plan.waived, plan.proof_waived)):
        raise InputError(f"`{path}` waives something, and does not say why", hint=_NEVER_EDITED)
    for wrong in (*_wrong_policies(plan), *_wrong_steps(plan), *_untidied(plan)):
        raise InputError(f"`{path}` does not hold together: {wrong}", hint=_NEVER_EDITED)


def _wrong_policies(plan: Plan) -> Iterator[str]:
    """Documents that are not those the replay and the proof were about, and names that stand for two policies."""
    if len({one.name for one in plan.policies}) != len(plan.policies):
        yield "two of its policies have one name"
    for one in plan.policies:
        if one.kind not in TYPES:
            yield f"`{one.kind}` is no kind of policy"
        for text, digest in ((one.document, one.sha256), (one.before, one.before_sha256)):
            if (text or digest) and _digest(text) != digest:
                yield f"a document of `{one.name}` does not have the digest it says"


def _digest(text: str) -> str:
    try:
        return policy_digest(read_document(text))
    except DocumentError:
        return ""


def _wrong_steps(plan: Plan) -> Iterator[str]:
    """Calls that no plan of this operation has."""
    seen = {(one.kind, one.target) for one in plan.seen}
    temporary: set[tuple[str, str]] = set()
    for step in steps_of(plan):
        place = (step.policy, step.target)
        if step.call is Verb.ENABLE:
            if step.policy not in TYPES:
                yield f"step {step.name} switches on `{step.policy}`, which is no kind of policy"
            continue
        policy = plan.policy(step.policy)
        if step.call in {Verb.ATTACH, Verb.DETACH} and (policy.kind, step.target) not in seen:
            yield f"step {step.name} is about `{step.target}`, where nobody looked"
        if (step.call is Verb.CREATE and policy.id) or (step.call is Verb.UPDATE and not policy.before):
            yield f"step {step.name} makes or changes `{policy.name}` although it is not to be"
        tidies = step.temporary and place in temporary
        if step.call is not Verb.DETACH and plan.operation is Operation.DETACH:
            yield f"step {step.name} is no detachment"
        if step.call is Verb.DETACH and plan.operation is Operation.ATTACH and not tidies:
            yield f"step {step.name} detaches what the plan does not attach"
        if step.call is Verb.ATTACH and step.temporary:
            temporary.add(place)


def _untidied(plan: Plan) -> Iterator[str]:
    """What is attached for a time and stays."""
    temporary = [step for step in steps_of(plan) if step.temporary]
    taken = {(step.policy, step.target) for step in temporary if step.call is Verb.DETACH}
    for step in temporary:
        if step.call is Verb.ATTACH and (step.policy, step.target) not in taken:
            yield f"step {step.name} is for a time, and no step takes it back"


def steps_of(plan: Plan) -> tuple[Step, ...]:
    """Every step, in order."""
    return tuple(step for wave in plan.waves for step in wave.steps)


def digests_of(plan: Plan) -> dict[str, str]:
    """The digest of every document the plan knows, by its text.

    Raises:
        InputError: One of them is no policy document.
    """
    texts = {text for one in plan.policies for text in (one.document, one.before) if text}
    try:
        return {text: policy_digest(read_document(text)) for text in texts}
    except DocumentError as error:
        raise InputError(f"the plan holds a document that is no policy: {error.message}") from error
