"""The kinds of text: AWS's spellings are told apart, and nothing that goes in ever comes out."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rootwarden.conformance import words
from rootwarden.conformance.words import kind_of_text, safe_code

CASES = {
    "": "empty text",
    "true": "true or false",
    "FALSE": "TRUE or FALSE",
    "not_supported": "not_supported",
    "no_information": "no_information",
    "N/A": "N/A",
    "<root_account>": "<root_account>",
    "PendingConfirmation": "PendingConfirmation",
    "2026-03-02T12:00:00+00:00": "instant ending in +00:00",
    "2026-03-02T12:00:00Z": "instant ending in Z",
    "2026-03-02T12:00:00.123Z": "instant ending in Z",
    "2026-03-02T12:00:00+02:00": "instant",
    "2026-03-02": "date",
    "111122223333": "account id",
    "1111222233334": "text",
    "1": "text",
    "us-gov-west-1": "region",
    "ap-southeast-2": "region",
    "AKIAFAKE111122223333": "access key id",
    "pat@example.com": "e-mail address",
    "https://example.com/hook": "URL",
    '{"Version":"2012-10-17"}': "JSON document",
    '{ $.userIdentity.type = "Root" }': "text",
    "Pat Founder": "text",
    "arn:aws:iam::111122223333:root": "arn:aws:iam::{account}:root",
    "arn:aws-cn:iam::111122223333:root": "arn:aws-cn:iam::{account}:root",
    "arn:aws:iam::111122223333:user/division/pat": "arn:aws:iam::{account}:user/…",
    "arn:aws:iam::aws:policy/job-function/Billing": "arn:aws:iam::aws:policy/…",
    "arn:aws:sns:us-east-1:111122223333:root": "arn:aws:sns:{region}:{account}:…",
    "arn:aws:sns:us-east-1:111122223333:root:0f-1": "arn:aws:sns:{region}:{account}:…:…",
    "arn:aws:logs:us-east-1:111122223333:log-group:pat:*": "arn:aws:logs:{region}:{account}:log-group:…:*",
    "arn:pat:pat:pat:pat:pat": "arn:{partition}:{service}:{region}:{owner}:…",
    "arn:aws:iam": "text",
}


@pytest.mark.parametrize(("text", "kind"), CASES.items())
def test_kinds(text: str, kind: str) -> None:
    assert kind_of_text(text) == kind


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("AccessDenied", "AccessDenied"),
        ("InvalidGroup.NotFound", "InvalidGroup.NotFound"),
        ("404", "404"),
        ("no user Pat Founder", "an error code that is no single word"),
        ("arn:aws:iam::111122223333:root", "an error code that is no single word"),
        ("pat@example.com", "an error code that is no single word"),
        ("", "an error code that is no single word"),
    ],
)
def test_error_codes(code: str, told: str) -> None:
    assert safe_code(code) == told


# Everything a kind may be made of, spelled out apart from the code that makes it.
PLAIN = {*CASES.values()} - {kind for kind in CASES.values() if kind.startswith("arn:")} | {"True or False", "n/a"}
LEADING = "|".join(sorted({word for known in words._RESOURCES.values() for word in known}))
ARN = re.compile(
    rf"arn:({'|'.join([*sorted(words.PARTITIONS), '{partition}'])})"
    rf":({'|'.join([*sorted(words._RESOURCES), '{service}'])})"
    rf":(|{{region}}):(|aws|{{account}}|{{owner}}):(({LEADING})|({LEADING})?[/:]?…(:…)?(:\*)?)"
)
pieces = st.one_of(st.sampled_from(["arn", "aws", "iam", "sns", ":", "/", "root", "user", "@", "{", "}", '"', *CASES]))
hostile = st.one_of(st.text(), st.lists(st.one_of(pieces, st.text(max_size=5)), max_size=12).map("".join))


@given(hostile)
def test_no_text_ever_comes_out(text: str) -> None:
    kind = kind_of_text(text)
    assert kind in PLAIN or ARN.fullmatch(kind)


@pytest.mark.parametrize("text", ["a" * 5_000_000, "{" + "[" * 1_000_000 + "}", "arn:" + ":" * 1_000_000])
def test_gigantic_text_is_no_trouble(text: str) -> None:
    assert kind_of_text(text)
