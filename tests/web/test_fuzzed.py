"""The API under requests nobody thought of: made from its own document, as each role, and without one.

Whatever is sent, the answer is one the document has, and never that of a bug; nobody gets a code.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from tests.web.theatre import ORIGIN, Theatre

from rootwarden.web.api.document import openapi
from rootwarden.web.app import ENDPOINTS

if TYPE_CHECKING:
    from typing import TypeAlias

    from schemathesis import Case as AnyCase
    from tests.web.theatre import Person

    Case: TypeAlias = AnyCase[Any]

# One for each role, somebody with two, and nobody.
ROLES = ("ada", "rita", "rob", "anna", "carl", "dan", "")
FEW, MANY = 6, 400
DOCUMENT = json.loads(json.dumps(openapi(ENDPOINTS)))
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
# Not the one that ends the session: what follows would find nobody.
OPERATIONS = [
    (path, method)
    for path, methods in DOCUMENT["paths"].items()
    for method in methods
    if not path.endswith("/sign-out")
]


def bounded(examples: int) -> settings:
    """So many new examples, however long one takes, and none kept."""
    return settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


@cache
def theatre() -> Theatre:
    """One for all: what a request writes stays for the next."""
    made = Theatre()
    made.lease()
    made.request()
    return made


@cache
def somebody(role: str) -> Person:
    return theatre().person(role) if role else theatre().stranger()


@cache
def cases() -> st.SearchStrategy[Case]:
    operations = [SCHEMA[path][method.upper()] for path, method in OPERATIONS]
    return st.one_of([operation.as_strategy() for operation in operations])


def names_there_are() -> list[str]:
    state = theatre().broker.state()
    return [*state.leases, *state.requests, *state.openings, *state.people]


def answer_to(case: Case, who: str, name: str) -> httpx.Response:
    """Send a case, sometimes about something there is."""
    if name and "id" in case.path_parameters:
        case.path_parameters["id"] = name
    sent = case.as_transport_kwargs(base_url=ORIGIN)
    kept = {key: sent[key] for key in ("method", "url", "params", "json") if sent.get(key) is not None}
    try:
        return somebody(who).client.request(**kept)
    except (httpx.InvalidURL, UnicodeError):
        # What cannot even be sent.
        return httpx.Response(400, headers={"content-type": "application/problem+json"}, json={})


def check(case: Case, answer: httpx.Response) -> None:
    assert answer.status_code != 500, answer.text
    operation = DOCUMENT["paths"][case.path][case.method.lower()]
    if answer.status_code in {404, 405} and not answer.json().get("step"):
        return
    assert str(answer.status_code) in operation["responses"], (answer.status_code, answer.text)
    content = operation["responses"][str(answer.status_code)]["content"]
    kind = answer.headers["content-type"].partition(";")[0]
    assert kind in content, kind
    if kind != "application/jsonl" and answer.content and answer.json():
        schema = {**content[kind]["schema"], "components": DOCUMENT["components"]}
        if schema.get("type") != "string":
            Draft202012Validator(schema).validate(answer.json())
    assert '"what":"code"' not in answer.text


def run(examples: int) -> None:
    @bounded(examples)
    @given(case=cases(), who=st.sampled_from(ROLES), number=st.integers(0, 30))
    def fuzz(case: Case, who: str, number: int) -> None:
        names = names_there_are()
        name = names[number % len(names)] if number < 2 * len(ROLES) else ""
        check(case, answer_to(case, who, name))

    fuzz()


def test_whatever_is_sent_the_answer_is_one_that_is_documented() -> None:
    run(FEW * len(ROLES))


@pytest.mark.soak
def test_whatever_is_sent_for_long() -> None:
    run(MANY * len(ROLES))


@pytest.mark.parametrize("role", ROLES)
@given(content=st.binary(max_size=300), number=st.integers(0, len(OPERATIONS) - 1))
@bounded(10)
def test_bytes_that_are_no_json_break_nothing(role: str, content: bytes, number: int) -> None:
    path, method = OPERATIONS[number]
    url = path.replace("{id}", "x").replace("{device}", "x")
    headers: dict[str, Any] = {"content-type": "application/json"}
    answer = somebody(role).client.request(method.upper(), url, content=content, headers=headers)
    assert answer.status_code < 500, answer.text


def test_the_document_names_every_endpoint_once() -> None:
    names = [operation["operationId"] for methods in DOCUMENT["paths"].values() for operation in methods.values()]
    assert len(names) == len(set(names)) == len(ENDPOINTS)
