"""The chronicle objects to an emergency that is opened too early, and to no other; the protocol agrees with it."""

from __future__ import annotations

import random
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest
from tests.breakglass.core.chronicle import Chronicle
from tests.breakglass.core.situations import filed
from tests.breakglass.core.test_histories import Walk
from tests.breakglass.core.wellmade import plain

from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core import leasing
from rootwarden.breakglass.core.refusal import Refused
from rootwarden.breakglass.core.step import check

if TYPE_CHECKING:
    from datetime import datetime

    from rootwarden.breakglass.core.state import Filed, State


class Case(NamedTuple):
    """An emergency of `rita`, whose password `pia` receives; `told` are minutes after the filing, person, delivered."""

    told: tuple[tuple[int, str, bool], ...]
    agreed: tuple[str, ...]
    opened: int
    objection: str = ""


NOBODY_ELSE: Final = "only its own people were told"
VETO: Final = "within its veto"
CASES: Final = {
    "the veto since the notice is over": Case(((0, "anna", True),), ("ben",), 15),
    "the veto since the notice is not over": Case(((0, "anna", True),), ("ben",), 14, VETO),
    "a late notice leaves all of the veto": Case(((14, "anna", True),), ("ben",), 16, VETO),
    "a late notice, and all of the veto": Case(((14, "anna", True),), ("ben",), 29),
    "a second notice prolongs nothing": Case(((0, "anna", True), (9, "anna", True), (9, "omar", True)), ("ben",), 15),
    "a notice nobody took": Case(((0, "anna", False),), ("ben",), 16, NOBODY_ELSE),
    "one that was taken when tried again": Case(((0, "anna", False), (9, "anna", True)), ("ben",), 16, VETO),
    "told to nobody": Case((), ("ben",), 40, NOBODY_ELSE),
    "told to its own people": Case(((0, "rita", True), (0, "pia", True)), ("ben",), 40, NOBODY_ELSE),
    "a custodian instead of a notice": Case((), ("ben", "carl"), 15),
    "a custodian within the veto": Case((), ("ben", "carl"), 14, VETO),
    "a late notice holds up no custodian": Case(((14, "anna", True),), ("ben", "carl"), 15),
    "a custodian who is the one of the list": Case((), ("sven",), 40, NOBODY_ELSE),
    "nobody of the list": Case(((0, "anna", True),), ("anna",), 40, "nobody of its list"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_an_emergency_waits_for_its_veto_since_somebody_else_was_told(case: Case) -> None:
    world = filed(emergency=True)
    begun = world.now
    for who in case.agreed:
        world.approve("request", who)
    for minutes, person, delivered in case.told:
        world.wait(minutes=minutes - (world.now - begun).seconds // 60)
        world.say(log.NoticeRecorded, request="request", person=person, channel="mail", delivered=delivered)
    world.wait(minutes=case.opened - (world.now - begun).seconds // 60)
    chronicle = Chronicle()
    for content in world.entries:
        chronicle.take(log.from_bytes(content))
    fields = {"request": "request", "lease": "lease", "until": world.state.requests["request"].request.until}
    opened = plain(world, log.LeaseOpened, "rita", fence=world.state.size, **fields)
    if not case.objection:
        check(world.state, opened)
        chronicle.take(opened)
        return
    with pytest.raises(AssertionError, match=re.escape(case.objection)):
        chronicle.take(opened)
    with pytest.raises(Refused) as refused:
        check(world.state, opened)
    assert refused.value.step == "L6"


def since_the_filing(state: State, filed_: Filed, _at: datetime) -> datetime:
    veto = timedelta(minutes=state.quorum_of(filed_.request).veto_minutes if filed_.request.emergency else 0)
    return max(filed_.request.start, filed_.at + veto)


def told_to_anybody(_state: State, filed_: Filed) -> datetime | None:
    return min((at for at in filed_.told.values() if at is not None), default=None)


@pytest.mark.parametrize(
    ("function", "instead", "objection"),
    [("opens_at", since_the_filing, VETO), ("_told_at", told_to_anybody, NOBODY_ELSE)],
)
def test_a_walk_objects_when_the_protocol_forgets(
    function: str, instead: object, objection: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leasing, function, instead)
    with pytest.raises(AssertionError, match=re.escape(objection)):
        Walk().go(random.Random(1), 2500)
