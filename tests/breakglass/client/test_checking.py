"""Nothing is signed but what was wished for, whatever a service that was taken over shows or asks (BG-2)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.breakglass.core.situations import approved
from tests.breakglass.core.world import PASSWORDS

from rootwarden.breakglass.broker import wishes
from rootwarden.breakglass.broker.drafting import Scene, draft
from rootwarden.breakglass.client.checking import KINDS, check_sign_in, check_wish, fields_of
from rootwarden.breakglass.client.replies import Draft
from rootwarden.breakglass.client.troubles import Distrusted
from rootwarden.breakglass.core.entry import kind_of
from rootwarden.breakglass.rehearsal.play import ACCOUNT, DEVICE, Play
from rootwarden.transparency.canonical import canonical

if TYPE_CHECKING:
    from collections.abc import Callable

FILE = wishes.File(
    account=ACCOUNT, task="s3-mfa-delete", ticket="OPS-1", reason="it must go", code_to="rita", device=DEVICE
)
SIGN_IN = {"purpose": "sign-in", "service": "example.com", "nonce": "n", "expires_at": "2026-03-02T08:00:00Z"}


def drafted(wish: wishes.AnyWish, who: str = "rita") -> Draft:
    """What an honest service makes of a wish."""
    play: Play = Play() if not isinstance(wish, wishes.GetPassword) else approved(code_to="pia", password_to="rita")
    if isinstance(wish, wishes.GetPassword):
        play.open()
        play.give_shares(group=PASSWORDS)
    else:
        play.guard()
    if not isinstance(wish, (wishes.File, wishes.GetPassword)):
        play.file("request", overrides_duties=True)
        play.approve("request", "anna")
        play.approve("request", "omar")
        play.open("request", "lease")
        play.give_shares()
    scene = Scene(play.state, who, play.now, bytes, ("boot", 0))
    made = draft(wish, scene)
    return Draft(
        id="draft",
        person=who,
        kind=kind_of(made.entry),
        words="",
        message=play.state.message(made.entry).decode(),
        expires=play.now + timedelta(minutes=2),
        several=False,
        signed=(),
        wanting=1,
        phrase=made.phrase,
    )


def changed(made: Draft, change: Callable[[dict[str, Any]], object]) -> Draft:
    fields = msgspec.json.decode(made.message, type=dict[str, Any])
    change(fields)
    return msgspec.structs.replace(made, message=canonical(fields).decode(), kind=str(fields.get("kind")))


def test_every_wish_has_its_entry() -> None:
    assert set(KINDS) == set(get_args(wishes.AnyWish))


HONEST: tuple[wishes.AnyWish, ...] = (
    FILE,
    wishes.Approve(request="request", phrase="lusab-babad"),
    wishes.Deny(request="request", reason="no"),
    wishes.Report(request="request", reason="nobody called"),
    wishes.Suspend(person="rob", reason="left"),
    wishes.GetCode(lease="lease"),
    wishes.GetPassword(lease="lease"),
    wishes.GetTaskSession(lease="lease"),
    wishes.GiveShare(opening="opening", fingerprint="ab" * 32, peeled=("bGF5ZXI=",)),
    wishes.ServeEnrolment(lease="lease", device=DEVICE),
    wishes.ProveEnrolment(lease="lease", device=DEVICE, evidence="seen", source_destroyed=True),
)


@pytest.mark.parametrize("wish", HONEST, ids=lambda wish: type(wish).__name__)
def test_what_was_wished_for_is_taken(wish: wishes.AnyWish) -> None:
    assert check_wish(wish, drafted(wish), me="rita")["actor"] == "rita"


@pytest.mark.parametrize("wish", HONEST, ids=lambda wish: type(wish).__name__)
def test_any_other_field_is_refused(wish: wishes.AnyWish) -> None:
    """Each field of the wish, its kind, and whose name it is in, one after the other."""
    made = drafted(wish)
    fields = said_in(made, wish)
    # A request has its window as two instants; that is the next test.
    names = [name for name in wish.__struct_fields__ if name in fields and name != "start"]
    assert names
    for name in names:
        with pytest.raises(Distrusted, match=f"`{name}` differs"):
            check_wish(wish, with_fields(made, wish, {**fields, name: ["other"]}), me="rita")
    with pytest.raises(Distrusted, match="`actor` differs"):
        check_wish(wish, changed(made, lambda all_: all_.update(actor="anna")), me="rita")
    with pytest.raises(Distrusted, match="`kind` differs"):
        check_wish(wish, changed(made, lambda all_: all_.update(kind="change-seconded")), me="rita")


def said_in(made: Draft, wish: wishes.AnyWish) -> dict[str, Any]:
    """The fields of a draft that a wish is about."""
    fields = msgspec.json.decode(made.message, type=dict[str, Any])
    request: dict[str, Any] = fields.get("request", {}) if isinstance(wish, wishes.File) else fields
    return request


def with_fields(made: Draft, wish: wishes.AnyWish, fields: dict[str, Any]) -> Draft:
    if isinstance(wish, wishes.File):
        return changed(made, lambda all_: all_.update(request=fields))
    return changed(made, lambda all_: all_.update(fields))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("until", lambda request: request.update(until="2026-03-03T20:00:00Z")),
        ("until", lambda request: request.update(until="never")),
        ("requester", lambda request: request.update(requester="rob")),
        ("phrase_digest", lambda request: request.update(phrase_digest="0" * 64)),
        ("phrase_digest", lambda request: request.update(phrase_salt="?")),
        ("emergency", lambda request: request.update(emergency=True)),
        ("password_to", lambda request: request.update(password_to="rob")),
    ],
)
def test_a_request_asks_for_nothing_more(name: str, change: Callable[[dict[str, Any]], object]) -> None:
    other = changed(drafted(FILE), lambda fields: change(fields["request"]))
    with pytest.raises(Distrusted, match=f"`{name}` differs"):
        check_wish(FILE, other, me="rita")


def test_what_this_side_knows_must_be_in_it() -> None:
    wish = wishes.Approve(request="request", phrase="lusab-babad")
    made = drafted(wish, "anna")
    digest = msgspec.json.decode(made.message, type=dict[str, Any])["digest"]
    assert check_wish(wish, made, me="anna", also={"digest": digest})["digest"] == digest
    with pytest.raises(Distrusted, match="`digest` differs"):
        check_wish(wish, made, me="anna", also={"digest": "0" * 64})


@given(st.text(max_size=200))
def test_what_is_not_canonical_is_not_signed(text: str) -> None:
    made = msgspec.structs.replace(drafted_once(), message=text)
    with pytest.raises(Distrusted):
        fields_of(made)


def drafted_once(made: list[Draft] = []) -> Draft:  # noqa: B006 - made once for all examples
    if not made:
        made.append(drafted(FILE))
    return made[0]


def test_two_spellings_are_not_one() -> None:
    made = drafted_once()
    for message in (made.message + " ", made.message.replace(",", ", ", 1), made.message.replace("rita", "\\u0072ita")):
        with pytest.raises(Distrusted):
            fields_of(msgspec.structs.replace(made, message=message))


@pytest.mark.parametrize(
    ("fields", "service", "fits"),
    [
        (SIGN_IN, "example.com", True),
        (SIGN_IN, "breakglass.example.com", True),
        (SIGN_IN, "example.com.evil.test", False),
        (SIGN_IN, "notexample.com", False),
        ({**SIGN_IN, "service": ""}, "example.com", False),
        ({**SIGN_IN, "purpose": "approve"}, "example.com", False),
        ({**SIGN_IN, "kind": "approval-given"}, "example.com", False),
        ({"purpose": "sign-in"}, "example.com", False),
    ],
)
def test_a_sign_in_is_for_here_and_for_nothing_else(fields: dict[str, str], service: str, fits: bool) -> None:
    message = canonical(fields).decode()
    if fits:
        assert check_sign_in(message, service=service) == message.encode()
    else:
        with pytest.raises(Distrusted):
            check_sign_in(message, service=service)
