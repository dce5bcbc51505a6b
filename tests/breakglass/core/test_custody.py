"""Conditions of custody and of drills that no triple and no vector reaches."""

from __future__ import annotations

from typing import Any, Final

import msgspec
import pytest
from tests.breakglass.core.situations import SITUATIONS
from tests.breakglass.core.test_hostile import refused
from tests.breakglass.core.wellmade import WELL_MADE, signed
from tests.breakglass.core.world import next_group

from rootwarden.breakglass.core import change as changes
from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core.step import check
from rootwarden.breakglass.rehearsal.play import ACCOUNT, DEVICE, DIGEST, GROUP, MEMBER, management


def test_a_group_opens_its_own_accounts_in_a_sealed_epoch() -> None:
    """O1, O2."""
    world = SITUATIONS["open-lease"]()
    foreign = msgspec.structs.replace(next_group(), id="foreign", accounts=(MEMBER,), epoch=1)
    world.change(changes.SetGroup(group=foreign))
    world.say(log.EpochSealed, group="foreign", epoch=1, digest=DIGEST)
    opening = WELL_MADE["opening-begun/lease"](world, "system")
    check(world.state, opening)
    refused("O1", world, msgspec.structs.replace(opening, group="foreign"))
    world.change(changes.SetGroup(group=next_group()))
    for epoch in (1, 2):
        refused("O2", world, msgspec.structs.replace(opening, epoch=epoch))


def test_an_opening_of_an_hour_ago_opens_nothing() -> None:
    """O4."""
    world = SITUATIONS["next-custody"]()
    fields: dict[str, Any] = {
        "group": GROUP,
        "epoch": 1,
        "purpose": "rewrap",
        "reference": GROUP,
        "fingerprint": "ab cd",
    }
    world.say(log.OpeningBegun, opening="opening", **fields)
    for name in ("carl", "cora"):
        world.add(WELL_MADE["share-given"](world, name))
    world.wait(minutes=59)
    check(world.state, WELL_MADE["opening-ended/opened"](world, "system"))
    world.wait(minutes=1)
    refused("O4", world, WELL_MADE["opening-ended/opened"](world, "system"))
    check(world.state, WELL_MADE["opening-ended/failed"](world, "system"))


def test_a_seed_is_not_sealed_in_a_visit_nor_for_a_device_that_is_gone_nor_proven_by_nothing() -> None:
    """N1, N3."""
    fields: dict[str, Any] = {"account": ACCOUNT, "holds": "totp-seed", "group": GROUP, "epoch": 1, "fingerprint": "12"}
    more: dict[str, Any] = {"digest": DIGEST, "lease": "lease"}
    world = SITUATIONS["open-lease"]()
    refused("N1", world, signed(world, log.RecordSealed, "rita", **fields, **more, device=DEVICE, version=2))
    world = SITUATIONS["enrolment"]()
    check(world.state, WELL_MADE["record-sealed"](world, "rita"))
    world.change(changes.SetAccount(account=management()))
    refused("N1", world, WELL_MADE["record-sealed"](world, "rita"))
    world = SITUATIONS["enrolment-served"]()
    proven = {"lease": "lease", "device": "second", "evidence": " ", "source_destroyed": True}
    refused("N3", world, signed(world, log.EnrolmentProven, "rita", **proven))


def test_a_record_lies_in_a_group_that_covers_its_account() -> None:
    """N1."""
    world = SITUATIONS["enrolment"]()
    foreign = msgspec.structs.replace(next_group(), id="foreign", accounts=(MEMBER,), epoch=1)
    world.change(changes.SetGroup(group=foreign))
    world.say(log.EpochSealed, group="foreign", epoch=1, digest=DIGEST)
    fields = {
        "account": ACCOUNT,
        "holds": "totp-seed",
        "device": "second",
        "group": "foreign",
        "epoch": 1,
        "version": 1,
    }
    refused(
        "N1", world, signed(world, log.RecordSealed, "rita", **fields, fingerprint="1", digest=DIGEST, lease="lease")
    )


DRILLS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "begun twice": ("drill-begun", {"drill": "drill"}),
    "of an account nobody guards": ("drill-begun", {"account": "222233334444"}),
    "of no kind": ("drill-begun", {"drill_kind": "parade"}),
    "ended as another": ("drill-done", {"drill_kind": "phone"}),
    "with no outcome": ("drill-done", {"outcome": "fine"}),
    "without words": ("drill-done", {"evidence": " "}),
}


@pytest.mark.parametrize("name", DRILLS)
def test_a_drill_is_told_whole(name: str) -> None:
    """S1."""
    kind, changed = DRILLS[name]
    world = SITUATIONS["drill"]()
    good = WELL_MADE[kind](world, "dan")
    check(world.state, good)
    refused("S1", world, msgspec.structs.replace(good, **changed))
