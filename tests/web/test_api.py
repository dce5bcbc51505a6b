"""The HTTP API, endpoint by endpoint."""

from __future__ import annotations

import asyncio
from typing import Any

import pyotp
import pytest
from tests.web.theatre import EVERYBODY, FILE, Theatre, login_of

from rootwarden.breakglass.core.settings import Quorum, Settings, Slot
from rootwarden.breakglass.custody.export import read_export
from rootwarden.breakglass.identity.limits import Rate, Rates
from rootwarden.breakglass.identity.sessions import COOKIE
from rootwarden.breakglass.rehearsal.cast import cast
from rootwarden.breakglass.rehearsal.play import ACCOUNT, CHECKPOINT
from rootwarden.breakglass.rehearsal.vault import PASSWORD
from rootwarden.detect.visits.checkout_file import read_checkouts, read_public_keys
from rootwarden.errors import SinkError, StoreError
from rootwarden.web.api.endpoint import PREFIX
from rootwarden.web.app import ENDPOINTS
from rootwarden.web.call import Access

SEES_EVERYTHING = {"ada", "ben", "ida", "dan"}
NOBODY: set[str] = set()
APPROVERS = {"anna", "omar", "sven"}
CUSTODIANS = {"carl", "cleo", "cora"}
# Every view that is not one's own: who gets 200; the others get what stands beside it.
RIGHTS: tuple[tuple[str, set[str], int], ...] = (
    ("/me", set(EVERYBODY), 0),
    ("/requests", set(EVERYBODY), 0),
    ("/requests/{request}", SEES_EVERYTHING | APPROVERS | {"rita"}, 404),
    ("/accounts", SEES_EVERYTHING | {"rita", "rob"}, 403),
    ("/leases", set(EVERYBODY), 0),
    ("/leases/{lease}", SEES_EVERYTHING | APPROVERS | {"rita", "rob"}, 404),
    ("/leases/{lease}/code", NOBODY, 404),
    ("/leases/{lease}/password", NOBODY, 404),
    ("/leases/{lease}/enrolment/vaulted", NOBODY, 404),
    ("/openings", set(EVERYBODY), 0),
    ("/openings/{opening}", SEES_EVERYTHING | CUSTODIANS | {"rita"}, 404),
    ("/people", set(EVERYBODY), 0),
    ("/people/rita", SEES_EVERYTHING | {"rita"}, 404),
    ("/proposals", set(EVERYBODY), 0),
    ("/governance", SEES_EVERYTHING, 403),
    ("/duties", set(EVERYBODY), 0),
    ("/drills", SEES_EVERYTHING, 403),
    ("/drills.jsonl", SEES_EVERYTHING, 403),
    ("/audit", SEES_EVERYTHING, 403),
    ("/audit/heads", set(EVERYBODY), 0),
    ("/audit/consistency", set(EVERYBODY), 0),
    ("/audit/log.jsonl", SEES_EVERYTHING, 403),
    ("/checkouts.jsonl", set(EVERYBODY), 0),
    ("/session", set(EVERYBODY), 0),
)


@pytest.fixture(scope="module")
def opened() -> tuple[Theatre, dict[str, str]]:
    """A theatre with an open lease; these tests only read it."""
    theatre = Theatre()
    lease = theatre.lease()
    state = theatre.broker.state()
    names = {"lease": lease, "request": state.leases[lease].request.id, "opening": next(iter(state.openings))}
    return theatre, names


@pytest.mark.parametrize(("path", "allowed", "otherwise"), RIGHTS, ids=[path for path, _, _ in RIGHTS])
def test_every_view_for_every_role(
    opened: tuple[Theatre, dict[str, str]], path: str, allowed: set[str], otherwise: int
) -> None:
    theatre, names = opened
    for who in EVERYBODY:
        answer = theatre.person(who).get(path.format(**names))
        expected = 200 if who in allowed else otherwise
        assert answer.status_code == expected, (who, answer.text)


def test_the_matrix_has_every_endpoint_that_reads() -> None:
    listed = {path for path, _, _ in RIGHTS}
    known = {
        each.path.replace("{id}", "{lease}").replace("{device}", "vaulted")
        for each in ENDPOINTS
        if each.method == "GET" and each.access is not Access.ANYBODY
    }
    same = {"/requests/{lease}": "/requests/{request}", "/openings/{lease}": "/openings/{opening}"}
    # Apart from what stands in other tests: drafts, exports, work, and the head devices sign.
    apart = {"/drafts/{lease}", "/leases/{lease}/export", "/openings/{lease}/work", "/audit/head-to-sign"}
    named = {same.get(path, path).replace("/people/{lease}", "/people/rita") for path in known}
    assert named - apart == listed


