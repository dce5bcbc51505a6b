from __future__ import annotations

import json
from itertools import combinations
from math import perm
from typing import Any

import pytest
from tests.breakglass.custody.people import KEYS, NAMES, custodians, enveloped, give, give_all, orders

from rootwarden.breakglass.custody.age import Identity, encrypt_public
from rootwarden.breakglass.custody.keys import Key
from rootwarden.breakglass.custody.nesting import Custodian, nest, peel, read_envelope
from rootwarden.breakglass.custody.opening import Opening, progress
from rootwarden.breakglass.custody.troubles import CustodyError, ShareError

SHAPES = [(2, 2), (2, 3), (3, 3), (3, 5), (2, 7)]
TWO_OF_THREE = enveloped(2, 3)
THREE_OF_FIVE = enveloped(3, 5)


@pytest.mark.parametrize(("threshold", "number"), SHAPES)
def test_every_order_at_the_threshold_opens_it(threshold: int, number: int) -> None:
    sealed = enveloped(threshold, number)
    assert len(read_envelope(sealed.content).nestings) == perm(number, threshold)
    for order in orders(number, threshold):
        ephemeral = Identity.fresh()
        opened = give_all(sealed.opening(), order, ephemeral)
        assert opened.gave == list(order)
        assert opened.waits_for == []
        with opened.key(sealed.vault) as key:
            assert key.content == sealed.key


@pytest.mark.soak
@pytest.mark.parametrize(("threshold", "number"), [(4, 6), (5, 6), (4, 7)])
def test_every_order_at_the_threshold_opens_a_large_one(threshold: int, number: int) -> None:
    test_every_order_at_the_threshold_opens_it(threshold, number)


@pytest.mark.parametrize(("threshold", "number"), [(2, 3), (3, 5)])
def test_no_subset_below_the_threshold_opens_it(threshold: int, number: int) -> None:
    sealed = enveloped(threshold, number)
    for size in range(threshold):
        for some in combinations(NAMES[:number], size):
            opened = give_all(sealed.opening(), some, Identity.fresh())
            assert opened.missing == threshold - size
            assert set(opened.waits_for) == set(NAMES[:number]) - set(some)
            with pytest.raises(CustodyError, match=f"still waits for {threshold - size}"):
                opened.key(sealed.vault)


@pytest.mark.parametrize(("threshold", "number"), [(2, 3), (3, 5)])
def test_too_few_keys_do_not_decrypt_even_without_the_rules(threshold: int, number: int) -> None:
    """Below the threshold it is mathematics, not bookkeeping: peel whatever can be peeled, with the vault's key too."""
    sealed = enveloped(threshold, number)
    for some in combinations(NAMES[:number], threshold - 1):
        keys = [KEYS[name] for name in some] + [sealed.vault]
        edge = {each.sealed for each in read_envelope(sealed.content).nestings}
        steps = 0
        while edge := {inner for layer in edge for key in keys if (inner := opened_by(layer, key)) is not None}:
            assert sealed.key not in edge
            steps += 1
        assert steps == threshold - 1


def opened_by(layer: bytes, key: Identity) -> bytes | None:
    try:
        with key.decrypt(layer, "layer") as inner:
            return bytes(inner.content)
    except CustodyError:
        return None


def test_enough_custodians_without_the_vault_see_no_key() -> None:
    opened = give_all(TWO_OF_THREE.opening(), ("ada", "ben"), Identity.fresh())
    for name in NAMES:
        with pytest.raises(CustodyError, match="encrypted to another key"):
            opened.key(KEYS[name])


def test_who_gave_who_may_be_next_and_how_many_are_missing() -> None:
    opening = THREE_OF_FIVE.opening()
    assert progress(opening).waits_for == list(NAMES[:5])
    ephemeral = Identity.fresh()
    opening = give(opening, "dora", ephemeral)
    assert (opening.gave, opening.waits_for, opening.missing) == (["dora"], ["ada", "ben", "cleo", "emil"], 2)
    opening = give_all(opening, ("ada", "emil"), ephemeral)
    assert (opening.gave, opening.waits_for, opening.missing) == (["dora", "ada", "emil"], [], 0)


@pytest.mark.parametrize(
    ("name", "why"),
    [("ada", "is there already"), ("gus", "they are no custodian"), ("ada ", "they are no custodian")],
)
def test_who_may_not_give_is_told_so(name: str, why: str) -> None:
    ephemeral = Identity.fresh()
    opening = give(THREE_OF_FIVE.opening(), "ada", ephemeral)
    with pytest.raises(ShareError, match=why) as caught:
        opening.take(name, [], ephemeral)
    assert caught.value.custodian == name


