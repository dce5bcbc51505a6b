"""Who runs this: AWS answers, refuses, says nothing, or says it in words that name nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from rootwarden.aws.caller import Caller, caller_of
from rootwarden.aws.calls import CallFailed
from rootwarden.aws.deadline import Deadline
from rootwarden.errors import AccessError, AwsError

if TYPE_CHECKING:
    from rootwarden.aws.door import Door
    from rootwarden.errors import RootwardenError

ARN = "arn:aws-us-gov:sts::111122223333:assumed-role/Auditor/me"


class Says:
    """A door that answers every call alike."""

    region = "us-gov-west-1"

    def __init__(self, answer: dict[str, Any] | CallFailed) -> None:
        self._answer = answer

    def ask(self, call: Any, **_: Any) -> dict[str, Any]:
        assert call.action == "sts:GetCallerIdentity"
        if isinstance(self._answer, CallFailed):
            raise self._answer
        return self._answer


def asked(answer: dict[str, Any] | CallFailed) -> Caller:
    return caller_of(cast("Door", Says(answer)), Deadline(1))


def test_account_arn_and_partition() -> None:
    assert asked({"Account": "111122223333", "Arn": ARN}) == Caller("111122223333", ARN, "aws-us-gov")


@pytest.mark.parametrize(
    ("answer", "kind", "says"),
    [
        (CallFailed("InvalidClientTokenId"), AccessError, "does not accept the credentials: InvalidClientTokenId"),
        (CallFailed("ConnectionError", "no route"), AwsError, "cannot be reached: no route"),
        (CallFailed("ConnectionClosed"), AwsError, "cannot be reached: ConnectionClosed"),
        (CallFailed("Timeout"), AwsError, "cannot be reached: Timeout"),
        (CallFailed("MalformedAnswer"), AwsError, "cannot be reached: MalformedAnswer"),
        ({}, AwsError, "does not say whose credentials"),
        ({"Account": 111122223333, "Arn": ARN}, AwsError, "does not say whose credentials"),
    ],
    ids=lambda value: value.code if isinstance(value, CallFailed) else None,
)
def test_what_is_no_answer(answer: dict[str, Any] | CallFailed, kind: type[RootwardenError], says: str) -> None:
    with pytest.raises(kind, match=says) as caught:
        asked(answer)
    assert caught.value.hint
