"""Pages for what several sign: the time, an epoch, the head; drills; a share that stock `age` peeled."""

from __future__ import annotations

import hashlib
import re
import subprocess
from html import unescape
from typing import TYPE_CHECKING, Any

import httpx
import msgspec
import pytest
from tests.web.direct import Direct
from tests.web.test_pages import page, send, sign
from tests.web.theatre import FILE, Theatre, login_of

from rootwarden.breakglass.broker.untold import PATIENCE
from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core.returning import open_duties
from rootwarden.breakglass.rehearsal.play import DEVICE
from rootwarden.breakglass.rehearsal.stage import stage
from rootwarden.breakglass.service.devices import Devices
from rootwarden.facts.instant import format_instant
from rootwarden.web.serving import application_of

if TYPE_CHECKING:
    from pathlib import Path

ORIGIN = "https://localhost"


def newest(theatre: Theatre) -> Any:
    return log.from_bytes(theatre.keeper.entries[-1])


def test_the_time_is_attested_on_pages_by_two() -> None:
    theatre = Theatre()
    ada, dan = theatre.person("ada"), theatre.person("dan")
    fields = {"instant": format_instant(theatre.now), "source": "a radio clock"}
    draft = send(ada, "/together/clock", fields, on="/together").headers["location"]
    assert sign(ada, draft).headers["location"] == draft
    assert "1 signature still wanted" in page(dan, draft)
    sign(dan, draft)
    assert isinstance(newest(theatre), log.ClockAttested)
    answer = send(ada, "/together/clock", {**fields, "instant": "noon"}, on="/together")
    assert "is no instant" in answer.text


def test_an_epoch_is_begun_on_pages_by_three_also_when_the_broker_is_sealed() -> None:
    theatre = Theatre()
    theatre.broker.sealed = "the sink holds more"
    ada, ida, carl = (theatre.person(name) for name in ("ada", "ida", "carl"))
    text = page(ada, "/together")
    assert "Attest the time" not in text
    assert "<details open>" in text
    draft = send(ada, "/together/epoch", {"reason": "restored"}, on="/together").headers["location"]
    for who in (ada, ida):
        sign(who, draft)
    assert theatre.broker.state().epoch == 1
    sign(carl, draft)
    assert theatre.broker.state().epoch == 2
    assert "Begin an epoch" not in page(Theatre().person("rita"), "/together")


def test_two_peoples_devices_sign_the_head_on_pages() -> None:
    theatre = Theatre()
    heads = {head.size: head for head in theatre.keeper.heads}
    devices = Devices(theatre.broker, lambda size: heads.get(size) or theatre.keeper.newest_head(), theatre.clock)
    theatre.behind._devices = devices
    ada, dan = theatre.person("ada"), theatre.person("dan")
    for who in (ada, dan):
        text = page(who, "/together")
        (message,) = re.findall(r'action="/together/head" [^>]*data-message="([^"]+)"', text)
        size, *_ = re.findall(r'name="size" value="(\d+)"', text)
        assert who.player is not None
        answer = msgspec.to_builtins(who.player.answer(unescape(message).encode()))
        fields = {"key": answer["key"], "signature": answer["signature"], "size": size}
        assert send(who, "/together/head", fields, on="/together").status_code == 303
    assert "You have signed. Two did: it is held." in page(dan, "/together")
    receipt = devices.receipt()
    assert receipt is not None
    assert receipt.reference == "ada, dan"
    fields = {"key": "A" * 43, "signature": "A" * 86 + "==", "size": "1"}
    assert (
        "there is no head over 1 entries" in send(theatre.person("ben"), "/together/head", fields, on="/together").text
    )
    assert theatre.person("dan").get("/audit/head-to-sign").json()["size"] >= int(size)


def test_who_came_through_a_provider_signs_nothing_together() -> None:
    theatre = Theatre()
    assert login_of(theatre, "ada").get("/page/together").status_code == 403


def test_a_drill_by_mail_is_begun_and_ended_on_pages() -> None:
    theatre = Theatre()
    ida = theatre.person("ida")
    answer = send(ida, "/drills", {"account": FILE["account"], "kind": "mail"}, on="/drills")
    (words,) = re.findall(r'class="big">([^<]+)<', answer.text)
    (drill,) = theatre.broker.state().drills.values()
    assert drill.nonce_digest == hashlib.sha256(words.encode()).hexdigest()
    assert words not in page(ida, "/drills")
    ended = {"outcome": "passed", "evidence": "ola typed it in", "answer": "babab"}
    assert "S2" in send(ida, f"/drills/{drill.id}", ended, on="/drills").text
    send(ida, f"/drills/{drill.id}", {**ended, "answer": words}, on="/drills")
    assert theatre.broker.state().drills[drill.id].outcome == "passed"
    assert f'action="/drills/{drill.id}"' not in page(ida, "/drills")


def test_the_check_in_page_says_how_a_file_is_made_and_what_a_word_is_worth() -> None:
    theatre = Theatre()
    lease = theatre.ended()
    text = page(theatre.person("dan"), f"/leases/{lease}/check-in")
    assert f"rootwarden breakglass evidence {FILE['account']} --evidence AFTER" in text
    assert "Nothing is looked at then" in text
    assert f"rootwarden breakglass check-in {lease} --evidence" in text


