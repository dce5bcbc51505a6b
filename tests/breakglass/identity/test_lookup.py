from __future__ import annotations

from typing import Any

import msgspec
import pytest
from tests.breakglass.identity.instants import KEYS

from rootwarden.breakglass.core import change as changes
from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.identity.challenges import InMemoryChallenges
from rootwarden.breakglass.identity.id_token import Subject
from rootwarden.breakglass.identity.leavers import Leaver, departures
from rootwarden.breakglass.identity.lookup import holders_of, known_people, person_known_as
from rootwarden.breakglass.identity.refusals import SignInError
from rootwarden.breakglass.identity.sign_in import SignIn
from rootwarden.breakglass.rehearsal.cast import cast
from rootwarden.breakglass.rehearsal.play import GROUP, Play

ISSUER = "https://sso.example"


def _signs_in(play: Play, name: str) -> str:
    door = SignIn(service="localhost", keys=KEYS, store=InMemoryChallenges())
    offer = door.offer(at=play.now)
    answer = play.players[name].answer(offer.statement)
    return door.accept(offer.token, answer, lambda one: holders_of(play.state, one, at=play.now), at=play.now).person


@pytest.mark.parametrize("passkeys", [False, True])
def test_everybody_in_the_log_signs_in_with_their_key(passkeys: bool) -> None:
    play = Play(players=cast(passkeys=passkeys))
    assert {name: _signs_in(play, name) for name in play.players} == {name: name for name in play.players}


def _suspend(play: Play, name: str) -> None:
    play.say(log.PersonSuspended, "ada", person=name, reason="left")


@pytest.mark.parametrize("passkeys", [False, True])
def test_who_is_suspended_does_not_sign_in(passkeys: bool) -> None:
    play = Play(players=cast(passkeys=passkeys))
    _suspend(play, "rita")
    with pytest.raises(SignInError):
        _signs_in(play, "rita")
    assert _signs_in(play, "rob") == "rob"


def test_a_key_counts_from_its_instant() -> None:
    play = Play()
    standing = play.state.people["rita"]
    held = next(iter(standing.keys.values()))
    later = msgspec.structs.replace(held, counts_from=play.wait(minutes=1))
    play.state.people["rita"] = msgspec.structs.replace(standing, keys={held.key.id: later})
    assert _signs_in(play, "rita") == "rita"
    play.now = later.counts_from.replace(minute=0)
    with pytest.raises(SignInError):
        _signs_in(play, "rita")


def _known_as(play: Play, name: str, *aliases: str) -> None:
    person = msgspec.structs.replace(play.players[name].person, aliases=aliases)
    play.change(changes.SetPerson(person=person))


def test_an_alias_is_one_issuer_and_one_subject_letter_for_letter() -> None:
    play = Play()
    _known_as(play, "rita", f"{ISSUER}#r-17", "rita@example.com")

    def known(issuer: str, subject: str) -> str | None:
        return person_known_as(play.state, Subject(issuer=issuer, subject=subject))

    assert known(ISSUER, "r-17") == "rita"
    cases: list[tuple[str, str]] = [
        (ISSUER, "R-17"), (ISSUER, "r-1"), (ISSUER, "rita"), ("https://a.example", "r-17"), ("rita@example.com", ""),
    ]  # fmt: skip
    assert [known(*case) for case in cases] == [None] * 5
    _suspend(play, "rita")
    assert known(ISSUER, "r-17") is None


def test_custodians_among_leavers_are_named_with_their_groups() -> None:
    play = Play()
    play.guard()
    _known_as(play, "carl", "carl@example.com")
    found = departures([Leaver(person="carl@example.com"), Leaver(person="dan")], known_people(play.state), at=play.now)
    assert found.suspend == ("carl", "dan")
    assert found.custodians == (("carl", (GROUP,)),)
    _suspend(play, "carl")
    again: Any = departures([Leaver(person="carl")], known_people(play.state), at=play.now)
    assert (again.suspend, again.custodians) == ((), (("carl", (GROUP,)),))
