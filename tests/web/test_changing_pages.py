"""Pages that change people, keys, custody: enrolment from a picture, proposals, duties; secrets leave no trace."""

from __future__ import annotations

import io
import re
import tempfile
from typing import TYPE_CHECKING, Any

import pyotp
import pytest
import segno
from tests.web.test_pages import page, send, sign
from tests.web.theatre import FILE, Theatre

from rootwarden.breakglass.rehearsal.play import DEVICE
from rootwarden.breakglass.vault.troubles import VaultError
from rootwarden.web.behind import CodeReply, PasswordReply
from rootwarden.web.call import LONGEST_BODY

if TYPE_CHECKING:
    from tests.web.theatre import Person

SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def enrolling(theatre: Theatre) -> tuple[Person, str]:
    """`rob` with an approved enrolment: his lease."""
    rob = theatre.person("rob")
    signed, draft = rob.do({**FILE, "purpose": "enrolment", "task": "root-mfa-devices", "code_to": ""})
    name = signed["names"]["request"]
    for approver in ("anna", "omar"):
        theatre.person(approver).do({"wish": "approve", "request": name, "phrase": draft["phrase"]})
    lease = str(rob.say({"say": "open-lease", "request": name})["lease"])
    opening = rob.read(f"/leases/{lease}")["opening"]
    for custodian in ("carl", "cleo"):
        theatre.person(custodian).do(theatre.share(custodian, opening))
    return rob, lease


def upload(person: Person, path: str, on: str, fields: dict[str, str], picture: bytes = b"") -> Any:
    token = re.search(rf'action="{path}"[^>]*>\s*<input type="hidden" name="form" value="([^"]+)"', page(person, on))
    assert token
    files = {"picture": ("seed.png", picture, "image/png")} if picture else {"nothing": b""}
    return person.client.post(path, data={"form": token[1], **fields}, files=files)


def qr() -> bytes:
    made = io.BytesIO()
    segno.make(f"otpauth://totp/Amazon%20Web%20Services:root@000011112222?secret={SEED}").save(made, "png", scale=6)
    return made.getvalue()


def test_bg15_a_device_is_enrolled_from_a_picture(caplog: pytest.LogCaptureFixture) -> None:
    theatre = Theatre()
    rob, lease = enrolling(theatre)
    place = f"/leases/{lease}/enrolment"
    answer = upload(rob, f"{place}/seed", place, {"device": DEVICE}, qr())
    assert answer.status_code == 303, answer.text
    confirm = page(rob, answer.headers["location"])
    assert "fingerprint" in confirm
    assert sign(rob, answer.headers["location"]).headers["location"] == place
    asked = send(rob, f"{place}/codes", {"device": DEVICE}, on=place).headers["location"]
    assert sign(rob, asked).headers["location"] == place
    digits = re.findall(r'aria-label="([\d ]+)"', page(rob, place))
    step = theatre.broker.state().accounts[FILE["account"]].records[DEVICE].served
    assert step is not None
    assert [one.replace(" ", "") for one in digits] == [pyotp.TOTP(SEED).at((step + more) * 30) for more in range(2)]
    assert page(theatre.person("rob"), place).count("aria-label") < 4, "another sign-in sees no codes"
    theatre.wait(minutes=2)
    fields = {"device": DEVICE, "evidence": "signed in as root", "source_destroyed": "yes"}
    proof = send(rob, f"{place}/proof", fields, on=place).headers["location"]
    sign(rob, proof)
    assert theatre.broker.state().accounts[FILE["account"]].records[DEVICE].proven
    everything = theatre.person("dan").get("/audit/log.jsonl").text + caplog.text
    assert SEED not in everything


def test_the_largest_picture_touches_no_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[object] = []
    rollover = tempfile.SpooledTemporaryFile.rollover

    def seen(file: tempfile.SpooledTemporaryFile[bytes]) -> None:
        written.append(file)
        rollover(file)

    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", seen)
    theatre = Theatre()
    rob, lease = enrolling(theatre)
    place = f"/leases/{lease}/enrolment"
    picture = qr()
    padded = picture + bytes(LONGEST_BODY - 2000 - len(picture))
    assert upload(rob, f"{place}/seed", place, {"device": DEVICE}, padded).status_code == 303
    assert written == []
    longer = upload(rob, f"{place}/seed", place, {"device": DEVICE}, padded + bytes(2000))
    assert longer.status_code == 413