def test_nobody_is_needed_after_the_last() -> None:
    ephemeral = Identity.fresh()
    opening = give_all(TWO_OF_THREE.opening(), ("ada", "ben"), ephemeral)
    with pytest.raises(ShareError, match="not needed any more"):
        opening.for_custodian("cleo")


# --- wrong shares are named, and leave the opening as it was


def refused(results: list[bytes], ephemeral: Identity, opening: Opening, why: str) -> None:
    before = progress(opening)
    with pytest.raises(ShareError, match=f"the share of `ben` {why}") as caught:
        opening.take("ben", results, ephemeral)
    assert caught.value.custodian == "ben"
    assert progress(opening) == before


def test_a_share_of_another_opening_is_refused_by_name() -> None:
    opening, ephemeral = THREE_OF_FIVE.opening(), Identity.fresh()
    other = peel(opening.for_custodian("ben"), KEYS["ben"], Identity.fresh().recipient)
    refused(other, ephemeral, opening, "is not for this opening")


def test_a_share_to_the_wrong_key_is_refused_by_name() -> None:
    opening, ephemeral = THREE_OF_FIVE.opening(), Identity.fresh()
    refused(
        peel(opening.for_custodian("ben"), KEYS["ben"], KEYS["ada"].recipient),
        ephemeral,
        opening,
        "is not for this opening",
    )


def test_a_share_of_another_envelope_is_refused_by_name() -> None:
    opening, ephemeral = THREE_OF_FIVE.opening(), Identity.fresh()
    foreign = peel(enveloped(3, 5).opening().for_custodian("ben"), KEYS["ben"], ephemeral.recipient)
    refused(foreign, ephemeral, opening, "does not hold the layer")


def test_a_layer_left_on_or_made_up_is_refused_by_name() -> None:
    opening, ephemeral = THREE_OF_FIVE.opening(), Identity.fresh()
    asked = opening.for_custodian("ben")
    unpeeled = [encrypt_public(layer, [ephemeral.recipient]) for layer in asked]
    refused(unpeeled, ephemeral, opening, "does not hold the layer")
    made_up = [encrypt_public(b"x", [ephemeral.recipient]) for _ in asked]
    refused(made_up, ephemeral, opening, "does not hold the layer")


def test_two_parts_swapped_are_refused_by_name() -> None:
    opening, ephemeral = THREE_OF_FIVE.opening(), Identity.fresh()
    results = peel(opening.for_custodian("ben"), KEYS["ben"], ephemeral.recipient)
    refused([results[1], results[0], *results[2:]], ephemeral, opening, "does not hold the layer")


@pytest.mark.parametrize("change", [-1, 1])
def test_a_share_of_another_length_is_refused_by_name(change: int) -> None:
    opening, ephemeral = THREE_OF_FIVE.opening(), Identity.fresh()
    results = peel(opening.for_custodian("ben"), KEYS["ben"], ephemeral.recipient)
    refused(results[:change] if change < 0 else [*results, results[0]], ephemeral, opening, "has 1[13] parts, not 12")


def test_a_share_that_comes_too_late_says_what_to_do() -> None:
    opening, ephemeral = THREE_OF_FIVE.opening(), Identity.fresh()
    late = peel(opening.for_custodian("ben"), KEYS["ben"], ephemeral.recipient)
    with pytest.raises(ShareError, match="has 12 parts, not 3") as caught:
        give(opening, "ada", ephemeral).take("ben", late, ephemeral)
    assert "fetch the layers again" in caught.value.hint


def test_every_byte_flip_of_a_share_is_detected() -> None:
    opening, ephemeral = TWO_OF_THREE.opening(), Identity.fresh()
    results = peel(opening.for_custodian("ben"), KEYS["ben"], ephemeral.recipient)
    for at in range(len(results[1])):
        flipped = bytearray(results[1])
        flipped[at] ^= 1
        refused([results[0], bytes(flipped)], ephemeral, opening, "is not for this opening")
    assert give(opening, "ben", ephemeral).gave == ["ben"]


def test_somebody_elses_layers_are_not_peeled() -> None:
    opening = TWO_OF_THREE.opening()
    with pytest.raises(CustodyError, match="layer 1 cannot be decrypted"):
        peel(opening.for_custodian("ben"), KEYS["ada"], KEYS["ada"].recipient)


# --- the envelope


def test_no_byte_flip_of_an_envelope_leads_to_another_key_in_silence() -> None:
    """What a reader alone cannot see (names, digests of other layers) shows against the digest in the log."""
    flips_lead_nowhere(step=7)


@pytest.mark.soak
def test_no_byte_flip_at_all_of_an_envelope_leads_to_another_key_in_silence() -> None:
    flips_lead_nowhere(step=1)


