"""Policy documents: the well-formed is read whole, and what is not is unknown, never a policy without statements."""

from __future__ import annotations

import json
from typing import Any, Final
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rootwarden.collect.iam_document import document_fact
from rootwarden.facts.fact import Known, Source, Unknown, Why
from rootwarden.facts.iam_document import Condition, IamDocument, Principals, Statement
from rootwarden.iam.document import LARGEST, MOST_STATEMENTS, DocumentError, read_document

ALLOW: Final[dict[str, Any]] = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
READ: Final = Statement(effect="Allow", actions=("s3:*",), resources=("*",))


@pytest.mark.parametrize(
    ("statement", "read"),
    [
        pytest.param(ALLOW, READ, id="one statement, not a list"),
        pytest.param([ALLOW], READ, id="a list of one"),
        pytest.param({**ALLOW, "Action": ["s3:*"], "Resource": ["*"]}, READ, id="lists of one text"),
        pytest.param(
            {**ALLOW, "Sid": "x"}, Statement(sid="x", effect="Allow", actions=("s3:*",), resources=("*",)), id="sid"
        ),
        pytest.param(
            {"Effect": "Deny", "NotAction": ["iam:*", "sts:*"], "NotResource": "a"},
            Statement(effect="Deny", not_actions=("iam:*", "sts:*"), not_resources=("a",)),
            id="NotAction and NotResource",
        ),
        pytest.param(
            {"Effect": "Allow", "Action": [], "Resource": "*"},
            Statement(effect="Allow", actions=(), resources=("*",)),
            id="an empty list is there, and empty",
        ),
        pytest.param(
            {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"},
            Statement(effect="Allow", actions=("sts:AssumeRole",), principals=Principals(aws=("*",))),
            id="everybody",
        ),
        pytest.param(
            {"Effect": "Allow", "NotPrincipal": {"AWS": ["1", "2"], "Service": "ec2.amazonaws.com"}, "Action": "a:b"},
            Statement(
                effect="Allow",
                actions=("a:b",),
                not_principals=Principals(aws=("1", "2"), service=("ec2.amazonaws.com",)),
            ),
            id="NotPrincipal by kind",
        ),
        pytest.param(
            {**ALLOW, "Condition": {"Bool": {"aws:MultiFactorAuthPresent": True}, "NumericLessThan": {"a": [1, 2.5]}}},
            Statement(
                effect="Allow",
                actions=("s3:*",),
                resources=("*",),
                conditions=(
                    Condition("Bool", "aws:MultiFactorAuthPresent", ("true",)),
                    Condition("NumericLessThan", "a", ("1", "2.5")),
                ),
            ),
            id="conditions flattened, their values as text",
        ),
        pytest.param(
            {**ALLOW, "Action": "S3:getobject"},
            Statement(effect="Allow", actions=("S3:getobject",), resources=("*",)),
            id="letters of an action stay as written",
        ),
    ],
)
def test_what_is_read(statement: object, read: Statement) -> None:
    assert read_document({"Version": "2012-10-17", "Statement": statement}) == IamDocument("2012-10-17", (read,))


def test_without_a_version_the_old_one_counts() -> None:
    assert read_document({"Statement": ALLOW}).version == "2008-10-17"


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        pytest.param(None, "no JSON object", id="nothing"),
        pytest.param([], "no JSON object", id="a list"),
        pytest.param("", "not whole JSON", id="empty text"),
        pytest.param("{}", "no JSON object", id="no statement"),
        pytest.param('{"Statement": []}', "0 statements", id="no statements"),
        pytest.param('{"Statement": [{"Effect": "Allow"', "not whole JSON", id="cut in half"),
        pytest.param("%7B%22Statement%22%3A%5B%7B%22Eff", "not whole JSON", id="cut in half, URL-encoded"),
        pytest.param("%FF%7B%7D", "not whole JSON", id="no UTF-8"),
        pytest.param('{"Statement": {}, "Statement": {}}', "`Statement` stands twice", id="an element twice"),
        pytest.param(
            '{"Statement": {"Effect": "Deny", "Effect": "Allow", "Action": "*"}}',
            "`Effect` stands twice",
            id="effect twice",
        ),
        pytest.param({"statement": ALLOW}, "`statement` is no element", id="letters IAM does not have"),
        pytest.param({"Statement": {**ALLOW, "effect": "Deny"}}, "`effect` is no element", id="letters in a statement"),
        pytest.param({"Statement": {**ALLOW, "Effect": "allow"}}, "no `Effect`", id="letters of the effect"),
        pytest.param({"Statement": {"Action": "*"}}, "no `Effect`", id="no effect"),
        pytest.param({"Statement": {**ALLOW, "Effect": ["Allow"]}}, "no `Effect`", id="a list of effects"),
        pytest.param({"Statement": {**ALLOW, "NotAction": "a"}}, "both `Action` and `NotAction`", id="both"),
        pytest.param({"Statement": {**ALLOW, "Action": [1]}}, "neither a text", id="a number for an action"),
        pytest.param({"Statement": {**ALLOW, "Resource": None}}, "neither a text", id="null for a resource"),
        pytest.param(
            {"Statement": {**ALLOW, "Principal": {"Robot": "x"}}}, "`Robot` is no element", id="a new principal"
        ),
        pytest.param({"Statement": {**ALLOW, "Principal": 7}}, "names nobody", id="a number for a principal"),
        pytest.param({"Statement": {**ALLOW, "Condition": []}}, "no JSON object", id="a list of conditions"),
        pytest.param({"Statement": {**ALLOW, "Condition": {"Bool": "x"}}}, "nothing to compare", id="no key"),
        pytest.param(
            {"Statement": {**ALLOW, "Condition": {"Bool": {"a": {}}}}}, "is no value", id="an object as value"
        ),
        pytest.param({"Statement": [ALLOW, "x"]}, "statement 2", id="a text as statement"),
        pytest.param({"Statement": [ALLOW] * (MOST_STATEMENTS + 1)}, "2,001 statements", id="too many"),
        pytest.param("[" * 100_000, "nested too deep", id="too deep"),
        pytest.param(" " * (LARGEST + 1), "larger than 256 KiB", id="too large"),
        pytest.param({"Version": 7, "Statement": ALLOW}, "`Version` is no text", id="a number as version"),
    ],
)
def test_what_is_refused(raw: object, said: str) -> None:
    with pytest.raises(DocumentError, match=said.replace("(", r"\(")):
        read_document(raw)
    fact = document_fact(raw, "policy `x`", (Source(call="iam:X"),))
    assert isinstance(fact, Unknown)
    assert fact.why is Why.MALFORMED
    assert fact.reason.startswith("the document of policy `x` cannot be read: ")


