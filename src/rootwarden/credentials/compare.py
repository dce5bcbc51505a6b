"""What the plan saw against what is there now: anything that is not our own doing is a surprise. Pure."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

import msgspec

from rootwarden.credentials.holdings import Holdings
from rootwarden.credentials.plan import Phase
from rootwarden.facts.fact import Fact, Known, Unknown
from rootwarden.facts.instant import format_instant
from rootwarden.rollout.surprise import Surprise, SurpriseKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from rootwarden.credentials.plan import Planned, Step


class Mark(Enum):
    """What the journal says of a step."""

    OPEN = auto()
    UNSETTLED = auto()
    DONE = auto()


class Now(msgspec.Struct, frozen=True, kw_only=True):
    """What a look showed.

    Attributes:
        holdings: What root holds.
        attached: Ids of the policies attached to the account itself; unknown when nobody had to look.
    """

    holdings: Holdings
    attached: Fact[tuple[str, ...]]


def surprises(planned: Planned, now: Now, marks: Mapping[str, Mark]) -> Iterator[Surprise]:
    """Everything that differs from the plan and is not our doing.

    Args:
        planned: The account in the plan.
        now: What a fresh look showed.
        marks: What the journal says of each step, by id.
    """
    unreadable = list(now.holdings.unknown())
    if isinstance(now.attached, Unknown) and any(step.takes.startswith("policy:") for step in planned.steps):
        unreadable.append(("the policies attached to it", now.attached))
    for name, fact in unreadable:
        yield _of(planned, SurpriseKind.UNREADABLE, f"{name}: {fact.reason}")
    if unreadable:
        return
    yield from _steps(planned, now, marks)
    yield from _added(planned, now)
    if not planned.waived:
        yield from _used(planned, now)


def is_so(step: Step, now: Now) -> bool | None:
    """Whether what a step is for can be seen to be so; `None` when nobody can see it."""
    kind, _, name = step.takes.partition(":")
    holdings = now.holdings
    if kind == "policy":
        if not isinstance(now.attached, Known):
            return None
        return (name in now.attached.value) is (step.phase is Phase.HOLD)
    if kind == "key":
        return _key_is_so(step, name, holdings)
    if kind == "password":
        return not holdings.password.value if isinstance(holdings.password, Known) else None
    held = holdings.certificates if kind == "certificate" else holdings.devices if kind == "device" else None
    return name not in held.value if isinstance(held, Known) else None


def _key_is_so(step: Step, name: str, holdings: Holdings) -> bool | None:
    if not isinstance(holdings.keys, Known):
        return None
    key = next((each for each in holdings.keys.value if each.id == name), None)
    if key is None or step.phase is not Phase.HOLD:
        return key is None
    return not key.active.value if isinstance(key.active, Known) else None


def _steps(planned: Planned, now: Now, marks: Mapping[str, Mark]) -> Iterator[Surprise]:
    released = any(
        step.phase is Phase.RELEASE and marks.get(step.id, Mark.OPEN) is not Mark.OPEN for step in planned.steps
    )
    deleted = {step.takes for step in planned.steps if step.phase is Phase.REMOVE and marks.get(step.id) is Mark.DONE}
    for step in planned.steps:
        mark, so = marks.get(step.id, Mark.OPEN), is_so(step, now)
        if so is None or mark is Mark.UNSETTLED or step.phase is Phase.RELEASE:
            continue
        if step.takes.startswith("policy:") and released:
            continue
        if mark is Mark.OPEN and so and not (step.phase is Phase.HOLD and step.takes in deleted):
            yield _of(planned, SurpriseKind.CHANGED, f"somebody else did what was planned: {step.id}")
        if mark is Mark.DONE and not so:
            yield _of(planned, SurpriseKind.CHANGED, f"somebody took back what was done: {step.id}")


def _added(planned: Planned, now: Now) -> Iterator[Surprise]:
    """What root holds and the plan did not see."""
    if planned.seen is None:
        return
    before, after = _names(planned.seen), _names(now.holdings)
    for name in sorted(after - before):
        yield _of(planned, SurpriseKind.CHANGED, f"there is what the plan did not see: {name.replace(':', ' ', 1)}")
    for name in sorted(before - after):
        if not any(step.takes == name for step in planned.steps):
            yield _of(planned, SurpriseKind.CHANGED, f"it is gone: {name.replace(':', ' ', 1)}")
    active = {key.id for key in planned.seen.held_keys() if isinstance(key.active, Known) and key.active.value}
    for key in now.holdings.held_keys():
        if f"key:{key.id}" in before and key.id not in active and isinstance(key.active, Known) and key.active.value:
            yield _of(planned, SurpriseKind.CHANGED, f"the key {key.id} was inactive, and is active now")
        asleep = key.id in active and isinstance(key.active, Known) and not key.active.value
        if asleep and not any(step.phase is Phase.HOLD and step.takes == f"key:{key.id}" for step in planned.steps):
            yield _of(planned, SurpriseKind.CHANGED, f"somebody deactivated the key {key.id}")


def _names(holdings: Holdings) -> set[str]:
    names = {f"key:{key.id}" for key in holdings.held_keys()}
    if isinstance(holdings.password, Known) and holdings.password.value:
        names.add("password")
    for kind, held in (("certificate", holdings.certificates), ("device", holdings.devices)):
        names |= {f"{kind}:{each}" for each in held.value} if isinstance(held, Known) else set()
    return names


def _used(planned: Planned, now: Now) -> Iterator[Surprise]:
    if planned.seen is None:
        return
    before = {key.id: key.last_used for key in planned.seen.held_keys()}
    for key in now.holdings.held_keys():
        if key.id in before:
            yield from _use(planned, f"the key {key.id}", before[key.id], key.last_used)
    if isinstance(now.holdings.password, Known) and now.holdings.password.value:
        yield from _use(planned, "the password", planned.seen.password_last_used, now.holdings.password_last_used)


def _use(planned: Planned, what: str, before: Fact[datetime], after: Fact[datetime]) -> Iterator[Surprise]:
    if isinstance(after, Unknown):
        yield _of(planned, SurpriseKind.UNREADABLE, f"when {what} was last used: {after.reason}")
    elif isinstance(after, Known) and not (isinstance(before, Known) and after.value <= before.value):
        yield _of(
            planned, SurpriseKind.USED, f"{what} was used on {format_instant(after.value)}, after the plan looked"
        )


def _of(planned: Planned, kind: SurpriseKind, detail: str) -> Surprise:
    return Surprise(target=planned.account, kind=kind, detail=detail)
