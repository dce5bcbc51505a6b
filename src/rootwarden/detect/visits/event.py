"""One CloudTrail event, as far as detection asks; the whole record stays beside it.

Fields as in *CloudTrail record contents* of the CloudTrail user guide. Records vary: booleans come as text, fields are
missing or cut, types change with the version. Nothing of that is an error here; a field of another kind than expected
reads as not there, and `irregular` names it, so that readers can count and show it.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.detect.filter_pattern import Event as Document
from rootwarden.facts.instant import parse_instant

if TYPE_CHECKING:
    from rootwarden.detect.filter_pattern import Value

_BOOLEANS: Final = {"true": True, "false": False, "yes": True, "no": False}


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """`userIdentity`: who made the request; empty text where the record says nothing.

    Attributes:
        kind: `type`, as written: `Root`, `AssumedRole`, `FederatedUser`, …
        account: Twelve digits.
        arn: Who, as an ARN.
        principal: `principalId`.
        access_key: The key that signed; empty for sign-in events.
        user_name: Name of the user; for root absent, the account's alias, or `AWS ROOT USER`.
        invoked_by: The service that asked in the identity's name.
        issuer_kind: `sessionContext.sessionIssuer.type`: of whom the session's credentials come.
        issuer_arn: The issuer as an ARN.
        issuer_account: The issuer's account.
        session_started: `sessionContext.attributes.creationDate`: when the temporary credentials were issued.
        mfa: `sessionContext.attributes.mfaAuthenticated`; `None` where the record does not say.
        assumed_root: `sessionContext.assumedRoot` (or of `userIdentity`), which AWS may leave out.
    """

    kind: str = ""
    account: str = ""
    arn: str = ""
    principal: str = ""
    access_key: str = ""
    user_name: str = ""
    invoked_by: str = ""
    issuer_kind: str = ""
    issuer_arn: str = ""
    issuer_account: str = ""
    session_started: datetime | None = None
    mfa: bool | None = None
    assumed_root: bool | None = None


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One record.

    Attributes:
        id: `eventID`; empty when the record has none.
        instant: `eventTime`; `None` when it is missing or unreadable.
        account: `recipientAccountId`, else the identity's account; may be empty.
        region: `awsRegion`.
        source: `eventSource`, for example `iam.amazonaws.com`.
        name: `eventName`.
        kind: `eventType`: `AwsApiCall`, `AwsConsoleSignIn`, `AwsServiceEvent`, …
        read_only: `readOnly`, also where it is a text; `None` where the record does not say.
        error_code: `errorCode`; empty for success, and for failed sign-ins (see `signed_in`).
        error_message: `errorMessage`.
        address: `sourceIPAddress`: an address, or the name of a service.
        agent: `userAgent`.
        identity: Who.
        from_console: `sessionCredentialFromConsole`.
        irregular: Fields that were there and of another kind than documented, sorted.
        document: The whole record.
    """

    id: str = ""
    instant: datetime | None = None
    account: str = ""
    region: str = ""
    source: str = ""
    name: str = ""
    kind: str = ""
    read_only: bool | None = None
    error_code: str = ""
    error_message: str = ""
    address: str = ""
    agent: str = ""
    identity: Identity = Identity()
    from_console: bool | None = None
    irregular: tuple[str, ...] = ()
    document: Document

    def at(self, *path: str) -> Value:
        """The value at a path of the record, for example `at("requestParameters", "userName")`; `None` if none."""
        value: Value = self.document
        for name in path:
            if not isinstance(value, dict):
                return None
            value = value.get(name)
        return value

    def text(self, *path: str) -> str:
        """The text at a path of the record; empty when there is none."""
        value = self.at(*path)
        return value if isinstance(value, str) else ""


def read_event(document: Document) -> Event:
    """Read one record.

    Args:
        document: The record as JSON has it: `{"eventVersion": …, "userIdentity": {…}, …}`.

    Returns:
        The event; what cannot be read is empty, and named in `irregular`.
    """
    found = _Fields(document)
    identity = _identity(found)
    return Event(
        id=found.text("eventID"),
        instant=found.instant("eventTime"),
        account=found.text("recipientAccountId") or identity.account,
        region=found.text("awsRegion"),
        source=found.text("eventSource"),
        name=found.text("eventName"),
        kind=found.text("eventType"),
        read_only=found.boolean("readOnly"),
        error_code=found.text("errorCode"),
        error_message=found.text("errorMessage"),
        address=found.text("sourceIPAddress"),
        agent=found.text("userAgent"),
        identity=identity,
        from_console=found.boolean("sessionCredentialFromConsole"),
        irregular=tuple(sorted(found.irregular)),
        document=document,
    )


def _identity(found: _Fields) -> Identity:
    who, session = "userIdentity", ("userIdentity", "sessionContext")
    assumed = found.boolean(*session, "assumedRoot")
    return Identity(
        kind=found.text(who, "type"),
        account=found.text(who, "accountId"),
        arn=found.text(who, "arn"),
        principal=found.text(who, "principalId"),
        access_key=found.text(who, "accessKeyId"),
        user_name=found.text(who, "userName"),
        invoked_by=found.text(who, "invokedBy"),
        issuer_kind=found.text(*session, "sessionIssuer", "type"),
        issuer_arn=found.text(*session, "sessionIssuer", "arn"),
        issuer_account=found.text(*session, "sessionIssuer", "accountId"),
        session_started=found.instant(*session, "attributes", "creationDate"),
        mfa=found.boolean(*session, "attributes", "mfaAuthenticated"),
        assumed_root=found.boolean(who, "assumedRoot") if assumed is None else assumed,
    )


class _Fields:
    """Reads fields by path, and remembers the ones of a wrong kind."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self.irregular: set[str] = set()

    def text(self, *path: str) -> str:
        value = self._value(path)
        if value is None or isinstance(value, str):
            return value or ""
        self.irregular.add(".".join(path))
        return ""

    def boolean(self, *path: str) -> bool | None:
        value = self._value(path)
        if value is None or isinstance(value, bool):
            return value
        read = _BOOLEANS.get(value.strip().lower()) if isinstance(value, str) else None
        if read is None:
            self.irregular.add(".".join(path))
        return read

    def instant(self, *path: str) -> datetime | None:
        written = self.text(*path)
        read = parse_instant(written)
        if written and read is None:
            self.irregular.add(".".join(path))
        return read

    def _value(self, path: tuple[str, ...]) -> Value:
        value: Value = self._document
        for depth, name in enumerate(path):
            if not isinstance(value, dict):
                if value is not None:
                    self.irregular.add(".".join(path[:depth]))
                return None
            value = value.get(name)
        return value
