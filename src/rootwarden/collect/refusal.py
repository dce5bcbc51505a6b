"""What an AWS error code means for a fact: there is none, it was refused, or it failed.

Codes are those of the services' API references; `Timeout`, `ConnectionError` and `NotAsked` are our own words for
calls that never got an answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.facts.fact import Absent, Unknown, Why

if TYPE_CHECKING:
    from rootwarden.facts.fact import Source

# "Looked, and there is none." `ReportNotPresent` is not here: it says nobody made a report, not that there is no root.
_ABSENT = {
    "NoSuchEntity",
    "NoSuchEntityException",
    "ResourceNotFoundException",
    "AWSOrganizationsNotInUseException",
}
_DENIED = {
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "AuthorizationErrorException",
    "UnauthorizedOperation",
    "AccountNotManagementOrDelegatedAdministrator",
    "AccountNotManagementOrDelegatedAdministratorException",
    "ServiceAccessNotEnabled",
    "ServiceAccessNotEnabledException",
    "CallerIsNotManagementAccount",
    "CallerIsNotManagementAccountException",
    "OptInRequired",
    "SubscriptionRequiredException",
}
_CREDENTIALS = {
    "ExpiredToken",
    "ExpiredTokenException",
    "RequestExpired",
    "InvalidClientTokenId",
    "InvalidAccessKeyId",
    "UnrecognizedClientException",
    "SignatureDoesNotMatch",
    "IncompleteSignature",
    "NoCredentials",
}
_THROTTLED = {
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottled",
    "RequestThrottledException",
    "TooManyRequestsException",
    "TooManyRequestsError",
    "RequestLimitExceeded",
    "BandwidthLimitExceeded",
    "LimitExceeded",
    "LimitExceededException",
    "SlowDown",
    "PriorRequestNotComplete",
    "EC2ThrottledException",
}
_TIMED_OUT = {"Timeout", "TimedOut", "RequestTimeout", "NotAsked"}


_MEANINGS = (
    (_DENIED, Why.DENIED, "{action} was refused ({name})"),
    (_CREDENTIALS, Why.FAILED, "{action} was not answered: the credentials are no longer valid ({name})"),
    (_THROTTLED, Why.THROTTLED, "{action} was throttled until we gave up ({name})"),
    (_TIMED_OUT, Why.TIMED_OUT, "{action} was not answered in time{detail}"),
    ({"NoWayIn"}, Why.NOT_SUPPORTED, "{action} was not asked{detail}"),
)


def fact_of_error(code: str, action: str, source: Source) -> Absent | Unknown:
    """Turn an error code into a fact.

    Args:
        code: AWS's code (`AccessDenied`) or one of ours; a text behind a colon is kept as detail.
        action: The IAM action that was asked, `iam:GetAccountSummary`.
        source: Where and when.

    Returns:
        Absent when the code says there is none; else unknown, with the permission when that is what was missing.
    """
    name, _, rest = code.partition(":")
    name = name.strip()
    if name in _ABSENT:
        return Absent((source,))
    detail = f": {rest.strip()}" if rest.strip() else ""
    for codes, why, sentence in _MEANINGS:
        if name in codes:
            reason = sentence.format(action=action, name=name, detail=detail)
            return Unknown(reason, why, action if why is Why.DENIED else "", (source,))
    return Unknown(f"{action} failed ({name}){detail}", Why.FAILED, "", (source,))
