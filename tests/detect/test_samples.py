from __future__ import annotations

import msgspec
import pytest

from rootwarden.detect.errors import PatternError
from rootwarden.detect.samples import Use, for_account, read_samples
from rootwarden.packs.samples import root_samples


def test_required_samples_are_those_of_the_documentation() -> None:
    required = {sample.id for sample in root_samples() if sample.use is Use.REQUIRED}
    assert required == {"sign-in-with-mfa", "sign-in-without-mfa", "console-write", "key-write", "key-write-elsewhere"}


def test_every_sample_but_the_others_is_root() -> None:
    for sample in root_samples():
        identity = sample.event["userIdentity"]
        assert isinstance(identity, dict)
        assert (identity["type"] == "Root") is (sample.use is not Use.OTHER)


def test_event_ids_and_titles_are_distinct() -> None:
    for values in ([sample.event["eventID"] for sample in root_samples()], [sample.title for sample in root_samples()]):
        assert len(set(map(str, values))) == len(values)


@pytest.mark.parametrize(
    ("partition", "home", "other"),
    [("aws", "us-east-1", "eu-west-1"), ("aws-us-gov", "us-gov-west-1", "us-gov-east-1")],
)
def test_account_values_take_the_place_of_the_words(partition: str, home: str, other: str) -> None:
    events = for_account(root_samples(), account="111122223333", partition=partition, home_region=home)
    for event in events:
        assert not any(word in event.text for word in ("ACCOUNT", "PARTITION", "HOME_REGION", "OTHER_REGION"))
        assert msgspec.json.decode(event.text) == event.event
        assert event.region == (other if event.sample.id == "key-write-elsewhere" else home)
        assert event.event["recipientAccountId"] == "111122223333"
    assert any(f"arn:{partition}:iam::111122223333:root" in event.text for event in events)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "[" * 30000,
        b"\xff",
        '{"id": "a"}',
        '{"id": "a", "title": "t", "shape": "A", "use": "needed", "event": {}}',
        '{"id": "a", "title": "t", "shape": "A", "use": "required", "event": []}',
        " " * 70000,
    ],
)
def test_what_is_no_sample_is_refused(text: str | bytes) -> None:
    with pytest.raises(PatternError):
        read_samples([text])


def test_two_samples_of_one_name_are_refused() -> None:
    text = '{"id": "a", "title": "t", "shape": "A", "use": "required", "event": {}}'
    assert read_samples([text])[0].id == "a"
    with pytest.raises(PatternError):
        read_samples([text, text])
