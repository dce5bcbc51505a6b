from __future__ import annotations

import pyotp
import pytest
from tests.breakglass.custody.people import ACCOUNT, CANARY, URI
from tests.breakglass.vault.world import GROUP, SEED, World, step_now

from rootwarden.breakglass.vault import messages as said
from rootwarden.breakglass.vault.client import RefusedByVault


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
