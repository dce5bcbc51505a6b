"""Evidence brought to a check-in, by page and API: judged as the command judges it; every file is hostile."""

from __future__ import annotations

import json
from datetime import UTC, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.web.evidence import PHONE, look
from tests.web.test_pages import page, sign
from tests.web.theatre import ORIGIN, Theatre

from rootwarden.breakglass.broker.views import lease_of
from rootwarden.breakglass.checkin.brought import Brought, judged, read_brought
from rootwarden.breakglass.checkin.seen import MOST_ACTS, RootAct, Trail
from rootwarden.breakglass.rehearsal.play import ACCOUNT
from rootwarden.errors import InputError
from rootwarden.facts.fact import Known, Unknown

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx
    from tests.web.theatre import Person

    from rootwarden.breakglass.broker.views import LeaseView

DUTIES = ("mfa-devices", "access-keys", "certificates", "mail", "phone", "contacts", "no-login-refresh", "report")


class Visit:
    """A lease that ended, and evidence that all is as it was."""

    def __init__(self) -> None:
        self.theatre = Theatre()
        self.lease = self.theatre.ended()
        found = self.theatre.broker.state().leases[self.lease]
        assert found.ended is not None
        self.theatre.wait(hours=2)
        before, after = found.opened - timedelta(hours=1), self.theatre.now - timedelta(minutes=5)
        same = msgspec.structs.replace(look(before), at=after)
        act = RootAct(at=found.opened + timedelta(seconds=5), name="PutBucketVersioning")
        self.brought = Brought(
            account=ACCOUNT,
            evidence="ab" * 32,
            before=look(before),
            after=same,
            since=before,
            trail=Trail(read_until=found.ended + timedelta(hours=1), acts=(act,)),
        )
        self.dan = self.theatre.person("dan")

    @property
    def place(self) -> str:
        return f"/leases/{self.lease}/check-in"

    def document(self, **changes: Any) -> dict[str, Any]:
        made: dict[str, Any] = json.loads(msgspec.json.encode(self.brought))
        return made | changes

    def token(self, person: Person, path: str | None = None) -> str:
        text = page(person, self.place)
        action = path or f"/leases/{self.lease}/evidence"
        return text.split(f'action="{action}"')[1].split('name="form" value="')[1].split('"')[0]

    def upload(self, content: bytes, report: str = "switched it off", *, by: Person | None = None) -> httpx.Response:
        person = by or self.dan
        return person.client.post(
            f"/leases/{self.lease}/evidence",
            data={"form": self.token(person), "report": report},
            files={"brought": ("evidence.json", content, "application/json")},
        )

    def told(self) -> dict[str, str]:
        lease = self.theatre.broker.state().leases[self.lease]
        return {duty.value: finding.shown.value for duty, finding in lease.findings.items()}


@pytest.fixture
def visit() -> Visit:
    return Visit()


def test_a_file_is_judged_shown_and_signed(visit: Visit) -> None:
    answer = visit.upload(msgspec.json.encode(visit.brought))
    assert answer.status_code == 303, answer.text
    draft = answer.headers["location"]
    text = page(visit.dan, draft)
    assert "the phone of the primary contact: as before" in text
    assert "no `aws login` token lives on" in text
    assert sign(visit.dan, draft).headers["location"] == f"/leases/{visit.lease}"
    assert visit.told() == dict.fromkeys(DUTIES, "met")
    lease = visit.theatre.broker.state().leases[visit.lease]
    assert (lease.evidence, lease.observed) == ("ab" * 32, visit.brought.after.at)


def test_nothing_of_the_file_is_kept_but_what_is_signed(visit: Visit) -> None:
    sign(visit.dan, visit.upload(msgspec.json.encode(visit.brought)).headers["location"])
    kept = b"".join(visit.theatre.keeper.entries)
    assert "ab" * 32 in kept.decode()
    for canary in (PHONE, "canary@example.com", "Canary team", f"arn:aws:iam::{ACCOUNT}:mfa/its-canary"):
        assert canary.encode() not in kept


def test_the_api_judges_the_same(visit: Visit) -> None:
    body = {"brought": visit.document(), "report": "switched it off"}
    wish = visit.dan.post(f"/leases/{visit.lease}/evidence", body)
    assert wish.status_code == 200, wish.text
    assert [one["shown"] for one in wish.json()["findings"]] == ["met"] * len(DUTIES)
    visit.dan.do(wish.json())
    assert visit.told() == dict.fromkeys(DUTIES, "met")