texts = st.text(max_size=12)
some = st.one_of(texts, st.lists(texts, max_size=3))
statements = st.fixed_dictionaries(
    {"Effect": st.sampled_from(["Allow", "Deny"])},
    optional={
        "Sid": texts,
        "Action": some,
        "Resource": some,
        "Principal": st.one_of(st.just("*"), st.dictionaries(st.sampled_from(["AWS", "Service"]), some, max_size=2)),
        "Condition": st.dictionaries(texts, st.dictionaries(texts, some, max_size=2), max_size=2),
    },
)
documents = st.fixed_dictionaries({"Statement": st.lists(statements, min_size=1, max_size=3)}, optional={"Id": texts})


@given(documents)
def test_one_document_however_it_is_sent(document: dict[str, Any]) -> None:
    """As the AWS CLI prints it, as IAM's API sends it (URL-encoded), and as plain text."""
    text = json.dumps(document)
    read = document_fact(document, "a role")
    assert read == Known(read_document(document)) == Known(read_document(text))
    assert read == document_fact(quote(text, safe=""), "a role") == document_fact(quote(text), "a role")


@given(documents)
def test_one_text_and_a_list_of_it_are_the_same(document: dict[str, Any]) -> None:
    listed = json.loads(json.dumps(document))
    for statement in listed["Statement"]:
        for name in ("Action", "Resource"):
            if isinstance(statement.get(name), str):
                statement[name] = [statement[name]]
    assert read_document(listed) == read_document(document)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | texts, lambda inner: st.lists(inner) | st.dictionaries(texts, inner)
    )
)
def test_anything_is_a_document_or_unknown(raw: object) -> None:
    assert isinstance(document_fact(raw, "anything"), Known | Unknown)
