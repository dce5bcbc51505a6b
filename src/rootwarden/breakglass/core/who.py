"""Who may write which kind of entry: the table of section 7 of the protocol, as data."""

from __future__ import annotations

from typing import Final

from rootwarden.breakglass.core.people import Role

# "system" is the broker itself; "person" anybody the log knows. What else must hold is in the steps.
SYSTEM_MAY: Final = "system"
PERSON_MAY: Final = "person"

WHO_MAY: Final[dict[str, frozenset[str]]] = {
    "log-begun": frozenset({SYSTEM_MAY}),
    "epoch-begun": frozenset({SYSTEM_MAY}),
    "clock-attested": frozenset({SYSTEM_MAY}),
    "sink-changed": frozenset({SYSTEM_MAY}),
    "key-offered": frozenset({PERSON_MAY}),
    "change-proposed": frozenset({Role.ADMINISTRATOR}),
    "change-seconded": frozenset({Role.ADMINISTRATOR}),
    "person-suspended": frozenset({Role.ADMINISTRATOR}),
    "leaver-suspended": frozenset({SYSTEM_MAY}),
    "request-filed": frozenset({Role.REQUESTER}),
    "approval-given": frozenset({Role.APPROVER, Role.CUSTODIAN}),
    "request-denied": frozenset({Role.APPROVER}),
    "request-withdrawn": frozenset({Role.REQUESTER}),
    "request-reported": frozenset({PERSON_MAY}),
    "request-expired": frozenset({SYSTEM_MAY}),
    "notice-recorded": frozenset({SYSTEM_MAY}),
    "lease-opened": frozenset({Role.REQUESTER}),
    "code-released": frozenset({Role.REQUESTER}),
    "password-released": frozenset({Role.REQUESTER}),
    "task-session-released": frozenset({Role.REQUESTER}),
    "export-released": frozenset({Role.REQUESTER}),
    "lease-ended": frozenset({SYSTEM_MAY, Role.REQUESTER, Role.APPROVER, Role.ADMINISTRATOR}),
    "checked-in": frozenset({Role.REQUESTER, Role.APPROVER, Role.CUSTODIAN, Role.AUDITOR, Role.ADMINISTRATOR}),
    "duty-accepted": frozenset({SYSTEM_MAY}),
    "lease-closed": frozenset({SYSTEM_MAY}),
    "checkout-published": frozenset({SYSTEM_MAY}),
    "epoch-sealed": frozenset({SYSTEM_MAY}),
    "opening-begun": frozenset({SYSTEM_MAY, Role.REQUESTER, Role.ADMINISTRATOR}),
    "share-given": frozenset({Role.CUSTODIAN}),
    "share-refused": frozenset({SYSTEM_MAY}),
    "opening-ended": frozenset({SYSTEM_MAY}),
    "record-sealed": frozenset({Role.REQUESTER}),
    "enrolment-served": frozenset({Role.REQUESTER}),
    "enrolment-proven": frozenset({Role.REQUESTER}),
    "drill-begun": frozenset({SYSTEM_MAY, PERSON_MAY}),
    "drill-done": frozenset({SYSTEM_MAY, PERSON_MAY}),
    "signed-in": frozenset({PERSON_MAY}),
    "hazard-noticed": frozenset({SYSTEM_MAY}),
    "attempt-refused": frozenset({SYSTEM_MAY, PERSON_MAY}),
}