def changed(**fields: Any) -> Callable[[Brought], Brought]:
    def change(brought: Brought) -> Brought:
        return msgspec.structs.replace(brought, after=msgspec.structs.replace(brought.after, **fields))

    return change


DENIED = Unknown("x" * 900_000)
REACHES_ONLY = timedelta(minutes=-30)


@pytest.mark.parametrize(
    ("change", "duty", "shown"),
    [
        (changed(access_keys_present=Known(value=True)), "access-keys", "differs"),
        (changed(access_keys_present=DENIED), "access-keys", "unknown"),
        (changed(email=Known("else@example.com")), "mail", "differs"),
        (changed(virtual_mfa_devices=Known(())), "mfa-devices", "differs"),
        (lambda brought: msgspec.structs.replace(brought, before=None), "contacts", "unknown"),
        (lambda brought: msgspec.structs.replace(brought, trail=Trail()), "no-login-refresh", "unknown"),
    ],
    ids=["a-key", "denied", "mail", "devices", "nobody-looked-before", "no-trail"],
)
def test_what_a_file_does_not_show_stays_open(
    visit: Visit, change: Callable[[Brought], Brought], duty: str, shown: str
) -> None:
    """The page says word for word what is signed; a reason as long as the file is cut."""
    answer = visit.upload(msgspec.json.encode(change(visit.brought)), report="")
    text = page(visit.dan, answer.headers["location"])
    assert len(text) < 40_000
    sign(visit.dan, answer.headers["location"])
    assert (visit.told()[duty], visit.told()["report"]) == (shown, "unknown")
    assert visit.theatre.broker.state().leases[visit.lease].phase == "duties"


def later(brought: Brought) -> str:
    return (brought.since + timedelta(hours=2)).astimezone(UTC).isoformat()


def hostile(name: str, visit: Visit) -> bytes:
    document, after = visit.document(), visit.document()["after"]
    naive = {"type": "known", "value": "2026-03-02T08:00:00"}
    acts = [{"at": document["since"], "name": "ListBuckets"}] * (MOST_ACTS + 1)
    made: dict[str, bytes | dict[str, Any]] = {
        "nothing": b"",
        "no-json": b"\xff\xfe{",
        "a-list": b"[]",
        "deep": b"[" * 200_000,
        "deep-inside": b'{"after":' * 100_000,
        "half": json.dumps(document).encode()[:-40],
        "another-schema": document | {"schema": "rootwarden.check-in/2"},
        "another-account": document | {"account": "999988887777"},
        "a-field-more": document | {"shown": "met"},
        "no-digest": document | {"evidence": "ab"},
        "no-zone": document | {"after": after | {"password_changed": naive}},
        "a-word-for-a-fact": document | {"after": after | {"access_keys_present": {"type": "known", "value": "no"}}},
        "no-fact": document | {"after": after | {"email": None}},
        "the-year-9999": document | {"trail": {"read_until": "9999-12-31T23:59:59Z"}},
        "the-year-1": document | {"since": "0001-01-01T00:00:00+14:00"},
        "too-many-acts": document | {"trail": {"acts": acts}},
        "from-too-late-on": document | {"since": later(visit.brought)},
    }
    content = made[name]
    return content if isinstance(content, bytes) else json.dumps(content).encode()


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("nothing", "no file was chosen"),
        ("no-json", "this is no evidence for a check-in"),
        ("a-list", "this is no evidence for a check-in"),
        ("deep", "this is no evidence for a check-in"),
        ("deep-inside", "this is no evidence for a check-in"),
        ("half", "this is no evidence for a check-in"),
        ("another-schema", "this is no evidence for a check-in"),
        ("another-account", "the evidence is of account 999988887777"),
        ("a-field-more", "this is no evidence for a check-in"),
        ("no-digest", "this is no evidence for a check-in"),
        ("no-zone", "this is no evidence for a check-in"),
        ("a-word-for-a-fact", "this is no evidence for a check-in"),
        ("no-fact", "this is no evidence for a check-in"),
        ("the-year-9999", "of a year nobody reckons with"),
        ("the-year-1", "of a year nobody reckons with"),
        ("too-many-acts", "this is no evidence for a check-in"),
        ("from-too-late-on", "acts of root were looked for only from"),
    ],
)
def test_a_file_that_is_no_evidence_is_told_and_nothing_is_drafted(visit: Visit, name: str, says: str) -> None:
    size = visit.theatre.broker.state().size
    answer = visit.upload(hostile(name, visit))
    assert (answer.status_code, says in answer.text) == (400, True), answer.text
    assert (visit.theatre.broker.state().size, visit.told()) == (size, {})


