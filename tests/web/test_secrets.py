"""Secrets at the doors: nobody else is shown them, no error repeats them, nothing of the demonstration is there."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

import pytest
from tests.web.theatre import FILE, ORIGIN, Theatre

from rootwarden.breakglass.core.request import Purpose
from rootwarden.errors import StoreError
from rootwarden.web.app import ENDPOINTS, PAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

CANARY = "MNQW4YLSPFRWC3TBOJ4WGYLOMFZHSY3B"
PASSWORD = "canary, Battery & 9 staples"
SECRETS = (CANARY, PASSWORD, "Battery &amp; 9")


def reads(names: dict[str, str]) -> Iterator[str]:
    """Every address that shows something, API and pages."""
    for path in [f"/api/v1{each.path}" for each in ENDPOINTS if each.method == "GET"] + [
        each.path for each in PAGES if each.method == "GET"
    ]:
        whole = path
        for collection, name in names.items():
            whole = re.sub(rf"/{collection}/{{\w+}}", f"/{collection}/{name}", whole)
        yield whole.replace("{device}", "vaulted")


def stands_alone(code: str, text: str) -> bool:
    """Six digits are in many hashes; here they stand for themselves, or as a page spaces them."""
    return bool(re.search(rf"(?<![0-9A-Za-z+/.]){code[:3]}\s?{code[3:]}(?![0-9A-Za-z+/=.])", text))


def test_nobody_but_its_recipient_is_shown_a_code_a_password_or_a_phrase() -> None:
    theatre = Theatre()
    lease = theatre.lease()
    rita = theatre.person("rita")
    signed, _ = rita.do({"wish": "get-code", "lease": lease})
    code = signed["released"]["code"]
    request, phrase = theatre.request(ticket="OPS-9", overrides_duties=True)
    draft = rita.prepare({**FILE, "ticket": "OPS-10"}).json()["id"]
    state = theatre.broker.state()
    names = {
        "requests": request,
        "leases": lease,
        "openings": next(iter(state.openings)),
        "people": "rita",
        "drafts": draft,
        "static": "style.css",
    }
    assert stands_alone(code, rita.get(f"/leases/{lease}/code").text), "the search finds it where it is"
    looked = 0
    # Another session of the recipient, which did not sign for it, is somebody else too.
    for who in ("rita", "rob", "anna", "carl", "ada", "dan", None):
        person = theatre.stranger() if who is None else theatre.person(who)
        for path in reads(names):
            answer = person.client.get(path)
            assert "{" not in path, path
            assert answer.status_code < 500, (who, path)
            looked += answer.status_code == 200
            assert not stands_alone(code, answer.text), (who, path)
            assert phrase not in answer.text, (who, path)
    assert looked > 100


@pytest.fixture(scope="module")
def begun() -> tuple[Theatre, str]:
    theatre = Theatre()
    fields = {"purpose": Purpose.ENROLMENT, "task": "root-mfa-devices", "code_to": ""}
    return theatre, theatre.lease(**fields)


@pytest.fixture
def enrolling(begun: tuple[Theatre, str], caplog: pytest.LogCaptureFixture) -> tuple[Theatre, str]:
    caplog.set_level(logging.DEBUG)
    begun[0].vault.trouble = None
    return begun


BODIES: tuple[Any, ...] = (
    {"device": "vaulted", "text": CANARY + "!"},
    {"device": "vaulted", "text": f"otpauth://totp/x?secret={CANARY}&secret={CANARY}"},
    {"device": "other", "text": CANARY},
    {"device": 5, "text": CANARY},
    {"device": "vaulted", "text": CANARY, "more": CANARY},
    {"device": "vaulted", "text": [CANARY]},
    {"text": CANARY},
    CANARY,
    [CANARY],
)


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_no_error_repeats_a_seed(enrolling: tuple[Theatre, str], caplog: pytest.LogCaptureFixture, body: Any) -> None:
    theatre, lease = enrolling
    answer = theatre.person("rita").post(f"/leases/{lease}/seed", body)
    told = answer.text + caplog.text
    assert answer.status_code >= 400 or body == BODIES[2]
    assert not any(secret in told for secret in SECRETS)


@pytest.mark.parametrize("trouble", [RuntimeError(PASSWORD), StoreError("the disk is full"), ValueError(CANARY)])
def test_a_bug_behind_a_release_says_nothing_of_what_it_holds(
    enrolling: tuple[Theatre, str], caplog: pytest.LogCaptureFixture, trouble: Any
) -> None:
    theatre, lease = enrolling
    theatre.vault.trouble = trouble
    rita = theatre.person("rita")
    for answer in (
        rita.post(f"/leases/{lease}/seed", {"device": "vaulted", "text": CANARY}),
        rita.client.get(f"/leases/{lease}/enrolment"),
        rita.get(f"/openings/{next(iter(theatre.broker.state().openings))}/work"),
    ):
        assert not any(secret in answer.text + caplog.text for secret in SECRETS)
    assert not any(secret.encode() in b"".join(theatre.keeper.entries) for secret in SECRETS)


@pytest.mark.parametrize("path", ["/demo", "/demo/sign", "/demo/as/rita", "/demo/shares", "/static/rehearsed.js"])
def test_nothing_of_the_demonstration_is_there(begun: tuple[Theatre, str], path: str) -> None:
    person = begun[0].stranger()
    for answer in (person.client.get(path), person.client.post(path, json={"challenge": "AAAA"})):
        assert answer.status_code in (404, 405)
        assert "/demo/sign" not in answer.text.replace(path, "")


@pytest.mark.parametrize(
    "name",
    ["../app.py", "..%2fapp.py", "%2e%2e/app.py", "..\\app.py", "/etc/passwd", "%2fetc%2fpasswd", "style.css%00"],
)
def test_static_files_are_those_of_a_list(begun: tuple[Theatre, str], name: str) -> None:
    answer = begun[0].stranger().client.get(f"/static/{name}")
    assert answer.status_code == 404
    assert "import" not in answer.text


@pytest.mark.parametrize(
    "onward",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "/%2f/evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
    ],
)
def test_a_sign_in_leads_to_a_page_of_ours(begun: tuple[Theatre, str], onward: str) -> None:
    answer = begun[0].stranger().client.get("/sign-in", params={"next": onward})
    assert answer.status_code == 200
    assert "evil.example" not in answer.text
    assert "alert(1)" not in answer.text


def test_words_of_people_are_words_on_every_page() -> None:
    """What a requester writes is shown as it was written, and is no part of the page."""
    theatre = Theatre()
    hostile = '"><script src=/static/rehearsed.js></script><img src=x onerror=alert(1)>{{7*7}}'
    name, _ = theatre.request(reason=hostile, ticket=hostile, words=hostile)
    lease = theatre.lease(reason=hostile, overrides_duties=True)
    for who in ("anna", "dan"):
        person = theatre.person(who)
        for path in (f"/requests/{name}", "/requests", f"/leases/{lease}", "/leases", "/audit", "/"):
            answer = person.client.get(path)
            assert "<script src=/static" not in answer.text, (who, path)
            assert "<img src=x" not in answer.text, (who, path)
            policy = answer.headers["content-security-policy"]
            assert "script-src 'self'" in policy
            assert "unsafe-inline" not in policy
    shown = theatre.person("anna").client.get(f"/requests/{name}").text
    assert "&lt;script" in shown
    assert "{{7*7}}" in shown
    assert ORIGIN.startswith("https")
