"""SNS and Security Hub, through the one door to AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.alert.content.asff import security_finding
from rootwarden.alert.delivery.state import Outcome
from rootwarden.alert.store.leasing import Attempted
from rootwarden.aws.calls import Call, CallFailed
from rootwarden.aws.deadline import Deadline
from rootwarden.aws.door import Door

if TYPE_CHECKING:
    from rootwarden.alert.parcel import Parcel
    from rootwarden.alert.settings import SecurityHubChannel, SnsChannel
    from rootwarden.aws.calls import JsonObject

SECONDS: Final = 15.0
LONGEST_SUBJECT: Final = 100
# SNS takes 256 KiB a message, all attributes included.
LONGEST_BODY: Final = 200_000
LONGEST_DETAIL: Final = 300
# What will not pass by itself, by error code; everything else may.
_REFUSED: Final = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthorizationError",
        "AuthorizationErrorException",
        "InvalidAccessException",
        "InvalidClientTokenId",
        "InvalidInputException",
        "InvalidParameter",
        "InvalidParameterException",
        "InvalidParameterValue",
        "NotFound",
        "NotFoundException",
        "UnrecognizedClientException",
    }
)


class Sns:
    """A topic. A FIFO topic drops a repeat of a key within five minutes (SNS guide, "Message deduplication")."""

    def __init__(self, settings: SnsChannel) -> None:
        self.name = settings.name
        self._settings = settings
        self._door: Door | None = None

    def send(self, parcel: Parcel) -> Attempted:
        """Publish it: a subject in ASCII, as SNS wants it, and the plain text."""
        message = parcel.message()
        parameters: JsonObject = {
            "TopicArn": self._settings.topic,
            "Subject": _ascii(message.title)[:LONGEST_SUBJECT],
            "Message": message.text.encode()[:LONGEST_BODY].decode("utf-8", "ignore"),
            "MessageAttributes": {
                "key": {"DataType": "String", "StringValue": message.key},
                "severity": {"DataType": "String", "StringValue": message.severity.value},
                "drill": {"DataType": "String", "StringValue": "true" if message.drill else "false"},
            },
        }
        if self._settings.topic.endswith(".fifo"):
            parameters["MessageGroupId"] = parcel.subjects[0].finding.account or "rootwarden"
            parameters["MessageDeduplicationId"] = message.key
        region = self._settings.topic.split(":")[3]
        try:
            self._door = self._door or Door(profile=self._settings.profile, region=region, read_timeout=SECONDS)
            answer = _ask(self._door, "sns", "Publish", parameters)
        except CallFailed as failed:
            return _failed(failed)
        return Attempted(outcome=Outcome.SENT, reference=str(answer.get("MessageId") or ""))


class SecurityHub:
    """Security Hub of one region, in the account of the credentials."""

    def __init__(self, settings: SecurityHubChannel) -> None:
        self.name = settings.name
        self._settings = settings
        self._door: Door | None = None

    def send(self, parcel: Parcel) -> Attempted:
        """Import it; the same finding again updates the one that is there."""
        region = self._settings.region
        try:
            self._door = self._door or Door(profile=self._settings.profile, region=region, read_timeout=SECONDS)
            caller = _ask(self._door, "sts", "GetCallerIdentity", {})
            importer, partition = str(caller.get("Account")), str(caller.get("Arn")).split(":")[1]
            findings: list[JsonObject] = [
                security_finding(each, importer=importer, region=region, partition=partition, now=parcel.now)
                for each in parcel.subjects
            ]
            answer = _ask(self._door, "securityhub", "BatchImportFindings", {"Findings": [*findings]})
        except CallFailed as failed:
            return _failed(failed)
        refused = answer.get("FailedFindings")
        if isinstance(refused, list) and refused:
            first = refused[0] if isinstance(refused[0], dict) else {}
            return Attempted(outcome=Outcome.REFUSED, detail=str(first.get("ErrorMessage"))[:LONGEST_DETAIL])
        return Attempted(outcome=Outcome.SENT, reference=str(findings[0]["Id"]))


def _ask(door: Door, service: str, operation: str, parameters: JsonObject) -> JsonObject:
    call = Call(service=service, operation=operation, file="", region=door.region, parameters=parameters)
    return door.ask(call, identity=None, deadline=Deadline(SECONDS))


def _failed(failed: CallFailed) -> Attempted:
    detail = f"{failed.code} {failed.detail}".strip()[:LONGEST_DETAIL]
    if failed.code in _REFUSED:
        return Attempted(outcome=Outcome.REFUSED, detail=detail)
    # Without an answer the call may have been carried out.
    lost = failed.code in ("Timeout", "ConnectionClosed", "MalformedAnswer")
    return Attempted(outcome=Outcome.UNDECIDED if lost else Outcome.FAILED, detail=detail)


def _ascii(text: str) -> str:
    """What SNS takes as a subject: printable ASCII that begins with a letter, a digit or punctuation."""
    return "".join(letter if letter.isascii() and letter.isprintable() else "?" for letter in text)