@pytest.mark.parametrize(
    "endpoint", [each for each in ENDPOINTS if each.access is not Access.ANYBODY], ids=lambda one: one.method + one.path
)
def test_nobody_without_a_session_gets_anything(opened: tuple[Theatre, dict[str, str]], endpoint: Any) -> None:
    path = endpoint.path.replace("{id}", "x").replace("{device}", "x")
    answer = opened[0].stranger().client.request(endpoint.method, PREFIX + path, json={})
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == "you are not signed in"


def test_health_says_nothing_but_that_it_answers(opened: tuple[Theatre, dict[str, str]]) -> None:
    assert set(opened[0].stranger().read("/health")) == {"status", "time"}


def test_bg7_a_code_is_what_an_authenticator_shows_and_the_same_again() -> None:
    theatre = Theatre()
    lease = theatre.lease()
    rita = theatre.person("rita")
    signed, draft = rita.do({"wish": "get-code", "lease": lease})
    left = signed["released"]
    seed = "AAAQEAYEAUDAOCAJBIFQYDIOB4IBCEQT"
    assert left["code"] == pyotp.TOTP(seed).at(left["step"] * 30)
    assert {"step", "valid_from", "valid_until", "seconds_left", "server_time", "codes_left"} < set(left)
    assert (left["codes_left"], left["anchored"]) == (2, ["rehearsal"])
    size = theatre.broker.state().size
    assert rita.read(f"/leases/{lease}/code")["code"] == left["code"]
    assert theatre.broker.state().size == size, "the same step takes no new entry"
    assert draft["words"].startswith("a code of `vaulted` for step")


def test_another_session_of_the_same_person_does_not_see_the_code() -> None:
    theatre = Theatre()
    lease = theatre.lease()
    theatre.person("rita").do({"wish": "get-code", "lease": lease})
    answer = theatre.person("rita").get(f"/leases/{lease}/code")
    assert (answer.status_code, answer.json()["detail"]) == (404, "nothing was released to this sign-in")


def test_a_code_is_over_with_its_step() -> None:
    theatre = Theatre()
    lease = theatre.lease()
    rita = theatre.person("rita")
    rita.do({"wish": "get-code", "lease": lease})
    theatre.wait(seconds=31)
    answer = rita.get(f"/leases/{lease}/code")
    assert (answer.status_code, answer.json()["step"]) == (409, "R5")


def test_bg4_no_code_leaves_when_no_sink_takes_the_head() -> None:
    theatre = Theatre()
    lease = theatre.lease()
    theatre.anchors.trouble = SinkError("no sink took the head")
    rita = theatre.person("rita")
    draft = rita.prepare({"wish": "get-code", "lease": lease}).json()
    signed = rita.sign(draft).json()
    assert signed["released"] is None
    assert signed["position"] is not None, "it is recorded that it was asked for"
    assert signed["trouble"]["detail"] == "no sink took the head"
    assert rita.get(f"/leases/{lease}/code").status_code == 503
    theatre.anchors.trouble = None
    assert rita.read(f"/leases/{lease}/code")["codes_left"] == 2


def test_what_cannot_be_written_is_told_and_did_not_happen() -> None:
    theatre = Theatre()
    rita = theatre.person("rita")
    draft = rita.prepare(FILE).json()
    theatre.keeper.refuses = StoreError("the disk is full")
    answer = rita.sign(draft)
    assert (answer.status_code, answer.json()["detail"]) == (503, "the disk is full")
    theatre.keeper.refuses = None
    assert not rita.read("/requests")["own"]


def test_bg8_the_password_goes_to_whom_the_request_names() -> None:
    quorum = Quorum(slots=(Slot(count=2),), passkey_releases=False, separate_recipients=True)
    theatre = Theatre(settings=Settings(quorums={"default": quorum}, settle_minutes=60))
    answer = theatre.person("rita").prepare({**FILE, "password_to": "rita"})
    assert answer.status_code == 409
    assert answer.json()["step"] in {"F2", "F4"}


