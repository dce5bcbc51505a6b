"""Two outcomes of one call → do they agree?

AWS is the witness. Whatever it shows must be something the simulator can show; what only the simulator shows may be
a state this account is not in. A member that botocore's model calls optional and only one side has is never a
difference: it is told as seen on one side.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from rootwarden.conformance.shape import ABSENCES, MISSING_REQUIRED, Shape, json_type, parent
from rootwarden.conformance.words import OPEN

# Codes that say the call was not answered at all, so that nothing can be compared.
_REFUSED = frozenset(
    {
        *("AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException"),
        *("UnauthorizedOperation", "OptInRequired", "SubscriptionRequiredException", "UnknownOperationException"),
        *("ExpiredToken", "ExpiredTokenException", "RequestExpired", "InvalidClientTokenId", "AuthFailure"),
        *("UnrecognizedClientException", "SignatureDoesNotMatch", "NoCredentials", "InvalidAccessKeyId"),
    }
)
_FAILED = frozenset(
    {
        *("Timeout", "ConnectionError", "ConnectionClosed", "MalformedAnswer", "NotAsked", "TooManyPages"),
        *("InternalFailure", "InternalError", "ServiceFailure", "ServiceUnavailable", "InternalServerException"),
        *("NotImplemented", "InvalidAction", "UnknownService", "ServiceException", "Unknown"),
        *("InternalServiceFault", "ServiceUnavailableException", "InternalException", "ReportInProgress"),
        *("Throttling", "ThrottlingException", "TooManyRequestsException", "TooManyRequestsError", "SlowDown"),
        *("RequestLimitExceeded", "LimitExceededException"),
    }
)
# Where somebody names a resource of their choice: its ARN may be of any service.
_REFERENCES = ("Actions[]", "Targets[].Arn", "Subscriptions[].Endpoint")


class Verdict(StrEnum):
    """What came of one call."""

    AGREES = "agrees"
    DIFFERS = "differs"
    NOT_COMPARED = "not_compared"
    NOT_ASKED = "not_asked"


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What one side said to one call, of one answer or of many.

    Attributes:
        shape: Shape of the answers; empty when there was none.
        codes: Error codes it said instead.
        skipped: Why it was not asked; then there is neither shape nor code.
    """

    shape: Shape = {}
    codes: frozenset[str] = frozenset()
    skipped: str = ""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One place where AWS showed what the simulator never shows.

    Attributes:
        path: Where in the answer; empty for the whole answer.
        what: `member`, `key`, `type`, `kind` or `error`.
        aws: Kinds AWS showed; for `error` its code, or `an answer`.
        simulator: Kinds the simulator shows, or its codes.
    """

    path: str
    what: str
    aws: tuple[str, ...]
    simulator: tuple[str, ...]


class OneSided(msgspec.Struct, frozen=True, kw_only=True):
    """What only one side showed and may: an optional member, the items of a list that is empty on the other side.

    Attributes:
        path: Where in the answer.
        side: `aws` or `simulator`.
        kinds: What that side shows and the other does not.
    """

    path: str
    side: str
    kinds: tuple[str, ...]


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the two sides agree about one call, and why not."""

    verdict: Verdict
    reason: str = ""
    differences: tuple[Difference, ...] = ()
    one_sided: tuple[OneSided, ...] = ()


def judge(aws: Outcome, simulator: Outcome) -> Judged:
    """Compare what AWS said with everything the simulator says to the same call."""
    if aws.skipped:
        return Judged(verdict=Verdict.NOT_ASKED, reason=aws.skipped)
    if aws.codes:
        return _judge_error(min(aws.codes), simulator)
    if not any(kinds - ABSENCES for path, kinds in aws.shape.items() if path):
        return Judged(verdict=Verdict.NOT_COMPARED, reason="the answer was empty")
    if simulator.skipped:
        return Judged(verdict=Verdict.NOT_COMPARED, reason=f"the simulator was not asked: {simulator.skipped}")
    if not simulator.shape:
        said = Difference(path="", what="error", aws=("an answer",), simulator=tuple(sorted(simulator.codes)))
        return Judged(verdict=Verdict.DIFFERS, differences=(said,))
    differences, one_sided = compare(aws.shape, simulator.shape)
    verdict = Verdict.DIFFERS if differences else Verdict.AGREES
    return Judged(verdict=verdict, differences=differences, one_sided=one_sided)


def compare(aws: Shape, simulator: Shape) -> tuple[tuple[Difference, ...], tuple[OneSided, ...]]:
    """Where the shape of AWS's answer differs from the simulator's, and what only one of them has."""
    differences: list[Difference] = []
    one_sided: list[OneSided] = []
    for path in sorted({*aws, *simulator}):
        left, right = aws.get(path), simulator.get(path)
        if left is not None and right is not None:
            what, extra = _differ(left, right, is_reference=path.endswith(_REFERENCES))
            if what:
                differences.append(_difference(path, what, left, right))
            elif extra:
                one_sided.append(OneSided(path=path, side="aws", kinds=tuple(sorted(extra))))
            elif left <= ABSENCES and right - ABSENCES:
                one_sided.append(OneSided(path=path, side="simulator", kinds=tuple(sorted(right - ABSENCES))))
            continue
        if not (aws if left is None else simulator).get(parent(path), ABSENCES) - ABSENCES:
            continue  # told once, where the whole branch is missing
        if path.endswith("}") and not path.endswith("{}"):
            differences.append(_difference(path, "key", left, right))
        else:
            side, kinds = ("simulator", right) if left is None else ("aws", left)
            one_sided.append(OneSided(path=path, side=side, kinds=tuple(sorted(kinds or ()))))
    return tuple(differences), tuple(one_sided)


def _judge_error(code: str, simulator: Outcome) -> Judged:
    if code in _REFUSED:
        return Judged(verdict=Verdict.NOT_COMPARED, reason=f"refused ({code})")
    if code in _FAILED or code.isdigit():
        return Judged(verdict=Verdict.NOT_COMPARED, reason=f"not answered ({code})")
    if code in simulator.codes:
        return Judged(verdict=Verdict.AGREES, reason=f"both say {code}")
    said = simulator.codes | ({"an answer"} if simulator.shape else set())
    difference = Difference(path="", what="error", aws=(code,), simulator=tuple(sorted(said)))
    return Judged(verdict=Verdict.DIFFERS, differences=(difference,))


def _difference(path: str, what: str, aws: frozenset[str] | None, simulator: frozenset[str] | None) -> Difference:
    nothing = frozenset({"nothing"})
    return Difference(
        path=path, what=what, aws=tuple(sorted(aws or nothing)), simulator=tuple(sorted(simulator or nothing))
    )


def _differ(aws: frozenset[str], simulator: frozenset[str], *, is_reference: bool) -> tuple[str, frozenset[str]]:
    """What kind of difference there is at one path, else what only AWS shows there."""
    shown, known = aws - ABSENCES, simulator - ABSENCES
    if MISSING_REQUIRED in (aws - simulator) or (MISSING_REQUIRED in simulator - aws and not known):
        return "member", frozenset()
    if not shown or not known:
        return "", shown
    if {json_type(kind) for kind in shown} - {json_type(kind) for kind in known}:
        return "type", frozenset()
    extra = shown - known
    return ("kind", frozenset()) if extra and not known & OPEN and not is_reference else ("", extra)
