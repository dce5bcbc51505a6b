"""From a cold start to a code by three remote custodians: every human step of the list, and no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyotp

from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.rehearsal.human_steps import COLD_START, LONGEST
from rootwarden.breakglass.rehearsal.stage import stage
from rootwarden.breakglass.rehearsal.troupe import CUSTODIANS, SEED

if TYPE_CHECKING:
    from pathlib import Path


def test_the_list_takes_less_than_ten_minutes() -> None:
    assert sum(step.seconds for step in COLD_START) < LONGEST


def test_bg_13_a_cold_start_gives_a_code_with_nothing_reachable_but_people(tmp_path: Path) -> None:
    """BG-13: no AWS, no identity provider, no DNS, no internet: loopback sockets and files are all there is."""
    with stage(tmp_path) as on:
        troupe = on.troupe
        troupe.found()
        troupe.guard(threshold=3)
        troupe.enrol(custodians=CUSTODIANS)
        (enrolment,) = troupe.broker.state().leases
        troupe.check_in(enrolment)
        on.house.chores.run()
        # Everything is started anew: nothing of it is in anybody's memory.
        on.restart()
        done: list[str] = []
        request, phrase = troupe.file()
        done.append("rita")
        for name in ("anna", "omar"):
            done.append("rita")
            troupe.approve(request, phrase, name)
            done.append(name)
        acted = troupe.acting.open("rita", request)
        assert acted.trouble is None
        assert isinstance(acted.entry, log.LeaseOpened)
        done.append("rita")
        for name in ("cora", "carl", "cleo"):
            troupe.give_own_share(acted.entry.lease, name)
            done.append(name)
        shown, code = troupe.code(acted.entry.lease)
        done += ["rita", "rita"]
        assert code == pyotp.TOTP(SEED).at(shown.step * 30)
        assert sorted(done) == sorted(step.person for step in COLD_START)