def test_refusals_carry_their_step_and_a_hint() -> None:
    theatre = Theatre()
    name, _ = theatre.request()
    answer = theatre.person("anna").prepare({"wish": "approve", "request": name, "phrase": "wrong-words"})
    problem = answer.json()
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert (problem["step"], problem["type"]) == ("A6", "urn:rootwarden:step:A6")
    assert problem["hint"] == "ask the requester to read it out again"
    mine = theatre.person("rita").prepare({"wish": "approve", "request": name, "phrase": "wrong-words"})
    assert (mine.status_code, mine.json()["step"]) == (403, "G6")


def test_the_phrase_is_told_to_the_requester_alone() -> None:
    theatre = Theatre()
    rita = theatre.person("rita")
    draft = rita.prepare(FILE).json()
    assert draft["phrase"]
    assert theatre.person("anna").get(f"/drafts/{draft['id']}").status_code == 404
    rita.sign(draft)
    everything = theatre.person("dan").get("/audit/log.jsonl").text
    assert draft["phrase"] not in everything


def test_refused_attempts_stand_in_the_log_the_first_at_once_and_the_rest_counted() -> None:
    theatre = Theatre()
    name, _ = theatre.request()
    anna = theatre.person("anna")
    for _ in range(5):
        anna.prepare({"wish": "approve", "request": name, "phrase": "wrong-words"})
    assert [count for _, count in refused(theatre)] == [1]
    theatre.wait(minutes=2)
    anna.prepare({"wish": "approve", "request": name, "phrase": "wrong-words"})
    assert refused(theatre) == [("A6", 1), ("A6", 5)]
    theatre.house.attempts.flush()
    assert refused(theatre) == [("A6", 1), ("A6", 5)]


