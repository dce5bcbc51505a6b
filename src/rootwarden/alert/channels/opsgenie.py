"""Opsgenie: Alert API v2, to page and to see who took it.

Sources: "Create Alert" (message of at most 130 letters, alias of at most 512, description of at most 15,000) and "Get
Alert" in Opsgenie's API documentation. Documented; not seen on the real service.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import msgspec

from rootwarden.alert.channels.http import attempted, request
from rootwarden.alert.content.encoding import to_json
from rootwarden.alert.parcel import Answered
from rootwarden.detect.visits.incident import Severity

if TYPE_CHECKING:
    from rootwarden.alert.parcel import Parcel
    from rootwarden.alert.secret import Secret
    from rootwarden.alert.settings import OpsgenieChannel
    from rootwarden.alert.store.leasing import Attempted

_LONGEST_MESSAGE: Final = 130
_LONGEST_DESCRIPTION: Final = 15_000
_OK: Final = 200


class _Report(msgspec.Struct, frozen=True, rename="camel"):
    acknowledged_by: str | None = None
    closed_by: str | None = None


class _Data(msgspec.Struct, frozen=True):
    status: str = ""
    acknowledged: bool = False
    owner: str | None = None
    report: _Report | None = None


class _Alert(msgspec.Struct, frozen=True):
    data: _Data = _Data()


class Opsgenie:
    """A team with an API integration.

    Args:
        settings: Its name and address.
        api_key: Of the integration, with the right to create and to read.
    """

    def __init__(self, settings: OpsgenieChannel, *, api_key: Secret) -> None:
        self.name = settings.name
        self._address = settings.address
        self._api_key = api_key

    def send(self, parcel: Parcel) -> Attempted:
        """Create an alert; the alert's key is its alias, so that a repeat is counted and wakes nobody."""
        message = parcel.message()
        alert = {
            "message": message.title[:_LONGEST_MESSAGE],
            "alias": message.thread,
            "description": message.text[:_LONGEST_DESCRIPTION],
            "priority": "P1" if message.severity is Severity.PAGE else "P3",
            "source": "Rootwarden",
            "entity": parcel.subjects[0].finding.account,
            "tags": ["root", *(["drill"] if message.drill else [])],
            "details": {"key": message.key},
        }
        answer = request(f"{self._address}/v2/alerts", body=to_json(alert), headers=self._headers())
        return attempted(answer, secrets=(self._api_key,), now=parcel.now, reference=message.thread)

    def answered(self, thread: str) -> Answered | None:
        """Who acknowledged or closed the alert of an alias; Opsgenie does not say at which instant."""
        address = f"{self._address}/v2/alerts/{quote(thread, safe='')}?identifierType=alias"
        answer = request(address, method="GET", headers=self._headers())
        if answer.status != _OK:
            return None
        try:
            found = msgspec.json.decode(answer.body, type=_Alert).data
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        if not (found.acknowledged or found.status == "closed"):
            return None
        report = found.report or _Report()
        return Answered(person=report.acknowledged_by or report.closed_by or found.owner or "somebody")

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"GenieKey {self._api_key.reveal()}"}
