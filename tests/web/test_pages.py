"""The pages without a browser: forms, tokens, what is shown to whom, and what a screen reader finds."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from tests.web.theatre import EVERYBODY, FILE, ORIGIN, Theatre, login_of

from rootwarden.breakglass.rehearsal.play import ACCOUNT, DEVICE, MEMBER, ROLE
from rootwarden.web.pages.paper import environment, static_file

if TYPE_CHECKING:
    import httpx
    from tests.web.theatre import Person

SIGNED = "Go on to the signature"


class Document(HTMLParser):
    """What matters of a page to somebody who does not see it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.labelled: set[str] = set()
        self.unnamed: list[dict[str, str]] = []
        self.headings: list[int] = []
        self._labels = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.elements.append((tag, given))
        if tag == "label":
            self._labels += 1
            self.labelled.add(given.get("for", ""))
        elif re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        elif tag in {"input", "select", "textarea"} and given.get("type") != "hidden" and not self._labels:
            self.unnamed.append(given)

    def handle_endtag(self, tag: str) -> None:
        self._labels -= tag == "label"

    def all(self, tag: str) -> list[dict[str, str]]:
        return [given for name, given in self.elements if name == tag]


def page(person: Person, path: str, status: int = 200) -> str:
    answer = person.client.get(path)
    assert answer.status_code == status, answer.text
    return answer.text


def send(person: Person, path: str, fields: dict[str, str], *, on: str) -> httpx.Response:
    """Send a form as it stands on a page, with its own token."""
    text = page(person, on)
    action = re.escape(path)
    found = re.search(rf'action="{action}"[^>]*>\s*<input type="hidden" name="form" value="([^"]+)"', text)
    assert found, f"there is no form for {path} on {on}"
    return person.client.post(path, data={"form": found[1], **fields})


def sign(person: Person, path: str) -> httpx.Response:
    """Sign a draft by the fields for keys in hardware."""
    assert person.player is not None
    answered: Any = person.player.answer(person.read(path)["message"].encode())
    return send(person, path, {"key": answered.key, "signature": answered.signature}, on=path)


def every_page(theatre: Theatre) -> list[tuple[str, str]]:
    """Each page there is with somebody who sees it."""
    lease = theatre.lease()
    state = theatre.broker.state()
    request, opening = state.leases[lease].request.id, next(iter(state.openings))
    draft = theatre.person("rita").prepare({"wish": "get-code", "lease": lease}).json()["id"]
    theatre.person("ada").do(
        {"wish": "propose", "change": {"change": "set-person", "person": {"id": "zoe", "name": "Zoe"}}}
    )
    new = f"/requests/new?account={ACCOUNT}&task=s3-mfa-delete"
    member = f"/requests/new?account={MEMBER}&task=s3-bucket-policy"
    rita = ["/", "/requests", "/requests/new", new, member, "/leases", f"/leases/{lease}", "/me", f"/drafts/{draft}"]
    others = {
        "dan": ["/people", "/audit", "/drills", "/duties", "/leases/enrolment/check-in"],
        "ada": ["/people", f"/requests/{request}"],
        "carl": [f"/openings/{opening}", "/openings"],
        "rob": ["/", "/duties"],
    }
    return [("rita", path) for path in rita] + [(who, path) for who, paths in others.items() for path in paths]


@pytest.fixture(scope="module")
def shown() -> dict[str, str]:
    """The text of every page."""
    theatre = Theatre()
    texts = {f"{who} {path}": page(theatre.person(who), path) for who, path in every_page(theatre)}
    texts["sign-in"] = page(theatre.stranger(), "/sign-in")
    texts["not there"] = page(theatre.person("rita"), "/nothing", 404)
    return texts


def test_every_page_has_one_heading_of_the_first_level_and_no_gap_below(shown: dict[str, str]) -> None:
    for name, text in shown.items():
        levels = Document(text).headings
        assert levels[0] == 1, name
        assert levels.count(1) == 1, name
        assert all(second <= first + 1 for first, second in pairwise(levels)), (name, levels)


def test_every_field_has_a_label(shown: dict[str, str]) -> None:
    for name, text in shown.items():
        document = Document(text)
        unnamed = [field for field in document.unnamed if field.get("id") not in document.labelled]
        assert not unnamed, (name, unnamed)


