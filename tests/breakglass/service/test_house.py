"""The whole of it with its real parts: a database, a vault of another user, a sink, passkeys, custodians."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyotp
import pytest

from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core.refusal import Refused
from rootwarden.breakglass.rehearsal.troupe import GROUP, SEED

if TYPE_CHECKING:
    from rootwarden.breakglass.rehearsal.troupe import Troupe


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
    monkeypatch.setattr("rootwarden.breakglass.broker.releases.MOST_TOLD", 2000)


def test_a_vault_that_starts_hears_a_long_log_in_pieces(told_in_pieces: None, troupe: Troupe) -> None:
    for number in range(30):
        troupe.broker.say(
            log.AttemptRefused(at=troupe.broker.now(), actor=log.SYSTEM, attempted=f"try {number}", step="R2")
        )
    troupe.guard()
    assert troupe.broker.state().groups[GROUP].digest, "the vault sealed the group: it heard everything"


def entries(troupe: Troupe) -> list[log.AnyEntry]:
    return [log.from_bytes(content) for content in troupe.broker.keeper.read(0)]
