"""Records of every sort read without an error, and what is odd about them is named."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from rootwarden.detect.visits.event import read_event

if TYPE_CHECKING:
    from rootwarden.detect.filter_pattern import Event as Document

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3),
    max_leaves=8,
)
_NAMES = st.sampled_from(["eventID", "eventTime", "userIdentity", "readOnly", "recipientAccountId", "eventName"])


def test_a_console_session_is_read_whole() -> None:
    event = read_event(
        {
            "eventID": "00000000-0000-4000-8000-000000000002",
            "eventTime": "2026-03-02T08:04:00Z",
            "readOnly": "false",
            "sessionCredentialFromConsole": "true",
            "userIdentity": {
                "type": "Root",
                "accountId": "000011112222",
                "sessionContext": {"attributes": {"creationDate": "2026-03-02T08:00:11Z", "mfaAuthenticated": "true"}},
            },
            "requestParameters": {"userName": "AWS ROOT USER"},
        }
    )
    assert event.instant == datetime(2026, 3, 2, 8, 4, tzinfo=UTC)
    assert event.account == "000011112222"
    assert (event.read_only, event.from_console, event.identity.mfa) == (False, True, True)
    assert event.identity.session_started == datetime(2026, 3, 2, 8, 0, 11, tzinfo=UTC)
    assert event.text("requestParameters", "userName") == "AWS ROOT USER"
    assert event.irregular == ()


def test_fields_of_another_kind_are_empty_and_named() -> None:
    event = read_event({"eventTime": "yesterday", "readOnly": "perhaps", "userIdentity": "Root", "eventName": 5})
    assert (event.instant, event.read_only, event.name, event.identity.kind) == (None, None, "", "")
    assert event.irregular == ("eventName", "eventTime", "readOnly", "userIdentity")


@given(st.dictionaries(_NAMES | st.text(), _JSON, max_size=6))
def test_no_record_is_an_error(document: Document) -> None:
    event = read_event(document)
    assert event.document == document