def test_ids_are_unique_and_what_is_pointed_at_is_there(shown: dict[str, str]) -> None:
    for name, text in shown.items():
        document = Document(text)
        ids = [given["id"] for _, given in document.elements if "id" in given]
        assert len(set(ids)) == len(ids), name
        targets = {given["for"] for given in document.all("label") if "for" in given}
        targets |= {given["href"][1:] for given in document.all("a") if given.get("href", "").startswith("#")}
        targets |= {given["aria-describedby"] for _, given in document.elements if "aria-describedby" in given}
        assert targets <= set(ids), (name, targets - set(ids))


def test_every_page_has_its_language_a_title_and_a_way_past_the_navigation(shown: dict[str, str]) -> None:
    for name, text in shown.items():
        document = Document(text)
        assert document.all("html")[0]["lang"] == "en", name
        assert re.search(r"<title>\S.* · Rootwarden break-glass</title>", text), name
        assert document.all("a")[0] == {"class": "skip", "href": "#main"}, name


def test_nothing_comes_from_elsewhere_and_nothing_is_inline(shown: dict[str, str]) -> None:
    for name, text in shown.items():
        for tag, given in Document(text).elements:
            loaded = given.get("src") or (given.get("href") if tag == "link" else "") or ""
            assert not loaded or loaded.startswith("/static/"), (name, loaded)
            assert "style" not in given, (name, tag)
            assert not [one for one in given if one.startswith("on")], (name, given)
            assert tag != "style", name
            if tag == "script":
                assert given.get("src", "").startswith("/static/"), name


def test_every_form_that_changes_something_has_a_token(shown: dict[str, str]) -> None:
    without = {"/sign-in"}
    for name, text in shown.items():
        forms = re.findall(r'<form[^>]*method="post" action="([^"]+)"[^>]*>(.*?)</form>', text, re.DOTALL)
        for action, inside in forms:
            assert action in without or 'name="form"' in inside, (name, action)


def test_status_is_never_told_by_colour_alone(shown: dict[str, str]) -> None:
    for name, text in shown.items():
        for inside in re.findall(r'<span class="chip[^"]*">(.*?)</span>', text, re.DOTALL):
            assert re.sub(r"<[^>]+>", "", inside).strip(), name


def test_a_page_is_never_kept_and_runs_no_script_of_its_own() -> None:
    headers = Theatre(guarded=False).person("rita").client.get("/").headers
    assert headers["cache-control"] == "no-store"
    assert "script-src 'self'" in headers["content-security-policy"]
    assert "unsafe-inline" not in headers["content-security-policy"]
    assert headers["x-frame-options"] == "DENY"


def test_who_is_not_signed_in_is_sent_to_sign_in_and_back() -> None:
    stranger = Theatre(guarded=False).stranger()
    answer = stranger.client.get("/leases")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/leases")
    assert 'name="next" value="/leases"' in page(stranger, "/sign-in?next=/leases")
    assert 'name="next" value="/"' in page(stranger, "/sign-in?next=https://evil.example")
    assert 'name="next" value="/"' in page(stranger, "/sign-in?next=//evil.example")


def test_signing_in_by_form_with_a_key_in_hardware() -> None:
    theatre = Theatre(guarded=False)
    rita = theatre.stranger()
    rita.player = theatre.play.players["rita"]
    text = page(rita, "/sign-in")
    token = re.search(r'name="token" value="([^"]+)"', text)
    offer = rita.post("/sign-in/offers", {}).json()
    assert token
    answered: Any = rita.player.answer(offer["message"].encode())
    fields = {"token": offer["token"], "next": "/me", "key": answered.key, "signature": answered.signature}
    answer = rita.client.post("/sign-in", data=fields)
    assert (answer.status_code, answer.headers["location"]) == (303, "/me")
    wrong = rita.client.post("/sign-in", data=fields)
    assert wrong.status_code == 401
    assert "the sign-in was refused" in wrong.text