def flips_lead_nowhere(step: int) -> None:
    content, unseen = TWO_OF_THREE.content, 0
    for at in range(0, len(content), step):
        flipped = bytearray(content)
        flipped[at] ^= 1
        try:
            opening = Opening(read_envelope(bytes(flipped)))
        except CustodyError:
            continue
        unseen += 1
        assert not opens_another_key(opening)
    assert unseen < len(content) // step // 4


def opens_another_key(opening: Opening) -> bool:
    ephemeral = Identity.fresh()
    try:
        opened = give_all(opening, ("ben", "ada"), ephemeral)
        key = opened.key(TWO_OF_THREE.vault)
    except CustodyError:
        return False
    return bytes(key.content) != TWO_OF_THREE.key


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"threshold": 1}, "1 of 3"),
        ({"threshold": 3}, "does not name every layer"),
        ({"epoch": 0}, "does not have the fields"),
        ({"schema": "rootwarden.envelope/2"}, "does not have the fields"),
        ({"custodians": []}, "2 of 0"),
        ({"layers": []}, "does not name every layer"),
        ({"nestings": []}, "does not hold every nesting"),
        ({"vault": []}, "the vault has 1 to 4"),
        ({"more": 1}, "does not have the fields"),
    ],
)
def test_an_envelope_that_is_not_whole_is_refused(change: dict[str, Any], why: str) -> None:
    changed = json.loads(TWO_OF_THREE.content) | change
    with pytest.raises(CustodyError, match=why):
        read_envelope(json.dumps(changed, sort_keys=True, separators=(",", ":")).encode())


def test_a_damaged_nesting_is_named() -> None:
    fields = json.loads(TWO_OF_THREE.content)
    fields["nestings"][1]["sealed"] = fields["nestings"][0]["sealed"]
    with pytest.raises(CustodyError, match="damaged in the nesting of `ada`, `cleo`"):
        read_envelope(json.dumps(fields, sort_keys=True, separators=(",", ":")).encode())


def test_an_envelope_with_another_key_than_it_says_is_refused() -> None:
    fields = json.loads(TWO_OF_THREE.content)
    fields["epoch"] = 2
    opening = Opening(read_envelope(json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()))
    with pytest.raises(CustodyError, match="another key than that of epoch 2"):
        give_all(opening, ("ada", "cleo"), Identity.fresh()).key(TWO_OF_THREE.vault)


@pytest.mark.parametrize(
    ("threshold", "number", "why"),
    [
        (1, 3, "1 of 3 custodians is not possible"),
        (0, 3, "not possible"),
        (4, 3, "not possible"),
        (2, 1, "not possible"),
        (5, 7, "takes 2520 nestings"),
    ],
)
def test_numbers_out_of_bounds_are_refused(threshold: int, number: int, why: str) -> None:
    with Key.fresh("epoch key") as key, pytest.raises(CustodyError, match=why):
        nest(key, custodians(number), threshold, [Identity.fresh().recipient], group="g", epoch=1)


def test_eight_custodians_are_too_many() -> None:
    eight = [*custodians(7), Custodian(name="hal", recipient=Identity.fresh().recipient)]
    with Key.fresh("epoch key") as key, pytest.raises(CustodyError, match="2 of 8 custodians"):
        nest(key, eight, 2, [Identity.fresh().recipient], group="g", epoch=1)


ADA = custodians(1)[0]


@pytest.mark.parametrize(
    ("second", "vault", "why"),
    [
        (Custodian(name="ada", recipient=KEYS["ben"].recipient), KEYS["gus"].recipient, "same name or the same key"),
        (Custodian(name="ben", recipient=ADA.recipient), KEYS["gus"].recipient, "same name or the same key"),
        (Custodian(name="ben", recipient="age1qqqq"), KEYS["gus"].recipient, "is no age recipient"),
        (Custodian(name="ben", recipient=KEYS["ben"].recipient), ADA.recipient, "has the vault's own key"),
        (Custodian(name="ben", recipient=KEYS["ben"].recipient), "AGE-SECRET-KEY-1", "is no age recipient"),
    ],
    ids=["one name", "one key", "no key", "the vault's key", "a secret key"],
)
def test_people_who_are_one_are_refused(second: Custodian, vault: str, why: str) -> None:
    with Key.fresh("epoch key") as key, pytest.raises(CustodyError, match=why):
        nest(key, [ADA, second], 2, [vault], group="g", epoch=1)


def test_either_of_two_vaults_opens_the_innermost_layer() -> None:
    one, two = Identity.fresh(), Identity.fresh()
    with Key.fresh("epoch key") as key:
        content = nest(key, custodians(3), 2, [one.recipient, two.recipient], group="g", epoch=1)
        opened = give_all(Opening(read_envelope(content)), ("cleo", "ada"), Identity.fresh())
        assert opened.key(one) == opened.key(two) == key