def test_a_picture_without_a_code_is_told_and_nothing_is_kept() -> None:
    theatre = Theatre()
    rob, lease = enrolling(theatre)
    place = f"/leases/{lease}/enrolment"
    answer = upload(rob, f"{place}/seed", place, {"device": DEVICE}, b"no picture")
    assert answer.status_code == 400
    neither = upload(rob, f"{place}/seed", place, {"device": DEVICE})
    assert "give a picture of the QR code, or its text" in neither.text


def test_what_leaves_does_not_print() -> None:
    at = Theatre(guarded=False).now
    code = CodeReply(
        code="123456",
        device="d",
        step=1,
        valid_from=at,
        valid_until=at,
        seconds_left=1,
        server_time=at,
        codes_left=1,
        anchored=(),
    )
    password = PasswordReply(password="hunter2", anchored=())
    assert "123456" not in f"{code!r}{code}"
    assert "hunter2" not in f"{password!r}{password}"


def test_a_bug_is_told_without_what_it_says(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    theatre = Theatre()
    lease = theatre.lease()
    rita = theatre.person("rita")
    rita.do({"wish": "get-code", "lease": lease})

    def broken(*_given: object) -> None:
        raise ValueError(f"seed {SEED}")

    monkeypatch.setattr(theatre.behind, "code", broken)
    for answer in (rita.get(f"/leases/{lease}/code"), rita.client.get(f"/leases/{lease}/code")):
        assert answer.status_code == 500
        assert "JBSWY3DP" not in answer.text
    assert "ValueError" in caplog.text
    assert "JBSWY3DP" not in caplog.text


def test_what_the_vault_cannot_do_now_is_told_and_asked_for_again() -> None:
    theatre = Theatre()
    lease = theatre.lease()
    rita = theatre.person("rita")
    asked = send(rita, f"/leases/{lease}/get-code", {}, on=f"/leases/{lease}").headers["location"]
    theatre.vault.trouble = VaultError("the vault does not answer")
    code = sign(rita, asked).headers["location"]
    text = page(rita, code)
    assert "the vault does not answer" in text
    assert "Try again" in text
    theatre.vault.trouble = None
    assert 'class="digits"' in page(rita, code)


def test_nobody_is_asked_to_sign_for_a_code_while_the_vault_does_not_answer() -> None:
    theatre = Theatre()
    lease = theatre.lease()
    theatre.vault.trouble = VaultError("the vault does not answer")
    answer = send(theatre.person("rita"), f"/leases/{lease}/get-code", {}, on=f"/leases/{lease}")
    assert "the vault does not answer" in answer.text
    assert theatre.broker.state().lease(lease).steps == []


def test_a_second_code_asks_the_custodians_again_by_a_button() -> None:
    theatre = Theatre()
    lease, rita = theatre.lease(), theatre.person("rita")
    place = f"/leases/{lease}"
    assert "Ask the custodians again" not in page(rita, place)
    rita.do({"wish": "get-code", "lease": lease})
    theatre.wait(minutes=1)
    text = page(rita, place)
    assert "Get a code" not in text
    assert "what they opened last is used up, or over" in text
    assert send(rita, f"{place}/ask-again", {}, on=place).headers["location"] == place
    opening = rita.read(place)["opening"]
    assert "2 shares still needed: carl, cleo, cora" in page(rita, place)
    for custodian in ("carl", "cleo"):
        assert f'href="/openings/{opening}"' in page(theatre.person(custodian), "/")
        theatre.person(custodian).do(theatre.share(custodian, opening))
    assert "opened it for 1 code;" in page(rita, place)
    rita.do({"wish": "get-code", "lease": lease})
    assert len(theatre.broker.state().lease(lease).steps) == 2
    for other in ("anna", "dan"):
        assert "Ask the custodians again" not in page(theatre.person(other), place)
        answer = theatre.person(other).post("/says", {"say": {"say": "ask-again", "lease": lease}})
        assert answer.json()["step"] == "G6"


def test_a_share_the_vault_did_not_get_is_handed_in_by_a_button() -> None:
    theatre = Theatre()
    lease = theatre.begun()
    opening = theatre.person("rita").read(f"/leases/{lease}")["opening"]
    place, carl, cleo = f"/openings/{opening}", theatre.person("carl"), theatre.person("cleo")
    assert "hand-in" not in page(carl, place)
    carl.do(theatre.share("carl", opening))
    wish = theatre.share("cleo", opening)
    theatre.vault.trouble = VaultError("the vault does not answer")
    signed, _ = cleo.do(wish)
    assert "the vault does not answer" in signed["trouble"]["detail"]
    theatre.vault.trouble = None
    assert send(cleo, f"{place}/hand-in", {}, on=place).headers["location"] == place
    assert theatre.broker.state().openings[opening].outcome == "opened"


def test_an_export_shows_every_seed_it_holds_to_who_approves_it() -> None:
    theatre = Theatre()
    name, _ = theatre.request(purpose="export", code_to="")
    seen = theatre.person("anna").read(f"/requests/{name}")
    assert seen["exports"] == [DEVICE]
    assert f"a sealed export, which its custodians open without this service, of <code>{DEVICE}</code>" in " ".join(
        page(theatre.person("anna"), f"/requests/{name}").split()
    )


def test_custodians_that_could_not_be_asked_are_told_of_and_the_lease_stands() -> None:
    theatre = Theatre()
    name = theatre.approved()
    theatre.vault.trouble = VaultError("the vault does not answer")
    answer = send(theatre.person("rita"), f"/requests/{name}/open", {}, on=f"/requests/{name}")
    assert answer.status_code == 200
    assert "It is written, but something is left to do" in answer.text
    assert theatre.broker.state().open_lease(FILE["account"]) is not None


def test_a_change_is_proposed_on_one_page_and_seconded_with_its_digest_in_view() -> None:
    theatre = Theatre()
    ada, ida = theatre.person("ada"), theatre.person("ida")
    fields = {"change": "set-person", "id": "zoe", "name": "Zoe", "roles": "auditor", "addresses": "zoe@example.com"}
    asked = send(ada, "/people", fields, on="/people").headers["location"]
    assert "`ada` proposes" not in page(ada, asked), "names are set as code, not in backticks"
    sign(ada, asked)
    (name,) = theatre.broker.state().proposals
    text = page(ida, "/people")
    digest = theatre.broker.state().proposals[name].digest
    assert " ".join(digest[at : at + 4] for at in range(0, 64, 4)) in text
    asked = send(ida, f"/proposals/{name}", {}, on="/people").headers["location"]
    assert digest[:4] in page(ida, asked)
    sign(ida, asked)
    assert "zoe" in theatre.broker.state().people
    assert f'action="/proposals/{name}"' not in page(ida, "/people")


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"change": "nothing"}, "is no change"),
        ({"change": "set-settings", "document": "{"}, "the record is no JSON"),
        ({"change": "set-settings", "document": "[" * 5000}, "the record is no JSON"),
        ({"change": "set-account", "document": '{"id":1}'}, "the change cannot be read"),
        ({"change": "set-person", "id": "zoe", "name": "Zoe", "roles": "king"}, "the change cannot be read"),
        ({"change": "waive", "waiver": "warm:x", "reason": "r", "until": "tomorrow"}, "the change cannot be read"),
    ],
)
def test_a_change_that_is_none_is_told(fields: dict[str, str], told: str) -> None:
    theatre = Theatre()
    answer = send(theatre.person("ada"), "/people", fields, on="/people")
    assert answer.status_code == 400
    assert told in answer.text