def test_who_could_not_be_told_is_seen_by_who_reads_the_log() -> None:
    theatre = Theatre()
    assert "Whom nothing reached" not in page(theatre.person("dan"), "/audit")
    entry = log.HazardNoticed(at=theatre.now, actor=log.SYSTEM, hazard="x", severity="low", words="it <ends> soon")
    about = theatre.broker.say(entry)
    for person in ("ada", "ben"):
        tried: dict[str, Any] = {"about": about, "person": person, "channel": "", "delivered": False}
        theatre.broker.say(log.NoticeRecorded(at=theatre.now, actor=log.SYSTEM, **tried))
    dan = theatre.person("dan")
    text = page(dan, "/audit")
    assert "it &lt;ends&gt; soon" in text.split("Whom nothing reached")[1].split("</section>")[0]
    assert "2 notices are tried again, 0 are given up" in text
    assert dan.read("/me")["untold"] == {"waiting": 2, "dead": 0}
    theatre.wait(hours=PATIENCE.give_up_hours)
    theatre.broker.say(
        log.NoticeRecorded(at=theatre.now, actor=log.SYSTEM, about=about, person="ada", channel="m", delivered=True)
    )
    dan = theatre.person("dan")
    assert "0 notices are tried again, 1 is given up" in page(dan, "/audit")
    assert dan.read("/me")["untold"] == {"waiting": 0, "dead": 1}
    (shown,) = dan.read("/audit?from=0")["untold"]["newest"]
    assert (shown["person"], shown["position"], shown["attempts"], shown["next_try"]) == ("ben", about, 1, None)
    assert theatre.person("rita").read("/me")["untold"] == {"waiting": 0, "dead": 0}, "it is not hers to know"


def exported() -> tuple[Theatre, str]:
    """A lease for an export, ended: a report is all that is due."""
    theatre = Theatre()
    lease = theatre.begun(purpose="export", code_to="", device=DEVICE)
    theatre.wait(minutes=1)
    theatre.person("rita").say({"say": "give-back", "lease": lease})
    theatre.wait(minutes=1)
    return theatre, lease


def test_where_a_report_is_all_that_is_due_the_check_in_asks_for_nothing_else() -> None:
    theatre, lease = exported()
    dan, path = theatre.person("dan"), f"/leases/{lease}/check-in"
    text = page(dan, path)
    assert "A report is all that is due here" in text
    assert re.findall(r'<(?:input|textarea)[^>]* name="([^"]+)"', text.split("<main")[1]) == ["form", "report"]
    answer = send(dan, path, {"report": " \n"}, on=path)
    assert (answer.status_code, "the report is empty" in answer.text) == (400, True)
    sign(dan, send(dan, path, {"report": "the envelope lies in the safe"}, on=path).headers["location"])
    found = theatre.broker.state().leases[lease]
    assert open_duties(found) == ()
    assert found.evidence == hashlib.sha256(b"the envelope lies in the safe").hexdigest()


@pytest.mark.parametrize("shape", ["lines", "empty", "json"])
def test_a_share_that_stock_age_peeled_is_taken(tmp_path: Path, shape: str) -> None:
    """BG-12: the recipe on the page, run as it stands, with Debian's `age`."""
    with stage(tmp_path) as on:
        on.troupe.found()
        on.troupe.guard()
        on.troupe.enrol()
        (enrolment,) = on.troupe.broker.state().leases
        on.troupe.check_in(enrolment)
        on.house.chores.run()
        request, phrase = on.troupe.file()
        on.troupe.approve(request, phrase)
        on.troupe.acting.open("rita", request)
        (opening,) = [one.id for one in on.house.broker.state().openings.values() if not one.outcome]
        carl = Carl(on)
        text = carl.client.get(f"/openings/{opening}").text
        (tmp_path / "layers.txt").write_bytes(carl.client.get(f"/openings/{opening}/layers.txt").content)
        with on.troupe.identities["carl"].file() as content:
            (tmp_path / "KEY").write_bytes(bytes(content.content))
        (recipe,) = re.findall(r"(while read.*?peeled\.txt)", text, re.DOTALL)
        subprocess.run(["/bin/bash", "-euo", "pipefail", "-c", unescape(recipe)], cwd=tmp_path, check=True, timeout=60)
        given = (tmp_path / "peeled.txt").read_bytes()
        content_ = {"lines": given, "empty": b" ", "json": b'{"opening": 1}'}[shape]
        token = re.search(r'<form method="post" action="/openings/[^"/]+" [^>]*>\s*<input [^>]*value="([^"]+)"', text)
        assert token
        answer = carl.client.post(
            f"/openings/{opening}",
            data={"form": token[1], "same": "yes"},
            files={"peeled": ("peeled.txt", content_, "text/plain")},
        )
        if shape != "lines":
            assert "the file has no peeled layers" in answer.text
            return
        draft = answer.headers["location"].removeprefix("/drafts/")
        message = carl.client.get(f"/api/v1/drafts/{draft}").json()["message"]
        body = {"authenticator": carl.answer(message)}
        assert carl.client.post(f"/api/v1/drafts/{draft}/signatures", json=body).json()["trouble"] is None
        stands = on.house.broker.state().openings[opening]
        assert list(stands.shares) == ["carl"]
        on.troupe.give_shares(opening, ("cleo",))
        assert on.house.broker.state().openings[opening].outcome == "opened"


class Carl:
    """A custodian at the pages of a real house."""

    def __init__(self, on: Any) -> None:
        transport = Direct(application_of(on.house))
        self.client = httpx.Client(transport=transport, base_url=ORIGIN, headers={"origin": ORIGIN}, trust_env=False)
        self.player = on.troupe.players["carl"]
        offer = self.client.post("/api/v1/sign-in/offers", json={}).json()
        body = {"token": offer["token"], "authenticator": self.answer(offer["message"])}
        assert self.client.post("/api/v1/sign-in", json=body).status_code == 200

    def answer(self, message: str) -> Any:
        return msgspec.to_builtins(self.player.answer(message.encode()))
