from __future__ import annotations

from typing import TYPE_CHECKING

import pyotp
from tests.breakglass.custody.people import CANARY, URI
from tests.breakglass.vault.world import SEED, step_now

from rootwarden.breakglass.vault import messages as said

if TYPE_CHECKING:
    from tests.breakglass.vault.world import World


def test_from_seed_to_code(world: World) -> None:
    """Found, open, seal, two codes of the enrolment, open again, one code: pyotp agrees with each."""
    world.found()
    world.open("o-1", uses=2)
    sealed = world.seal("o-1", URI.encode())
    assert sealed.version == 1
    assert len(sealed.fingerprint.split()) == 4
    grant = {"binding": SEED, "digest": sealed.digest}
    step = step_now()
    world.write("enrolment-served", f"enrol/phone/{step}", grant)
    enrolment = said.EnrolmentCodes(opening="o-1", lease="enrol", device="phone", step=step, record=sealed.record)
    answer, beside = world.ask(enrolment)
    totp = pyotp.TOTP(CANARY.decode())
    assert bytes(beside.content).decode().split() == [totp.at(step * 30), totp.at(step * 30 + 30)]
