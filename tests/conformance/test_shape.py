"""Answers and their shapes, held against botocore's own models."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rootwarden.conformance.shape import added, parent, root_row_shape, shape_of
from rootwarden.simulator.protocols.model import operation_model

if TYPE_CHECKING:
    from botocore.model import Shape as Model

    from rootwarden.aws.calls import Json

MISSING = frozenset({"missing"})


def model(service: str, operation: str) -> Model:
    found = operation_model(service, operation)
    assert found is not None
    assert found.output_shape is not None
    return found.output_shape


def shape(call: str, document: Json) -> dict[str, list[str]]:
    found = shape_of(document, model(*call.split(":")))
    return {path: sorted(kinds) for path, kinds in found.items() if kinds != MISSING}


def test_lists_add_their_items_up() -> None:
    keys: Json = [{"UserName": "pat", "AccessKeyId": "AKIAFAKE111122223333", "Status": "Active"}, {"Status": "Gone"}]
    assert shape("iam:ListAccessKeys", {"AccessKeyMetadata": keys, "IsTruncated": False}) == {
        "": ["structure"],
        "AccessKeyMetadata": ["list"],
        "AccessKeyMetadata[]": ["structure"],
        "AccessKeyMetadata[].UserName": ["missing", "text"],
        "AccessKeyMetadata[].AccessKeyId": ["access key id", "missing"],
        "AccessKeyMetadata[].Status": ["word the service model does not list", "word the service model lists"],
    }


def test_keys_are_told_only_where_aws_names_them() -> None:
    summary = shape("iam:GetAccountSummary", {"SummaryMap": {"Users": 3, "Pat Founder": 1}})
    assert summary["SummaryMap{Users}"] == ["number"]
    assert summary["SummaryMap{…}"] == ["number"]
    condition: Json = {"NotIpAddress": {"aws:PrincipalTag/pat": ["203.0.113.7"]}}
    policy: Json = {"signinResourceBasedPolicy": {"statement": [{"condition": condition}]}}
    found = shape("signin:GetResourcePolicy", policy)
    assert found["signinResourceBasedPolicy.statement[].condition{}{}[]"] == ["text"]


def test_wrong_types_are_told_as_what_they_are() -> None:
    assert shape("iam:GetAccountSummary", {"SummaryMap": [1]})["SummaryMap"] == ["list"]
    assert shape("iam:GetUser", {"User": "pat"})["User"] == ["text"]
    assert shape("iam:GetUser", {})["User"] == ["missing although required"]


REPORT = """user,arn,mfa_active,password_last_used,pat's own column
pat,arn:aws:iam::111122223333:user/pat,true,2026-03-02T12:00:00Z,x
<root_account>,arn:aws:iam::111122223333:root,TRUE,no_information,x
"""


def test_the_root_row_wherever_it_is() -> None:
    found = root_row_shape(base64.b64encode(REPORT.encode()).decode())
    assert {path: sorted(kinds) for path, kinds in found.items()} == {
        "Content": ["CSV"],
        "Content.root": ["structure"],
        "Content.root{user}": ["<root_account>"],
        "Content.root{arn}": ["arn:aws:iam::{account}:root"],
        "Content.root{mfa_active}": ["TRUE or FALSE"],
        "Content.root{password_last_used}": ["no_information"],
        "Content.root{…}": ["text"],
    }


@pytest.mark.parametrize("content", ["", "not base64!", "YQ==", base64.b64encode(b'\xff"\n\x00').decode()])
def test_what_is_no_report(content: str) -> None:
    found = root_row_shape(content)
    assert found.get("Content.root", frozenset({"missing although required"})) == {"missing although required"}


def test_shapes_add_up() -> None:
    first, second = {"a": frozenset({"text"})}, {"a": frozenset({"instant"}), "b": MISSING}
    assert added([first, second]) == {"a": {"text", "instant"}, "b": MISSING}
    assert [parent(path) for path in ("a.b", "a[]", "a{}{x}", "a")] == ["a", "a", "a{}", ""]


nested = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
)


@given(nested, st.sampled_from(["iam:GetUser", "ec2:DescribeInstances", "iam:GetAccountSummary"]))
def test_any_document_has_a_shape(document: Json, call: str) -> None:
    members = {"SummaryMap": document, "User": document, "Reservations": document}
    assert "" in shape_of(members, model(*call.split(":")))


def test_bottomless_documents_end() -> None:
    document: Json = []
    for _ in range(500):
        document = [document]
    assert shape_of({"Reservations": document}, model("ec2", "DescribeInstances"))
