"""The whole of it, once, as it should go."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core.duty import Duty, Finding, Shown
from rootwarden.breakglass.core.refusal import Refused
from rootwarden.breakglass.core.releasing import checkout_of
from rootwarden.breakglass.core.state import Phase
from rootwarden.breakglass.core.step import replay
from rootwarden.breakglass.rehearsal.cast import cast
from rootwarden.breakglass.rehearsal.play import DEVICE, Play, time_step


@pytest.mark.parametrize("passkeys", [False, True], ids=["ed25519", "passkeys"])
def test_a_visit_from_request_to_closed_lease(*, passkeys: bool) -> None:
    play = Play(players=cast(passkeys=passkeys))
    play.guard()
    with pytest.raises(Refused, match="L4"):
        visit(play)
    report(play, "enrolment")
    play.say(log.LeaseClosed, lease="enrolment")
    play.open()
    play.say(log.CheckoutPublished, **fields(play))
    play.say(log.CodeReleased, "rita", lease="lease", device=DEVICE, step=time_step(play.now))
    play.wait(minutes=5)
    play.say(log.LeaseEnded, "rita", lease="lease", why="returned")
    assert play.state.leases["lease"].phase is Phase.DUTIES
    report(play, "lease")
    play.say(log.LeaseClosed, lease="lease")
    again = replay(play.entries)
    assert again.tree.root == play.state.tree.root
    assert again.leases == play.state.leases


def visit(play: Play) -> None:
    play.file()
    play.approve("request", "anna")
    play.approve("request", "omar")
    play.open()


def report(play: Play, lease: str) -> None:
    play.wait(minutes=1)
    duties = play.state.leases[lease].duties
    findings = tuple(Finding(duty=Duty(duty), shown=Shown.MET, why="as before") for duty in duties)
    play.say(
        log.CheckedIn,
        "dan",
        lease=lease,
        observed_at=play.now - timedelta(seconds=1),
        last_root_event=None,
        evidence="ab" * 32,
        findings=findings,
        report="all done",
    )


def fields(play: Play) -> dict[str, Any]:
    published = checkout_of(play.state, play.state.leases["lease"], play.now)
    return {name: getattr(published, name) for name in published.__struct_fields__ if name not in {"at", "actor"}}