def test_a_difference_is_accepted_by_an_administrator_and_an_approver() -> None:
    theatre = Theatre()
    lease = theatre.ended()
    theatre.wait(minutes=1)
    dan = theatre.person("dan")
    place = f"/leases/{lease}/check-in"
    duties = theatre.broker.state().leases[lease].duties
    shown = {f"shown-{duty.value}": "differs" if duty.value == "phone" else "met" for duty in duties}
    fields = {
        **shown,
        **{f"why-{duty.value}": "seen" for duty in duties},
        "observed_at": theatre.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "evidence": "ab" * 32,
        "report": "done",
    }
    sign(dan, send(dan, place, fields, on=place).headers["location"])
    assert "Accept it as it is" in page(dan, f"/leases/{lease}")
    ada = theatre.person("ada")
    path = f"/leases/{lease}/accept-duty"
    asked = send(ada, path, {"duty": "phone", "reason": "the number moved"}, on=f"/leases/{lease}").headers["location"]
    assert sign(ada, asked).headers["location"] == asked, "another has to sign"
    assert "1 signature still wanted" in page(ada, asked)
    omar = theatre.person("omar")
    assert sign(omar, asked).headers["location"] == f"/leases/{lease}"
    assert "accepted" in page(omar, f"/leases/{lease}")