def test_from_a_form_to_a_code_without_a_script() -> None:
    theatre = Theatre()
    rita = theatre.person("rita")
    fields = {name: str(value) for name, value in FILE.items() if name != "wish"}
    filed = send(rita, "/requests/new", {**fields, "minutes": "30", "purpose": "visit"}, on=_new())
    draft = filed.headers["location"]
    phrase = re.search(r'class="big">([a-z-]+)<', page(rita, draft))
    assert phrase
    request = sign(rita, draft).headers["location"]
    assert phrase[1] in page(rita, request), "the phrase stays in this browser"
    assert phrase[1] not in page(theatre.person("rita"), request), "and in no other one"
    for name in ("anna", "omar"):
        approver = theatre.person(name)
        assert phrase[1] not in page(approver, request)
        approved = send(approver, f"{request}/approve", {"phrase": phrase[1]}, on=request)
        assert sign(approver, approved.headers["location"]).headers["location"] == request
    lease = send(rita, f"{request}/open", {}, on=request).headers["location"]
    assert "Custodians at work" in page(rita, lease)
    opening = next(iter(theatre.broker.state().openings))
    for name in ("carl", "cleo"):
        theatre.person(name).do(theatre.share(name, opening))
    asked = send(rita, f"{lease}/get-code", {}, on=lease).headers["location"]
    code = sign(rita, asked).headers["location"]
    text = page(rita, code)
    digits = re.search(r'aria-label="Code: ([\d ]+)"', text)
    assert digits
    assert digits[1].replace(" ", "") == rita.read(f"/leases/{lease.rpartition('/')[2]}/code")["code"]
    assert 'aria-live="polite"' in text
    assert "the head over this release lies with rehearsal" in text
    assert theatre.person("rita").client.get(code).status_code == 303, "another sign-in sees no code"
    assert send(rita, f"{lease}/give-back", {}, on=code).headers["location"] == lease
    assert "what was done, in words" in page(rita, lease)


def _new() -> str:
    return f"/requests/new?account={ACCOUNT}&task=s3-mfa-delete"


def test_a_form_that_is_refused_comes_back_filled_and_says_where() -> None:
    theatre = Theatre()
    rita = theatre.person("rita")
    fields = {"account": ACCOUNT, "task": "s3-mfa-delete", "ticket": " ", "reason": "why not", "minutes": "30"}
    answer = send(rita, "/requests/new", fields, on=_new())
    assert answer.status_code == 409
    assert 'href="#ticket"' in answer.text
    assert re.search(r'id="ticket"[^>]*aria-invalid="true" aria-describedby="wrong"', answer.text)
    assert "why not" in answer.text


@pytest.mark.parametrize("purpose", ["visit", "enrolment", "export", "task-session"])
def test_every_purpose_can_be_asked_for_with_the_one_form(purpose: str) -> None:
    theatre = Theatre()
    session = purpose == "task-session"
    account, task = (MEMBER, "s3-bucket-policy") if session else (ACCOUNT, "s3-mfa-delete")
    on = f"/requests/new?account={account}&task={task}"
    fields = {
        "account": account,
        "task": task,
        "purpose": purpose,
        "ticket": "OPS-1",
        "reason": "it has to be",
        "minutes": "30",
        "code_to": "rita",
        "device": DEVICE,
        "overrides_duties": "yes",
        **({"task_policy": "S3UnlockBucketPolicy", "role": ROLE} if session else {}),
    }
    rita = theatre.person("rita")
    answer = send(rita, "/requests/new", fields, on=on)
    assert answer.status_code == 303, answer.text
    sign(rita, answer.headers["location"])
    (own,) = rita.read("/requests")["own"]
    assert own["request"]["purpose"] == purpose


def test_a_member_account_is_led_to_a_task_session() -> None:
    theatre = Theatre()
    text = page(theatre.person("rita"), f"/requests/new?account={MEMBER}&task=s3-bucket-policy")
    assert "This needs no sign-in as root" in text
    assert re.search(r'value="task-session" checked', text)
    assert 'value="S3UnlockBucketPolicy"' in text


def test_a_code_that_has_not_begun_is_waited_for() -> None:
    theatre = Theatre()
    lease = theatre.lease()
    rita = theatre.person("rita")
    # Eight seconds before the end of a step the next one is asked for.
    theatre.wait(seconds=22)
    rita.do({"wish": "get-code", "lease": lease})
    answer = rita.client.get(f"/leases/{lease}/code")
    assert "The code begins in 8 s" in answer.text
    assert answer.headers["refresh"] == "8"
    theatre.wait(seconds=8)
    assert 'class="digits"' in page(rita, f"/leases/{lease}/code")


