from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from tests.breakglass.custody.people import KEYS, custodians
from tests.breakglass.vault.world import GROUP, PASSWORDS

from rootwarden.breakglass.custody.age import Identity, fingerprint, in_groups
from rootwarden.breakglass.custody.nesting import peel
from rootwarden.breakglass.custody.opening import share_digest
from rootwarden.breakglass.vault import messages as said
from rootwarden.breakglass.vault.client import RefusedByVault

if TYPE_CHECKING:
    from tests.breakglass.vault.world import World


def test_the_fingerprint_is_shown_to_everybody_alike(world: World) -> None:
    world.found()
    begun = world.begin("o-1")
    assert begun.fingerprint == fingerprint(begun.recipient)
    assert begun.shown == in_groups(begun.fingerprint)
    layers = world.answer(said.Layers(opening="o-1", custodian="ada"), said.LayersToPeel)
    assert (layers.recipient, layers.shown) == (begun.recipient, begun.shown)
    world.end()
    assert f"fingerprint {begun.shown}" in "".join(world.journal)
    world.restart()


def test_who_gave_and_who_is_waited_for_is_in_the_status(world: World) -> None:
    world.found()
    world.log_opening("o-1", world.begin("o-1"))
    shared = world.give("o-1", "cleo")
    assert not shared.open
    stands = world.answer(said.Status(), said.Stands)
    assert stands.openings["o-1"].gave == ["cleo"]
    assert stands.openings["o-1"].waits_for == ["ada", "ben"]
    assert world.give("o-1", "ada").open
    stands = world.answer(said.Status(), said.Stands)
    assert stands.openings == {}
    assert 500 < stands.open["o-1"] <= 600


def test_an_envelope_that_is_not_the_one_in_the_log_is_refused(world: World) -> None:
    """V3: every byte of it; some of them are tried."""
    world.found()
    whole = world.envelopes["seeds"]
    for at in range(0, len(whole), len(whole) // 20):
        flipped = bytearray(whole)
        flipped[at] ^= 1
        world.envelopes["seeds"] = bytes(flipped)
        with pytest.raises(RefusedByVault, match="is not the one in the log") as caught:
            world.begin("o-1")
        assert caught.value.step == "V3"


def test_an_envelope_for_other_custodians_than_the_log_says_is_refused(world: World) -> None:
    world.found()
    world.write("group", "seeds/1", {**_plain(GROUP), "custodians": [_plain(each) for each in custodians(4)[1:]]})
    with pytest.raises(RefusedByVault, match="not for the custodians in the log"):
        world.begin("o-1")


def _plain(struct: object) -> dict[str, object]:
    plain: dict[str, object] = msgspec.to_builtins(struct)
    return plain


def test_a_share_is_taken_only_when_the_log_has_it(world: World) -> None:
    world.found()
    begun = world.begin("o-1")
    results = world.results("o-1", "ada")
    request = said.GiveShare(opening="o-1", custodian="ada", results=results)
    with pytest.raises(RefusedByVault, match="the log has no `opening`"):
        world.ask(request)
    world.log_opening("o-1", begun)
    with pytest.raises(RefusedByVault, match="the share of `ada` is not the one in the log"):
        world.ask(request)
    world.write("share", "o-1/ada", share_digest(results[::-1]))
    with pytest.raises(RefusedByVault, match="the share of `ada` is not the one in the log"):
        world.ask(request)


def test_a_key_put_in_the_place_of_the_vaults_is_noticed(world: World) -> None:
    """O1: whoever shows custodians a recipient of their own must log its fingerprint, which is not the vault's."""
    world.found()
    foreign = Identity.fresh()
    begun = world.begin("o-1")
    world.log_opening("o-1", begun, fingerprint=fingerprint(foreign.recipient))
    with pytest.raises(RefusedByVault, match="another fingerprint of this opening") as caught:
        world.give("o-1", "ada")
    assert "custodians must not give" in caught.value.hint


def test_a_wrong_share_is_named_and_the_opening_goes_on(world: World) -> None:
    world.found()
    world.log_opening("o-1", world.begin("o-1"))
    world.log_opening("o-2", world.begin("o-2"))
    other = world.results("o-2", "ben")
    with pytest.raises(RefusedByVault, match="the share of `ben` is not for this opening") as caught:
        world.give("o-1", "ben", other)
    assert caught.value.custodian == "ben"
    assert world.give("o-1", "ada").progress.gave == ["ada"]
    assert world.give("o-1", "ben").open


def test_a_share_for_another_recipient_is_named(world: World) -> None:
    world.found()
    world.log_opening("o-1", world.begin("o-1"))
    layers = world.answer(said.Layers(opening="o-1", custodian="ada"), said.LayersToPeel)
    with pytest.raises(RefusedByVault, match="the share of `ada` is not for this opening"):
        world.give("o-1", "ada", peel(layers.layers, KEYS["ada"], KEYS["ben"].recipient))


def test_an_opening_does_not_outlive_the_process(world: World) -> None:
    world.found()
    world.log_opening("o-1", world.begin("o-1"))
    world.give("o-1", "ada")
    world.restart()
    with pytest.raises(RefusedByVault, match="is not under way here") as caught:
        world.results("o-1", "ben")
    assert "begin another one" in caught.value.hint
    # A second one of the same id has another key, and the log another fingerprint.
    world.begin("o-1")
    with pytest.raises(RefusedByVault, match="another fingerprint"):
        world.give("o-1", "ben")


def test_the_key_of_an_account_that_was_not_given_is_not_opened(world: World) -> None:
    world.found()
    world.account_keys["seeds"] = {}
    world.log_opening("o-1", world.begin("o-1"))
    world.give("o-1", "ada")
    with pytest.raises(RefusedByVault, match="was not given"):
        world.give("o-1", "ben")
    assert world.answer(said.Status(), said.Stands).open == {}


def test_account_keys_of_another_group_do_not_open(world: World) -> None:
    world.found()
    world.found(PASSWORDS)
    world.account_keys["seeds"] = world.account_keys["passwords"]
    world.log_opening("o-1", world.begin("o-1"))
    world.give("o-1", "ada")
    with pytest.raises(RefusedByVault, match="the blob is the account-key"):
        world.give("o-1", "ben")


@pytest.mark.parametrize("change", [{"group": "passwords"}, {"epoch": 2}])
def test_the_log_and_the_envelope_speak_of_one_group_and_epoch(world: World, change: dict[str, Any]) -> None:
    world.found()
    world.log_opening("o-1", world.begin("o-1"), **change)
    with pytest.raises(RefusedByVault, match="for another group or epoch"):
        world.give("o-1", "ada")


def test_an_opening_can_be_forgotten_and_openings_are_bounded(world: World) -> None:
    world.found()
    for number in range(16):
        world.begin(f"o-{number}")
    with pytest.raises(RefusedByVault, match="or 16 others have"):
        world.begin("o-16")
    assert world.answer(said.Forget(opening="o-3"), said.Forgotten).number == 1
    world.begin("o-16")
    with pytest.raises(RefusedByVault, match="has begun already"):
        world.begin("o-16")


@pytest.mark.parametrize("request_", [said.SealEpoch(group="none", epoch=1)], ids=["seal-epoch"])
def test_what_the_log_does_not_know_is_not_made(world: World, request_: said.Request) -> None:
    with pytest.raises(RefusedByVault, match="the log has no `group`") as caught:
        world.ask(request_)
    assert caught.value.step == "O2"