def test_a_file_that_is_too_long_is_refused_before_it_is_read(visit: Visit) -> None:
    answer = visit.upload(b" " * 1_000_001)
    assert (answer.status_code, "more than 1,000,000 bytes" in answer.text) == (413, True)
    body = {"brought": visit.document(), "report": "x" * 1_000_001}
    assert visit.dan.post(f"/leases/{visit.lease}/evidence", body).status_code == 413


def test_a_report_that_is_too_long_is_told(visit: Visit) -> None:
    answer = visit.upload(msgspec.json.encode(visit.brought), report="x" * 4001)
    assert (answer.status_code, "of length &lt;= 4000" in answer.text) == (409, True)
    body = {"brought": visit.document(), "report": "x" * 4001}
    assert visit.dan.post(f"/leases/{visit.lease}/evidence", body).status_code == 400


def test_older_evidence_and_that_of_who_was_there_are_refused_by_the_protocol(visit: Visit) -> None:
    rita = visit.theatre.person("rita")
    answer = visit.upload(msgspec.json.encode(visit.brought), by=rita)
    assert (answer.status_code, "who was there does not check in" in answer.text) == (403, True)
    old = changed(at=visit.brought.since)(visit.brought)
    answer = visit.upload(msgspec.json.encode(old))
    assert (answer.status_code, "older than the end of the visit" in answer.text) == (409, True)


def test_only_a_form_of_this_page_and_session_is_taken(visit: Visit) -> None:
    path, content = f"/leases/{visit.lease}/evidence", msgspec.json.encode(visit.brought)
    files = {"brought": ("evidence.json", content, "application/json")}
    others = {
        "none": "",
        "of another form": visit.token(visit.dan, visit.place),
        "of another session": visit.token(visit.theatre.person("dan")),
    }
    for token in others.values():
        assert visit.dan.client.post(path, data={"form": token}, files=files).status_code == 403
    foreign = {"origin": "https://evil.example"}
    data = {"form": visit.token(visit.dan)}
    assert visit.dan.client.post(path, data=data, files=files, headers=foreign).status_code == 403
    body = {"brought": visit.document()}
    assert visit.dan.client.post(f"/api/v1{path}", json=body, headers=foreign).status_code == 403
    # A form cannot pass for a program's request.
    assert visit.dan.client.post(f"/api/v1{path}", data={"brought": "{}"}).status_code == 415
    stranger = visit.theatre.stranger()
    assert stranger.client.post(f"/api/v1{path}", json=body, headers={"origin": ORIGIN}).status_code == 401


def test_who_may_not_see_the_lease_learns_nothing(visit: Visit) -> None:
    rita, body = visit.theatre.person("rita"), {"brought": visit.document()}
    others = rita.post("/leases/enrolment/evidence", body)
    none = rita.post("/leases/none/evidence", body)
    assert (others.status_code, others.text) == (404, none.text.replace("`none`", "`enrolment`"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@cache
def ended() -> tuple[dict[str, Any], LeaseView]:
    """Evidence there is, and its lease."""
    visit = Visit()
    lease = visit.theatre.broker.look(lambda state: lease_of(state, "dan", visit.lease, visit.theatre.now))
    return visit.document(), lease


@given(path=st.lists(st.integers(0, 7), min_size=1, max_size=6), value=JSON)
@settings(max_examples=300, deadline=None)
def test_whatever_stands_in_the_place_of_a_value_it_is_judged_or_no_evidence(path: list[int], value: Any) -> None:
    whole, lease = ended()
    document: Any = json.loads(json.dumps(whole))
    at = document
    for step in path[:-1]:
        inner = [one for one in (at.values() if isinstance(at, dict) else at) if isinstance(one, (dict, list)) and one]
        if not inner:
            break
        at = inner[step % len(inner)]
    place = list(at)[path[-1] % len(at)] if isinstance(at, dict) else path[-1] % len(at)
    at[place] = value
    try:
        found = judged(read_brought(json.dumps(document).encode()), lease, report="")
    except InputError:
        return
    assert tuple(finding.duty.value for finding in found.findings) == DUTIES