class TestForgery:
    def test_a_form_without_its_token_does_nothing(self) -> None:
        theatre = Theatre()
        rita = theatre.person("rita")
        size = theatre.broker.state().size
        answer = rita.client.post("/requests/new", data={"account": ACCOUNT})
        assert answer.status_code == 403
        assert "the form is not one that was opened in this session" in answer.text
        assert theatre.broker.state().size == size

    def test_the_token_of_another_form_or_session_does_nothing(self) -> None:
        theatre = Theatre()
        rita, anna = theatre.person("rita"), theatre.person("anna")
        token = re.search(r'action="/sign-out">\s*<input type="hidden" name="form" value="([^"]+)"', page(anna, "/"))
        assert token
        assert rita.client.post("/sign-out", data={"form": token[1]}).status_code == 403
        assert anna.client.post("/requests/new", data={"form": token[1]}).status_code == 403
        assert anna.client.post("/sign-out", data={"form": token[1]}).status_code == 303

    def test_a_file_does_not_carry_a_form_past_its_token(self) -> None:
        theatre = Theatre()
        theatre.begun()
        opening = next(iter(theatre.broker.state().openings))
        carl = theatre.person("carl")
        answer = carl.client.post(f"/openings/{opening}", files={"peeled": b"{}"}, data={"same": "yes"})
        assert answer.status_code == 403

    def test_a_form_from_another_page_does_nothing(self) -> None:
        theatre = Theatre()
        rita = theatre.person("rita")
        rita.client.headers["origin"] = "https://evil.example"
        assert rita.client.post("/sign-out", data={}).status_code == 403
        rita.client.headers["origin"] = ORIGIN
        rita.client.headers["sec-fetch-site"] = "cross-site"
        assert rita.client.post("/sign-out", data={}).status_code == 403


def test_who_came_through_a_provider_reads_and_does_nothing() -> None:
    theatre = Theatre()
    name, _ = theatre.request()
    anna = login_of(theatre, "anna")
    assert "looking only" in page(anna, f"/requests/{name}")
    assert "not through a provider" in page(anna, "/requests/new", 403)
    answer = anna.client.post(f"/requests/{name}/approve", data={"phrase": "x"})
    assert answer.status_code == 403


@pytest.mark.parametrize("who", EVERYBODY)
def test_every_place_somebody_is_shown_is_open_to_them(who: str) -> None:
    theatre = Theatre()
    person = theatre.person(who)
    navigation = re.findall(r'<li><a href="(/[a-z]*)"', page(person, "/"))
    assert len(navigation) >= 4
    for path in navigation:
        page(person, path)


def test_what_people_wrote_is_shown_and_does_nothing() -> None:
    theatre = Theatre()
    hostile = "<script>alert(1)</script>\"'{{7*7}}\u202eevil"
    name, _ = theatre.request(reason=hostile)
    text = page(theatre.person("anna"), f"/requests/{name}")
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert "\u202e" not in text
    assert "{{7*7}}" in text


def test_a_custodian_hands_in_a_file_after_comparing() -> None:
    theatre = Theatre()
    theatre.begun()
    opening = next(iter(theatre.broker.state().openings))
    carl = theatre.person("carl")
    path = f"/openings/{opening}"
    work = carl.client.get(f"{path}/work.json").json()
    token = re.search(
        rf'action="{path}" enctype[^>]*>\s*<input type="hidden" name="form" value="([^"]+)"', page(carl, path)
    )
    assert token
    share = theatre.share("carl", opening)
    peeled = str({"opening": opening, "fingerprint": work["fingerprint"], "peeled": share["peeled"]}).replace("'", '"')
    files = {"peeled": ("peeled.json", peeled.encode())}
    unread = carl.client.post(path, data={"form": token[1]}, files=files)
    assert "the fingerprint was not compared" in unread.text
    answer = carl.client.post(path, data={"form": token[1], "same": "yes"}, files=files)
    assert sign(carl, answer.headers["location"]).headers["location"] == path
    assert "carl gave" in page(theatre.person("cleo"), path)


def test_every_file_a_page_loads_is_there_and_no_other() -> None:
    theatre = Theatre(guarded=False)
    stranger = theatre.stranger()
    for name in ("style.css", "passkey.js", "heads.js", "merkle.js", "countdown.js", "icon.svg"):
        assert static_file(name)
        assert stranger.client.get(f"/static/{name}").status_code == 200
    for name in ("..%2fapp.py", "nothing.js", "style.css%00"):
        assert stranger.client.get(f"/static/{name}").status_code == 404


def test_every_template_can_be_read() -> None:
    for name in environment().list_templates(filter_func=lambda name: name.endswith(".html")):
        environment().get_template(name)
