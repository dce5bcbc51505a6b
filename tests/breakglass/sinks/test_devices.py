"""Offline: two people's devices sign the head; one person with two devices is one person (BG-3, BG-5)."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.breakglass.logs import Log, now

from rootwarden.breakglass.sinks.devices import MOST_KEPT, DevicesSink
from rootwarden.breakglass.sinks.lane import Allowance
from rootwarden.breakglass.sinks.sink import Attestation
from rootwarden.errors import InputError, SinkError
from rootwarden.transparency.canonical import canonical

if TYPE_CHECKING:
    from rootwarden.transparency.head import Head

DEVICES = {number: Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in range(1, 5)}
OWNERS = {1: "ada", 2: "ada", 3: "grace"}


def person_of(attestation: Attestation) -> str:
    for number, owner in OWNERS.items():
        try:
            DEVICES[number].public_key().verify(attestation.authenticator, attestation.statement)
        except InvalidSignature:
            continue
        return owner
    raise InputError("nobody's device signed this")


def signed(device: int, head: Head, **changes: object) -> Attestation:
    content = {"purpose": "attest-head", "log": "main", "size": head.size, "root": head.root, "nonce": "n", **changes}
    statement = canonical(content)  # type: ignore[arg-type]
    return Attestation(statement=statement, authenticator=DEVICES[device].sign(statement))


def sink() -> DevicesSink:
    return DevicesSink("devices", log="main", person_of=person_of, clock=now)


def taken(one: DevicesSink, head: Head) -> bool:
    try:
        one.offer(head, (), Allowance(1))
    except SinkError:
        return False
    return True


def test_two_people_anchor_a_head() -> None:
    one, head = sink(), Log(4).head()
    assert one.hand_in(signed(1, head)) == "ada"
    assert not taken(one, head)
    assert one.hand_in(signed(3, head)) == "grace"
    receipt = one.offer(head, (), Allowance(1))
    assert (receipt.reference, receipt.verifiable, receipt.size) == ("ada, grace", True, 4)
    assert [person_of(each) for each in receipt.attestations] == ["ada", "grace"]
    assert [json.loads(each.statement)["size"] for each in receipt.attestations] == [4, 4]


def test_two_devices_of_one_person_are_one_person() -> None:
    one, head = sink(), Log(4).head()
    for device in (1, 2, 1):
        one.hand_in(signed(device, head))
    with pytest.raises(SinkError, match="1 of 2 people"):
        one.offer(head, (), Allowance(1))


@pytest.mark.parametrize(
    "changes", [{"purpose": "approve"}, {"purpose": "attest-clock"}, {"log": "other"}, {"size": "4"}, {"root": 1}]
)
def test_a_statement_about_something_else_does_not_count(changes: dict[str, object]) -> None:
    with pytest.raises(SinkError):
        sink().hand_in(signed(1, Log(4).head(), **changes))


def test_signatures_for_another_head_do_not_count() -> None:
    one, log = sink(), Log(4)
    one.hand_in(signed(1, log.head()))
    one.hand_in(signed(3, log.head(3)))
    one.hand_in(signed(3, log.forked_at(1, 4).head()))
    assert not taken(one, log.head())


def test_nobodys_device_and_what_is_no_statement() -> None:
    one, head = sink(), Log(4).head()
    good = signed(1, head)
    for bad in (
        signed(4, head),
        Attestation(statement=good.statement, authenticator=b""),
        Attestation(statement=good.statement + b" ", authenticator=good.authenticator),
        Attestation(statement=b"", authenticator=good.authenticator),
        Attestation(statement=b"[" * 10_000, authenticator=b""),
        Attestation(statement=b" " * 20_000, authenticator=b""),
    ):
        with pytest.raises(SinkError):
            one.hand_in(bad)
    assert not taken(one, head)


def test_one_person_is_never_enough() -> None:
    one = DevicesSink("devices", log="main", person_of=person_of, clock=now, people=1)
    one.hand_in(signed(1, Log(4).head()))
    assert not taken(one, Log(4).head())


def test_old_heads_are_forgotten_first() -> None:
    one, log = sink(), Log(MOST_KEPT + 5)
    newest = log.head()
    one.hand_in(signed(1, newest))
    for size in range(1, MOST_KEPT + 3):
        one.hand_in(signed(3, log.head(size)))
    one.hand_in(signed(3, newest))
    assert taken(one, newest)
    assert len(one._given) == MOST_KEPT


def test_people_hand_in_at_once() -> None:
    one, head = sink(), Log(4).head()
    threads = [threading.Thread(target=one.hand_in, args=(signed(number, head),)) for number in (1, 2, 3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert taken(one, head)
