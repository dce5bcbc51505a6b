from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.breakglass.identity.instants import AT, KEYS, after
from tests.breakglass.keys import asserted, hardware, registered, signature

from rootwarden.breakglass.core.authenticator import verify
from rootwarden.breakglass.core.public_key import UnverifiedError
from rootwarden.breakglass.identity.challenges import InMemoryChallenges
from rootwarden.breakglass.identity.refusals import SignInError
from rootwarden.breakglass.identity.sessions import Method
from rootwarden.breakglass.identity.sign_in import Holder, SignIn
from rootwarden.simulator.passkey import Passkey

if TYPE_CHECKING:
    from rootwarden.breakglass.core.authenticator import Authenticator

PASSKEY = Passkey()
HARDWARE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
HOLDERS = (Holder(person="ada", key=registered(PASSKEY)), Holder(person="ben", key=hardware(HARDWARE)))


def _find(authenticator: Authenticator) -> tuple[Holder, ...]:
    name = authenticator.key if hasattr(authenticator, "key") else authenticator.credential_id
    return tuple(each for each in HOLDERS if name in (each.key.id, each.key.credential_id))


def _door(service: str = "localhost", store: InMemoryChallenges | None = None) -> SignIn:
    return SignIn(service=service, keys=KEYS, store=store or InMemoryChallenges())


def _by_passkey(statement: bytes, passkey: Passkey = PASSKEY, **said: Any) -> Authenticator:
    return asserted(passkey.sign(hashlib.sha256(statement).digest(), **said))


def test_a_passkey_opens_the_door() -> None:
    door = _door()
    offer = door.offer(at=AT)
    arrival = door.accept(offer.token, _by_passkey(offer.statement), _find, at=after(seconds=30))
    assert (arrival.person, arrival.method, arrival.key) == ("ada", Method.PASSKEY, HOLDERS[0].key.id)
    assert arrival.counter == PASSKEY.counter


def test_a_hardware_key_opens_the_door() -> None:
    door = _door()
    offer = door.offer(at=AT)
    arrival = door.accept(offer.token, signature(HARDWARE, offer.statement), _find, at=AT)
    assert (arrival.person, arrival.method) == ("ben", Method.ED25519)


def test_what_is_signed_says_what_for() -> None:
    statement = msgspec.json.decode(_door().offer(at=AT).statement, type=dict[str, str])
    assert statement["purpose"] == "sign-in"
    assert statement["service"] == "localhost"
    assert statement["expires_at"] == "2026-03-02T08:02:00Z"
    assert len(statement["nonce"]) == 43


def _refused(door: SignIn, token: str, authenticator: Authenticator, find: Any = _find, **length: float) -> SignInError:
    with pytest.raises(SignInError) as refused:
        door.accept(token, authenticator, find, at=after(**length))
    return refused.value


def test_an_answer_is_taken_once() -> None:
    """WebAuthn lets an assertion of a passkey without a counter pass twice."""
    door, passkey = _door(), Passkey(counter=None)
    holders = (Holder(person="ada", key=registered(passkey)),)
    offer = door.offer(at=AT)
    answer = _by_passkey(offer.statement, passkey)
    door.accept(offer.token, answer, lambda _: holders, at=AT)
    assert "before" in _refused(door, offer.token, answer, lambda _: holders).reason


def test_a_wrong_answer_does_not_use_up_the_offer() -> None:
    """Otherwise whoever sees an offer could spoil it."""
    door = _door()
    offer = door.offer(at=AT)
    _refused(door, offer.token, _by_passkey(b"something else"))
    door.accept(offer.token, _by_passkey(offer.statement), _find, at=AT)


@pytest.mark.parametrize(("seconds", "counts"), [(119, True), (120, False), (-1, False)])
def test_an_offer_lives_two_minutes(seconds: float, counts: bool) -> None:
    door = _door()
    offer = door.offer(at=AT)
    if counts:
        door.accept(offer.token, _by_passkey(offer.statement), _find, at=after(seconds=seconds))
    else:
        _refused(door, offer.token, _by_passkey(offer.statement), seconds=seconds)


def test_every_refusal_looks_the_same() -> None:
    """BG-16: neither who exists nor how near a guess came is in the answer."""
    door = _door()
    offer, other = door.offer(at=AT), door.offer(at=AT)
    stranger, quiet = Passkey(), Passkey(origin="https://evil.example", key=PASSKEY.key)
    quiet.credential_id = PASSKEY.credential_id
    refusals = [
        _refused(door, offer.token, _by_passkey(offer.statement, stranger)),
        _refused(door, offer.token, _by_passkey(offer.statement, quiet)),
        _refused(door, offer.token, _by_passkey(other.statement)),
        _refused(door, offer.token, signature(HARDWARE, other.statement)),
        _refused(door, "no token", _by_passkey(offer.statement)),
        _refused(_door("elsewhere"), offer.token, _by_passkey(offer.statement)),
        _refused(door, offer.token, _by_passkey(offer.statement), minutes=5),
    ]
    assert {(str(each), each.hint) for each in refusals} == {(str(refusals[0]), refusals[0].hint)}
    assert len({each.reason for each in refusals}) > 3


def test_two_passkeys_of_one_name_are_told_apart() -> None:
    """A credential id is only a name: whoever registers one that is somebody's must not stand before them."""
    door, imposter = _door(), Passkey()
    imposter.credential_id = PASSKEY.credential_id
    holders = (Holder(person="eve", key=registered(imposter)), HOLDERS[0])
    offer = door.offer(at=AT)
    assert door.accept(offer.token, _by_passkey(offer.statement), lambda _: holders, at=AT).person == "ada"


def test_a_sign_in_is_good_for_nothing_else() -> None:
    """What was signed to get in cannot be handed in as an approval."""
    offer = _door().offer(at=AT)
    with pytest.raises(UnverifiedError):
        verify(b'{"purpose":"approve"}', _by_passkey(offer.statement), HOLDERS[0].key)


def test_offers_fill_nothing_up() -> None:
    store = InMemoryChallenges()
    door = _door(store=store)
    offers = [door.offer(at=AT) for _ in range(1000)]
    for offer in offers[1:]:
        _refused(door, offer.token, signature(HARDWARE, b"wrong"))
    assert not store._waiting
    assert not store._spent
    door.accept(offers[0].token, _by_passkey(offers[0].statement), _find, at=AT)
