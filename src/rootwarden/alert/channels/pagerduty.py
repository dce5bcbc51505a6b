"""PagerDuty: Events API v2 to page, REST API v2 to see who took it.

Sources: "Send an event to PagerDuty" (dedup_key of at most 255 letters, summary of at most 1,024) and "List incidents"
in PagerDuty's API reference. Documented; not seen on the real service.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import msgspec

from rootwarden.alert.channels.http import attempted, request
from rootwarden.alert.content.encoding import to_json
from rootwarden.alert.parcel import Answered
from rootwarden.detect.visits.incident import Severity
from rootwarden.facts.instant import parse_instant

if TYPE_CHECKING:
    from datetime import datetime

    from rootwarden.alert.channels.http import Answer
    from rootwarden.alert.parcel import Parcel
    from rootwarden.alert.secret import Secret
    from rootwarden.alert.settings import PagerDutyChannel
    from rootwarden.alert.store.leasing import Attempted

_LONGEST_SUMMARY: Final = 1024
_OK: Final = 200


class _Agent(msgspec.Struct, frozen=True):
    summary: str | None = None


class _Taken(msgspec.Struct, frozen=True):
    at: str = ""
    acknowledger: _Agent = _Agent()


class _Incident(msgspec.Struct, frozen=True):
    status: str = ""
    acknowledgements: tuple[_Taken, ...] = ()
    last_status_change_at: str = ""
    last_status_change_by: _Agent | None = None


class _Incidents(msgspec.Struct, frozen=True):
    incidents: tuple[_Incident, ...] = ()


class PagerDuty:
    """A service with an Events API v2 integration.

    Args:
        settings: Its name and addresses.
        routing_key: Of the integration.
        api_token: Read-only REST token; without one nobody is asked who took it.
    """

    def __init__(self, settings: PagerDutyChannel, *, routing_key: Secret, api_token: Secret | None) -> None:
        self.name = settings.name
        self._settings = settings
        self._routing_key = routing_key
        self._api_token = api_token

    def send(self, parcel: Parcel) -> Attempted:
        """Trigger; the alert's key is the deduplication key, so that a repeat adds to the incident that is open."""
        message = parcel.message()
        finding = parcel.subjects[0].finding
        event = {
            "routing_key": self._routing_key.reveal(),
            "event_action": "trigger",
            "dedup_key": message.thread,
            "client": "Rootwarden",
            "payload": {
                "summary": message.title[:_LONGEST_SUMMARY],
                "source": finding.account or "rootwarden",
                "severity": "critical" if message.severity is Severity.PAGE else "warning",
                "component": "root user",
                "class": "drill" if message.drill else "root use",
                "custom_details": {"text": message.text, "findings": list(message.findings), "key": message.key},
            },
        }
        answer = request(f"{self._settings.address}/v2/enqueue", body=to_json(event), headers={})
        return attempted(answer, secrets=(self._routing_key,), now=parcel.now, reference=message.thread)

    def answered(self, thread: str) -> Answered | None:
        """Who acknowledged or resolved the incident of a deduplication key."""
        if self._api_token is None:
            return None
        statuses = [("statuses[]", each) for each in ("acknowledged", "resolved")]
        query = urlencode([("incident_key", thread), ("date_range", "all"), *statuses])
        answer = request(
            f"{self._settings.api_address}/incidents?{query}",
            method="GET",
            headers={
                "Authorization": f"Token token={self._api_token.reveal()}",
                "Accept": "application/vnd.pagerduty+json;version=2",
            },
        )
        return _answered(answer)


def _answered(answer: Answer) -> Answered | None:
    if answer.status != _OK:
        return None
    try:
        found = msgspec.json.decode(answer.body, type=_Incidents).incidents
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    for each in found:
        if each.acknowledgements:
            first = each.acknowledgements[0]
            return Answered(person=first.acknowledger.summary or "somebody", at=_instant(first.at))
        if each.status in ("acknowledged", "resolved"):
            by = each.last_status_change_by
            person = (by.summary if by is not None else None) or "somebody"
            return Answered(person=person, at=_instant(each.last_status_change_at))
    return None


def _instant(text: str) -> datetime | None:
    return parse_instant(text)