def test_what_was_only_counted_is_written_when_the_process_ends() -> None:
    theatre = Theatre()
    name, _ = theatre.request()
    anna = theatre.person("anna")
    for _ in range(3):
        anna.prepare({"wish": "approve", "request": name, "phrase": "wrong-words"})
    said = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    answered: list[str] = []

    async def receive() -> Any:
        return said.pop(0)

    async def send(message: Any) -> None:
        answered.append(message["type"])

    asyncio.run(theatre.application({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, receive, send))
    assert answered == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert refused(theatre) == [("A6", 1), ("A6", 2)]


def refused(theatre: Theatre) -> list[tuple[str, int]]:
    entries = theatre.person("dan").read("/audit")["entries"]
    told = [one["content"] for one in entries if one["kind"] == "attempt-refused"]
    return [(one["step"], one["count"]) for one in told]


def test_several_sign_one_draft() -> None:
    theatre = Theatre()
    ada = theatre.person("ada")
    wish = {"wish": "attest-clock", "instant": theatre.now.isoformat(), "source": "a wrist watch"}
    draft = ada.prepare(wish).json()
    assert (draft["several"], draft["wanting"]) == (True, 2)
    first = ada.sign(draft).json()
    assert (first["position"], first["waiting_for"]) == (None, 1)
    seen = theatre.person("dan").read(f"/drafts/{draft['id']}")
    assert (seen["signed"], seen["wanting"]) == (["ada"], 1)
    assert theatre.person("dan").sign(draft).json()["position"] is not None


def test_a_share_is_given_with_a_signature_and_then_handed_to_the_vault() -> None:
    theatre = Theatre()
    lease = theatre.begun()
    opening = theatre.person("rita").read(f"/leases/{lease}")["opening"]
    work = theatre.person("carl").read(f"/openings/{opening}/work")
    assert work["layers"]
    signed, _ = theatre.person("carl").do(theatre.share("carl", opening))
    assert (signed["kind"], signed["trouble"]) == ("share-given", None)
    assert theatre.vault.gave == [("carl", opening, 1)]
    seen = theatre.person("cleo").read(f"/openings/{opening}")
    assert (seen["gave"], seen["missing"], seen["could_give"]) == (["carl"], 1, ["cleo", "cora"])
    assert theatre.person("anna").get(f"/openings/{opening}/work").status_code == 404


def test_checkouts_are_signed_lines_that_detection_believes() -> None:
    theatre = Theatre()
    theatre.ended()
    anna = theatre.person("anna")
    key = anna.read("/audit/heads")["checkpoint_key"]
    content = anna.get("/checkouts.jsonl").content
    read = read_checkouts(content, read_public_keys(key.encode(), file="key.pem"), file="checkouts.jsonl")
    assert [one.trusted for one in read.checkouts] == [True] * len(read.checkouts)
    assert {one.account for one in read.checkouts} == {ACCOUNT}
    assert not read.unreadable


def test_a_lease_is_revoked_with_a_reason_by_who_may() -> None:
    theatre = Theatre()
    lease = theatre.lease()
    said = {"say": "revoke", "lease": lease, "reason": "it is over"}
    assert theatre.person("carl").post("/says", {"say": said}).status_code == 404
    assert theatre.person("dan").post("/says", {"say": said}).status_code == 403
    assert theatre.person("omar").say(said)["kind"] == "lease-ended"


def test_a_report_ends_a_request_and_freezes() -> None:
    theatre = Theatre()
    name, _ = theatre.request()
    theatre.person("anna").do({"wish": "report", "request": name, "reason": "nobody called"})
    assert theatre.person("rita").read(f"/requests/{name}")["stage"] == "reported"
    assert theatre.person("rita").read("/me")["person"]["frozen"] == name


def test_an_enrolment_from_seed_to_proof() -> None:
    theatre = Theatre()
    rob = theatre.person("rob")
    signed, draft = rob.do(
        {**FILE, "purpose": "enrolment", "task": "root-mfa-devices", "code_to": "", "overrides_duties": True}
    )
    for approver in ("anna", "omar"):
        theatre.person(approver).do(
            {"wish": "approve", "request": signed["names"]["request"], "phrase": draft["phrase"]}
        )
    lease = rob.say({"say": "open-lease", "request": signed["names"]["request"]})["lease"]
    opening = rob.read(f"/leases/{lease}")["opening"]
    for custodian in ("carl", "cleo"):
        theatre.person(custodian).do(theatre.share(custodian, opening))
    seed = pyotp.random_base32()
    confirm = rob.post(f"/leases/{lease}/seed", {"device": "vaulted", "text": seed}).json()
    assert seed not in str(confirm)
    rob.do({"wish": "confirm-record", **confirm})
    served, _ = rob.do({"wish": "serve-enrolment", "lease": lease, "device": "vaulted"})
    left = served["released"]
    assert [left["first"], left["second"]] == [pyotp.TOTP(seed).at((left["step"] + more) * 30) for more in range(2)]
    assert rob.read(f"/leases/{lease}/enrolment/vaulted")["second"] == left["second"]
    proof = {"lease": lease, "device": "vaulted", "evidence": "signed in", "source_destroyed": True}
    theatre.wait(minutes=2)
    rob.do({"wish": "prove-enrolment", **proof})
    assert seed not in theatre.person("dan").get("/audit/log.jsonl").text


def test_an_export_leaves_for_who_signed_for_it() -> None:
    theatre = Theatre()
    rita = theatre.person("rita")
    lease = theatre.lease(purpose="export", code_to="")
    digest = rita.post(f"/leases/{lease}/export", {}).json()["digest"]
    assert rita.get(f"/leases/{lease}/export").status_code == 404, "not before the signature"
    rita.do({"wish": "get-export", "lease": lease, "digest": digest})
    export = read_export(rita.get(f"/leases/{lease}/export").content, [CHECKPOINT.public_key()])
    assert (export.account, export.threshold) == (ACCOUNT, 2)
    assert theatre.person("rita").get(f"/leases/{lease}/export").status_code == 404


def test_people_and_keys_are_changed_by_two_administrators() -> None:
    theatre = Theatre()
    ada = theatre.person("ada")
    change = {"change": "set-person", "person": {"id": "zoe", "name": "Zoe", "roles": ["auditor"]}}
    signed, _ = ada.do({"wish": "propose", "change": change})
    name = signed["names"]["proposal"]
    assert ada.prepare({"wish": "second", "proposal": name}).json()["step"] == "C2"
    (seen,) = theatre.person("ida").read("/proposals")
    assert (seen["id"], seen["may"], seen["change"]["person"]["id"]) == (name, ["second"], "zoe")
    theatre.person("ida").do({"wish": "second", "proposal": name})
    assert theatre.person("dan").read("/people/zoe")["roles"][0]["role"] == "auditor"


class TestSessions:
    def test_a_bearer_needs_no_page_and_is_renewed(self) -> None:
        theatre = Theatre()
        rita = theatre.stranger()
        rita.player = theatre.play.players["rita"]
        del rita.client.headers["origin"]
        rita.sign_in(bearer=True)
        assert COOKIE not in rita.client.cookies
        answer = rita.prepare(FILE)
        assert answer.status_code == 200
        assert answer.headers["rootwarden-session"]
        assert "set-cookie" not in answer.headers

    def test_a_session_ends_when_it_is_idle(self) -> None:
        theatre = Theatre()
        rita = theatre.person("rita")
        theatre.wait(minutes=9)
        assert rita.get("/me").status_code == 200
        theatre.wait(minutes=9)
        assert rita.get("/me").status_code == 200, "the answer renewed it"
        theatre.wait(minutes=11)
        assert rita.get("/me").status_code == 401

    def test_a_session_that_was_signed_out_is_over(self) -> None:
        theatre = Theatre()
        rita = theatre.person("rita")
        kept = rita.client.cookies[COOKIE]
        assert theatre.stranger().carry(kept).get("/me").status_code == 200
        assert rita.post("/sign-out", {}).status_code == 200
        again = theatre.stranger().carry(kept)
        assert again.get("/me").status_code == 401

    def test_who_is_suspended_is_out_at_once(self) -> None:
        theatre = Theatre()
        anna = theatre.person("anna")
        theatre.person("ada").do({"wish": "suspend", "person": "anna", "reason": "left"})
        assert anna.get("/me").status_code == 401

    def test_an_answer_to_an_offer_is_good_once(self) -> None:
        theatre = Theatre()
        rita = theatre.stranger()
        rita.player = theatre.play.players["rita"]
        offer = rita.post("/sign-in/offers", {}).json()
        body = {"token": offer["token"], "authenticator": rita.answer(offer["message"])}
        assert rita.post("/sign-in", body).status_code == 200
        again = rita.post("/sign-in", body)
        assert (again.status_code, again.json()["detail"]) == (401, "the sign-in was refused")

    def test_a_sign_in_stands_in_the_log(self) -> None:
        theatre = Theatre()
        newest = theatre.person("dan").read("/audit")["entries"][-1]
        assert (newest["kind"], newest["words"]) == ("signed-in", "`dan` signs in (ed25519)")

    @pytest.mark.parametrize("wish", ["approve", "get-code", "offer-key", "propose"])
    def test_a_login_through_a_provider_prepares_and_signs_nothing(self, wish: str) -> None:
        theatre = Theatre()
        name, phrase = theatre.request()
        anna = login_of(theatre, "anna")
        assert anna.read("/requests")["to_approve"], "it may look"
        wishes: dict[str, Any] = {
            "approve": {"wish": "approve", "request": name, "phrase": phrase},
            "get-code": {"wish": "get-code", "lease": "x"},
            "offer-key": {"wish": "offer-key", "key": {"id": "x", "kind": "ed25519", "algorithm": "EdDSA", "key": "x"}},
            "propose": {"wish": "propose", "change": {"change": "restore-person", "person": "x", "reason": "x"}},
        }
        answer = anna.prepare(wishes[wish])
        assert answer.status_code == 403
        assert "not through a provider" in answer.json()["detail"]
        assert anna.post("/says", {"say": {"say": "withdraw", "request": name}}).status_code == 403
        assert anna.get("/leases/x/code").status_code == 403


class TestForgery:
    @pytest.mark.parametrize("origin", ["https://evil.example", "null", ""])
    def test_another_page_changes_nothing(self, origin: str) -> None:
        theatre = Theatre()
        rita = theatre.person("rita")
        rita.client.headers["origin"] = origin
        answer = rita.prepare(FILE)
        assert (answer.status_code, answer.json()["title"]) == (403, "not allowed")

    def test_another_page_signs_nobody_in(self) -> None:
        theatre = Theatre()
        rita = theatre.stranger()
        rita.player = theatre.play.players["rita"]
        offer = rita.post("/sign-in/offers", {}).json()
        rita.client.headers["origin"] = "https://evil.example"
        body = {"token": offer["token"], "authenticator": rita.answer(offer["message"])}
        assert rita.post("/sign-in", body).status_code == 403

    def test_a_form_is_no_json(self) -> None:
        theatre = Theatre()
        rita = theatre.person("rita")
        answer = rita.client.post("/api/v1/says", content=b"{}", headers={"content-type": "text/plain"})
        assert answer.status_code == 415

    def test_a_header_does_not_say_who_somebody_is(self) -> None:
        theatre = Theatre()
        stranger = theatre.stranger()
        for name in ("x-forwarded-user", "x-user", "remote-user", "x-original-url"):
            stranger.client.headers[name] = "ada"
        assert stranger.get("/me").status_code == 401

    def test_another_name_of_the_service_is_refused(self) -> None:
        theatre = Theatre()
        stranger = theatre.stranger()
        assert stranger.client.get("/sign-in", headers={"host": "evil.example"}).status_code == 421


class TestBounds:
    def test_a_body_has_a_bound(self) -> None:
        theatre = Theatre()
        rita = theatre.person("rita")
        answer = rita.client.post("/api/v1/says", content=b" " * 1_000_001)
        assert (answer.status_code, answer.json()["title"]) == (413, "too long")

    @pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b'{"wish":{"wish":"nothing"}}', b"\xff", b"1e999"])
    def test_what_is_no_wish_is_told(self, body: bytes) -> None:
        theatre = Theatre(guarded=False)
        rita = theatre.person("rita")
        answer = rita.client.post("/api/v1/drafts", content=body, headers={"content-type": "application/json"})
        assert answer.status_code == 400

    @pytest.mark.parametrize("layer", ["AAA\u00e9", "A", "AA=", "AB==", "AA==\n", "-_-_"])
    def test_a_share_that_is_no_base64_is_told(self, layer: str) -> None:
        theatre = Theatre()
        lease = theatre.begun()
        opening = theatre.person("rita").read(f"/leases/{lease}")["opening"]
        answer = theatre.person("carl").prepare(theatre.share("carl", opening) | {"peeled": [layer]})
        assert (answer.status_code, answer.json()["detail"]) == (409, "what was handed in is not in Base64")

    def test_numbers_of_the_query_have_bounds(self) -> None:
        theatre = Theatre(guarded=False)
        dan = theatre.person("dan")
        assert dan.get("/audit?from=-1").status_code == 400
        assert dan.get("/audit?from=" + "9" * 40).status_code == 400
        assert dan.get("/audit/consistency?first=1&second=999").status_code == 409

    @pytest.mark.parametrize("beyond", [0, 1, 100, 9007199254740991])
    def test_after_the_end_of_the_log_there_is_nothing(self, beyond: int) -> None:
        theatre = Theatre(guarded=False)
        dan, size = theatre.person("dan"), theatre.broker.state().size
        start = min(size + beyond, 9007199254740991)
        told = dan.read(f"/audit?from={start}")
        assert (told["start"], told["entries"]) == (start, [])
        assert dan.client.get(f"/audit?from={start}").status_code == 200

    def test_a_person_who_asks_too_often_waits_and_others_do_not(self) -> None:
        tight = Rate(burst=3, per_minute=3)
        many = Rate(burst=1000, per_minute=1000)
        theatre = Theatre(rates=Rates(network=many, person=tight, share=tight, account=many, everything=many))
        rita, anna = theatre.person("rita"), theatre.person("anna")
        statuses = [rita.prepare(FILE).status_code for _ in range(4)]
        assert statuses == [200, 200, 200, 429]
        assert anna.post("/says", {"say": {"say": "withdraw", "request": "x"}}).status_code == 404
        refused = rita.prepare(FILE)
        assert int(refused.headers["retry-after"]) >= 1
        theatre.wait(minutes=1)
        assert rita.prepare(FILE).status_code == 200

    def test_strangers_cannot_use_up_what_others_need(self) -> None:
        tight = Rate(burst=2, per_minute=2)
        many = Rate(burst=1000, per_minute=1000)
        theatre = Theatre(rates=Rates(network=tight, person=many, share=tight, account=many, everything=many))
        stranger = theatre.stranger()
        statuses = [stranger.post("/sign-in/offers", {}).status_code for _ in range(3)]
        assert statuses == [200, 200, 429]


def test_passkeys_sign_as_well() -> None:
    theatre = Theatre(players=cast(passkeys=True))
    signed, _ = theatre.person("rita").do(FILE)
    assert signed["kind"] == "request-filed"
    assert PASSWORD not in theatre.person("dan").get("/audit/log.jsonl").text
