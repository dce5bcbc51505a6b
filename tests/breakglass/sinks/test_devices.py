"""Offline: two people's devices sign the head; one person with two devices is one person (BG-3, BG-5)."""

from __future__ import annotations

import threading
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.breakglass.logs import Log, now

from rootwarden.breakglass.core.anchor import Attestation, attestation_message
from rootwarden.breakglass.core.authenticator import Signature
from rootwarden.breakglass.sinks.devices import MOST_KEPT, DevicesSink
from rootwarden.breakglass.sinks.lane import Allowance
from rootwarden.errors import InputError, SinkError

if TYPE_CHECKING:
    from rootwarden.transparency.head import Head

DEVICES = {f"d{number}": Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in range(1, 5)}


class People:
    """Whose device is whose, and who is suspended: what the log says, in small."""

    def __init__(self) -> None:
        self.owners = {"d1": "ada", "d2": "ada", "d3": "grace"}

    def verify(self, head: Head, attestation: Attestation) -> None:
        given = attestation.authenticator
        if not isinstance(given, Signature) or self.owners.get(given.key) != attestation.person:
            raise InputError(f"it is no key of `{attestation.person}`")
        try:
            message = attestation_message(head, log="main")
            DEVICES[given.key].public_key().verify(b64decode(given.signature), message)
        except InvalidSignature as error:
            raise InputError("the signature does not verify") from error


def signed(device: str, person: str, head: Head, *, log: str = "main") -> Attestation:
    signature = DEVICES[device].sign(attestation_message(head, log=log))
    return Attestation(person=person, authenticator=Signature(key=device, signature=b64encode(signature).decode()))


def sink(people: People | None = None) -> DevicesSink:
    return DevicesSink("devices", verify=(people or People()).verify, clock=now)


def taken(one: DevicesSink, head: Head) -> bool:
    try:
        one.offer(head, (), Allowance(1))
    except SinkError:
        return False
    return True


def test_two_people_anchor_a_head() -> None:
    one, head = sink(), Log(4).head()
    one.hand_in(head, signed("d1", "ada", head))
    with pytest.raises(SinkError, match="1 of 2 people have signed the head over 4 entries"):
        one.offer(head, (), Allowance(1))
    one.hand_in(head, signed("d3", "grace", head))
    receipt = one.offer(head, (), Allowance(1))
    assert (receipt.reference, receipt.verifiable, receipt.head) == ("ada, grace", True, head)
    assert [each.person for each in receipt.attestations] == ["ada", "grace"]


def test_two_devices_of_one_person_are_one_person() -> None:
    one, head = sink(), Log(4).head()
    for device in ("d1", "d2", "d1"):
        one.hand_in(head, signed(device, "ada", head))
    assert not taken(one, head)


def test_what_does_not_count() -> None:
    one, log = sink(), Log(4)
    head = log.head()
    one.hand_in(head, signed("d1", "ada", head))
    for bad in (
        signed("d3", "ada", head),
        signed("d1", "grace", head),
        signed("d4", "grace", head),
        signed("d3", "grace", head, log="other"),
        signed("d3", "grace", log.head(3)),
        signed("d3", "grace", log.forked_at(1, 4).head()),
    ):
        with pytest.raises(SinkError, match="does not count"):
            one.hand_in(head, bad)
    assert not taken(one, head)


def test_signatures_for_another_head_do_not_count_for_this_one() -> None:
    one, log = sink(), Log(4)
    one.hand_in(log.head(), signed("d1", "ada", log.head()))
    one.hand_in(log.head(3), signed("d3", "grace", log.head(3)))
    assert not taken(one, log.head())
    assert not taken(one, log.head(3))


def test_somebody_who_is_suspended_meanwhile_does_not_count() -> None:
    people = People()
    one, head = sink(people), Log(4).head()
    for device, person in (("d1", "ada"), ("d3", "grace")):
        one.hand_in(head, signed(device, person, head))
    assert taken(one, head)
    del people.owners["d3"]
    assert not taken(one, head)


def test_old_heads_are_forgotten_first() -> None:
    one, log = sink(), Log(MOST_KEPT + 5)
    newest = log.head()
    one.hand_in(newest, signed("d1", "ada", newest))
    for size in range(1, MOST_KEPT + 3):
        one.hand_in(log.head(size), signed("d3", "grace", log.head(size)))
    one.hand_in(newest, signed("d3", "grace", newest))
    assert taken(one, newest)
    assert len(one._given) == MOST_KEPT


def test_people_hand_in_at_once() -> None:
    one, head = sink(), Log(4).head()
    given = [signed(device, person, head) for device, person in (("d1", "ada"), ("d2", "ada"), ("d3", "grace"))]
    threads = [threading.Thread(target=one.hand_in, args=(head, each)) for each in given]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert taken(one, head)


def test_nobody_can_be_asked() -> None:
    with pytest.raises(SinkError, match="cannot be asked"):
        sink().newest(Allowance(1))
