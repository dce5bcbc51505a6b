"""Errors the simulated AWS answers with, in each service's own words.

The same trouble has another code in every family of services: a denied call is `AccessDenied` for IAM,
`AccessDeniedException` for Organizations, `UnauthorizedOperation` for EC2, `AuthorizationError` for SNS.
"""

from __future__ import annotations

from enum import Enum, auto

import msgspec


class Refusal(Exception):  # noqa: N818 - it is an answer, not a failure of ours
    """The call is answered with an error of this code and HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


class Trouble(Enum):
    """Troubles every service has."""

    DENIED = auto()
    THROTTLED = auto()
    EXPIRED = auto()
    UNKNOWN_KEY = auto()
    UNSIGNED = auto()
    INVALID = auto()
    FAILED = auto()


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """How one service names its troubles: code and HTTP status."""

    denied: tuple[str, int]
    throttled: tuple[str, int]
    expired: tuple[str, int]
    unknown_key: tuple[str, int]
    unsigned: tuple[str, int]
    invalid: tuple[str, int]
    failed: tuple[str, int]

    def refusal(self, trouble: Trouble, message: str) -> Refusal:
        """The trouble as this service would put it."""
        code, status = getattr(self, trouble.name.lower())
        return Refusal(code, message, status)


QUERY = Words(
    denied=("AccessDenied", 403),
    throttled=("Throttling", 400),
    expired=("ExpiredToken", 403),
    unknown_key=("InvalidClientTokenId", 403),
    unsigned=("MissingAuthenticationToken", 403),
    invalid=("ValidationError", 400),
    failed=("ServiceFailure", 500),
)
JSON = Words(
    denied=("AccessDeniedException", 400),
    throttled=("ThrottlingException", 400),
    expired=("ExpiredTokenException", 400),
    unknown_key=("UnrecognizedClientException", 400),
    unsigned=("MissingAuthenticationTokenException", 400),
    invalid=("ValidationException", 400),
    failed=("InternalFailure", 500),
)
REST_JSON = Words(
    denied=("AccessDeniedException", 403),
    throttled=("TooManyRequestsException", 429),
    expired=("ExpiredTokenException", 403),
    unknown_key=("UnrecognizedClientException", 403),
    unsigned=("MissingAuthenticationTokenException", 403),
    invalid=("ValidationException", 400),
    failed=("InternalServerException", 500),
)

_replace = msgspec.structs.replace
WORDS: dict[str, Words] = {
    "iam": QUERY,
    "sts": _replace(QUERY, failed=("InternalFailure", 500)),
    "rds": _replace(QUERY, invalid=("InvalidParameterValue", 400), failed=("InternalFailure", 500)),
    "sns": _replace(
        QUERY, denied=("AuthorizationError", 403), invalid=("InvalidParameter", 400), failed=("InternalError", 500)
    ),
    "cloudwatch": _replace(QUERY, invalid=("InvalidParameterValue", 400), failed=("InternalServiceFault", 500)),
    "organizations": _replace(
        JSON,
        throttled=("TooManyRequestsException", 400),
        invalid=("InvalidInputException", 400),
        failed=("ServiceException", 500),
    ),
    "cloudtrail": JSON,
    "logs": _replace(JSON, invalid=("InvalidParameterException", 400), failed=("ServiceUnavailableException", 500)),
    "events": _replace(JSON, failed=("InternalException", 500)),
    "account": REST_JSON,
    "signin": _replace(REST_JSON, throttled=("TooManyRequestsError", 429)),
    "securityhub": _replace(
        REST_JSON,
        throttled=("LimitExceededException", 429),
        invalid=("InvalidInputException", 400),
        failed=("InternalException", 500),
    ),
    "guardduty": _replace(
        REST_JSON, invalid=("BadRequestException", 400), failed=("InternalServerErrorException", 500)
    ),
    "accessanalyzer": _replace(REST_JSON, throttled=("ThrottlingException", 429)),
    "ce": JSON,
    "ec2": Words(
        denied=("UnauthorizedOperation", 403),
        throttled=("RequestLimitExceeded", 503),
        expired=("RequestExpired", 400),
        unknown_key=("AuthFailure", 401),
        unsigned=("AuthFailure", 401),
        invalid=("InvalidParameterValue", 400),
        failed=("InternalError", 500),
    ),
    "s3": Words(
        denied=("AccessDenied", 403),
        throttled=("SlowDown", 503),
        expired=("ExpiredToken", 400),
        unknown_key=("InvalidAccessKeyId", 403),
        unsigned=("AccessDenied", 403),
        invalid=("InvalidArgument", 400),
        failed=("InternalError", 500),
    ),
}
