"""The whole of it with its real parts: a database, a vault of another user, a sink, passkeys, custodians."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pyotp
import pytest

from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core.refusal import Refused
from rootwarden.breakglass.rehearsal.troupe import GROUP, SEED
from rootwarden.breakglass.vault import messages as vault_says

if TYPE_CHECKING:
    from rootwarden.breakglass.broker.anchoring import Anchored
    from rootwarden.breakglass.rehearsal.stage import Stage
    from rootwarden.breakglass.rehearsal.troupe import Troupe
    from rootwarden.transparency.head import Head


def test_a_code_after_two_approvals_and_two_custodians_is_the_one_of_pyotp(troupe: Troupe) -> None:
    troupe.guard()
    shown, codes = troupe.enrol()
    expected = pyotp.TOTP(SEED)
    assert codes == f"{expected.at(shown.step * 30)} {expected.at(shown.step * 30 + 30)}"
    (enrolment,) = troupe.broker.state().leases
    troupe.check_in(enrolment)

    request, phrase = troupe.file()
    troupe.approve(request, phrase)
    with pytest.raises(Refused, match="L4"):
        troupe.open(request)
    troupe.broker.say(log.LeaseClosed(at=troupe.broker.now(), actor=log.SYSTEM, lease=enrolment))
    lease = troupe.open(request)
    shown, code = troupe.code(lease)
    assert code == expected.at(shown.step * 30)
    again, same = troupe.see(lease)
    assert (again.step, same) == (shown.step, code), "the same lease and step, the same code"
    assert [held.sink for held in shown.held] == ["other-mount"]
    assert shown.codes_left == 2
    troupe.acting.end("rita", lease)
    published = [
        entry for entry in entries(troupe) if isinstance(entry, log.CheckoutPublished) and entry.lease == lease
    ]
    assert [one.released_at is not None for one in published] == [False, True, True]
    assert b"GEZDGNBV" not in b"".join(troupe.broker.keeper.read(0))


@pytest.fixture
def told_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rootwarden.breakglass.broker.asking.MOST_TOLD", 2000)


def test_a_vault_that_starts_hears_a_long_log_in_pieces(told_in_pieces: None, troupe: Troupe) -> None:
    for number in range(30):
        troupe.broker.say(
            log.AttemptRefused(at=troupe.broker.now(), actor=log.SYSTEM, attempted=f"try {number}", step="R2")
        )
    troupe.guard()
    assert troupe.broker.state().groups[GROUP].digest, "the vault sealed the group: it heard everything"


def test_what_the_vault_hears_was_held_outside_at_that_moment(on_stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """V5: the vault tells the time by the witness's signature, so one the chores fetched before is asked for again."""
    troupe, releases, anchor = on_stage.troupe, on_stage.house.releases, on_stage.house.anchor
    asked: list[int] = []

    def anchored(head: Head) -> Anchored:
        asked.append(head.size)
        return anchor(head)

    monkeypatch.setattr(on_stage.house, "anchor", anchored)
    troupe.guard()
    attempt = log.AttemptRefused(at=troupe.broker.now(), actor=log.SYSTEM, attempted="a try", step="R2")
    troupe.broker.say(attempt)
    ask = partial(releases._asked, vault_says.Status())
    asked.clear()
    releases.anchor()
    releases.anchor()
    size = troupe.broker.state().size
    assert asked == [size], "chores ask once a head"
    ask()
    assert asked == [size, size], "the vault had not heard of it"
    ask()
    assert asked == [size, size], "it has by now"


def entries(troupe: Troupe) -> list[log.AnyEntry]:
    return [log.from_bytes(content) for content in troupe.broker.keeper.read(0)]
